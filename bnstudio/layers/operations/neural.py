"""Operations that layers are made of, on tensors that wires bring: kernels, statistics, targets."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import DTYPE, axes_of, axis_of, free, per_number
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Ints, Wired
from bnstudio.layers.shapes import (
    alike,
    channel_axis,
    join_channels,
    pair,
    size,
    slide,
    spatial_axes,
)

if TYPE_CHECKING:
    from bnstudio.layers.catalogue import Shape
    from bnstudio.layers.params import Param

_NEURAL = "Operations: neural networks"
_ACTIVATIONS = "Operations: activations"
_AXES = Ints(
    "axis", -1, scalar=True, optional=True, shortest=1, help="The axis, or axes; None for all."
)
_AXIS = Int("axis", -1, help="The axis; -1 is the last.")


def _over(
    function: str, help: str, axis: Param, *, category: str = _ACTIVATIONS, cost: int
) -> None:
    """Enters an operation that weighs the numbers along an axis against each other."""

    def rule(x: Shape, *, axis: Any, **_: Any) -> Shape:
        if axis is not None:
            axes_of(f"ops.{function}", axis, len(x))
        return x

    rule.__doc__ = help
    operation(function, axis, category=category, flops=per_number(cost))(rule)


_over("softmax", "Makes the numbers along an axis shares of 1.", _AXES, cost=5)
_over("log_softmax", "The logarithms of the shares that softmax gives.", _AXES, cost=5)
_over("sparsemax", "Shares of 1, of which small ones are exactly 0.", _AXIS, cost=8)


@operation("glu", _AXIS, category=_ACTIVATIONS, flops=per_number(5))
def glu(x: Shape, *, axis: int, **_: Any) -> Shape:
    """One half along an axis, times the sigmoid of the other half."""
    at = axis_of("ops.glu", axis, len(x))
    length = x[at]
    if length is not None and length % 2:
        raise ShapeError(f"ops.glu cannot halve axis {axis} of {show_shape(x)}.")
    return (*x[:at], None if length is None else length // 2, *x[at + 1 :])


# Windows.

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


def _pool(function: str, help: str) -> Operation:
    """Enters a pooling."""

    def rule(x: Shape, *, pool_size: Any, strides: Any, padding: str, data_format: Any) -> Shape:
        name = f"ops.{function}"
        rank = _ranked(name, x)
        found = _fitting(name, x, rank, pool_size=pool_size, strides=strides or pool_size)
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


def _adaptive(function: str, help: str) -> Operation:
    """Enters a pooling to a given size."""

    def rule(x: Shape, *, output_size: Any, data_format: Any) -> Shape:
        name = f"ops.{function}"
        rank = _ranked(name, x)
        made = _fitting(name, x, rank, output_size=output_size)["output_size"]
        return join_channels(x[0], made, x[channel_axis(data_format)], data_format)

    rule.__doc__ = help
    return operation(
        function,
        Ints("output_size", REQUIRED, initial=1, min=1, scalar=True, shortest=1,
             help="How large what comes out is."),
        DATA_FORMAT,
        category=_NEURAL, inputs=("inputs",), tells=("output_size",),
        flops=lambda x, y, **_: size(x),
    )(rule)  # fmt: skip


_adaptive("adaptive_max_pool", "The largest number of each of so many equal parts.")
_adaptive("adaptive_average_pool", "The mean of each of so many equal parts.")


def _convolved(
    name: str, x: Shape, kernel: Shape, filters: int | None, groups: bool, params: dict[str, Any]
) -> Shape:
    rank, data_format = _ranked(name, x), params["data_format"]
    if len(kernel) != rank + 2 or None in kernel:
        raise MergeError(f"{name} cannot use a kernel of {show_shape(kernel)} on {show_shape(x)}.")
    channels, taken = x[channel_axis(data_format)], kernel[-2]
    if channels is not None and taken is not None:
        fits = channels == taken or (groups and channels % taken == 0)
        if not fits:
            raise MergeError(
                f"{name} has a kernel {show_shape(kernel)} for {taken} channels, and {channels} "
                f"come in: {show_shape(x)}."
            )
    found = _fitting(
        name, x, rank, strides=params["strides"], dilation_rate=params["dilation_rate"]
    )
    spatial = slide(
        name, x, data_format, kernel[:-2], found["strides"], params["padding"],  # type: ignore[arg-type]
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
    return _convolved("ops.conv", x, kernel, kernel[-1] if kernel else None, True, params)


@operation(
    "depthwise_conv", *_CONVOLUTION, category=_NEURAL, inputs=("inputs", "kernel"),
    tells=("strides",), flops=lambda x, y, **_: 2 * size(y) * prod(x["kernel"][:-2]),
)  # fmt: skip
def depthwise_conv(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Slides a kernel over each channel by itself: (places, channels, times)."""
    x, kernel = shapes["inputs"], shapes["kernel"]
    filters = None if len(kernel) < 2 or None in kernel[-2:] else prod(kernel[-2:])  # type: ignore[arg-type]
    return _convolved("ops.depthwise_conv", x, kernel, filters, False, params)


