"""Why a layer's histogram looks as it does: one entry a kind of layer, true of any such layer.

A reason says what the layer does to values, and the figures of this moment that show it. It says
nothing of causes that the figures cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.health.batchnorm import warming
from bnstudio.health.figures import figure, percent
from bnstudio.health.reading import BOUNDED

if TYPE_CHECKING:
    from bnstudio.health.reading import Reading
    from bnstudio.histogram import Histogram

HALF_NORMAL_MEAN = 1 / math.sqrt(2 * math.pi)
"""The mean of the positive part of a standard normal number, 0.399."""

HALF_NORMAL_DEVIATION = math.sqrt(0.5 - 1 / (2 * math.pi))
"""Its standard deviation, 0.584."""

Words = Callable[["Reading"], str | None]


@dataclass(frozen=True)
class Reason:
    """One kind of layer and what can be said of it.

    Attributes:
        name: Its own name, for tests and errors.
        types: The layer types it is for.
        category: The category it is for too; with neither it is for any layer.
        say: The sentence; None where it does not apply after all.
    """

    name: str
    types: tuple[str, ...]
    category: str
    say: Words

    def concerns(self, reading: Reading) -> bool:
        """Whether it is about such a layer."""
        if reading.node.type in self.types:
            return True
        if self.category:
            return reading.category == self.category
        return not self.types


REASONS: dict[str, Reason] = {}
"""Every reason by name; the first that has something to say is used."""


def explains(*types: str, category: str = "") -> Callable[[Words], Words]:
    """Enters a reason for these layer types, a whole category, both, or any layer.

    Raises:
        ValueError: If there is a reason of that name.
    """

    def enter(say: Words) -> Words:
        if say.__name__ in REASONS:
            raise ValueError(f"There is a reason {say.__name__!r} already.")
        REASONS[say.__name__] = Reason(say.__name__, types, category, say)
        return say

    return enter


def reason(reading: Reading) -> str:
    """Why the layer looks as it does, in a sentence or two."""
    for entry in REASONS.values():
        if entry.concerns(reading) and (text := entry.say(reading)):
            return text
    raise AssertionError("The last reason, anything, always has something to say.")


def _m(histogram: Histogram) -> str:
    return f"mean {figure(histogram.mean)} and deviation {figure(histogram.std)}"


def _came_in(reading: Reading) -> str:
    """What the layer was given, as a sentence; empty where that is not measured."""
    source = reading.source
    return "" if source is None else f" What comes in has {_m(source)}."


def _change(reading: Reading, name: str) -> str:
    """``0.9 in, 0.8 out`` for a figure; what was not measured is left out."""
    out = getattr(reading.histogram, name)
    given = None if reading.source is None else getattr(reading.source, name)
    if out is None:
        return "none, as all outputs are equal"
    return f"{figure(out)} out" if given is None else f"{figure(given)} in, {figure(out)} out"


# Normalization.


@explains("BatchNormalization")
def batch_normalized(reading: Reading) -> str:
    """An affine map of a channel keeps its skewness, up to the sign, and its kurtosis."""
    early = (
        " It uses moving statistics that have not yet left their start behind."
        if warming(reading)
        else ""
    )
    return (
        "Each channel is rescaled and shifted. That keeps its shape, its kurtosis and, but for the "
        "sign, its skewness: no bell curve is made. All channels together, each moved by its own "
        f"amount: skewness {_change(reading, 'skewness')}; excess kurtosis "
        f"{_change(reading, 'kurtosis')}.{early}"
    )


@explains("LayerNormalization")
def layer_normalized(reading: Reading) -> str:
    """Before gamma and beta the numbers along its axis have mean 0 and, nearly, deviation 1."""
    learned = [
        word
        for name, word in (("scale", "scaled by gamma"), ("center", "shifted by beta"))
        if reading.argument(name)
    ]
    then = f", then {' and '.join(learned)}" if learned else ""
    return (
        "The numbers along its axis, at each position of each row by themselves, are brought to "
        f"mean 0 and deviation 1{then}. Here the outputs have {_m(reading.histogram)}."
    )


@explains("SpectralNormalization")
def stretched_by_one(reading: Reading) -> str:
    """It divides the kernel, not the values."""
    return (
        "It is the kernel of the layer in it that is normalized, in training, by about its largest "
        "singular value; what comes out is brought to no scale. Here it has "
        f"{_m(reading.histogram)}."
    )


@explains(category="Normalization")
def normalized(reading: Reading) -> str:
    """Any other normalization."""
    return (
        "Values are brought to a common scale, group by group. The outputs have "
        f"{_m(reading.histogram)}."
    )


# What only hands on.


@explains("Input")
def given(reading: Reading) -> str:
    """An Input computes nothing; a model in the model is called on what its layers make of it."""
    if reading.moment.inside:
        return (
            "This is what the model gets where it is called, if several times the first time, with "
            f"{_m(reading.histogram)}."
        )
    return (
        "This is the data as the model gets it, after its preparation, with "
        f"{_m(reading.histogram)}."
    )


@explains(category="Regularization")
def idle(reading: Reading) -> str:
    """Dropout, noise and penalties are the identity at inference."""
    training = reading.histogram.training
    then = "" if training is None else f" In training it has {_m(training)}."
    return (
        f"At inference, where this is measured, {reading.node.type} does nothing: what comes out "
        f"is what comes in.{then}"
    )


@explains(category="Augmentation")
def varied(reading: Reading) -> str:
    """Augmentation is for training."""
    return (
        "Its random changes are for training; this is measured at inference. The outputs have "
        f"{_m(reading.histogram)}."
    )


@explains(category="Preprocessing")
def prepared(reading: Reading) -> str:
    """Nothing of it is learnt by training."""
    return (
        f"The data is prepared here, nothing is learnt. The outputs have {_m(reading.histogram)}."
    )


@explains("Masking")
def masked(reading: Reading) -> str:
    """Keras multiplies by the mask."""
    return (
        "Steps that hold nothing but mask_value are set to 0, and what follows may skip them. "
        f"{percent(reading.histogram.zeros)} of the outputs are 0."
    )


@explains("Flatten", "Reshape", "Permute")
def rearranged(reading: Reading) -> str:
    """Neither changes a value."""
    return "The same values in another order: the histogram is that of what comes in."


@explains(category="Reshaping")
def moved(reading: Reading) -> str:
    """Any other layer that changes the shape."""
    smooth = reading.argument("interpolation") not in (None, "nearest")
    mixed = " New ones are mixed from their neighbours." if smooth else ""
    return (
        "The shape is changed: values are moved, repeated, filled in or left out."
        f"{mixed} The outputs have {_m(reading.histogram)}."
    )


_SIZES = ("1D", "2D", "3D")


@explains(*(f"{name}{size}" for name in ("MaxPooling", "GlobalMaxPooling") for size in _SIZES))
def largest(reading: Reading) -> str:
    """A maximum is one of its inputs."""
    return (
        "Each output is the largest value of its window, so small ones are lost: mean "
        f"{_change(reading, 'mean')}."
    )


@explains(
    *(f"{name}{size}" for name in ("AveragePooling", "GlobalAveragePooling") for size in _SIZES)
)
def averaged(reading: Reading) -> str:
    """A mean lies between the extremes."""
    return (
        "Each output is the mean of its window and lies between its smallest and largest value: "
        f"deviation {_change(reading, 'std')}."
    )


@explains(category="Pooling")
def pooled(reading: Reading) -> str:
    """Any other pooling."""
    return f"Each output is made of a window of inputs: deviation {_change(reading, 'std')}."


# Branches that meet.


def _measured(reading: Reading) -> list[Histogram] | None:
    latest = reading.moment.latest
    found = [latest.get(node.id) for node in reading.sources]
    whole = [each for each in found if each is not None]
    ports = [wire.source_port for wire in reading.graph.wires_into.get(reading.id, ())]
    return whole if len(whole) == len(found) > 1 and not any(ports) else None


@explains("Add")
def added(reading: Reading) -> str:
    """Expectations are linear; variances add up without correlation."""
    found = _measured(reading)
    if found is None:
        return (
            f"Numbers at the same place are added. Here the outputs have {_m(reading.histogram)}."
        )
    apart = math.hypot(*(each.std for each in found))
    return (
        "The means of the branches add up; their variances would too if the branches were "
        f"uncorrelated, to a deviation of {figure(apart)}. It is {figure(reading.histogram.std)}."
    )


@explains("Average")
def mean_of_branches(reading: Reading) -> str:
    """Expectations are linear."""
    found = _measured(reading)
    if found is None:
        return f"The mean of the branches. Here the outputs have {_m(reading.histogram)}."
    means = ", ".join(figure(each.mean) for each in found[:4])
    return (
        f"Its mean, {figure(reading.histogram.mean)}, is that of the means of its branches: "
        f"{means}{' and so on' if len(found) > 4 else ''}."
    )


@explains("Multiply")
def multiplied(reading: Reading) -> str:
    """Follows from what a product is."""
    return (
        "Numbers at the same place are multiplied: two small ones give a smaller one, two large "
        f"ones a larger. Excess kurtosis: {_change(reading, 'kurtosis')}."
    )


@explains("Concatenate")
def side_by_side(reading: Reading) -> str:
    """A concatenation has all values of its inputs."""
    count = len(reading.sources)
    return (
        f"The values of {count} branches side by side, so the histogram is theirs laid over each "
        "other, each in proportion to its size."
    )


@explains(category="Merging")
def merged(reading: Reading) -> str:
    """Any other layer that merges."""
    return f"What several branches give is put together: the outputs have {_m(reading.histogram)}."


# Recurrent layers and look-ups.


@explains("LSTM", "GRU")
def gated(reading: Reading) -> str:
    """A gate in (0, 1) keeps a tanh in (-1, 1); so does a mean of such numbers, from 0 on."""
    anywhere = reading.node.type == "GRU" and reading.node.params.get("initial_state")
    usual = (
        reading.argument("activation") == "tanh"
        and reading.argument("recurrent_activation") == "sigmoid"
        and not anywhere
    )
    if not usual:
        return (
            "The state is made of what gates let through, step by step. The outputs have "
            f"{_m(reading.histogram)}."
        )
    how = (
        "each output is a tanh times a gate between 0 and 1"
        if reading.node.type == "LSTM"
        else "each step mixes the state with a tanh, in shares that add up to 1, from a start of 0"
    )
    spread = _m(reading.histogram)
    return f"No output leaves the range from −1 to 1: {how}. Here the outputs have {spread}."


@explains(category="Recurrent")
def stepped(reading: Reading) -> str:
    """Any other recurrent layer."""
    return (
        "It goes through the steps one after the other and carries a state along. The outputs have "
        f"{_m(reading.histogram)}."
    )


@explains(category="Attention")
def attended(reading: Reading) -> str:
    """Attention's weights are computed from its inputs."""
    return (
        "Each output mixes values of many positions, in shares that depend on what comes in. The "
        f"outputs have {_m(reading.histogram)}."
    )


