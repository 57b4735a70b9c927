"""Operations of ``keras.ops``, called as the exported script calls them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio.layers.operands import Index, Operand, entries, parted
from bnstudio.layers.operations import OPERATIONS, Constant, Operation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.graph import Value
    from bnstudio.plan import Call


def call_operation(call: Call, tensors: Sequence[Any]) -> Any:
    """What an operation makes of these tensors."""
    entry = OPERATIONS[call.type]
    given = call.arrange(tensors)
    positional = [
        _value(entry, one.name, one.value) if isinstance(one, Constant) else one
        for one in given.positional
    ]
    options = {name: _value(entry, name, value) for name, value in given.options.items()}
    function = reduce(getattr, entry.function.split("."), keras.ops)
    return function(*positional, **given.keyword, **options)


def _value(entry: Operation, name: str, value: Value) -> Any:
    """A constant as Keras takes it."""
    param = entry.by_name[name]
    if isinstance(param, Index):
        parts = entries(str(value))
        return parts[0] if isinstance(parts[0], int) and len(parts) == 1 else tuple(parts)
    if isinstance(param, Operand) and isinstance(value, tuple | Mapping):
        numbers, dtype = parted(value)
        # numpy has no bfloat16 of its own.
        if dtype == "bfloat16":
            return keras.ops.convert_to_tensor(numbers, dtype)
        return np.array(numbers, dtype=dtype)
    return value
