"""Layers that make a sequence, an image or a volume smaller by summing up what lies in a window."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT, padding
from bnstudio.layers.catalogue import layer
from bnstudio.layers.kernels import HALF, volume_needs
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, show_shape
from bnstudio.layers.params import REQUIRED, Bool, Ints
from bnstudio.layers.shapes import (
    SPATIAL,
    channel_axis,
    join_channels,
    known,
    need_rank,
    pair,
    size,
    slide,
    spatial_axes,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import EllipsisType

    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import Rule
    from bnstudio.layers.windows import Window


_PLACES = {1: "a sequence", 2: "an image", 3: "a volume"}
_DIMENSIONS = {1: "the steps stay as a dimension", 2: "rows and columns stay as dimensions",
               3: "depth, rows and columns stay as dimensions"}  # fmt: skip


def _conflicts(kind: str, rank: int) -> Rule | None:
    def conflicts(*, dtype: str | None, **_: Any) -> Iterator[tuple[str, str]]:
        # Keras 3.15 makes this layer, and TensorFlow has no such operation.
        if dtype == "float64":
            yield "dtype", "TensorFlow cannot compute this layer in float64; float32 it can."

    return conflicts if kind == "Max" and rank == 3 else None


def _needs(kind: str, rank: int) -> Rule | None:
    if rank < 3:
        return None
    # XLA, with which Keras trains on a GPU, makes a kernel for float64.
    return volume_needs(*HALF, *(("float64",) if kind == "Average" else ()))


def _pooling(
    kind: str, what: str, rank: int, default: Value | EllipsisType = REQUIRED
) -> LayerType:
    """Enters the pooling layer that keeps ``what`` of each window over ``rank`` dimensions."""
    name = f"{kind}Pooling{rank}D"

    def rule(
        x: Shape,
        *,
        pool_size: Window,
        strides: Window | None,
        padding: str,
        data_format: str | None,
        **_: Any,
    ) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        window = pair(pool_size, rank)
        steps = window if strides is None else pair(strides, rank)
        spatial = slide(name, x, data_format, window, steps, padding)
        return join_channels(x[0], spatial, x[channel_axis(data_format)], data_format)

    rule.__doc__ = f"Keeps {what} of each window of {_PLACES[rank]}."
    return layer(
        name,
        Ints(
            "pool_size",
            default,
            initial=(2 if rank == 1 else (2,) * rank) if default is REQUIRED else None,
            length=rank,
            scalar=True,
            min=1,
            help="The size of the window.",
        ),
        Ints(
            "strides",
            None,
            length=rank,
            scalar=True,
            optional=True,
            min=1,
            help="How far the window moves each time; None for its own size, without overlap.",
        ),
        padding(),
        DATA_FORMAT,
        category="Pooling",
        tells=("pool_size", "strides"),
        flops=lambda x, y, *, pool_size, **_: size(y) * prod(pair(pool_size, rank)),
        conflicts=_conflicts(kind, rank),
        gpu=_needs(kind, rank),
    )(rule)


max_pooling_1d = _pooling("Max", "the largest number", 1, 2)
max_pooling_2d = _pooling("Max", "the largest number", 2, (2, 2))
max_pooling_3d = _pooling("Max", "the largest number", 3, (2, 2, 2))
average_pooling_1d = _pooling("Average", "the mean", 1)
average_pooling_2d = _pooling("Average", "the mean", 2)
average_pooling_3d = _pooling("Average", "the mean", 3)


def _global(kind: str, what: str, rank: int) -> LayerType:
    """Enters the layer that keeps ``what`` of all ``rank`` spatial dimensions."""
    name = f"Global{kind}Pooling{rank}D"

    def rule(x: Shape, *, data_format: str | None, keepdims: bool, **_: Any) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        spatial = (1,) * rank if keepdims else ()
        return join_channels(x[0], spatial, x[channel_axis(data_format)], data_format)

    rule.__doc__ = (
        f"Keeps one number a channel: {what} over the whole of {_PLACES[rank]}.\n\n"
        "Often stands where Flatten would, before the last Dense, and needs no fixed size."
    )
    return layer(
        name,
        DATA_FORMAT,
        Bool("keepdims", False, help=f"Whether {_DIMENSIONS[rank]} of size 1."),
        category="Pooling",
        flops=lambda x, y, **_: size(x),
    )(rule)


global_max_pooling_1d = _global("Max", "the largest", 1)
global_max_pooling_2d = _global("Max", "the largest", 2)
global_max_pooling_3d = _global("Max", "the largest", 3)
global_average_pooling_1d = _global("Average", "its mean", 1)
global_average_pooling_2d = _global("Average", "its mean", 2)
global_average_pooling_3d = _global("Average", "its mean", 3)


def _adaptive(kind: str, what: str, rank: int) -> LayerType:
    """Enters the layer that divides ``rank`` dimensions into so many windows and keeps ``what``."""
    name = f"Adaptive{kind}Pooling{rank}D"

    def rule(x: Shape, *, output_size: Window, data_format: str | None, **_: Any) -> Shape:
        need_rank(name, x, rank + 2, SPATIAL[rank])
        sizes = pair(output_size, rank)
        for axis, windows in zip(spatial_axes(rank, data_format), sizes, strict=True):
            # Keras 3.15 lets these pass and fails as soon as the layer is run: it always makes
            # windows that are larger by one, too, even where none of them fits.
            known(name, x, axis)
            if 1 in (x[axis], windows):
                raise ShapeError(
                    f"{name} cannot divide the {x[axis]} of dimension {axis} of {show_shape(x)} "
                    f"into {windows}: Keras needs 2 or more of both. "
                    f"Global{kind}Pooling{rank}D makes one window of it all."
                )
        return join_channels(x[0], tuple(sizes), x[channel_axis(data_format)], data_format)

    rule.__doc__ = (
        f"Divides {_PLACES[rank]} into so many windows, and keeps {what} of each.\n\n"
        "The output is of one size, whatever the input's."
    )
    return layer(
        name,
        Ints(
            "output_size",
            REQUIRED,
            initial=2 if rank == 1 else (2,) * rank,
            length=rank,
            scalar=True,
            min=1,
            help="How many windows there are, which is the size of the output.",
        ),
        DATA_FORMAT,
        category="Pooling",
        tells=("output_size",),
        flops=lambda x, y, **_: size(x),
        conflicts=_conflicts(kind, rank),
        gpu=_needs(kind, rank),
    )(rule)


adaptive_max_pooling_1d = _adaptive("Max", "the largest number", 1)
adaptive_max_pooling_2d = _adaptive("Max", "the largest number", 2)
adaptive_max_pooling_3d = _adaptive("Max", "the largest number", 3)
adaptive_average_pooling_1d = _adaptive("Average", "the mean", 1)
adaptive_average_pooling_2d = _adaptive("Average", "the mean", 2)
adaptive_average_pooling_3d = _adaptive("Average", "the mean", 3)
