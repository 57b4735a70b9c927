"""Input, Dense and the other layers that every network has."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import Shape, ShapeError, Weight, layer, show_shape
from bnstudio.layers.objects import Constraint, Initializer, Regularizer, activation
from bnstudio.layers.params import REQUIRED, Bool, Int

if TYPE_CHECKING:
    from collections.abc import Iterator


def _dense_weights(x: Shape, *, units: int, use_bias: bool, **_: Any) -> Iterator[Weight]:
    yield Weight("kernel", (x[-1] or 0, units))
    if use_bias:
        yield Weight("bias", (units,))


@layer(
    "Dense",
    Int("units", REQUIRED, initial=64, min=1, help="How many outputs."),
    activation(),
    Bool("use_bias", True, help="Whether a bias is added; useless before BatchNormalization."),
    Initializer("kernel_initializer", "glorot_uniform"),
    Initializer("bias_initializer", "zeros"),
    Regularizer("kernel_regularizer", None, optional=True),
    Regularizer("bias_regularizer", None, optional=True),
    Regularizer("activity_regularizer", None, optional=True),
    Constraint("kernel_constraint", None, optional=True),
    Constraint("bias_constraint", None, optional=True),
    category="Core",
    tells=("units", "activation"),
    weights=_dense_weights,
    flops=lambda x, y, *, use_bias, **_: prod(y[1:]) * (2 * x[-1] + use_bias),
)
def dense(x: Shape, *, units: int, **_: Any) -> Shape:
    """Fully connected: every output is a weighted sum of every input.

    Works on the last axis; the axes before it are kept as they are.
    """
    if len(x) < 2:
        raise ShapeError(f"Dense needs at least two dimensions, got {show_shape(x)}.")
    if x[-1] is None:
        raise ShapeError(f"Dense needs to know the last dimension, got {show_shape(x)}.")
    return (*x[:-1], units)
