"""The layers as a table model: what ``model.summary()`` prints, and what is measured of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QSizeF,
    Qt,
    Signal,
)
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QStaticText
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from bnstudio.layers import show_shape
from bnstudio.rules import Severity
from bnstudio.ui import theme
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.severity import paint_glyph

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from bnstudio.analysis import Analysis
    from bnstudio.health import Checkup, Finding
    from bnstudio.histogram import Histogram
    from bnstudio.ui.sorted_table import SortedTable

_Index = QModelIndex | QPersistentModelIndex
_SHAPE = 2
SOURCES = 6
RECORDED = 7
MEASURED = 8
HEALTH = MEASURED + len(MEASURES)
_NUMBERS = (3, 4, 5, *range(MEASURED, HEALTH))
WIDTHS = (10, 13, 14, 8, 9, 7, 10, 6, *(measure.width for measure in MEASURES), 12)
_FIGURES = (_SHAPE, *_NUMBERS)
_OF_A_TICK = (
    Qt.ItemDataRole.CheckStateRole,
    Qt.ItemDataRole.AccessibleTextRole,
    Qt.ItemDataRole.UserRole,
    Qt.ItemDataRole.DisplayRole,
)
_MARGIN = 11
"""Beside a cell's text: the style sheet's padding and what the style adds to it."""

# Put together once: a table has hundreds of cells.
_SELECTED, _HOVERED = QStyle.StateFlag.State_Selected, QStyle.StateFlag.State_MouseOver
_ELIDED = Qt.TextElideMode.ElideRight
_MOST_LINES = 4096
"""Texts of cells that are kept laid out."""


@dataclass(frozen=True)
class _Row:
    """One node as the table shows it; ``keys`` are what its columns sort by, shapes by place."""

    id: str
    texts: tuple[str, ...]
    keys: tuple[str | int, ...]
    live: bool


class LayerTable(QAbstractTableModel):
    """The drawing's nodes in the order in which the model calls them."""

    #: A node was ticked, or its tick was taken away: (id, whether it is to be recorded).
    ticked = Signal(str, bool)

    HEADERS = (
        "Name",
        "Type",
        "Output shape",
        "Parameters",
        "Not trainable",
        "FLOPs",
        "Connected to",
        "Record",
        *(measure.name for measure in MEASURES),
        "Health",
    )

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.ids: list[str] = []
        self.places: dict[str, int] = {}
        self.latest: Mapping[str, Histogram] = {}
        self._checkup: Checkup | None = None
        self._age: Callable[[str, str], str] = lambda node, field: ""
        self._left_out: frozenset[str] = frozenset()
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
        last = SOURCES
        # A row that nobody has asked for yet is nowhere to be seen.
        for id in stale & old.keys():
            place = self.places[id]
            if self.row(place) != old[id]:
                self.dataChanged.emit(self.index(place, 0), self.index(place, last))

    def follows(self, analysis: Analysis) -> bool:
        """Whether another analysis has the same rows in the same order."""
        return self._shown is not None and self._shown.structure is analysis.structure

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
        if column <= SOURCES:
            return row.texts[column]
        if column == RECORDED:
            return "no" if row.id in self._left_out else "yes"
        if column == HEALTH:
            found = self.worst(row)
            return found.brief if found is not None else "well" if row.id in self.latest else ""
        return MEASURES[column - MEASURED].text(self.latest.get(row.id))

    def worst(self, row: _Row) -> Finding | None:
        """The worst that is found of what was measured."""
        found = self._checkup.findings(row.id) if self._checkup is not None else ()
        return found[0] if found else None

    def record(self, left_out: Collection[str]) -> None:
        """Takes in which nodes are not recorded."""
        if self._left_out == (given := frozenset(left_out)):
            return
        self._left_out = given
        if self.ids:
            first = self.index(0, RECORDED)
            self.dataChanged.emit(first, self.index(len(self.ids) - 1, RECORDED))

    def recorded(self, id: str) -> bool:
        """Whether a node is recorded in training."""
        return id not in self._left_out

    def measure(
        self,
        latest: Mapping[str, Histogram],
        checkup: Callable[[], Checkup],
        age: Callable[[str, str], str] = lambda node, field: "",
    ) -> None:
        """Takes in a new measurement of the nodes, and what says how well they are.

        ``age`` says of a node's figure when it was measured, if that was earlier.
        """
        self._age = age
        if latest is self.latest:
            return
        self.latest, self._checkup = latest, checkup()
        if self.ids:
            last = self.index(len(self.ids) - 1, len(self.HEADERS) - 1)
            roles = [Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.UserRole]
            self.dataChanged.emit(self.index(0, MEASURED), last, roles)

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
        if role == Qt.ItemDataRole.ToolTipRole and section == HEALTH:
            return "The worst sign of ill health in what was measured, as the node shows it."
        if role == Qt.ItemDataRole.ToolTipRole and section >= MEASURED:
            return MEASURES[section - MEASURED].help
        if role == Qt.ItemDataRole.ToolTipRole and section == RECORDED:
            return "Whether the layer is measured while the model trains. Space ticks a selection."
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.row(index.row()), index.column()
        if column == RECORDED and role in _OF_A_TICK:
            on = self.recorded(row.id)
            match role:
                case Qt.ItemDataRole.CheckStateRole:
                    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
                case Qt.ItemDataRole.AccessibleTextRole:
                    return "recorded" if on else "not recorded"
                case Qt.ItemDataRole.UserRole:
                    return int(on)
            return None
        if column == HEALTH:
            if role == Qt.ItemDataRole.UserRole:
                return self._rank(row)
            if role == Qt.ItemDataRole.ToolTipRole and (found := self.worst(row)) is not None:
                return found.sentence
        elif column >= MEASURED and role == Qt.ItemDataRole.UserRole:
            return MEASURES[column - MEASURED].key(self.latest.get(row.id))
        elif column >= MEASURED and role == Qt.ItemDataRole.ToolTipRole:
            said = self._age(row.id, MEASURES[column - MEASURED].field)
            if said and self.text(row, column):
                return said
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

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == RECORDED else flags

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() != RECORDED:
            return False
        on = Qt.CheckState(value) == Qt.CheckState.Checked
        self.ticked.emit(self.ids[index.row()], on)
        return True


