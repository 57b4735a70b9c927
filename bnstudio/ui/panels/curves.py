"""Loss and metrics over the run: one plot each, with the runs it is compared with as ghosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSlider,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from bnstudio.data import SOURCES
from bnstudio.ui import theme
from bnstudio.ui.plots import warm_up
from bnstudio.ui.plots.export import ExportButton
from bnstudio.ui.plots.look import Axis, Look
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.plots.scroll import Scroll
from bnstudio.ui.verbatim import Elided, in_menu

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.plots.curve import CurvePlot
    from bnstudio.ui.session import Session

_CARD = QSize(330, 190)
"""What a plot would like to have; in a low dock it makes do with less, to be seen whole."""
_LEAST = QSize(230, 124)
_SETTLED = 300
_EMPTY = "The loss and every metric are drawn here while a model trains."
_WAITING = "The curves begin with the first step."
_AXES: dict[Axis, str] = {"step": "Step", "epoch": "Epoch", "time": "Time"}


class Curves(QWidget):
    """A plot for the loss and for each metric of the run that is going on, or was the last."""

    title = "Curves"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    #: How the curves are drawn has been changed here: Look.
    look_changed = Signal(object)

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._session = session
        self.plots: dict[str, CurvePlot] = {}
        self.look = Look()

        self._cards = QWidget()
        self._cards.setObjectName("panel")
        self._grid = QGridLayout(self._cards)
        self._grid.setContentsMargins(12, 2, 12, 8)
        self._grid.setSpacing(10)
        self._scroll = Scroll(self._cards, "Plots of the run")
        self._scroll.resized.connect(self._take_room)
        empty = self._empty = QLabel()
        empty.setProperty("role", "muted")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)

        self._stack = QStackedLayout()
        self._stack.addWidget(empty)
        self._stack.addWidget(self._scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._controls())
        layout.addLayout(self._stack, 1)

        session.run_started.connect(self._mark)
        session.stepped.connect(self._mark)
        session.epoch_ended.connect(self._mark)
        session.run_ended.connect(self._mark)
        session.runs_changed.connect(self._mark)
        session.ghosts_changed.connect(self._mark)
        session.moments.moved.connect(self._mark_moment)
        theme.notifier.changed.connect(self._mark)

    def set_look(self, look: Look) -> None:
        """Draws the curves another way."""
        if look == self.look:
            return
        self.look = look
        for plot in self.plots.values():
            plot.show_all()
        self._mark()
        self.look_changed.emit(look)

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was measured while it was hidden."""
        super().showEvent(event)
        QTimer.singleShot(_SETTLED, self, warm_up)
        self._mark()

    def _take_room(self, _room: QSize) -> None:
        self._arrange()
        self._mark()

    def _controls(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 14, 4)
        row.setSpacing(8)
        label = QLabel("Smoothing")
        label.setProperty("role", "muted")
        self.smoothing = QSlider(Qt.Orientation.Horizontal)
        self.smoothing.setRange(0, 99)
        self.smoothing.setFixedWidth(120)
        self.smoothing.setAccessibleName("Smoothing")
        self.smoothing.setToolTip("The weight of the past in the running average that is drawn")
        self._amount = QLabel("0.00")
        self._amount.setFont(theme.mono())
        self._amount.setProperty("role", "muted")
        self.smoothing.valueChanged.connect(self._take_look)
        self.axis = QComboBox()
        self.axis.setAccessibleName("Horizontal axis")
        for value, text in _AXES.items():
            self.axis.addItem(text, value)
        self.axis.setCurrentIndex(1)
        self.axis.currentIndexChanged.connect(self._take_look)
        self.log = QCheckBox("Log scale")
        self.log.toggled.connect(self._take_look)
        over = QLabel("over")
        over.setProperty("role", "muted")
        self._title = Elided()
        self._title.setProperty("role", "muted")
        self._title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(label)
        row.addWidget(self.smoothing)
        row.addWidget(self._amount)
        row.addSpacing(10)
        row.addWidget(over)
        row.addWidget(self.axis)
        row.addWidget(self.log)
        row.addWidget(self._title, 1)
        self.export = ExportButton("the curves", self._fill_export)
        row.addWidget(self.export)
        return row

    def _take_look(self) -> None:
        weight = self.smoothing.value() / 100
        self._amount.setText(f"{weight:.2f}")
        self.set_look(Look(weight, self.axis.currentData(), self.log.isChecked()))

    def _fill_export(self, menu: QMenu) -> None:
        for name, plot in self.plots.items():
            plot.plot.fill_export(menu.addMenu(in_menu(name)))
        menu.setEnabled(bool(self.plots))

    def _mark(self, *_: object) -> None:
        if self.isVisible():
            pacer().mark(self, self._refresh)

    def _refresh(self) -> None:
        """Finds out which plots there are; each then draws itself in its turn."""
        ghosts = self._session.ghosts
        run = self._session.run or (ghosts[-1] if ghosts else None)
        metrics = run.metrics if run else ()
        if tuple(self.plots) != metrics:
            self._fit_plots(metrics)
        self._stack.setCurrentIndex(1 if metrics else 0)
        self._empty.setText(_WAITING if self._session.live else _EMPTY)
        self._title.setText(f"{run.title} \u00b7 {_source(run)}" if run else "")
        for plot in self.plots.values():
            if not plot.visibleRegion().isEmpty():
                plot.show_runs(run, ghosts, self.look)
        self._mark_moment()

    def _mark_moment(self) -> None:
        for plot in self.plots.values():
            plot.mark_step(self._session.moments.step if self._session.moments.past else None)

    def _fit_plots(self, metrics: tuple[str, ...]) -> None:
        for name in [name for name in self.plots if name not in metrics]:
            plot = self.plots.pop(name)
            pacer().drop(plot)
            self._grid.removeWidget(plot)
            plot.deleteLater()
        self.plots = {name: self.plots.get(name) or self._plot(name) for name in metrics}
        self._arrange()
        # What is new is seen once it has its place; a paused run says nothing that would draw it.
        QTimer.singleShot(0, self, self._mark)

    def _plot(self, name: str) -> CurvePlot:
        # Not before it is needed: pyqtgraph takes as long to import as the rest of the window.
        from bnstudio.ui.plots.curve import CurvePlot

        plot = CurvePlot(name)
        plot.setMinimumHeight(_LEAST.height())
        plot.crossed.connect(self._cross)
        plot.plot.reset.connect(self._mark)
        return plot

    def _cross(self, x: float | None) -> None:
        for plot in self.plots.values():
            plot.cross(x)

    def _arrange(self) -> None:
        """Fills a low dock with one row, and a tall one with as many as are high enough."""
        count, room = len(self.plots), self._scroll.viewport().size()
        rows = max(1, room.height() // _CARD.height())
        columns = max(room.width() // _CARD.width(), -(-count // rows))
        columns = max(1, min(count, columns, room.width() // _LEAST.width()))
        for place, plot in enumerate(self.plots.values()):
            self._grid.addWidget(plot, place // columns, place % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, 1 if row * columns < count else 0)


def _source(run: Run) -> str:
    entry = SOURCES.get(run.source)
    return entry.title if entry else run.source
