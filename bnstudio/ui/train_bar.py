"""The part of the bar that trains: data set, buttons, progress, the time left and the loss."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from bnstudio.analysis.memory import said
from bnstudio.data import SOURCES
from bnstudio.runs.run import STATE_NAMES
from bnstudio.ui import going_on, icons, theme
from bnstudio.ui.rate_field import RateField
from bnstudio.ui.verbatim import Verbatim, in_html, in_menu

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


_TRAIN = "Train the model that is drawn (Ctrl+R)"


def duration(seconds: float) -> str:
    """A span of time as a clock shows it: ``0:07``, ``12:30`` or ``1:02:30``."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class TrainBar(QWidget):
    """One prominent button that trains, or says why it cannot; the rest is quiet."""

    #: The data set's name was clicked: its panel should be shown.
    data_wanted = Signal()

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self.setObjectName("trainBar")
        self._document, self._session = document, session
        self.source = QToolButton()
        self.source.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.source.setToolTip("The data that the model is trained on")
        self.source.clicked.connect(self.data_wanted)
        icons.bind(self.source, "data", "muted")

        self.train = _Train(self._need)
        self.train.setProperty("role", "primary")
        self.train.setIconSize(QSize(14, 14))
        self.train.setAccessibleName("Train")
        self.train.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a press leaves the keys to the canvas
        self.train.clicked.connect(session.train)
        self.go_on = QToolButton()
        self.go_on.setAccessibleName("Continue")
        self.go_on.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.go_on.clicked.connect(lambda: going_on.go_on(self, session))
        icons.bind(self.go_on, "go-on")
        self.hold = QToolButton()
        self.hold.clicked.connect(self._hold)
        self.stop = QToolButton()
        self.stop.setToolTip("Stop, and keep what has been learned (Ctrl+.)")
        self.stop.setAccessibleName("Stop and keep")
        self.stop.clicked.connect(session.stop)
        icons.bind(self.stop, "stop")
        self.restart = QPushButton("Restart engine")
        self.restart.setToolTip("End the engine, whatever it is doing, and start another")
        self.restart.clicked.connect(session.restart)

        self.rate = RateField(session)
        self._rate_name = QLabel("rate")
        self._rate_name.setProperty("role", "muted")
        self._rate_name.setBuddy(self.rate)

        self.status = Verbatim()
        self.status.setProperty("role", "muted")
        self.status.setAccessibleName("Training status")
        self.numbers = QLabel()
        self.numbers.setFont(theme.mono())
        self.numbers.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(4)
        self.progress.setAccessibleName("Progress")
        told = self._told = _Told()
        grid = QGridLayout(told)
        grid.setContentsMargins(6, 0, 0, 0)
        grid.setVerticalSpacing(3)
        grid.setHorizontalSpacing(12)
        grid.addWidget(self.status, 0, 0)
        grid.addWidget(self.numbers, 0, 1)
        grid.addWidget(self.progress, 1, 0, 1, 2)
        # In a narrow window the status is cut off, not the numbers.
        self.status.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.status.setText("0")
        self.numbers.setText("0")
        told.fix(self.fontMetrics().averageCharWidth(), grid.sizeHint().height())

        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for widget in (
            self.source,
            self.train,
            self.go_on,
            self.hold,
            self.stop,
            self._rate_name,
            self.rate,
            self.restart,
            told,
        ):
            row.addWidget(widget)

        session.state_changed.connect(self.refresh)
        session.answering_changed.connect(self.refresh)
        session.run_started.connect(self.refresh)
        session.run_ended.connect(self.refresh)
        session.runs_changed.connect(self.refresh)
        session.rate_changed.connect(self.rate.refresh)
        session.epoch_ended.connect(self.rate.refresh)
        session.stepped.connect(self._show_progress)
        session.epoch_ended.connect(self._show_progress)
        document.diagnosed.connect(self.refresh)
        document.opened.connect(self.refresh)  # after the session, which then knows whose run it is
        theme.notifier.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Shows what can be done now."""
        session = self._session
        name = self._document.project.source.name
        entry = SOURCES.get(name)
        self.source.setText(entry.title if entry else in_menu(name))
        self.source.setAccessibleName(f"Data: {self.source.text()}")
        live = session.live
        buttons = (self.train, self.go_on, self.hold, self.stop)
        focused = [button for button in buttons if button.hasFocus()]
        blocked = session.blocked()
        self.train.setVisible(not live)
        self.train.setEnabled(blocked is None)
        self.train.setToolTip(in_html(blocked or _TRAIN))
        self.train.setAccessibleDescription(blocked or "")
        icons.bind(self.train, "play", "on_accent" if blocked is None else "muted")
        self._show_go_on()
        self._rate_name.setVisible(live)
        self.rate.refresh()
        paused = session.run is not None and session.run.state == "paused"
        self.hold.setVisible(live)
        self.hold.setEnabled(session.state in {"running", "paused"})
        self.hold.setToolTip("Resume" if paused else "Pause after the step in progress")
        self.hold.setAccessibleName("Resume" if paused else "Pause")
        icons.bind(self.hold, "play" if paused else "pause")
        self.stop.setVisible(live)
        self.stop.setEnabled(session.state != "stopping")
        self.restart.setVisible(not session.answering or session.state == "down")
        if focused and not (focused[0].isVisible() and focused[0].isEnabled()):
            # Qt would hand it to whatever comes next: Space must neither undo nor stop a run.
            heir = self.train if not live else self.hold if self.hold.isEnabled() else self.source
            heir.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_progress()

    def _need(self) -> str:
        """What is said of the button when the mouse rests on it."""
        if not self.train.isEnabled():
            return self.train.toolTip()
        size = said(self._session.need().total)
        return in_html(f"{_TRAIN}; takes about {size} of memory")

    def _show_go_on(self) -> None:
        """Offers to go on with the run that is shown, where it can and is this project's."""
        session = self._session
        run, standing = session.run, session.standing()
        offered = run is not None and not standing.reason and not session.apart
        self.go_on.setVisible(not session.live and offered)
        if run is not None and offered:
            self.go_on.setText(going_on.caption(standing))
            self.go_on.setToolTip(in_html(f"{going_on.tip(run, standing)} (Ctrl+Shift+R)"))
            self.go_on.setAccessibleName(self.go_on.text())

    def _hold(self) -> None:
        run = self._session.run
        if run is not None and run.state == "paused":
            self._session.resume()
        else:
            self._session.pause()

    def _show_progress(self, *_: object) -> None:
        run = self._session.run
        # What became of another project's run is told by the list of runs.
        told = run is not None and (run.live or not self._session.apart)
        self._told.setVisible(told)
        if run is None or not told:
            return
        self.progress.setValue(round(1000 * run.progress))
        self.status.setText(self._status(run))
        value = _last_loss(run)
        self.numbers.setText("" if value is None else f"loss {value:.4f}")

    def _status(self, run: Run) -> str:
        session = self._session
        if not session.answering:
            return "Engine not answering"
        if session.apart:
            return f"{run.title}, of another project \u00b7 {self._stage(run)}"
        return self._stage(run)

    def _stage(self, run: Run) -> str:
        """How far a run is."""
        session = self._session
        if run.state == "waiting":
            return "Building the model" if session.ready else "Starting the engine"
        done = min(len(run.epochs) + (1 if run.live else 0), run.total_epochs)
        epochs = f"epoch {done}/{run.total_epochs}"
        if run.state != "running":
            return f"{STATE_NAMES[run.state]} \u00b7 {epochs}"
        eta = session.eta
        return epochs if eta is None else f"{epochs} \u00b7 {duration(eta)} left"


class _Train(QPushButton):
    """The button; its tip is made when it is wanted, as it takes a walk over the whole drawing."""

    def __init__(self, tip: Callable[[], str]) -> None:
        super().__init__("Train")
        self._tip = tip

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip:
            self.setToolTip(self._tip())
        return super().event(event)


class _Told(QWidget):
    """Of a size that does not depend on what it says.

    A change of it would have every dock laid out and painted again.
    """

    _USUAL, _LEAST = 46, 31

    def fix(self, letter: int, height: int) -> None:
        """Sets the size, by the width of a letter."""
        self._usual = QSize(self._USUAL * letter, height)
        self.setMinimumWidth(self._LEAST * letter)
        self.setMaximumWidth(self._USUAL * letter)
        self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        return self._usual


def _last_loss(run: Run) -> float | None:
    """The loss to show: the newest epoch's, or before the first the newest batch's."""
    for table in (run.epochs, run.steps):
        if "loss" in table and len(table):
            value = float(table["loss"][-1])
            return value if math.isfinite(value) else None
    return None
