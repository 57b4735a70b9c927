"""Whether a run that is over can go on, from where, and its record made ready for that."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import project as projects
from bnstudio.runs.database import RecordError
from bnstudio.training import checkpoint as files
from bnstudio.training.checkpoint import CheckpointError

if TYPE_CHECKING:
    from bnstudio.runs.record import Recorder
    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore

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
    """

    epochs: int = 0
    total: int = 0
    reason: str = ""

    @property
    def complete(self) -> bool:
        """Whether it can go on only for more epochs than were asked for."""
        return not self.reason and self.epochs >= self.total


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
    if run.state == "early":
        reason = "Its early stopping has ended it: what it watches did not improve any more."
        return Standing(epochs, total, reason)
    return Standing(epochs, total)


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
