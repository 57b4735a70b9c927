"""What a kept array looks like: its histogram, mean, deviation and zeros, read block by block."""

from __future__ import annotations

from math import cbrt, ceil, sqrt
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.histogram import BINS, Histogram
from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

_FINE = 1024
_TAIL = 0.005
"""The share of the values at each end that the bars may leave out, if those lie far out."""


def describe(blocks: Callable[[], Iterable[NDArray[np.generic]]]) -> Histogram:
    """Describes the numbers that ``blocks`` gives, each time it is called, in parts of any size.

    They are gone through up to three times, so that no more than a part is in memory. Of few
    numbers the bars are fewer: twice their cube root (Rice's rule).
    """
    size = zeros = bad = 0
    total = square = 0.0
    least, most = np.inf, -np.inf
    shift: float | None = None
    for values in map(_finite, blocks()):
        size += values.size
        bad += values.bad
        kept = values.kept
        if not kept.size:
            continue
        zeros += kept.size - int(np.count_nonzero(kept))
        # Around a value of its own, or the squares of large weights would swallow their spread.
        shift = float(kept[0]) if shift is None else shift
        off = kept - shift
        total += float(off.sum())
        square += float((off * off).sum())
        least, most = min(least, float(kept.min())), max(most, float(kept.max()))
    count = size - bad
    if shift is None:
        return Histogram("", (0,) * BINS, 0.0, 1.0, 0, 0, 0.0, 0.0, 0.0, bad)
    mean = min(max(shift + total / count, least), most)
    std = sqrt(max(0.0, square / count - (total / count) ** 2))
    low, high = _range(blocks, count, least, most)
    bars = min(BINS, ceil(2 * cbrt(count)))
    counts, below, above = _counted(blocks, bars, low, high)
    return Histogram(
        "", tuple(counts.tolist()), low, high, below, above, mean, std, zeros / size, bad
    )  # fmt: skip


class _Values(NamedTuple):
    size: int
    bad: int
    kept: NDArray[np.float64]


def _finite(block: NDArray[np.generic]) -> _Values:
    values = block.ravel().astype(np.float64)
    good = np.isfinite(values)
    kept = values if good.all() else values[good]
    return _Values(values.size, values.size - kept.size, kept)


def _range(
    blocks: Callable[[], Iterable[NDArray[np.generic]]], count: int, least: float, most: float
) -> tuple[float, float]:
    """From the least to the most, or without the tails where those are most of it."""
    narrowest = max(abs(least), abs(most)) * 2.0**-40 or 1e-3
    if most - least < narrowest:
        reach = max(abs(least) * 2.0**-10, narrowest)
        return least - reach, most + reach
    fine, _, _ = _counted(blocks, _FINE, least, most)
    up_to = fine.cumsum()
    out = int(_TAIL * count)
    first = int(up_to.searchsorted(out, "right"))
    last = int(up_to.searchsorted(count - out))
    width = (most - least) / _FINE
    low, high = least + first * width, least + (last + 1) * width
    margin = (high - low) / 2
    low = least if least >= low - margin else low
    high = most if most <= high + margin else high
    return (low, high) if low < high else (least, most)


def _counted(
    blocks: Callable[[], Iterable[NDArray[np.generic]]], bins: int, low: float, high: float
) -> tuple[NDArray[np.int64], int, int]:
    """How many values lie in each of some bins, below them, and above."""
    counts = np.zeros(bins, np.int64)
    below = above = 0
    for values in map(_finite, blocks()):
        kept = values.kept
        below += int(np.count_nonzero(kept < low))
        above += int(np.count_nonzero(kept > high))
        inside = kept[(kept >= low) & (kept <= high)]
        places = ((inside / (high - low) - low / (high - low)) * bins).astype(np.int64)
        counts += np.bincount(places.clip(0, bins - 1), minlength=bins)
    return counts, below, above