class LayerCell(QStyledItemDelegate):
    """Paints a cell as the style sheet has it, in a third of the time that the style takes."""

    def __init__(self, table: LayerTable, view: SortedTable) -> None:
        super().__init__(view)
        self._table = table
        self._sorted = view.sorted
        self._lines: dict[tuple[str, str, int], tuple[QStaticText, QSizeF]] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        now, column = theme.current(), index.column()
        if column == RECORDED:  # the style sheet has the look of a tick
            super().paint(painter, option, index)
            return
        row = self._table.row(self._sorted.mapToSource(index).row())
        area, state = option.rect, option.state
        chosen = _SELECTED in state
        if chosen or _HOVERED in state:
            painter.fillRect(area, QColor(now.hover))
        text = self._table.text(row, column)
        if not text:
            return
        font = theme.mono() if column in _FIGURES else option.font
        painter.setFont(font)
        painter.setPen(_colour(now.text if row.live or chosen else now.muted))
        left = float(area.left() + _MARGIN)
        if column == HEALTH and (found := self._table.worst(row)) is not None:
            paint_glyph(painter, QRect(int(left), area.center().y() - 6, 13, 13), found.severity)
            painter.setFont(font)
            painter.setPen(_colour(now.text))
            left += 19
        line, size = self._line(text, font, int(area.right() + 1 - _MARGIN - left))
        if column in _NUMBERS:
            left = area.right() + 1 - _MARGIN - size.width()
        top = area.top() + (area.height() - size.height()) / 2
        painter.drawStaticText(QPointF(left, top), line)

    def _line(self, text: str, font: QFont, room: int) -> tuple[QStaticText, QSizeF]:
        """A cell's text, cut where there is no room, laid out once, and the size it takes."""
        key = (text, font.key(), room)
        found = self._lines.get(key)
        if found is None:
            if len(self._lines) >= _MOST_LINES:
                self._lines.clear()
            line = QStaticText(QFontMetricsF(font).elidedText(text, _ELIDED, room))
            line.setTextFormat(Qt.TextFormat.PlainText)
            line.prepare(font=font)
            found = self._lines[key] = (line, line.size())
        return found


@cache
def _colour(name: str) -> QColor:
    return QColor(name)


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
