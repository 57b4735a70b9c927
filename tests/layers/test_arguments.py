"""The catalogue's arguments against the signatures of the installed Keras, and Keras's verdict."""

import pytest

from bnstudio.layers import LAYERS
from bnstudio.layers.catalogue import COMMON
from bnstudio.layers.einsum import EquationText
from bnstudio.layers.nested import CELLS, Nested
from bnstudio.layers.objects import ACTIVATIONS, Constraint, Initializer, Regularizer
from bnstudio.layers.params import (
    REQUIRED,
    Activation,
    Bool,
    Choice,
    Float,
    Floats,
    Int,
    Ints,
    Numbers,
    Object,
    Text,
    Texts,
    Wired,
)
from bnstudio.layers.ranges import Pairs, Range
from tests.drawing import call_of
from tests.suitable import SUITABLE, WHOLE

pytestmark = pytest.mark.engine

NOT_DRAWN = {
    "name": "It is the node's name.",
    ("Input", "tensor"): "It takes a tensor.",
    ("Input", "batch_shape"): "It says what shape and batch_size say.",
    ("Dense", "quantization_config"): "It takes an object that holds functions.",
    ("Embedding", "quantization_config"): "It takes an object that holds functions.",
    ("Embedding", "weights"): "It takes an array.",
    ("EinsumDense", "quantization_config"): "It takes an object that holds functions.",
    ("EinsumDense", "gptq_unpacked_column_size"): "Keras sets it itself while it quantizes.",
    ("Bidirectional", "weights"): "It takes arrays.",
    **dict.fromkeys(
        [(name, "idf_weights") for name in ("IntegerLookup", "StringLookup", "TextVectorization")],
        "It goes with tf_idf, whose weights Keras learns before training.",
    ),
    ("TextVectorization", "ragged"): "No wire carries a ragged tensor.",
    ("Discretization", "num_bins"): "It is for boundaries that Keras learns before training.",
    ("Discretization", "epsilon"): "It is for boundaries that Keras learns before training.",
}
"""Keras arguments that the catalogue leaves out, and why."""

NOT_CALLED = {
    **{f"ConvLSTM{rank}D": {"mask"} for rank in (1, 2, 3)},
    "SimpleRNN": {"mask"},
    "LSTM": {"mask"},
    "GRU": {"mask"},
    "MultiHeadAttention": {"query_mask"},
}
"""Arguments of a call that are left out: recurrent layers get their mask from what comes in, and
MultiHeadAttention overwrites its query_mask with the one that the query carries."""

OTHER_DEFAULTS = {
    (
        "Input",
        "shape",
    ): "Keras wants either shape or batch_shape; without the latter, always shape.",
    ("IntegerLookup", "vocabulary"): "Keras cannot call it before it has one.",
    ("TextVectorization", "vocabulary"): "Keras cannot call it before it has one.",
    ("StringLookup", "vocabulary"): "Keras cannot call it before it has one.",
    ("CategoryEncoding", "num_tokens"): "Keras makes none without it.",
    ("Discretization", "bin_boundaries"): "Keras cannot call it before it has some.",
    ("Constant", "value"): "Keras cannot make a Constant by its name, as its value is missing.",
}
"""Arguments that are required here and have a default in Keras, and why."""

FAMILIES = {
    "initializers": (Initializer, {"Initializer"}),
    "regularizers": (Regularizer, {"Regularizer"}),
    "constraints": (Constraint, {"Constraint"}),
}
"""Each family, and the base class that is no member."""


def expected(keras, path, owner):
    """Keras's arguments of ``path`` and their defaults, without those that are not drawn."""
    return [
        (name, REQUIRED if (owner, name) in OTHER_DEFAULTS else default)
        for name, default in keras.ask("signature", path)
        if name not in NOT_DRAWN and (owner, name) not in NOT_DRAWN
    ]


@pytest.mark.parametrize("name", LAYERS)
def test_arguments_and_defaults_are_those_of_keras(keras, name):
    params = LAYERS[name].params
    # What a class lists itself it takes instead of what the base class does.
    lists = name == "Input" or "dtype" in dict(expected(keras, f"layers.{name}", name))
    lists = lists or "dtype" not in LAYERS[name].by_name
    params = params[: len(params) - len(LAYERS[name].call)]
    own = params if lists else params[: -len(COMMON)]
    drawn = [(param.name, param.default) for param in own]
    assert drawn == expected(keras, f"layers.{name}", name)
    for (_, mine), (_, theirs) in zip(drawn, expected(keras, f"layers.{name}", name), strict=True):
        assert type(mine) is type(theirs)
    if not lists:
        base = dict(keras.ask("signature", "layers.Layer.__init__"))
        assert [(p.name, p.default) for p in params[-len(COMMON) :]] == [
            (param.name, base[param.name]) for param in COMMON
        ]


