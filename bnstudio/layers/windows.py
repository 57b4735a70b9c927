"""Windows that are slid over the spatial dimensions: what the convolutions have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bnstudio.layers.params import REQUIRED, Ints
from bnstudio.layers.shapes import pair

if TYPE_CHECKING:
    from bnstudio.graph import Value

Window = int | Sequence[int]
"""A size for each spatial dimension, or one for all of them."""


def kernel(
    rank: int, initial: Value, one: Value, *, two: str = "halves the size"
) -> tuple[Ints, Ints, Ints]:
    """The arguments kernel_size, strides and dilation_rate.

    ``initial`` is the kernel that a new layer begins with, ``one`` a stride of 1 as Keras writes
    it for this layer, and ``two`` what one of 2 does.
    """
    return (
        Ints(
            "kernel_size",
            REQUIRED,
            initial=initial,
            length=rank,
            scalar=True,
            min=1,
            help="The size of the window.",
        ),
        Ints(
            "strides",
            one,
            length=rank,
            scalar=True,
            min=1,
            help=f"How far the window moves each time; 2 {two}.",
        ),
        Ints(
            "dilation_rate",
            one,
            length=rank,
            scalar=True,
            min=1,
            help="The gaps in the window: 2 leaves every other position out.",
        ),
    )


def strides_or_gaps(rank: int, strides: Window, dilation_rate: Window) -> Iterator[tuple[str, str]]:
    """Refuses strides above 1 together with gaps, as Keras does."""
    if max(pair(strides, rank)) > 1 and max(pair(dilation_rate, rank)) > 1:
        yield (
            "dilation_rate",
            f"Strides {strides!r} and dilation {dilation_rate!r} cannot both be above 1.",
        )