@explains("Embedding")
def looked_up(reading: Reading) -> str:
    """A look-up computes nothing."""
    return (
        "Each number that comes in picks a row of the layer's table; what comes out are those "
        "weights themselves, each as often as its row is picked. Here the outputs have "
        f"{_m(reading.histogram)}."
    )


# Activations, be they a layer of their own or the end of one.


@explains()
def cut_off(reading: Reading) -> str | None:
    """The moments of max(z, 0) for a standard normal z, in closed form."""
    if reading.function != "relu":
        return None
    histogram = reading.histogram
    cap = " Its max_value cuts it off above." if reading.argument("max_value") is not None else ""
    return (
        "Of standard normal inputs ReLU makes 50 % zeros, a mean of "
        f"{HALF_NORMAL_MEAN:.2f} and a deviation of {HALF_NORMAL_DEVIATION:.2f}. Here there are "
        f"{percent(histogram.zeros)} zeros; the outputs have {_m(histogram)}.{cap}"
        f"{_came_in(reading) if reading.category == 'Activation' else ''}"
    )


@explains()
def between_ends(reading: Reading) -> str | None:
    """The ranges and slopes follow from the formulas."""
    ends, share = BOUNDED.get(reading.function), reading.histogram.saturated
    if ends is None or share is None:
        return None
    low, high = ends
    slope = (
        "where its slope is under 2 % of the steepest"
        if reading.function in ("tanh", "sigmoid", "softsign")
        else "at or next to where it is flat"
    )
    return (
        f"{reading.function} keeps every output between {figure(low)} and {figure(high)}. "
        f"{percent(share)} lie in the outer hundredth of that range, {slope}."
        f"{_came_in(reading) if reading.category == 'Activation' else ''}"
    )


