"""What is said of one output of a node: its histogram, moments, quantiles and units; numpy only.

A tensor of the usual size is described in a tenth of a millisecond. ``ARCHITECTURE.md`` has what
the same costs inside the graph, sorted, and compiled.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bnstudio.histogram import BINS, QUANTILES, Histogram

if TYPE_CHECKING:
    from numpy.typing import NDArray

FINE = BINS * 16
"""Bins in which quantiles are looked for; a whole number of them makes a bar."""

_TAIL = 0.005
"""The share of values at each end that the range may leave out."""

_BEYOND = 0.99
"""The share of the half range of a bounded activation beyond which a value is saturated."""

_BLOCK = 2**15
"""Values gone through at once: what is made of them stays in the processor's cache."""

_NOTHING = 1e-290
"""A range so narrow that no bins fit in."""

_SHARES = np.array(QUANTILES)
_LIMIT = float(np.finfo(np.float64).max)


class Place(NamedTuple):
    """Where values come from, and what is known of them beforehand.

    Attributes:
        node: The node's id.
        port: Which of its outputs.
        axis: The axis of its units.
        bounds: Between what its activation lies; None if that is not bounded on both sides.
    """

    node: str
    port: int = 0
    axis: int = -1
    bounds: tuple[float, float] | None = None


def measure(place: Place, values: NDArray[Any]) -> Histogram:
    """Describes all of ``values``, of any shape and dtype, the rows first.

    The range holds 99 % of the values and reaches to the outermost ones where they are near. Of
    values that are all alike it is a narrow range around them. Where no value is finite, mean,
    deviation and counts are zero.
    """
    node, port, axis, bounds = place
    given = _floats(values)
    units = given.shape[axis] if given.ndim > 1 else 1
    flat = given.ravel()
    good = np.isfinite(flat)
    finite = flat if good.all() else flat[good]
    size, bad = flat.size, flat.size - finite.size
    if not finite.size:
        nothing = (0,) * BINS
        return Histogram(node, nothing, 0.0, 1.0, 0, 0, 0.0, 0.0, 0.0, bad, port, units, dead=0)
    zeros = finite.size - int(np.count_nonzero(finite))
    saturated = None if bounds is None else _beyond(finite, *bounds) / size
    least, most = float(finite.min()), float(finite.max())
    peak = max(-least, most)
    # Sums and squares of huge or tiny values leave the range of a float.
    if not 1e-18 < peak < 1e18:
        finite = finite.astype(np.float64)
    unit = peak if peak > 1e150 or 0 < peak < 1e-150 else 1.0
    if unit != 1.0:
        finite, least, most = finite / unit, least / unit, most / unit
    whole = _fine(finite, least, most)
    low, high = _robust_range(finite, whole, least, most)
    below = int(np.count_nonzero(finite < low)) if least < low else 0
    above = int(np.count_nonzero(finite > high)) if most > high else 0
    inside = finite[(finite >= low) & (finite <= high)] if below or above else finite
    fine = whole if (low, high) == (least, most) else _fine(inside, low, high)
    counts = tuple(fine.reshape(BINS, -1).sum(axis=1).tolist())
    quantiles = _quantiles(fine, low, high, below, finite.size).clip(least, most) * unit
    mean, std, skewness, kurtosis = _moments(finite, least, most)
    low, high = _outwards(low, high, unit)
    return Histogram(
        node,
        counts,
        low,
        high,
        below,
        above,
        mean * unit,
        min(std * unit, _LIMIT),
        zeros / size,
        bad,
        port,
        units,
        tuple(quantiles.tolist()),
        skewness,
        kurtosis,
        _dead(given, axis, zeros),
        saturated,
    )


def _floats(values: NDArray[Any]) -> NDArray[Any]:
    """The same in a float that numpy computes fast and exactly enough with."""
    given = np.asarray(values)
    if given.dtype in (np.float32, np.float64):
        return given
    small = given.dtype == np.float16 or given.dtype.name == "bfloat16"
    return given.astype(np.float32 if small else np.float64)


def _bins(values: NDArray[Any], low: float, high: float) -> NDArray[np.intp]:
    """The narrow bin of each value; all of them lie in [low, high]."""
    if high - low < 1e-30:
        values = values.astype(np.float64)
    # Relative to the edge, or the bins of a narrow range far from zero would not add up.
    places = values - low
    places *= FINE / (high - low)
    bins = places.astype(np.intp)
    np.minimum(bins, FINE - 1, out=bins)
    return bins


def _fine(values: NDArray[Any], low: float, high: float) -> NDArray[np.intp]:
    """How many values lie in each narrow bin."""
    counts = np.zeros(FINE, np.intp)
    if high - low <= _NOTHING:
        counts[0] = values.size
        return counts
    for start in range(0, values.size, _BLOCK):
        counts += np.bincount(_bins(values[start : start + _BLOCK], low, high), minlength=FINE)
    return counts


