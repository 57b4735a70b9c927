"""Convolutions run backwards: each number is spread over a window, and the output is larger."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT, kernel_and_bias, padding
from bnstudio.layers.catalogue import layer
from bnstudio.layers.kernels import transposed_needs
from bnstudio.layers.layer_type import LayerType, Shape, Weight
from bnstudio.layers.objects import activation
from bnstudio.layers.params import REQUIRED, Int, Ints
from bnstudio.layers.shapes import (
    SPATIAL,
    activates,
    channel_axis,
    join_channels,
    known,
    need_rank,
    pair,
    size,
    spatial_axes,
)
from bnstudio.layers.windows import Window, kernel, strides_or_gaps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.graph import Value


def _conflicts(
    rank: int,
    *,
    kernel_size: Window,
    strides: Window,
    padding: str,
    output_padding: Window | None,
    dilation_rate: Window,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    steps = pair(strides, rank)
    if output_padding is not None:
        spans = (
            gap * (length - 1) + 1
            for length, gap in zip(pair(kernel_size, rank), pair(dilation_rate, rank), strict=True)
        )
        for span, added in zip(spans, pair(output_padding, rank), strict=True):
            # Keras 3.15 makes this layer, and TensorFlow cannot run it backwards.
            if padding == "same" and span % 2 == added == 0:
                yield (
                    "output_padding",
                    f"Expected at least 1 where the window spans an even number ({span}) and "
                    f"padding is 'same', got {output_padding!r}.",
                )
                return
        for added, step in zip(pair(output_padding, rank), steps, strict=True):
            if added >= step:
                yield (
                    "output_padding",
                    f"Expected less than the strides {strides!r} everywhere, got "
                    f"{output_padding!r}.",
                )
                return
    yield from strides_or_gaps(rank, strides, dilation_rate)


def _grown(length: int | None, span: int, step: int, padding: str, added: int | None) -> int | None:
    """One size after a window of ``span`` has been spread from each position."""
    if length is None:
        return None
    if padding == "valid":
        return (length - 1) * step + span + (max(step - span, 0) if added is None else added)
    return length * step if added is None else (length - 1) * step + span % 2 + added


def _shape(
    name: str,
    rank: int,
    x: Shape,
    *,
    filters: int,
    kernel_size: Window,
    strides: Window,
    padding: str,
    output_padding: Window | None,
    data_format: str | None,
    dilation_rate: Window,
    **_: Any,
) -> Shape:
    need_rank(name, x, rank + 2, SPATIAL[rank])
    known(name, x, channel_axis(data_format))
    added = (None,) * rank if output_padding is None else pair(output_padding, rank)
    spatial = tuple(
        _grown(x[axis], dilation * (window - 1) + 1, step, padding, extra)
        for axis, window, step, dilation, extra in zip(
            spatial_axes(rank, data_format),
            pair(kernel_size, rank),
            pair(strides, rank),
            pair(dilation_rate, rank),
            added,
            strict=True,
        )
    )
    return join_channels(x[0], spatial, filters, data_format)


def _weights(
    name: str,
    rank: int,
    x: Shape,
    *,
    filters: int,
    kernel_size: Window,
    data_format: str | None,
    use_bias: bool,
    **_: Any,
) -> Iterator[Weight]:
    channels = known(name, x, channel_axis(data_format))
    yield Weight("kernel", (*pair(kernel_size, rank), filters, channels))
    if use_bias:
        yield Weight("bias", (filters,))


def _flops(
    rank: int,
    x: Shape,
    y: Shape,
    *,
    filters: int,
    kernel_size: Window,
    use_bias: bool,
    activation: str | None,
    **_: Any,
) -> int:
    spread = 2 * prod(pair(kernel_size, rank)) * filters
    return size(x) * spread + size(y) * (use_bias + activates(activation))


def _transposed(rank: int, *, initial_kernel: Value, one: Value, help: str) -> LayerType:
    """Enters the transposed convolution over ``rank`` spatial dimensions."""
    name = f"Conv{rank}DTranspose"

    def rule(x: Shape, **params: Any) -> Shape:
        return _shape(name, rank, x, **params)

    rule.__doc__ = help
    kernel_size, strides, dilation_rate = kernel(rank, initial_kernel, one, two="doubles the size")
    output_padding = Ints(
        "output_padding",
        None,
        length=rank,
        scalar=True,
        optional=True,
        min=0,
        help="How much is added at the end, less than the stride; None for what fits the stride.",
    )
    # The one of the three that Keras declares in another order.
    middle = (DATA_FORMAT, output_padding) if rank == 3 else (output_padding, DATA_FORMAT)
    return layer(
        name,
        Int("filters", REQUIRED, initial=32, min=1, help="How many output channels."),
        kernel_size,
        strides,
        padding(),
        *middle,
        dilation_rate,
        activation(),
        *kernel_and_bias(),
        category="Convolution",
        tells=("filters", "kernel_size", "strides", "activation"),
        weights=lambda x, **params: _weights(name, rank, x, **params),
        flops=lambda x, y, **params: _flops(rank, x, y, **params),
        conflicts=lambda **params: _conflicts(rank, **params),
        gpu=lambda **params: transposed_needs(rank, **params),
    )(rule)


_HELP = "Makes {} larger: spreads each number over a learned window, a convolution run backwards."

conv1d_transpose = _transposed(
    1,
    initial_kernel=3,
    one=1,
    help=f"{_HELP.format('a sequence')}\n\nTakes (batch, steps, channels).",
)

conv2d_transpose = _transposed(
    2,
    initial_kernel=(3, 3),
    one=(1, 1),
    help=f"{_HELP.format('an image')}\n\n"
    "What decoders and generators grow images with. Takes (batch, rows, columns, channels).",
)

conv3d_transpose = _transposed(
    3,
    initial_kernel=(3, 3, 3),
    one=(1, 1, 1),
    help=f"{_HELP.format('a volume')}\n\nTakes (batch, depth, rows, columns, channels).",
)
