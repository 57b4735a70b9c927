"""Round numbers for an axis, and how they are written where there is little room."""

from __future__ import annotations

import math


def ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers in [low, high], evenly spaced, at most ``most`` of them, in ascending order.

    Args:
        low: The left end, finite.
        high: The right end, finite; where it is not above ``low`` there is one tick.
        most: At least 1.
        whole: Whether only whole numbers make sense.
    """
    if not high > low:
        return [low]
    for step in _steps((high - low) / max(1, most)):
        if whole and step < 1:
            continue
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if 0 <= last - first < most:
            return [number * step for number in range(first, last + 1)]
    return [low]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """The logarithms of round numbers in [10**low, 10**high], at most ``most``, which is 2 or more.

    They are 1, 2 and 5 of each power of ten, fewer of them where there is no room, and evenly
    spaced numbers where the axis is so short that it has hardly one of these.
    """
    low, high = max(low, -300.0), min(high, 300.0)
    powers = range(math.floor(low), math.ceil(high) + 1)
    for among in (1, 2, 5), (1, 3), (1,):
        found = [power + math.log10(digit) for power in powers for digit in among]
        found = [value for value in found if low - 1e-9 <= value <= high + 1e-9]
        if len(found) <= most:
            break
    else:
        found = ticks(low, high, most, whole=True)
    if len(found) > 1 or not high > low:
        return found
    return [math.log10(value) for value in ticks(10.0**low, 10.0**high, most) if value > 0]


def value_text(value: float) -> str:
    """A value in three digits, with a minus that is as wide as a plus."""
    text = f"{value + 0.0:.3g}"
    return text.replace("-", "\u2212", 1)


def step_text(step: float) -> str:
    """A step's number: ``950``, ``12k``, ``1.5M``."""
    for size, unit in ((1e6, "M"), (1e3, "k")):
        if abs(step) >= size:
            return f"{step / size:.4g}{unit}"
    return f"{step:.4g}"


def _steps(least: float) -> list[float]:
    """The sizes 1, 2 and 5 times a power of ten from ``least`` on."""
    size = 10.0 ** math.floor(math.log10(least))
    return [factor * size for factor in (1, 2, 5, 10, 20, 50, 100) if factor * size >= least * 0.99]
