"""Layers that make one tensor of several."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.catalogue import (
    COMMON_TO_MOVERS,
    LayerType,
    MergeError,
    Shape,
    layer,
    show_shape,
)
from bnstudio.layers.params import Int
from bnstudio.layers.shapes import size

_SEVERAL = (2, None)


def _list(shapes: tuple[Shape, ...]) -> str:
    return ", ".join(map(show_shape, shapes))


def _batch(name: str, shapes: tuple[Shape, ...]) -> int | None:
    batches = {shape[0] for shape in shapes} - {None}
    if len(batches) > 1:
        raise MergeError(f"{name} needs inputs of one batch size, got {_list(shapes)}.")
    return batches.pop() if batches else None


def _broadcast(name: str, shapes: tuple[Shape, ...]) -> Shape:
    """The shape of an elementwise operation on all, by Keras's rules for unknown sizes."""
    first = shapes[0]
    if all(shape == first for shape in shapes):
        return first
    batch = _batch(name, shapes)
    result = list(first[1:])
    for shape in shapes[1:]:
        longer, shorter = result, list(shape[1:])
        if len(longer) < len(shorter):
            longer, shorter = shorter, longer
        lead = len(longer) - len(shorter)
        result = longer[:lead]
        for one, other in zip(longer[lead:], shorter, strict=True):
            if one is None or other is None:
                result.append(None)
            elif one == other or other == 1:
                result.append(one)
            elif one == 1:
                result.append(other)
            else:
                raise MergeError(
                    f"{name} needs inputs whose sizes are equal or 1, got {one} and {other} "
                    f"in {_list(shapes)}."
                )
    return (batch, *result)


def _elementwise(name: str, *, extra: int = 0, help: str) -> LayerType:
    """Enters a layer that combines its inputs number by number."""

    def rule(shapes: tuple[Shape, ...], **_: Any) -> Shape:
        return _broadcast(name, shapes)

    rule.__doc__ = help
    return layer(
        name,
        category="Merging",
        inputs=_SEVERAL,
        flops=lambda shapes, y, **_: size(y) * (len(shapes) - 1 + extra),
    )(rule)


add = _elementwise(
    "Add",
    help="Adds its inputs, number by number; what makes a residual connection.\n\n"
    "Sizes must be equal, or 1 where one number serves all.",
)

multiply = _elementwise(
    "Multiply",
    help="Multiplies its inputs, number by number; lets one branch gate another.\n\n"
    "Sizes must be equal, or 1 where one number serves all.",
)

average = _elementwise(
    "Average",
    extra=1,
    help="The mean of its inputs, number by number.\n\n"
    "Sizes must be equal, or 1 where one number serves all.",
)


@layer(
    "Concatenate",
    Int("axis", -1, help="The axis along which the inputs are put one after the other."),
    category="Merging",
    tells=("axis",),
    inputs=_SEVERAL,
    common=COMMON_TO_MOVERS,
)
def concatenate(shapes: tuple[Shape, ...], *, axis: int, **_: Any) -> Shape:
    """Puts its inputs one after the other along an axis.

    All other sizes must be equal.
    """
    first = shapes[0]
    rank = len(first)
    if any(len(shape) != rank for shape in shapes):
        raise MergeError(
            f"Concatenate needs inputs with as many dimensions as each other, got {_list(shapes)}."
        )
    if not -rank <= axis < rank:
        raise MergeError(
            f"Concatenate works on axis {axis}, but its inputs have {rank} dimensions: "
            f"{_list(shapes)}."
        )
    along = axis % rank
    for at in range(rank):
        sizes = {shape[at] for shape in shapes} - {None}
        if at != along and len(sizes) > 1:
            raise MergeError(
                f"Concatenate along axis {axis} needs all other sizes to be equal, got "
                f"{' and '.join(map(str, sorted(map(int, filter(None, sizes)))))} "
                f"in dimension {at} of {_list(shapes)}."
            )
    total: int | None = 0
    for shape in shapes:
        part = shape[along]
        if part is None or total is None:
            total = None
            break
        total += part
    return (*first[:along], total, *first[along + 1 :])
