"""Adding a layer by typing: a popup at the mouse with the layer types that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QCloseEvent, QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.ui import theme
from bnstudio.ui.canvas.search import rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.layers import LayerType

_WIDTH = 380
_ROW = 46
_ROWS = 7
_Index = QModelIndex | QPersistentModelIndex


class SearchPopup(QFrame):
    """Asks for one layer type; it is made for one question and deleted after it.

    Args:
        over: The widget it lies over.
        at: Where its top left corner should be; it is moved to fit.
        entries: What may be chosen.
        recent: Names of types used lately, latest first.
        prompt: What is asked.
    """

    #: A layer type was chosen: its name.
    chosen = Signal(str)
    #: It has gone, with a choice or without.
    closed = Signal()

    def __init__(
        self,
        over: QWidget,
        at: QPoint,
        entries: Sequence[LayerType],
        recent: Sequence[str] = (),
        prompt: str = "Add a layer",
    ) -> None:
        super().__init__(over)
        self._over = over
        self.setObjectName("canvasSearch")
        self.setAccessibleName(prompt)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self._entries = entries
        self._recent = recent
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(f"{prompt}...")
        self.field.setAccessibleName(prompt)
        # A press anywhere in the popup leaves the focus in the field.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(self.field)
        self.field.textEdited.connect(self._filter)
        self.field.installEventFilter(self)
        self._model = _Model(self)
        self.list = QListView(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Layer types")
        self.list.clicked.connect(self._take)
        self._none = QLabel("No layer type fits.", self)
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.field)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._none, 1)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        shadow.setColor(QColor(0, 0, 0, 90))
        self.setGraphicsEffect(shadow)
        self._dress()
        theme.notifier.changed.connect(self._dress)
        self._filter("")
        width, height = min(_WIDTH, over.width() - 16), self._height(_ROWS)
        self.move(
            max(8, min(at.x(), over.width() - width - 8)),
            max(8, min(at.y(), over.height() - height - 8)),
        )
        self.resize(width, self._height(len(entries)))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)

    def names(self) -> list[str]:
        """What is offered now, best first."""
        return [entry.name for entry in self._model.entries]

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.field.hasFocus():
            self._over.setFocus()
        super().closeEvent(event)
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys that move in the list while one types."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # what is typed here is no shortcut of the canvas
            return True
        if event.type() == QEvent.Type.FocusOut and not self.isAncestorOf(self._focused()):
            self.close()
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        step = {
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Tab: 1,
            Qt.Key.Key_Backtab: -1,
            Qt.Key.Key_PageDown: 7,
            Qt.Key.Key_PageUp: -7,
        }.get(Qt.Key(event.key()))
        if step is not None:
            self._step(step)
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
            return True
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return True
        return False

    def _focused(self) -> QWidget:
        return self.window().focusWidget() or self.window()

    def _step(self, by: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row() + by
            row = row % count if abs(by) == 1 else max(0, min(count - 1, row))
            self.list.setCurrentIndex(self._model.index(row, 0))

    def _filter(self, query: str) -> None:
        self._model.show(rank(query, self._entries, self._recent))
        some = self._model.rowCount() > 0
        self.resize(self.width(), self._height(self._model.rowCount()))
        self.list.setVisible(some)
        self._none.setVisible(not some)
        if some:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _height(self, rows: int) -> int:
        """As tall as the rows it shows, within bounds."""
        rows = max(2, min(_ROWS, rows))
        return min(rows * _ROW + self.field.sizeHint().height() + 30, self._over.height() - 16)

    def _take(self, index: QModelIndex) -> None:
        if not index.isValid():
            return
        name = self._model.entries[index.row()].name
        self.close()
        self.chosen.emit(name)

    def _dress(self) -> None:
        now = theme.current()
        self.setStyleSheet(f"""
            #canvasSearch {{ background: {now.raised}; border: 1px solid {now.border};
                border-radius: 10px; }}
            #canvasSearch QListView {{ background: transparent; border: none; outline: none; }}
            #canvasSearch QLabel {{ color: {now.muted}; }}
            #canvasSearch QLineEdit {{ padding: 7px 10px; font-size: 14px; }}
        """)


class _Model(QAbstractListModel):
    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[LayerType] = []

    def show(self, entries: list[LayerType]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{entry.name}, {entry.category}. {entry.summary}"
        return entry if role == Qt.ItemDataRole.UserRole else None


class _Row(QStyledItemDelegate):
    """The category's colour, the name, the category, and one line of help."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, _ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        entry: LayerType = index.data(Qt.ItemDataRole.UserRole)
        now = theme.current()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(0, 1, -2, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setBrush(QColor(now.hover))
            painter.drawRoundedRect(box, 6, 6)
        painter.setBrush(now.category(entry.category))
        painter.drawRoundedRect(QRectF(box.left() + 8, box.top() + 8, 4, box.height() - 16), 2, 2)
        text = box.adjusted(22, 5, -10, -5)
        font = QFont(option.font)
        font.setPixelSize(13)
        small = QFont(option.font)
        small.setPixelSize(12)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.setFont(small)
        painter.setPen(QColor(now.muted))
        painter.drawText(text, right, entry.category)
        below = text.adjusted(0, 18, 0, 0)
        metrics = painter.fontMetrics()
        help = metrics.elidedText(entry.summary, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, help)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(now.text))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, entry.name)
        painter.restore()
