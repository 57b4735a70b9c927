"""Every run that is kept, this session's and earlier ones': find, compare, restore, delete."""

from __future__ import annotations

import csv
import io
import math
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRegularExpression,
    Qt,
)
from PySide6.QtGui import (
    QAction,
    QBrush,
    QColor,
    QGuiApplication,
    QIcon,
    QKeySequence,
    QPixmap,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from bnstudio.data import SOURCES
from bnstudio.project import ProjectError
from bnstudio.runs.run import RATE, STATE_NAMES, Run
from bnstudio.runs.script import script
from bnstudio.ui import going_on, taking, tensorboard, theme
from bnstudio.ui.plots.export import ask_and_write
from bnstudio.ui.plots.look import run_colour
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.sorted_table import SortedTable
from bnstudio.ui.train_bar import duration
from bnstudio.ui.verbatim import Verbatim, in_html

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_Index = QModelIndex | QPersistentModelIndex
_NAME, _STATE, _DATA, _EPOCHS, _LOSS, _METRIC, _TIME, _WHEN, _TAGS = range(9)
_EDITABLE = (_NAME, _TAGS)
_FOUND_BY = (_NAME, _STATE, _DATA)
_SEARCHED = Qt.ItemDataRole.UserRole + 1
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


class _Table(QAbstractTableModel):
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
        if index.column() == _NAME:
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
            case int() if role == _SEARCHED:
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
            case Qt.ItemDataRole.ToolTipRole if column == _NAME:
                return "Checked: drawn behind the current curves. Double-click to show it."
            case Qt.ItemDataRole.CheckStateRole if column == _NAME:
                on = run in self._session.ghosts
                return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
            case Qt.ItemDataRole.DecorationRole if column == _NAME:
                return _swatch(run)
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            others = tuple(ghost for ghost in self._session.ghosts if ghost is not run)
            on = Qt.CheckState(value) == Qt.CheckState.Checked
            self._session.set_ghosts((*others, run) if on else others)
        elif role == Qt.ItemDataRole.EditRole and index.column() == _TAGS:
            self._session.tag(run, str(value).split(","))
        elif role == Qt.ItemDataRole.EditRole:
            self._session.rename(run, str(value))
        else:
            return False
        return True


class Runs(QWidget):
    """The runs as a table, and what can be done with them."""

    title = "Runs"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._session = session
        self._deleted: list[Run] = []
        self.table = _Table(session, self)
        view = self.view = SortedTable("Runs", self.table, (10, 11, 10, 7, 8, 12, 5, 10))
        self._sorted = view.sorted
        self._sorted.setFilterRole(_SEARCHED)
        self._sorted.setFilterKeyColumn(_NAME)
        view.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._open_menu)
        view.doubleClicked.connect(lambda _: self.show_run())

        empty = QLabel("Every run is kept here, with its curves, its project and its model.")
        empty.setProperty("role", "muted")
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(empty)
        self._stack.addWidget(self._beside_differences(view))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(self._buttons())
        layout.addLayout(self._stack, 1)

        for key, act in (
            (QKeySequence.StandardKey.Delete, self.delete),
            (QKeySequence.StandardKey.Copy, self.copy),
        ):
            shortcut = QShortcut(QKeySequence(key), view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(act)
        view.selectionModel().selectionChanged.connect(self._show_buttons)
        view.selectionModel().selectionChanged.connect(self._show_differences)
        for signal in (
            session.run_started,
            session.epoch_ended,
            session.run_ended,
            session.runs_changed,
            session.ghosts_changed,
            session.state_changed,
            theme.notifier.changed,
        ):
            signal.connect(self._mark)
        self._refresh()

    def chosen(self) -> list[Run]:
        """The selected runs."""
        rows = self.view.selectionModel().selectedRows()
        return [self.table.runs[self._sorted.mapToSource(index).row()] for index in rows]

    def show_run(self) -> None:
        """Shows the selected run in the other panels; as a ghost while another goes on."""
        for run in self.chosen()[:1]:
            if not self._session.show(run) and run not in self._session.ghosts:
                self._session.set_ghosts((*self._session.ghosts, run))

    def go_on(self) -> None:
        """Has the selected run go on."""
        for run in self.chosen()[:1]:
            going_on.go_on(self, self._session, run)

    def go_back(self) -> None:
        """Takes the selected run back to its best epoch."""
        for run in self.chosen()[:1]:
            going_on.go_back(self, self._session, run)

    def restore(self) -> None:
        """Makes the selected run's project the current one."""
        for run in self.chosen()[:1]:
            self._session.restore(run)

    def export(self) -> None:
        """Writes the selected run's logs as CSV."""
        for run in self.chosen()[:1]:
            self._session.store.load(run)
            ask_and_write(self, run.title, ".csv", csv_text(run).encode)

    def export_script(self) -> None:
        """Writes the selected run's script, with what was done by hand as a comment."""
        for run in self.chosen()[:1]:
            self._session.store.load(run)
            try:
                text = script(run)
            except ProjectError as error:
                self._session.note.emit(f"{run.title} has no script: {error}", "error")
                return
            ask_and_write(self, run.title, ".py", text.encode)

    def edit_tags(self) -> None:
        """Lets the selected run's tags be typed, with commas between them."""
        for index in self.view.selectionModel().selectedRows(_TAGS)[:1]:
            self.view.setCurrentIndex(index)
            self.view.edit(index)

    def filter(self, text: str) -> None:
        """Lists only the runs with each of these words in title, state, data or tags."""
        words = (QRegularExpression.escape(word) for word in text.split())
        options = QRegularExpression.PatternOption
        pattern = QRegularExpression(
            "".join(f"(?=.*{word})" for word in words),
            options.CaseInsensitiveOption | options.DotMatchesEverythingOption,
        )
        self._sorted.setFilterRegularExpression(pattern)
        self._tell()

    def copy(self) -> None:
        """Puts on the clipboard what differs between the two selected runs."""
        if not self._pane.isHidden():
            QGuiApplication.clipboard().setText(self.differences.toPlainText())

    def delete(self) -> None:
        """Deletes the selected runs; the bar offers to bring them back."""
        gone = [run for run in self.chosen() if self._session.delete(run)]
        if gone:
            self._deleted = gone
            self._refresh()

    def undelete(self) -> None:
        """Brings back what was deleted last."""
        gone, self._deleted = self._deleted, []
        for run in gone:
            self._session.undelete(run)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Reads in what earlier sessions left, once."""
        super().showEvent(event)
        self._session.list_runs()
        self._mark()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 14, 4)
        row.setSpacing(6)
        self._actions = {
            "show": self._button("Show", "Show this run in the other panels", self.show_run),
            "go_on": self._button("Continue", "", self.go_on),
            "restore": self._button(
                "Restore project", "Go back to the project that this run trained", self.restore
            ),
            "tags": self._button(
                "Tags\u2026", "Words of your own to find it by, with commas", self.edit_tags
            ),
            "export": self._button("Export CSV\u2026", "Write its logs as a table", self.export),
            "delete": self._button("Delete", "Delete the selected runs (Del)", self.delete),
        }
        for button in self._actions.values():
            row.addWidget(button)
        row.addStretch(1)
        self._note = Verbatim()
        self._note.setProperty("role", "muted")
        self._undo = QPushButton("Undo")
        self._undo.setProperty("role", "link")
        self._undo.clicked.connect(self.undelete)
        self.search = QLineEdit()
        self.search.setAccessibleName("Filter runs")
        self.search.setPlaceholderText("Filter")
        self.search.setToolTip("Words of a run's title, state or data, or #tag")
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(14 * self.fontMetrics().horizontalAdvance("M"))
        self.search.textChanged.connect(self.filter)
        row.addWidget(self._note)
        row.addWidget(self._undo)
        row.addWidget(self.search)
        return row

    def _beside_differences(self, view: QWidget) -> QSplitter:
        """The table, and to its right what differs once two runs are selected."""
        self.differences = QPlainTextEdit()
        self.differences.setReadOnly(True)
        self.differences.setAccessibleName("Differences between the selected runs")
        self.differences.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.differences.setTabChangesFocus(True)
        self.differences.document().setDocumentMargin(10)
        # With the keyboard, too, it is scrolled, selected and copied from.
        self.differences.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByKeyboard
            | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        head = QLabel("Differences")
        head.setProperty("role", "section")
        copy = self._button("Copy", "Copy the differences as text (Ctrl+C)", self.copy)
        copy.setAccessibleName("Copy the differences")
        bar = QHBoxLayout()
        bar.setContentsMargins(10, 2, 10, 2)
        bar.addWidget(head)
        bar.addStretch(1)
        bar.addWidget(copy)
        self._pane = QWidget()
        column = QVBoxLayout(self._pane)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.differences, 1)
        self._pane.hide()
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(view)
        split.addWidget(self._pane)
        split.setStretchFactor(0, 1)
        split.setSizes([660, 300])
        return split

    def _button(self, text: str, tip: str, act: Any) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.clicked.connect(act)
        return button

    def _mark(self, *_: object) -> None:
        if self.isVisible():
            pacer().mark(self, self._refresh)

    def _refresh(self) -> None:
        chosen = self.chosen()
        before = self.table.runs
        self.table.refresh()
        if self.table.runs is not before:
            for run in chosen:
                if run in self.table.runs:
                    row = self.table.index(self.table.runs.index(run), _NAME)
                    self._select(self._sorted.mapFromSource(row))
        self._stack.setCurrentIndex(1 if self.table.runs or self._deleted else 0)
        self._tell()
        self._show_buttons()

    def _select(self, index: QModelIndex) -> None:
        flags = QItemSelectionModel.SelectionFlag
        self.view.selectionModel().select(index, flags.Select | flags.Rows)

    def _tell(self) -> None:
        """Says what was deleted, what cannot be read, or how many the filter leaves."""
        self._undo.setVisible(bool(self._deleted))
        self._note.setToolTip("")
        shown, all = self._sorted.rowCount(), len(self.table.runs)
        unreadable = len(self._session.store.unreadable)
        if self._deleted:
            names = ", ".join(run.title for run in self._deleted[:3])
            more = len(self._deleted) - 3
            self._note.setText(f"Deleted {names}{f' and {more} more' if more > 0 else ''}.")
        elif unreadable:
            self._note.setText(f"{unreadable} could not be read and were left alone.")
            paths = "\n".join(map(str, self._session.store.unreadable[:10]))
            self._note.setToolTip(in_html(paths))
        else:
            self._note.setText(f"{shown} of {all}" if self.search.text().strip() else "")

    def _show_differences(self, *_: object) -> None:
        two = sorted(self.chosen(), key=lambda run: run.number)
        self._pane.setVisible(len(two) == 2)
        if len(two) == 2:
            from bnstudio.runs.compare import compare  # the first frame has no need of it

            self.differences.setPlainText(compare(*two))

    def _show_buttons(self, *_: object) -> None:
        chosen = self.chosen()
        for button in self._actions.values():
            button.setEnabled(len(chosen) == 1)
        over = bool(chosen) and not any(run.live for run in chosen)
        self._actions["delete"].setEnabled(over)
        self._show_go_on(chosen)

    def _show_go_on(self, chosen: list[Run]) -> None:
        """Says from where the selected run would go on, or why it cannot."""
        button, text, tip = self._actions["go_on"], "Continue", "Select one run"
        if len(chosen) == 1:
            standing = self._session.standing(chosen[0])
            text, tip = going_on.caption(standing), going_on.tip(chosen[0], standing)
            button.setEnabled(not standing.reason)
        if button.text() != text:
            button.setText(text)
        button.setToolTip(in_html(tip))
        button.setAccessibleDescription(tip)

    def _open_menu(self, at: QPoint) -> None:
        chosen = self.chosen()
        if not chosen:
            return
        menu = QMenu(self)
        for button in self._actions.values():
            action = QAction(button.text(), menu)
            action.setEnabled(button.isEnabled())
            action.triggered.connect(button.click)
            menu.addAction(action)
        rename = QAction("Rename", menu)
        rename.setEnabled(len(chosen) == 1)
        rename.triggered.connect(
            lambda: self.view.edit(self.view.currentIndex().siblingAtColumn(0))
        )
        back = QAction("Back to best epoch\u2026", menu)
        back.setEnabled(len(chosen) == 1 and bool(self._session.standing(chosen[0]).best))
        back.triggered.connect(self.go_back)
        write = QAction("Export script\u2026", menu)
        write.setEnabled(len(chosen) == 1)
        write.triggered.connect(self.export_script)
        export = tensorboard.entry(menu, chosen, self._session, self)
        take = taking.entries(menu, chosen, self._session, self)
        menu.insertActions(menu.actions()[-1], [*take, write, export, rename])
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.view.viewport().mapToGlobal(at))


def csv_text(run: Run) -> str:
    """A run's logs as CSV: its epochs, then its steps."""
    names = list(dict.fromkeys(name for table in (run.epochs, run.steps) for name in table))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["of", *names])
    for kind, table in (("epoch", run.epochs), ("step", run.steps)):
        columns = [table.get(name) for name in names]
        for row in range(len(table)):
            values = (math.nan if column is None else float(column[row]) for column in columns)
            writer.writerow([kind, *("" if math.isnan(v) else f"{v:.9g}" for v in values)])
    return out.getvalue()


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
