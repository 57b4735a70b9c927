"""What TensorFlow computes on few machines: for some dtypes only a GPU has the kernel.

From the kernels that TensorFlow 2.21 registers, and tried on a processor. In float32 and bfloat16
every processor of x86-64 computes all of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.shapes import pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

HALF = ("float16", "mixed_float16")
"""The policies that compute in float16."""


def convolution_needs(
    *, data_format: str | None, dtype: str | None, groups: int = 1, **_: Any
) -> Iterator[tuple[str, str]]:
    """Of a convolution over one or two dimensions; of groups Keras has XLA make a kernel."""
    if data_format == "channels_first" and groups == 1 and dtype in (*HALF, "float64"):
        yield "data_format", f"Few processors compute channels first in {dtype}; a GPU does."


def transposed_needs(
    rank: int,
    *,
    data_format: str | None,
    dilation_rate: int | Sequence[int],
    dtype: str | None,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    """Of a convolution that is run backwards."""
    yield from convolution_needs(data_format=data_format, dtype=dtype)
    if max(pair(dilation_rate, rank)) > 1 and dtype in (*HALF, "float64"):
        yield "dilation_rate", f"Few processors compute a dilation in {dtype}; a GPU does."


def volume_needs(*dtypes: str) -> Callable[..., Iterator[tuple[str, str]]]:
    """Of a pooling over three dimensions."""

    def needs(*, dtype: str | None, **_: Any) -> Iterator[tuple[str, str]]:
        if dtype in dtypes:
            yield "dtype", f"No processor computes this layer in {dtype}; a GPU does."

    return needs


def recurrent_needs(*, use_cudnn: bool | str, **_: Any) -> Iterator[tuple[str, str]]:
    """Of LSTM and GRU."""
    if use_cudnn is True:
        yield "use_cudnn", "cuDNN computes on NVIDIA's GPUs only; 'auto' takes it where it can."
