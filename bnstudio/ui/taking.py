"""Weights on their way from an opened model to the project, with the progress and a way to stop."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QProgressBar, QProgressDialog, QWidget

from bnstudio.analysis.memory import said
from bnstudio.project import InitialWeights, ProjectError
from bnstudio.weights import WeightsError, place

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.importers import Unread
    from bnstudio.ui.document import Document
    from bnstudio.weights import Weights

    Take = Callable[["Told"], tuple[Weights, tuple[str, ...]]]
    Told = Callable[[int, int], None]

_LOOK = 30
"""Milliseconds between two looks at how far it is."""

_SOON = 500
"""Milliseconds; what takes no longer shows no progress."""


class _GivenUp(Exception):
    """Nobody wants the weights any more."""


class Taking(QObject):
    """Has weights read on a thread, and makes them the project's.

    ``take`` is called there with what is to be told of progress, in bytes; it gives the weights,
    which lie in the user's folder, and what is to be said of them.
    """

    #: It is over: what to tell, and of which kind; nothing where another project was opened.
    ended = Signal(str, str)

    def __init__(self, document: Document, take: Take, label: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._take, self._label = document, take, label
        self._done = (0, 0)
        self._found: tuple[Weights, tuple[str, ...]] | None = None
        self._fault, self._elsewhere = "", False
        self._given_up, self._over = threading.Event(), threading.Event()
        self.dialog = QProgressDialog("", "Without Weights", 0, 1000, parent)
        bar = QProgressBar()
        bar.setTextVisible(False)  # the label says it
        bar.setAccessibleName("Share of the weights that is read")
        self.dialog.setBar(bar)
        self.dialog.setRange(0, 1000)
        self.dialog.setMinimumWidth(24 * self.dialog.fontMetrics().horizontalAdvance("M"))
        self.dialog.setWindowTitle("Weights")
        self.dialog.setWindowModality(Qt.WindowModality.NonModal)
        self.dialog.setMinimumDuration(_SOON)
        self.dialog.setAutoClose(False)
        self.dialog.setAutoReset(False)
        self.dialog.canceled.connect(self.give_up)
        document.opened.connect(self._leave_project)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK)
        self._thread = threading.Thread(target=self._work, name="weights", daemon=True)
        self._thread.start()
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.leave)

    def give_up(self) -> None:
        """Stops reading; the project stays as it is."""
        self._given_up.set()

    def _leave_project(self) -> None:
        self._elsewhere = True
        self.give_up()

    def leave(self) -> None:
        """Gives up and waits until nothing is left to do: the window goes."""
        self.give_up()
        self._thread.join()
        self._timer.stop()

    def _look(self) -> None:
        if self._over.is_set():
            self._end()
            return
        done, total = self._done
        so_far = f", {said(done)} of {said(total)}" if total else ""
        self.dialog.setLabelText(f"{self._label}{so_far}")
        self.dialog.setValue(1000 * done // total if total else 0)

    def _end(self) -> None:
        self._timer.stop()
        self._thread.join()
        self.dialog.canceled.disconnect(self.give_up)  # to be closed counts as that
        self._document.opened.disconnect(self._leave_project)
        self.dialog.close()
        self.dialog.deleteLater()
        if self._elsewhere:
            self.ended.emit("", "")
        elif self._fault:
            self.ended.emit(self._fault, "error")
        elif self._given_up.is_set() or self._found is None:
            self.ended.emit("The weights were not taken over: layers begin with new ones.", "info")
        else:
            weights, notes = self._found
            begin = InitialWeights(weights.fingerprint, weights.origin)
            project = replace(self._document.project, weights=begin)
            settings = replace(project.settings, start="weights")
            self._document.edit(replace(project, settings=settings), "Take Over Weights")
            told = f"{weights.size:,} weights of {weights.origin} are taken over."
            self.ended.emit(" ".join([told, *notes]), "warning" if notes else "good")
        self.deleteLater()

    # On the thread.

    def _work(self) -> None:
        try:
            self._found = self._take(self._tell)
        except _GivenUp:
            pass
        except (ProjectError, WeightsError) as error:
            self._fault = f"The weights are not taken over. {error}"
        except Exception as error:
            self._fault = f"The weights are not taken over: {type(error).__name__}: {error}"
        finally:
            self._over.set()

    def _tell(self, done: int, total: int) -> None:
        self._done = (done, total)
        if self._given_up.is_set():
            raise _GivenUp


def into_folder(write: Callable[[Path], object]) -> Weights:
    """Weights that ``write`` writes to a file, which lies in the user's folder then.

    Raises:
        WeightsError: If it cannot be put there, and whatever ``write`` raises.
    """
    target = place.room()
    try:
        write(target)
        return place.adopt(target)
    finally:
        with suppress(OSError):
            target.unlink(missing_ok=True)


def of_model(unread: Unread) -> Take:
    """What takes the weights of a model file."""

    def take(told: Told) -> tuple[Weights, tuple[str, ...]]:
        notes: tuple[str, ...] = ()

        def write(target: Path) -> None:
            nonlocal notes
            notes = unread.take(target, told).notes

        return into_folder(write), notes

    return take
