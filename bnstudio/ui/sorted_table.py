"""A table in the window's manner: rows to select, columns to sort by, no grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractTableModel, QSortFilterProxyModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

if TYPE_CHECKING:
    from collections.abc import Iterable


class SortedTable(QTableView):
    """Shows a table model in its own order until a column is clicked.

    Attributes:
        sorted: The model between the view and ``table``; it sorts by ``UserRole``.
    """

    def __init__(self, name: str, table: QAbstractTableModel, widths: Iterable[int]) -> None:
        """``widths`` are those of the first columns, in ems; the last column takes the rest."""
        super().__init__()
        self.setAccessibleName(name)
        self.sorted = QSortFilterProxyModel(self)
        self.sorted.setSourceModel(table)
        self.sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.setModel(self.sorted)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setFrameShape(QTableView.Shape.NoFrame)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 10)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        em = self.fontMetrics().horizontalAdvance("M")
        for column, width in enumerate(widths):
            header.resizeSection(column, width * em)
