"""What holds for every entry of the catalogue, without Keras."""

import pickle

import pytest

from bnstudio.layers import CATEGORIES, LAYERS, ShapeError, Weight, near_names, show_shape
from bnstudio.layers.catalogue import layer
from bnstudio.layers.params import REQUIRED, Object


def test_the_palette_is_in_order():
    categories = [entry.category for entry in LAYERS.values()]
    assert list(dict.fromkeys(categories)) == list(CATEGORIES)
    assert categories == sorted(categories, key=CATEGORIES.index)
    core = [name for name, entry in LAYERS.items() if entry.category == "Core"]
    assert core[:3] == ["Input", "Dense", "Embedding"]


@pytest.mark.parametrize("name", LAYERS)
def test_an_entry_is_complete(name):
    entry = LAYERS[name]
    assert entry.name == name
    assert entry.help.strip()
    assert entry.summary.endswith(".")
    assert set(entry.tells) <= set(entry.by_name)
    assert len(entry.by_name) == len(entry.params)
    for param in entry.params:
        assert param.help.endswith("."), param.name
        start = param.initial if param.required else param.default
        assert param.check(start) is None, param.name
        assert param.required or param.initial is None, param.name
        if isinstance(param, Object):
            assert param.group, param.name


@pytest.mark.parametrize("name", LAYERS)
def test_a_new_node_has_the_required_arguments_and_no_problem(name):
    entry = LAYERS[name]
    assert set(entry.initial) == {p.name for p in entry.params if p.default is REQUIRED}
    assert entry.check(entry.initial) == {}
    assert set(entry.full(entry.initial)) == set(entry.by_name)
    for param in entry.params:
        if param.required:
            rest = {k: v for k, v in entry.initial.items() if k != param.name}
            assert entry.check(rest) == {param.name: f"{name} needs {param.name}."}


def test_an_argument_that_is_not_known_is_refused_with_the_nearest():
    assert LAYERS["Dense"].check({"units": 3, "activaton": "relu"}) == {
        "activaton": "Dense has no argument 'activaton'. Did you mean 'activation'?"
    }


def test_arguments_that_do_not_go_together_are_refused_at_one_of_them():
    conv = LAYERS["Conv2D"]
    base = {"filters": 6, "kernel_size": 3}
    assert conv.check({**base, "groups": 4}) == {
        "groups": "6 filters cannot be split into 4 equal groups."
    }
    assert list(conv.check({**base, "strides": 2, "dilation_rate": (1, 2)})) == ["dilation_rate"]
    assert list(LAYERS["Input"].check({"shape": (2,), "sparse": True, "ragged": True})) == [
        "ragged"
    ]
    transposed = LAYERS["Conv2DTranspose"]
    assert list(transposed.check({**base, "strides": 2, "dilation_rate": 2})) == ["dilation_rate"]
    assert transposed.check({**base, "strides": (3, 2), "output_padding": (1, 2)}) == {
        "output_padding": "Expected less than the strides (3, 2) everywhere, got (1, 2)."
    }
    even = {**base, "kernel_size": 2, "padding": "same", "strides": 2, "output_padding": 0}
    assert "spans an even number (2)" in transposed.check(even)["output_padding"]
    assert LAYERS["Permute"].check({"dims": (1, 3)}) == {
        "dims": "Expected each number from 1 to 2 once, got (1, 3)."
    }
    assert list(LAYERS["UpSampling2D"].check({"interpolation": "bicubic", "dtype": "bool"})) == [
        "interpolation"
    ]
    einsum = {"equation": "ab,bc->ac", "output_shape": 8}
    assert LAYERS["EinsumDense"].check({**einsum, "bias_axes": "b"}) == {
        "bias_axes": "Expected letters of the output 'ac', got 'b'."
    }
    half = {"kernel_size": 2, "strides": (1, 2), "dtype": "float16"}
    assert "equal strides, got (1, 2)" in LAYERS["DepthwiseConv2D"].check(half)["strides"]
    assert LAYERS["DepthwiseConv2D"].check({**half, "dtype": "bfloat16"}) == {}
    assert list(LAYERS["MaxPooling3D"].check({"dtype": "float64"})) == ["dtype"]
    assert LAYERS["AveragePooling3D"].check({"pool_size": 2, "dtype": "float64"}) == {}
    assert list(LAYERS["MelSpectrogram"].check({"dtype": "float64"})) == ["dtype"]
    assert list(LAYERS["Rescaling"].check({"scale": (1.0, 2.0), "offset": (1.0,) * 3})) == [
        "offset"
    ]
    cell = {"class_name": "GRUCell", "config": {"units": 2, "dropout": 0.5}}
    assert list(LAYERS["RNN"].check({"cell": cell, "dtype": "mixed_float16"})) == ["cell"]
    assert LAYERS["RNN"].check({"cell": cell}) == {}
    norm = LAYERS["BatchNormalization"]
    clipping = {"rmin": 2.0, "rmax": 1.0, "dmax": 1.0}
    assert norm.check({"renorm_clipping": clipping}) == {}
    assert (
        "rmax is 1.0"
        in norm.check({"renorm": True, "renorm_clipping": clipping})["renorm_clipping"]
    )


