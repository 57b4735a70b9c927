"""The layers as a table: what ``model.summary()`` prints, live and tied to the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
)
from PySide6.QtGui import (
    QAction,
    QBrush,
    QColor,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QShortcut,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.layers import show_shape
from bnstudio.rules import Severity
from bnstudio.ui import theme
from bnstudio.ui.health import checkup
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.severity import paint_glyph
from bnstudio.ui.sorted_table import SortedTable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bnstudio.analysis import Analysis
    from bnstudio.health import Checkup, Finding
    from bnstudio.training.messages import Histogram
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_Index = QModelIndex | QPersistentModelIndex
_SHAPE = 2
_SOURCES = 6
_MEASURED = 7
_HEALTH = _MEASURED + len(MEASURES)
_NUMBERS = (3, 4, 5, *range(_MEASURED, _HEALTH))
_WIDTHS = (10, 13, 14, 8, 9, 7, 10, *(measure.width for measure in MEASURES), 12)
_FIGURES = (_SHAPE, *_NUMBERS)
_MARGIN = 11
"""Beside a cell's text: the style sheet's padding and what the style adds to it."""

# Put together once: a table has hundreds of cells.
_SELECTED, _HOVERED = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_MouseOver
_ELIDED = Qt.TextElideMode.ElideRight
_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
_LEFT = int(Qt.AlignmentFlag.AlignLeft | _LINE)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | _LINE)


@dataclass(frozen=True)
class _Row:
    """One node as the table shows it; ``keys`` are what its columns sort by, shapes by place."""

    id: str
    texts: tuple[str, ...]
    keys: tuple[str | int, ...]
    live: bool


class _Table(QAbstractTableModel):
    """The drawing's nodes in the order in which the model calls them."""

    HEADERS = (
        "Name",
        "Type",
        "Output shape",
        "Parameters",
        "Not trainable",
        "FLOPs",
        "Connected to",
        *(measure.name for measure in MEASURES),
        "Health",
    )

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.ids: list[str] = []
        self.places: dict[str, int] = {}
        self.latest: Mapping[str, Histogram] = {}
        self._checkup: Checkup | None = None
        self._rows: dict[str, _Row] = {}
        self._shown: Analysis | None = None

    def show(self, analysis: Analysis) -> None:
        """Takes in a new analysis; rows that are as they were are not announced."""
        before, ids = self._shown, self.ids
        stale = set(analysis.graph.nodes) if before is None else _stale(before, analysis)
        if before is None or analysis.structure is not before.structure:
            ids = _order(analysis)
        place = _first_difference(ids, self.ids)
        if ids == self.ids:
            end = None
        elif ids[:place] + ids[place + 1 :] == self.ids:
            self.beginInsertRows(QModelIndex(), place, place)
            end = self.endInsertRows
        elif self.ids[:place] + self.ids[place + 1 :] == ids:
            self.beginRemoveRows(QModelIndex(), place, place)
            end = self.endRemoveRows
        else:
            self.beginResetModel()
            end = self.endResetModel
        old = self._rows
        self._rows = {id: old[id] for id in old.keys() & analysis.facts.keys() - stale}
        self._shown, self.ids = analysis, ids
        if end is not None:
            self.places = {id: place for place, id in enumerate(ids)}
            end()
        if end == self.endResetModel:
            return
        last = _MEASURED - 1
        # A row that nobody has asked for yet is nowhere to be seen.
        for id in stale & old.keys():
            place = self.places[id]
            if self.row(place) != old[id]:
                self.dataChanged.emit(self.index(place, 0), self.index(place, last))

    def row(self, place: int) -> _Row:
        """A row as it is now, made when it is first asked for."""
        assert self._shown is not None
        id = self.ids[place]
        row = self._rows.get(id)
        if row is None:
            row = self._rows[id] = _row(self._shown, id)
        return row

    def text(self, row: _Row, column: int) -> str:
        """What a cell shows."""
        if column < _MEASURED:
            return row.texts[column]
        if column == _HEALTH:
            found = self.worst(row)
            return found.brief if found is not None else "well" if row.id in self.latest else ""
        return MEASURES[column - _MEASURED].text(self.latest.get(row.id))

    def worst(self, row: _Row) -> Finding | None:
        """The worst that is found of what was measured."""
        found = self._checkup.findings(row.id) if self._checkup is not None else ()
        return found[0] if found else None

    def measure(self, latest: Mapping[str, Histogram], checkup: Callable[[], Checkup]) -> None:
        """Takes in a new measurement of the nodes, and what says how well they are."""
        if latest is self.latest:
            return
        self.latest, self._checkup = latest, checkup()
        if self.ids:
            last = self.index(len(self.ids) - 1, len(self.HEADERS) - 1)
            roles = [Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.UserRole]
            self.dataChanged.emit(self.index(0, _MEASURED), last, roles)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.ids)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.HEADERS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.HEADERS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        if role == Qt.ItemDataRole.ToolTipRole and section == _HEALTH:
            return "The worst sign of ill health in what was measured, as the node shows it."
        if role == Qt.ItemDataRole.ToolTipRole and section >= _MEASURED:
            return MEASURES[section - _MEASURED].help
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.row(index.row()), index.column()
        if column == _HEALTH:
            if role == Qt.ItemDataRole.UserRole:
                return self._rank(row)
            if role == Qt.ItemDataRole.ToolTipRole and (found := self.worst(row)) is not None:
                return found.sentence
        elif column >= _MEASURED and role == Qt.ItemDataRole.UserRole:
            return MEASURES[column - _MEASURED].key(self.latest.get(row.id))
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.UserRole:
            return row.keys[column] if column != _SHAPE else index.row()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.FontRole and column in _FIGURES:
            return theme.mono()
        if role == Qt.ItemDataRole.ForegroundRole and not row.live:
            return QBrush(QColor(theme.current().muted))
        if role == Qt.ItemDataRole.ToolTipRole and not row.live:
            return "Not part of the model: it is on no path from an Input to an output."
        return None

    def _rank(self, row: _Row) -> int:
        """The worst first; after what is well comes what was not measured."""
        found = self.worst(row)
        if found is not None:
            return list(Severity).index(found.severity)
        return len(Severity) + (row.id not in self.latest)


