"""The layers as a table: what ``model.summary()`` prints, live and tied to the canvas."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from bnstudio.graph import key
from bnstudio.ui.health import carried, checkup
from bnstudio.ui.layer_table import HEALTH, MEASURED, SOURCES, WIDTHS, LayerCell, LayerTable
from bnstudio.ui.measures import MEASURES, age
from bnstudio.ui.pause import Pause
from bnstudio.ui.sorted_table import SortedTable

if TYPE_CHECKING:
    from bnstudio.graph import Path
    from bnstudio.runs.run import Run
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


class Layers(QWidget):
    """Every layer of the open drawing with its shape, parameters and FLOPs; selected as there.

    A tick says whether a layer is recorded in training. Once a run has measured the layers,
    figures of that stand beside; the menu of the headings chooses which.
    """

    title = "Layers"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self._document = document
        self._level = document.level
        self._session = session
        self._table = LayerTable(self)
        self._stale = True
        self._following = False
        self._measured = False
        view = self.view = SortedTable("Layers", self._table, WIDTHS)
        self._sorted = view.sorted
        header = view.horizontalHeader()
        header.moveSection(HEALTH, header.visualIndex(MEASURED))
        header.moveSection(header.visualIndex(SOURCES), len(WIDTHS) - 1)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.choices = [self._choice(column) for column in range(MEASURED, HEALTH + 1)]
        header.addActions(self.choices)
        self._arrange()
        view.setItemDelegate(LayerCell(self._table, view))

        self.caption = QLabel()
        self.caption.setProperty("role", "muted")
        self.caption.setContentsMargins(14, 4, 14, 4)
        self.caption.setToolTip(
            "What measuring has taken of the run's time; getting ready for it, some tenths of a "
            "second once a run, comes on top of its budget."
        )
        self.caption.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(view)
        layout.addWidget(self.caption)

        self.record = QAction("Record while training", self)
        self.record.setCheckable(True)
        self.record.setShortcut(QKeySequence(Qt.Key.Key_Space))
        self.record.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self.record.setToolTip("Whether the selected layers are measured while the model trains.")
        self.record.triggered.connect(self._record_selection)
        view.addAction(self.record)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self._table.ticked.connect(self._record_row)

        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        view.selectionModel().selectionChanged.connect(self._tell_selection)
        self._later = Pause(self, self._refresh)
        self._level.changed.connect(self._change)
        self._level.entered.connect(self._enter)
        self._level.selection_changed.connect(self._follow_selection)
        if session is not None:
            session.measured.connect(self._measure)
            session.runs_changed.connect(self._measure)
            self._level.opened.connect(self._measure)

    def copy(self) -> None:
        """Puts the selected rows, or all, on the clipboard as tab-separated text."""
        if self._stale:
            self._refresh()
        chosen = self.view.selectionModel().selectedRows()
        places = sorted(index.row() for index in chosen) or range(self._sorted.rowCount())
        header = self.view.horizontalHeader()
        columns = [header.logicalIndex(place) for place in range(header.count())]
        columns = [column for column in columns if not header.isSectionHidden(column)]
        lines = ["\t".join(LayerTable.HEADERS[column] for column in columns)]
        for place in places:
            source = self._sorted.mapToSource(self._sorted.index(place, 0))
            row = self._table.row(source.row())
            lines.append("\t".join(self._table.text(row, column) for column in columns))
        QGuiApplication.clipboard().setText("\n".join(lines))

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what changed while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self._refresh()
        self._measure()

    def _record_selection(self, on: bool) -> None:
        self._record([id for id in self._table.ids if id in self._level.selection], on)

    def _record_row(self, id: str, on: bool) -> None:
        self._record([id], on)

    def _record(self, ids: list[str], on: bool) -> None:
        """Has layers recorded in training, or left out."""
        project, path = self._document.project, self._level.path
        names = [self._level.graph.nodes[id].name for id in ids]
        what = names[0] if len(names) == 1 else f"{len(names):,} layers"
        chosen = [key(path, id) for id in ids]
        if on:  # a model that is left out takes all with it that is inside
            chosen += _models(path)
        measuring = project.settings.measuring.record(chosen, on)
        settings = replace(project.settings, measuring=measuring)
        label = f"Record {what}" if on else f"Do not record {what}"
        self._document.edit(replace(project, settings=settings), label)
        self._offer()

    def _offer(self) -> None:
        """Has the menu say what it would do with the selection."""
        chosen = self._level.selection
        self.record.setEnabled(bool(chosen))
        self.record.setChecked(bool(chosen) and all(map(self._table.recorded, chosen)))

    def _choice(self, column: int) -> QAction:
        """The entry of the headings' menu that shows or hides a measured column."""
        choice = QAction(LayerTable.HEADERS[column], self)
        choice.setCheckable(True)
        choice.setChecked(column == HEALTH or MEASURES[column - MEASURED].shown)
        choice.toggled.connect(self._arrange)
        return choice

    def _arrange(self, _: bool = False) -> None:
        for place, choice in enumerate(self.choices):
            shown = choice.isChecked() and self._measured
            self.view.setColumnHidden(MEASURED + place, not shown)

    def _measure(self, _: object = None) -> None:
        if self._session is None or not self.isVisible():
            return
        session, path = self._session, self._level.path
        run = carried(session)
        self._table.measure(
            self._level.local(session.figures),
            lambda: checkup(session, self._document, path),
            lambda node, field: age(run, key(path, node), field),
        )
        self._say_cost(self._session.run)
        # What was there once stays, or the table would jump at the start of a run.
        if self._session.figures and not self._measured:
            self._measured = True
            self._arrange()

    def _say_cost(self, run: Run | None) -> None:
        """Says what measuring costs, and how often it is done for that."""
        last = run.history.last if run else None
        cost = last.cost if last else None
        if run is not None and cost is not None and run.elapsed > 0:
            rate = run.history.count / run.elapsed
            self.caption.setText(f"Measuring: {100 * cost:.1f} % of the time, {rate:.1f} a second")
        else:
            self.caption.clear()
        self.caption.setVisible(bool(self.caption.text()))

    def _enter(self) -> None:
        """Shows the drawing that was opened."""
        self._stale = True
        self._refresh()
        self._measure()

    def _change(self) -> None:
        """Follows an edit; where that changes the order of the rows, once edits pause."""
        self._stale = True
        if self._table.follows(self._level.analysis):
            self._refresh()
        elif self.isVisible():
            self._later.start()

    def _refresh(self) -> None:
        self._stale = not self.isVisible()
        if self._stale:
            return
        self._following = True
        try:
            self._table.show(self._level.analysis)
            self._table.record(self._left_out())
        finally:
            self._following = False
        self._follow_selection()

    def _left_out(self) -> frozenset[str]:
        """The nodes of the open drawing that are not recorded, alone or with their model."""
        left_out, path = set(self._document.project.settings.measuring.left_out), self._level.path
        if left_out.intersection(_models(path)):
            return frozenset(self._level.graph.nodes)
        return frozenset(id for id in self._level.graph.nodes if key(path, id) in left_out)

    def _follow_selection(self) -> None:
        if self._stale:
            return
        self._offer()
        rows = [self._table.places[id] for id in self._level.selection]
        wanted = QItemSelection()
        last = self._table.columnCount() - 1
        for row in rows:
            left = self._sorted.mapFromSource(self._table.index(row, 0))
            right = self._sorted.mapFromSource(self._table.index(row, last))
            wanted.select(left, right)
        self._following = True
        try:
            flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
            self.view.selectionModel().select(wanted, flag)
        finally:
            self._following = False
        if len(rows) == 1:
            self.view.scrollTo(self._sorted.mapFromSource(self._table.index(rows[0], 0)))

    def _tell_selection(self) -> None:
        if self._following:
            return
        chosen = self.view.selectionModel().selectedRows()
        self._level.select(
            [self._table.ids[self._sorted.mapToSource(index).row()] for index in chosen]
        )


def _models(path: Path) -> list[str]:
    """The keys of the models on the way to a drawing."""
    return [key(path[:depth], id) for depth, id in enumerate(path)]
