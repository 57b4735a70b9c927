"""How a model was compiled, as training settings; what these cannot hold is said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bnstudio.graph import free_name, freeze
from bnstudio.importers.arguments import fitted, object_of, shortened
from bnstudio.layers.params import Float
from bnstudio.settings import LOSSES, METRICS, OPTIMIZERS, Choice, LearningRate, Settings, metric
from bnstudio.settings.metrics import METRIC_ALIASES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bnstudio.graph import Value
    from bnstudio.layers.params import Spec

_OPTIMIZERS = {name.lower(): name for name in OPTIMIZERS}
_LOSSES = {
    **{free_name(name, ()): name for name in LOSSES},
    "huber_loss": "Huber",
    "kullback_leibler_divergence": "KLDivergence",
    "logcosh": "LogCosh",
}
_REGISTERED = "Custom>"
"""Before the class of an optimizer, where Keras from 2.11 on has written it to HDF5."""
_SCALING = "LossScaleOptimizer"
"""Around an optimizer that works with mixed precision; the later ones have a number."""
_RENAMED = {"lr": "learning_rate", "clip_norm": "clipnorm", "global_clip_norm": "global_clipnorm"}
_WITHOUT_EFFECT = frozenset(("name", "is_legacy_optimizer", "jit_compile", "schedule_decay"))


def settings_of(compiled: Mapping[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    """Settings like a model's ``compile_config`` (Keras 3) or ``training_config`` (earlier).

    Returns the usual settings where the model was not compiled, and what could not be taken over,
    a sentence each.
    """
    settings, notes = Settings(), []
    described = compiled.get("optimizer", compiled.get("optimizer_config"))
    if described is not None:
        optimizer, said = _optimizer(described)
        notes += said
        if optimizer is not None:
            settings = replace(settings, optimizer=optimizer)
    if compiled.get("loss") is not None:
        loss = _loss(_only(compiled["loss"]))
        if loss is None:
            notes.append(f"Its loss was not taken over: {_short(compiled['loss'])}.")
        else:
            settings = replace(settings, loss=loss)
            settings = replace(settings, metrics=())
    if "metrics" in compiled and compiled["metrics"] is not None:
        names, unknown = _metrics(compiled["metrics"])
        settings = replace(settings, metrics=names)
        if unknown:
            notes.append(f"Metrics that were not taken over: {', '.join(unknown)}.")
    for key in ("loss_weights", "weighted_metrics"):
        if compiled.get(key) not in (None, [], {}):
            notes.append(f"Its {key} were not taken over.")
    return settings, tuple(notes)


def _named(value: Any) -> tuple[str, dict[str, Any]]:
    """The name and arguments in any of the ways in which Keras writes an object."""
    if isinstance(value, str):
        return value, {}
    if not isinstance(value, dict):
        return "", {}
    name, config = value.get("class_name"), value.get("config", {})
    if isinstance(name, str):
        name = name.removeprefix(_REGISTERED)
    if name == "function" and isinstance(config, str):
        return config, {}
    own = value.get("registered_name") in (None, name, f"{_REGISTERED}{name}")
    if isinstance(name, str) and isinstance(config, dict) and own:
        return name, config
    return "", {}


def _optimizer(described: Any) -> tuple[Choice | None, list[str]]:
    name, config = _named(described)
    if name.startswith(_SCALING):
        name, config = _named(config.get("inner_optimizer", config.get("optimizer")))
    known = _OPTIMIZERS.get(name.lower())
    if known is None:
        return None, [f"Its optimizer was not taken over: {_short(described)}."]
    by_name = {param.name: param for param in OPTIMIZERS[known].params}
    params: dict[str, Value] = {}
    lost = []
    for key, raw in config.items():
        param, value = by_name.get(_RENAMED.get(key, key)), freeze(raw)
        if param is None:
            if key not in _WITHOUT_EFFECT and key != "decay" and value not in (None, False):
                lost.append(key)
            continue
        value = _number(param.name, fitted(param, value))
        if isinstance(param, LearningRate) and isinstance(value, int):
            value = float(value)
        if value == param.default:
            continue
        if param.check(value):
            lost.append(key)
        else:
            params[param.name] = value
    decay = config.get("decay")
    rate = params.get("learning_rate", by_name["learning_rate"].default)
    if isinstance(decay, float) and decay > 0 and isinstance(rate, float):
        # What Keras 2 did at each step is this schedule, step for step.
        schedule = {"initial_learning_rate": rate, "decay_steps": 1, "decay_rate": shortened(decay)}
        params["learning_rate"] = {"class_name": "InverseTimeDecay", "config": schedule}
    said = [f"Arguments of {known} that were not taken over: {', '.join(lost)}."] if lost else []
    return Choice(known, params), said


def _number(name: str, value: Value) -> Value:
    """A number with the digits that it was written with, in a schedule too."""
    if name == "learning_rate" and not isinstance(value, float | int):
        return object_of(LearningRate(name, 0.0), value)
    return shortened(value)


def _loss(described: Any) -> Choice | None:
    name, config = _named(described)
    alias = METRIC_ALIASES.get(name, name)
    known = name if name in LOSSES else _LOSSES.get(alias)
    if known is None:
        return None
    params = _arguments(LOSSES[known], config)
    return None if params is None else Choice(known, params)


def _arguments(spec: Spec, config: Mapping[str, Any]) -> dict[str, Value] | None:
    """The arguments that differ from the defaults; None if one is not known or cannot be."""
    by_name = {param.name: param for param in spec.params}
    params: dict[str, Value] = {}
    for key, raw in config.items():
        param, value = by_name.get(key), freeze(raw)
        if param is None:
            if value not in (None, False) and key not in ("name", "fn"):
                return None
            continue
        if isinstance(param, Float):
            value = shortened(value)
        if value == param.default or (key, value) in _USUAL_ARGUMENTS:
            continue
        if param.check(value):
            return None
        params[key] = value
    return params


_USUAL_ARGUMENTS = (("dtype", "float32"), ("reduction", "auto"))
"""What Keras writes of a loss that nobody has asked for; the last is Keras 2's word for usual."""


