"""How far a BatchNormalization's training and inference are apart, figure by figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.histogram import BatchNormGap, Histogram


@dataclass(frozen=True)
class Gap:
    """One figure of ``BatchNormGap``.

    Attributes:
        field: What it is called there.
        name: What it is called where it is shown.
        help: What it says, in a sentence.
        rest: Its value where training and inference agree; None where none stands for that.
    """

    field: str
    name: str
    help: str
    rest: float | None = 0.0

    def value(self, histogram: Histogram) -> float | None:
        """The figure; None where it was not measured."""
        found: BatchNormGap | None = histogram.batch_norm
        value = None if found is None else getattr(found, self.field, None)
        return None if value is None else float(value)


GAPS = (
    Gap("mean", "Mean gap", "The difference of the means, in moving deviations."),
    Gap(
        "log_variance",
        "Log variance gap",
        "The mean absolute logarithm of the batch's variance to the moving one.",
    ),
    Gap(
        "variance_ratio",
        "Variance ratio",
        "The geometric mean of the batch's variance to the moving one.",
        rest=1.0,
    ),
    Gap(
        "variance_shift",
        "Variance shift",
        "The variance of the input in training mode to that in inference mode.",
        rest=1.0,
    ),
    Gap(
        "initial_share",
        "Initial share",
        "The share of the moving statistics that is still their initial value.",
    ),
)
"""In the order in which they are shown; one that no measurement has is left out."""
