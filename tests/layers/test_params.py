"""The kinds of argument: what each takes, and in which words it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.layers import LAYERS
from bnstudio.layers.nested import CELLS
from bnstudio.layers.objects import Initializer
from bnstudio.layers.params import (
    LARGEST,
    Bool,
    Choice,
    Float,
    Floats,
    Int,
    Ints,
    Numbers,
    Param,
    Text,
    Texts,
)
from bnstudio.layers.ranges import Pairs, Range

KINDS = [
    Bool("a", True),
    Bool("a", None, optional=True),
    Int("a", 1, min=1, max=5),
    Int("a", None, optional=True),
    Float("a", 0.5, min=0, max=1),
    Float("a", 0.5, above=0, below=1),
    Float("a", 1.0, point=True),
    Text("a", "x"),
    Texts("a", ("x",)),
    Choice("a", "auto", options=("auto", True, None)),
    Ints("a", (1, 2), length=2, min=1, scalar=True),
    Ints("a", None, unknown=True, optional=True, shortest=1, distinct=True),
    Numbers("a", None, keys=("x", "y")),
    Pairs("a", ((1, 1), (0, 2)), places=("rows", "columns")),
    Range("a", 0.2, scalar=True, min=-1, max=1),
    Range("a", (0, 255), ordered=True),
    Range("a", None, optional=True),
    Range("a", 4, whole=True, min=1, max=8, scalar=True),
    Range("a", 0.5, above=-1, scalar=True),
    Floats("a", None, scalar=True, optional=True, shortest=1),
    Initializer("a", "zeros"),
    LAYERS["TimeDistributed"].by_name["layer"],
    LAYERS["Bidirectional"].by_name["backward_layer"],
    CELLS["StackedRNNCells"].by_name["cells"],
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.sampled_from(["class_name", "config", "x"]), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
@given(value=anything)
def test_any_value_is_taken_or_refused_in_a_sentence(kind, value):
    reason = kind.check(value)
    assert reason is None or (reason[0].isupper() or ":" in reason)
    assert reason is None or reason.endswith(".")


@pytest.mark.parametrize("kind", KINDS, ids=repr)
def test_a_default_is_taken(kind):
    assert kind.check(kind.initial if kind.required else kind.default) is None


LAYER = LAYERS["TimeDistributed"].by_name["layer"]
RECURRENT = LAYERS["Bidirectional"].by_name["layer"]


def described(name, **config):
    return {"class_name": name, "config": config}


REFUSED = [
    (LAYER, described("Dense"), "Dense: Dense needs units."),
    (LAYER, described("Dense", units=0), "Dense: units: Expected at least 1, got 0."),
    (LAYER, described("Add"), "Expected a layer with one input; got 'Add'."),
    (
        LAYER,
        described("GRU", units=2, return_state=True),
        "GRU: Expected one output, and these arguments give more.",
    ),
    (RECURRENT, described("Dense"), "Expected one of LSTM, GRU, SimpleRNN, RNN; got 'Dense'."),
    (
        RECURRENT,
        described("GRU", units=2, initial_state=True),
        "GRU: The layer around it calls it, without initial_state.",
    ),
    (
        CELLS["StackedRNNCells"].by_name["cells"],
        (described("GRUCell", units=2), described("GRUCell", units=-2)),
        "Number 2: GRUCell: units: Expected at least 1, got -2.",
    ),
    (CELLS["StackedRNNCells"].by_name["cells"], (), "Expected a tuple of one or more, got ()."),
    (Bool("a", True), None, "Expected True or False, got None."),
    (Int("a", 1, min=1), 0, "Expected at least 1, got 0."),
    (Int("a", 1, max=5), 6, "Expected at most 5, got 6."),
    (Int("a", 1), True, "Expected a whole number, got True."),
    (Int("a", 1), 2.0, "Expected a whole number, got 2.0."),
    (Int("a", 1), LARGEST + 1, "Expected a number of at most 64 bits."),
    (Int("a", 1), 10**9000, "Expected a number of at most 64 bits."),
    (Float("a", 1.0), 10**9000, "Expected a number of at most 64 bits."),
    (Float("a", 1.0), float("inf"), "Expected a finite number, got inf."),
    (Float("a", 1.0, above=0), 0, "Expected more than 0, got 0."),
    (Float("a", 0.5, below=1), 1.0, "Expected less than 1, got 1.0."),
    (Float("a", 1.0, point=True), 2, "Keras wants a decimal point here: 2.0 instead of 2."),
    (Texts("a", ("x",)), (), "Expected a tuple of one text or more, got ()."),
    (Texts("a", ("x",)), ("y", "y"), "Expected each text once, got 'y' twice."),
    (Texts("a", ("x",)), ("y", 1), "Expected texts, got 1."),
    (Choice("a", "x", ("x", None)), "y", "Expected one of 'x', None; got 'y'."),
    (Choice("a", "x", ("x", True)), 1, "Expected one of 'x', True; got 1."),
    (Ints("a", ()), 3, "Expected a tuple, got 3."),
    (Ints("a", 1, scalar=True), "3", "Expected a whole number or a tuple of them, got '3'."),
    (Ints("a", (1, 1), length=2), (1,), "Expected 2 numbers, got 1: (1,)."),
    (Ints("a", (1,), shortest=1), (), "Expected at least 1 number, got ()."),
    (Ints("a", (1,), distinct=True), (2, 2), "Expected each number once, got (2, 2)."),
    (Ints("a", (1,), min=1), (1, 0), "Expected at least 1, got 0 in (1, 0)."),
    (Ints("a", ()), (10**9000,), "Expected a number of at most 64 bits."),
    (Numbers("a", None, keys=("x",)), {"y": 1}, "Expected the names x; got 'y'."),
    (Numbers("a", None, keys=("x",)), {"x": True}, "x: Expected a number, got True."),
    (
        Pairs("a", 1, places=("x", "y")),
        (1, 2, 3),
        "Expected a whole number, or one or two for each of 2, got (1, 2, 3).",
    ),
    (Pairs("a", 1, places=("x", "y")), -1, "Expected at least 0, got -1."),
    (Pairs("a", 1, places=("x", "y")), (1, (0, -1)), "Expected at least 0, got -1 in (0, -1)."),
    (Pairs("a", 1, places=("x", "y")), (1, (1, 2, 3)), "Expected 2 numbers, got 3: (1, 2, 3)."),
    (Range("a", (0, 1)), 0.5, "Expected two numbers, got 0.5."),
    (Range("a", 0.5, scalar=True), (0.5,), "Expected a number or two numbers, got (0.5,)."),
    (Range("a", (0, 1), max=1), (0, 2), "Expected at most 1, got 2."),
    (Range("a", 0.5, scalar=True, min=0), -0.5, "Expected at least 0, got -0.5."),
    (Range("a", 4, whole=True, scalar=True), 2.5, "Expected a whole number, got 2.5."),
    (Range("a", 0.5, above=-1, scalar=True), (-1, 0), "Expected more than -1, got -1."),
    (Floats("a", 1.0, scalar=True), "x", "Expected a number or a tuple of them, got 'x'."),
    (
        Range("a", (0, 1), ordered=True),
        (1, 1),
        "Expected the first of two numbers to be less than the second, got (1, 1).",
    ),
    (Initializer("a", "zeros"), "zeroes", "Expected a Keras initializer, got 'zeroes'."),
    (Initializer("a", "zeros"), "constant", "Constant needs value."),
    (
        Initializer("a", "zeros"),
        {"class_name": "Constant", "config": {"worth": 1.0}},
        "Constant has no argument 'worth'.",
    ),
    (
        Initializer("a", "zeros"),
        {"class_name": "VarianceScaling", "config": {"scale": 0}},
        "scale: Expected more than 0, got 0.",
    ),
    (
        Initializer("a", "zeros"),
        {"class_name": "Zeros", "module": "os"},
        "Expected class_name and config, got {'class_name': 'Zeros', 'module': 'os'}.",
    ),
]


@pytest.mark.parametrize(("kind", "value", "words"), REFUSED, ids=range(len(REFUSED)))
def test_a_refusal_names_what_was_expected_and_received(kind, value, words):
    assert kind.check(value) == words


def test_a_kind_must_say_what_it_takes():
    with pytest.raises(TypeError, match="Param does not say"):
        Param("a", None).check(1)
