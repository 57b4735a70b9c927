"""Convolutions that treat each channel by itself, and mix the channels afterwards or not at all."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import (
    ACTIVITY_REGULARIZER,
    DATA_FORMAT,
    USE_BIAS,
    constraint,
    initializer,
    padding,
    regularizer,
)
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import LayerType, Shape, Weight
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
from bnstudio.layers.windows import Window, kernel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Value


_MULTIPLIER = Int(
    "depth_multiplier", 1, min=1, help="How many output channels each input channel is given."
)


def _conflicts(*, strides: Window, dtype: str | None, **_: Any) -> Iterator[tuple[str, str]]:
    different = not isinstance(strides, int) and len(set(strides)) > 1
    if different and dtype in ("float16", "mixed_float16", "float64"):
        yield (
            "strides",
            f"TensorFlow computes this layer in {dtype} only with equal strides, got {strides!r}.",
        )


def _windowed(
    name: str,
    rank: int,
    x: Shape,
    *,
    kernel_size: Window,
    strides: Window,
    padding: str,
    data_format: str | None,
    dilation_rate: Window,
    **_: Any,
) -> tuple[int, Shape]:
    """The channels that come in, and the spatial dimensions that come out."""
    need_rank(name, x, rank + 2, SPATIAL[rank])
    channels = known(name, x, channel_axis(data_format))
    window, steps = pair(kernel_size, rank), pair(strides, rank)
    return channels, slide(name, x, data_format, window, steps, padding, pair(dilation_rate, rank))


def _depthwise(rank: int, *, initial_kernel: Value, one: Value, help: str) -> LayerType:
    """Enters the depthwise convolution over ``rank`` spatial dimensions."""
    name = f"DepthwiseConv{rank}D"

    def rule(x: Shape, *, depth_multiplier: int, data_format: str | None, **params: Any) -> Shape:
        channels, spatial = _windowed(name, rank, x, data_format=data_format, **params)
        return join_channels(x[0], spatial, channels * depth_multiplier, data_format)

    def weights(
        x: Shape,
        *,
        kernel_size: Window,
        depth_multiplier: int,
        data_format: str | None,
        use_bias: bool,
        **_: Any,
    ) -> Iterator[Weight]:
        channels = known(name, x, channel_axis(data_format))
        yield Weight("kernel", (*pair(kernel_size, rank), channels, depth_multiplier))
        if use_bias:
            yield Weight("bias", (channels * depth_multiplier,))

    def flops(
        _x: Shape,
        y: Shape,
        *,
        kernel_size: Window,
        use_bias: bool,
        activation: str | None,
        **_: Any,
    ) -> int:
        window = prod(pair(kernel_size, rank))
        return size(y) * (2 * window + use_bias + activates(activation))

    rule.__doc__ = help
    kernel_size, strides, dilation_rate = kernel(rank, initial_kernel, one)
    return layer(
        name,
        kernel_size,
        strides,
        padding(),
        _MULTIPLIER,
        DATA_FORMAT,
        dilation_rate,
        activation(),
        USE_BIAS,
        initializer("depthwise", "glorot_uniform"),
        initializer("bias", "zeros"),
        regularizer("depthwise"),
        regularizer("bias"),
        ACTIVITY_REGULARIZER,
        constraint("depthwise"),
        constraint("bias"),
        category="Convolution",
        tells=("kernel_size", "strides", "depth_multiplier", "activation"),
        weights=weights,
        flops=flops,
        conflicts=_conflicts,
    )(rule)


def _separable(rank: int, *, initial_kernel: Value, one: Value, help: str) -> LayerType:
    """Enters the separable convolution over ``rank`` spatial dimensions."""
    name = f"SeparableConv{rank}D"

    def rule(x: Shape, *, filters: int, data_format: str | None, **params: Any) -> Shape:
        _, spatial = _windowed(name, rank, x, data_format=data_format, **params)
        return join_channels(x[0], spatial, filters, data_format)

    def weights(
        x: Shape,
        *,
        filters: int,
        kernel_size: Window,
        depth_multiplier: int,
        data_format: str | None,
        use_bias: bool,
        **_: Any,
    ) -> Iterator[Weight]:
        channels = known(name, x, channel_axis(data_format))
        yield Weight("depthwise_kernel", (*pair(kernel_size, rank), channels, depth_multiplier))
        yield Weight("pointwise_kernel", (*(1,) * rank, channels * depth_multiplier, filters))
        if use_bias:
            yield Weight("bias", (filters,))

    def flops(
        x: Shape,
        y: Shape,
        *,
        filters: int,
        kernel_size: Window,
        depth_multiplier: int,
        data_format: str | None,
        use_bias: bool,
        activation: str | None,
        **_: Any,
    ) -> int:
        between = known(name, x, channel_axis(data_format)) * depth_multiplier
        positions = size(y) // filters
        window = prod(pair(kernel_size, rank))
        return positions * 2 * between * (window + filters) + size(y) * (
            use_bias + activates(activation)
        )

    rule.__doc__ = help
    kernel_size, strides, dilation_rate = kernel(rank, initial_kernel, one)
    return layer(
        name,
        Int("filters", REQUIRED, initial=32, min=1, help="How many output channels."),
        kernel_size,
        strides,
        padding(),
        DATA_FORMAT,
        dilation_rate,
        _MULTIPLIER,
        activation(),
        USE_BIAS,
        initializer("depthwise", "glorot_uniform"),
        initializer("pointwise", "glorot_uniform"),
        initializer("bias", "zeros"),
        regularizer("depthwise"),
        regularizer("pointwise"),
        regularizer("bias"),
        ACTIVITY_REGULARIZER,
        constraint("depthwise"),
        constraint("pointwise"),
        constraint("bias"),
        category="Convolution",
        tells=("filters", "kernel_size", "strides", "activation"),
        weights=weights,
        flops=flops,
        conflicts=_conflicts,
    )(rule)


_EACH = "Slides a learned window over each channel of {} by itself; the channels are not mixed."
_MIXED = "A depthwise convolution of {}, then a mix of the channels at each position.\n\n"

depthwise_conv1d = _depthwise(
    1,
    initial_kernel=3,
    one=1,
    help=f"{_EACH.format('a sequence')}\n\nTakes (batch, steps, channels).",
)

depthwise_conv2d = _depthwise(
    2,
    initial_kernel=(3, 3),
    one=(1, 1),
    help=f"{_EACH.format('an image')}\n\nTakes (batch, rows, columns, channels).",
)

separable_conv1d = _separable(
    1,
    initial_kernel=3,
    one=1,
    help=_MIXED.format("a sequence") + "Needs far fewer numbers than Conv1D.",
)

separable_conv2d = _separable(
    2,
    initial_kernel=(3, 3),
    one=(1, 1),
    help=_MIXED.format("an image") + "Needs far fewer numbers than Conv2D.",
)
