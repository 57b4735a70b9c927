"""Every batch normalization of a model: whether it is folded, into what, or why it stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from bnstudio.folding import layer_at
from bnstudio.ui.verbatim import in_html

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QKeyEvent, QShowEvent

    from bnstudio.folding import Survey
    from bnstudio.graph import Graph

_HEADERS = ("Batch normalization", "Taken over by", "Saves")
_AROUND = 10
"""Above and below a line, and two thirds of what is beside it."""

_ON, _OFF = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class Norms(QTableWidget):
    """A row for each, with a tick where there is a choice; Space changes those that are selected.

    Attributes:
        norms: The keys of those that can be folded, in the order of their rows.
    """

    #: Others are ticked.
    ticked = Signal()
    #: One is looked at: its key, or that of the layer that takes it over.
    pointed = Signal(str)

    def __init__(self, found: Survey, graph: Graph) -> None:
        super().__init__(len(found.folds) + len(found.stays), len(_HEADERS))
        self.norms = tuple(one.norm for one in found.folds)
        self._ticks: list[QTableWidgetItem] = []
        self.setAccessibleName("Batch normalizations")
        self.setHorizontalHeaderLabels(_HEADERS)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setFrameShape(QTableWidget.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.setWordWrap(True)
        self.verticalHeader().hide()
        for row, one in enumerate(found.folds):
            layer = layer_at(graph, one.layer)
            by = f"{layer.name} ({layer.type})"
            tick, _, saves = self._put(row, (one.name, by, f"{one.saved:,}"))
            tick.setFlags(tick.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            tick.setCheckState(_ON)
            saves.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._ticks.append(tick)
        for row, stays in enumerate(found.stays, len(found.folds)):
            self._put(row, (stays.name, f"Stays. {stays.why}"))
            self.setSpan(row, 1, 1, 2)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        header.sectionResized.connect(self._give_room)
        if self.rowCount():
            self.setCurrentCell(0, 0)
        self._keys = [*(one.layer for one in found.folds), *(one.norm for one in found.stays)]
        self.cellChanged.connect(self._tell)
        self.currentCellChanged.connect(self._point)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The nodes of those that are ticked, in the model's order."""
        rows = zip(self.norms, self._ticks, strict=True)
        return tuple(norm for norm, tick in rows if tick.checkState() is _ON)

    def tick(self, rows: Iterable[int], on: bool) -> None:
        """Ticks rows, or takes their ticks away; those that stay are left alone."""
        before = self.chosen
        self.blockSignals(True)
        for row in rows:
            if row < len(self._ticks):
                self._ticks[row].setCheckState(_ON if on else _OFF)
        self.blockSignals(False)
        self.viewport().update()
        if self.chosen != before:
            self.ticked.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Makes room for names and lines, now that the style sheet has given it its type."""
        em = self.fontMetrics().horizontalAdvance("M")
        names = self.sizeHintForColumn(0) + 2 * _AROUND
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _AROUND)
        header = self.horizontalHeader()
        header.resizeSection(0, max(min(names, 20 * em), header.sectionSizeHint(0)))
        super().showEvent(event)
        self._give_room()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks all selected rows alike."""
        rows = [index.row() for index in self.selectionModel().selectedRows()]
        rows = [row for row in rows if row < len(self._ticks)]
        if event.key() != Qt.Key.Key_Space or not rows:
            super().keyPressEvent(event)
            return
        self.tick(rows, any(self._ticks[row].checkState() is _OFF for row in rows))

    def _put(self, row: int, texts: Iterable[str]) -> list[QTableWidgetItem]:
        items = [QTableWidgetItem(text) for text in texts]
        for column, item in enumerate(items):
            item.setToolTip(in_html(item.text()))
            item.setFlags(Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled)
            self.setItem(row, column, item)
        return items

    def _give_room(self) -> None:
        """Makes the rows with a reason as high as that is; Qt leaves the padding out of account."""
        room = self.columnWidth(1) + self.columnWidth(2) - 3 * _AROUND
        metrics, wrapped = self.fontMetrics(), Qt.TextFlag.TextWordWrap
        for row in range(len(self._ticks), self.rowCount()):
            item = self.item(row, 1)
            if item is not None:
                box = metrics.boundingRect(0, 0, room, 10_000, wrapped, item.text())
                self.setRowHeight(row, box.height() + _AROUND)

    @property
    def current(self) -> str:
        """The key of what is looked at; empty where there is nothing."""
        return self._keys[self.currentRow()] if self.currentRow() >= 0 else ""

    def _point(self, row: int, _column: int, before: int, _before: int) -> None:
        if row != before and row >= 0:
            self.pointed.emit(self.current)

    def _tell(self, _row: int, column: int) -> None:
        if column == 0:
            self.ticked.emit()