@pytest.mark.parametrize("name", CELLS)
def test_the_arguments_of_a_cell_are_those_of_keras(keras, name):
    own = CELLS[name].params[: -len(COMMON)]
    drawn = [(param.name, param.default) for param in own]
    assert drawn == expected(keras, f"layers.{name}", name)


@pytest.mark.parametrize("name", [name for name, entry in LAYERS.items() if entry.call])
def test_the_arguments_of_a_call_are_those_of_keras(keras, name):
    entry = LAYERS[name]
    known = dict(keras.ask("signature", f"layers.{name}.call"))
    ports = {port.when: port.argument for port in entry.ports}
    for param in entry.call:
        if isinstance(param, Wired):
            assert ports[param.name] in known
        else:
            assert known[param.name] == param.default
    first = list(known)[1]  # after self
    assert not entry.ports or entry.ports[0].argument == first
    drawn = {param.name for param in entry.call} | {port.argument for port in entry.ports}
    left_out = set(known) - drawn - {"self", first}
    assert left_out == NOT_CALLED.get(name, set()) | ({"training"} & set(known))


def test_each_reason_for_an_exception_is_still_true(keras):
    for exception in (*NOT_DRAWN, *OTHER_DEFAULTS):
        if isinstance(exception, tuple):
            owner, name = exception
            home = "initializers" if owner == "Constant" else "layers"
            assert name in dict(keras.ask("signature", f"{home}.{owner}"))
    assert "KeyError" in keras.ask("get", "initializers", "Constant")["error"]


@pytest.mark.parametrize("home", FAMILIES)
def test_each_family_is_complete_with_its_arguments(keras, home):
    family, bases = FAMILIES[home]
    known = keras.ask("identifiers", home)
    assert {spec.name for spec in family.specs} == set(known.values()) - bases
    for spec in family.specs:
        drawn = [(param.name, param.default) for param in spec.params]
        assert drawn == expected(keras, f"{home}.{spec.name}", spec.name)


@pytest.mark.parametrize("home", FAMILIES)
def test_each_name_stands_for_what_it_stands_for_in_keras(keras, home):
    family, bases = FAMILIES[home]
    param = family("x", None)
    for identifier, name in keras.ask("identifiers", home).items():
        if name in bases:
            assert param.spec(identifier) is None
        else:
            assert param.spec(identifier).name == name, identifier
            if param.check(identifier) is None:
                assert keras.ask("get", home, identifier) == {"name": name}


def test_the_activations_are_those_of_keras_that_can_be_applied_by_name(keras):
    known = set(keras.ask("identifiers", "activations"))
    assert known - set(ACTIVATIONS) == {"glu", "threshold"}
    for name in ACTIVATIONS:
        found = keras.ask("layer", "Activation", {"activation": name}, [(None, 4)], True)
        assert found.get("outputs") == [(None, 4)], name
    assert set(ACTIVATIONS) - known == {None}


def test_the_activations_that_are_left_out_cannot_be_drawn_rightly(keras):
    broken = keras.ask("layer", "Activation", {"activation": "threshold"}, [(2, 4)], True)
    assert "TypeError" in broken["error"]
    assert keras.ask("shape_of", "glu", (2, 4)) == (2, 2)
    assert keras.ask("layer", "Activation", {"activation": "glu"}, [(2, 4)])["outputs"] == [(2, 4)]


MOVERS = {
    "Input", "Masking", "Identity", "Flatten", "Reshape", "Permute", "RepeatVector", "Concatenate",
    *(
        f"{kind}{rank}D" for kind in ("ZeroPadding", "Cropping", "UpSampling") for rank in (1, 2, 3)
    ),
}  # fmt: skip