def _robust_range(
    values: NDArray[Any], fine: NDArray[np.intp], least: float, most: float
) -> tuple[float, float]:
    """The range to draw; ``fine`` are the values between ``least`` and ``most``.

    One value that most share (the zeros of a relu) does not hide the others: the range is that of
    the others, and reaches to it.
    """
    low, high = _between_tails(values, fine, least, most)
    if low == high and least < most:
        common = low
        others = values[values != common]
        low, high = float(others.min()), float(others.max())
        low, high = _between_tails(others, _fine(others, low, high), low, high)
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


def _between_tails(
    values: NDArray[Any], fine: NDArray[np.intp], least: float, most: float
) -> tuple[float, float]:
    """The range without ``_TAIL`` of the values at either end, a bin more at most.

    Where outliers leave the rest in a few bins, those are looked at again.
    """
    below = above = int(values.size * _TAIL)
    while most - least > _NOTHING:
        up_to = fine.cumsum()
        first = int(up_to.searchsorted(below, "right"))
        last = int(up_to.searchsorted(values.size - above))
        if last - first >= BINS:
            width = (most - least) / FINE
            return least + first * width, min(least + (last + 1) * width, most)
        above -= values.size - int(up_to[last])
        below -= int(up_to[first - 1]) if first else 0
        bins = _bins(values, least, most)
        values = values[(bins >= first) & (bins <= last)]
        least, most = float(values.min()), float(values.max())
        fine = _fine(values, least, most)
    return least, most


def _quantiles(
    fine: NDArray[np.intp], low: float, high: float, below: int, size: int
) -> NDArray[np.float64]:
    """``QUANTILES``, as if the values in each bin were spread evenly over it."""
    up_to = fine.cumsum()
    up_to += below
    places = _SHARES * (size - 1) + 0.5
    bins = np.minimum(up_to.searchsorted(places), FINE - 1)
    inside = np.maximum(fine[bins], 1)
    parts = np.clip(1 - (up_to[bins] - places) / inside, 0, 1)
    return low + (bins + parts) * ((high - low) / FINE)


def _moments(
    values: NDArray[Any], least: float, most: float
) -> tuple[float, float, float | None, float | None]:
    """Mean, deviation, skewness and excess kurtosis; the last two of equal values are None."""
    # Rounding may carry the mean of equal values past them.
    mean = min(max(float(values.mean(dtype=np.float64)), least), most)
    reach = max(most - mean, mean - least)
    if reach == 0:
        return mean, 0.0, None, None
    if reach < 1e-30:
        values = values.astype(np.float64)
    shift, second, third, fourth = _powers(values, mean, reach) / values.size
    # In the values' own precision the mean itself is a little off.
    fourth += shift * (-4 * third + shift * (6 * second - 3 * shift**2))
    third += shift * (-3 * second + 2 * shift**2)
    second -= shift**2
    if second <= 0:
        return mean, 0.0, None, None
    return (
        mean,
        float(sqrt(second) * reach),
        float(third / second**1.5),
        float(fourth / second**2 - 3),
    )


def _powers(values: NDArray[Any], mean: float, reach: float) -> NDArray[np.float64]:
    """The sums of the first four powers of the distances from ``mean``, in ``reach``."""
    sums = np.zeros(4)
    for start in range(0, values.size, _BLOCK):
        off = values[start : start + _BLOCK] - mean
        off *= 1 / reach  # within [-1, 1] no power overflows
        square = off * off
        total, second = off.sum(dtype=np.float64), square.sum()
        off *= square
        square *= square
        sums += total, second, off.sum(), square.sum()
    return sums


def _dead(given: NDArray[Any], axis: int, zeros: int) -> int:
    """How many units are exactly 0 in every row and at every position."""
    if given.ndim < 2:
        return int(zeros == given.size)
    units: int = given.shape[axis]
    if zeros < given.size // max(units, 1):
        return 0
    rows = given if axis in (-1, given.ndim - 1) else np.moveaxis(given, axis, -1)
    alive = rows.reshape(-1, units).any(axis=0)
    return units - int(np.count_nonzero(alive))


def _beyond(values: NDArray[Any], low: float, high: float) -> int:
    middle, half = (low + high) / 2, (high - low) / 2
    return int(np.count_nonzero(np.abs(values - middle) > _BEYOND * half))


def _outwards(low: float, high: float, unit: float) -> tuple[float, float]:
    """The edges in the values' own unit, kept apart and finite."""
    low, high = max(low * unit, -_LIMIT), min(high * unit, _LIMIT)
    return (low, high) if low < high else (low, float(np.nextafter(low, np.inf)))
