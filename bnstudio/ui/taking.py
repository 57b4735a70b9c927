"""Weights on their way to the project, with the progress and a way to stop.

They come from an opened model or a run, or are written anew for layers that an edit moves into a
model or out of one.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QProgressBar, QProgressDialog, QWidget

from bnstudio.project import InitialWeights, ProjectError, loads
from bnstudio.runs.handing_on import hand_on
from bnstudio.training.checkpoint import BEST, LAST, CheckpointError
from bnstudio.weights import WeightsError, place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QMenu

    from bnstudio.importers import Unread
    from bnstudio.project import Project
    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session
    from bnstudio.weights import Weights

    Take = Callable[["Told"], tuple[Weights, tuple[str, ...]]]
    Told = Callable[[int, int], None]

_LOOK = 30
"""Milliseconds between two looks at how far it is."""

_SOON = 500
"""Milliseconds; what takes no longer shows no progress."""


class _GivenUp(Exception):
    """Nobody wants the weights any more."""


def _nothing() -> None:
    """What is to be done after weights for which nothing waits."""


class Taking(QObject):
    """Has weights read on a thread, and makes them the project's.

    ``take`` is called there with what is to be told of progress, how much of how much; it gives the
    weights, which lie in the user's folder, and what is to be said of them.

    Attributes:
        busy: Whether they are still on their way.
        then: What waits for them, and is called once it is over; not where another project was
            opened.
    """

    #: It is over: what to tell, and of which kind; nothing where another project was opened.
    ended = Signal(str, str)

    without = "Without Weights"
    given_up = "The weights were not taken over: layers begin with new ones."
    failed = "The weights are not taken over."

    def __init__(self, document: Document, take: Take, label: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._document, self._take, self._label = document, take, label
        self.busy = True
        self.then: Callable[[], object] = _nothing
        self._done = (0, 0)
        self._found: tuple[Weights, tuple[str, ...]] | None = None
        self._fault, self._elsewhere = "", False
        self._given_up, self._over = threading.Event(), threading.Event()
        self.dialog = QProgressDialog("", self.without, 0, 1000, parent)
        bar = QProgressBar()
        bar.setTextVisible(False)  # the label says it
        bar.setAccessibleName("Share of the weights that is done")
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
        share = f" \u2026 {done / total:.0%}" if total else " \u2026"
        self.dialog.setLabelText(self._label + share)
        self.dialog.setValue(1000 * done // total if total else 0)

    def _end(self) -> None:
        self.busy = False
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
            self.ended.emit(self.given_up, "info")
        else:
            self.ended.emit(*self._put(*self._found))
        if not self._elsewhere:
            self.then()
        self.deleteLater()

    def _put(self, weights: Weights, notes: tuple[str, ...]) -> tuple[str, str]:
        """Makes the weights the project's; what to tell, and of which kind."""
        begin = InitialWeights(weights.fingerprint, weights.origin)
        project = replace(self._document.project, weights=begin)
        settings = replace(project.settings, start="weights")
        self._document.edit(replace(project, settings=settings), "Take Over Weights")
        told = f"{weights.size:,} weights of {weights.origin} are taken over."
        return " ".join([told, *notes]), "warning" if notes else "good"

    # On the thread.

    def _work(self) -> None:
        try:
            self._found = self._take(self._tell)
        except _GivenUp:
            pass
        except (ProjectError, WeightsError, CheckpointError) as error:
            self._fault = f"{self.failed} {error}"
        except Exception as error:
            self._fault = f"{self.failed} {type(error).__name__}: {error}"
        finally:
            self._over.set()

    def _tell(self, done: int, total: int) -> None:
        self._done = (done, total)
        if self._given_up.is_set():
            raise _GivenUp


class Moving(Taking):
    """Has weights written anew under the keys that an edit gives their layers, and makes the edit.

    The edit is made once they are there, if the project is still the one that it is of.
    """

    without = "Cancel"
    given_up = "The layers stay where they are."
    failed = "The layers stay where they are, for their weights cannot be taken along."

    def __init__(
        self,
        document: Document,
        weights: Weights,
        moved: Mapping[str, str],
        edit: tuple[Project, str],
        parent: QWidget,
    ) -> None:
        self._before, self._edit = document.project, edit
        super().__init__(
            document,
            lambda told: (place.follow(weights, moved, told=told), ()),
            "Taking the weights along",
            parent,
        )

    def _put(self, weights: Weights, notes: tuple[str, ...]) -> tuple[str, str]:
        if self._document.project is not self._before:
            return f"The project has changed meanwhile. {self.given_up}", "info"
        after, label = self._edit
        begin = InitialWeights(weights.fingerprint, weights.origin)
        self._document.edit(replace(after, weights=begin), label)
        return "", ""


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


def entries(menu: QMenu, runs: Sequence[Run], session: Session, parent: QWidget) -> list[QAction]:
    """Actions for a menu on these runs: the project is to begin with what one has learned."""
    actions = []
    for text, name in (
        ("Take last weights into project", LAST),
        ("Take best weights into project", BEST),
    ):
        action = QAction(text, menu)
        path = session.store.checkpoint(runs[0], name) if len(runs) == 1 else None
        action.setEnabled(path is not None and path.exists())
        action.triggered.connect(
            lambda _=False, path=path, name=name: _take(runs[0], path, name, session, parent)
        )
        actions.append(action)
    return actions


def _take(run: Run, path: Path, name: str, session: Session, parent: QWidget) -> None:
    epoch = "last" if name == LAST else "best"
    origin = f"{run.title}, {epoch} epoch"
    job = Taking(
        session.document, of_run(run, path, origin), f"Reading the weights of {origin}", parent
    )
    job.ended.connect(lambda text, kind: session.note.emit(text, kind) if text else None)


def of_run(run: Run, path: Path, origin: str) -> Take:
    """What takes the weights in a checkpoint of a run, by the nodes of what it trained."""

    def take(told: Told) -> tuple[Weights, tuple[str, ...]]:
        missing: tuple[str, ...] = ()

        def write(target: Path) -> None:
            nonlocal missing
            graph = (run.project or loads(run.text)).graph
            _, missing = hand_on(path, graph, target, origin, told)

        weights = into_folder(write)
        left_out = f"These layers are left out: {', '.join(missing[:5])}."
        return weights, (left_out,) if missing else ()

    return take


def of_model(unread: Unread) -> Take:
    """What takes the weights of a model file."""

    def take(told: Told) -> tuple[Weights, tuple[str, ...]]:
        notes: tuple[str, ...] = ()

        def write(target: Path) -> None:
            nonlocal notes
            notes = unread.take(target, told).notes

        return into_folder(write), notes

    return take
