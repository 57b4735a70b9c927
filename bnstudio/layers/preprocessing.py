"""Layers that prepare rows the same way each time: scaling, sizes, contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Floats, Int, Ints
from bnstudio.layers.ranges import Range
from bnstudio.layers.shapes import beyond, image, known, size, spatial_axes

if TYPE_CHECKING:
    from collections.abc import Iterator

HEIGHT = Int("height", REQUIRED, initial=32, min=1, help="How many rows come out.")
WIDTH = Int("width", REQUIRED, initial=32, min=1, help="How many columns come out.")

VALUE_RANGE = Range(
    "value_range",
    (0, 255),
    ordered=True,
    help="The least and the greatest number that an image has; (0, 1) where it is scaled.",
)

_NEIGHBOURS = {
    "bilinear": 4, "nearest": 0, "bicubic": 16, "area": 4, "lanczos3": 36, "lanczos5": 100,
}  # fmt: skip
"""How many numbers each interpolation takes the weighted sum of."""


def _rescaling_conflicts(
    *, scale: float | tuple[float, ...], offset: float | tuple[float, ...], **_: Any
) -> Iterator[tuple[str, str]]:
    if isinstance(scale, tuple) and isinstance(offset, tuple):
        counts = len(scale), len(offset)
        if 1 not in counts and counts[0] != counts[1]:
            yield "offset", f"Expected as many numbers as scale has, {counts[0]}; got {counts[1]}."


@layer(
    "Rescaling",
    Floats(
        "scale",
        REQUIRED,
        initial=1 / 255,
        scalar=True,
        shortest=1,
        help="What each number is multiplied by; several are one for each place of the last axis.",
    ),
    Floats(
        "offset", 0.0, scalar=True, shortest=1, help="What is added then; several as with scale."
    ),
    category="Preprocessing",
    tells=("scale", "offset"),
    flops=lambda x, y, **_: 2 * size(y),
    conflicts=_rescaling_conflicts,
)
def rescaling(
    x: Shape,
    *,
    scale: float | tuple[float, ...],
    offset: float | tuple[float, ...],
    **_: Any,
) -> Shape:
    """Multiplies every number and adds one, as from 0 to 255 to 0 to 1."""
    for name, numbers in (("scale", scale), ("offset", offset)):
        if isinstance(numbers, tuple) and x[-1] is not None and len(numbers) not in (1, x[-1]):
            raise ShapeError(
                f"Rescaling's {name} has {len(numbers)} numbers, and the last dimension of "
                f"{show_shape(x)} {x[-1]}."
            )
    return x


def _kept(x: Shape, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """The axes that Normalization keeps apart, counted from 0, in order."""
    axes = () if axis is None else (axis,) if isinstance(axis, int) else axis
    for at in axes:
        if not -len(x) <= at < len(x):
            raise ShapeError(beyond("Normalization", x, at))
    kept = tuple(sorted(at % len(x) for at in axes))
    if len(set(kept)) < len(kept):
        raise ShapeError(f"Normalization's axes {axes} name one of {len(x)} dimensions twice.")
    return kept


def _normalization_weights(
    x: Shape, *, axis: int | tuple[int, ...] | None, mean: object, **_: Any
) -> Iterator[Weight]:
    if mean is None:
        shape = tuple(known("Normalization", x, at) for at in _kept(x, axis))
        yield Weight("mean", shape, trainable=False)
        yield Weight("variance", shape, trainable=False)
        yield Weight("count", (), trainable=False)


def _normalization_conflicts(
    *,
    axis: int | tuple[int, ...] | None,
    mean: float | tuple[float, ...] | None,
    variance: float | tuple[float, ...] | None,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    if (mean is None) != (variance is None):
        given, other = ("variance", "mean") if mean is None else ("mean", "variance")
        yield given, f"Keras takes mean and variance together, and {other} is not given."
        return
    counts = [len(each) if isinstance(each, tuple) else None for each in (mean, variance)]
    if counts[0] != counts[1]:
        yield "variance", f"Expected as many numbers as the mean {mean!r}, got {variance!r}."
    elif counts[0] is not None and axis in (None, ()):
        yield "mean", f"Expected one number, as there is no axis to keep apart, got {mean!r}."


@layer(
    "Normalization",
    Ints(
        "axis",
        -1,
        scalar=True,
        optional=True,
        distinct=True,
        help="The axis, or axes, along which each place has a mean of its own; None for one mean.",
    ),
    Floats(
        "mean",
        None,
        scalar=True,
        shortest=1,
        optional=True,
        help="What is subtracted; None leaves it 0 until Keras's adapt measures it.",
    ),
    Floats(
        "variance",
        None,
        scalar=True,
        shortest=1,
        optional=True,
        min=0,
        help="Its root is what is divided by; None leaves it 1 until Keras's adapt measures it.",
    ),
    Bool("invert", False, help="Whether the normalization is undone instead."),
    category="Preprocessing",
    tells=("axis", "mean", "variance"),
    weights=_normalization_weights,
    conflicts=_normalization_conflicts,
    flops=lambda x, y, **_: 2 * size(y),
)
def normalization(
    x: Shape,
    *,
    axis: int | tuple[int, ...] | None,
    mean: float | tuple[float, ...] | None,
    **_: Any,
) -> Shape:
    """Subtracts a mean and divides by a deviation that are given, not learned.

    Training does not change them: without numbers it hands on what comes in until Keras's adapt
    is called. BatchNormalization measures them while training.
    """
    kept = _kept(x, axis)
    for at in kept:
        known("Normalization", x, at)
    if isinstance(mean, tuple) and len(mean) not in (1, x[kept[-1]]):
        raise ShapeError(
            f"Normalization has {len(mean)} means for the {x[kept[-1]]} of dimension {kept[-1]} "
            f"of {show_shape(x)}."
        )
    return x


def _resized(x: Shape, height: int, width: int, data_format: str | None) -> Shape:
    rows, columns = spatial_axes(2, data_format)
    sizes = {rows: height, columns: width}
    return tuple(sizes.get(axis, size) for axis, size in enumerate(x))


def _resizing_conflicts(
    *, crop_to_aspect_ratio: bool, pad_to_aspect_ratio: bool, **_: Any
) -> Iterator[tuple[str, str]]:
    # Keras 3.15 makes this layer, and refuses as soon as it is run.
    if crop_to_aspect_ratio and pad_to_aspect_ratio:
        yield "pad_to_aspect_ratio", "An image is either cropped or padded to its aspect ratio."


@layer(
    "Resizing",
    HEIGHT,
    WIDTH,
    Choice(
        "interpolation",
        "bilinear",
        tuple(_NEIGHBOURS),
        help="What lies between: 'nearest' repeats, the others blend what is around; 'area' cannot "
        "be trained through.",
    ),
    Bool("crop_to_aspect_ratio", False, help="Whether edges are cut off so that nothing is bent."),
    Bool("pad_to_aspect_ratio", False, help="Whether edges are added so that nothing is bent."),
    Choice("fill_mode", "constant", ("constant",), help="What those edges are: one number."),
    Float("fill_value", 0.0, help="The number that those edges are made of."),
    Bool("antialias", False, help="Whether more is blended where an image becomes smaller."),
    DATA_FORMAT,
    category="Preprocessing",
    tells=("height", "width"),
    conflicts=_resizing_conflicts,
    flops=lambda x, y, *, interpolation, **_: 2 * _NEIGHBOURS[interpolation] * size(y),
)
def resizing(x: Shape, *, height: int, width: int, data_format: str | None, **_: Any) -> Shape:
    """Brings images to one size, whatever theirs is."""
    image("Resizing", x)
    return _resized(x, height, width, data_format)


@layer(
    "CenterCrop",
    HEIGHT,
    WIDTH,
    DATA_FORMAT,
    category="Preprocessing",
    tells=("height", "width"),
)
def center_crop(x: Shape, *, height: int, width: int, data_format: str | None, **_: Any) -> Shape:
    """Cuts the middle out of images. One that is too small is resized first."""
    image("CenterCrop", x)
    return _resized(x, height, width, data_format)


@layer(
    "AutoContrast",
    VALUE_RANGE,
    category="Preprocessing",
    flops=lambda x, y, **_: 4 * size(y),
)
def auto_contrast(x: Shape, **_: Any) -> Shape:
    """Stretches the contrast of each channel of an image over the whole range."""
    image("AutoContrast", x)
    return x


@layer(
    "Equalization",
    VALUE_RANGE,
    Int("bins", 256, min=2, help="How many steps of brightness are counted."),
    DATA_FORMAT,
    category="Preprocessing",
    flops=lambda x, y, **_: 5 * size(y),
)
def equalization(x: Shape, *, data_format: str | None, **_: Any) -> Shape:
    """Spreads the brightness of images so that each step of it is about as frequent."""
    image("Equalization", x, data_format, channels=True)
    return x


def _tiles(x: Shape, tile_grid_size: tuple[int, int], data_format: str | None) -> None:
    for axis, tiles in zip(spatial_axes(2, data_format), tile_grid_size, strict=True):
        length = known("ContrastLimitedAdaptiveHistogramEqualization", x, axis)
        if -(-length // tiles) * tiles - length > length:
            raise ShapeError(
                "ContrastLimitedAdaptiveHistogramEqualization cannot make "
                f"{tiles} tiles of the {length} of dimension {axis} of {show_shape(x)}."
            )


@layer(
    "ContrastLimitedAdaptiveHistogramEqualization",
    VALUE_RANGE,
    Float("clip_limit", 4.0, help="How steep the contrast may become; 0 or less for no limit."),
    Ints(
        "tile_grid_size",
        (8, 8),
        length=2,
        min=1,
        help="Into how many tiles rows and columns are divided.",
    ),
    DATA_FORMAT,
    category="Preprocessing",
    tells=("tile_grid_size",),
    flops=lambda x, y, **_: 12 * size(y),
)
def clahe(x: Shape, *, tile_grid_size: tuple[int, int], data_format: str | None, **_: Any) -> Shape:
    """CLAHE: equalizes the brightness of each tile of an image, and limits the contrast."""
    image("ContrastLimitedAdaptiveHistogramEqualization", x)
    _tiles(x, tile_grid_size, data_format)
    return x


@layer(
    "MaxNumBoundingBoxes",
    Int("max_number", REQUIRED, initial=10, min=1, help="How many boxes an image has."),
    Int("fill_value", -1, help="The number that stands for no box."),
    category="Preprocessing",
    tells=("max_number",),
)
def max_num_bounding_boxes(x: Shape, **_: Any) -> Shape:
    """Cuts or fills up the bounding boxes of images to one number of them.

    A drawing has images without boxes, which are handed on as they are.
    """
    image("MaxNumBoundingBoxes", x)
    return x
