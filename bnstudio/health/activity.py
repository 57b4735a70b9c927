"""Signs in what a layer gives out: NaN, dead, saturated, exploding, vanishing, all the same."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from bnstudio.health.figures import figure, percent
from bnstudio.health.reading import BOUNDED, CUTTING, PASSING, size
from bnstudio.health.signs import Limit, sign

if TYPE_CHECKING:
    from bnstudio.health.reading import Reading


def _any(reading: Reading) -> bool:
    return True


def _cuts(reading: Reading) -> bool:
    return reading.function in CUTTING


def _own(reading: Reading) -> bool:
    """Whether the values are the layer's own work: not data, and not handed on."""
    return reading.node.type != "Input" and reading.category not in PASSING


def _hidden(reading: Reading) -> bool:
    """Whether they are its own and stay inside the model, where no target sets their size."""
    return _own(reading) and not reading.last


def _saturates(reading: Reading) -> bool:
    if reading.function not in BOUNDED or reading.last:
        return False
    # A gate is meant to be open or shut.
    return any(
        reading.graph.nodes[id].type != "Multiply" for id in reading.graph.successors(reading.id)
    )


def _say_bad(reading: Reading) -> tuple[str, str]:
    bad = reading.histogram.bad
    if not bad:
        return "gradient not finite", "The gradient of its weights is NaN or infinite."
    from_where = [
        node.name
        for node in reading.sources
        if (found := reading.moment.latest.get(node.id)) is not None and found.bad
    ]
    then = (
        f" So is part of what comes in, from {', '.join(from_where)}."
        if from_where
        else " What comes in is finite, so it begins here."
        if reading.source is not None
        else ""
    )
    return f"{bad:,} NaN or inf", f"{bad:,} of its outputs are NaN or infinite.{then}"


@sign(
    "not_finite",
    "Not finite",
    of="NaN or infinite outputs",
    error=Limit(1, 1),
    concerns=_any,
    say=_say_bad,
    why="One is enough: all that is computed from it, the loss included, is NaN or infinite too.",
)
def not_finite(reading: Reading) -> float:
    """Some outputs, or the gradient, are NaN or infinite.

    Look for the first layer that has it. A lower learning rate, clipping the gradient, scaled
    features or a BatchNormalization before the layer may help.
    """
    norm = reading.histogram.gradient_norm
    return float(reading.histogram.bad or (norm is not None and not math.isfinite(norm)))


def _say_dead(reading: Reading) -> tuple[str, str]:
    histogram, function = reading.histogram, reading.function
    count = f"{histogram.dead:,} of {histogram.units:,}"
    all_of_them = histogram.dead == histogram.units
    return (
        f"{count} dead",
        f"{count} units are exactly 0 for every row that is measured. There {function} is flat, so "
        f"these rows send no gradient {'through this layer' if all_of_them else 'through them'}.",
    )


@sign(
    "dead",
    "Dead units",
    of="the share of units that are dead",
    error=Limit(1, 1),
    warning=Limit(0.2, 0.15),
    concerns=_cuts,
    say=_say_dead,
    why="All of them: no gradient gets through, by the chain rule. A fifth of them: a rule of "
    "thumb. A few dead units are usual, and up to 256 rows may not wake a rare one.",
)
def dead(reading: Reading) -> float | None:
    """Units of a ReLU, or another activation with a flat zero, that are 0 for every row.

    A large step, or a very negative bias, can push a unit so far that no row brings it back. A
    lower learning rate, a BatchNormalization before the activation, or one with a slope below
    zero (LeakyReLU, ELU) may help; a layer that was made too wide needs none of it.
    """
    histogram = reading.histogram
    if histogram.dead is None or histogram.units <= 0:
        return None
    return histogram.dead / histogram.units


def _say_sparse(reading: Reading) -> tuple[str, str]:
    share = percent(reading.histogram.zeros)
    return (
        f"{share} zeros",
        f"{share} of its outputs are exactly 0. Each row uses only few of its units.",
    )


@sign(
    "sparse",
    "Almost all zeros",
    of="the share of outputs that are 0",
    info=Limit(0.95, 0.9),
    concerns=_cuts,
    say=_say_sparse,
    why="A rule of thumb. Few outputs above 0 are no fault by themselves.",
)
def sparse(reading: Reading) -> float:
    """Nearly every output of the activation is 0, though not always of the same units.

    Where the loss still falls there is nothing to do.
    """
    return reading.histogram.zeros


