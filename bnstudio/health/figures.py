"""How figures are written in findings and reasons."""

from __future__ import annotations

import math


def figure(value: float) -> str:
    """Three digits, and thousands with commas: ``0.584``, ``1,230``, ``3.1e-05``."""
    if not math.isfinite(value):
        return {math.inf: "∞", -math.inf: "−∞"}.get(value, "NaN")
    text = f"{value + 0.0:.3g}"  # a negative zero has no sign here
    if "e+" in text and abs(value) < 1e6:
        text = f"{float(text):,.0f}"
    return text.replace("-", "−")


def percent(share: float) -> str:
    """A share in whole percent; what is not quite none, or not quite all, is not called that.

    No line is broken before the sign.
    """
    if 0 < share < 0.005:
        return "<1\u00a0%"
    if 0.995 <= share < 1:
        return ">99\u00a0%"
    return f"{100 * share:.0f}\u00a0%"
