"""Layers that turn a signal into what it is made of over time."""

from __future__ import annotations

from math import ceil, log2
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT, padding
from bnstudio.layers.catalogue import layer
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.params import Bool, Choice, Float, Int
from bnstudio.layers.shapes import channel_axis, known, need_rank, size, sizes, slide

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODES = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
_PER_NUMBER = {"log": 5, "magnitude": 4, "psd": 4, "angle": 1}
"""Operations on each pair of numbers: squares, their sum, a root, a logarithm; or an angle."""


def _length(frame_length: int, fft_length: int | None) -> int:
    """How long a transform is; a power of two where nothing is said."""
    return int(fft_length or 2 ** ceil(log2(frame_length)))


def _kernels(mode: str) -> tuple[str, ...]:
    return tuple(
        name for name, but in (("real_kernel", "imag"), ("imag_kernel", "real")) if mode != but
    )


def _stft_weights(
    _x: Shape, *, mode: str, frame_length: int, fft_length: int | None, **_: Any
) -> Iterator[Weight]:
    bins = _length(frame_length, fft_length) // 2 + 1
    for name in _kernels(mode):
        yield Weight(name, (frame_length, 1, bins))


def _stft_flops(_x: Shape, y: Shape, *, mode: str, frame_length: int, **_: Any) -> int:
    # With "stft" both transforms come out, half of the numbers each.
    transforms = 1 if mode == "stft" else len(_kernels(mode))
    return size(y) * (2 * frame_length * transforms + _PER_NUMBER.get(mode, 0))


