"""Layers that change where things are in an image, at random and while training only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import LayerType, Shape, ShapeError, show_shape
from bnstudio.layers.objects import SEED
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Ints
from bnstudio.layers.preprocessing import HEIGHT, VALUE_RANGE, WIDTH
from bnstudio.layers.ranges import Range
from bnstudio.layers.shapes import image, known, pair, spatial_axes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import EllipsisType

    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import Rule
    from bnstudio.layers.params import Param

    Check = Callable[..., object]

INTERPOLATION = Choice(
    "interpolation",
    "bilinear",
    ("nearest", "bilinear"),
    help="What lies between: 'nearest' repeats, 'bilinear' blends what is around.",
)

FILL_MODE = Choice(
    "fill_mode",
    "reflect",
    ("reflect", "wrap", "constant", "nearest"),
    help="What comes in from beyond the edge: the image mirrored, again, one number or the edge.",
)

FILL_VALUE = Float("fill_value", 0.0, help="That number, where fill_mode is 'constant'.")


def factor(
    name: str = "factor",
    default: Value | EllipsisType = REQUIRED,
    *,
    low: float | None = None,
    high: float = 1.0,
    above: float | None = None,
    optional: bool = False,
    help: str,
) -> Range:
    """How strong a change is: drawn between two numbers, or up to one."""
    return Range(
        name,
        default,
        initial=0.2 if default is REQUIRED else None,
        min=low,
        max=high,
        above=above,
        scalar=True,
        optional=optional,
        help=help,
    )


CHANCE = factor(
    default=1.0, low=0, help="How often an image is changed, from 0 to 1; or drawn between two."
)


def augmentation(
    name: str, *params: Param, tells: tuple[str, ...] = ("factor",), help: str,
    check: Check | None = None, conflicts: Rule | None = None,
) -> LayerType:  # fmt: skip
    """Enters a layer that keeps the shape of an image, does nothing at inference, and may refuse.

    ``check`` takes the input shape and the arguments, and raises.
    """

    def rule(x: Shape, **arguments: Any) -> Shape:
        image(name, x)
        if check is not None:
            check(name, x, **arguments)
        return x

    rule.__doc__ = f"{help}\n\nDoes nothing at inference."
    return layer(name, *params, category="Augmentation", tells=tells, conflicts=conflicts)(rule)


def _not_in(*dtypes: str) -> Rule:
    """Refuses what TensorFlow cannot compute a layer in; Keras 3.15 makes it and fails when run."""

    def conflicts(*, dtype: str | None, **_: Any) -> Iterator[tuple[str, str]]:
        if dtype in dtypes:
            yield "dtype", f"TensorFlow cannot compute this layer in {dtype}."

    return conflicts


_NOT_FLOAT16 = _not_in("float16", "mixed_float16")


def known_size(name: str, x: Shape, *, data_format: str | None, **_: Any) -> None:
    """Refuses images whose rows or columns are unknown; Keras 3.15 fails when run."""
    for axis in spatial_axes(2, data_format):
        known(name, x, axis)


random_flip = augmentation(
    "RandomFlip",
    Choice(
        "mode",
        "horizontal_and_vertical",
        ("horizontal", "vertical", "horizontal_and_vertical"),
        help="Whether left and right are exchanged, top and bottom, or both.",
    ),
    SEED,
    DATA_FORMAT,
    tells=("mode",),
    help="Mirrors images at random, each way every other time.",
)

random_rotation = augmentation(
    "RandomRotation",
    factor(low=-1, help="How far, as a share of a full turn: 0.1 is up to 36 degrees both ways."),
    FILL_MODE,
    INTERPOLATION,
    SEED,
    FILL_VALUE,
    DATA_FORMAT,
    help="Turns images by a random angle.",
)

random_translation = augmentation(
    "RandomTranslation",
    factor("height_factor", low=-1, help="How far up and down, as a share of the height."),
    factor("width_factor", low=-1, help="How far left and right, as a share of the width."),
    FILL_MODE,
    INTERPOLATION,
    SEED,
    FILL_VALUE,
    DATA_FORMAT,
    tells=("height_factor", "width_factor"),
    help="Shifts images by a random distance.",
)

random_zoom = augmentation(
    "RandomZoom",
    factor("height_factor", above=-1, help="How much smaller; below 0, how much larger."),
    factor(
        "width_factor",
        None,
        above=-1,
        optional=True,
        help="The same across; None for the same as the height, so that nothing is bent.",
    ),
    FILL_MODE,
    INTERPOLATION,
    SEED,
    FILL_VALUE,
    DATA_FORMAT,
    tells=("height_factor", "width_factor"),
    help="Makes what is in images larger or smaller at random.",
)

random_shear = augmentation(
    "RandomShear",
    factor("x_factor", 0.0, low=0, help="How far rows are shifted against each other."),
    factor("y_factor", 0.0, low=0, help="How far columns are shifted against each other."),
    INTERPOLATION,
    FILL_MODE,
    FILL_VALUE,
    DATA_FORMAT,
    SEED,
    tells=("x_factor", "y_factor"),
    help="Bends images out of square by a random amount.",
)


def _perspective(name: str, x: Shape, *, data_format: str | None, **_: Any) -> None:
    known_size(name, x, data_format=data_format)
    if any(x[axis] == 1 for axis in spatial_axes(2, data_format)):
        raise ShapeError(f"{name} needs two rows and columns or more, got {show_shape(x)}.")


random_perspective = augmentation(
    "RandomPerspective",
    CHANCE,
    Float("scale", 1.0, min=0, max=1, help="How far the corners are moved, from 0 to 1."),
    INTERPOLATION,
    FILL_VALUE,
    SEED,
    DATA_FORMAT,
    tells=("factor", "scale"),
    check=_perspective,
    help="Shows images as from another angle, by moving their corners.",
)


def _elastic(name: str, x: Shape, *, data_format: str | None, **_: Any) -> None:
    image(name, x, data_format, channels=True)
    known_size(name, x, data_format=data_format)


random_elastic_transform = augmentation(
    "RandomElasticTransform",
    CHANCE,
    factor("scale", 1.0, low=0, help="How far things are moved, from 0 to 1."),
    INTERPOLATION,
    FILL_MODE,
    FILL_VALUE,
    VALUE_RANGE,
    SEED,
    DATA_FORMAT,
    tells=("factor", "scale"),
    check=_elastic,
    conflicts=_NOT_FLOAT16,
    help="Bends images as if they were drawn on cloth.",
)


@layer(
    "RandomCrop",
    HEIGHT,
    WIDTH,
    SEED,
    DATA_FORMAT,
    category="Augmentation",
    tells=("height", "width"),
)
def random_crop(x: Shape, *, height: int, width: int, data_format: str | None, **_: Any) -> Shape:
    """Cuts a random piece of one size out of images; one that is too small is resized.

    Keras 3.15 does so while training only: at inference whole images come out, so that what
    follows must take any size, as convolutions and global pooling do.
    """
    image("RandomCrop", x)
    known_size("RandomCrop", x, data_format=data_format)
    rows, columns = spatial_axes(2, data_format)
    sizes = {rows: height, columns: width}
    return tuple(sizes.get(axis, size) for axis, size in enumerate(x))


random_erasing = augmentation(
    "RandomErasing",
    CHANCE,
    factor("scale", (0.02, 0.33), low=0, help="How large the piece is, as a share of the image."),
    Float("fill_value", None, optional=True, help="The number it is filled with; None for noise."),
    VALUE_RANGE,
    SEED,
    DATA_FORMAT,
    tells=("factor", "scale"),
    check=known_size,
    conflicts=_NOT_FLOAT16,
    help="Hides a random piece of images, so that no part alone decides.",
)


def _blur_conflicts(
    *, kernel_size: int | Sequence[int], dtype: str | None, **_: Any
) -> Iterator[tuple[str, str]]:
    yield from _NOT_FLOAT16(dtype=dtype)
    if any(length % 2 == 0 for length in pair(kernel_size, 2)):
        yield "kernel_size", f"Expected odd numbers, got {kernel_size!r}."


random_gaussian_blur = augmentation(
    "RandomGaussianBlur",
    CHANCE,
    Ints(
        "kernel_size",
        3,
        length=2,
        scalar=True,
        min=1,
        help="How far around each place is blended; odd numbers.",
    ),
    factor("sigma", 1.0, low=0, help="How much what is further away counts, from 0 to 1."),
    VALUE_RANGE,
    DATA_FORMAT,
    SEED,
    tells=("factor", "kernel_size", "sigma"),
    conflicts=_blur_conflicts,
    help="Blurs images at random.",
)

_UNLABELED = (
    "Keras mixes the labels too where it is given them together with the images; a drawing has the "
    "images alone, so labels stay those of the first."
)

cut_mix = augmentation(
    "CutMix",
    CHANCE,
    SEED,
    DATA_FORMAT,
    check=known_size,
    conflicts=_not_in("float16", "mixed_float16", "bfloat16", "mixed_bfloat16"),
    help=f"Puts a piece of another image of the batch into each.\n\n{_UNLABELED}",
)

mix_up = augmentation(
    "MixUp",
    Float("alpha", 0.2, above=0, help="How evenly two images are mixed: the larger, the more."),
    DATA_FORMAT,
    SEED,
    tells=("alpha",),
    help=f"Blends each image with another one of the batch.\n\n{_UNLABELED}",
)


def _mixed(name: str, x: Shape, *, data_format: str | None, all_ops: bool = True, **_: Any) -> None:
    channels = image(name, x, data_format, channels=True)
    if all_ops and channels not in (1, 3):
        raise ShapeError(f"{name} needs 1 or 3 channels, got {channels} in {show_shape(x)}.")


aug_mix = augmentation(
    "AugMix",
    VALUE_RANGE,
    Int("num_chains", 3, min=1, help="How many changed images are blended."),
    Int("chain_depth", 3, min=1, help="How many changes each of them goes through at most."),
    factor(default=0.3, low=0, help="How strong each change is, from 0 to 1."),
    Float("alpha", 1.0, above=0, help="How evenly they are blended: the larger, the more."),
    Bool("all_ops", True, help="Whether colours are changed as well."),
    INTERPOLATION,
    SEED,
    DATA_FORMAT,
    tells=("num_chains", "chain_depth", "factor"),
    check=_mixed,
    # Keras 3.15 draws with Python's own random while TensorFlow traces the layer.
    help="Blends each image with several randomly changed ones of itself.\n\n"
    "Which changes is drawn once, when training begins, and not the same in the exported script.",
)

rand_augment = augmentation(
    "RandAugment",
    VALUE_RANGE,
    Int("num_ops", 2, min=1, help="How many changes each image goes through."),
    factor(default=0.5, low=0, help="How strong each change is, from 0 to 1."),
    INTERPOLATION,
    SEED,
    DATA_FORMAT,
    tells=("num_ops", "factor"),
    check=_mixed,
    help="Changes images by a few of eleven augmentations, drawn at random.",
)
