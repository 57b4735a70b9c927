"""Settings of the training that cannot work, or do not do what they say."""

from __future__ import annotations

import difflib
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bnstudio.data.prepare import split_rows
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import with_settings
from bnstudio.settings import (
    LOSSES,
    OPTIMIZERS,
    Choice,
    Settings,
    clips,
    metric,
    problems,
    undirected,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = ("optimizer", "loss", "metrics")
WATCHERS = {"early_stopping": "Early stopping", "reduce_lr": "Learning rate on a plateau"}
ELSEWHERE = ("early_stopping.monitor", "reduce_lr.monitor", "reduce_lr")
"""Places that a rule of their own is about."""


@rule("TRN01", Severity.INFO, source="One step an epoch: rows / batch size, rounded up")
def batch_of_all(case: Case) -> Iterator[Finding]:
    """The batch is as large as the training set.

    Every epoch is then one single step, so 20 epochs change the weights 20 times.

    Use a smaller batch, or many more epochs.
    """
    size, rows = case.settings.batch_size, _training_rows(case)
    if rows is None or not isinstance(size, int) or not 0 < rows <= size:
        return
    smaller = max(1, min(32, rows // 8))
    yield Finding(
        f"The batch size {size} takes in all {rows} training rows: an epoch is a single step.",
        "Use a smaller batch, or more epochs.",
        fix=_set(f"Set batch_size={smaller}", lambda s: replace(s, batch_size=smaller))
        if smaller < rows
        else None,
    )


@rule("TRN06", Severity.WARNING, source="Keras 3.15, tried")
def watching_nothing(case: Case) -> Iterator[Finding]:
    """Early stopping, or the cut of the learning rate, watches something that is not measured.

    A name with val_ needs validation rows, and a metric must be among those that are measured.
    Keras then warns every epoch and never acts, or refuses a name it cannot make sense of.

    Watch the loss, or hold out validation rows.
    """
    split = case.settings.validation_split
    better = "val_loss" if isinstance(split, int | float) and 0 < split < 1 else "loss"
    found = problems(case.settings)
    for field, title in WATCHERS.items():
        callback = getattr(case.settings, field)
        reason = found.get(f"{field}.monitor")
        if reason is None or callback is None:
            continue
        watched = str(callback.monitor).removeprefix("val_")
        known = watched in ("loss", *case.settings.metrics) and not undirected(watched)
        yield Finding(
            f"{title}: {reason}",
            f"Watch {better}.",
            fix=_set(f"Watch {better}", partial(_watch, field=field, monitor=better)),
            severity=None if known else Severity.ERROR,
        )


@rule("TRN07", Severity.ERROR, source="Keras 3.15: TypeError, tried")
def reduced_schedule(case: Case) -> Iterator[Finding]:
    """The learning rate follows a schedule and is to be reduced on a plateau as well.

    A schedule makes the rate of the step's number, so there is nothing that a callback could set;
    Keras raises a TypeError at the first cut.

    Use one of the two.
    """
    if reason := problems(case.settings).get("reduce_lr"):
        yield Finding(
            f"Settings: {reason}",
            "Use the schedule or the cut on a plateau.",
            fix=_set("Keep the schedule", lambda s: replace(s, reduce_lr=None)),
        )


@rule("TRN08", Severity.ERROR, source="Keras 3.15: ValueError, tried")
def clipped_twice(case: Case) -> Iterator[Finding]:
    """An optimizer bounds its gradients in more than one way.

    Of clipnorm, clipvalue and global_clipnorm Keras takes one and refuses two.

    Keep one of them; global_clipnorm leaves the direction of a step as it is.
    """
    given = clips(case.settings.optimizer)
    if len(given) < 2 or case.settings.optimizer.name not in OPTIMIZERS:
        return
    first, *rest = given
    yield Finding(
        f"The optimizer has {' and '.join(given)}; Keras takes one of them at a time.",
        "Keep one of them.",
        fix=_set(f"Keep {first}", partial(_without, names=tuple(rest))),
    )


@rule("TRN09", Severity.ERROR, source="Follows from the data; Keras 3.15 says nothing, tried")
def weights_of_other_classes(case: Case) -> Iterator[Finding]:
    """Class weights that are not those of the data's classes.

    Keras rounds the targets of a regression to whole numbers and takes those for classes, and a
    class without a weight counts 1; it says nothing of either.

    Give a weight for each class, or balanced, or none where there are no classes.
    """
    weights = case.settings.class_weight
    if case.data is None or weights is None or "class_weight" in problems(case.settings):
        return
    if case.data.task != "classification":
        yield Finding(
            "Class weights are set, and the targets are quantities, not classes.",
            "Use no class weights.",
            fix=_set("Use no class weights", lambda s: replace(s, class_weight=None)),
        )
    elif isinstance(weights, tuple) and len(weights) != case.data.classes:
        yield Finding(
            f"There are {len(weights)} class weights for {case.data.classes} classes.",
            "Give a weight for each class.",
            fix=_set("Balance the classes", lambda s: replace(s, class_weight="balanced")),
        )


@rule("TRN11", Severity.ERROR, source="")
def out_of_bounds(case: Case) -> Iterator[Finding]:
    """A training setting has a value that cannot be used.

    Keras would refuse it, or do something that was not meant.

    Put it right in the Settings panel, or go back to the default.
    """
    found = problems(case.settings)
    given = clips(case.settings.optimizer)
    clashes = [found.get(f"optimizer.{name}") for name in given[1:2]]
    for place, reason in found.items():
        if place in (*NAMES, *ELSEWHERE) or reason in clashes:
            continue
        reduce = case.settings.reduce_lr
        undecided = place == "reduce_lr.mode" and reduce is not None and reduce.mode == "auto"
        label = "Set mode=max" if undecided else f"Reset {place}"
        yield Finding(
            f"Settings: {place}: {reason}",
            "Put it right in the Settings panel.",
            fix=_set(label, partial(_reset, place=place)),
        )


@rule("TRN12", Severity.ERROR, source="Keras 3.15: could not interpret the identifier")
def unknown_name(case: Case) -> Iterator[Finding]:
    """An optimizer, loss or metric that Keras does not have.

    The project was made for another version, or its file was edited by hand.

    Choose one from the list in the Settings panel.
    """
    for place, reason in problems(case.settings).items():
        if place in NAMES:
            yield Finding(
                f"Settings: {reason}",
                "Choose one from the list in the Settings panel.",
                fix=_nearest(case.settings, place),
            )


@rule("TRN13", Severity.ERROR, source="Keras 3.15: not sufficient to split, tried")
def split_of_nothing(case: Case) -> Iterator[Finding]:
    """The validation split leaves no rows to train on.

    The rows that are held out are counted up to whole rows. With few rows, a share near 1 takes
    all of them.

    Hold out 10 to 30 percent.
    """
    training = _training_rows(case)
    if case.data is None or training is None or training > 0:
        return
    split, rows = case.settings.validation_split, case.data.rows
    yield Finding(
        f"A validation split of {split} of {rows} rows leaves none to train on.",
        "Hold out 10 to 30 percent.",
        fix=_set("Set validation_split=0.2", lambda s: replace(s, validation_split=0.2))
        if rows > 1
        else None,
    )


def _training_rows(case: Case) -> int | None:
    """How many rows are trained on; None if that cannot be said."""
    if case.data is None or "validation_split" in problems(case.settings):
        return None
    return split_rows(case.data.rows, case.settings.validation_split)[0]


def _watch(settings: Settings, field: str, monitor: str) -> Settings:
    callback = getattr(settings, field)
    if callback is None:
        return settings
    return replace(settings, **{field: replace(callback, monitor=monitor)})


def _without(settings: Settings, names: tuple[str, ...]) -> Settings:
    """The settings without these arguments of the optimizer."""
    params = {k: v for k, v in settings.optimizer.params.items() if k not in names}
    return replace(settings, optimizer=Choice(settings.optimizer.name, params))


def _set(label: str, change: Callable[[Settings], Settings]) -> Fix:
    return Fix(label, partial(with_settings, change=change))


def _reset(settings: Settings, place: str) -> Settings:
    """The settings with one place at its default."""
    plain = Settings()
    name, _, inner = place.partition(".")
    if name in WATCHERS and inner:
        callback = getattr(settings, name)
        if callback is None:
            return settings
        value = getattr(type(callback)(), inner)
        if place == "reduce_lr.mode" and callback.mode == value:
            return replace(settings, reduce_lr=replace(callback, mode="max"))
        return replace(settings, **{name: replace(callback, **{inner: value})})
    if not inner:
        return replace(settings, **{name: getattr(plain, name)})
    if name == "measuring":
        value = getattr(plain.measuring, inner)
        return replace(settings, measuring=replace(settings.measuring, **{inner: value}))
    choice: Choice = getattr(settings, name)
    params = {key: value for key, value in choice.params.items() if key != inner}
    return _with_choice(settings, name, Choice(choice.name, params))


def _nearest(settings: Settings, place: str) -> Fix:
    if place == "metrics":
        known = tuple(dict.fromkeys(name for name in settings.metrics if metric(name)))
        kept = known or ("accuracy",)
        return _set(f"Measure {', '.join(kept)}", lambda s: replace(s, metrics=kept))
    table = OPTIMIZERS if place == "optimizer" else LOSSES
    name = getattr(settings, place).name
    folded = {entry.lower(): entry for entry in table}
    near = difflib.get_close_matches(str(name).lower().replace("_", ""), folded, 1, 0.4)
    better = folded[near[0]] if near else getattr(Settings(), place).name
    return _set(f"Use {better}", partial(_with_choice, place=place, choice=Choice(better)))


def _with_choice(settings: Settings, place: str, choice: Choice) -> Settings:
    if place == "optimizer":
        return replace(settings, optimizer=choice)
    return replace(settings, loss=choice)
