"""The figures that are measured of a layer: what they are called and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.training.messages import Histogram


@dataclass(frozen=True)
class Measure:
    """One figure of a layer's output.

    Attributes:
        name: Heads its column.
        help: What it says, in a sentence.
        value: The figure; None where there is none.
        write: The figure as text.
        shown: Whether a table has room for it unasked.
        width: Of its column, in ems.
    """

    name: str
    help: str
    value: Callable[[Histogram], float | None]
    write: Callable[[float], str]
    shown: bool = False
    width: int = 8

    def text(self, histogram: Histogram | None) -> str:
        """What is shown of a measurement; nothing where there is no figure."""
        value = None if histogram is None else self.value(histogram)
        return "" if value is None else self.write(value)

    def key(self, histogram: Histogram | None) -> float:
        """What is sorted by; where there is no figure it comes before all others."""
        value = None if histogram is None else self.value(histogram)
        return -math.inf if value is None else value


def _digits(value: float) -> str:
    return f"{value + 0.0:.3g}"  # a negative zero has no sign here


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}"


MEASURES = (
    Measure("Mean", "The mean of the outputs.", lambda found: found.mean, _digits, shown=True),
    Measure(
        "Deviation",
        "The standard deviation of the outputs.",
        lambda found: found.std,
        _digits,
        shown=True,
    ),
    Measure(
        "Skewness",
        "How far the outputs lean to one side: above 0 the tail is on the right.",
        lambda found: found.skewness,
        _digits,
    ),
    Measure(
        "Kurtosis",
        "How heavy the tails of the outputs are: 0 as in a normal distribution, more if heavier.",
        lambda found: found.kurtosis,
        _digits,
    ),
    Measure(
        "Zeros",
        "The share of outputs that are exactly 0.",
        lambda found: found.zeros,
        _percent,
        shown=True,
        width=6,
    ),
    Measure(
        "Dead",
        "How many units are exactly 0 for every row that is measured.",
        lambda found: found.dead,
        _count,
        shown=True,
        width=5,
    ),
    Measure(
        "Saturated",
        "The share of outputs at the flat ends of a bounded activation, such as tanh or sigmoid.",
        lambda found: found.saturated,
        _percent,
    ),
    Measure(
        "Weight norm",
        "The Euclidean norm of the layer's trainable weights.",
        lambda found: found.weight_norm,
        _digits,
        width=9,
    ),
)
"""In the order in which a table has them."""
