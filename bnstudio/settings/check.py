"""Whether settings can be used, and if not, why not."""

from __future__ import annotations

import difflib
import math
from typing import TYPE_CHECKING

from bnstudio.settings.callbacks import CALLBACKS
from bnstudio.settings.losses import LOSSES
from bnstudio.settings.metrics import METRICS, UNDIRECTED, metric
from bnstudio.settings.optimizers import OPTIMIZERS
from bnstudio.settings.schedules import is_schedule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from bnstudio.layers.params import Spec
    from bnstudio.settings.measuring import Measuring
    from bnstudio.settings.value import Choice, EarlyStopping, ReduceLROnPlateau, Settings

_CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")

LARGEST_SEED = 2**32 - 1
"""What ``keras.utils.set_random_seed`` takes at most."""


def check(settings: Settings) -> list[str]:
    """What is wrong with ``settings``, a sentence each; empty when nothing is."""
    return [f"{place}: {reason}" for place, reason in problems(settings).items()]


def problems(settings: Settings) -> dict[str, str]:
    """What is wrong, by place: a field's name, or ``optimizer.learning_rate`` for an argument."""
    return dict(_problems(settings))


def clips(optimizer: Choice) -> tuple[str, ...]:
    """The bounds on gradients that are set; Keras takes one at a time."""
    return tuple(name for name in _CLIPS if optimizer.params.get(name) is not None)


def undirected(monitor: object) -> bool:
    """Whether Keras cannot tell if this metric should rise or fall."""
    if not isinstance(monitor, str):
        return False
    found = metric(monitor.removeprefix("val_"))
    return any(found is METRICS[name] for name in UNDIRECTED)


def _problems(settings: Settings) -> Iterator[tuple[str, str]]:
    yield from _choice("optimizer", settings.optimizer, OPTIMIZERS)
    yield from _clips(settings.optimizer)
    yield from _choice("loss", settings.loss, LOSSES)
    seen = set()
    for name in settings.metrics:
        if metric(name) is None:
            yield "metrics", f"Keras has no metric {name!r}.{_hint(name, METRICS)}"
        elif name in seen:
            yield "metrics", f"{name!r} is there twice."
        seen.add(name)
    for place, value, low in (
        ("batch_size", settings.batch_size, 1),
        ("epochs", settings.epochs, 1),
        ("seed", settings.seed, 0),
    ):
        if reason := _whole(value, low):
            yield place, reason
    if _whole(settings.seed, 0) is None and settings.seed > LARGEST_SEED:
        yield "seed", f"Expected at most {LARGEST_SEED}, got {settings.seed!r}."
    if not _number(settings.validation_split) or not 0 <= settings.validation_split < 1:
        yield (
            "validation_split",
            f"Expected a share from 0 to below 1, got {settings.validation_split!r}.",
        )
    if settings.early_stopping is not None:
        yield from _early(settings.early_stopping, settings)
    if settings.reduce_lr is not None:
        yield from _reduce(settings.reduce_lr, settings)
    if settings.class_weight is not None and (reason := _weights(settings.class_weight)):
        yield "class_weight", reason
    yield from _measuring(settings.measuring)


def _choice(place: str, choice: Choice, specs: Mapping[str, Spec]) -> Iterator[tuple[str, str]]:
    spec = specs.get(choice.name)
    if spec is None:
        yield place, f"Keras has no {place} {choice.name!r}.{_hint(choice.name, specs)}"
        return
    known = {param.name: param for param in spec.params}
    for name, value in choice.params.items():
        if name not in known:
            reason = f"{spec.name} has no argument {name!r}.{_hint(name, known)}"
            yield f"{place}.{name}", reason
        elif refusal := known[name].check(value):
            yield f"{place}.{name}", refusal


def _clips(optimizer: Choice) -> Iterator[tuple[str, str]]:
    if len(given := clips(optimizer)) > 1:
        yield f"optimizer.{given[1]}", f"Only one of {', '.join(_CLIPS)} can be set at a time."


def _early(early: EarlyStopping, settings: Settings) -> Iterator[tuple[str, str]]:
    if reason := _monitor(early.monitor, settings):
        yield "early_stopping.monitor", reason
    elif undirected(early.monitor):
        yield (
            "early_stopping.monitor",
            f"Keras cannot tell whether {early.monitor!r} should rise or fall.",
        )
    if reason := _whole(early.patience, 0):
        yield "early_stopping.patience", reason
    if not _number(early.min_delta) or early.min_delta < 0:
        yield "early_stopping.min_delta", f"Expected at least 0, got {early.min_delta!r}."


def _reduce(reduce: ReduceLROnPlateau, settings: Settings) -> Iterator[tuple[str, str]]:
    if is_schedule(settings.optimizer.params.get("learning_rate")):
        yield (
            "reduce_lr",
            "The learning rate follows a schedule, which Keras cannot reduce on a plateau.",
        )
    for param in CALLBACKS["ReduceLROnPlateau"].params:
        if reason := param.check(getattr(reduce, param.name)):
            yield f"reduce_lr.{param.name}", reason
        elif param.name == "monitor" and (reason := _monitor(reduce.monitor, settings)):
            yield "reduce_lr.monitor", reason
    if reduce.mode == "auto" and undirected(reduce.monitor):
        yield (
            "reduce_lr.mode",
            f"Keras cannot tell whether {reduce.monitor!r} should rise or fall; "
            "set mode to min or max.",
        )


def _measuring(measuring: Measuring) -> Iterator[tuple[str, str]]:
    if not _number(measuring.budget) or not 0 <= measuring.budget <= 1:
        yield "measuring.budget", f"Expected a share from 0 to 1, got {measuring.budget!r}."
    if reason := _whole(measuring.rows, 1):
        yield "measuring.rows", reason


def _monitor(name: str, settings: Settings) -> str | None:
    """Why a callback finds nothing to watch under this name."""
    watched = name.removeprefix("val_")
    if watched != name and settings.validation_split == 0:
        return f"{name!r} needs validation rows, and the validation split is 0."
    if watched not in ("loss", *settings.metrics):
        known = ", ".join(("loss", *settings.metrics))
        return (
            f"Nothing called {name!r} is measured; there is {known}, "
            "and the same with val_ before it."
        )
    return None


def _weights(weights: object) -> str | None:
    if weights == "balanced":
        return None
    if not isinstance(weights, tuple):
        return f"Expected 'balanced' or a weight a class, got {weights!r}."
    for weight in weights:
        if not _number(weight) or weight < 0:
            return f"Expected weights of at least 0, got {weight!r}."
    return None if any(weights) else "Expected a weight above 0: with none, nothing is learned."


def _whole(value: object, low: int) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return f"Expected a whole number, got {value!r}."
    return f"Expected at least {low}, got {value!r}." if value < low else None


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _hint(name: str, known: Collection[str]) -> str:
    folded = {entry.lower(): entry for entry in known}
    near = difflib.get_close_matches(name.lower(), folded, 1)
    return f" Did you mean {folded[near[0]]!r}?" if near else ""