@operation(
    "depth_to_space",
    Int("block_size", REQUIRED, initial=2, min=1, help="How many places come out of one."),
    Choice("data_format", "channels_last", ("channels_last", "channels_first"),
           help="Whether the channels come last or first."),
    category=_NEURAL, tells=("block_size",), flops=free,
)  # fmt: skip
def depth_to_space(x: Shape, *, block_size: int, data_format: str, **_: Any) -> Shape:
    """Lays channels out as a larger picture."""
    return _blocks("ops.depth_to_space", x, block_size, data_format, grow=True)


@operation(
    "space_to_depth",
    Int("block_size", REQUIRED, initial=2, min=1, help="Of how many places one is made."),
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
    if len(x) != 4 or None in x[1:]:
        raise ShapeError(
            f"ops.unfold needs pictures (batch, channels, rows, columns) whose sizes are known, "
            f"got {show_shape(x)}."
        )
    found = [tuple(pair(value, 2)) for value in (kernel_size, dilation, padding, stride)]
    counts = [
        (length + 2 * pad - step * (window - 1) - 1) // stride_ + 1  # type: ignore[operator]
        for length, window, step, pad, stride_ in zip(x[2:], *found, strict=True)
    ]
    if min(counts) < 1:
        raise ShapeError(f"ops.unfold has windows that do not fit into {show_shape(x)}.")
    return (x[0], x[1] * prod(found[0]), prod(counts))  # type: ignore[operator]


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


# Normalizations.


@operation(
    "batch_normalization",
    Int("axis", REQUIRED, initial=-1, help="The axis of the channels."),
    Wired("offset", False, help="Whether what is added comes in."),
    Wired("scale", False, help="Whether what is multiplied by comes in."),
    Float("epsilon", 1e-3, min=0, help="What is added to the variance."),
    category=_NEURAL, keras_class="BatchNorm",
    inputs=("x", "mean", "variance", "offset", "scale"), order=("x", "mean", "variance"),
    tells=("axis",), flops=lambda x, y, **_: 4 * size(y),
)  # fmt: skip
def batch_normalization(shapes: dict[str, Shape], *, axis: int, **_: Any) -> Shape:
    """Normalizes with a mean and a variance that come in, one of each for a channel."""
    x = shapes["x"]
    channels = (x[axis_of("ops.batch_normalization", axis, len(x))],)
    for name, shape in shapes.items():
        if name != "x" and shape != channels:
            raise MergeError(
                f"ops.batch_normalization needs {show_shape(channels)} as {name}, got "
                f"{show_shape(shape)}."
            )
    return x


@operation(
    "rms_normalization",
    Wired("scale", False, help="Whether what is multiplied by comes in."),
    Ints("axis", -1, scalar=True, shortest=1, help="The axis or axes that are normalized."),
    Float("epsilon", None, optional=True, min=0, help="What is added; None for 1e-7."),
    category=_NEURAL, keras_class="RMSNorm", inputs=("x", "scale"), tells=("axis",),
    order=("x",), flops=lambda x, y, **_: 4 * size(y),
)  # fmt: skip
def rms_normalization(shapes: dict[str, Shape], *, axis: Any, **_: Any) -> Shape:
    """Divides by the root of the mean square along an axis."""
    return _normalized("ops.rms_normalization", shapes, axis)


@operation(
    "layer_normalization",
    Wired("gamma", False, help="Whether what is multiplied by comes in."),
    Wired("beta", False, help="Whether what is added comes in."),
    Ints("axis", -1, scalar=True, shortest=1, help="The axis or axes that are normalized."),
    Float("epsilon", None, optional=True, min=0, help="What is added; None for 1e-7."),
    category=_NEURAL, keras_class="LayerNorm", inputs=("x", "gamma", "beta"), tells=("axis",),
    order=("x",), flops=lambda x, y, **_: 6 * size(y),
)  # fmt: skip
def layer_normalization(shapes: dict[str, Shape], *, axis: Any, **_: Any) -> Shape:
    """Takes the mean away and divides by the deviation along an axis."""
    return _normalized("ops.layer_normalization", shapes, axis)


def _normalized(name: str, shapes: dict[str, Shape], axis: Any) -> Shape:
    x = shapes["x"]
    axes = axes_of(name, axis, len(x))
    wanted = tuple(x[at] for at in sorted(axes))
    for key, shape in shapes.items():
        if key != "x" and (len(shape) != len(wanted) or not all(map(alike, shape, wanted))):
            raise MergeError(
                f"{name} needs {show_shape(wanted)} as {key}, got {show_shape(shape)}."
            )
    return x


# Targets.

_LOGITS = Bool("from_logits", False, help="Whether the outputs are no shares yet.")


@operation(
    "binary_crossentropy", _LOGITS,
    category=_NEURAL, inputs=("target", "output"), flops=lambda x, y, **_: 6 * size(y),
)  # fmt: skip
def binary_crossentropy(shapes: dict[str, Shape], **_: Any) -> Shape:
    """How far each share is from its target of 0 or 1."""
    return _target("ops.binary_crossentropy", shapes)


@operation(
    "categorical_crossentropy", _LOGITS, _AXIS,
    category=_NEURAL, inputs=("target", "output"), flops=lambda x, y, **_: 6 * size(x["output"]),
)  # fmt: skip
def categorical_crossentropy(shapes: dict[str, Shape], *, axis: int, **_: Any) -> Shape:
    """How far the shares of each row are from those of its target."""
    x = _target("ops.categorical_crossentropy", shapes)
    if axis_of("ops.categorical_crossentropy", axis, len(x)) != len(x) - 1:
        raise ShapeError("ops.categorical_crossentropy sums up along the last axis only.")
    return x[:-1]


def _target(name: str, shapes: dict[str, Shape]) -> Shape:
    if shapes["target"] != shapes["output"]:
        listed = " and ".join(map(show_shape, shapes.values()))
        raise MergeError(f"{name} needs target and output of one shape, got {listed}.")
    return shapes["output"]


@operation(
    "sparse_categorical_crossentropy", _LOGITS, _AXIS,
    category=_NEURAL, inputs=("target", "output"), flops=lambda x, y, **_: 6 * size(x["output"]),
)  # fmt: skip
def sparse_categorical_crossentropy(shapes: dict[str, Shape], *, axis: int, **_: Any) -> Shape:
    """How far the shares of each row are from its class, which is a whole number."""
    x, target = shapes["output"], shapes["target"]
    name = "ops.sparse_categorical_crossentropy"
    at = axis_of(name, axis, len(x))
    rest = (*x[:at], *x[at + 1 :])
    if len(target) == len(x) and target[-1] == 1:
        target = target[:-1]
    if at != len(x) - 1 or target != rest:
        listed = " and ".join(map(show_shape, shapes.values()))
        raise MergeError(f"{name} needs a class for each row of the last axis, got {listed}.")
    return rest


@operation(
    "multi_hot",
    Int("num_classes", REQUIRED, initial=2, min=1, help="How many classes there are."),
    _AXIS,
    DTYPE,
    Bool("sparse", False, help="Whether a sparse tensor comes out."),
    category="Operations: indexing and sorting", inputs=("inputs",), tells=("num_classes",),
    flops=free,
)  # fmt: skip
def multi_hot(x: Shape, *, num_classes: int, axis: int, **_: Any) -> Shape:
    """A row of zeros with a one at the place of each class of a list."""
    if axis != -1 or not x:
        raise ShapeError(
            f"ops.multi_hot is drawn with its classes along the last axis, -1, got {axis} for "
            f"{show_shape(x)}."
        )
    made = (*x, num_classes)
    return (made[-1],) if len(made) == 2 else (made[0], *made[2:])


@operation(
    "ctc_loss", Int("mask_index", 0, help="The class that stands for nothing."),
    category=_NEURAL, inputs=("target", "output", "target_length", "output_length"),
    keras_class="CTCLoss", flops=lambda x, y, **_: 6 * size(x["output"]),
)  # fmt: skip
def ctc_loss(shapes: dict[str, Shape], **_: Any) -> Shape:
    """How far sequences are from targets that are not aligned to them."""
    ranks = dict(zip(shapes, (2, 3, 1, 1), strict=True))
    if any(len(shape) != ranks[name] for name, shape in shapes.items()) or (
        len({shape[0] for shape in shapes.values()}) > 1
    ):
        listed = ", ".join(map(show_shape, shapes.values()))
        raise MergeError(
            f"ops.ctc_loss needs (batch, length), (batch, steps, classes) and two of (batch,), got "
            f"{listed}."
        )
    return (shapes["target"][0],)


@operation(
    "psnr", Float("max_val", REQUIRED, initial=1.0, help="The largest number there can be."),
    category=_NEURAL, inputs=("x1", "x2"), keras_class="PSNR",
    flops=lambda x, y, **_: 3 * size(x["x1"]),
)  # fmt: skip
def psnr(shapes: dict[str, Shape], **_: Any) -> Shape:
    """How little noise is between two pictures, in decibels: one number."""
    one, two = shapes["x1"], shapes["x2"]
    if len(one) != len(two) or not all(map(alike, one, two)):
        raise MergeError(f"ops.psnr compares like with like, got {show_shape(one)} and "
                         f"{show_shape(two)}.")  # fmt: skip
    return ()


@operation(
    "dot_product_attention",
    Wired("bias", False, help="Whether something is added to the scores."),
    Wired("mask", False, help="Whether a mask says what may be looked at."),
    Float("scale", None, optional=True, help="What scores are multiplied by; None for what suits."),
    Bool("is_causal", False, help="Whether nothing later is looked at."),
    Bool("flash_attention", None, optional=True, help="Whether a quicker kernel is used."),
    Float("attn_logits_soft_cap", None, optional=True, above=0, help="A bound of the scores."),
    category=_NEURAL, inputs=("query", "key", "value", "bias", "mask"),
    called=("query", "key", "value", "bias", "mask", "scale"), order=("query", "key", "value"),
    tells=("is_causal",),
    flops=lambda x, y, **_: 4 * size(y) * x["key"][1],
)  # fmt: skip
def dot_product_attention(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Looks up values by how well queries fit keys: (batch, length, heads, size) each."""
    query, key, value = (shapes[name] for name in ("query", "key", "value"))
    fits = (
        len(query) == len(key) == len(value) == 4
        and alike(query[3], key[3])
        and query[2] is not None
        and key[2] is not None
        and key[2] == value[2]
        and query[2] % key[2] == 0
        and alike(key[1], value[1])
        and query[3] == value[3]
        and alike(query[0], key[0])
        and alike(key[0], value[0])
    )
    if not fits:
        listed = ", ".join(map(show_shape, (query, key, value)))
        raise MergeError(
            f"ops.dot_product_attention needs (batch, length, heads, size) three times, got "
            f"{listed}."
        )
    return query
