"""What a repeated part is called: by its layers, in the words of the field."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.exporters.patterns import Wiring
    from bnstudio.plan import Call

_WORDS = {
    "BatchNormalization": "bn",
    "LayerNormalization": "norm",
    "GroupNormalization": "norm",
    "RMSNormalization": "norm",
    "MultiHeadAttention": "attention",
    "GroupQueryAttention": "attention",
    "ZeroPadding1D": "pad",
    "ZeroPadding2D": "pad",
    "ZeroPadding3D": "pad",
    "ReLU": "relu",
    "PReLU": "prelu",
    "ELU": "elu",
    "GlobalAveragePooling2D": "pool",
}
_FEW = 4
"""Layers that a name can list."""


def word_of(call: Call) -> str:
    """A layer in a word."""
    if call.type == "Activation":
        said = call.params.get("activation")
        return said if isinstance(said, str) and said.isidentifier() else "activation"
    if (word := _WORDS.get(call.type)) is not None:
        return word
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", re.sub(r"\d[dD]$", "", _class(call))).lower()
    for long, short in (("convolution", "conv"), ("pooling", "pool"), ("_transpose", "_transpose")):
        snake = snake.replace(long, short)
    return snake


def _class(call: Call) -> str:
    """The class of a layer, or the function of an operation, without the module."""
    return call.type.rpartition(".")[2]


def joins(type: str) -> str:
    """What a layer or an operation that takes several tensors does with them, as the layer's class.

    An operation does what the layer of its name does.
    """
    name = type.rpartition(".")[2]
    return name[:1].upper() + name[1:]


def title_of(calls: Sequence[Call], into: Sequence[int], wires: Wiring, start: int) -> str:
    """The name of the function for these calls, the first of which has the number ``start``."""
    closing = next(
        (at for at in range(len(calls) - 1, -1, -1) if len(wires.takes[start + at]) > 1), None
    )
    words = [word_of(call) for call in calls]
    convolutions = [call for call in calls if "Conv" in call.type]
    if closing is None or closing < len(calls) - 3:
        if convolutions and words[:2] == ["bn", "relu"] and "pool" in words[-1]:
            return "transition"
        if len(words) <= _FEW:
            return "_".join(words)
        first = next((word for word in words if "conv" in word or "dense" in word), words[0])
        return "dense_layers" if first == "dense" else f"{first}_block"
    merge = joins(calls[closing].type)
    skips = any(tensor in into for tensor in wires.takes[start + closing])
    if merge == "Multiply" and skips and any("Global" in call.type for call in calls):
        return "squeeze_excite"
    if merge == "Add":
        if len(words) <= _FEW:
            return "_".join(words)
        if any("Attention" in call.type for call in calls):
            return "attention_block"
        if any(call.type.startswith("DepthwiseConv") for call in calls):
            return "inverted_residual"
        sides = [call.params.get("kernel_size") for call in convolutions]
        if len(sides) >= 3 and sum(side not in (1, (1, 1)) for side in sides) == 1:
            return "bottleneck"
        return "residual_block"
    if merge == "Concatenate":
        if len(words) <= _FEW:
            return "_".join(words)
        if any(joins(call.type) == "Add" for call in calls):
            return "cell"
        if skips:
            return "dense_block"
        return "inception_block" if len(wires.takes[start + closing]) > 2 else "parallel_block"
    if merge == "Multiply" and any(call.type.startswith("DepthwiseConv") for call in calls):
        return "mbconv"
    return "residual_block" if skips else f"{word_of(calls[closing])}_block"


def docstring_of(calls: Sequence[Call]) -> str:
    """What the function does, in the names of its layers."""
    types = list(map(_class, calls))
    if len(types) <= _FEW:
        return _listed(types)
    counts = Counter(types)
    return _listed([f"{count} {type}" if count > 1 else type for type, count in counts.items()])


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
