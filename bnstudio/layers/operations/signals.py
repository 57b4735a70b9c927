"""Operations on signals in time, and on pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import axis_of, free, per_number
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Floats, Int, Ints
from bnstudio.layers.shapes import alike, size

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: signals and images"


def _parts(name: str, shapes: tuple[Shape, ...], rank: int) -> Shape:
    """The shape of a real and an imaginary part, which is one."""
    if len(shapes) != 2 or shapes[0] != shapes[1] or len(shapes[0]) < rank:
        listed = " and ".join(map(show_shape, shapes))
        raise MergeError(f"{name} needs a real and an imaginary part of one shape, got {listed}.")
    return shapes[0]


def _fourier(function: str, help: str, rank: int) -> Operation:
    """Enters a transform of complex numbers, which keeps their shape."""

    def rule(shapes: tuple[Shape, ...], **_: Any) -> list[Shape]:
        x = _parts(f"ops.{function}", shapes, rank)
        if None in x[-rank:]:
            raise ShapeError(f"ops.{function} needs to know the last sizes, got {show_shape(x)}.")
        return [x, x]

    rule.__doc__ = help
    return operation(
        function, category=_CATEGORY, several=(2, 2), keras_class=function.upper(),
        outputs=lambda **_: 2, flops=lambda x, y, **_: 10 * size(y),
    )(rule)  # fmt: skip


_fourier("fft", "The waves that a signal is made of, as real and imaginary parts.", 1)
_fourier("fft2", "The same along the last two axes, as of pictures.", 2)
_fourier("ifft2", "The picture that waves along the last two axes make.", 2)

_LENGTH = Int(
    "fft_length", None, min=1, optional=True, help="How long the signal is; None for all."
)


@operation(
    "rfft", _LENGTH, category=_CATEGORY, keras_class="RFFT", outputs=lambda **_: 2,
    flops=lambda x, y, **_: 5 * size(x),
)  # fmt: skip
def rfft(x: Shape, *, fft_length: int | None, **_: Any) -> list[Shape]:
    """The waves that a signal of real numbers is made of: real and imaginary parts."""
    at = axis_of("ops.rfft", -1, len(x))
    length = fft_length or x[at]
    return [(*x[:-1], None if length is None else length // 2 + 1)] * 2


@operation(
    "irfft", _LENGTH, category=_CATEGORY, several=(2, 2), keras_class="IRFFT",
    flops=lambda x, y, **_: 5 * size(y),
)  # fmt: skip
def irfft(shapes: tuple[Shape, ...], *, fft_length: int | None, **_: Any) -> Shape:
    """The signal of real numbers that waves make."""
    x = _parts("ops.irfft", shapes, 1)
    return (*x[:-1], fft_length or (None if x[-1] is None else 2 * (x[-1] - 1)))


_WINDOW = (
    Int("sequence_length", REQUIRED, initial=256, min=1, help="How long a window is."),
    Int("sequence_stride", REQUIRED, initial=128, min=1, help="How far a step goes."),
)
_STFT = (
    *_WINDOW,
    Int("fft_length", REQUIRED, initial=256, min=1, help="How long its transform is."),
)
_SHAPED = (
    Choice("window", "hann", ("hann", "hamming", None), help="How a window fades at its ends."),
    Bool("center", True, help="Whether windows are centred, with the ends filled up."),
)


@operation(
    "extract_sequences", *_WINDOW, category=_CATEGORY, flops=free, tells=("sequence_length",),
)  # fmt: skip
def extract_sequences(x: Shape, *, sequence_length: int, sequence_stride: int, **_: Any) -> Shape:
    """Cuts a signal into windows that may overlap."""
    length = x[axis_of("ops.extract_sequences", -1, len(x))]
    if length is None:
        return (*x[:-1], None, sequence_length)
    count = 1 + (length - sequence_length) // sequence_stride
    if count < 0:
        raise ShapeError(f"ops.extract_sequences has windows longer than {show_shape(x)}.")
    return (*x[:-1], count, sequence_length)


@operation(
    "stft", *_STFT, *_SHAPED, category=_CATEGORY, keras_class="STFT", outputs=lambda **_: 2,
    tells=("fft_length",), conflicts=lambda **params: _too_long(**params),
    flops=lambda x, y, **_: 10 * size(y),
)  # fmt: skip
def stft(x: Shape, *, fft_length: int, sequence_stride: int, center: bool, **_: Any) -> list[Shape]:
    """The waves in each window of a signal: real and imaginary parts."""
    length = x[axis_of("ops.stft", -1, len(x))]
    bins = fft_length // 2 + 1
    if length is None:
        return [(*x[:-1], None, bins)] * 2
    around = fft_length // 2 * 2 if center else 0
    count = 1 + (length + around - fft_length) // sequence_stride
    if count < 0:
        raise ShapeError(f"ops.stft has windows longer than {show_shape(x)}.")
    return [(*x[:-1], count, bins)] * 2


def _too_long(*, sequence_length: int, fft_length: int, **_: Any) -> Any:
    if fft_length < sequence_length:
        yield "fft_length", f"Expected at least the sequence_length, {sequence_length}."


# Pictures.


def _pictures(name: str, x: Shape) -> None:
    if len(x) not in (3, 4):
        raise ShapeError(f"{name} needs a picture or a batch of them, got {show_shape(x)}.")


def _sides(data_format: str | None) -> tuple[int, int]:
    return (-2, -1) if data_format == "channels_first" else (-3, -2)


def _channels(x: Shape, data_format: str | None) -> int:
    return len(x) - 3 if data_format == "channels_first" else len(x) - 1


_FILLING = Choice(
    "fill_mode", "constant", ("constant", "nearest", "wrap", "mirror", "reflect"),
    help="What lies beyond the edges.",
)  # fmt: skip
_FILL = Float("fill_value", 0.0, help="The number that is put beyond the edges.")


@operation(
    "image.resize",
    Ints("size", REQUIRED, initial=(32, 32), length=2, min=1, help="Rows and columns."),
    Choice("interpolation", "bilinear",
           ("bilinear", "nearest", "lanczos3", "lanczos5", "bicubic"), help="How it is scaled."),
    Bool("antialias", False, help="Whether fine structure is smoothed first."),
    Bool("crop_to_aspect_ratio", False, help="Whether what is too wide or too high is cut."),
    Bool("pad_to_aspect_ratio", False, help="Whether what is too narrow or too low is filled."),
    Choice("fill_mode", "constant", ("constant",), help="What it is filled with."),
    _FILL, DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), tells=("size",), flops=per_number(8),
    conflicts=lambda crop_to_aspect_ratio, pad_to_aspect_ratio, **_: (
        [("pad_to_aspect_ratio", "Expected one of cropping and padding.")]
        if crop_to_aspect_ratio and pad_to_aspect_ratio else []
    ),
)  # fmt: skip
def resize(x: Shape, *, size: tuple[int, int], data_format: str | None, **_: Any) -> Shape:
    """Scales pictures to another size."""
    _pictures("ops.image.resize", x)
    found = list(x)
    for axis, length in zip(_sides(data_format), size, strict=True):
        found[axis] = length
    return tuple(found)


@operation(
    "image.rgb_to_grayscale", DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), keras_class="RGBToGrayscale", flops=per_number(5),
)  # fmt: skip
def rgb_to_grayscale(x: Shape, *, data_format: str | None, **_: Any) -> Shape:
    """Makes colours shades of grey."""
    _pictures("ops.image.rgb_to_grayscale", x)
    at = _channels(x, data_format)
    if x[at] not in (None, 1, 3):
        raise ShapeError(f"ops.image.rgb_to_grayscale needs 3 channels, got {show_shape(x)}.")
    return (*x[:at], 1, *x[at + 1 :])


def _colours(function: str, keras_class: str, help: str) -> None:
    """Enters a change of the colours' system."""

    def rule(x: Shape, *, data_format: str | None, **_: Any) -> Shape:
        _pictures(f"ops.image.{function}", x)
        if x[_channels(x, data_format)] not in (None, 3):
            raise ShapeError(f"ops.image.{function} needs 3 channels, got {show_shape(x)}.")
        return x

    rule.__doc__ = help
    operation(
        f"image.{function}", DATA_FORMAT, category=_CATEGORY, inputs=("images",),
        keras_class=keras_class, flops=per_number(6),
    )(rule)  # fmt: skip


