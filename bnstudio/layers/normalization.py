"""Layers that bring their inputs to mean zero and deviation one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import constraint, initializer, regularizer
from bnstudio.layers.catalogue import Shape, ShapeError, Weight, layer
from bnstudio.layers.params import Bool, Float, Int, Ints, Numbers
from bnstudio.layers.shapes import beyond, known, size

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPSILON = Float(
    "epsilon", 1e-3, min=0, help="Added to the variance, so that nothing is divided by zero."
)
_CENTER = Bool("center", True, help="Whether a learned beta is added.")
_SCALE = Bool(
    "scale",
    True,
    help="Whether a learned gamma multiplies; not needed where a linear layer or ReLU follows.",
)


def _batch_weights(
    x: Shape, *, axis: int, center: bool, scale: bool, renorm: bool, **_: Any
) -> Iterator[Weight]:
    shape = (known("BatchNormalization", x, axis),)
    if scale:
        yield Weight("gamma", shape)
    if center:
        yield Weight("beta", shape)
    yield Weight("moving_mean", shape, False)
    yield Weight("moving_variance", shape, False)
    if renorm:
        yield Weight("moving_stddev", shape, False)
        yield Weight("renorm_mean", shape, False)
        yield Weight("renorm_stddev", shape, False)


def _batch_conflicts(
    *, renorm: bool, renorm_clipping: dict[str, float] | None, **_: Any
) -> Iterator[tuple[str, str]]:
    if not renorm or not renorm_clipping:
        return
    low, high = renorm_clipping.get("rmin"), renorm_clipping.get("rmax")
    if low is not None and high is not None and high < low:
        yield "renorm_clipping", f"rmax is {high!r} and must not be below rmin, {low!r}."
    if renorm_clipping.get("dmax", 0) < 0:
        yield "renorm_clipping", f"dmax is {renorm_clipping['dmax']!r} and must not be below 0."


@layer(
    "BatchNormalization",
    Int(
        "axis",
        -1,
        help="The features, each normalized by itself; 1 for data with its channels first.",
    ),
    Float(
        "momentum",
        0.99,
        min=0,
        max=1,
        help="How slowly the moving mean and variance follow the batches; lower for short runs.",
    ),
    _EPSILON,
    _CENTER,
    _SCALE,
    initializer("beta", "zeros"),
    initializer("gamma", "ones"),
    initializer("moving_mean", "zeros"),
    initializer("moving_variance", "ones"),
    regularizer("beta"),
    regularizer("gamma"),
    constraint("beta"),
    constraint("gamma"),
    Bool(
        "renorm",
        False,
        help="Batch renormalization: corrects for small batches in training, not at inference.",
    ),
    Numbers(
        "renorm_clipping",
        None,
        keys=("rmax", "rmin", "dmax"),
        help="Bounds of that correction: its factor in [rmin, rmax], its shift in [-dmax, dmax].",
    ),
    Float("renorm_momentum", 0.99, min=0, max=1, help="How slowly renorm's statistics follow."),
    Bool("synchronized", False, help="Whether devices that train together share statistics."),
    category="Normalization",
    tells=("axis", "momentum"),
    weights=_batch_weights,
    flops=lambda x, y, **_: 2 * size(y),
    conflicts=_batch_conflicts,
)
def batch_normalization(x: Shape, *, axis: int, **_: Any) -> Shape:
    """Normalizes each feature over the batch while training, and by moving averages afterwards.

    Lets deep networks train faster and at higher learning rates. The two ways of working make
    training and inference differ, most of all with small batches. Frozen (trainable=False) it
    uses its moving averages in training too. At inference it is one factor and one shift a
    number, which is what the operation count says.
    """
    known("BatchNormalization", x, axis)
    return x


def _layer_axes(axis: int | tuple[int, ...]) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else axis


def _layer_weights(
    x: Shape, *, axis: int | tuple[int, ...], center: bool, scale: bool, **_: Any
) -> Iterator[Weight]:
    # Keras sorts the axes as they are written, negative ones first.
    if center or scale:
        shape = tuple(known("LayerNormalization", x, at) for at in sorted(_layer_axes(axis)))
        if scale:
            yield Weight("gamma", shape)
        if center:
            yield Weight("beta", shape)


@layer(
    "LayerNormalization",
    Ints(
        "axis",
        -1,
        scalar=True,
        shortest=1,
        distinct=True,
        help="The axes over which each row is normalized.",
    ),
    _EPSILON,
    _CENTER,
    _SCALE,
    initializer("beta", "zeros"),
    initializer("gamma", "ones"),
    regularizer("beta"),
    regularizer("gamma"),
    constraint("beta"),
    constraint("gamma"),
    category="Normalization",
    tells=("axis",),
    weights=_layer_weights,
    flops=lambda x, y, *, center, scale, **_: size(y) * (5 + center + scale),
)
def layer_normalization(
    x: Shape, *, axis: int | tuple[int, ...], center: bool, scale: bool, **_: Any
) -> Shape:
    """Normalizes each row by itself, over its features.

    Works alike in training and inference and for any batch size; usual in transformers and
    recurrent networks.
    """
    axes = _layer_axes(axis)
    for at in axes:
        if not -len(x) <= at < len(x):
            raise ShapeError(beyond("LayerNormalization", x, at))
        if center or scale:
            known("LayerNormalization", x, at)
    if len({at % len(x) for at in axes}) < len(axes):
        raise ShapeError(f"LayerNormalization's axes {axes} name one of {len(x)} dimensions twice.")
    return x
