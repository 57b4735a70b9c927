"""Optimizers, losses and metrics against the installed Keras."""

import pytest
from hypothesis import given

from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Floats, Int, Ints, Text
from bnstudio.settings import (
    CALLBACKS,
    LOSSES,
    METRIC_ALIASES,
    METRICS,
    OPTIMIZERS,
    UNDIRECTED,
    LearningRate,
    ReduceLROnPlateau,
    metric,
)
from tests.drawing import arguments, schedules

pytestmark = pytest.mark.engine

SCHEDULES = {spec.name: spec for spec in LearningRate.specs}
CATALOGUES = {"optimizers": OPTIMIZERS, "losses": LOSSES, "optimizers.schedules": SCHEDULES}
ENTRIES = [(home, name) for home, specs in CATALOGUES.items() for name in specs]

LEFT_OUT = {
    "Optimizer": "The base class.",
    "LossScaleOptimizer": "It wraps another optimizer.",
    "MultiOptimizer": "It wraps other optimizers.",
    "OptimizerMap": "It is how MultiOptimizer is told which.",
    "Loss": "The base class.",
    "LossFunctionWrapper": "It wraps a function.",
    "LearningRateSchedule": "The base class.",
}
NOT_CHOSEN = {
    "name": "Nothing shows it.",
    ("Muon", "exclude_layers"): "It takes patterns over the paths of variables.",
}
METRICS_LEFT_OUT = {
    "Metric": "The base class.",
    "MeanMetricWrapper": "It wraps a function.",
    "Mean": "It does not compare targets with outputs.",
    "Sum": "It does not compare targets with outputs.",
}


@pytest.mark.parametrize("home", CATALOGUES)
def test_every_class_is_there(keras, home):
    names = {name for name in keras.ask("names", home).values() if name}
    assert names - set(LEFT_OUT) == set(CATALOGUES[home])


@pytest.mark.parametrize(("home", "name"), ENTRIES)
def test_arguments_and_defaults_are_those_of_keras(keras, home, name):
    expected = [
        (argument, default)
        for argument, default in keras.ask("signature", f"{home}.{name}")
        if argument not in NOT_CHOSEN and (name, argument) not in NOT_CHOSEN
    ]
    spec = CATALOGUES[home][name]
    assert spec.name == name
    assert [(param.name, param.default) for param in spec.params] == expected
    assert spec.help.endswith(".")


@pytest.mark.parametrize(("home", "name"), ENTRIES)
def test_what_is_accepted_here_keras_accepts(keras, home, name):
    spec = CATALOGUES[home][name]
    drawn = schedules(spec) if spec in LearningRate.specs else arguments(spec.params, often=3)

    @given(drawn)
    def check(params):
        for clip in ("clipnorm", "clipvalue"):
            params.pop(clip, None)
        assert keras.ask("make", f"{home}.{name}", params) is None, params

    check()


KERAS_REFUSES = {
    "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps", "learning_rate",
    "reduction", "decay_steps", "first_decay_steps",
    ("SGD", "momentum"), ("Ftrl", "initial_accumulator_value"),
    ("Ftrl", "learning_rate_power"), ("Ftrl", "l1_regularization_strength"),
    ("Ftrl", "l2_regularization_strength"), ("Ftrl", "l2_shrinkage_regularization_strength"),
    ("Lion", "beta_1"), ("CategoricalGeneralizedCrossEntropy", "q"), "dtype",
}  # fmt: skip
"""Arguments whose bounds Keras checks. The others it takes as they come, and training fails."""


def refused(param):
    """Values that ``param`` refuses for its bounds, or for being written without a point."""
    match param:
        case Float(point=True) | LearningRate():
            return [1]
        case Floats():
            return [(1, 2), (0.1,)]
        case Int() | Float():
            steps = {"min": -1, "above": 0, "max": 1, "below": 0}
            bounds = {name: getattr(param, name, None) for name in steps}
            return [bound + steps[name] for name, bound in bounds.items() if bound is not None]
        case Choice():
            return ["no_such_choice"]
        case Bool() | Ints() | Text():
            return []
    raise TypeError(param)


@pytest.mark.parametrize(("home", "name"), ENTRIES)
def test_what_keras_refuses_is_refused_here(keras, home, name):
    for param in CATALOGUES[home][name].params:
        for value in refused(param):
            assert param.check(value), (param.name, value)
            if not {param.name, (name, param.name)}.isdisjoint(KERAS_REFUSES):
                # Keras looks at these two only with the average that they are about.
                params = {"use_ema": True} if param.name.startswith("ema_") else {}
                if (param.name, value) == ("ema_overwrite_frequency", 0):
                    continue  # which Keras reads as None
                params |= {p.name: p.initial for p in CATALOGUES[home][name].params if p.required}
                made = keras.ask("make", f"{home}.{name}", {**params, param.name: value})
                assert made is not None, (param.name, value)


def test_every_metric_name_that_compile_takes_is_known(keras):
    known = keras.ask("identifiers", "metrics")
    for name in known:
        made = keras.ask("get", "metrics", name)
        spec = metric(name)
        if "error" in made or made["name"] in METRICS_LEFT_OUT:
            assert spec is None, name
        else:
            assert spec is not None, name
            kinds = (spec.name, next(key for key, value in METRICS.items() if value is spec))
            assert made["name"] in kinds, name
    assert set(METRICS) <= set(known)
    assert set(METRIC_ALIASES) - set(known) == {"acc"}
    assert metric("acc") is METRICS["accuracy"]
    assert metric("no_such_metric") is None


def test_the_callbacks_arguments_and_defaults_are_those_of_keras(keras):
    (spec,) = CALLBACKS.values()
    expected = [
        (argument, default)
        for argument, default in keras.ask("signature", f"callbacks.{spec.name}")
        if argument != "verbose"  # what it says would come between the lines of ``fit``
    ]
    assert [(param.name, param.default) for param in spec.params] == expected
    assert vars(ReduceLROnPlateau()) == dict(expected)
    for param in spec.params:
        assert isinstance(param, Text) or refused(param), param
        for value in refused(param):
            assert param.check(value), (param.name, value)
    assert "factor >= 1.0" in keras.ask("make", "callbacks.ReduceLROnPlateau", {"factor": 1.0})


def test_a_schedule_is_checked_as_one():
    rate = LearningRate("learning_rate", 0.1)

    def piecewise(boundaries, values):
        config = {"boundaries": boundaries, "values": values}
        return rate.check({"class_name": "PiecewiseConstantDecay", "config": config})

    assert rate.check(0.1) is None
    assert piecewise((3, 5), (0.1, 0.01, 0.0)) is None
    assert "one more than the 2 boundaries, got 2" in piecewise((3, 5), (0.1, 0.01))
    assert "each beyond the one before" in piecewise((5, 3), (0.1, 0.01, 0.0))
    assert "each beyond the one before" in piecewise((3, 3), (0.1, 0.01, 0.0))
    assert "at most 2147483647" in piecewise((3, 2**31), (0.1, 0.01, 0.0))
    assert "decimal point" in piecewise((3,), (1, 2))
    assert "ExponentialDecay needs initial_learning_rate" in rate.check("ExponentialDecay")
    assert "Expected a number" in rate.check("Nothing")
    assert "needs decay_steps" in rate.check(
        {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1}}
    )
    assert all(param.default is REQUIRED for param in SCHEDULES["ExponentialDecay"].params[:3])


def test_it_is_known_of_which_metrics_keras_knows_no_direction(keras):
    assert set(keras.ask("undirected", {name: METRICS[name].name for name in METRICS})) == set(
        UNDIRECTED
    )
