"""What is said of each kind of layer is true, by numbers; Keras's part is in tests/engine."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from bnstudio.graph import Graph, Node, Wire
from bnstudio.health import REASONS, Checkup, reason
from bnstudio.health.reasons import HALF_NORMAL_DEVIATION, HALF_NORMAL_MEAN, explains
from bnstudio.layers import CATEGORIES, LAYERS
from tests.health.readings import chain, checkup, gap, measured, normal


def said(graph, id="b", **values):
    reading = checkup(graph, values).reading(id)
    assert reading is not None
    return reason(reading).replace("\u00a0", " ").replace("−", "-")


def chosen(graph, **values) -> str:
    """The name of the reason that is used for the node b."""
    reading = checkup(graph, values).reading("b")
    return next(e.name for e in REASONS.values() if e.concerns(reading) and e.say(reading))


@pytest.mark.parametrize("type", LAYERS)
def test_every_layer_type_has_a_sentence_of_its_own(type):
    graph = chain("Input", (type, dict(LAYERS[type].initial)), "Dense")
    values = np.tanh(normal(64, 8))
    own = chosen(graph, a=values, b=values) != "anything"
    assert own or LAYERS[type].category == "Core"
    text = said(graph, a=values, b=values)
    assert text.endswith(".")
    assert len(text) < 500


@pytest.mark.parametrize(
    "category",
    [
        *(name for name in CATEGORIES if name != "Core"),
        "Attention",
        "Preprocessing",
        "Augmentation",
    ],
)
def test_a_layer_type_to_come_is_spoken_of_by_its_category(category, monkeypatch):
    monkeypatch.setitem(LAYERS, "New", replace(LAYERS["Add"], name="New", category=category))
    params = {"activation": "tanh"} if category == "Activation" else {}
    graph = chain("Input", ("New", params))
    values = np.tanh(normal(64, 8))
    assert chosen(graph, a=values, b=values) != "anything"
    assert said(graph, a=values, b=values).endswith(".")


def test_an_unknown_type_is_told_by_its_numbers():
    text = said(chain("Input", "Unheard"), a=normal(64, 8), b=normal(64, 8, mean=7.0))
    assert re.search(r"mean (6\.9|7)\d* and deviation", text)


def test_what_relu_makes_of_a_standard_normal():
    values = np.maximum(normal(4000, 250), 0)
    assert values.mean() == pytest.approx(HALF_NORMAL_MEAN, abs=2e-3)
    assert values.std() == pytest.approx(HALF_NORMAL_DEVIATION, abs=2e-3)
    assert (values == 0).mean() == pytest.approx(0.5, abs=2e-3)
    for layer in (
        "ReLU",
        ("Activation", {"activation": "relu"}),
        ("Dense", {"activation": "relu"}),
    ):
        text = said(chain("Input", layer), a=normal(256, 64), b=values[:256])
        assert "50 % zeros, a mean of 0.40 and a deviation of 0.58" in text
        assert re.search(
            r"Here there are (49|50|51) % zeros; the outputs have mean 0\.(39|4)", text
        )


def moments(values):
    off = values - values.mean(axis=0)
    variance = (off**2).mean(axis=0)
    return (off**3).mean(axis=0) / variance**1.5, (off**4).mean(axis=0) / variance**2 - 3


def test_batch_normalization_keeps_each_channels_shape_but_not_that_of_all_together():
    rng = np.random.default_rng(3)
    given = np.maximum(normal(4000, 12), 0) * rng.uniform(0.1, 9, 12) + rng.normal(0, 5, 12)
    gamma, beta = rng.normal(0, 2, 12), rng.normal(0, 1, 12)
    out = (given - given.mean(axis=0)) / given.std(axis=0) * gamma + beta
    skewness, kurtosis = moments(given)
    skewness_out, kurtosis_out = moments(out)
    np.testing.assert_allclose(skewness_out, skewness * np.sign(gamma))
    np.testing.assert_allclose(kurtosis_out, kurtosis)
    graph = chain("Input", "BatchNormalization", "Dense")
    before, after = measured(graph, "a", given), measured(graph, "b", out)
    assert abs(before.skewness - after.skewness) > 0.1, "all channels together do change"
    text = said(graph, a=before, b=after)
    shown = [float(each) for each in re.findall(r"(-?[\d.]+) (?:in|out)\b", text)]
    wanted = (before.skewness, after.skewness, before.kurtosis, after.kurtosis)
    assert shown == pytest.approx(wanted, rel=5e-3)


def test_a_batch_normalization_that_warms_up_is_said_to():
    graph = chain("Input", "BatchNormalization", "Dense")
    texts = [
        said(
            graph, a=normal(64, 8), b=measured(graph, "b", normal(64, 8), batch_norm=gap(initial=s))
        )
        for s in (0.5, 0.01)
    ]
    assert ["not yet left their start" in text for text in texts] == [True, False]
    # What the sign's limits lean on: momentum 0.99 and 5 % take 299 steps.
    assert 0.99**299 < 0.05 < 0.99**298


@pytest.mark.parametrize(("rate", "ratio"), [(0.2, 1.25), (0.5, 2.0)])
def test_what_dropout_makes_of_the_variance(rate, ratio):
    given = normal(4000, 100)
    kept = np.random.default_rng(1).random(given.shape) >= rate
    assert (given * kept / (1 - rate)).var() / given.var() == pytest.approx(ratio, rel=0.01)


@pytest.mark.parametrize(
    ("function", "slope", "end", "steepest"),
    [
        ("tanh", lambda y: 1 - y**2, 0.99, 1.0),
        ("sigmoid", lambda y: y * (1 - y), 0.995, 0.25),
        ("softsign", lambda y: (1 - abs(y)) ** 2, 0.99, 1.0),
    ],
)
def test_the_outer_hundredth_is_flat(function, slope, end, steepest):
    assert slope(end) < 0.02 * steepest
    values = np.full((64, 8), 0.5)
    values[:16] = end + 1e-6
    text = said(chain("Input", ("Dense", {"activation": function}), "Dense"), b=values)
    assert "25 % lie in the outer hundredth" in text
    assert "under 2 %" in text


@pytest.mark.parametrize("units", [2, 10])
def test_softmax_has_the_mean_one_by_n_and_a_largest_deviation(units):
    exponents = np.exp(normal(500, units, std=3))
    soft = exponents / exponents.sum(axis=1, keepdims=True)
    hard = np.eye(units)[np.arange(500) % units]
    most = math.sqrt(1 / units - 1 / units**2)
    assert soft.mean() == pytest.approx(1 / units)
    assert soft.std() < hard.std() == pytest.approx(most)
    text = said(chain("Input", "Softmax"), b=soft)
    assert f"the mean is {1 / units:.3g} whatever" in text
    assert f"{most:.3g} where each row" in text


def branches(type):
    """Two inputs into one merging node b."""
    nodes = {"a": "Input", "c": "Input", "b": type}
    made = {id: Node(id, kind, id, {}) for id, kind in nodes.items()}
    return Graph(made, (Wire("a", 0, "b", 0), Wire("c", 0, "b", 1)))


def test_means_of_branches_add_up():
    one, two = normal(2000, 16, mean=3.0), normal(2000, 16, mean=-1.0, std=2.0, seed=1)
    text = said(branches("Add"), a=one, c=two, b=one + two)
    assert "to a deviation of 2.2" in text, "the root of 1 + 4"
    assert (one + two).std() == pytest.approx(math.hypot(1, 2), rel=0.02)
    assert (one + two).mean() == pytest.approx(one.mean() + two.mean())
    assert (one + one).std() == pytest.approx(2 * one.std()), "correlated, they do not"
    mean = (one + two) / 2
    text = said(branches("Average"), a=one, c=two, b=mean)
    shown = [float(each) for each in re.findall(r"-?\d+\.?\d*", text)]
    assert shown[0] == pytest.approx((shown[1] + shown[2]) / 2, abs=0.01)


def test_what_is_not_measured_is_not_made_up():
    for type in ("Add", "Average", "BatchNormalization", "AveragePooling2D", "MaxPooling2D"):
        text = said(chain("Input", type), b=normal(64, 8))
        assert " in," not in text
        assert "None" not in text


def test_a_bias_is_named_only_where_there_is_one():
    with_bias, without = (
        said(chain("Input", ("Dense", {"use_bias": bias})), b=normal(64, 8))
        for bias in (True, False)
    )
    assert "and a bias" in with_bias
    assert "bias" not in without


def test_a_reason_is_entered_once():
    with pytest.raises(ValueError, match="cut_off"):

        @explains()
        def cut_off(reading):
            """Never entered."""


def test_what_goes_into_a_model_inside_another_is_not_called_the_data():
    graph = chain("Input", "Dense")
    found = measured(graph, "a", normal(64, 8))
    assert "This is the data" in reason(Checkup(graph, {"a": found}).reading("a"))
    inside = reason(Checkup(graph, {"a": found}, path=("block",)).reading("a"))
    assert "the data" not in inside
    assert "where it is called" in inside


@pytest.mark.parametrize(("type", "bounded"), [("LSTM", True), ("GRU", False)])
def test_a_state_that_comes_from_outside_may_be_any_number(type, bounded):
    """A GRU mixes it in; an LSTM's output is a tanh of it."""
    values = {"a": normal(64, 8), "b": np.tanh(normal(64, 8))}
    assert "from -1 to 1" in said(chain("Input", type), **values)
    text = said(chain("Input", (type, {"initial_state": True})), **values)
    assert ("from -1 to 1" in text) is bounded


def test_layer_normalization_is_told_as_it_is_set():
    values = {"a": normal(64, 8), "b": normal(64, 8)}
    assert "then scaled by gamma and shifted by beta" in said(
        chain("Input", "LayerNormalization"), **values
    )
    bare = {"scale": False, "center": False}
    assert "then" not in said(chain("Input", ("LayerNormalization", bare)), **values)


def test_a_normalization_of_weights_is_not_called_one_of_values():
    inner = {"class_name": "Dense", "config": {"units": 8}}
    graph = chain("Input", ("SpectralNormalization", {"layer": inner}))
    assert chosen(graph, a=normal(64, 8), b=normal(64, 8)) == "stretched_by_one"


def test_what_is_interpolated_is_said_to_be():
    values = {"a": normal(4, 4, 4, 1), "b": normal(4, 8, 8, 1)}
    assert "mixed" not in said(chain("Input", "UpSampling2D"), **values)
    smooth = {"interpolation": "bilinear"}
    assert "mixed from their neighbours" in said(chain("Input", ("UpSampling2D", smooth)), **values)