def _metrics(described: Any) -> tuple[tuple[str, ...], list[str]]:
    names: list[str] = []
    unknown: list[str] = []
    for entry in _flat(described):
        name, config = _named(entry)
        if name == _WRAPPED:
            own = config.get("name")
            name = own if own in ("acc", "accuracy") else str(config.get("fn"))
        found = metric(name)
        plain = found is not None and all(
            key in ("name", "dtype", "fn") or value in _USUAL.get(key, (None, False))
            for key, value in config.items()
        )
        if found is None or not plain:
            unknown.append(name[:60] or _short(entry))
            continue
        if not isinstance(entry, str):
            name = next(known for known, spec in METRICS.items() if spec is found)
        if name not in names:
            names.append(name)
    return tuple(names), unknown


_WRAPPED = "MeanMetricWrapper"
"""How Keras 2 writes a metric that was given by name to HDF5: with the function that it is."""

_USUAL: dict[str, tuple[Any, ...]] = {
    "num_thresholds": (200,),
    "curve": ("ROC",),
    "summation_method": ("interpolation",),
    "thresholds": (None, 0.5),
    "threshold": (None, 0.5),
    "k": (5,),
    "axis": (-1,),
    "top_k": (None,),
    "label_smoothing": (0, 0.0),
    "class_aggregation": ("uniform_average",),
    "num_regressors": (0,),
}
"""What Keras gives its metrics where nobody says otherwise; anything else could not be kept."""


def _flat(described: Any) -> Iterator[Any]:
    """The metrics in a list, a list a list an output, or an object an output."""
    if isinstance(described, dict) and "class_name" not in described:
        described = list(described.values())
    if not isinstance(described, list):
        described = [described]
    for entry in described:
        if isinstance(entry, list):
            yield from _flat(entry)
        elif entry is not None:
            yield entry


def _only(described: Any) -> Any:
    """The one loss of all outputs; what differs from output to output stays as it is."""
    if isinstance(described, dict) and "class_name" not in described:
        described = list(described.values())
    if isinstance(described, list) and described:
        first = described[0]
        return first if all(entry == first for entry in described) else described
    return described


def _short(value: Any) -> str:
    name, _ = _named(value)
    if name:
        return name[:60]
    return "a different one for each output" if isinstance(value, list | dict) else repr(value)[:60]