class _Cell(QStyledItemDelegate):
    """Paints a cell as the style sheet has it, in a third of the time that the style takes."""

    def __init__(self, table: _Table, view: SortedTable) -> None:
        super().__init__(view)
        self._table = table
        self._sorted = view.sorted

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        now, column = theme.current(), index.column()
        row = self._table.row(self._sorted.mapToSource(index).row())
        area, state = option.rect, option.state
        chosen = _SELECTED in state
        if chosen or _HOVERED in state:
            painter.fillRect(area, QColor(now.hover))
        font = theme.mono() if column in _FIGURES else option.font
        painter.setFont(font)
        painter.setPen(QColor(now.text if row.live or chosen else now.muted))
        room = area.adjusted(_MARGIN, 0, -_MARGIN, 0)
        if column == _HEALTH and (found := self._table.worst(row)) is not None:
            glyph = QRect(room.left(), room.center().y() - 6, 13, 13)
            paint_glyph(painter, glyph, found.severity)
            room.setLeft(room.left() + 19)
        text = painter.fontMetrics().elidedText(
            self._table.text(row, column), _ELIDED, room.width()
        )
        painter.drawText(room, _RIGHT if column in _NUMBERS else _LEFT, text)


class Layers(QWidget):
    """Every layer with its shape, parameters and FLOPs; the selection is the drawing's.

    Once a run has measured the layers, figures of that stand beside; the menu of the headings
    chooses which.
    """

    title = "Layers"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self._document = document
        self._session = session
        self._table = _Table(self)
        self._stale = True
        self._following = False
        self._measured = False
        view = self.view = SortedTable("Layers", self._table, _WIDTHS)
        self._sorted = view.sorted
        header = view.horizontalHeader()
        header.moveSection(_HEALTH, _SOURCES)
        header.moveSection(header.visualIndex(_SOURCES), len(_WIDTHS) - 1)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.choices = [self._choice(place) for place in range(len(MEASURES) + 1)]
        header.addActions(self.choices)
        self._arrange()
        view.setItemDelegate(_Cell(self._table, view))

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)

        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self.copy)
        view.selectionModel().selectionChanged.connect(self._tell_selection)
        document.changed.connect(self._refresh)
        document.selection_changed.connect(self._follow_selection)
        if session is not None:
            session.measured.connect(self._measure)
            session.runs_changed.connect(self._measure)

    def copy(self) -> None:
        """Puts the selected rows, or all, on the clipboard as tab-separated text."""
        chosen = self.view.selectionModel().selectedRows()
        places = sorted(index.row() for index in chosen) or range(self._sorted.rowCount())
        header = self.view.horizontalHeader()
        columns = [header.logicalIndex(place) for place in range(header.count())]
        columns = [column for column in columns if not header.isSectionHidden(column)]
        lines = ["\t".join(_Table.HEADERS[column] for column in columns)]
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

    def _choice(self, place: int) -> QAction:
        """The entry of the headings' menu that shows or hides a measured column."""
        choice = QAction(_Table.HEADERS[_MEASURED + place], self)
        choice.setCheckable(True)
        choice.setChecked(_MEASURED + place == _HEALTH or MEASURES[place].shown)
        choice.toggled.connect(self._arrange)
        return choice

    def _arrange(self, _: bool = False) -> None:
        for place, choice in enumerate(self.choices):
            shown = choice.isChecked() and self._measured
            self.view.setColumnHidden(_MEASURED + place, not shown)

    def _measure(self, _: object = None) -> None:
        if self._session is None or not self.isVisible():
            return
        session = self._session
        self._table.measure(session.latest, lambda: checkup(session, self._document))
        # What was there once stays, or the table would jump at the start of a run.
        if self._session.latest and not self._measured:
            self._measured = True
            self._arrange()

    def _refresh(self) -> None:
        self._stale = not self.isVisible()
        if self._stale:
            return
        self._following = True
        try:
            self._table.show(self._document.analysis)
        finally:
            self._following = False
        self._follow_selection()

    def _follow_selection(self) -> None:
        if self._stale:
            return
        rows = [self._table.places[id] for id in self._document.selection]
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
        self._document.select(
            [self._table.ids[self._sorted.mapToSource(index).row()] for index in chosen]
        )


