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
    EarlyStopping,
    Settings,
    metric,
    problems,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAMES = ("optimizer", "loss", "metrics")


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
def stopping_on_nothing(case: Case) -> Iterator[Finding]:
    """Early stopping watches something that is not measured.

    A name with val_ needs validation rows, and a metric must be among those that are measured.
    Keras then warns every epoch and never stops, or refuses a name it cannot make sense of.

    Watch the loss, or hold out validation rows.
    """
    reason = problems(case.settings).get("early_stopping.monitor")
    early = case.settings.early_stopping
    if reason is None or early is None:
        return
    split = case.settings.validation_split
    monitor = "val_loss" if isinstance(split, int | float) and 0 < split < 1 else "loss"
    known = early.monitor.removeprefix("val_") in ("loss", *case.settings.metrics)
    yield Finding(
        f"Early stopping: {reason}",
        f"Watch {monitor}.",
        fix=_set(
            f"Watch {monitor}",
            lambda s: replace(
                s, early_stopping=replace(s.early_stopping or EarlyStopping(), monitor=monitor)
            ),
        ),
        severity=None if known else Severity.ERROR,
    )


@rule("TRN11", Severity.ERROR, source="")
def out_of_bounds(case: Case) -> Iterator[Finding]:
    """A training setting has a value that cannot be used.

    Keras would refuse it, or do something that was not meant.

    Put it right in the Settings panel, or go back to the default.
    """
    for place, reason in problems(case.settings).items():
        if place in NAMES or place == "early_stopping.monitor":
            continue
        yield Finding(
            f"Settings: {place}: {reason}",
            "Put it right in the Settings panel.",
            fix=_set(f"Reset {place}", partial(_reset, place=place)),
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


def _set(label: str, change: Callable[[Settings], Settings]) -> Fix:
    return Fix(label, partial(with_settings, change=change))


def _reset(settings: Settings, place: str) -> Settings:
    """The settings with one place at its default."""
    plain = Settings()
    name, _, inner = place.partition(".")
    if name == "early_stopping":
        early = settings.early_stopping or EarlyStopping()
        value = getattr(EarlyStopping(), inner)
        return replace(settings, early_stopping=replace(early, **{inner: value}))
    if not inner:
        return replace(settings, **{name: getattr(plain, name)})
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
