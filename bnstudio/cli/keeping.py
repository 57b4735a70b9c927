"""The record of a run that the command line trains, kept as the window keeps its own."""

from __future__ import annotations

import platform
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import __version__
from bnstudio.project import dumps, is_sample
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Ready

if TYPE_CHECKING:
    from bnstudio.project import Project


def store_of(file: str) -> RunStore:
    """The store whose ``folder`` has the runs of a project file; a sample's are the user's."""
    store, path = RunStore(), Path(file)
    store.follow(None if is_sample(path) else path)
    return store


class Keeping:
    """A run and its record, from the moment it is asked for; to be used in a ``with``.

    Attributes:
        run: What has come of it so far.
    """

    def __init__(self, project: Project, file: str) -> None:
        self._store = store_of(file)
        number = self._store.next_number()
        self.run = Run(
            uuid.uuid4().hex[:12],
            f"Run {number}",
            dumps(project),
            project,
            source=project.source.name,
            number=number,
            total_epochs=project.settings.epochs,
            versions={"bnstudio": __version__, "python": platform.python_version()},
        )
        self._recorder = self._store.begin(self.run)
        if self._store.warning:
            print(f"bnstudio: {self._store.warning} The run itself goes on.", file=sys.stderr)

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
