"""Signs of a BatchNormalization whose two ways of working, training and inference, are apart."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bnstudio.health.figures import figure, percent
from bnstudio.health.signs import Limit, sign

if TYPE_CHECKING:
    from bnstudio.health.reading import Reading

WARM = 0.05
"""The share of their initial values from which on moving statistics have warmed up."""


def _normalizes(reading: Reading) -> bool:
    return reading.node.type == "BatchNormalization"


def warming(reading: Reading) -> bool:
    """Whether the moving statistics still carry much of what they began with."""
    gap = reading.histogram.batch_norm
    return gap is not None and gap.initial_share is not None and gap.initial_share > WARM


def _say_warming(reading: Reading) -> tuple[str, str]:
    gap = reading.histogram.batch_norm
    share = percent((gap and gap.initial_share) or 0.0)
    return (
        f"{share} initial",
        f"{share} of the weight in its moving statistics is still that of their initial values, "
        "mean 0 and variance 1: the momentum to the power of the steps so far. Validation uses "
        "them.",
    )


@sign(
    "warming_up",
    "Warming up",
    of="the share of the initial values",
    info=Limit(WARM, WARM),
    concerns=_normalizes,
    say=_say_warming,
    why="Keras does not correct for the start, so after n steps with momentum m the share is m^n, "
    "exactly. With 0.99 it is below 5 % after 299 steps. The 5 % are a rule of thumb.",
)
def warming_up(reading: Reading) -> float | None:
    """The moving statistics of a BatchNormalization still carry much of their initial values.

    It passes with more steps. Where a run is too short for it, a lower momentum helps.
    """
    gap = reading.histogram.batch_norm
    return None if gap is None else gap.initial_share


def _say_gap(reading: Reading) -> tuple[str, str]:
    gap = reading.histogram.batch_norm
    assert gap is not None  # or it had no level
    return (
        f"gap {figure(_apart(reading) or 0.0)}",
        f"Its moving means lie {figure(gap.mean)} deviations from those of the measured rows, and "
        f"its moving variances are off by a factor of {figure(_exp(gap.log_variance))} on average. "
        "Inference uses the moving ones.",
    )


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _apart(reading: Reading) -> float | None:
    gap = reading.histogram.batch_norm
    return None if gap is None else max(gap.mean, gap.log_variance)


@sign(
    "gap",
    "Gap to inference",
    of="deviations between the means, or if it is more the logarithm of the variances' ratio",
    warning=Limit(math.log(2), 0.5),
    concerns=_normalizes,
    say=_say_gap,
    why="A rule of thumb: means apart by 0.69 deviations, or variances by a factor of 2 (whose "
    "logarithm is 0.69). While the statistics warm up, that is said instead.",
)
def gap(reading: Reading) -> float | None:
    """The statistics that inference uses are far from those of the measured rows.

    The same rows are then normalized in one way in training and in another at inference. Larger
    batches, a lower momentum or a lower learning rate may help. So does moving a Dropout from
    before the layer to after it, if there is one.
    """
    return 0.0 if warming(reading) else _apart(reading)


def _say_shift(reading: Reading) -> tuple[str, str]:
    gap = reading.histogram.batch_norm
    shift = figure((gap and gap.variance_shift) or 0.0)
    return (
        f"variance ×{shift}",
        f"In training mode what comes in has {shift} times the variance that it has at inference, "
        "for the same rows. The moving statistics are learnt in the one and used in the other.",
    )


@sign(
    "variance_shift",
    "Variance shift",
    of="the variance in training by that at inference, or the reverse if that is more",
    warning=Limit(1.25, 1.15),
    concerns=_normalizes,
    say=_say_shift,
    why="A rule of thumb: 1.25 is what Dropout of 0.2 right before the layer makes of inputs "
    "around 0. Of 0.5 it is 2 (Li et al. 2018, arXiv:1801.05134).",
)
def variance_shift(reading: Reading) -> float | None:
    """What a BatchNormalization behind Dropout or noise is given varies more in training.

    Its moving statistics are then those of another distribution than it meets at inference. Dropout
    behind the last BatchNormalization does no such harm; so moving it there, or a lower rate, may
    help. An earlier BatchNormalization that still warms up adds to it for a while.
    """
    gap = reading.histogram.batch_norm
    shift = None if gap is None else gap.variance_shift
    if shift is None or not shift > 0:
        return None
    # Without noise it is an earlier BatchNormalization alone, which has a sign of its own.
    return max(shift, 1 / shift) if reading.id in reading.moment.noisy else 0.0
