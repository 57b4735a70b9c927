"""The palette: every layer type by category, to be searched, read about and dragged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QDrag, QFont, QKeyEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import (
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.layers import CATEGORIES, LAYERS, LayerType
from bnstudio.ui import theme
from bnstudio.ui.search import rank_layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

LAYER_MIME = "application/x-bnstudio-layer"
"""What a drag from the palette carries: a layer type's name, UTF-8."""

_Index = QModelIndex | QPersistentModelIndex
_INDENT = 14
_CHIP = 9


class Palette(QWidget):
    """Layer types by category; drag one to the canvas, or double-click or press Enter to add it."""

    #: The user wants a node of this layer type.
    chosen = Signal(str)

    title = "Palette"
    area = Qt.DockWidgetArea.LeftDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search layers")
        self.search.setAccessibleName("Search layers")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)

        self._model = _Entries(self)
        self.list = _List(self)
        self.list.setAccessibleName("Layers to add")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.chosen.connect(self._choose)
        self.list.selectionModel().currentChanged.connect(self._describe)

        self.description = QLabel(self)
        self.description.setAccessibleName("About this layer")
        self.description.setWordWrap(True)
        self.description.setTextFormat(Qt.TextFormat.PlainText)
        self.description.setProperty("role", "muted")
        self.description.setContentsMargins(14, 10, 14, 12)
        self.description.setAlignment(Qt.AlignmentFlag.AlignTop)
        # Room for four lines, so that the list does not jump as one reads.
        self.description.setMinimumHeight(4 * self.fontMetrics().lineSpacing() + 22)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(10, 4, 10, 8)
        top.addWidget(self.search)
        layout.addLayout(top)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.description)
        theme.notifier.changed.connect(self.list.viewport().update)
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets Up, Down and Enter in the search field work the list."""
        if watched is self.search and isinstance(event, QKeyEvent):
            if event.type() != QEvent.Type.KeyPress:
                return False
            if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.list.keyPressEvent(event)
                return True
            if event.key() == Qt.Key.Key_Escape and self.search.text():
                self.search.clear()
                return True
        return super().eventFilter(watched, event)

    def _filter(self, text: str) -> None:
        self._model.show(_entries(text))
        first = 0 if text else -1
        if text:
            self.list.setCurrentIndex(self._model.index(first))
        self._describe()

    def _choose(self, name: str) -> None:
        self.chosen.emit(name)

    def _describe(self) -> None:
        index = self.list.currentIndex()
        entry = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        if isinstance(entry, LayerType):
            self.description.setText(entry.summary)
        elif not self._model.entries:
            self.description.setText("No layer of that name.")
        else:
            self.description.setText("Drag a layer to the canvas, or onto a wire.")


def _entries(text: str) -> list[LayerType | str]:
    """The rows: headings and layer types, or while searching the matches, best first."""
    if text.strip():
        return [*rank_layers(text, LAYERS.values())]
    rows: list[LayerType | str] = []
    for category in CATEGORIES:
        rows.append(category)
        rows += [entry for entry in LAYERS.values() if entry.category == category]
    return rows


class _Entries(QAbstractListModel):
    """Headings, which cannot be chosen, and layer types, which can be dragged."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[LayerType | str] = []

    def show(self, entries: list[LayerType | str]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return entry if isinstance(entry, str) else entry.name
        if isinstance(entry, str):
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.summary
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return f"{entry.category}. {entry.summary}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self.entries[index.row()], str):
            return Qt.ItemFlag.ItemNeverHasChildren
        return (
            Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsDragEnabled
        )

    def mimeTypes(self) -> list[str]:
        return [LAYER_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            entry = self.entries[index.row()]
            if isinstance(entry, LayerType):
                data.setData(LAYER_MIME, entry.name.encode())
        return data


class _List(QListView):
    """The rows; double-click or Enter chooses, a drag shows the node to come."""

    #: The user wants a node of this layer type.
    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._choose(self.indexAt(event.position().toPoint()))

    def startDrag(self, actions: Qt.DropAction) -> None:
        index = self.currentIndex()
        if not isinstance(index.data(Qt.ItemDataRole.UserRole), LayerType):
            return
        drag = QDrag(self)
        drag.setMimeData(self.model().mimeData([index]))
        pixmap = drag_pixmap(
            index.data(Qt.ItemDataRole.UserRole), self.font(), self.devicePixelRatioF()
        )
        drag.setPixmap(pixmap)
        # Beside the mouse: under it the canvas shows where the layer goes.
        drag.setHotSpot(QPoint(-14, -10))
        drag.exec(Qt.DropAction.CopyAction)

    def _choose(self, index: QModelIndex) -> None:
        entry = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        if isinstance(entry, LayerType):
            self.chosen.emit(entry.name)


class _Row(QStyledItemDelegate):
    """Paints a heading, or a layer type with its category's chip."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        heading = isinstance(index.data(Qt.ItemDataRole.UserRole), str)
        return QSize(80, option.fontMetrics.height() + (16 if heading else 9))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        now, area = theme.current(), option.rect
        entry = index.data(Qt.ItemDataRole.UserRole)
        font = QFont(option.font)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(entry, str):
            font.setWeight(QFont.Weight.DemiBold)
            font.setPointSizeF(font.pointSizeF() * 0.9)
            painter.setFont(font)
            painter.setPen(QColor(now.muted))
            painter.drawText(
                area.adjusted(_INDENT, 6, 0, -2),
                Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom,
                entry,
            )
            painter.restore()
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.hover))
            painter.drawRoundedRect(area.adjusted(6, 0, -6, 0), 5, 5)
        chip = QRect(area.left() + _INDENT, area.center().y() - _CHIP // 2, _CHIP, _CHIP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.category(entry.category))
        painter.drawRoundedRect(chip, 2.5, 2.5)
        painter.setFont(font)
        painter.setPen(QColor(now.text))
        text = area.adjusted(_INDENT + _CHIP + 9, 0, -10, 0)
        painter.drawText(
            text,
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter,
            painter.fontMetrics().elidedText(entry.name, Qt.TextElideMode.ElideRight, text.width()),
        )
        painter.restore()


def drag_pixmap(entry: LayerType, font: QFont, ratio: float) -> QPixmap:
    """A small node of this type, to hang under the cursor during a drag."""
    now = theme.current()
    face = QFont(font)
    face.setWeight(QFont.Weight.DemiBold)
    probe = QPixmap(1, 1)
    probe.setDevicePixelRatio(ratio)
    measure = QPainter(probe)
    measure.setFont(face)
    width = measure.fontMetrics().horizontalAdvance(entry.name) + 36
    height = measure.fontMetrics().height() + 18
    measure.end()
    pixmap = QPixmap(round(width * ratio), round(height * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(now.accent))
    painter.setBrush(QColor(now.raised))
    box = QRectF(0.5, 0.5, width - 1, height - 1)
    painter.drawRoundedRect(box, 7, 7)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.category(entry.category))
    painter.drawRoundedRect(QRectF(6, 7, 4, height - 14), 2, 2)
    painter.setPen(QColor(now.text))
    painter.setFont(face)
    painter.drawText(box.adjusted(20, 0, -8, 0), Qt.AlignmentFlag.AlignVCenter, entry.name)
    painter.end()
    return pixmap
