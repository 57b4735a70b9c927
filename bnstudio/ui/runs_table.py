"""The runs as a table model: how each went, its tags, and whether it is drawn behind another."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor, QIcon, QPixmap

from bnstudio.data import SOURCES
from bnstudio.runs.run import RATE, STATE_NAMES, Run
from bnstudio.ui import theme
from bnstudio.ui.plots.look import run_colour
from bnstudio.ui.train_bar import duration
from bnstudio.ui.verbatim import in_html

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.ui.session import Session

_Index = QModelIndex | QPersistentModelIndex
NAME, _STATE, _DATA, _EPOCHS, _LOSS, _METRIC, _TIME, _WHEN, TAGS = range(9)
_EDITABLE = (NAME, TAGS)
_FOUND_BY = (NAME, _STATE, _DATA)
SEARCHED = Qt.ItemDataRole.UserRole + 1
"""The role of all the text that the filter looks at."""
_NUMBERS = (_EPOCHS, _LOSS, _METRIC, _TIME)
_MARKS = {
    "completed": ("\u2713", "good"),
    "stopped": ("\u25a0", "muted"),
    "early": ("\u2713", "good"),
    "diverged": ("\u25b2", "warning"),
    "failed": ("\u2715", "error"),
    "died": ("\u2715", "error"),
    "paused": ("\u275a\u275a", "info"),
}


class RunsTable(QAbstractTableModel):
    """The runs, newest first; the check mark puts one behind the current curves."""

    HEADERS = (
        "Run",
        "State",
        "Data",
        "Epochs",
        "Best loss",
        "Best metric",
        "Time",
        "Started",
        "Tags",
    )

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.runs: list[Run] = []

    def refresh(self) -> None:
        """Takes in the session's runs; says as little as has changed."""
        runs = self._session.runs[::-1]
        if runs != self.runs:
            self.beginResetModel()
            self.runs = runs
            self.endResetModel()
        elif runs:
            last = self.index(len(runs) - 1, len(self.HEADERS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.HEADERS)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        if index.column() in _EDITABLE:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.HEADERS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        run, column = self.runs[index.row()], index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return _text(run, column)
            case Qt.ItemDataRole.UserRole:
                return _key(run, column)
            case int() if role == SEARCHED:
                tags = " ".join(f"#{tag}" for tag in run.tags)
                return "\n".join((*(_text(run, place) for place in _FOUND_BY), tags))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _alignment(column)
            case Qt.ItemDataRole.FontRole if column in _NUMBERS:
                return theme.mono()
            case Qt.ItemDataRole.ForegroundRole if column == _STATE:
                colour = _MARKS.get(run.state, ("", "accent"))[1]
                return QBrush(QColor(getattr(theme.current(), colour)))
            case Qt.ItemDataRole.ForegroundRole if column in (_DATA, _WHEN):
                return QBrush(QColor(theme.current().muted))
            case Qt.ItemDataRole.ToolTipRole if column == _STATE:
                return in_html(run.message) or None
            case Qt.ItemDataRole.ToolTipRole if column == NAME:
                return "Checked: drawn behind the current curves. Double-click to show it."
            case Qt.ItemDataRole.CheckStateRole if column == NAME:
                on = run in self._session.ghosts
                return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.DecorationRole if column == NAME:
                return _swatch(run)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            others = tuple(ghost for ghost in self._session.ghosts if ghost is not run)
            on = Qt.CheckState(value) == Qt.CheckState.Checked
            self._session.set_ghosts((*others, run) if on else others)
        elif role == Qt.ItemDataRole.EditRole and index.column() == TAGS:
            self._session.tag(run, str(value).split(","))
        elif role == Qt.ItemDataRole.EditRole:
            self._session.rename(run, str(value))
        else:
            return False
        return True


def _text(run: Run, column: int) -> str:
    match column:
        case 0:
            return run.title
        case 1:
            mark = _MARKS.get(run.state, ("\u25cf", ""))[0]
            return f"{mark} {STATE_NAMES[run.state]}"
        case 2:
            entry = SOURCES.get(run.source)
            return entry.title if entry else run.source
        case 3:
            return f"{len(run.epochs)}/{run.total_epochs}"
        case 4:
            return _best(run, "loss")
        case 5:
            metrics = [name for name in run.metrics if name not in ("loss", RATE)]
            return f"{metrics[0]} {_best(run, metrics[0])}" if metrics else ""
        case 6:
            return duration(run.elapsed)
        case 8:
            return ", ".join(run.tags)
    then = datetime.fromtimestamp(run.created)
    return then.strftime("%d %b, %H:%M" if then.year == datetime.now().year else "%d %b %Y")


def _best(run: Run, metric: str) -> str:
    best = run.best(metric)
    return "" if best is None else f"{best[1]:.4f}"


def _key(run: Run, column: int) -> str | float:
    match column:
        case 0:
            return float(run.number)
        case 3:
            return float(len(run.epochs))
        case 4 | 5:
            metrics = [name for name in run.metrics if name not in ("loss", RATE)]
            name = "loss" if column == _LOSS else (metrics[0] if metrics else "")
            best = run.best(name) if name else None
            return math.inf if best is None else best[1]
        case 6:
            return run.elapsed
        case 7:
            return run.created
    return _text(run, column)


def _swatch(run: Run) -> QIcon:
    pixmap = QPixmap(10, 10)
    pixmap.fill(QColor(run_colour(run)))
    return QIcon(pixmap)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
