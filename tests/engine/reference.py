"""A histogram by its plain definition, sorted and in double precision, to compare with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bnstudio.histogram import BINS, Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TAIL = 0.005
"""The share of values at each end that the range may leave out."""


def measure(node: str, values: NDArray[Any]) -> Histogram:
    """Describes all of ``values``, of any shape and dtype.

    The range holds 99 % of the values and reaches to the outermost ones where they are near. Of
    values that are all alike it is a narrow range around them. Where no value is finite, mean,
    deviation and counts are zero.
    """
    given = np.asarray(values).ravel()
    if given.dtype != np.float64:
        given = given.astype(np.float64)
    finite = given[np.isfinite(given)]
    bad = given.size - finite.size
    if not finite.size:
        return Histogram(node, (0,) * BINS, 0.0, 1.0, 0, 0, 0.0, 0.0, 0.0, bad)
    peak = float(np.abs(finite).max())
    # Sums and squares of huge or tiny values leave the range of a float.
    unit = peak if peak > 1e150 or 0 < peak < 1e-150 else 1.0
    scaled = finite if unit == 1.0 else finite / unit
    low, high = robust_range(scaled)
    counts, below, above = _count(scaled, low, high)
    mean = float(scaled.mean())
    return Histogram(
        node,
        counts,
        *_outwards(low, high, unit),
        below,
        above,
        # Rounding may carry the mean of equal values past them.
        min(max(mean, float(scaled.min())), float(scaled.max())) * unit,
        min(float(scaled.std()) * unit, float(np.finfo(np.float64).max)),
        (finite.size - int(np.count_nonzero(finite))) / given.size,
        bad,
    )


def robust_range(values: NDArray[np.float64]) -> tuple[float, float]:
    """The range to draw; ``values`` are finite and not none.

    One value that most share (the zeros of a relu) does not hide the others: the range is that of
    the others, and reaches to it.
    """
    least, most = float(values.min()), float(values.max())
    low, high = _quantiles(values)
    if low == high and least < most:
        common = low
        others = values[values != common]
        low, high = _quantiles(others)
        low, high = min(low, common), max(high, common)
    margin = (high - low) / 2
    # Values that are not far out are shown rather than counted.
    low = least if least >= low - margin else float(values[values >= low - margin].min())
    high = most if most <= high + margin else float(values[values <= high + margin].max())
    # Fewer representable numbers than bars between the edges would leave gaps and stacks.
    narrowest = max(abs(low), abs(high)) * 2.0**-40 or 1e-3
    if high - low < narrowest:
        middle = low + (high - low) / 2
        reach = max(abs(middle) * 2.0**-10, narrowest) if low == high else narrowest
        return middle - reach, middle + reach
    return low, high


def _quantiles(values: NDArray[np.float64]) -> tuple[float, float]:
    rank = int(values.size * _TAIL)
    ranks = (rank, values.size - 1 - rank)
    parted = np.partition(values, ranks)
    return float(parted[ranks[0]]), float(parted[ranks[1]])


def _count(
    values: NDArray[np.float64], low: float, high: float
) -> tuple[tuple[int, ...], int, int]:
    below = int(np.count_nonzero(values < low))
    above = int(np.count_nonzero(values > high))
    inside = values[(values >= low) & (values <= high)] if below or above else values
    # The values relative to the edge, or the bars of a narrow range far from zero would not add up.
    places = ((inside - low) * (BINS / (high - low))).astype(np.int64)
    np.clip(places, 0, BINS - 1, out=places)
    counts = np.bincount(places, minlength=BINS)
    return tuple(counts.tolist()), below, above


def _outwards(low: float, high: float, unit: float) -> tuple[float, float]:
    """The edges in the values' own unit, kept apart and finite."""
    limit = float(np.finfo(np.float64).max)
    low, high = max(low * unit, -limit), min(high * unit, limit)
    return (low, high) if low < high else (low, float(np.nextafter(low, np.inf)))
