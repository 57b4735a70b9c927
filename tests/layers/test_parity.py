"""The shape rules against Keras: the same outputs and weights, and the same is refused.

Where a rule refuses what Keras lets pass, Keras fails as soon as the layer is run, and the test
makes it do so.
"""

from collections import Counter
from itertools import chain

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bnstudio.layers import LAYERS, ShapeError
from tests.drawing import SIZES, arguments, call_of, fitting_arguments, shape_at
from tests.suitable import FITTING, IMAGES, SUITABLE, TOGETHER
from tests.verdicts import CASES, note

pytestmark = pytest.mark.engine

sizes = st.sampled_from((*SIZES, 12, None))
tame_sizes = st.sampled_from((4, 6, 8))
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
    """A layer's arguments and the shapes of its inputs.

    Half of them go together where it takes that. Of the others half are anything, half mostly good.
    """
    name = entry.name
    together = TOGETHER.get(name, [])
    if name in SUITABLE and name not in FITTING and not entry.ports:
        together = together or [({}, SUITABLE[name])]
    if together and draw(st.booleans()):
        more, shape = draw(st.sampled_from(together))
        return {**draw(arguments(entry.params, often=12)), **more}, [shape] * entry.min_inputs
    tame = draw(st.booleans())
    params = draw(fitting_arguments(entry, 10, 10) if tame else fitting_arguments(entry))
    return params, draw(shapes(entry, params, tame))


@st.composite
def shapes(draw, entry, params, tame):
    """The shapes of the inputs of a layer, good and bad; ``tame`` have the rank that it wants."""
    name = entry.name
    if entry.max_inputs == 0:
        return []
    suitable = SUITABLE.get(name, (2, 6))
    if tame:
        rest = tuple(draw(tame_sizes) for _ in suitable[1:])
    elif name in SUITABLE and draw(st.integers(0, 4)):  # what it insists on is drawn more often
        rest = tuple(draw(sizes | st.just(size)) for size in suitable[1:])
    else:
        rest = tuple(draw(sizes) for _ in range(draw(st.integers(0, 4))))
    first = (draw(batches), *rest)
    if entry.max_inputs == 1:
        return [first]
    if entry.ports:
        inputs = {}
        for port in entry.open_ports(params):
            shape = shape_at(entry, params, inputs, port.name) if inputs else first
            inputs[port.name] = draw(
                _like(shape) if draw(st.integers(1, 6)) == 1 else st.just(shape)
            )
        return list(inputs.values())
    more = st.integers(1, 3) if entry.max_inputs is None else st.just(entry.max_inputs - 1)
    return [first, *(draw(_like(first)) for _ in range(draw(more)))]


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


def by_chance(name, params, inputs):
    """Whether Keras may run what is refused here: by its draw, as sizes agree, or for nothing."""
    if name == "EinsumDense":
        letters = params["equation"].partition(",")[0]
        return "..." not in letters and len(inputs[0]) != len(letters)
    if name in ("AugMix", "RandAugment") and len(inputs[0]) == 4:
        axis = 1 if params.get("data_format") == "channels_first" else 3
        return inputs[0][axis] not in (1, 3)
    if name == "RandomElasticTransform" and any(
        params.get(how) in (0, (0, 0)) for how in ("factor", "scale")
    ):
        return True
    # Keras takes three dimensions for one image, but what is drawn always has a batch.
    return bool(inputs) and len(inputs[0]) == 3 and name in IMAGES


def ask(keras, entry, params, inputs, run=False):
    """What Keras makes of it, called as the plan calls it."""
    name, made, inputs, given, dtype = call_of(entry, params, inputs)
    return keras.ask("layer", name, made, inputs, run, given, dtype)


