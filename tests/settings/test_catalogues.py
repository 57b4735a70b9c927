"""Optimizers, losses and metrics against the installed Keras."""

import pytest
from hypothesis import given

from bnstudio.layers.params import Bool, Choice, Float, Int, Ints
from bnstudio.settings import LOSSES, METRIC_ALIASES, METRICS, OPTIMIZERS, metric
from tests.drawing import arguments

pytestmark = pytest.mark.engine

CATALOGUES = {"optimizers": OPTIMIZERS, "losses": LOSSES}
ENTRIES = [(home, name) for home, specs in CATALOGUES.items() for name in specs]

LEFT_OUT = {
    "Optimizer": "The base class.",
    "LossScaleOptimizer": "It wraps another optimizer.",
    "MultiOptimizer": "It wraps other optimizers.",
    "OptimizerMap": "It is how MultiOptimizer is told which.",
    "Loss": "The base class.",
    "LossFunctionWrapper": "It wraps a function.",
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
    @given(arguments(CATALOGUES[home][name].params, often=3))
    def check(params):
        for clip in ("clipnorm", "clipvalue"):
            params.pop(clip, None)
        assert keras.ask("make", f"{home}.{name}", params) is None, params

    check()


KERAS_REFUSES = {
    "ema_momentum", "ema_overwrite_frequency", "gradient_accumulation_steps", "learning_rate",
    "reduction", ("SGD", "momentum"), ("Ftrl", "initial_accumulator_value"),
    ("Ftrl", "learning_rate_power"), ("Ftrl", "l1_regularization_strength"),
    ("Ftrl", "l2_regularization_strength"), ("Ftrl", "l2_shrinkage_regularization_strength"),
    ("Lion", "beta_1"), ("CategoricalGeneralizedCrossEntropy", "q"), "dtype",
}  # fmt: skip
"""Arguments whose bounds Keras checks. The others it takes as they come, and training fails."""


def refused(param):
    """Values that ``param`` refuses for its bounds, or for being written without a point."""
    match param:
        case Float(point=True):
            return [1]
        case Int() | Float():
            steps = {"min": -1, "above": 0, "max": 1, "below": 0}
            bounds = {name: getattr(param, name, None) for name in steps}
            return [bound + steps[name] for name, bound in bounds.items() if bound is not None]
        case Choice():
            return ["no_such_choice"]
        case Bool() | Ints():
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
