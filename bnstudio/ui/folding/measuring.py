"""The folded weights and how far they are from the model's, made and measured by an engine."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from bnstudio.exporters.models import PROJECT_WEIGHTS
from bnstudio.project import ProjectError
from bnstudio.training.export_job import STARTING, ExportJob, told_of_rows
from bnstudio.training.messages import Died, Exported, Exporting, Failed
from bnstudio.weights import WeightsError, place

if TYPE_CHECKING:
    from pathlib import Path

    from bnstudio.runs.weights import WeightsChoice

_PAUSE = 400
"""Milliseconds without another choice after which one is measured."""

_LOOK = 50
"""Milliseconds between two looks at how far it is."""


@dataclass(frozen=True)
class Measured:
    """What came of one choice.

    Attributes:
        path: The file with the folded weights, under a name of its own in the user's folder.
        difference: The largest one between the outputs on random rows, relative above 1.
        notes: What people should know of these weights.
    """

    path: Path
    difference: float
    notes: tuple[str, ...]


_Choice = tuple[str, tuple[str, ...]]


class Measuring(QObject):
    """Measures the choice that was asked for last, and keeps what came of the earlier ones.

    Attributes:
        stage: What is being done; empty while nothing is.
        share: How much of it is done, from 0 to 1.
        found: What came of the choice; None until it is measured, or where it failed.
        fault: Why there is nothing; empty where nothing went wrong.
    """

    #: ``stage``, ``share``, ``found`` or ``fault`` is another.
    changed = Signal()

    def __init__(self, project: str, parent: QObject) -> None:
        """``project`` is the text of the one that has not been folded."""
        super().__init__(parent)
        self.stage, self.share = "", 0.0
        self.found: Measured | None = None
        self.fault = ""
        self._project = project
        self._known: dict[_Choice, Measured] = {}
        self._choice: tuple[WeightsChoice, tuple[str, ...]] | None = None
        self._job: ExportJob | None = None
        self._path: Path | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._begin)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK)
        self._timer.timeout.connect(self._look)
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.close)

    def ask(self, weights: WeightsChoice, norms: tuple[str, ...]) -> None:
        """Has these normalizations folded with these weights, once nothing else is asked for."""
        self._halt()
        self._choice = weights, norms
        known = self._known.get((weights.path, norms))
        if known is None:
            self._pause.start()
        self._show("" if known else STARTING, 0.0, known)

    def stop(self) -> None:
        """Gives up what is being measured."""
        self._halt()
        self._show("", 0.0, self.found)

    def close(self) -> None:
        """Ends it, and takes away what was made and ``found`` does not have to be kept for."""
        self._halt()
        for measured in self._known.values():
            with suppress(OSError):
                measured.path.unlink(missing_ok=True)
        self._known.clear()

    def _begin(self) -> None:
        assert self._choice is not None
        weights, norms = self._choice
        origin = f"{weights.title.removeprefix('Those of ')}, folded"
        try:
            self._path = place.room()
            self._job = ExportJob(
                self._project, PROJECT_WEIGHTS, self._path, weights.path, norms, origin=origin
            )
        except (WeightsError, ProjectError, OSError) as error:
            self._show("", 0.0, None, str(error))
            return
        self._timer.start()

    def _look(self) -> None:
        assert self._job is not None
        for event in self._job.take():
            match event:
                case Exporting():
                    self._show(event.stage, event.share, None)
                case Exported():
                    self._end(event)
                case Failed() | Died():
                    self._halt()
                    self._show("", 0.0, None, event.message)

    def _end(self, event: Exported) -> None:
        assert self._choice is not None
        assert self._path is not None
        weights, norms = self._choice
        notes = filter(None, (*event.notes, told_of_rows(event)))
        found = Measured(self._path, event.folded or 0.0, tuple(notes))
        self._known[weights.path, norms] = found
        self._halt()
        self._show("", 1.0, found)

    def _halt(self) -> None:
        self._pause.stop()
        self._timer.stop()
        if self._job is not None:
            self._job.close()
            self._job = None

    def _show(self, stage: str, share: float, found: Measured | None, fault: str = "") -> None:
        self.stage, self.share, self.found, self.fault = stage, share, found, fault
        self.changed.emit()
