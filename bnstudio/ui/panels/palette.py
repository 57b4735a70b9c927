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

from bnstudio.layers import (
    CATEGORIES,
    OPERATION_CATEGORIES,
    LayerType,
    all_operations,
    all_types,
    offered,
)
from bnstudio.layers.foreign import FOREIGN_CATEGORIES, registered
from bnstudio.ui import icons, theme
from bnstudio.ui.search import rank_layers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

LAYER_MIME = "application/x-bnstudio-layer"
"""What a drag from the palette carries: a layer type's name, UTF-8."""

_Index = QModelIndex | QPersistentModelIndex
_INDENT = 14
_CHIP = 9
_ARROW = 14
_FOLDED = Qt.ItemDataRole.UserRole + 1
"""Whether what stands under a heading is hidden."""


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

        # Folded until wanted: there are hundreds of them, and a start need not read them in.
        self._folded: set[str] = set(OPERATION_CATEGORIES)
        self._model = _Entries(self)
        self.list = _List(self)
        self.list.setAccessibleName("Layers to add")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.chosen.connect(self._choose)
        self.list.fold_wanted.connect(self._fold)
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
        self._model.show(_entries(text, self._folded), self._folded)
        first = 0 if text else -1
        if text:
            self.list.setCurrentIndex(self._model.index(first))
        self._describe()

    def refresh(self) -> None:
        """Lists anew what there is: layers of packages come and go."""
        if not self.search.text():
            self._filter("")

    def _choose(self, name: str) -> None:
        self.chosen.emit(name)

    def _fold(self, category: str, folded: bool) -> None:
        if folded == (category in self._folded):
            return
        self._folded ^= {category}
        place = self.list.verticalScrollBar().value()
        self._model.show(_entries("", self._folded), self._folded)
        self.list.setCurrentIndex(self._model.index(self._model.entries.index(category)))
        self.list.verticalScrollBar().setValue(place)

    def _describe(self) -> None:
        index = self.list.currentIndex()
        entry = index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None
        if isinstance(entry, LayerType):
            self.description.setText(entry.summary)
        elif isinstance(entry, str):
            count = len(_under(entry))
            what = "operations" if entry in OPERATION_CATEGORIES else "layers"
            does = "shows" if entry in self._folded else "hides"
            self.description.setText(f"{entry}: {count} {what}. A click or Enter {does} them.")
        elif not self._model.entries:
            self.description.setText("No layer of that name.")
        else:
            self.description.setText("Drag a layer to the canvas, or onto a wire.")


def _entries(text: str, folded: set[str]) -> list[LayerType | str]:
    """The rows: headings and layer types, or while searching the matches, best first.

    What stands under a folded heading is left out, but found.
    """
    if text.strip():
        return [*rank_layers(text, [*all_types().values()])]
    rows: list[LayerType | str] = []
    brought = tuple(category for category in FOREIGN_CATEGORIES if _under(category))
    for category in (*CATEGORIES, *brought, *OPERATION_CATEGORIES):
        rows.append(category)
        if category not in folded:
            rows += _under(category)
    return rows


def _under(category: str) -> list[LayerType]:
    """What stands under a heading."""
    entries: Mapping[str, LayerType] = offered()
    if category in OPERATION_CATEGORIES:
        entries = all_operations()
    elif category in FOREIGN_CATEGORIES:
        entries = registered().types
    return [entry for entry in entries.values() if entry.category == category]


class _Entries(QAbstractListModel):
    """Headings, which can be folded, and layer types, which can be dragged."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[LayerType | str] = []
        self.folded: frozenset[str] = frozenset()

    def show(self, entries: list[LayerType | str], folded: set[str]) -> None:
        self.beginResetModel()
        self.entries, self.folded = entries, frozenset(folded)
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
            if role == Qt.ItemDataRole.AccessibleDescriptionRole:
                return f"Category, {'folded' if entry in self.folded else 'open'}"
            return entry in self.folded if role == _FOLDED else None
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.summary
        if role == Qt.ItemDataRole.AccessibleDescriptionRole:
            return f"{entry.category}. {entry.summary}"
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        if isinstance(self.entries[index.row()], str):
            return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
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
    #: The user wants a category folded, or open.
    fold_wanted = Signal(str, bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.clicked.connect(self._toggle)
        self.setFrameShape(QListView.Shape.NoFrame)
        self.setDragEnabled(True)
        self.setDragDropMode(QListView.DragDropMode.DragOnly)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index, key = self.currentIndex(), event.key()
        heading = isinstance(index.data(Qt.ItemDataRole.UserRole), str)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle(index) if heading else self._choose(index)
        elif heading and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_wanted.emit(index.data(), key == Qt.Key.Key_Left)
        else:
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

    def _toggle(self, index: QModelIndex) -> None:
        if isinstance(index.data(Qt.ItemDataRole.UserRole), str):
            self.fold_wanted.emit(index.data(), not index.data(_FOLDED))

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
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.hover))
            above = 6 if isinstance(entry, str) else 0
            painter.drawRoundedRect(area.adjusted(6, above, -6, 0), 5, 5)
        if isinstance(entry, str):
            font.setWeight(QFont.Weight.DemiBold)
            font.setPointSizeF(font.pointSizeF() * 0.9)
            painter.setFont(font)
            painter.setPen(QColor(now.muted))
            line = area.adjusted(_INDENT, 6, -10, 0)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, entry)
            name = "chevron-right" if index.data(_FOLDED) else "chevron-down"
            arrow = icons.pixmap(name, now.muted, _ARROW, painter.device().devicePixelRatioF())
            top = line.center().y() - _ARROW // 2
            painter.drawPixmap(QPoint(line.right() - _ARROW, top), arrow)
            painter.restore()
            return
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
