"""Every run that is kept, this session's and earlier ones': find, compare, restore, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPoint, QRegularExpression, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut
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

from bnstudio.project import ProjectError
from bnstudio.runs.csv_text import csv_text
from bnstudio.runs.script import script
from bnstudio.ui import going_on, taking, tensorboard, theme
from bnstudio.ui.plots.export import ask_and_write
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.runs_table import NAME, SEARCHED, TAGS, RunsTable
from bnstudio.ui.sorted_table import SortedTable
from bnstudio.ui.verbatim import Verbatim, in_html

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


class Runs(QWidget):
    """The runs as a table, and what can be done with them."""

    title = "Runs"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._session = session
        self._deleted: list[Run] = []
        self.table = RunsTable(session, self)
        view = self.view = SortedTable("Runs", self.table, (10, 11, 10, 7, 8, 12, 5, 10))
        self._sorted = view.sorted
        self._sorted.setFilterRole(SEARCHED)
        self._sorted.setFilterKeyColumn(NAME)
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
        for index in self.view.selectionModel().selectedRows(TAGS)[:1]:
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
                    row = self.table.index(self.table.runs.index(run), NAME)
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
