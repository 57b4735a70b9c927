"""Layers that bring their inputs to mean zero and deviation one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import constraint, initializer, regularizer
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
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
_SCALED = (
    _EPSILON,
    _CENTER,
    _SCALE,
    initializer("beta", "zeros"),
    initializer("gamma", "ones"),
    regularizer("beta"),
    regularizer("gamma"),
    constraint("beta"),
    constraint("gamma"),
)
"""The tail of arguments of what scales each feature by gamma and shifts it by beta."""


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


def _rank_and_axis(x: Shape, *, axis: int, **_: Any) -> tuple[int, int | None]:
    return len(x), x[axis]


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
    fixes=_rank_and_axis,
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


def _several(axis: int | tuple[int, ...]) -> tuple[int, ...]:
    return (axis,) if isinstance(axis, int) else axis


def _need_axes(layer: str, x: Shape, axis: int | tuple[int, ...]) -> None:
    """Refuses axes that the shape does not have, or that name a dimension twice.

    Raises:
        ShapeError: In words, with the shape.
    """
    axes = _several(axis)
    for at in axes:
        if not -len(x) <= at < len(x):
            raise ShapeError(beyond(layer, x, at))
    if len({at % len(x) for at in axes}) < len(axes):
        raise ShapeError(f"{layer}'s axes {axes} name one of {len(x)} dimensions twice.")


def _layer_weights(
    x: Shape, *, axis: int | tuple[int, ...], center: bool, scale: bool, **_: Any
) -> Iterator[Weight]:
    # Keras sorts the axes as they are written, negative ones first.
    if center or scale:
        shape = tuple(known("LayerNormalization", x, at) for at in sorted(_several(axis)))
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
    *_SCALED,
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
    _need_axes("LayerNormalization", x, axis)
    if center or scale:
        for at in _several(axis):
            known("LayerNormalization", x, at)
    return x


def _group_weights(x: Shape, *, axis: int, center: bool, scale: bool, **_: Any) -> Iterator[Weight]:
    shape = (known("GroupNormalization", x, axis),)
    if scale:
        yield Weight("gamma", shape)
    if center:
        yield Weight("beta", shape)


def _group_conflicts(*, groups: int, **_: Any) -> Iterator[tuple[str, str]]:
    if groups == 0:
        yield "groups", "Expected one group or more, or -1 for one a feature; got 0."


@layer(
    "GroupNormalization",
    Int(
        "groups",
        32,
        min=-1,
        help="Into how many groups the features are split; -1 makes each one a group.",
    ),
    Int("axis", -1, help="The features; 1 for data with its channels first."),
    *_SCALED,
    category="Normalization",
    tells=("groups", "axis"),
    weights=_group_weights,
    flops=lambda x, y, *, center, scale, **_: size(y) * (5 + center + scale),
    conflicts=_group_conflicts,
    fixes=_rank_and_axis,
)
def group_normalization(x: Shape, *, groups: int, axis: int, **_: Any) -> Shape:
    """Normalizes groups of features, each row by itself.

    Works alike in training and inference; for images with batches too small for
    BatchNormalization. The number of features must be a multiple of the groups.
    """
    features = known("GroupNormalization", x, axis)
    if len(x) < 2 or axis == -len(x):
        raise ShapeError(
            f"GroupNormalization cannot split the batch, axis {axis} of {show_shape(x)}."
        )
    if groups > 0 and features % groups:
        raise ShapeError(
            f"GroupNormalization cannot split the {features} features of {show_shape(x)} into "
            f"{groups} equal groups."
        )
    return x


def _rms_scale(x: Shape, axis: int | tuple[int, ...]) -> tuple[int, ...]:
    return tuple(known("RMSNormalization", x, at) for at in sorted(_several(axis)))


@layer(
    "RMSNormalization",
    Ints(
        "axis",
        -1,
        scalar=True,
        shortest=1,
        distinct=True,
        help="The axes over which each row is normalized, the last ones.",
    ),
    Float(
        "epsilon",
        1e-6,
        min=0,
        help="Added to the mean square, so that nothing is divided by zero.",
    ),
    category="Normalization",
    tells=("axis",),
    weights=lambda x, *, axis, **_: [Weight("scale", _rms_scale(x, axis))],
    flops=lambda x, y, **_: 4 * size(y),
)
def rms_normalization(x: Shape, *, axis: int | tuple[int, ...], **_: Any) -> Shape:
    """Divides each row by the root of its mean square, and multiplies by a learned scale.

    LayerNormalization without the mean and the shift; cheaper, and as good in transformers.
    """
    _need_axes("RMSNormalization", x, axis)
    scale = _rms_scale(x, axis)
    # Keras lays the scale along the last axes, whichever were normalized.
    fits = all(
        one == 1 or other in (None, one)
        for one, other in zip(reversed(scale), reversed(x), strict=False)
    )
    if not fits:
        raise ShapeError(
            f"RMSNormalization scales the last axes, and the sizes {show_shape(scale)} of axes "
            f"{_several(axis)} do not fit the end of {show_shape(x)}."
        )
    return x


@layer(
    "UnitNormalization",
    Ints(
        "axis",
        -1,
        scalar=True,
        shortest=1,
        distinct=True,
        help="The axes along which the squares add up to one.",
    ),
    category="Normalization",
    tells=("axis",),
    flops=lambda x, y, **_: 3 * size(y),
)
def unit_normalization(x: Shape, *, axis: int | tuple[int, ...], **_: Any) -> Shape:
    """Scales each row to length one, which leaves its direction. Learns nothing."""
    _need_axes("UnitNormalization", x, axis)
    return x
