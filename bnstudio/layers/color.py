"""Layers that change the colours and the brightness of images, at random and while training."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.augmentation import CHANCE, augmentation, factor
from bnstudio.layers.layer_type import Shape, ShapeError, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Float
from bnstudio.layers.preprocessing import VALUE_RANGE
from bnstudio.layers.ranges import Range
from bnstudio.layers.shapes import image


def _colours(name: str, x: Shape, *, data_format: str | None = None, **_: Any) -> None:
    channels = image(name, x, data_format, channels=True)
    if channels != 3:
        raise ShapeError(f"{name} needs 3 channels, got {channels} in {show_shape(x)}.")


def _colours_or_gray(name: str, x: Shape, *, data_format: str | None, **_: Any) -> None:
    channels = image(name, x, data_format, channels=True)
    if channels not in (1, 3):
        raise ShapeError(f"{name} needs 1 or 3 channels, got {channels} in {show_shape(x)}.")


random_brightness = augmentation(
    "RandomBrightness",
    factor(low=-1, help="How much lighter, or below 0 darker, as a share of the range."),
    VALUE_RANGE,
    SEED,
    help="Makes images lighter or darker at random.",
)

random_contrast = augmentation(
    "RandomContrast",
    factor(low=0, help="How much the contrast is changed, from 0 to 1."),
    VALUE_RANGE,
    SEED,
    help="Makes the contrast of images larger or smaller at random.",
)

random_hue = augmentation(
    "RandomHue",
    factor(low=0, help="How far colours are turned on their circle, from 0 to 1."),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    check=_colours,
    help="Turns all colours of images by a random amount.",
)

random_saturation = augmentation(
    "RandomSaturation",
    factor(low=-1, help="How much stronger colours become; below 0, how much weaker."),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    check=_colours,
    help="Makes the colours of images stronger or weaker at random.",
)

random_sharpness = augmentation(
    "RandomSharpness",
    factor(low=0, help="How much the sharpness is changed, from 0 to 1."),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    help="Blurs or sharpens images at random.",
)

random_color_degeneration = augmentation(
    "RandomColorDegeneration",
    factor(low=-1, help="How much of the colour is taken away: 1 makes it gray."),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    check=_colours,
    help="Takes a random share of the colour from images.",
)


def _jitter(
    name: str,
    x: Shape,
    *,
    saturation_factor: object,
    hue_factor: object,
    **_: Any,
) -> None:
    if saturation_factor is not None or hue_factor is not None:
        # Keras 3.15 looks for the channels at the end here, whatever data_format says.
        _colours(name, x)


random_color_jitter = augmentation(
    "RandomColorJitter",
    VALUE_RANGE,
    factor("brightness_factor", None, low=-1, optional=True, help="As RandomBrightness's factor."),
    factor("contrast_factor", None, low=0, optional=True, help="As RandomContrast's factor."),
    factor("saturation_factor", None, low=-1, optional=True, help="As RandomSaturation's factor."),
    factor("hue_factor", None, low=0, optional=True, help="As RandomHue's factor."),
    SEED,
    DATA_FORMAT,
    tells=("brightness_factor", "contrast_factor", "saturation_factor", "hue_factor"),
    check=_jitter,
    help="Changes brightness, contrast, saturation and hue of images at random, as far as given.",
)

random_grayscale = augmentation(
    "RandomGrayscale",
    Float("factor", 0.5, min=0, max=1, help="How often an image loses its colours."),
    DATA_FORMAT,
    SEED,
    check=_colours_or_gray,
    help="Takes all colour from some images, at random.",
)

random_invert = augmentation(
    "RandomInvert",
    CHANCE,
    VALUE_RANGE,
    SEED,
    DATA_FORMAT,
    help="Turns some images into their negatives, at random.",
)

random_posterization = augmentation(
    "RandomPosterization",
    Range(
        "factor",
        REQUIRED,
        initial=4,
        min=1,
        max=8,
        scalar=True,
        whole=True,
        help="How many bits each number keeps, from 1 to 8; one number is the most.",
    ),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    help="Leaves images a random number of steps of each colour.",
)

solarization = augmentation(
    "Solarization",
    factor("addition_factor", 0.0, low=0, help="How much is added first, from 0 to 1."),
    factor("threshold_factor", 0.0, low=0, help="Above which share of the range it inverts."),
    VALUE_RANGE,
    SEED,
    tells=("addition_factor", "threshold_factor"),
    help="Inverts what is light in images, as film that is exposed too long does.",
)