def compare(keras, name, params, inputs):
    """Fails where we and Keras disagree; returns what they agree on."""
    entry = LAYERS[name]
    mine = ours(entry, params, inputs)
    mixes = bool(inputs) and len(inputs[0]) == MIXES_ROWS.get(name)
    theirs = ask(keras, entry, params, inputs, "outputs" not in mine and not mixes)
    case = f"{name}({params}) on {inputs}\nours: {mine}\nKeras: {theirs}"
    if "outputs" in mine:
        assert "outputs" in theirs, case
        assert mine["outputs"] == theirs["outputs"], case
        assert mine["weights"] == theirs["weights"], case
        assert mine["count"] == len(theirs["outputs"]), case
        steps = MIXES_ROWS.get(name)  # rows that become steps are to be known too
        given = [shape if len(shape) == steps else shape[1:] for shape in inputs]
        known = None not in chain(*given, *(shape[1:] for shape in theirs["outputs"]))
        assert mine["flops"] is not None or not known, case
        return "accepted"
    if "refused" not in mine:
        assert theirs.get("stage") != "construct", case
    if mixes and "error" not in theirs:
        return "refused, mixes rows"
    assert "error" in theirs, case
    return "refused, fails when run" if theirs["stage"] == "run" else "refused"


@pytest.mark.parametrize("name", LAYERS)
def test_shapes_and_weights_are_those_of_keras(keras, name):
    entry = LAYERS[name]
    verdicts = Counter()
    # An image layer takes Keras several times as long to make and to run, and has fewer ways.
    examples = settings.default.max_examples // (3 if name in IMAGES else 1)

    @settings(max_examples=examples)
    @given(cases(entry))
    def check(case):
        params, inputs = case
        assume(not by_chance(name, params, inputs))
        verdicts[compare(keras, name, params, inputs)] += 1

    check()
    note(name, verdicts)
    assert verdicts["accepted"] > sum(verdicts.values()) / 5


@pytest.mark.deep
def test_a_hundred_thousand_cases_have_been_compared():
    """Counts what the test above has done, so it says something only after all of it."""
    assert CASES.keys() >= set(LAYERS), "Run all layers with it: the file as a whole."
    assert sum(CASES[name] for name in LAYERS) >= 100_000


def _known(name, inputs):
    """Whether all sizes are known: else it turns out in the run whether they fit.

    That of the batch need not be, where it does not count among the others.
    """
    counts = MIXES_ROWS.get(name, 1)
    return None not in chain(*(shape[len(shape) > counts :] for shape in inputs))


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Input"])
def test_what_is_accepted_runs(keras, name):
    entry = LAYERS[name]

    @settings(max_examples=200)
    @given(cases(entry))
    def check(case):
        params, inputs = case
        assume(_known(name, inputs))
        assume(len({shape[0] for shape in inputs}) == 1)
        # A mask of one dimension is spread over the steps, which are not as many as the rows.
        assume(not entry.ports or min(map(len, inputs)) > 1)
        assume(not entry.needs_gpu(params))
        # The zeros that it is run on are not in the vocabulary.
        assume(params.get("num_oov_indices") != 0)
        if "outputs" in ours(entry, params, inputs):
            answer = ask(keras, entry, params, inputs, True)
            assert "outputs" in answer, f"{name}({params}) on {inputs}: {answer}"

    check()


WANTING = [
    {"dtype": "float64", "data_format": "channels_first"},
    {"dtype": "float64", "strides": 1, "dilation_rate": 2},
    {"dtype": "float64", "groups": 2, "filters": 2},
    {"dtype": "float64"},
    {"dtype": "mixed_float16", "pool_size": 2},
    {"dtype": "float16", "output_size": 3},
    {"use_cudnn": True},
    {"data_format": "channels_first"},
]
"""Arguments that want a GPU, or nearly. Of convolutions in float16 it depends on the processor."""


@pytest.mark.deep
@pytest.mark.parametrize("name", [name for name, entry in LAYERS.items() if entry.may_need_gpu])
def test_what_needs_a_gpu_fails_without_one(keras, name):
    entry = LAYERS[name]
    wanting = [more for more in WANTING if more.keys() <= entry.by_name.keys()]
    needs = Counter()

    @settings(max_examples=60)
    @given(cases(entry), st.sampled_from(wanting))
    def check(case, more):
        params, inputs = case
        params = {**params, **more}
        assume(_known(name, inputs))
        assume(more.get("dtype") or "float16" not in (params.get("dtype") or ""))
        assume("outputs" in ours(entry, params, inputs))
        answer = ask(keras, entry, params, inputs, True)
        needed = entry.needs_gpu(params)
        assert ("error" in answer) == bool(needed), f"{name}({params}) on {inputs}: {answer}"
        needs[bool(needed)] += 1

    check()
    assert min(needs[True], needs[False]) > 0, needs
