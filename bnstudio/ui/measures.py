"""The figures that are measured of a layer: what they are called and how they are written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import Run


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
        field: What of a histogram it is, where not every measurement has it.
    """

    name: str
    help: str
    value: Callable[[Histogram], float | None]
    write: Callable[[float], str]
    shown: bool = False
    width: int = 8
    field: str = ""

    def text(self, histogram: Histogram | None) -> str:
        """What is shown of a measurement; nothing where there is no figure."""
        value = None if histogram is None else self.value(histogram)
        return "" if value is None else self.write(value)

    def key(self, histogram: Histogram | None) -> float:
        """What is sorted by; where there is no figure it comes before all others."""
        value = None if histogram is None else self.value(histogram)
        return -math.inf if value is None or math.isnan(value) else value


def _digits(value: float) -> str:
    return f"{value + 0.0:.3g}"  # a negative zero has no sign here


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _of_gap(found: Histogram, field: str) -> float | None:
    return None if found.batch_norm is None else getattr(found.batch_norm, field)


def _gap(name: str, help: str, field: str) -> Measure:
    return Measure(
        name, help, lambda found: _of_gap(found, field), _digits, width=10, field="batch_norm"
    )


def age(run: Run | None, node: str, field: str) -> str:
    """When a figure of a node was measured, where that was before the others; empty else."""
    history = run.history if run is not None else None
    then = history.seen.get((node, field)) if history is not None else None
    if history is None or then is None or history.last is None or then == history.last.step:
        return ""
    return (
        f"Measured at step {then:,}, {history.last.step - then:,} steps before the other figures: "
        "not every measurement has it."
    )


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
        field="dead",
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
    Measure(
        "Gradient norm",
        "The Euclidean norm of the loss's gradient with respect to the layer's weights.",
        lambda found: found.gradient_norm,
        _digits,
        width=10,
        field="gradient_norm",
    ),
    Measure(
        "Update ratio",
        "By how much one step changes the layer's weights: about 0.001 is usual (a rule of thumb).",
        lambda found: found.update_ratio,
        _digits,
        width=9,
        field="update_ratio",
    ),
    _gap(
        "Mean gap",
        "How far the means of the batch are from the moving ones that inference uses, in moving "
        "deviations: 0 where they agree. Of a BatchNormalization's input.",
        "mean",
    ),
    _gap(
        "Log variance gap",
        "How far the variances of the batch are from the moving ones, either way, as a logarithm: "
        "0 where they agree. Of a BatchNormalization's input.",
        "log_variance",
    ),
    _gap(
        "Variance ratio",
        "The variance of the batch to the moving one that inference uses: 1 where they agree. Of a "
        "BatchNormalization's input.",
        "variance_ratio",
    ),
    _gap(
        "Variance shift",
        "The variance in training to that at inference, of a BatchNormalization's input: about 2 "
        "behind a Dropout of 0.5, and 1 where the mode makes no difference.",
        "variance_shift",
    ),
    Measure(
        "Initial share",
        "How much of the moving statistics is still the mean 0 and variance 1 that a "
        "BatchNormalization starts from.",
        lambda found: _of_gap(found, "initial_share"),
        _percent,
        width=9,
        field="batch_norm",
    ),
)
"""In the order in which a table has them."""
