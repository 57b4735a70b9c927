"""A list of findings: each with its severity, what it says, and a button that mends it."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from bnstudio.ui import theme
from bnstudio.ui.severity import paint_glyph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.rules import Diagnostic


_Index = QModelIndex | QPersistentModelIndex
_PAD = 10
_GLYPH = 14
_PICTURES = 32
"""Painted rows that are kept: about what is seen at a time."""


class Findings(QStringListModel):
    """The findings as rows.

    Qt counts the rows once for each of them when it lays them out, so the counting is left to a
    list of Qt's own.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.diagnostics: tuple[Diagnostic, ...] = ()

    def show(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        before = self.diagnostics
        if len(before) != len(diagnostics):
            self.diagnostics = diagnostics
            self.setStringList([""] * len(diagnostics))
            return
        self.diagnostics = diagnostics
        # Row by row, so that those out of sight cost nothing.
        for place, (old, new) in enumerate(zip(before, diagnostics, strict=True)):
            if old is not new and old != new:
                self.dataChanged.emit(self.index(place), self.index(place))

    def flags(self, index: _Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemNeverHasChildren

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        diagnostic = self.diagnostics[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return diagnostic
        if role == Qt.ItemDataRole.DisplayRole:
            return diagnostic.message
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<p>{rich(diagnostic.message)}</p><p>{rich(diagnostic.hint)}</p>"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            fix = f" Fix: {diagnostic.fix.label}." if diagnostic.fix else ""
            return (
                f"{diagnostic.severity.value}, {diagnostic.code}: {diagnostic.message} "
                f"{diagnostic.hint}{fix}"
            )
        return None


class FindingsList(QListView):
    """Rows with a button: Enter or a click shows the node, Ctrl+Enter or the button mends it."""

    #: The fix of this row is wanted.
    fix_wanted = Signal(int)
    #: The node of this row is wanted.
    node_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)

    def dataChanged(self, first: _Index, last: _Index, roles: Sequence[int] = ()) -> None:
        """Paints rows that say something else. They are as high as before: nothing is laid out."""
        QAbstractItemView.dataChanged(self, first, last, roles)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            wanted = self.fix_wanted if control else self.node_wanted
            wanted.emit(self.currentIndex().row())
            return
        super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.isValid():
            return
        if self.over_button(event.position().toPoint(), index):
            self.fix_wanted.emit(index.row())
        else:
            self.node_wanted.emit(index.row())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        over = index.isValid() and self.over_button(event.position().toPoint(), index)
        shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)
        self.viewport().update()

    def over_button(self, place: QPoint, index: QModelIndex) -> bool:
        """Whether a point of the viewport is on the row's Fix button."""
        fix = index.data(Qt.ItemDataRole.UserRole).fix
        return fix is not None and button_rect(self, self.visualRect(index), fix.label).contains(
            place
        )


class FindingRow(QStyledItemDelegate):
    """Shows one finding: glyph, message, code, hint, and the button that mends it.

    A row is painted once and then copied: most of an edit's rows are those of the one before.
    """

    def __init__(self, parent: QListView) -> None:
        super().__init__(parent)
        self._pictures: dict[object, QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, 2 * _list_of(self).fontMetrics().height() + 18)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        now, list = theme.current(), _list_of(self)
        found: Diagnostic = index.data(Qt.ItemDataRole.UserRole)
        area, state = option.rect, option.state
        lit = bool(state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver))
        focused = bool(state & QStyle.StateFlag.State_HasFocus)
        label = found.fix.label if found.fix else ""
        over = False
        if label and state & QStyle.StateFlag.State_MouseOver:
            over = _under_mouse(list, button_rect(list, area, label))
        said = (found.severity, found.code, found.contested, found.message, found.hint, label)
        ratio = list.devicePixelRatioF()
        look = (area.width(), area.height(), lit, focused, over, now.name, ratio, list.font().key())
        key = (said, look)
        picture = self._pictures.pop(key, None)
        if picture is None:
            picture = QPixmap(area.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(QColor(now.hover if lit else now.surface))
            brush = QPainter(picture)
            self._paint(brush, QRect(QPoint(0, 0), area.size()), found, focused, over)
            brush.end()
            if len(self._pictures) >= _PICTURES:
                del self._pictures[next(iter(self._pictures))]
        self._pictures[key] = picture
        painter.drawPixmap(area.topLeft(), picture)

    def _paint(
        self, painter: QPainter, area: QRect, diagnostic: Diagnostic, focused: bool, over: bool
    ) -> None:
        now, list = theme.current(), _list_of(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if focused:
            painter.fillRect(QRect(area.left(), area.top(), 2, area.height()), QColor(now.accent))
        painter.setPen(QColor(now.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())

        line = list.fontMetrics().height()
        top = area.top() + 8
        glyph = QRect(area.left() + _PAD, top + (line - _GLYPH) // 2, _GLYPH, _GLYPH)
        paint_glyph(painter, glyph, diagnostic.severity)

        right = area.right() - _PAD
        if diagnostic.fix is not None:
            button = button_rect(list, area, diagnostic.fix.label)
            _paint_button(painter, list, button, diagnostic.fix.label, over)
            right = button.left() - _PAD
        left = glyph.right() + _PAD
        bold = QFont(list.font())
        bold.setWeight(QFont.Weight.DemiBold)
        code = diagnostic.code + ("  contested" if diagnostic.contested else "")
        painter.setFont(theme.mono())
        code_width = painter.fontMetrics().horizontalAdvance(code)
        painter.setPen(QColor(now.muted))
        painter.drawText(
            QRect(right - code_width, top, code_width, line), Qt.AlignmentFlag.AlignVCenter, code
        )
        painter.setFont(bold)
        painter.setPen(QColor(now.text))
        room = right - code_width - _PAD - left
        painter.drawText(
            QRect(left, top, room, line),
            Qt.AlignmentFlag.AlignVCenter,
            painter.fontMetrics().elidedText(diagnostic.message, Qt.TextElideMode.ElideRight, room),
        )
        painter.setFont(list.font())
        painter.setPen(QColor(now.muted))
        room = right - left
        painter.drawText(
            QRect(left, top + line + 2, room, line),
            Qt.AlignmentFlag.AlignVCenter,
            painter.fontMetrics().elidedText(diagnostic.hint, Qt.TextElideMode.ElideRight, room),
        )

    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: _Index,
    ) -> bool:
        """Nothing is edited in place."""
        return False


def button_rect(list: QListView, row: QRect, label: str) -> QRect:
    """Where a row's Fix button is."""
    metrics = list.fontMetrics()
    width = min(metrics.horizontalAdvance(label) + 24, max(row.width() // 2, 60))
    height = metrics.height() + 10
    return QRect(
        row.right() - _PAD - width, row.top() + (row.height() - height) // 2, width, height
    )


def _under_mouse(list: QListView, area: QRect) -> bool:
    return area.contains(list.viewport().mapFromGlobal(list.cursor().pos()))


def _paint_button(painter: QPainter, list: QListView, area: QRect, label: str, over: bool) -> None:
    now = theme.current()
    painter.setPen(QPen(QColor(now.accent), 1))
    painter.setBrush(QColor(now.accent if over else now.raised))
    painter.drawRoundedRect(area, 6, 6)
    painter.setPen(QColor(now.on_accent if over else now.accent))
    painter.setFont(list.font())
    text = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, area.width() - 16)
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)


def _list_of(row: FindingRow) -> QListView:
    parent = row.parent()
    assert isinstance(parent, QListView)
    return parent


def rich(text: str) -> str:
    """Plain text as rich text, what stands between backticks in the fixed-width face."""
    face = theme.mono().family()
    return re.sub("`+([^`]+)`+", rf'<span style="font-family: {face}">\1</span>', escape(text))
