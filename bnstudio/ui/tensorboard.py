"""Runs written for TensorBoard: the entry of the menu, and the job on a thread of its own."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from bnstudio.runs import tensorboard
from bnstudio.ui.progress import WHOLE, progress
from bnstudio.ui.train_bar import duration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QMenu

    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore
    from bnstudio.ui.session import Session

_LOOK = 50
"""Milliseconds between two looks at how far it is."""

_YIELD = 0.0005
"""Seconds that the window is given after each piece: Python lets one thread work at a time."""


def entry(menu: QMenu, runs: Sequence[Run], session: Session, parent: QWidget) -> QAction:
    """An action for a menu on these runs; without TensorBoard it says how to get it."""
    action = QAction("Export for TensorBoard\u2026", menu)
    if not tensorboard.is_installed():
        action.setText(f"Export for TensorBoard (first: {tensorboard.INSTALL})")
        action.setEnabled(False)
    elif any(run.live for run in runs):
        action.setEnabled(False)
    action.triggered.connect(lambda: _ask(runs, session, parent))
    return action


def _ask(runs: Sequence[Run], session: Session, parent: QWidget) -> None:
    folder = QFileDialog.getExistingDirectory(parent, "TensorBoard's log directory")
    if folder:
        export = Export(runs, session.store, Path(folder), parent)
        export.ended.connect(session.note)


class Export(QObject):
    """Some runs on their way to event files, with the progress and a way to give up."""

    #: It is over: what to tell, and of which kind. Said in any case, and then it goes.
    ended = Signal(str, str)

    def __init__(self, runs: Sequence[Run], store: RunStore, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._runs, self._store, self._folder = runs, store, folder
        self._share = 0.0
        self._fault = ""
        self._cancelled, self._over = threading.Event(), threading.Event()
        self._began = time.monotonic()
        self.dialog = progress("Export for TensorBoard", "Share that is written", parent)
        self.dialog.canceled.connect(self.cancel)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._look)
        self._timer.start(_LOOK)
        self._thread = threading.Thread(target=self._work, name="tensorboard", daemon=True)
        self._thread.start()
        if (app := QCoreApplication.instance()) is not None:
            app.aboutToQuit.connect(self.leave)

    def cancel(self) -> None:
        """Gives up; what was begun is taken away."""
        self._cancelled.set()

    def leave(self) -> None:
        """Gives up and waits until nothing is left to do: the program ends."""
        self.cancel()
        self._thread.join()

    def _look(self) -> None:
        if self._over.is_set():
            self._end()
            return
        names = ", ".join(run.title for run in self._runs[:3])
        spent = time.monotonic() - self._began
        left = spent * (1 - self._share) / self._share if self._share > 0.01 else None
        self.dialog.setLabelText(
            f"Writing {names} \u2026 {self._share:.0%}"
            + (f", {duration(left)} left" if left is not None else "")
        )
        self.dialog.setValue(int(WHOLE * self._share))

    def _end(self) -> None:
        self._timer.stop()
        self._thread.join()
        self.dialog.canceled.disconnect(self.cancel)  # to be closed counts as that
        self.dialog.close()
        self.dialog.deleteLater()
        count = f"{len(self._runs)} runs" if len(self._runs) > 1 else self._runs[0].title
        if self._fault:
            text = f"{count} could not be written for TensorBoard: {self._fault}"
            self.ended.emit(text, "error")
        elif self._cancelled.is_set():
            self.ended.emit(f"{count}: the export was given up.", "info")
        else:
            text = f"{count} can be seen with: tensorboard --logdir {self._folder}"
            self.ended.emit(text, "good")
        self.deleteLater()

    # On the thread.

    def _work(self) -> None:
        try:
            for place, run in enumerate(self._runs):
                whole, measured = self._store.whole(run)
                pieces = tensorboard.write(whole, measured, whole.history.count, self._folder)
                for share in pieces:
                    self._share = (place + share) / len(self._runs)
                    if self._cancelled.wait(_YIELD):
                        pieces.close()
                        return
        except OSError as error:
            self._fault = error.strerror or str(error)
        except Exception as error:  # such as a TensorBoard that protobuf does not suit
            self._fault = f"{type(error).__name__}: {error}"
        finally:
            self._over.set()
