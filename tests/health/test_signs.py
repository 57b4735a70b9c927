"""Each sign fires where it should, is silent where it should, and never fails."""

import itertools
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.graph import Graph, Node, Wire
from bnstudio.health import SIGNS, Checkup, Finding, Limit, reason
from bnstudio.health.signs import sign
from bnstudio.histogram import BatchNormGap, Histogram
from bnstudio.layers import LAYERS
from bnstudio.rules import Severity
from bnstudio.training.messages import Histograms
from tests.health.readings import chain, checkup, gap, measured, normal

RELU = chain("Input", ("Dense", {"activation": "relu"}), "Dense")
TANH = chain("Input", ("Dense", {"activation": "tanh"}), "Dense")
DENSE = chain("Input", "Dense", "Dense")
NORM = chain("Input", "BatchNormalization", "Dense")
NOISY = chain("Dropout", "BatchNormalization", "Dense")
WELL = normal(256, 64)


def relu(dead=0, shift=0.0):
    values = np.maximum(normal(256, 64) + shift, 0.0)
    values[:, :dead] = 0.0
    return values


def of(graph, values=WELL, /, **changes):
    return graph, measured(graph, "b", values, **{"weight_norm": 8.0, **changes})


FIRES = {
    "not_finite": [
        of(DENSE, np.where(WELL > 2, np.nan, WELL)),
        of(DENSE, WELL, gradient_norm=math.inf),
    ],
    "dead": [of(RELU, relu(37)), of(RELU, np.zeros((256, 64)))],
    "sparse": [of(RELU, relu(shift=-2.0))],
    "saturated": [of(TANH, np.tanh(8 * WELL)), of(TANH, np.sign(WELL))],
    "exploding": [of(DENSE, 200 * WELL), of(DENSE, 1e6 * WELL)],
    "vanishing": [of(DENSE, 1e-5 * WELL)],
    "constant": [of(DENSE, np.full((256, 64), 0.3)), of(DENSE, 1e-6 * WELL + 5)],
    "no_gradient": [of(DENSE, WELL, gradient_norm=0.0)],
    "faint_gradient": [of(DENSE, WELL, gradient_norm=1e-6)],
    "large_update": [of(DENSE, WELL, update_ratio=0.3)],
    "small_update": [of(DENSE, WELL, update_ratio=1e-8)],
    "gap": [
        of(NORM, WELL, batch_norm=gap(mean=2.0)),
        of(NORM, WELL, batch_norm=gap(log_variance=1.0)),
    ],
    "warming_up": [of(NORM, WELL, batch_norm=gap(initial=0.6))],
    "variance_shift": [
        of(NOISY, WELL, batch_norm=gap(shift=1.41)),
        of(NOISY, WELL, batch_norm=gap(shift=0.7)),
    ],
}
SILENT = {
    "not_finite": [of(DENSE, WELL, gradient_norm=1.0)],
    # The zeros of a Flatten, or of a linear layer, are others' or its weights'.
    "dead": [
        of(RELU, relu(5)),
        of(chain("Input", "Flatten", "Dense"), relu(60)),
        of(RELU, relu(60), units=0),
        of(RELU, relu(60), dead=None),
        of(chain("Input", ("ReLU", {"negative_slope": 0.1}), "Dense"), relu(60)),
    ],
    "sparse": [of(RELU, relu())],
    # The model's output is meant to be sure of itself, and a gate to be open or shut.
    "saturated": [
        of(TANH, np.tanh(WELL)),
        of(chain("Input", ("Dense", {"activation": "sigmoid"})), (WELL > 0) * 1.0),
        of(chain("Input", ("Dense", {"activation": "sigmoid"}), "Multiply"), (WELL > 0) * 1.0),
        of(chain("Input", ("Activation", {"activation": "softmax"}), "Dense"), (WELL > 0) * 1.0),
    ],
    "exploding": [of(DENSE, 20 * WELL), of(chain("Input", "Dense"), 1e6 * WELL)],
    "vanishing": [of(DENSE, 0.1 * WELL), of(DENSE, 0 * WELL)],
    "constant": [of(DENSE, WELL + 50), of(RELU, 0 * WELL), of(DENSE, np.nan * WELL)],
    "no_gradient": [
        of(DENSE, WELL, gradient_norm=1e-3),
        of(DENSE, WELL, gradient_norm=0.0, weight_norm=None),
    ],
    "faint_gradient": [of(DENSE, WELL, gradient_norm=0.1)],
    "large_update": [of(DENSE, WELL, update_ratio=1e-3)],
    "small_update": [of(DENSE, WELL, update_ratio=1e-4), of(DENSE, WELL, update_ratio=0.0)],
    # While it warms up, that is what is said.
    "gap": [
        of(NORM, WELL, batch_norm=gap(mean=0.1)),
        of(NORM, WELL, batch_norm=gap(mean=2.0, initial=0.6)),
    ],
    "warming_up": [of(NORM, WELL, batch_norm=gap(initial=0.01)), of(NORM, WELL)],
    "variance_shift": [
        of(NOISY, WELL, batch_norm=gap(shift=1.05)),
        of(NOISY, WELL, batch_norm=gap(shift=0.0)),
        of(NORM, WELL, batch_norm=gap(shift=54.0)),
    ],
}