def _say_saturated(reading: Reading) -> tuple[str, str]:
    share = percent(reading.histogram.saturated or 0.0)
    low, high = BOUNDED[reading.function]
    return (
        f"{share} saturated",
        f"{share} of its outputs lie in the outer hundredth of {reading.function}'s range, from "
        f"{figure(low)} to {figure(high)}. At its ends {reading.function} is flat, so little or "
        "no gradient gets through there.",
    )


@sign(
    "saturated",
    "Saturated",
    of="the share of outputs in the outer hundredth",
    error=Limit(0.95, 0.9),
    warning=Limit(0.5, 0.4),
    concerns=_saturates,
    say=_say_saturated,
    why="In the outer hundredth the slope of tanh and sigmoid is under 2 % of their steepest, as "
    "their formulas say; half and nearly all of the values are rules of thumb. The model's "
    "output and gates (before a Multiply) are meant to reach their ends and are left out.",
)
def saturated(reading: Reading) -> float | None:
    """A hidden tanh, sigmoid or the like whose outputs lie at its flat ends.

    What comes into the activation is large. A BatchNormalization before it, a lower learning rate,
    smaller initial weights or scaled features may help.
    """
    return reading.histogram.saturated


def _say_exploding(reading: Reading) -> tuple[str, str]:
    now, scale = size(reading.histogram), reading.moment.scale
    return (
        f"size {figure(now)}",
        f"The root mean square of its outputs is {figure(now)}; that of the model's inputs is "
        f"{figure(scale)}.",
    )


@sign(
    "exploding",
    "Exploding",
    of="the root mean square of the outputs by that of the model's inputs",
    error=Limit(1e4, 5e3),
    warning=Limit(100, 50),
    concerns=_hidden,
    say=_say_exploding,
    why="Rules of thumb: initializers are made to keep the size of values about the same from "
    "layer to layer (Glorot and Bengio 2010, He et al. 2015). Compared with the model's "
    "inputs, or with 1 where those are smaller. The model's output is left out: its targets set "
    "its size.",
)
def exploding(reading: Reading) -> float:
    """The outputs of a hidden layer are far larger than what the model was given.

    A lower learning rate, an initializer that suits the activation, a normalization or clipping
    the gradient may help.
    """
    return size(reading.histogram) / max(1.0, reading.moment.scale)


def _say_vanishing(reading: Reading) -> tuple[str, str]:
    now, scale = size(reading.histogram), reading.moment.scale
    return (
        f"size {figure(now)}",
        f"The root mean square of its outputs is only {figure(now)}; that of the model's inputs is "
        f"{figure(scale)}. What follows sees little but its own biases.",
    )


@sign(
    "vanishing",
    "Vanishing",
    of="the root mean square of the model's inputs by that of the outputs",
    warning=Limit(1e3, 5e2),
    concerns=_hidden,
    say=_say_vanishing,
    why="A rule of thumb, by the same reasoning as for exploding outputs. Compared with the "
    "model's inputs, or with 1 where those are larger.",
)
def vanishing(reading: Reading) -> float | None:
    """The outputs of a hidden layer are far smaller than what the model was given.

    An initializer that suits the activation, or a normalization, may help; so may less weight
    decay.
    """
    now = size(reading.histogram)
    if not now > 0:
        return None  # all zeros is another sign
    return min(1.0, reading.moment.scale) / now


def _say_constant(reading: Reading) -> tuple[str, str]:
    histogram = reading.histogram
    if histogram.std:
        return (
            f"all near {figure(histogram.mean)}",
            f"Its outputs hardly differ: they are {figure(histogram.mean)} with a deviation of "
            f"only {figure(histogram.std)}.",
        )
    return (
        f"all {figure(histogram.mean)}",
        f"Every output is {figure(histogram.mean)}, whatever comes in: nothing of the input gets "
        "through.",
    )


@sign(
    "constant",
    "Constant",
    of="the mean by the deviation",
    warning=Limit(1e4, 5e3),
    concerns=_own,
    say=_say_constant,
    why="A mean ten thousand times the deviation, a rule of thumb. All outputs equal is certain.",
)
def constant(reading: Reading) -> float | None:
    """All outputs are the same number, or nearly.

    The layer passes nothing on of what it is given. Weights that are all zero, a layer before it
    that is dead, or a very large bias make it so.
    """
    histogram = reading.histogram
    if not any(histogram.counts) or (_cuts(reading) and histogram.dead):
        return None  # nothing to go by; or the dead units say it
    if histogram.std > 0:
        return abs(histogram.mean) / histogram.std
    return math.inf
