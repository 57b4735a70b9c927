"""Where a run that diverged went bad: the first tensor that is not finite, in graph order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np

from bnstudio.engine.passes import untouched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from bnstudio.engine.builder import Built


class Bad(NamedTuple):
    """A tensor that is not finite.

    Attributes:
        node: Where it is.
        tensor: A weight's name, ``output``, or ``output 2`` for the second of several.
        size: How many values it has.
        nans: How many of them are NaN.
        infinite: How many are infinite.
    """

    node: str
    tensor: str
    size: int = 0
    nans: int = 0
    infinite: int = 0

    def __str__(self) -> str:
        """What is wrong with it, as a part of a sentence."""
        counts = ((self.nans, "NaN"), (self.infinite, "infinite"))
        found = " and ".join(f"{count:,} {word}" for count, word in counts if count)
        return f"{found} among the {self.size:,} values of its {self.tensor}"


def first_bad(
    built: Built, batches: Iterable[tuple[NDArray[Any], bool]], seconds: float = 5.0
) -> Bad | None:
    """The first tensor in graph order that is not finite; None if all are.

    A layer's weights come before its outputs. These are looked at for one batch after the other,
    each with whether it is run in training mode, until one is bad or there is no more time.
    """
    found: dict[str, Bad] = {}
    for node, layer in built.layers.items():
        for weight in layer.weights:
            name = weight.path.removeprefix(f"{layer.path}/")
            if node not in found and (bad := _looked_at(node, name, weight.value)):
                found[node] = bad
    model = keras.Model(built.model.inputs, list(built.tensors.values()))
    deadline = time.monotonic() + seconds
    for rows, training in batches:
        with untouched(built):
            outputs = model([rows], training=training)
        for (node, port), output in zip(built.tensors, outputs, strict=True):
            name = f"output {port + 1}" if port else "output"
            if node not in found and (bad := _looked_at(node, name, output)):
                found[node] = bad
        if found or time.monotonic() > deadline:
            break
    return next((found[key.node] for key in built.tensors if key.node in found), None)


def _looked_at(node: str, name: str, tensor: Any) -> Bad | None:
    values = keras.ops.convert_to_numpy(tensor)
    if not keras.backend.is_float_dtype(keras.backend.standardize_dtype(tensor.dtype)):
        return None
    values = values.astype(np.float64)
    nans, infinite = int(np.isnan(values).sum()), int(np.isinf(values).sum())
    return Bad(node, name, values.size, nans, infinite) if nans or infinite else None