def found(graph, histogram, kind, earlier=()):
    others = {"a": measured(graph, "a", WELL), "c": measured(graph, "a", WELL, gradient_norm=1.0)}
    before = [{**others, "b": each} for each in earlier]
    findings = checkup(graph, {**others, "b": histogram}, before).findings("b")
    return next((each for each in findings if each.kind == kind), None)


@pytest.mark.parametrize("kind", SIGNS)
def test_it_fires_with_its_number_and_is_silent_where_all_is_well(kind):
    for graph, histogram in FIRES[kind]:
        finding = found(graph, histogram, kind)
        assert finding is not None, histogram
        assert any(letter.isdigit() or letter == "∞" for letter in finding.brief) or (
            kind == "not_finite"
        )
        assert len(finding.brief) <= 20
        assert finding.sentence.endswith(".")
    for graph, histogram in SILENT[kind]:
        assert found(graph, histogram, kind) is None, histogram


@pytest.mark.parametrize(
    ("kind", "example", "severity", "brief"),
    [
        ("dead", 0, Severity.WARNING, "37 of 64 dead"),
        ("dead", 1, Severity.ERROR, "64 of 64 dead"),
        ("saturated", 0, Severity.WARNING, None),
        ("saturated", 1, Severity.ERROR, "100\u00a0% saturated"),
        ("exploding", 1, Severity.ERROR, None),
        ("variance_shift", 0, Severity.WARNING, "variance ×1.41"),
        ("warming_up", 0, Severity.INFO, "60\u00a0% initial"),
    ],
)
def test_how_bad_it_is(kind, example, severity, brief):
    finding = found(*FIRES[kind][example], kind)
    assert finding.severity is severity
    assert brief is None or finding.brief == brief


def test_a_sound_layer_has_no_sign():
    for graph, values in ((RELU, relu()), (TANH, np.tanh(WELL)), (DENSE, WELL), (NORM, WELL)):
        histogram = measured(
            graph, "b", values, gradient_norm=0.5, update_ratio=1e-3, batch_norm=gap(0.1, 0.1)
        )
        assert checkup(graph, {"a": WELL, "b": histogram}).findings("b") == ()


def test_the_worst_comes_first():
    histogram = measured(
        NOISY, "b", 1e6 * WELL, weight_norm=8.0, update_ratio=1e-8, batch_norm=gap(shift=2.0)
    )
    severities = [
        each.severity for each in checkup(NOISY, {"a": WELL, "b": histogram}).findings("b")
    ]
    assert severities == [Severity.ERROR, Severity.WARNING, Severity.INFO]


LEVELS = {"well": 5, "between": 11, "ill": 20}
"""Dead units of 64."""


class TestOnTheBrink:
    """Between its two limits a sign stays as it was."""

    def dead(self, *levels):
        histograms = [
            measured(RELU, "b", relu(LEVELS[level])) if level else None for level in levels
        ]
        *earlier, now = histograms
        return found(RELU, now, "dead", earlier)

    @pytest.mark.parametrize("length", [0, 1, 3])
    def test_it_is_kept_until_it_is_below_both(self, length):
        assert self.dead("ill", *["between"] * length, "between").brief == "11 of 64 dead"
        assert self.dead("ill", "well", *["between"] * length, "between") is None
        assert self.dead("well", "ill", *["between"] * length, "between") is not None

    def test_the_present_decides_where_it_can(self):
        assert self.dead("ill", "well") is None
        assert self.dead("well", "ill") is not None

    def test_a_level_that_wavers_about_one_limit_does_not_flicker(self):
        levels = ["ill", *["between", "ill"] * 2]
        shown = [self.dead(*levels[: end + 1]) is not None for end in range(len(levels))]
        assert shown == [True] * len(levels)

    def test_what_is_measured_now_and_then_stays_in_between(self):
        seen = measured(NORM, "b", WELL, batch_norm=gap(shift=1.5))
        not_looked_at = measured(NORM, "b", WELL, batch_norm=gap())
        assert found(NOISY, not_looked_at, "variance_shift", [seen, not_looked_at]).brief.endswith(
            "1.5"
        )
        better = measured(NORM, "b", WELL, batch_norm=gap(shift=1.0))
        assert found(NOISY, not_looked_at, "variance_shift", [seen, better]) is None

    def test_what_came_after_the_moment_that_is_shown_does_not_count(self):
        ill, between = (measured(RELU, "b", relu(count)) for count in (20, 11))
        history = [Histograms("run", step, (each,)) for step, each in enumerate((between, ill))]
        assert Checkup(RELU, {"b": between}, history).findings("b") == ()

    def test_a_measurement_that_is_no_longer_kept_is_placed_by_its_step(self):
        ill, well, shown = (measured(RELU, "b", relu(count)) for count in (20, 5, 12))
        history = [Histograms("run", step, (each,)) for step, each in ((5, ill), (9, well))]

        def found(*step):
            return Checkup(RELU, {"b": shown}, history, *step).findings("b")

        assert found() == found(5) == found(10) == ()
        assert found(6) == found(9) != ()

    def test_a_measurement_that_was_filled_in_or_read_anew_is_known_again(self):
        ill, between = (measured(RELU, "b", relu(count)) for count in (20, 11))
        history = [Histograms("run", step, (each,)) for step, each in enumerate((ill, between))]
        filled = msgspec.structs.replace(between, gradient_norm=1.0)
        assert Checkup(RELU, {"b": filled}, history).findings("b") != ()


