"""The operations against Keras: all of them, their arguments, their shapes, what is refused."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bnstudio.graph import Node
from bnstudio.layers import LAYERS, OPERATION_CATEGORIES, ShapeError, near_names
from bnstudio.layers.operands import Index, Operand, entries, index_text
from bnstudio.layers.operations import ALIASES, OPERATIONS
from bnstudio.layers.params import REQUIRED, Wired
from bnstudio.rules.head import ACTIVATION_LAYERS, activation_of
from tests import operations
from tests.drawing import SIZES, arguments
from tests.operands import TOGETHER, dtypes
from tests.verdicts import note

MODULE = operations.__name__
_MADE = "It makes a tensor of numbers: nothing comes in."
_CODE = "It takes a function, which is code."
_NONE = "It tells Python something of a tensor: nothing comes out that a wire could carry."
_VALUES = "How much comes out depends on the numbers that come in."

LEFT_OUT = {
    **dict.fromkeys(
        (
            "arange", "array", "bartlett", "blackman", "empty", "eye", "full", "geomspace",
            "hamming", "hanning", "identity", "kaiser", "linspace", "logspace", "ones", "tri",
            "zeros",
        ),
        _MADE,
    ),
    **dict.fromkeys(
        (
            "associative_scan", "cond", "custom_gradient", "fori_loop", "jvp", "map", "scan",
            "switch", "vectorize", "vectorized_map", "while_loop",
        ),
        _CODE,
    ),
    **dict.fromkeys(
        ("convert_to_numpy", "dtype", "is_tensor", "ndim", "shape", "size"), _NONE
    ),
    **dict.fromkeys(("bincount", "nonzero", "unique"), _VALUES),
    "convert_to_tensor": "What wires carry are tensors.",
    "empty_like": "What comes out is whatever lay in memory.",
    "histogram": "Keras cannot run it in a model: its backend lacks the function it calls.",
    "select": "It takes two lists of tensors.",
    "view": "How much comes out depends on the dtype that comes in.",
    **dict.fromkeys(
        ("polar", "view_as_complex", "view_as_real"), "No wire carries complex numbers."
    ),
    **dict.fromkeys(
        ("adaptive_average_pool", "adaptive_max_pool"),
        "Keras gives what comes out a wrong shape; the layers of that name are in the catalogue.",
    ),
    "rearrange": "It takes sizes under names of one's own; reshape and transpose do the same.",
    "ctc_decode": "What comes out is for reading, and no layer takes it.",
    "istft": "Its length depends on how the signal was cut.",
    "conv_transpose": "Its layers, Conv1DTranspose and so on, are in the catalogue.",
    "separable_conv": "Its layers, SeparableConv1D and so on, are in the catalogue.",
    "scatter_update": "Its indices are lists of places, which no layer makes.",
    "isin": "It compares with a set, which no layer makes.",
    **dict.fromkeys(
        (
            "image.elastic_transform", "image.extract_patches_3d", "image.perspective_transform",
            "image.scale_and_translate", "image.ssim",
        ),
        "Layers of the catalogue do it, or it measures.",
    ),
}  # fmt: skip
"""Functions of ``keras.ops`` that are not in the catalogue, and why."""

NOT_DRAWN = {
    ("ops.trapezoid", "x"): "It takes an array.",
    ("ops.dot_product_attention", "attn_logits_soft_cap"): "Keras takes it on a TPU only.",
}
"""Arguments that the catalogue leaves out, and why."""

OTHER_DEFAULTS = {("ops.multi_hot", "num_classes"): "Keras has none that it could use."}
"""Arguments that are required here and have a default in Keras, and why."""


@pytest.mark.engine
def test_every_operation_of_keras_is_there_or_left_out_for_a_reason(keras):
    known = set(keras.ask(f"{MODULE}:functions"))
    there = {entry.function for entry in OPERATIONS.values()} | ALIASES.keys()
    assert known == there | LEFT_OUT.keys()
    assert not there & LEFT_OUT.keys()


@pytest.mark.engine
def test_arguments_and_defaults_are_those_of_keras(keras):
    for name, entry in OPERATIONS.items():
        inputs = {port.argument for port in entry.ports} or set(entry.order) - set(entry.by_name)
        mine = [(p.name, p.default) for p in entry.params if p.name not in inputs]
        theirs = [
            (arg, REQUIRED if (name, arg) in OTHER_DEFAULTS else default)
            for arg, default in keras.ask(f"{MODULE}:signature", entry.function)
            if arg not in inputs and (name, arg) not in NOT_DRAWN
        ]
        assert mine == theirs, name
        assert [type(default) for _, default in mine] == [type(default) for _, default in theirs]


def test_entries_are_complete():
    categories = [entry.category for entry in OPERATIONS.values()]
    assert list(dict.fromkeys(categories)) == list(OPERATION_CATEGORIES)
    for name, entry in OPERATIONS.items():
        assert LAYERS[name] is entry
        assert name not in [*LAYERS]  # which has layers only, where one walks it
        assert entry.summary.endswith("."), name
        assert set(entry.tells) <= set(entry.by_name)
        for param in entry.params:
            assert param.help.endswith("."), (name, param.name)
            start = param.initial if param.required else param.default
            assert param.check(start) is None, (name, param.name)


def test_a_constant_is_read_and_written_as_it_is_typed():
    for text, value in {
        "2": 2,
        "-0.5": -0.5,
        "True": True,
        "[1, 2]": (1, 2),
        "[[1.0], [2.0]]": ((1.0,), (2.0,)),
        "[1.0, 2.0] float64": {"value": (1.0, 2.0), "dtype": "float64"},
    }.items():
        assert Operand.read(text) == value
        assert Operand.text_of(value) == text
        assert Operand("x2", None).check(value) is None
    assert Operand.read("(1, 2)") == (1, 2)
    assert Operand.read(" ") is None
    for text in ("x", "[1, 2", "[[1], [2, 3]]", "[]", "NaN", "1e999", "[1] float63", '"a"'):
        assert Operand("x2", None).check(Operand.read(text)), text
    assert "at most 1,000 numbers" in Operand("x2", None).check((1.0,) * 1001)


def test_an_index_is_what_python_takes():
    index = Index("key", "0")
    for good in (":, 0", "...", "None, ..., -1", "1:3, ::2", "0,"):
        assert index.check(good) is None
        assert index_text(entries(good)) == good.rstrip(",")
    for bad in ("", "x", "..., ...", "1:2:0", "1.5", "1:2:3:4", "0, , 1"):
        assert index.check(bad), bad


def test_a_new_operation_takes_an_input_or_says_why_not():
    for entry in OPERATIONS.values():
        least, most = entry.input_counts(entry.initial)
        for shape in ((), (None,), (4,), (None, 3), (None, 4, 4), (None, 6, 6, 3), (None,) * 4):
            inputs = [shape] * (least if most is not None else max(least, 2))
            try:
                outputs = entry.output_shapes(inputs, entry.initial)
            except ShapeError:
                continue
            assert len(outputs) == entry.output_count(entry.initial), entry.name
            entry.flops(inputs, outputs, entry.initial)


def test_the_rules_know_operations_that_are_activations():
    known = {type: name for type, name in ACTIVATION_LAYERS.items() if type in OPERATIONS}
    assert len(known) == sum(type.startswith("ops.") for type in ACTIVATION_LAYERS) > 10
    for type, name in known.items():
        assert activation_of(Node("node", type, "node")) == name


def test_two_constants_are_refused_and_the_formula_says_one():
    entry = LAYERS["ops.multiply"]
    assert list(entry.check({"x1": 2, "x2": 3})) == ["x2"]
    assert entry.input_counts({}) == (2, 2)
    assert entry.input_counts({"x1": 2}) == (1, 1)
    assert entry.formula({"x1": 2}) == "2 * x"
    assert entry.formula({}) == ""
    assert LAYERS["ops.get_item"].formula({"key": ":, 0"}) == "x[:, 0]"
    assert near_names("ops.men")[0] == "ops.mean"


@st.composite
def cases(draw, entry):
    """An operation's arguments, and the shapes of its inputs; half of them go together."""
    if entry.name in TOGETHER and draw(st.booleans()):
        more, inputs = draw(st.sampled_from(TOGETHER[entry.name]))
        others = [p for p in entry.params if not isinstance(p, Wired) and p.name not in more]
        others = [p for p in others if not any(port.unless == p.name for port in entry.ports)]
        return {**draw(arguments(others, often=10)), **more}, inputs
    params = draw(arguments(entry.params, often=3))
    least, most = entry.input_counts(params)
    count = least if most is not None else draw(st.integers(max(least, 1), 3))
    sizes = st.sampled_from((*SIZES, None))
    first = tuple(draw(st.lists(sizes, max_size=4)))
    return params, [first, *(draw(_like(first)) for _ in range(count - 1))][:count]