KERAS_IS_LENIENT = {
    ("Input", "shape"): "No size of a row can be 0; Keras makes an empty tensor.",
    ("Input", "batch_size"): "A batch of no rows; Keras makes an empty tensor.",
    ("Dense", "lora_rank"): "Keras reads 0 as None.",
    ("Embedding", "lora_rank"): "Keras reads 0 as None.",
    ("EinsumDense", "lora_rank"): "Keras reads 0 as None.",
    ("EinsumDense", "output_shape"): "A size of 0; Keras makes an empty tensor.",
    ("BatchNormalization", "momentum"): "Outside [0, 1] the averages run away.",
    ("BatchNormalization", "renorm_momentum"): "Outside [0, 1] the averages run away.",
    ("BatchNormalization", "epsilon"): "Below 0 a root of a negative number is taken.",
    ("BatchNormalization", "renorm_clipping"): "Keras looks at it with renorm only.",
    ("LayerNormalization", "epsilon"): "Below 0 a root of a negative number is taken.",
    ("LayerNormalization", "axis"): "Over no axis nothing is normalized.",
    ("GroupNormalization", "epsilon"): "Below 0 a root of a negative number is taken.",
    ("RMSNormalization", "epsilon"): "Below 0 a root of a negative number is taken.",
    ("RMSNormalization", "axis"): "Over no axis nothing is normalized.",
    ("UnitNormalization", "axis"): "Over no axis nothing is normalized.",
    ("AlphaDropout", "rate"): "At 1 nothing is kept; Keras divides by it when run.",
    ("AlphaDropout", "noise_shape"): "Keras fails at a size of 0 or below when run.",
    ("GaussianDropout", "rate"): "At 1 nothing is kept; Keras divides by it when run.",
    ("PReLU", "shared_axes"): "Keras takes 0 and below to be other axes than they name.",
    ("Softmax", "axis"): "Without an axis there is nothing to add up; Keras fails when run.",
    **{
        (f"Adaptive{kind}Pooling{rank}D", "output_size"): "Keras fails when run: no window."
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    ("UpSampling2D", "interpolation"): "Keras fails when run.",
    ("ZeroPadding2D", "padding"): "Keras fails when run.",
    ("ZeroPadding3D", "padding"): "Keras fails when run.",
    **{
        (name, "value_range"): "Keras exchanges them; where they are equal it divides by zero."
        for name, entry in LAYERS.items()
        if "value_range" in entry.by_name
    },
    ("CenterCrop", "height"): "No size of an image can be 0; Keras makes an empty tensor.",
    ("CenterCrop", "width"): "No size of an image can be 0; Keras makes an empty tensor.",
    **{
        (name, size): "No size of an image can be 0; Keras fails when run."
        for name in ("Resizing", "RandomCrop")
        for size in ("height", "width")
    },
    ("Resizing", "interpolation"): "Keras fails when run.",
    ("Resizing", "fill_mode"): "Keras fails when run.",
    ("RandomFlip", "mode"): "Keras flips nothing.",
    ("Equalization", "bins"): "With one bin nothing is left of an image.",
    (
        "ContrastLimitedAdaptiveHistogramEqualization",
        "tile_grid_size",
    ): "Keras fails when run.",
    ("MaxNumBoundingBoxes", "max_number"): "Keras leaves no boxes.",
    ("AugMix", "num_chains"): "Keras blends nothing.",
    ("AugMix", "chain_depth"): "Keras draws the depth.",
    ("AugMix", "alpha"): "A distribution's parameter is above 0; Keras mixes what is no number.",
    ("MixUp", "alpha"): "A distribution's parameter is above 0; Keras mixes what is no number.",
    ("RandAugment", "num_ops"): "Keras changes nothing, or fails when run.",
    ("Rescaling", "scale"): "Without a number nothing is left; Keras fails when run.",
    ("Rescaling", "offset"): "Without a number nothing is left; Keras fails when run.",
    ("LSTM", "dropout"): "Keras cuts it to [0, 1].",
    ("LSTM", "recurrent_dropout"): "Keras cuts it to [0, 1].",
    ("GRU", "dropout"): "Keras cuts it to [0, 1].",
    ("GRU", "recurrent_dropout"): "Keras cuts it to [0, 1].",
    **dict.fromkeys(
        [
            (f"ConvLSTM{rank}D", name)
            for rank in (1, 2, 3)
            for name in ("dropout", "recurrent_dropout")
        ],
        "Keras cuts it to [0, 1].",
    ),
    **{
        (f"ConvLSTM{rank}D", "filters"): "Keras makes a layer without channels."
        for rank in (1, 2, 3)
    },
    ("ReversibleEmbedding", "reverse_dtype"): "Keras looks at it on the way back.",
    ("ReversibleEmbedding", "logit_soft_cap"): "Keras divides by it on the way back.",
    ("MelSpectrogram", "fft_length"): "A transform of one number; Keras fails when run.",
    **dict.fromkeys(
        [
            ("MelSpectrogram", name)
            for name in (
                "window",
                "sampling_rate",
                "num_mel_bins",
                "min_freq",
                "max_freq",
                "top_db",
                "min_power",
            )
        ],
        "Out of bounds the bands or the decibels are no numbers, which Keras finds when run.",
    ),
    ("MelSpectrogram", "sequence_length"): "Keras reads 0 as None.",
    ("TextVectorization", "output_sequence_length"): "Keras gives no word of any text.",
    ("TextVectorization", "ngrams"): "Keras makes no words at all.",
    ("HashedCrossing", "num_bins"): "Keras looks at it when run.",
    ("Discretization", "bin_boundaries"): "One bin for everything.",
    ("SimpleRNN", "dropout"): "Keras cuts it to [0, 1].",
    ("SimpleRNN", "recurrent_dropout"): "Keras cuts it to [0, 1].",
    ("SimpleRNN", "activity_regularizer"): "Keras does not use it.",
    ("GroupQueryAttention", "num_query_heads"): "Keras makes a layer without heads.",
    ("Attention", "dropout"): "Keras looks at it when the layer is run in training.",
    ("AdditiveAttention", "dropout"): "Keras looks at it when the layer is run in training.",
    ("MultiHeadAttention", "output_shape"): "Keras reads () and 0 as None.",
    ("MultiHeadAttention", "attention_axes"): "Keras takes 0 and below to be other axes.",
}
"""Values out of bounds that are refused here and not by Keras, and why."""


def out_of_bounds(param):
    """Values of the right type that ``param`` refuses."""
    match param:
        case Nested():
            wrong = {"class_name": "Dense", "config": {"units": -1}}
            return ["no_layer", {"class_name": "NoSuchLayer", "config": {}}, wrong]
        case Object():
            return ["no_such_name", {"class_name": "NoSuchName", "config": {}}]
        case Activation():
            return ["no_such_activation"]
        case Choice():
            return ["no_such_choice"]
        case Floats():
            return ([()] if param.shortest else []) + [-1.0] * (param.min is not None)
        case Int() | Float():
            steps = {"min": -1, "above": 0, "max": 1, "below": 0}
            bounds = {name: getattr(param, name, None) for name in steps}
            return [bound + steps[name] for name, bound in bounds.items() if bound is not None]
        case Texts():
            return [(), ("a", "b", "a")]
        case Ints():
            found = [()] if param.shortest else []
            if param.length is not None:
                found.append((2,) * (param.length + 1))
            if param.min is not None:
                found.append((param.min - 1,) * (param.length or 1))
            return found
        case Pairs():
            low, count = param.min - 1, len(param.places)
            return [low, (low,) * count, ((0, low),) * count, (0,) * (count + 1)]
        case Range():
            found = [(0.0,), (0.0, 0.0, 0.0)] + [(1.0, 1.0)] * param.ordered
            steps = {"min": -1, "above": 0, "max": 1}
            edges = {name: getattr(param, name) for name in steps}
            bounds = [edge + steps[name] for name, edge in edges.items() if edge is not None]
            return found + [value for edge in bounds for value in (edge, (edge, edge))]
        case EquationText():
            return ["ab,bc", "ab, bc->ac", "ab,bc->ad", "ab,cd->ac", "...ab,bc->ac"]
        case Text():
            return []
        case Numbers():
            return [{"no_such_key": 1.0}]
        case Bool():
            return []
    raise TypeError(param)


@pytest.mark.parametrize("name", LAYERS)
def test_values_out_of_bounds_are_refused_here_and_by_keras(keras, name):
    entry = LAYERS[name]
    shape = SUITABLE.get(name, (2, 6))
    inputs = [shape] * entry.min_inputs

    def ask(params):
        name, made, shapes, given, dtype = call_of(entry, params, inputs)
        return keras.ask("layer", name, made, shapes, False, given, dtype)

    assert "error" not in ask(entry.initial)
    for param in entry.params:
        refused_by_keras = []
        for value in out_of_bounds(param):
            params = {**entry.initial, param.name: value}
            assert entry.check(params), (param.name, value)
            refused_by_keras.append("error" in ask(params))
        assert all(refused_by_keras) == ((name, param.name) not in KERAS_IS_LENIENT), param.name


@pytest.mark.parametrize("dtype", ["int32", "uint8", "bool"])
def test_only_a_layer_that_moves_its_inputs_may_work_in_whole_numbers(keras, dtype):
    for name, entry in LAYERS.items():
        if name in WHOLE:
            continue  # whole numbers come in, and may come out
        problems = entry.check({**entry.initial, "dtype": dtype})
        assert ("dtype" in problems) == (name not in MOVERS), name
    for name, shape in (("Dense", (None, 50)), ("Softmax", (None, 3))):
        params = {**LAYERS[name].initial, "dtype": dtype}
        assert "error" in keras.ask("layer", name, params, [shape], True)
    assert "error" not in keras.ask("layer", "Flatten", {"dtype": dtype}, [(None, 3)], True)


@pytest.mark.parametrize("name", LAYERS)
def test_values_of_another_type_are_refused(name):
    entry = LAYERS[name]
    for param in entry.params:
        for value in (object(), b"", {"a": {}}, ("a", None), float("nan"), 10**400):
            assert param.check(value), (param.name, value)
            assert list(entry.check({**entry.initial, param.name: value})) == [param.name]