def test_the_first_layer_that_is_not_finite_is_told_from_those_after_it():
    bad = np.where(WELL > 2, np.inf, WELL)
    check = checkup(DENSE, {"a": WELL, "b": bad, "c": bad})
    assert "begins here" in check.findings("b")[0].sentence
    assert "dense_b" in check.findings("c")[0].sentence


@pytest.mark.parametrize(
    ("nodes", "noisy"),
    [
        (["Dropout", "Dense", "BatchNormalization"], {"b", "c"}),
        (["Dense", "BatchNormalization", "GaussianNoise"], set()),
        ([("LSTM", {"dropout": 0.2}), "BatchNormalization"], {"b"}),
        ([("LSTM", {"dropout": 0.0}), "BatchNormalization"], set()),
    ],
)
def test_what_lies_behind_dropout_is_told(nodes, noisy):
    assert checkup(chain(*nodes), {}).moment.noisy == noisy


def test_a_shared_layer_has_its_owners_activation():
    graph = chain("Input", ("Dense", {"activation": "relu"}), "Dense", "Dense")
    nodes = {**graph.nodes, "c": Node("c", "Dense", "twin", shares="b")}
    check = checkup(Graph(nodes, graph.wires), {"c": measured(RELU, "b", relu(37))})
    assert check.findings("c")[0].brief == "37 of 64 dead"


def test_a_kind_is_given_once_and_both_owners_are_named():
    with pytest.raises(ValueError, match=r"'dead' is dead's already"):
        sign("dead", "", of="", say=str, why="", concerns=bool, info=Limit(1, 1))(
            lambda reading: None
        )
    with pytest.raises(ValueError, match="no limit"):
        sign("new", "", of="", say=str, why="", concerns=bool)(lambda reading: None)
    assert "new" not in SIGNS


@pytest.mark.parametrize("entry", SIGNS.values(), ids=SIGNS)
def test_it_explains_itself(entry):
    assert entry.about.split("\n\n")[0].endswith(".")
    assert len(entry.about.split("\n\n")) >= 2, "what it means, and what may help"
    assert entry.why.endswith((".", ")."))
    for _, limit in entry.limits:
        assert 0 < limit.off <= limit.on
    marks = [limit for _, limit in entry.limits]
    assert all(worse.on > milder.on for worse, milder in itertools.pairwise(marks))


NUMBERS = st.floats(width=32) | st.sampled_from([0.0, -0.0, 1e308, -1e308, 1e-320])
MAYBE = st.none() | NUMBERS
COUNTS = st.integers(-3, 2**40)


@st.composite
def histograms(draw, node):
    """Anything that the types of a histogram allow."""
    changes = {"node": node, "port": 0, "training": None}
    kinds = {
        "counts": st.lists(COUNTS, max_size=3).map(tuple),
        "quantiles": st.lists(NUMBERS, max_size=6).map(tuple),
        "batch_norm": st.none() | st.builds(BatchNormGap, *[NUMBERS] * 3, MAYBE, MAYBE),
        **dict.fromkeys(("below", "above", "bad", "units"), COUNTS),
        "dead": st.none() | COUNTS,
        **dict.fromkeys(("low", "high", "mean", "std", "zeros"), NUMBERS),
    }
    for field in msgspec.structs.fields(Histogram):
        if field.name not in changes:
            changes[field.name] = draw(kinds.get(field.name, MAYBE))
    return Histogram(**changes)


PARAMS = st.dictionaries(
    st.sampled_from(["activation", "axis", "negative_slope", "max_value", "trainable"]),
    st.sampled_from(["relu", "tanh", "softmax", "sigmoid", "elu", 7, None, (), -1, False, 0.5]),
)


@given(st.data())
def test_no_measurement_of_any_drawing_makes_it_fail(data):
    types = st.sampled_from([*LAYERS, "Unheard", "Dense", "BatchNormalization"])
    nodes = {id: Node(id, data.draw(types), id, data.draw(PARAMS)) for id in "abc"}
    ends = data.draw(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=4)
    )
    wires = tuple(Wire(a, 0, b, place) for place, (a, b) in enumerate(dict.fromkeys(ends)))
    graph = Graph(nodes, wires)
    moments = [
        {id: data.draw(histograms(id)) for id in "abz"} for _ in range(data.draw(st.integers(1, 3)))
    ]
    history = [Histograms("r", 0, tuple(moment.values())) for moment in moments]
    check = Checkup(graph, moments[-1], history)
    for id in "abcz":
        assert all(isinstance(each, Finding) for each in check.findings(id))
        if (reading := check.reading(id)) is not None:
            assert reason(reading)
    assert check.findings("c") == check.findings("z") == ()
