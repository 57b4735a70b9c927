"""Functions applied to each number, or along an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import constraint, initializer, regularizer
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import ACTIVATIONS
from bnstudio.layers.params import REQUIRED, Activation, Float, Ints
from bnstudio.layers.shapes import activates, beyond, size

if TYPE_CHECKING:
    from collections.abc import Iterator


@layer(
    "Activation",
    Activation("activation", REQUIRED, ACTIVATIONS, initial="relu", help="Which function."),
    category="Activation",
    tells=("activation",),
    flops=lambda x, y, *, activation, **_: size(y) * activates(activation),
)
def activation(x: Shape, **_: Any) -> Shape:
    """Applies a function, such as relu, sigmoid or softmax, to what comes in.

    The same as the activation argument of the layer before, but can stand after normalization.
    """
    return x


@layer(
    "ReLU",
    Float("max_value", None, optional=True, min=0, help="Where the output is cut off above."),
    Float("negative_slope", 0.0, min=0, help="The slope below the threshold; 0 cuts it off."),
    Float("threshold", 0.0, min=0, help="Below this the negative slope applies."),
    category="Activation",
    flops=lambda x, y, **_: size(y),
)
def relu(x: Shape, **_: Any) -> Shape:
    """Passes what is positive and cuts off the rest."""
    return x


@layer(
    "LeakyReLU",
    Float("negative_slope", 0.3, min=0, help="The slope below zero."),
    category="Activation",
    tells=("negative_slope",),
    flops=lambda x, y, **_: size(y),
)
def leaky_relu(x: Shape, **_: Any) -> Shape:
    """ReLU with a small slope below zero, so that no unit stops learning."""
    return x


def _prelu_shape(x: Shape, shared_axes: int | tuple[int, ...] | None) -> list[int | None]:
    shape = list(x[1:])
    axes = (shared_axes,) if isinstance(shared_axes, int) else shared_axes or ()
    for axis in axes:
        if axis > len(shape):
            raise ShapeError(beyond("PReLU", x, axis))
        shape[axis - 1] = 1
    return shape


def _prelu_weights(
    x: Shape, *, shared_axes: int | tuple[int, ...] | None, **_: Any
) -> Iterator[Weight]:
    yield Weight("alpha", tuple(size or 0 for size in _prelu_shape(x, shared_axes)))


@layer(
    "PReLU",
    initializer("alpha", "Zeros"),
    regularizer("alpha"),
    constraint("alpha"),
    Ints(
        "shared_axes",
        None,
        scalar=True,
        optional=True,
        min=1,
        help="Axes along which one slope serves all, counted from 1; (1, 2) for images.",
    ),
    category="Activation",
    weights=_prelu_weights,
    flops=lambda x, y, **_: 2 * size(y),
)
def prelu(x: Shape, *, shared_axes: int | tuple[int, ...] | None, **_: Any) -> Shape:
    """Leaky ReLU that learns its slope, one for each feature."""
    if None in _prelu_shape(x, shared_axes):
        raise ShapeError(
            f"PReLU needs to know every dimension that is not in shared_axes, got {show_shape(x)}."
        )
    return x


@layer(
    "ELU",
    Float("alpha", 1.0, help="How far below zero it goes: it levels out at -alpha."),
    category="Activation",
    flops=lambda x, y, **_: size(y),
)
def elu(x: Shape, **_: Any) -> Shape:
    """Like ReLU above zero; below, a smooth curve that keeps the mean near zero."""
    return x


@layer(
    "Softmax",
    Ints(
        "axis",
        -1,
        scalar=True,
        shortest=1,
        distinct=True,
        help="The axis, or axes, along which the outputs add up to one.",
    ),
    category="Activation",
    tells=("axis",),
    flops=lambda x, y, **_: 3 * size(y),
)
def softmax(x: Shape, *, axis: int | tuple[int, ...], **_: Any) -> Shape:
    """Turns numbers into probabilities that add up to one."""
    axes = (axis,) if isinstance(axis, int) else axis
    for at in axes:
        if not -len(x) <= at < len(x):
            raise ShapeError(beyond("Softmax", x, at))
    if len({at % len(x) for at in axes}) < len(axes):
        raise ShapeError(f"Softmax's axes {axes} name one of {len(x)} dimensions twice.")
    return x