def _first_difference(one: list[str], other: list[str]) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    shorter = min(len(one), len(other))
    return next((place for place, (a, b) in pairs if a != b), shorter)


def _order(analysis: Analysis) -> list[str]:
    """The order of calls, and after it the nodes that have none (on a cycle or behind one)."""
    ordered = set(analysis.order)
    return [*analysis.order, *(id for id in analysis.graph.nodes if id not in ordered)]


def _stale(before: Analysis, after: Analysis) -> set[str]:
    """The nodes whose rows may differ from those of another drawing."""
    nodes, old_nodes = after.graph.nodes, before.graph.nodes
    stale = {id for id, node in nodes.items() if node is not old_nodes.get(id)}
    for id in stale:
        old, node = old_nodes.get(id), nodes[id]
        if old is not None and (old.name, old.type, old.shares) != (
            node.name,
            node.type,
            node.shares,
        ):
            return set(nodes)  # other rows say these names
    stale.update(id for id, facts in after.facts.items() if facts is not before.facts.get(id))
    if after.structure is not before.structure:
        into, old_into = after.graph.wires_into, before.graph.wires_into
        stale.update(id for id in nodes if into.get(id) != old_into.get(id))
        stale.update((after.live ^ before.live) & nodes.keys())
    return stale


def _row(analysis: Analysis, id: str) -> _Row:
    graph = analysis.graph
    node, facts = graph.nodes[id], analysis.facts[id]
    shape = ", ".join(show_shape(shape) for shape in facts.outputs) or "?"
    sources = ", ".join(graph.nodes[source].name for source in graph.predecessors(id))
    kind = node.type
    if node.shares is not None and node.shares in graph.nodes:
        kind = f"{kind} of {graph.nodes[node.shares].name}"
    count = f"{facts.trainable + facts.fixed:,}"
    flops = "?" if facts.flops is None else f"{facts.flops:,}"
    return _Row(
        id,
        (node.name, kind, shape, count, f"{facts.fixed:,}", flops, sources),
        (
            node.name,
            kind,
            0,
            facts.trainable + facts.fixed,
            facts.fixed,
            -1 if facts.flops is None else facts.flops,
            sources,
        ),
        id in analysis.live,
    )


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMBERS else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
