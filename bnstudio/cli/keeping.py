"""The runs beside a project file, and the record of one that the command line trains.

They are kept as the window keeps its own.
"""

from __future__ import annotations

import platform
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import __version__
from bnstudio.extensions import versions_of
from bnstudio.importers import importer_of, reading
from bnstudio.project import ProjectError, dumps, is_sample, loads, read_text
from bnstudio.runs import going_on as runs
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Ready

if TYPE_CHECKING:
    from bnstudio.project import Project
    from bnstudio.runs.record import Recorder


def store_of(file: str) -> RunStore:
    """The store whose ``folder`` has the runs of a project file; a sample's are the user's."""
    store, path = RunStore(), Path(file)
    store.follow(None if is_sample(path) else path)
    return store


def runs_of(file: str, store: RunStore) -> list[Run]:
    """The runs that are kept for a project file, oldest first, with their epochs.

    Raises:
        ProjectError: If there is no such file, or its runs cannot be read.
    """
    if importer_of(file) is None:
        read_text(file)
    else:
        with reading.open_file(file):
            pass  # its runs are beside it as a project's are
    found = list(store.runs_here())
    if store.faults:
        raise ProjectError(f"its runs cannot be read: {store.faults[0]}", file)
    return found


def begin(project: Project, file: str) -> Keeping:
    """A new run of a project, kept beside its file."""
    store = store_of(file)
    number = store.next_number()
    run = Run(
        uuid.uuid4().hex[:12],
        f"Run {number}",
        dumps(project),
        project,
        source=project.source.name,
        number=number,
        total_epochs=project.settings.epochs,
        versions=_versions(project),
    )
    recorder = store.begin(run)
    if store.warning:
        print(f"bnstudio: {store.warning} The run itself goes on.", file=sys.stderr)
    return Keeping(store, run, recorder)


def go_on(file: str, which: str, epochs: int, best: bool) -> Keeping:
    """A run that is kept beside a project's file, to be trained to ``epochs`` epochs in all.

    ``which`` is its number or its title; the newest if empty. ``best`` has it go on from its best
    epoch instead of its last. Without ``epochs`` as many are trained as its settings say.

    Raises:
        ProjectError: If there is no such run, or it cannot go on.
    """
    store = store_of(file)
    found = [run for run in runs_of(file, store) if which in ("", str(run.number), run.title)]
    if not found:
        wanted = f"there is no run {which!r}" if which else "no run is kept for it yet"
        raise ProjectError(f"{wanted}; `bnstudio runs` lists them", file)
    run = found[-1]
    try:
        if best:
            recorder, checkpoint = runs.go_back(store, run, epochs)
        else:
            recorder, checkpoint = runs.go_on(store, run, epochs or run.total_epochs)
    except runs.CannotGoOnError as error:
        raise ProjectError(str(error), file) from error
    run.versions = _versions(run.project or loads(run.text))
    return Keeping(store, run, recorder, str(checkpoint))


def _versions(project: Project) -> dict[str, str]:
    own = {"bnstudio": __version__, "python": platform.python_version()}
    return own | versions_of(project.graph)


class Keeping:
    """A run and its record, from the moment it is asked for; to be used in a ``with``.

    Attributes:
        run: What has come of it so far.
        checkpoint: The path of what it goes on from; empty where it is a new one.
    """

    def __init__(
        self, store: RunStore, run: Run, recorder: Recorder | None, checkpoint: str = ""
    ) -> None:
        self.run, self.checkpoint = run, checkpoint
        self._store, self._recorder = store, recorder

    def __enter__(self) -> Keeping:
        return self

    def __exit__(self, *_: object) -> None:
        """Closes the record; a run that was broken off counts as stopped."""
        if self.run.live:
            self.run.state = "stopped"
            self._finish()
        self._store.close()

    @property
    def folder(self) -> str:
        """Where the engine leaves the model; empty where no record can be written."""
        return "" if self._recorder is None else str(self._recorder.folder)

    @property
    def place(self) -> str:
        """Where the record lies; empty where none can be written."""
        return "" if self._recorder is None else str(self._recorder.folder.parent.parent)

    def take(self, event: object) -> str:
        """Takes in what the engine says; why that does not reach the disk, said once, or empty."""
        run = self.run
        if isinstance(event, Ready):
            run.versions |= {"keras": event.keras, "tensorflow": event.tensorflow}
        elif run.live:
            run.apply(event)
            if not run.live:
                self._finish()
            elif self._recorder is not None:
                self._recorder.add(run, event)
        return self._store.complaint()

    def _finish(self) -> None:
        if self._recorder is not None:
            self._recorder.finish(self.run)