@st.composite
def _like(draw, shape):
    """A shape that goes with ``shape`` more often than not."""
    changed = list(shape)
    if changed and draw(st.booleans()):
        at = draw(st.integers(0, len(changed) - 1))
        changed[at] = draw(st.sampled_from((1, None, *SIZES)))
    return tuple(changed[draw(st.sampled_from((0, 0, 0, 1))) :])


def ours(entry, params, inputs):
    """Our outputs, or the reason against."""
    if problems := entry.check(params):
        return {"refused": problems}
    try:
        outputs = entry.output_shapes(inputs, params)
    except ShapeError as error:
        return {"error": str(error)}
    entry.flops(inputs, outputs, params)
    return {"outputs": list(outputs), "count": entry.output_count(params)}


def compare(keras, name, params, inputs):
    """Fails where we and Keras disagree; returns what they agree on."""
    entry = LAYERS[name]
    mine = ours(entry, params, inputs)
    given = list(zip(inputs, dtypes(entry, params), strict=False))
    theirs = keras.ask(f"{MODULE}:call", name, params, given)
    case = f"{name}({params}) on {inputs}\nours: {mine}\nKeras: {theirs}"
    if "outputs" in mine:
        assert theirs.get("outputs") == mine["outputs"], case
        assert mine["count"] == len(mine["outputs"]), case
        return "accepted"
    if "error" in theirs or "refused" in mine:
        return "refused"
    assert "error" in keras.ask(f"{MODULE}:call", name, params, given, True), case
    return "refused, fails when run"


