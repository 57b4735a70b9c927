"""Whether a run that is over can go on, from where, and its record made ready for that."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import project as projects
from bnstudio.runs.database import RecordError
from bnstudio.training import checkpoint as files
from bnstudio.training.checkpoint import BEST, CheckpointError

if TYPE_CHECKING:
    from bnstudio.runs.record import Recorder
    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore

NO_BETTER = "Its best epoch is its last one, or was not kept."
NOT_KEPT = "No epoch of it was finished and kept, so there is nothing to go on from."


class CannotGoOnError(Exception):
    """A run cannot go on; the text says why, for people."""


@dataclass(frozen=True)
class Standing:
    """How a run stands.

    Attributes:
        epochs: How many are done and kept, so that it would go on with the next.
        total: How many its settings ask for.
        reason: Why it cannot go on at all, for people; empty where it can.
        early: Whether early stopping has ended it.
        best: How many were done at the end of its best epoch, if that was kept and is an earlier
            one; 0 else.
    """

    epochs: int = 0
    total: int = 0
    reason: str = ""
    early: bool = False
    best: int = 0

    @property
    def complete(self) -> bool:
        """Whether it can go on only for epochs that are asked for anew."""
        return not self.reason and (self.early or self.epochs >= self.total)


def standing(store: RunStore, run: Run) -> Standing:
    """How a run stands; only the head of its checkpoint is read."""
    total = run.total_epochs
    path = store.checkpoint(run)
    if run.live:
        return Standing(0, total, "It is still going on.")
    if path is None or not path.exists():
        return Standing(0, total, NOT_KEPT)
    try:
        epochs = files.read_head(path).epochs
    except CheckpointError as error:
        return Standing(0, total, str(error))
    return Standing(epochs, total, "", run.state == "early", _best(store, run, epochs))


def _best(store: RunStore, run: Run, epochs: int) -> int:
    """The epochs of the best checkpoint, if it has fewer than ``epochs``."""
    path = store.checkpoint(run, BEST)
    try:
        best = files.read_head(path).epochs if path is not None and path.exists() else 0
    except CheckpointError:
        return 0  # it can still go on from its last one
    return best if best < epochs else 0


def go_on(store: RunStore, run: Run, epochs: int) -> tuple[Recorder, Path]:
    """Takes a run and its record back to its last checkpoint, to be trained to ``epochs`` epochs.

    Returns its record and the checkpoint to begin with.

    Raises:
        CannotGoOnError: If that cannot be done; run and record are as they were.
    """
    found = standing(store, run)
    if found.reason:
        raise CannotGoOnError(f"{run.title} cannot go on. {found.reason}")
    if epochs <= found.epochs:
        raise CannotGoOnError(
            f"{run.title} has done {found.epochs} epochs; to go on it needs more than {epochs}."
        )
    return _rewound(store, run, epochs)


def go_back(store: RunStore, run: Run, epochs: int = 0) -> tuple[Recorder, Path]:
    """Takes a run, its record and its last checkpoint back to its best epoch.

    Returns what ``go_on`` returns, to be trained to ``epochs`` epochs. Without that there is none
    left to train, only a model to be kept.

    Raises:
        CannotGoOnError: If that cannot be done; run and record are as they were.
    """
    found = standing(store, run)
    best, last = store.checkpoint(run, BEST), store.checkpoint(run)
    if reason := found.reason or ("" if found.best else NO_BETTER):
        raise CannotGoOnError(f"{run.title} cannot go back. {reason}")
    assert best is not None
    assert last is not None
    if 0 < epochs < found.best:
        raise CannotGoOnError(
            f"The best epoch of {run.title} is number {found.best}, later than {epochs}."
        )
    try:
        # First, so that the record is never behind what the run goes on from.
        files.copy(best, last)
    except CheckpointError as error:
        raise CannotGoOnError(f"{run.title} cannot go back. {error}") from error
    return _rewound(store, run, epochs or found.best)


def _rewound(store: RunStore, run: Run, epochs: int) -> tuple[Recorder, Path]:
    path = store.checkpoint(run) or Path()
    store.load(run)
    before = copy(run)
    try:
        told = files.read_epochs(path)[1]
        project = run.project or projects.loads(run.text)
        if epochs != project.settings.epochs:
            project = replace(project, settings=replace(project.settings, epochs=epochs))
            run.text = projects.dumps(project)
        run.project, run.total_epochs = project, epochs
        run.rewind(told)
        return store.go_on(run), path
    except (CheckpointError, projects.ProjectError, RecordError) as error:
        vars(run).update(vars(before))
        raise CannotGoOnError(f"{run.title} cannot go on. {error}") from error
