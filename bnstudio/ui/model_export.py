"""The model on its way to a file of another form: how far it is, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal

from bnstudio.folding import NOTHING
from bnstudio.training.export_job import STARTING, ExportJob, proof, told_of_folding
from bnstudio.training.messages import Died, Exported, Exporting, Failed
from bnstudio.ui.progress import WHOLE, progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from PySide6.QtWidgets import QWidget

    from bnstudio.exporters import Exporter
    from bnstudio.folding import Survey
    from bnstudio.runs.weights import WeightsChoice

_LOOK = 50
"""Milliseconds between two looks at how far it is."""


class ModelExport(QObject):
    """One model on its way, with the progress and a way to give up.

    ``fold`` has the batch normalizations that are folded. Where another file is in the place of
    what is made, ``may_replace`` is asked, if there is one.

    Raises:
        ProjectError: If nothing can be written where it is to go.
        OSError: If no engine can be started.
    """

    #: It is over: what to tell, and of which kind. Said in any case, and then it goes.
    ended = Signal(str, str)

    def __init__(
        self,
        project: str,
        exporter: Exporter,
        path: Path,
        weights: WeightsChoice,
        parent: QWidget,
        fold: Survey = NOTHING,
        may_replace: Callable[[Path], bool] | None = None,
    ) -> None:
        self._may_replace = may_replace
        job = ExportJob(
            project,
            exporter,
            path,
            weights.path,
            tuple(one.norm for one in fold.folds),
            may_replace=self._ask if may_replace is not None else None,
        )
        super().__init__(parent)
        self._fold = fold
        self._exporter, self._path, self._weights = exporter, path, weights
        self._job = job
        self.dialog = progress(f"Export {exporter.title}", "Share that is done", parent)
        self.dialog.canceled.connect(self.cancel)
        self._show(STARTING, 0.0)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK)
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.leave)

    def cancel(self) -> None:
        """Gives up; what was begun is taken away, and what was there before stays."""
        self._end(f"{self._path.name}: the export was given up.", "info")

    def leave(self) -> None:
        """Gives up without a word: the window closes."""
        self._timer.stop()
        self._job.close()

    def _look(self) -> None:
        for event in self._job.take():
            match event:
                case Exporting():
                    self._show(event.stage, event.share)
                case Exported():
                    self._end(self._said(event), "warning" if event.notes else "good")
                case Failed() | Died():
                    self._end(f"{self._path.name} was not written. {event.message}", "error")

    def _show(self, stage: str, share: float) -> None:
        self.dialog.setLabelText(f"{self._path.name}: {stage} \u2026")
        self.dialog.setValue(int(WHOLE * share))

    def _said(self, event: Exported) -> str:
        words = [f"Exported to {self._path}.", proof(self._exporter, event)]
        if self._exporter.weights:
            words.append(f"The weights: {self._weights.title}.")
        if folded := told_of_folding(self._fold, event):
            words.append(folded)
        return " ".join([*words, *event.notes])

    def _ask(self, path: Path) -> bool:
        """Asks whether a file may be replaced, and looks no further until that is answered."""
        assert self._may_replace is not None
        self._timer.stop()
        try:
            return self._may_replace(path)
        finally:
            self._timer.start()

    def _end(self, text: str, kind: str) -> None:
        self.leave()
        self.dialog.canceled.disconnect(self.cancel)  # to be closed counts as that
        self.dialog.close()
        self.dialog.deleteLater()
        self.ended.emit(text, kind)
        self.deleteLater()