@pytest.mark.parametrize(
    ("equation", "words"),
    [
        ("ab,bc", "Expected an equation such as 'ab,bc->ac'"),
        ("ab, bc->ac", "got 'ab, bc->ac'."),
        ("...ab,bc->ac", "Expected an equation"),
        ("a...,ab->b...", "Expected an equation"),
        ("ab,bc->aa", "each letter of the output once, got 'a' twice"),
        ("ab,bc->ad", "'d' is in neither of the inputs"),
        ("ab,cd->ac", "kernel's 'd' is neither in the input nor in the output"),
    ],
)
def test_an_equation_that_keras_cannot_read_is_refused(equation, words):
    assert words in LAYERS["EinsumDense"].by_name["equation"].check(equation)


def test_a_vocabulary_holds_nothing_that_keras_adds():
    entry = LAYERS["IntegerLookup"]
    assert entry.check({"vocabulary": (-1, 4)}) == {}
    assert "nothing but" in entry.check({"vocabulary": (-1,)})["vocabulary"]
    assert "mask_token" in entry.check({"vocabulary": (4, 0), "mask_token": 0})["vocabulary"]
    few = {"vocabulary": (4, 5, 6), "max_tokens": 3}
    assert "needs 4 numbers, more than 3" in entry.check(few)["max_tokens"]
    shapes = [(None, 2)]
    assert entry.output_shapes(shapes, {"vocabulary": (4, 5), "output_mode": "count"}) == (
        (None, 3),
    )


def test_states_that_no_wire_can_carry_are_refused():
    cells = tuple({"class_name": "LSTMCell", "config": {"units": 2}} for _ in range(2))
    stack = {"class_name": "StackedRNNCells", "config": {"cells": cells}}
    entry = LAYERS["RNN"]
    assert entry.check({"cell": stack}) == {}
    assert "lists in lists" in entry.check({"cell": stack, "return_state": True})["return_state"]


def test_a_frozen_layer_has_no_trainable_weights():
    entry = LAYERS["BatchNormalization"]
    free = entry.weights([(None, 3)], {})
    frozen = entry.weights([(None, 3)], {"trainable": False})
    assert [weight.trainable for weight in free] == [True, True, False, False]
    assert [weight.trainable for weight in frozen] == [False] * 4
    assert [weight.name for weight in free] == [weight.name for weight in frozen]
    assert Weight("kernel", (3, 4, 5)).size == 60


def test_entries_are_plain_values():
    for entry in LAYERS.values():
        assert pickle.loads(pickle.dumps(entry.params)) == entry.params


def test_two_entries_of_one_name_are_refused_and_both_owners_named():
    with pytest.raises(ValueError, match=r"core\.dense and .*second_dense"):

        @layer("Dense", category="Core")
        def second_dense(x, **_):
            """Another."""

    with pytest.raises(ValueError, match="no category 'Odd'"):
        layer("Odd", category="Odd")


def test_near_names_are_found_whatever_the_case():
    assert near_names("dense")[0] == "Dense"
    assert near_names("BatchNorm")[0] == "BatchNormalization"
    assert near_names("xyzzy") == []


def test_shapes_are_shown_as_python_writes_them():
    assert show_shape((None, 3)) == "(None, 3)"
    assert show_shape((None,)) == "(None,)"
    assert show_shape(()) == "()"
    assert show_shape(None) == "?"