_colours("rgb_to_hsv", "RGBToHSV", "Red, green and blue as hue, saturation and value.")
_colours("hsv_to_rgb", "HSVToRGB", "Hue, saturation and value as red, green and blue.")


@operation(
    "image.gaussian_blur",
    Ints("kernel_size", (3, 3), length=2, min=1, help="How large the window is."),
    Floats("sigma", (1.0, 1.0), shortest=2, help="How wide the bell curve is."),
    DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), tells=("kernel_size",),
    conflicts=lambda sigma, **_: (
        [] if len(sigma) == 2 and min(sigma) > 0 else [("sigma", "Expected two numbers above 0.")]
    ),
    flops=lambda x, y, *, kernel_size, **_: 2 * size(y) * kernel_size[0] * kernel_size[1],
)  # fmt: skip
def gaussian_blur(x: Shape, **_: Any) -> Shape:
    """Blurs pictures."""
    _pictures("ops.image.gaussian_blur", x)
    return x


@operation(
    "image.sobel_edges", DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), flops=per_number(9),
)  # fmt: skip
def sobel_edges(x: Shape, **_: Any) -> Shape:
    """How steep a picture is along its rows and its columns, as a last axis of two."""
    if len(x) != 4:
        raise ShapeError(f"ops.image.sobel_edges needs a batch of pictures, got {show_shape(x)}.")
    return (*x, 2)


