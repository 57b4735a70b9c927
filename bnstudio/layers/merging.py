"""Layers that make one tensor of several."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.catalogue import COMMON_TO_MOVERS, layer
from bnstudio.layers.layer_type import LayerType, MergeError, Shape, show_shape
from bnstudio.layers.params import REQUIRED, Bool, Int, Ints
from bnstudio.layers.shapes import size, sizes

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


def _elementwise(
    name: str,
    *,
    help: str,
    extra: int = 0,
    inputs: tuple[int, int | None] = _SEVERAL,
) -> LayerType:
    """Enters a layer that combines its inputs number by number."""

    def rule(shapes: tuple[Shape, ...], **_: Any) -> Shape:
        return _broadcast(name, shapes)

    rule.__doc__ = help
    return layer(
        name,
        category="Merging",
        inputs=inputs,
        flops=lambda shapes, y, **_: size(y) * (len(shapes) - 1 + extra),
    )(rule)


add = _elementwise(
    "Add",
    help="Adds its inputs, number by number; what makes a residual connection.\n\n"
    "Sizes must be equal, or 1 where one number serves all.",
)

subtract = _elementwise(
    "Subtract",
    inputs=(2, 2),
    help="Takes the second of its two inputs from the first, number by number.\n\n"
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

maximum = _elementwise(
    "Maximum",
    help="The largest of its inputs, number by number.\n\n"
    "Sizes must be equal, or 1 where one number serves all.",
)

minimum = _elementwise(
    "Minimum",
    help="The smallest of its inputs, number by number.\n\n"
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


def _dot_axes(first: Shape, second: Shape, axes: int | tuple[int, ...]) -> tuple[int, int]:
    """The axes that are multiplied, counted from 0."""
    if isinstance(axes, int):
        return (axes, axes) if axes >= 0 else (axes % len(first), axes % len(second))
    one, other = (
        axis + len(shape) if axis < 0 else axis
        for axis, shape in zip(axes, (first, second), strict=True)
    )
    return one, other


def _dot_flops(
    shapes: tuple[Shape, ...], y: Shape, *, axes: int | tuple[int, ...], normalize: bool, **_: Any
) -> int:
    first, second = shapes
    (length,) = sizes([first[_dot_axes(first, second, axes)[0]]])
    return 2 * length * size(y) + normalize * 3 * (size(first) + size(second))


@layer(
    "Dot",
    Ints(
        "axes",
        REQUIRED,
        initial=-1,
        length=2,
        scalar=True,
        help="The axis of each input along which products are summed; one number for both.",
    ),
    Bool("normalize", False, help="Whether both are scaled to length 1 first: their cosine."),
    category="Merging",
    tells=("axes", "normalize"),
    inputs=(2, 2),
    flops=_dot_flops,
)
def dot(shapes: tuple[Shape, ...], *, axes: int | tuple[int, ...], **_: Any) -> Shape:
    """Multiplies two inputs along an axis and sums up: how alike two vectors are.

    Two matrices are multiplied row by row of the batch, as attention does.
    """
    first, second = shapes
    for shape in shapes:
        if len(shape) < 2:
            raise MergeError(f"Dot needs at least two dimensions, got {_list(shapes)}.")
    _batch("Dot", shapes)
    one, other = _dot_axes(first, second, axes)
    if not (0 <= one < len(first) and 0 <= other < len(second)):
        raise MergeError(f"Dot works along {axes!r}, which is beyond {_list(shapes)}.")
    if 0 in (one, other):
        raise MergeError(
            f"Dot cannot work along the batch, as axes {axes!r} of {_list(shapes)} do."
        )
    if first[one] != second[other]:
        raise MergeError(
            f"Dot needs equal sizes along axes {axes!r}, got {first[one]} and {second[other]} "
            f"in {_list(shapes)}."
        )
    rest = (*first[1:one], *first[one + 1 :], *second[1:other], *second[other + 1 :])
    return (first[0], *(rest or (1,)))
