"""A field to type into over a list of what fits: what adds a layer, finds one, runs a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QCloseEvent, QColor, QCursor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
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

if TYPE_CHECKING:
    from collections.abc import Callable

_Index = QModelIndex | QPersistentModelIndex
_PAGE = 7
_STEPS = {
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Tab: 1,
    Qt.Key.Key_Backtab: -1,
    Qt.Key.Key_PageDown: _PAGE,
    Qt.Key.Key_PageUp: -_PAGE,
}


class Row(QStyledItemDelegate):
    """Paints an entry on the background of its row."""

    lines = 1

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(100, self.height(option.fontMetrics.height()))

    def height(self, line: int) -> int:
        """How tall a row is, where a line of text is so tall."""
        return self.lines * line + 8 + 4 * self.lines

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRect(option.rect).adjusted(6, 1, -6, -1)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.current().hover))
            painter.drawRoundedRect(box, 6, 6)
        painter.setFont(option.font)
        self.paint_entry(painter, box.adjusted(10, 0, -10, 0), index.data(Qt.ItemDataRole.UserRole))
        painter.restore()

    def paint_entry(self, painter: QPainter, box: QRect, entry: Any) -> None:
        """Paints what the entry says into its box."""
        raise NotImplementedError


class Chooser(QFrame):
    """It lies over a widget, is made for one question, and goes when it is answered or left.

    Args:
        over: The widget it lies over.
        prompt: What is asked.
        find: What fits a query, best first.
        spoken: What an entry is called, and what is said beside it, for those who hear the screen.
        row: How an entry is painted.
        nothing: What is said where nothing fits.
    """

    #: An entry was chosen.
    chosen = Signal(object)
    #: It has gone, with a choice or without.
    closed = Signal()

    def __init__(
        self,
        over: QWidget,
        prompt: str,
        find: Callable[[str], list[Any]],
        spoken: Callable[[Any], tuple[str, str]],
        row: Row,
        nothing: str,
    ) -> None:
        # Beside what it lies over, among what else lies there: messages must not cover it.
        super().__init__(over if over.isWindow() else over.parentWidget())
        self._over, self._find, self._row = over, find, row
        self._before: QWidget | None = over.window().focusWidget()
        if self._before is not None:
            self._before.destroyed.connect(self._forget)
        self._mouse = QCursor.pos()
        self.setObjectName("popup")
        self.setAccessibleName(prompt)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(f"{prompt}\u2026")
        self.field.setAccessibleName(prompt)
        # A press anywhere in the popup leaves the focus in the field.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocusProxy(self.field)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        self._model = _Model(spoken, self)
        self.list = QListView(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(row)
        row.setParent(self.list)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMouseTracking(True)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Matches")
        self.list.entered.connect(self._point)
        self.list.clicked.connect(self._take)
        self._none = QLabel(nothing, self)
        self._none.setProperty("role", "muted")
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 6)
        column.setSpacing(5)
        column.addWidget(self.field)
        column.addWidget(self.list, 1)
        column.addWidget(self._none, 1)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(28)
        shadow.setOffset(0, 6)
        shadow.setColor(QColor(0, 0, 0, 90))
        self.setGraphicsEffect(shadow)

    def open(self, at: QPoint, width: int, rows: int) -> None:
        """Shows it with its corner near a place, wide and tall as there is room for."""
        over = self._over
        self._rows = rows
        self.resize(min(width, over.width() - 16), 10)
        self._filter("")
        tallest = self._height(rows)
        place = QPoint(
            max(8, min(at.x(), over.width() - self.width() - 8)),
            max(8, min(at.y(), over.height() - tallest - 8)),
        )
        self.move(place if over.isWindow() else over.mapToParent(place))
        self.show()
        self.raise_()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        if (app := QApplication.instance()) is not None:
            app.installEventFilter(self)

    @property
    def matches(self) -> list[Any]:
        """What is offered now, best first."""
        return self._model.entries

    def may_take(self, entry: Any) -> bool:
        """Whether an entry can be chosen now."""
        return True

    def closeEvent(self, event: QCloseEvent) -> None:
        if (app := QApplication.instance()) is not None:
            app.removeEventFilter(self)
        if self.field.hasFocus():
            (self._before or self._over).setFocus()
        super().closeEvent(event)
        self.closed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press elsewhere leaves; in the field, some keys move in the list."""
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            if self.isVisible() and watched is not self and not self.isAncestorOf(watched):
                self.close()
            return False
        if watched is not self.field:
            return False
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()  # what is typed here is no shortcut of the window
            return True
        if kind == QEvent.Type.FocusOut and not self.isAncestorOf(self._focused()):
            self.close()
        return (
            kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._key(event.key())
        )

    def _key(self, pressed: int) -> bool:
        key = Qt.Key(pressed)
        if key in _STEPS:
            self._step(_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            return False
        return True

    def _forget(self) -> None:
        """What had the focus before is gone, by an edit or another project."""
        self._before = None

    def _focused(self) -> QWidget:
        return self.window().focusWidget() or self.window()

    def _step(self, by: int) -> None:
        count = self._model.rowCount()
        if count:
            row = self.list.currentIndex().row() + by
            row = row % count if abs(by) == 1 else max(0, min(count - 1, row))
            self.list.setCurrentIndex(self._model.index(row, 0))

    def _point(self, index: QModelIndex) -> None:
        """Follows the mouse, once it moves: where it happened to rest means nothing."""
        if QCursor.pos() != self._mouse:
            self.list.setCurrentIndex(index)

    def _filter(self, query: str) -> None:
        self._model.show(self._find(query))
        some = self._model.rowCount() > 0
        self.resize(self.width(), self._height(self._model.rowCount()))
        self.list.setVisible(some)
        self._none.setVisible(not some)
        if some:
            self.list.setCurrentIndex(self._model.index(0, 0))

    def _height(self, rows: int) -> int:
        """As tall as the rows it shows, within bounds."""
        line = self._row.height(self.fontMetrics().height())
        shown = max(1, min(self._rows, rows))
        height = self.field.sizeHint().height() + shown * line + 14
        return min(height, self._over.height() - 16)

    def _take(self, index: QModelIndex) -> None:
        if index.isValid() and self.may_take(entry := self.matches[index.row()]):
            self.close()
            self.chosen.emit(entry)


class _Model(QAbstractListModel):
    def __init__(self, spoken: Callable[[Any], tuple[str, str]], parent: QObject) -> None:
        super().__init__(parent)
        self.entries: list[Any] = []
        self._spoken = spoken

    def show(self, entries: list[Any]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._spoken(entry)[0]
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._spoken(entry)[1]
            case Qt.ItemDataRole.UserRole:
                return entry
        return None
