"""Layers that make an image smaller by summing up what lies in a window."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT, padding
from bnstudio.layers.catalogue import LayerType, Shape, layer
from bnstudio.layers.params import REQUIRED, Bool, Ints
from bnstudio.layers.shapes import (
    SPATIAL,
    channel_axis,
    join_channels,
    need_rank,
    pair,
    size,
    slide,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import EllipsisType

    Window = int | Sequence[int]


def _shape(
    name: str,
    x: Shape,
    *,
    pool_size: Window,
    strides: Window | None,
    padding: str,
    data_format: str | None,
    **_: Any,
) -> Shape:
    need_rank(name, x, 4, SPATIAL[2])
    window = pair(pool_size, 2)
    steps = window if strides is None else pair(strides, 2)
    return join_channels(
        x[0],
        slide(name, x, data_format, window, steps, padding),
        x[channel_axis(data_format)],
        data_format,
    )


def _pooling(name: str, *, default: tuple[int, int] | EllipsisType, help: str) -> LayerType:
    """Enters a pooling layer for images."""

    def rule(x: Shape, **params: Any) -> Shape:
        return _shape(name, x, **params)

    rule.__doc__ = help
    return layer(
        name,
        Ints(
            "pool_size",
            default,
            initial=(2, 2) if default is REQUIRED else None,
            length=2,
            scalar=True,
            min=1,
            help="The size of the window.",
        ),
        Ints(
            "strides",
            None,
            length=2,
            scalar=True,
            optional=True,
            min=1,
            help="How far the window moves each time; None for its own size, without overlap.",
        ),
        padding(),
        DATA_FORMAT,
        category="Pooling",
        tells=("pool_size", "strides"),
        flops=lambda x, y, *, pool_size, **_: size(y) * prod(pair(pool_size, 2)),
    )(rule)


max_pooling_2d = _pooling(
    "MaxPooling2D", default=(2, 2), help="Keeps the largest number in each window of an image."
)

average_pooling_2d = _pooling(
    "AveragePooling2D", default=REQUIRED, help="Keeps the mean of each window of an image."
)


@layer(
    "GlobalAveragePooling2D",
    DATA_FORMAT,
    Bool("keepdims", False, help="Whether rows and columns stay as dimensions of size 1."),
    category="Pooling",
    flops=lambda x, y, **_: size(x),
)
def global_average_pooling_2d(
    x: Shape, *, data_format: str | None, keepdims: bool, **_: Any
) -> Shape:
    """Keeps one number a channel: its mean over the whole image.

    Often stands where Flatten would, before the last Dense, and needs no fixed image size.
    """
    need_rank("GlobalAveragePooling2D", x, 4, SPATIAL[2])
    channels = x[channel_axis(data_format)]
    return join_channels(x[0], (1, 1) if keepdims else (), channels, data_format)