@explains()
def shares(reading: Reading) -> str | None:
    """Numbers that add up to 1 have the mean 1/n; one of them 1 is the widest they can be."""
    histogram, count = reading.histogram, reading.histogram.units
    over_units = reading.node.type != "Softmax" or reading.argument("axis") == -1
    if reading.function != "softmax" or count < 2 or not over_units:
        return None
    most = math.sqrt(1 / count - 1 / count**2)
    return (
        f"Softmax shares 1 out among {count:,} units, so the mean is {figure(1 / count)} whatever "
        f"comes in. The deviation is {figure(histogram.std)}: 0 where all shares are equal, "
        f"{figure(most)} where each row gives everything to one."
    )


_SOFT = frozenset(("leaky_relu", "prelu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish"))
"""Activations with two sides that differ, neither of them flat at once."""


@explains()
def softened(reading: Reading) -> str | None:
    """Any activation that neither is bounded nor cuts off."""
    if reading.function not in _SOFT:
        return None
    histogram = reading.histogram
    quantiles = histogram.quantiles
    median = f" The median is {figure(quantiles[2])}." if len(quantiles) == 5 else ""
    return (
        f"{reading.function} treats what is below 0 otherwise than what is above, but does not cut "
        f"it off. The outputs have {_m(histogram)}.{median}"
        f"{_came_in(reading) if reading.category == 'Activation' else ''}"
    )


@explains()
def transformed(reading: Reading) -> str | None:
    """Any other activation."""
    if not reading.function:
        return None
    return (
        f"Every output has gone through {reading.function}. The outputs have "
        f"{_m(reading.histogram)}."
        f"{_came_in(reading) if reading.category == 'Activation' else ''}"
    )


@explains("Dense", "EinsumDense", category="Convolution")
def summed(reading: Reading) -> str:
    """The central limit theorem, where the parts are many and independent."""
    histogram = reading.histogram
    skewness, kurtosis = histogram.skewness, histogram.kurtosis
    named = "bias_axes" if reading.node.type == "EinsumDense" else "use_bias"
    bias = " and a bias" if reading.argument(named) else ""
    what = f"Each output is a weighted sum of inputs{bias}, without an activation."
    if skewness is None or kurtosis is None:
        return f"{what} Here all of them are equal."
    return (
        f"{what} Sums of many independent parts come near a normal distribution, with skewness and "
        f"excess kurtosis 0; here they are {figure(skewness)} and {figure(kurtosis)}."
    )


@explains()
def anything(reading: Reading) -> str:
    """Of a layer type that is not known; it comes last."""
    return f"What comes out has {_m(reading.histogram)}.{_came_in(reading)}"
