"""Operations that layers are made of, on tensors that wires bring: kernels, statistics, targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.rules import DTYPE, axes_of, axis_of, free, per_number
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Ints, Wired
from bnstudio.layers.shapes import (
    alike,
    size,
    spreads,
)

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape
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
        if key != "x" and not spreads(shape, x):
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
    at = axis_of("ops.categorical_crossentropy", axis, len(x))
    if not all(map(alike, (*x[:at], *x[at + 1 :]), x[:-1])):
        raise ShapeError(
            "ops.categorical_crossentropy is given by Keras the shape without the last axis, which "
            f"is wrong for axis {axis} of {show_shape(x)}."
        )
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
    if not -1 <= axis < max(len(x), 1) or not x:
        raise ShapeError(f"ops.multi_hot can put axis {axis} before one of {show_shape(x)} only.")
    made = (*x, num_classes) if axis == -1 else (*x[:axis], num_classes, *x[axis:])
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
    Choice("flash_attention", None, (None, False), help="A quicker kernel needs a GPU."),
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
