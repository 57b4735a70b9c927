"""Layers that disturb training so that the network does not learn by heart."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import COMMON, layer
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Float, Ints, Param
from bnstudio.layers.shapes import need_rank

_RATE = Float("rate", REQUIRED, initial=0.5, min=0, max=1, help="The share of inputs set to zero.")
_NOISE_SHAPE = Ints(
    "noise_shape",
    None,
    optional=True,
    unknown=True,
    min=1,
    help="The shape of the mask; 1 where it is shared, None for the input's own size.",
)
_BELOW_ONE: dict[str, Any] = {"max": None, "below": 1}
"""The bound of a rate where Keras divides by what is kept."""


def _need_noise(layer: str, x: Shape, noise_shape: tuple[int | None, ...] | None) -> None:
    """Refuses a mask that cannot be spread over the input.

    Raises:
        ShapeError: In words, with both shapes.
    """
    if noise_shape is None:
        return
    # Keras fills in each None from the same place counted from the front, then lines up ends.
    mask = [x[i] if size is None and i < len(x) else size for i, size in enumerate(noise_shape)]
    fits = len(mask) <= len(x) and all(
        noise in (None, 1) or size in (None, noise)
        for noise, size in zip(reversed(mask), reversed(x), strict=False)
    )
    if not fits:
        raise ShapeError(
            f"{layer}'s noise_shape {show_shape(noise_shape)} cannot be spread over "
            f"{show_shape(x)}."
        )


@layer("Dropout", _RATE, _NOISE_SHAPE, SEED, category="Regularization", tells=("rate",))
def dropout(
    x: Shape, *, rate: float, noise_shape: tuple[int | None, ...] | None, **_: Any
) -> Shape:
    """Sets a random share of its inputs to zero while training, and scales up the rest.

    Does nothing at inference.
    """
    if 0 < rate < 1:
        _need_noise("Dropout", x, noise_shape)
    return x


def _spatial(rank: int, *params: Param, dropped: str, help: str) -> LayerType:
    """Enters a dropout of whole feature maps, for ``rank`` dimensions and the batch's and maps'."""

    def rule(x: Shape, **_: Any) -> Shape:
        need_rank(f"SpatialDropout{rank}D", x, rank + 2, _MAPS[rank])
        return x

    rule.__doc__ = help
    rate = replace(_RATE, help=f"The share of {dropped} set to zero.")
    # Keras's base class takes more common arguments, and this one hands on one of them.
    dtype = COMMON[1:]
    return layer(
        f"SpatialDropout{rank}D", rate, *params, SEED,
        category="Regularization", tells=("rate",), common=dtype,
    )(rule)  # fmt: skip


_MAPS = {
    1: "(batch, steps, channels)",
    2: "(batch, rows, columns, channels)",
    3: "(batch, depth, rows, columns, channels)",
}

spatial_dropout_1d = _spatial(
    1,
    dropped="channels",
    help="Sets a random share of a sequence's channels to zero while training, at every step.\n\n"
    "Steps next to each other are alike, so Dropout of single numbers would hide little. Does "
    "nothing at inference.",
)

spatial_dropout_2d = _spatial(
    2,
    DATA_FORMAT,
    dropped="feature maps",
    help="Sets a random share of an image's feature maps to zero while training.\n\n"
    "Pixels next to each other are alike, so Dropout of single numbers would hide little. Does "
    "nothing at inference.",
)

spatial_dropout_3d = _spatial(
    3,
    DATA_FORMAT,
    dropped="feature maps",
    help="Sets a random share of a volume's feature maps to zero while training.\n\n"
    "Voxels next to each other are alike, so Dropout of single numbers would hide little. Does "
    "nothing at inference.",
)


@layer(
    "AlphaDropout",
    replace(_RATE, **_BELOW_ONE, help="The share of inputs set to SELU's lowest value."),
    _NOISE_SHAPE,
    SEED,
    category="Regularization",
    tells=("rate",),
)
def alpha_dropout(
    x: Shape, *, rate: float, noise_shape: tuple[int | None, ...] | None, **_: Any
) -> Shape:
    """Dropout for networks of SELU: keeps the mean and the deviation of its inputs.

    Does nothing at inference.
    """
    if rate > 0:
        _need_noise("AlphaDropout", x, noise_shape)
    return x


@layer(
    "GaussianDropout",
    replace(
        _RATE, **_BELOW_ONE, help="As Dropout's; the deviation is the root of rate / (1 - rate)."
    ),
    SEED,
    category="Regularization",
    tells=("rate",),
)
def gaussian_dropout(x: Shape, **_: Any) -> Shape:
    """Multiplies its inputs by normal noise around one while training.

    Disturbs as much as Dropout of the same rate, and sets nothing to zero. Does nothing at
    inference.
    """
    return x


@layer(
    "GaussianNoise",
    Float("stddev", REQUIRED, initial=0.1, min=0, max=1, help="The deviation of the noise."),
    SEED,
    category="Regularization",
    tells=("stddev",),
)
def gaussian_noise(x: Shape, **_: Any) -> Shape:
    """Adds normal noise to its inputs while training. Does nothing at inference."""
    return x


@layer(
    "ActivityRegularization",
    Float("l1", 0.0, min=0, help="The factor of the sum of absolute values."),
    Float("l2", 0.0, min=0, help="The factor of the sum of squares."),
    category="Regularization",
    tells=("l1", "l2"),
)
def activity_regularization(x: Shape, **_: Any) -> Shape:
    """Passes its inputs on and adds a penalty on their size to the loss."""
    return x
