"""Operations that slide a window over sequences, pictures and volumes, or fold them in blocks."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import free, times
from bnstudio.layers.params import REQUIRED, Choice, Int, Ints
from bnstudio.layers.shapes import (
    alike,
    all_known,
    channel_axis,
    join_channels,
    pair,
    size,
    slide,
    spatial_axes,
)

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_NEURAL = "Operations: neural networks"


_PADDING = Choice("padding", "valid", ("valid", "same"), help="Whether edges are filled up.")
_STRIDES = Ints("strides", 1, min=1, scalar=True, shortest=1, help="How far a step goes.")
_DILATION = Ints(
    "dilation_rate", 1, min=1, scalar=True, shortest=1, help="How far a kernel's numbers are apart."
)


def _ranked(name: str, x: Shape) -> int:
    """How many spatial dimensions there are."""
    if not 3 <= len(x) <= 5:
        raise ShapeError(f"{name} needs a batch, 1 to 3 places and channels, got {show_shape(x)}.")
    return len(x) - 2


def _fitting(name: str, x: Shape, rank: int, **windows: Any) -> dict[str, Any]:
    """Windows with a number for each spatial dimension."""
    found = {key: tuple(pair(value, rank)) for key, value in windows.items()}
    for key, value in found.items():
        if len(value) != rank:
            raise ShapeError(f"{name} needs {rank} numbers in {key} for {show_shape(x)}.")
    return found


def _one(window: Any) -> Any:
    """A window, of which one number in a tuple stands for all too."""
    return window[0] if isinstance(window, tuple) and len(window) == 1 else window


def _pool(function: str, help: str) -> Operation:
    """Enters a pooling."""

    def rule(x: Shape, *, pool_size: Any, strides: Any, padding: str, data_format: Any) -> Shape:
        name = f"ops.{function}"
        rank = _ranked(name, x)
        found = _fitting(
            name, x, rank, pool_size=_one(pool_size), strides=_one(strides or pool_size)
        )
        spatial = slide(name, x, data_format, found["pool_size"], found["strides"], padding)
        return join_channels(x[0], spatial, x[channel_axis(data_format)], data_format)

    rule.__doc__ = help
    return operation(
        function,
        Ints("pool_size", REQUIRED, initial=2, min=1, scalar=True, shortest=1,
             help="How large a window is."),
        Ints("strides", None, min=1, scalar=True, optional=True, shortest=1,
             help="How far a step goes; None for a window."),
        _PADDING, DATA_FORMAT,
        category=_NEURAL, inputs=("inputs",), tells=("pool_size",),
        flops=lambda x, y, *, pool_size, **_: size(y) * prod(pair(pool_size, len(x) - 2)),
    )(rule)  # fmt: skip


_pool("max_pool", "The largest number of each window.")
_pool("average_pool", "The mean of each window.")


def _convolved(
    name: str, x: Shape, kernel: Shape, filters: int | None, params: dict[str, Any]
) -> Shape:
    rank, data_format = _ranked(name, x), params["data_format"]
    if len(kernel) != rank + 2 or not all_known(kernel):
        raise MergeError(f"{name} cannot use a kernel of {show_shape(kernel)} on {show_shape(x)}.")
    channels, taken = x[channel_axis(data_format)], kernel[-2]
    if channels is not None and channels != taken:
        raise MergeError(
            f"{name} has a kernel {show_shape(kernel)} for {taken} channels, and {channels} "
            f"come in: {show_shape(x)}."
        )
    found = _fitting(
        name, x, rank, strides=params["strides"], dilation_rate=params["dilation_rate"]
    )
    spatial = slide(
        name, x, data_format, kernel[:-2], found["strides"], params["padding"],
        found["dilation_rate"],
    )  # fmt: skip
    return join_channels(x[0], spatial, filters, data_format)


_CONVOLUTION = (_STRIDES, _PADDING, DATA_FORMAT, _DILATION)


@operation(
    "conv", *_CONVOLUTION, category=_NEURAL, inputs=("inputs", "kernel"), tells=("strides",),
    flops=lambda x, y, **_: 2 * size(y) * prod(x["kernel"][:-1]),
)  # fmt: skip
def conv(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Slides a kernel that comes in by a wire: (places, channels in, channels out)."""
    x, kernel = shapes["inputs"], shapes["kernel"]
    return _convolved("ops.conv", x, kernel, kernel[-1] if kernel else None, params)


