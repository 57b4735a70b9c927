"""Layers that disturb training so that the network does not learn by heart."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.catalogue import Shape, ShapeError, layer, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Float, Ints


@layer(
    "Dropout",
    Float("rate", REQUIRED, initial=0.5, min=0, max=1, help="The share of inputs set to zero."),
    Ints(
        "noise_shape",
        None,
        optional=True,
        unknown=True,
        min=1,
        help="The shape of the mask; 1 where it is shared, None for the input's own size.",
    ),
    SEED,
    category="Regularization",
    tells=("rate",),
)
def dropout(
    x: Shape, *, rate: float, noise_shape: tuple[int | None, ...] | None, **_: Any
) -> Shape:
    """Sets a random share of its inputs to zero while training, and scales up the rest.

    Does nothing at inference.
    """
    if 0 < rate < 1 and noise_shape is not None:
        # Keras fills in each None from the same place counted from the front, then lines up ends.
        mask = [x[i] if size is None and i < len(x) else size for i, size in enumerate(noise_shape)]
        fits = len(mask) <= len(x) and all(
            noise in (None, 1) or size in (None, noise)
            for noise, size in zip(reversed(mask), reversed(x), strict=False)
        )
        if not fits:
            raise ShapeError(
                f"Dropout's noise_shape {show_shape(noise_shape)} cannot be spread over "
                f"{show_shape(x)}."
            )
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
