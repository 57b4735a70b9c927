"""Layers that slide a learned window over a sequence or an image."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT, kernel_and_bias, padding
from bnstudio.layers.catalogue import layer
from bnstudio.layers.kernels import convolution_needs
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import activation
from bnstudio.layers.params import REQUIRED, Int
from bnstudio.layers.shapes import (
    SPATIAL,
    activates,
    channel_axis,
    join_channels,
    known,
    need_rank,
    pair,
    size,
    slide,
)
from bnstudio.layers.windows import Window, kernel, strides_or_gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Value


def _conflicts(
    rank: int, *, filters: int, strides: Window, dilation_rate: Window, groups: int, **_: Any
) -> Iterator[tuple[str, str]]:
    if filters % groups:
        yield "groups", f"{filters} filters cannot be split into {groups} equal groups."
    yield from strides_or_gaps(rank, strides, dilation_rate)


def _weights(
    name: str,
    rank: int,
    x: Shape,
    *,
    filters: int,
    kernel_size: Window,
    data_format: str | None,
    groups: int,
    use_bias: bool,
    **_: Any,
) -> Iterator[Weight]:
    channels = known(name, x, channel_axis(data_format))
    yield Weight("kernel", (*pair(kernel_size, rank), channels // groups, filters))
    if use_bias:
        yield Weight("bias", (filters,))


def _flops(
    name: str,
    rank: int,
    x: Shape,
    y: Shape,
    *,
    kernel_size: Window,
    data_format: str | None,
    groups: int,
    use_bias: bool,
    activation: str | None,
    **_: Any,
) -> int:
    channels = known(name, x, channel_axis(data_format))
    window = prod(pair(kernel_size, rank)) * channels // groups
    return size(y) * (2 * window + use_bias + activates(activation))


def _shape(
    name: str,
    rank: int,
    x: Shape,
    *,
    filters: int,
    kernel_size: Window,
    strides: Window,
    padding: str,
    data_format: str | None,
    dilation_rate: Window,
    groups: int,
    **_: Any,
) -> Shape:
    need_rank(name, x, rank + 2, SPATIAL[rank])
    channels = known(name, x, channel_axis(data_format))
    if channels % groups:
        raise ShapeError(
            f"{name} cannot split the {channels} channels of {show_shape(x)} into {groups} groups."
        )
    window, steps = pair(kernel_size, rank), pair(strides, rank)
    spatial = slide(name, x, data_format, window, steps, padding, pair(dilation_rate, rank))
    return join_channels(x[0], spatial, filters, data_format)


def _convolution(
    rank: int, *, initial_kernel: Value, one: Value, paddings: tuple[str, ...], help: str
) -> LayerType:
    """Enters the convolution over ``rank`` spatial dimensions."""
    name = f"Conv{rank}D"

    def rule(x: Shape, **params: Any) -> Shape:
        return _shape(name, rank, x, **params)

    rule.__doc__ = help
    kernel_size, strides, dilation_rate = kernel(rank, initial_kernel, one)
    return layer(
        name,
        Int("filters", REQUIRED, initial=32, min=1, help="How many output channels."),
        kernel_size,
        strides,
        padding(*paddings),
        DATA_FORMAT,
        dilation_rate,
        Int(
            "groups",
            1,
            min=1,
            help="Splits the channels into groups, each convolved by itself.",
        ),
        activation(),
        *kernel_and_bias(),
        category="Convolution",
        tells=("filters", "kernel_size", "strides", "activation"),
        weights=lambda x, **params: _weights(name, rank, x, **params),
        flops=lambda x, y, **params: _flops(name, rank, x, y, **params),
        conflicts=lambda **params: _conflicts(rank, **params),
        gpu=convolution_needs if rank < 3 else None,
    )(rule)


conv1d = _convolution(
    1,
    initial_kernel=3,
    one=1,
    paddings=("causal",),
    help="Slides a learned window over a sequence, such as a signal or the words of a text.\n\n"
    "Takes (batch, steps, channels).",
)

conv2d = _convolution(
    2,
    initial_kernel=(3, 3),
    one=(1, 1),
    paddings=(),
    help="Slides a learned window over an image; each filter becomes a channel of the output.\n\n"
    "Takes (batch, rows, columns, channels), or channels first where data_format says so.",
)

conv3d = _convolution(
    3,
    initial_kernel=(3, 3, 3),
    one=(1, 1, 1),
    paddings=(),
    help="Slides a learned window through a volume, such as a scan or the frames of a film.\n\n"
    "Takes (batch, depth, rows, columns, channels), or channels first where data_format says so.",
)
