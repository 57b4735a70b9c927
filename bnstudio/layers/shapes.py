"""What several shape rules need: axes, channels, windows, and refusals in words."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from bnstudio.layers.layer_type import EmptyOutputError, ShapeError, show_shape

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TypeGuard

    from bnstudio.layers.layer_type import Shape

SPATIAL = {
    1: "(batch, steps, channels)",
    2: "(batch, rows, columns, channels)",
    3: "(batch, depth, rows, columns, channels)",
}
"""What the dimensions are that a layer of so many spatial ones takes."""


def need_rank(layer: str, x: Shape, rank: int, meaning: str) -> None:
    """Refuses a shape that has not exactly ``rank`` dimensions.

    Raises:
        ShapeError: In words, with the shape.
    """
    if len(x) != rank:
        raise ShapeError(
            f"{layer} needs {rank} dimensions, {meaning}; got {len(x)}: {show_shape(x)}."
        )


def known(layer: str, x: Shape, axis: int) -> int:
    """The size of ``axis``, which the layer's weights depend on.

    Raises:
        ShapeError: If there is no such axis or its size is not known.
    """
    if not -len(x) <= axis < len(x):
        raise ShapeError(beyond(layer, x, axis))
    size = x[axis]
    if size is None:
        place = "last" if axis in (-1, len(x) - 1) else "batch" if axis in (0, -len(x)) else None
        which = f"the {place} dimension" if place else f"dimension {axis}"
        raise ShapeError(f"{layer} needs to know {which}, got {show_shape(x)}.")
    return size


def beyond(layer: str, x: Shape, axis: int) -> str:
    """The sentence for an axis that the shape does not have."""
    return f"{layer} works on axis {axis}, but {show_shape(x)} has {len(x)} dimensions."


def pair(value: int | Sequence[int], count: int) -> Sequence[int]:
    """``value`` once per spatial dimension, where one number may stand for all."""
    return (value,) * count if isinstance(value, int) else value


def channel_axis(data_format: str | None) -> int:
    """The axis of the channels."""
    return 1 if data_format == "channels_first" else -1


def spatial_axes(rank: int, data_format: str | None) -> range:
    """The axes that are neither the batch nor the channels."""
    first = 2 if data_format == "channels_first" else 1
    return range(first, first + rank)


def join_channels(
    batch: int | None, spatial: Shape, channels: int | None, data_format: str | None
) -> Shape:
    """A shape from its parts, in the given order."""
    if data_format == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def slide(
    layer: str,
    x: Shape,
    data_format: str | None,
    window: Sequence[int],
    strides: Sequence[int],
    padding: str,
    dilation: Sequence[int] | None = None,
) -> Shape:
    """The spatial dimensions of ``x`` after a window has slid over them.

    Raises:
        EmptyOutputError: If the window is larger than what it slides over.
    """
    result: list[int | None] = []
    for index, axis in enumerate(spatial_axes(len(window), data_format)):
        size, length = x[axis], window[index]
        if size is None:
            result.append(None)
            continue
        step = strides[index]
        if padding != "valid":
            result.append((size - 1) // step + 1)
            continue
        span = length if dilation is None else dilation[index] * (length - 1) + 1
        if span > size:
            raise EmptyOutputError(
                f"{layer}'s window spans {span} and does not fit into the {size} of dimension "
                f"{axis} of {show_shape(x)}; nothing would come out. "
                "padding='same', a smaller window or less pooling before it keeps the output."
            )
        result.append((size - span) // step + 1)
    return tuple(result)


def activates(activation: str | None) -> bool:
    """Whether an activation computes anything."""
    return activation not in (None, "linear")


def all_known(x: Sequence[int | None]) -> TypeGuard[Sequence[int]]:
    """Whether every one of these sizes is known."""
    return None not in x


def sizes(x: Sequence[int | None]) -> tuple[int, ...]:
    """The same, for a count of operations; a TypeError where one is unknown."""
    found = tuple(size for size in x if size is not None)
    if len(found) < len(x):
        raise TypeError(f"a size of {show_shape(x)} is unknown")
    return found


def size(x: Shape) -> int:
    """How many numbers a row has; a TypeError where a dimension is unknown."""
    return prod(sizes(x[1:]))


def image(
    layer: str, x: Shape, data_format: str | None = None, *, channels: bool = False
) -> int | None:
    """Refuses what is no batch of images; gives the channels.

    Raises:
        ShapeError: In words, also where ``channels`` must be known and are not.
    """
    need_rank(layer, x, 4, SPATIAL[2])
    axis = channel_axis(data_format)
    return known(layer, x, axis) if channels else x[axis]


def alike(one: int | None, other: int | None) -> bool:
    """Whether two sizes are or may be equal."""
    return one == other or None in (one, other)


def spreads(x: Shape, over: Shape) -> bool:
    """Whether ``x`` can be repeated to the shape ``over`` and leave that as it is."""
    return len(x) <= len(over) and all(
        size == 1 or alike(size, place)
        for size, place in zip(reversed(x), reversed(over), strict=False)
    )


def union(one: Shape, other: Shape) -> Shape | None:
    """The shape that two are repeated to together, by numpy's rules; None where they cannot be."""
    if len(one) < len(other):
        one, other = other, one
    lead = len(one) - len(other)
    found: list[int | None] = list(one[:lead])
    for a, b in zip(one[lead:], other, strict=True):
        if a == 1 or b == 1:
            found.append(b if a == 1 else a)
        elif alike(a, b):
            found.append(b if a is None else a)
        else:
            return None
    return tuple(found)