@operation(
    "depthwise_conv", *_CONVOLUTION, category=_NEURAL, inputs=("inputs", "kernel"),
    tells=("strides",), flops=lambda x, y, **_: 2 * size(y) * prod(x["kernel"][:-2]),
)  # fmt: skip
def depthwise_conv(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Slides a kernel over each channel by itself: (places, channels, times)."""
    x, kernel = shapes["inputs"], shapes["kernel"]
    filters = None if len(kernel) < 2 else times(*kernel[-2:])
    return _convolved("ops.depthwise_conv", x, kernel, filters, params)


@operation(
    "depth_to_space",
    Int("block_size", REQUIRED, initial=2, min=2, help="How many places come out of one."),
    Choice("data_format", "channels_last", ("channels_last", "channels_first"),
           help="Whether the channels come last or first."),
    category=_NEURAL, tells=("block_size",), flops=free,
)  # fmt: skip
def depth_to_space(x: Shape, *, block_size: int, data_format: str, **_: Any) -> Shape:
    """Lays channels out as a larger picture."""
    return _blocks("ops.depth_to_space", x, block_size, data_format, grow=True)


@operation(
    "space_to_depth",
    Int("block_size", REQUIRED, initial=2, min=2, help="Of how many places one is made."),
    Choice("data_format", "channels_last", ("channels_last", "channels_first"),
           help="Whether the channels come last or first."),
    category=_NEURAL, tells=("block_size",), flops=free,
)  # fmt: skip
def space_to_depth(x: Shape, *, block_size: int, data_format: str, **_: Any) -> Shape:
    """Folds each square of a picture into channels."""
    return _blocks("ops.space_to_depth", x, block_size, data_format, grow=False)


def _blocks(name: str, x: Shape, block: int, data_format: str, *, grow: bool) -> Shape:
    if len(x) != 4:
        raise ShapeError(f"{name} needs a batch of pictures, got {show_shape(x)}.")
    channels = x[channel_axis(data_format)]
    places = [x[axis] for axis in spatial_axes(2, data_format)]
    cut, by = ([channels], block**2) if grow else (places, block)
    if any(length is not None and length % by for length in cut):
        raise ShapeError(f"{name} cannot divide by {by} in {show_shape(x)}.")

    def scaled(length: int | None, up: bool, by: int) -> int | None:
        return None if length is None else length * by if up else length // by

    made = tuple(scaled(length, grow, block) for length in places)
    return join_channels(x[0], made, scaled(channels, not grow, block**2), data_format)


def _pair(name: str, help: str, default: Any, least: int) -> Ints:
    first = 2 if default is REQUIRED else None
    return Ints(name, default, initial=first, length=2, scalar=True, min=least, help=help)


_KERNEL = _pair("kernel_size", "How large a window is.", REQUIRED, 1)
_WINDOW = (
    _pair("dilation", "How far a window's numbers are apart.", 1, 1),
    _pair("padding", "How much is put around the picture.", 0, 0),
    _pair("stride", "How far a step goes.", 1, 1),
)


@operation("unfold", _KERNEL, *_WINDOW, category=_NEURAL, tells=("kernel_size",), flops=free)
def unfold(
    x: Shape, *, kernel_size: Any, dilation: Any, padding: Any, stride: Any, **_: Any
) -> Shape:
    """The windows of a picture (batch, channels, rows, columns), each as a column."""
    batch, *known = x or (None,)
    if len(known) != 3 or not all_known(known):
        raise ShapeError(
            f"ops.unfold needs pictures (batch, channels, rows, columns) whose sizes are known, "
            f"got {show_shape(x)}."
        )
    found = [tuple(pair(value, 2)) for value in (kernel_size, dilation, padding, stride)]
    counts = [
        (length + 2 * pad - step * (window - 1) - 1) // stride_ + 1
        for length, window, step, pad, stride_ in zip(known[1:], *found, strict=True)
    ]
    if min(counts) < 0:
        raise ShapeError(f"ops.unfold has windows that do not fit into {show_shape(x)}.")
    return (batch, known[0] * prod(found[0]), prod(counts))


@operation(
    "fold", _pair("output_size", "How large the picture is.", REQUIRED, 1), _KERNEL, *_WINDOW,
    category=_NEURAL, tells=("output_size",), flops=lambda x, y, **_: size(x),
)  # fmt: skip
def fold(x: Shape, *, output_size: Any, kernel_size: Any, **params: Any) -> Shape:
    """Puts windows together into a picture, added up where they overlap."""
    window, made = tuple(pair(kernel_size, 2)), tuple(pair(output_size, 2))
    if len(x) != 3 or (x[1] is not None and x[1] % prod(window)):
        raise ShapeError(
            f"ops.fold needs (batch, channels x {prod(window)}, windows), got {show_shape(x)}."
        )
    found = [tuple(pair(params[name], 2)) for name in ("dilation", "padding", "stride")]
    counts = [
        (length + 2 * pad - step * (edge - 1) - 1) // stride + 1
        for length, edge, step, pad, stride in zip(made, window, *found, strict=True)
    ]
    if min(counts) < 1 or not alike(x[2], prod(counts)):
        raise ShapeError(
            f"ops.fold makes {made} of {' x '.join(map(str, counts))} windows, got {show_shape(x)}."
        )
    return (x[0], None if x[1] is None else x[1] // prod(window), *made)