def _stft_conflicts(
    *,
    frame_length: int,
    frame_step: int | None,
    fft_length: int | None,
    window: str | None,
    periodic: bool,
    scaling: str | None,
    dtype: str | None,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    if frame_length == 2 and window in ("hann", "bartlett") and not periodic and scaling:
        yield "frame_length", f"A {window} window of two is zero at both ends: nothing is left."
    if frame_step is not None and frame_step > frame_length:
        yield "frame_step", f"Expected no more than frame_length, {frame_length}; got {frame_step}."
    elif frame_step is None and frame_length < 2:
        yield "frame_step", "A frame of one number has no half, so how far it moves must be given."
    if fft_length is not None and fft_length < frame_length:
        yield "fft_length", f"Expected frame_length, {frame_length}, or more; got {fft_length}."
    if _length(frame_length, fft_length) < 2:
        yield "fft_length", "Expected 2 or more: a transform of one number has no frequencies."
    if dtype is not None and "bfloat16" in dtype:
        yield "dtype", f"Keras cannot transform in {dtype}; float32 can."


@layer(
    "STFTSpectrogram",
    Choice(
        "mode",
        "log",
        _MODES,
        help="What comes out: the logarithm of the magnitude, the magnitude, the power, a part or "
        "the angle of the complex number; 'stft' gives both parts.",
    ),
    Int("frame_length", 256, min=1, help="How many numbers each frame has."),
    Int(
        "frame_step",
        None,
        optional=True,
        min=1,
        help="How far the frame moves each time; None for half its length.",
    ),
    Int(
        "fft_length",
        None,
        optional=True,
        min=1,
        help="How long the transform is; None for the next power of two.",
    ),
    Choice(
        "window",
        "hann",
        ("hann", "hamming", "blackman", "bartlett", "boxcar", "cosine", None),
        help="How each frame fades at its ends; None for not at all.",
    ),
    Bool("periodic", False, help="Whether the window is one period; else it is symmetric."),
    Choice("scaling", "density", ("density", "spectrum", None), help="How the window is scaled."),
    padding(),
    Bool("expand_dims", False, help="Whether frequencies get an axis of their own."),
    DATA_FORMAT,
    category="Preprocessing",
    tells=("mode", "frame_length"),
    weights=_stft_weights,
    flops=_stft_flops,
    conflicts=_stft_conflicts,
)
def stft_spectrogram(
    x: Shape,
    *,
    mode: str,
    frame_length: int,
    frame_step: int | None,
    fft_length: int | None,
    padding: str,
    expand_dims: bool,
    data_format: str | None,
    **_: Any,
) -> Shape:
    """The short-time Fourier transform of a signal: which frequencies it has, frame by frame.

    Takes (batch, steps, channels). It is a convolution that starts from a Fourier transform, and
    is learned further unless trainable is False.
    """
    need_rank("STFTSpectrogram", x, 3, "(batch, steps, channels)")
    channels = known("STFTSpectrogram", x, channel_axis(data_format))
    bins = (_length(frame_length, fft_length) // 2 + 1) * (2 if mode == "stft" else 1)
    step = frame_step or frame_length // 2
    (frames,) = slide("STFTSpectrogram", x, data_format, (frame_length,), (step,), padding)
    if data_format == "channels_first":
        return (x[0], channels, frames, bins) if expand_dims else (x[0], channels * bins, frames)
    return (x[0], frames, bins, channels) if expand_dims else (x[0], frames, channels * bins)


def _mel_flops(_x: Shape, y: Shape, *, fft_length: int, power_to_db: bool, **_: Any) -> int:
    # A fast transform, the size of each complex number and its power, the sum into bands.
    bands, frames = sizes(y[1:])
    bins = fft_length // 2 + 1
    frame = 5 * fft_length * ceil(log2(fft_length)) + 5 * bins + 2 * bins * bands
    return frames * (frame + 5 * power_to_db * bands)


def _mel_conflicts(
    *,
    fft_length: int,
    sequence_length: int | None,
    power_to_db: bool,
    dtype: str | None,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    if power_to_db and dtype == "float64":
        yield "dtype", "Keras cannot make decibels in float64; float32 can."
    if sequence_length is not None and sequence_length > fft_length:
        yield (
            "sequence_length",
            f"Expected fft_length, {fft_length}, or less; got {sequence_length}.",
        )


@layer(
    "MelSpectrogram",
    Int("fft_length", 2048, min=2, help="How long the transform is."),
    Int("sequence_stride", 512, min=1, help="How far the frame moves each time."),
    Int(
        "sequence_length",
        None,
        optional=True,
        min=1,
        help="How many numbers each frame has; None for fft_length.",
    ),
    Choice(
        "window",
        "hann",
        ("hann", "hamming", None),
        help="How each frame fades at its ends; None for not at all.",
    ),
    Int("sampling_rate", 16000, min=2, help="How many numbers of the signal are one second."),
    Int("num_mel_bins", 128, min=1, help="How many bands come out."),
    Float("min_freq", 20.0, min=0, help="Where the lowest band begins, in hertz."),
    Float(
        "max_freq",
        None,
        optional=True,
        above=0,
        help="Where the highest band ends, in hertz; None for half the sampling rate.",
    ),
    Bool("power_to_db", True, help="Whether the power comes out in decibels."),
    Float("top_db", 80.0, min=0, help="How far below the loudest number the decibels are cut off."),
    Float("mag_exp", 2.0, help="The power that the magnitude is raised to; 2 for the power."),
    Float("min_power", 1e-10, above=0, help="What smaller powers are taken for, in decibels."),
    Float("ref_power", 1.0, help="The power that 0 decibels stand for."),
    category="Preprocessing",
    tells=("num_mel_bins", "fft_length"),
    flops=_mel_flops,
    conflicts=_mel_conflicts,
)
def mel_spectrogram(
    x: Shape, *, fft_length: int, sequence_stride: int, num_mel_bins: int, **_: Any
) -> Shape:
    """How loud a sound is over time, in bands as wide as the ear hears them.

    Takes (batch, steps), one channel, and gives (batch, bands, frames). Learns nothing.
    """
    need_rank("MelSpectrogram", x, 2, "(batch, steps)")
    steps = x[1]
    if steps is None:
        return (x[0], num_mel_bins, None)
    half = fft_length // 2
    if steps <= half:
        raise ShapeError(
            f"MelSpectrogram mirrors half a transform, {half}, at each end and needs a longer "
            f"signal; got {show_shape(x)}."
        )
    said = (steps + sequence_stride + 1) // sequence_stride
    frames = 1 + (steps + 2 * half - fft_length) // sequence_stride
    if said != frames:
        raise ShapeError(
            f"MelSpectrogram gives {frames} frames of {show_shape(x)}, which Keras takes for "
            f"{said}; another sequence_stride, or a signal that is longer by one, mends that."
        )
    return (x[0], num_mel_bins, frames)
