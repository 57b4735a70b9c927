"""A list to type into: the command list, and finding a layer. Enter takes, Escape leaves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QRegion,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Entry:
    """One thing that may be picked: its text, what stands muted beside it, and what it does."""

    text: str
    take: Callable[[], object]
    detail: str = ""
    keys: str = ""
    colour: QColor | None = None
    enabled: bool = True


def match(query: str, text: str) -> float | None:
    """How well ``text`` fits what was typed, more is better; None where it does not.

    The letters must occur in order. Runs of them and the starts of words count most, so that
    ``zs`` finds "Zoom to Selection" before "Horizons".
    """
    query, folded = query.casefold().replace(" ", ""), text.casefold()
    if not query:
        return 0.0
    score, at, previous = 0.0, 0, -2
    for letter in query:
        starts = [
            i
            for i in range(at, len(folded))
            if folded[i] == letter and (i == 0 or not folded[i - 1].isalnum())
        ]
        found = folded.find(letter, at)
        if found < 0:
            return None
        if found == previous + 1:
            score += 3
        elif starts:
            found = starts[0]
            score += 2.5
        score += 1
        previous, at = found, found + 1
    if folded.startswith(query):
        score += 6
    return score - len(folded) / 100


class Picker(QFrame):
    """The popup. It is made for one use and goes when it loses the focus."""

    def __init__(self, window: QWidget, title: str, entries: Sequence[Entry]) -> None:
        super().__init__(window, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("popup")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(title)
        self._entries = list(entries)
        self.field = QLineEdit(placeholderText=title)
        self.field.setAccessibleName(title)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self.list = QListView()
        self.list.setAccessibleName("Matches")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._model = _Model(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Delegate(self))
        self.list.clicked.connect(self._take)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 6)
        column.setSpacing(4)
        column.addWidget(self.field)
        column.addWidget(self.list)
        width = min(560, window.width() - 80)
        self._most = min(420, window.height() - 160)
        self.resize(width, self._most)
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + 72)
        self._filter("")

    def open(self) -> None:
        """Shows it, ready to type into."""
        self.show()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def matches(self) -> list[Entry]:
        """What the list shows, best first."""
        return self._model.entries

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cuts the corners off; a translucent window has black ones where nothing composes it."""
        super().resizeEvent(event)
        outline = QPainterPath()
        outline.addRoundedRect(self.rect().toRectF(), 9, 9)
        self.setMask(QRegion(outline.toFillPolygon().toPolygon()))

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(now.border))
        painter.setBrush(QColor(now.raised))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 9, 9)
        painter.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            steps = {
                Qt.Key.Key_Down: 1,
                Qt.Key.Key_Up: -1,
                Qt.Key.Key_PageDown: 8,
                Qt.Key.Key_PageUp: -8,
            }
            key = Qt.Key(event.key())
            if key in steps and self.matches:
                row = self.list.currentIndex().row() + steps[key]
                row = max(0, min(len(self.matches) - 1, row))
                self.list.setCurrentIndex(self._model.index(row))
                return True
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self.list.currentIndex())
                return True
        return False

    def _filter(self, query: str) -> None:
        scored = [
            (score, -place, entry)
            for place, entry in enumerate(self._entries)
            if (score := match(query, entry.text)) is not None
            or (score := _weaker(match(query, entry.detail))) is not None
        ]
        scored.sort(key=lambda item: item[:2], reverse=True)
        self._model.show([entry for _, _, entry in scored])
        if scored:
            self.list.setCurrentIndex(self._model.index(0))
        rows = max(len(scored), 1) * (self.fontMetrics().height() + 12)
        self.resize(self.width(), min(self._most, self.field.sizeHint().height() + rows + 14))

    def _take(self, index: QModelIndex) -> None:
        if index.isValid() and (entry := self.matches[index.row()]).enabled:
            self.close()
            entry.take()


def _weaker(score: float | None) -> float | None:
    return None if score is None else score / 3 - 5


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show(self, entries: list[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.text
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return f"{entry.detail} {entry.keys}".strip()
        if role == Qt.ItemDataRole.UserRole:
            return entry
        return None


class _Delegate(QStyledItemDelegate):
    """One line: text, muted detail, and the keys at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, option.fontMetrics.height() + 12)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        now = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRect(option.rect).adjusted(6, 1, -6, -1)
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.hover))
            painter.drawRoundedRect(box, 5, 5)
        box = box.adjusted(10, 0, -10, 0)
        if entry.colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(entry.colour)
            painter.drawRoundedRect(QRect(box.left(), box.center().y() - 4, 9, 9), 2, 2)
            box.setLeft(box.left() + 18)
        painter.setFont(option.font)
        if entry.keys:
            painter.setPen(QColor(now.muted))
            painter.drawText(
                box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, entry.keys
            )
            box.setRight(box.right() - option.fontMetrics.horizontalAdvance(entry.keys) - 16)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(now.text if entry.enabled else now.muted))
        painter.drawText(box, left, entry.text)
        box.setLeft(box.left() + option.fontMetrics.horizontalAdvance(entry.text) + 12)
        if entry.detail and box.width() > 30:
            painter.setPen(QColor(now.muted))
            text = option.fontMetrics.elidedText(
                entry.detail, Qt.TextElideMode.ElideRight, box.width()
            )
            painter.drawText(box, left, text)
        painter.restore()