def check(keras, name, examples):
    verdicts = Counter()

    @settings(max_examples=examples)
    @given(cases(LAYERS[name]))
    def run(case):
        params, inputs = case
        verdicts[compare(keras, name, params, inputs)] += 1

    run()
    return verdicts


@pytest.mark.engine
@pytest.mark.parametrize("category", OPERATION_CATEGORIES)
def test_shapes_are_those_of_keras(keras, category):
    verdicts = Counter()
    for name, entry in OPERATIONS.items():
        if entry.category == category:
            verdicts += check(keras, name, 2)
    assert verdicts["accepted"] > verdicts["refused"] / 4


def sound():
    """Arguments and inputs of every operation, which go together."""
    for name, entry in OPERATIONS.items():
        count = max(1, entry.input_counts(entry.initial)[0])
        for params, shapes in TOGETHER.get(name, [(entry.initial, [(2, 3)] * count)]):
            said = {
                key: value
                for key, value in params.items()
                if entry.by_name[key].required or value != entry.by_name[key].default
            }
            if "outputs" in ours(entry, said, shapes):
                yield name, said, list(zip(shapes, dtypes(entry, said), strict=False))


@pytest.mark.engine
def test_a_model_of_all_operations_is_opened_built_and_exported_as_it_was_saved(keras):
    first = {case[0]: case for case in reversed([*sound()])}
    assert first.keys() == OPERATIONS.keys()
    assert keras.ask(f"{MODULE}:round_trips", [*first.values()]) == []


@pytest.mark.deep
@pytest.mark.engine
def test_the_same_of_all_cases_that_are_known(keras):
    assert keras.ask(f"{MODULE}:round_trips", [*sound()]) == []


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.parametrize("name", OPERATIONS)
def test_shapes_are_those_of_keras_in_many_cases(keras, name):
    verdicts = check(keras, name, settings.default.max_examples)
    note(name, verdicts)
    assert verdicts["accepted"] > sum(verdicts.values()) / 50
