"""The shape rules against Keras: the same outputs and weights, and the same is refused.

Where a rule refuses what Keras lets pass, Keras fails as soon as the layer is run, and the test
makes it do so.
"""

import os
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnstudio.layers import LAYERS, ShapeError
from tests.drawing import SIZES, SUITABLE, fitting_arguments

pytestmark = pytest.mark.engine

sizes = st.sampled_from((*SIZES, 12, None))
batches = st.sampled_from((None, None, 1, 2, 4))


@st.composite
def shapes(draw, name):
    """The shapes of the inputs of a layer, good and bad."""
    entry = LAYERS[name]
    if entry.max_inputs == 0:
        return []
    ranks = st.integers(1, 5)
    if name in SUITABLE:  # the rank that it insists on is drawn more often
        ranks = st.sampled_from([len(SUITABLE[name])] * 6 + [1, 2, 3, 4, 5])
    first = (draw(batches), *(draw(sizes) for _ in range(draw(ranks) - 1)))
    if entry.max_inputs == 1:
        return [first]
    return [first, *(draw(_like(first)) for _ in range(draw(st.integers(1, 3))))]


@st.composite
def _like(draw, shape):
    """A shape that goes with ``shape`` more often than not."""
    changed = list(shape)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(changed) - 1))
        changed[at] = draw(st.sampled_from((1, None, *SIZES)))
    if draw(st.integers(1, 8)) == 1:
        return (changed[0], *changed[2:])
    return tuple(changed)


def ours(entry, params, inputs):
    """Our outputs and weights, or the reasons against."""
    if problems := entry.check(params):
        return {"refused": problems}
    try:
        outputs = entry.output_shapes(inputs, params)
        weights = entry.weights(inputs, params)
    except ShapeError as error:
        return {"error": str(error)}
    flops = entry.flops(inputs, outputs, params)
    return {
        "outputs": list(outputs),
        "weights": [(w.name, w.shape, w.trainable) for w in weights],
        "flops": flops,
        "count": entry.output_count(params),
    }


def compare(keras, name, params, inputs):
    """Fails where we and Keras disagree; returns what they agree on."""
    entry = LAYERS[name]
    mine = ours(entry, params, inputs)
    theirs = keras.ask("layer", name, params, inputs)
    case = f"{name}({params}) on {inputs}\nours: {mine}\nKeras: {theirs}"
    if "outputs" in mine:
        assert "outputs" in theirs, case
        assert mine["outputs"] == theirs["outputs"], case
        assert mine["weights"] == theirs["weights"], case
        assert mine["count"] == len(theirs["outputs"]), case
        known = all(None not in shape[1:] for shape in (*inputs, *theirs["outputs"]))
        assert mine["flops"] is not None or not known, case
        return "accepted"
    if "refused" not in mine:
        assert theirs.get("stage") != "construct", case
    if "error" in theirs:
        return "refused"
    assert name != "Input", case
    assert "error" in keras.ask("layer", name, params, inputs, True), case
    return "refused, fails when run"


def note(name, verdicts):
    """Leaves the counts where ``BNSTUDIO_VERDICTS`` says, for whoever runs the long proof."""
    if path := os.environ.get("BNSTUDIO_VERDICTS"):
        with Path(path).open("a") as file:
            file.write(f"{name} {sum(verdicts.values())} {dict(verdicts)}\n")


@pytest.mark.parametrize("name", LAYERS)
def test_shapes_and_weights_are_those_of_keras(keras, name):
    entry = LAYERS[name]
    verdicts = Counter()

    @given(fitting_arguments(entry), shapes(name))
    def check(params, inputs):
        verdicts[compare(keras, name, params, inputs)] += 1

    check()
    note(name, verdicts)
    assert verdicts["accepted"] > sum(verdicts.values()) / 5


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Input"])
def test_what_is_accepted_runs(keras, name):
    entry = LAYERS[name]

    @settings(max_examples=200)
    @given(fitting_arguments(entry), shapes(name))
    def check(params, inputs):
        # Whether a size that is not known fits turns out in the run; that of the batch goes.
        assume(None not in chain(*(shape[1:] for shape in inputs)))
        assume(len({shape[0] for shape in inputs}) == 1)
        # This needs a GPU, and some other arguments.
        assume(params.get("use_cudnn") is not True)
        if "outputs" in ours(entry, params, inputs):
            answer = keras.ask("layer", name, params, inputs, True)
            assert "outputs" in answer, f"{name}({params}) on {inputs}: {answer}"

    check()
