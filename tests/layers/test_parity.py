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
from tests.drawing import SIZES, SUITABLE, call_of, fitting_arguments

pytestmark = pytest.mark.engine

sizes = st.sampled_from((*SIZES, 12, None))
batches = st.sampled_from((None, None, 1, 2, 4))


MIXES_ROWS = {
    "Attention": 2,
    "AdditiveAttention": 2,
    "MelSpectrogram": 1,
    "CategoryEncoding": 1,
    "Discretization": 1,
    "Hashing": 1,
    "IntegerLookup": 1,
    "StringLookup": 1,
}
"""Layers that take a batch for one sequence where their input has this many dimensions, so that
its rows become the steps."""


@st.composite
def cases(draw, entry):
    """A layer's arguments and the shapes of its inputs: half of them anything, half mostly good."""
    tame = draw(st.booleans())
    params = draw(fitting_arguments(entry, 10, 10) if tame else fitting_arguments(entry))
    return params, draw(shapes(entry, params, tame))


@st.composite
def shapes(draw, entry, params, tame):
    """The shapes of the inputs of a layer, good and bad; ``tame`` have the rank that it wants."""
    name = entry.name
    if entry.max_inputs == 0:
        return []
    ranks = st.integers(1, 5)
    if name in SUITABLE:  # the rank that it insists on is drawn more often
        ranks = st.sampled_from([len(SUITABLE[name])] * 6 + [1, 2, 3, 4, 5])
    rank = draw(st.just(len(SUITABLE.get(name, (2, 6)))) if tame else ranks)
    first = (
        draw(batches),
        *(draw(st.sampled_from((4, 6, 8)) if tame else sizes) for _ in range(rank - 1)),
    )
    if entry.max_inputs == 1:
        return [first]
    if entry.ports:
        inputs = {}
        for port in entry.open_ports(params):
            shape = _expected(entry, params, inputs, port.name) if inputs else first
            inputs[port.name] = draw(
                _like(shape) if draw(st.integers(1, 6)) == 1 else st.just(shape)
            )
        return list(inputs.values())
    more = st.integers(1, 3) if entry.max_inputs is None else st.just(entry.max_inputs - 1)
    return [first, *(draw(_like(first)) for _ in range(draw(more)))]


def _expected(entry, params, inputs, port):
    """A shape that goes with those of the inputs before."""
    if port.endswith(" state"):
        without = {**params, "initial_state": False, "return_state": True}
        try:
            return entry.output_shapes([inputs["sequences"]], without)[-1]
        except (ShapeError, TypeError):
            return (None, 3)
    query, value = inputs["query"], inputs.get("value", inputs["query"])
    rest = {"value": query, "key": value, "query_mask": query[:-1], "value_mask": value[:-1]}
    rest |= {"key_mask": value[:-1], "attention_mask": (*query[:-1], *value[1:-1])}
    return rest[port] or (None,)


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


def ask(keras, entry, params, inputs, run=False):
    """What Keras makes of it, called as the plan calls it."""
    name, made, inputs, given, dtype = call_of(entry, params, inputs)
    return keras.ask("layer", name, made, inputs, run, given, dtype)


def compare(keras, name, params, inputs):
    """Fails where we and Keras disagree; returns what they agree on."""
    entry = LAYERS[name]
    mine = ours(entry, params, inputs)
    theirs = ask(keras, entry, params, inputs)
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
    if len(inputs[0]) == MIXES_ROWS.get(name):
        return "refused, mixes rows"
    assert "error" in ask(keras, entry, params, inputs, True), case
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

    @given(cases(entry))
    def check(case):
        params, inputs = case
        verdicts[compare(keras, name, params, inputs)] += 1

    check()
    note(name, verdicts)
    assert verdicts["accepted"] > sum(verdicts.values()) / 5


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Input"])
def test_what_is_accepted_runs(keras, name):
    entry = LAYERS[name]

    @settings(max_examples=200)
    @given(cases(entry))
    def check(case):
        params, inputs = case
        # Whether a size that is not known fits turns out in the run; that of the batch goes.
        assume(None not in chain(*(shape[1:] for shape in inputs)))
        assume(len({shape[0] for shape in inputs}) == 1)
        # This needs a GPU, and some other arguments.
        assume(params.get("use_cudnn") is not True)
        # On a processor TensorFlow has the channels last here.
        assume((name, params.get("data_format")) != ("STFTSpectrogram", "channels_first"))
        # The zeros that it is run on are not in the vocabulary.
        assume(params.get("num_oov_indices") != 0)
        if "outputs" in ours(entry, params, inputs):
            answer = ask(keras, entry, params, inputs, True)
            assert "outputs" in answer, f"{name}({params}) on {inputs}: {answer}"

    check()