@operation(
    "image.affine_transform",
    Choice("interpolation", "bilinear", ("bilinear", "nearest"), help="How it is read."),
    _FILLING,
    Float("fill_value", 0, help="The number that is put beyond the edges."),
    DATA_FORMAT,
    category=_CATEGORY, inputs=("images", "transform"), tells=("interpolation",),
    flops=lambda x, y, **_: 12 * size(y),
)  # fmt: skip
def affine_transform(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Moves, turns and shears pictures, by eight numbers each."""
    x, transform = shapes["images"], shapes["transform"]
    _pictures("ops.image.affine_transform", x)
    if (
        len(transform) != len(x) - 2
        or not alike(transform[-1], 8)
        or (len(x) == 4 and not alike(x[0], transform[0]))
    ):
        raise MergeError(
            f"ops.image.affine_transform needs 8 numbers for each picture, got "
            f"{show_shape(transform)} for {show_shape(x)}."
        )
    return x


_TARGETS = (
    Int("target_height", None, min=1, optional=True, help="How many rows come out."),
    Int("target_width", None, min=1, optional=True, help="How many columns come out."),
)


def _edges(what: str) -> tuple[Int, ...]:
    return tuple(
        Int(f"{side}_{what}", None, min=0, optional=True, help=f"How much at the {side}.")
        for side in ("top", "left", "bottom", "right")
    )


def _sized(what: str) -> Any:
    """Two of three have to say how much goes, or comes, along each side."""

    def conflicts(**params: Any) -> Any:
        for first, last, target in (
            ("top", "bottom", "target_height"), ("left", "right", "target_width"),
        ):  # fmt: skip
            names = (f"{first}_{what}", f"{last}_{what}", target)
            if sum(params[name] is None for name in names) != 1:
                yield target, f"Expected exactly two of {', '.join(names)}."

    return conflicts


def _framed(name: str, x: Shape, what: str, sign: int, params: dict[str, Any]) -> Shape:
    _pictures(name, x)
    found = list(x)
    for axis, first, last, target in zip(
        _sides(params["data_format"]), ("top", "left"), ("bottom", "right"),
        ("target_height", "target_width"), strict=True,
    ):  # fmt: skip
        length, made = x[axis], params[target]
        edges = [params[f"{first}_{what}"], params[f"{last}_{what}"]]
        if length is None and sign < 0 and made is None:
            raise ShapeError(f"{name} needs {target} for {show_shape(x)}.")
        if length is not None:
            rest = [edge for edge in edges if edge is not None]
            if made is None:
                made = length + sign * sum(rest)
            left = sign * (made - length) - sum(rest)
            if made < (0 if sign > 0 else 1) or left < 0:
                raise ShapeError(f"{name} cannot make {made} of {length} so, in {show_shape(x)}.")
        found[axis] = made
    return tuple(found)


@operation(
    "image.pad_images", *_edges("padding"), *_TARGETS, DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), conflicts=_sized("padding"), flops=free,
    tells=("target_height", "target_width"),
)  # fmt: skip
def pad_images(x: Shape, **params: Any) -> Shape:
    """Puts zeros around pictures."""
    return _framed("ops.image.pad_images", x, "padding", 1, params)


@operation(
    "image.crop_images", *_edges("cropping"), *_TARGETS, DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), conflicts=_sized("cropping"), flops=free,
    tells=("target_height", "target_width"),
)  # fmt: skip
def crop_images(x: Shape, **params: Any) -> Shape:
    """Cuts the edges off pictures."""
    return _framed("ops.image.crop_images", x, "cropping", -1, params)


@operation(
    "image.extract_patches",
    Ints("size", REQUIRED, initial=4, length=2, scalar=True, min=1, help="Rows and columns."),
    Ints("strides", None, length=2, scalar=True, optional=True, min=1,
         help="How far a step goes; None for a patch."),
    Int("dilation_rate", 1, min=1, help="How far its numbers are apart."),
    Choice("padding", "valid", ("valid", "same"), help="Whether edges are filled up."),
    DATA_FORMAT,
    category=_CATEGORY, inputs=("images",), tells=("size",), flops=free,
)  # fmt: skip
def extract_patches(
    x: Shape, *, size: Any, strides: Any, dilation_rate: int, padding: str, data_format: Any,
    **_: Any,
) -> Shape:  # fmt: skip
    """Cuts pictures into patches, each as channels."""
    _pictures("ops.image.extract_patches", x)
    edges = size if isinstance(size, tuple) else (size, size)
    steps = edges if strides is None else strides if isinstance(strides, tuple) else (strides,) * 2
    channels = x[_channels(x, data_format)]
    if channels is None:
        raise ShapeError(f"ops.image.extract_patches needs to know the channels: {show_shape(x)}.")
    found: list[int | None] = []
    for axis, edge, step in zip(_sides(data_format), edges, steps, strict=True):
        length = x[axis]
        span = dilation_rate * (edge - 1) + 1 if padding == "valid" else 1
        if length is not None and length < span:
            raise ShapeError(f"ops.image.extract_patches finds no patch in {show_shape(x)}.")
        found.append(None if length is None else (length - span) // step + 1)
    made = edges[0] * edges[1] * channels
    whole = (made, *found) if data_format == "channels_first" else (*found, made)
    return (*x[:-3], *whole)


@operation(
    "image.map_coordinates",
    Int("order", REQUIRED, initial=1, min=0, max=1, help="0 takes the nearest, 1 interpolates."),
    _FILLING,
    Float("fill_value", 0, help="The number that is put beyond the edges."),
    category=_CATEGORY, inputs=("inputs", "coordinates"), tells=("order",),
    flops=lambda x, y, **_: 12 * size(y),
)  # fmt: skip
def map_coordinates(shapes: dict[str, Shape], **_: Any) -> Shape:
    """The numbers at coordinates that need not be whole."""
    x, places = shapes["inputs"], shapes["coordinates"]
    if len(places) < 2 or places[0] != len(x):
        raise MergeError(
            f"ops.image.map_coordinates needs {len(x)} coordinates for {show_shape(x)}, got "
            f"{show_shape(places)}."
        )
    return places[1:]