WORDS = [
    ("Dense", {"units": 2}, [(None,)], "STR05", "at least two dimensions, got (None,)"),
    ("Dense", {"units": 2}, [(None, None)], "STR05", "know the last dimension, got (None, None)"),
    (
        "Dense",
        {"units": 2, "bias_initializer": "identity"},
        [(None, 3)],
        "STR05",
        "bias_initializer does not suit the bias (2,): Identity fills two-dimensional",
    ),
    (
        "Dense",
        {"units": 2, "bias_constraint": {"class_name": "MaxNorm", "config": {"axis": 1}}},
        [(None, 3)],
        "STR05",
        "its axis 1 is beyond the 1 dimensions",
    ),
    (
        "Dense",
        {"units": 2, "activity_regularizer": "orthogonal_regularizer"},
        [(None, 3)],
        "STR05",
        "does not suit the output (None, 2): OrthogonalRegularizer needs to know how many rows",
    ),
    (
        "GRU",
        {"units": 2, "dtype": "bfloat16"},
        [(None, 4, 3)],
        "STR05",
        "Orthogonal cannot be drawn in bfloat16",
    ),
    ("BatchNormalization", {"axis": 3}, [(None, 4)], "STR05", "axis 3, but (None, 4) has 2"),
    ("BatchNormalization", {"axis": 0}, [(None, 4)], "STR05", "know the batch dimension"),
    ("LayerNormalization", {"axis": (1, -1)}, [(2, 4)], "STR05", "twice"),
    (
        "GroupNormalization",
        {"groups": 4},
        [(None, 6)],
        "STR05",
        "split the 6 features of (None, 6) into 4 equal groups",
    ),
    (
        "RMSNormalization",
        {"axis": 1},
        [(None, 4, 6)],
        "STR05",
        "the sizes (4,) of axes (1,) do not fit the end of (None, 4, 6)",
    ),
    ("UnitNormalization", {"axis": 2}, [(None, 4)], "STR05", "axis 2, but (None, 4) has 2"),
    ("SpatialDropout2D", {"rate": 0.5}, [(None, 4)], "STR05", "needs 4 dimensions"),
    (
        "Attention",
        {},
        [(None, 5, 2), (None, 7, 3)],
        "STR05",
        "compares queries with keys of as many features, got (None, 5, 2) and (None, 7, 3)",
    ),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 3, "value_mask": True},
        [(2, 5, 4), (2, 7, 4), (2, 6)],
        "STR05",
        "cannot spread value_mask (2, 1, 6) over its scores (2, 2, 5, 7)",
    ),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 3, "return_attention_scores": True},
        [(2, 5, 4), (2, 7, 4)],
        "STR05",
        "scores of (2, 2, 5, 7), which Keras takes for (2, 2, 5, 5)",
    ),
    (
        "LSTM",
        {"units": 2, "initial_state": True},
        [(None, 5, 4), (None, 2), (None, 3)],
        "STR05",
        "needs a cell state of (None, 2), got (None, 3)",
    ),
    (
        "ConvLSTM1D",
        {"filters": 2, "kernel_size": 3},
        [(None, 5, None, 4)],
        "STR05",
        "needs to know every size of a step, got (None, 5, None, 4)",
    ),
    (
        "TimeDistributed",
        {"layer": {"class_name": "Conv1D", "config": {"filters": 2, "kernel_size": 9}}},
        [(None, 5, 8, 4)],
        "STR06",
        "Inside TimeDistributed: Conv1D's window spans 9",
    ),
    ("RNN", {"cell": {"class_name": "GRUCell", "config": {"units": 2}}}, [(None, 5)], "STR05", "3"),
    (
        "Bidirectional",
        {
            "layer": {"class_name": "GRU", "config": {"units": 2}},
            "backward_layer": {"class_name": "GRU", "config": {"units": 3, "go_backwards": True}},
        },
        [(None, 5, 4)],
        "STR05",
        "two layers that give the same, got (None, 2) and (None, 3)",
    ),
    ("Softmax", {"axis": 2}, [(None, 4)], "STR05", "axis 2, but (None, 4) has 2 dimensions"),
    ("PReLU", {}, [(None, None, 4)], "STR05", "know every dimension"),
    (
        "Dropout",
        {"rate": 0.5, "noise_shape": (None, 3)},
        [(None, 4)],
        "STR05",
        "noise_shape (None, 3) cannot be spread over (None, 4)",
    ),
    (
        "Conv2D",
        {"filters": 4, "kernel_size": 3},
        [(None, 8, 8)],
        "STR05",
        "Conv2D needs 4 dimensions, (batch, rows, columns, channels); got 3: (None, 8, 8)",
    ),
    (
        "Conv2D",
        {"filters": 4, "kernel_size": 3, "groups": 2},
        [(None, 8, 8, 3)],
        "STR05",
        "cannot split the 3 channels of (None, 8, 8, 3) into 2 groups",
    ),
    (
        "Conv2D",
        {"filters": 4, "kernel_size": (3, 5), "dilation_rate": 2},
        [(None, 8, 8, 3)],
        "STR06",
        "spans 9 and does not fit into the 8 of dimension 2 of (None, 8, 8, 3)",
    ),
    (
        "MaxPooling2D",
        {"data_format": "channels_first"},
        [(None, 3, 8, 1)],
        "STR06",
        "spans 2 and does not fit into the 1 of dimension 3 of (None, 3, 8, 1)",
    ),
    (
        "AdaptiveMaxPooling1D",
        {"output_size": 1},
        [(None, 6, 3)],
        "STR05",
        "cannot divide the 6 of dimension 1 of (None, 6, 3) into 1",
    ),
    (
        "AdaptiveAveragePooling2D",
        {"output_size": 2},
        [(None, 6, None, 3)],
        "STR05",
        "needs to know dimension 2, got (None, 6, None, 3)",
    ),
    ("LSTM", {"units": 2, "stateful": True}, [(None, 4, 3)], "STR05", "a fixed batch size"),
    ("GRU", {"units": 2, "unroll": True}, [(None, None, 3)], "STR05", "unknown length"),
    (
        "Cropping2D",
        {"cropping": (1, (2, 3))},
        [(None, 8, 5, 3)],
        "STR06",
        "cuts 2 and 3 off the 5 of dimension 2 of (None, 8, 5, 3)",
    ),
    (
        "UpSampling2D",
        {"interpolation": "bilinear"},
        [(None, None, 5, 3)],
        "STR05",
        "needs to know dimension 1",
    ),
    (
        "Permute",
        {"dims": (2, 1)},
        [(None, 4)],
        "STR05",
        "2 dimensions and the batch",
    ),
    ("RepeatVector", {"n": 3}, [(None, 4, 3)], "STR05", "2 dimensions, (batch, features); got 3"),
    ("Reshape", {"target_shape": (4,)}, [(None, 6)], "STR05", "6 numbers of (None, 6) into (4,)"),
    ("Reshape", {"target_shape": (-1, 4)}, [(None, 6)], "STR05", "4 does not divide them"),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": 8},
        [(None, 4, 3)],
        "STR05",
        "'ab,bc->ac' has 2 input dimensions, got 3: (None, 4, 3)",
    ),
    (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (5, 8)},
        [(None, 4, 3)],
        "STR05",
        "keeps 'b', which is 4 in (None, 4, 3) and 5 in its output (None, 5, 8)",
    ),
    (
        "EinsumDense",
        {"equation": "ab,bc->ac", "output_shape": (8, 9)},
        [(None, 4)],
        "STR05",
        "(None, 8, 9) has 3 dimensions, the equation's output 2",
    ),
    (
        "EinsumDense",
        {"equation": "abc,cd->abd", "output_shape": (None, 8)},
        [(None, 4, None)],
        "STR05",
        "every size of its kernel, got (None, 8)",
    ),
    (
        "EinsumDense",
        {"equation": "...x,xy->...y", "output_shape": 8},
        [(None, 2, 3, 4)],
        "STR05",
        "Keras gives (2, 3) in the wrong order",
    ),
    (
        "EinsumDense",
        {"equation": "abb,bc->ac", "output_shape": 8},
        [(None, 3, 4)],
        "STR05",
        "'b' is 3 and 4 at once in (None, 3, 4)",
    ),
    ("Dot", {"axes": 1}, [(None, 3), (None, 4)], "STR07", "got 3 and 4 in (None, 3), (None, 4)"),
    ("Dot", {"axes": 0}, [(None, 3), (None, 3)], "STR07", "cannot work along the batch"),
    ("Dot", {"axes": 2}, [(None, 3), (None, 3)], "STR07", "along 2, which is beyond"),
    ("Dot", {"axes": 1}, [(None,), (None, 3)], "STR07", "at least two dimensions"),
    ("Add", {}, [(None, 3), (None, 4)], "STR07", "got 3 and 4 in (None, 3), (None, 4)"),
    ("Average", {}, [(2, 3), (4, 3)], "STR07", "one batch size, got (2, 3), (4, 3)"),
    (
        "Activation",
        {"activation": "sparsemax", "dtype": "float16"},
        [(None, 4)],
        "STR05",
        "'sparsemax' in float16 along the last axis of (None, 4)",
    ),
    ("Concatenate", {"axis": 5}, [(None, 3), (None, 3)], "STR07", "axis 5"),
    ("Concatenate", {}, [(None, 3), (None, 2, 3)], "STR07", "as many dimensions"),
    (
        "Concatenate",
        {"axis": 1},
        [(None, 2, 3), (None, 2, 4)],
        "STR07",
        "got 3 and 4 in dimension 2 of (None, 2, 3), (None, 2, 4)",
    ),
]


@pytest.mark.parametrize(("name", "params", "inputs", "code", "words"), WORDS)
def test_a_refusal_says_what_was_received(name, params, inputs, code, words):
    with pytest.raises(ShapeError) as refusal:
        LAYERS[name].output_shapes(inputs, params)
    assert refusal.value.code == code
    assert words in str(refusal.value)
    assert str(refusal.value).endswith(".")
