"""Signs in how a layer's weights change: no gradient, hardly any, too large or too small steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.health.figures import figure
from bnstudio.health.signs import Limit, sign

if TYPE_CHECKING:
    from bnstudio.health.reading import Reading

USUAL = 1e-3
"""The update ratio that is aimed for: a common rule of thumb."""


def _learns(reading: Reading) -> bool:
    # Each measurement says whether there are weights to learn, though only some how they do.
    return reading.histogram.weight_norm is not None


def _say_none(reading: Reading) -> tuple[str, str]:
    return (
        "gradient 0",
        "The gradient of its weights is exactly 0 on the rows that are measured: they teach this "
        "layer nothing.",
    )


@sign(
    "no_gradient",
    "No gradient",
    of="1 where the gradient is 0",
    warning=Limit(1, 1),
    concerns=_learns,
    say=_say_none,
    why="Exact: without a gradient plain gradient descent leaves the weights as they are.",
)
def no_gradient(reading: Reading) -> float | None:
    """The gradient of the layer's weights is exactly 0.

    Dead units, an output at its flat end or inputs that are all 0 make it so. Or the loss cannot
    get any better on these rows.
    """
    norm = reading.histogram.gradient_norm
    return None if norm is None else float(norm == 0)


def _say_faint(reading: Reading) -> tuple[str, str]:
    norm, most = reading.histogram.gradient_norm or 0.0, reading.moment.steepest or 0.0
    return (
        f"gradient {figure(norm)}",
        f"The norm of its gradient is {figure(norm)}; the largest of a layer in this model is "
        f"{figure(most)}.",
    )


@sign(
    "faint_gradient",
    "Vanishing gradient",
    of="the largest gradient norm of a layer by this one's",
    warning=Limit(1e4, 5e3),
    concerns=_learns,
    say=_say_faint,
    why="A rule of thumb: a ten-thousandth of the largest norm of a layer in the same model.",
)
def faint_gradient(reading: Reading) -> float | None:
    """The layer's gradient is far smaller than that of other layers of the model.

    It learns far slower than they do, but for optimizers that scale each step, such as Adam. A
    normalization, a shortcut around deep parts (Add), or ReLU in place of tanh or sigmoid may
    help.
    """
    norm, most = reading.histogram.gradient_norm, reading.moment.steepest
    if not norm or most is None:
        return None
    return most / norm


def _say_large(reading: Reading) -> tuple[str, str]:
    ratio = reading.histogram.update_ratio or 0.0
    return (
        f"step {figure(ratio)}",
        f"One step of training changes its weights by {figure(ratio)} of their size; about "
        f"{figure(USUAL)} is usual.",
    )


@sign(
    "large_update",
    "Large steps",
    of="a step's change by the weights",
    warning=Limit(0.1, 0.05),
    concerns=_learns,
    say=_say_large,
    why="A rule of thumb: about a thousandth of the weights' size a step is usual, and a hundred "
    "times that is a lot. In the first steps it may be more.",
)
def large_update(reading: Reading) -> float | None:
    """One step changes the layer's weights by a tenth of their size or more.

    Where the loss jumps about, a lower learning rate may help.
    """
    return reading.histogram.update_ratio


@sign(
    "small_update",
    "Tiny steps",
    of="0.001 by a step's change to the weights",
    info=Limit(1e3, 5e2),
    concerns=_learns,
    say=_say_large,
    why="A rule of thumb: a thousandth of what is usual. At the end of a schedule that lowers the "
    "learning rate it is as it should be.",
)
def small_update(reading: Reading) -> float | None:
    """One step changes the layer's weights by less than a millionth of their size.

    Where the loss stands still, a higher learning rate may help.
    """
    ratio = reading.histogram.update_ratio
    if ratio is None:
        return None
    return USUAL / ratio if ratio > 0 else None
