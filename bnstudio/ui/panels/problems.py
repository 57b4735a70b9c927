"""What is wrong with the project, worst first: a click shows the node, a button mends it."""

from __future__ import annotations

import re
from dataclasses import replace
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
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLabel,
    QListView,
    QScrollArea,
    QSplitter,
    QStackedLayout,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.graph import SLASH
from bnstudio.rules import RULES, Diagnostic, Severity
from bnstudio.ui import theme
from bnstudio.ui.canvas.steps import settle
from bnstudio.ui.pause import Pause
from bnstudio.ui.severity import paint_glyph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_Index = QModelIndex | QPersistentModelIndex
_PAD = 10
_ROOMY = 680
"""Pixels of width from which the details have a place beside the list."""
_GLYPH = 14
_PICTURES = 32
"""Painted rows that are kept: about what is seen at a time."""


class Problems(QWidget):
    """The diagnostics of the current project, with their fixes."""

    #: The user wants to see this node.
    shown = Signal(str)
    #: A fix was applied: its label.
    fixed = Signal(str)

    title = "Problems"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session | None = None) -> None:
        super().__init__()
        self._document = document
        self._model = _Findings(self)
        self.list = _List(self)
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Row(self.list))
        self.list.setAccessibleName("Problems")
        self.list.fix_wanted.connect(self._apply)
        self.list.node_wanted.connect(self._show_node)
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self._later = Pause(self, self._describe)
        self._following = False

        self.details = QLabel(self)
        self.details.setAccessibleName("About this problem")
        self.details.setWordWrap(True)
        self.details.setTextFormat(Qt.TextFormat.RichText)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.details.setContentsMargins(14, 10, 14, 10)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        scroll = QScrollArea(self)
        scroll.setWidget(self.details)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(200)
        scroll.setBackgroundRole(QPalette.ColorRole.Base)
        self.details.setBackgroundRole(QPalette.ColorRole.Base)

        self._about = scroll
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        split.addWidget(self.list)
        split.addWidget(scroll)
        split.setStretchFactor(0, 1)
        split.setSizes([680, 300])

        nothing = QLabel("No problems: this model can be trained.", self)
        nothing.setProperty("role", "muted")
        nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack = QStackedLayout()
        self._stack.addWidget(split)
        self._stack.addWidget(nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stack)

        document.diagnosed.connect(self._refresh)
        document.level.selection_changed.connect(self._follow_selection)
        theme.notifier.changed.connect(self._repaint)
        self._refresh()
        self._describe()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives a narrow panel to the list alone; the tooltip and F1 say the rest."""
        super().resizeEvent(event)
        self._about.setVisible(self.width() >= _ROOMY)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What is listed."""
        return self._model.diagnostics

    def show_for(self, node: str) -> None:
        """Makes the worst finding of a node, or inside it, the current one."""
        for place, diagnostic in enumerate(self._model.diagnostics):
            if _is_at(diagnostic, node):
                self.list.setCurrentIndex(self._model.index(place))
                return

    def _refresh(self) -> None:
        found = self._document.diagnostics
        if found == self._model.diagnostics:
            # Equal findings may carry fixes made for another value of the project.
            self._model.diagnostics = found
            return
        # Laying out a finding's page can wait until the edits pause.
        self._following = True
        try:
            self._list_anew(found)
        finally:
            self._following = False
        self._later.start()
        self.setWindowTitle(f"{self.title} {len(found)}" if found else self.title)

    def _list_anew(self, found: tuple[Diagnostic, ...]) -> None:
        before = self._current()
        self._model.show(found)
        self._stack.setCurrentIndex(0 if found else 1)
        now = self._current()
        key = None if before is None else (before.code, before.node)
        if key is not None and (now is None or (now.code, now.node) != key):
            for place, diagnostic in enumerate(found):
                if (diagnostic.code, diagnostic.node) == key:
                    self.list.setCurrentIndex(self._model.index(place))
                    break
        if found and not self.list.currentIndex().isValid():
            # The worst one is explained without asking.
            self.list.setCurrentIndex(self._model.index(0))

    def _current_changed(self) -> None:
        if not self._following:
            self._describe()

    def _current(self) -> Diagnostic | None:
        index = self.list.currentIndex()
        return self._model.diagnostics[index.row()] if index.isValid() else None

    def _apply(self, place: int) -> None:
        diagnostic = self._model.diagnostics[place]
        if diagnostic.fix is not None:
            before = self._document.project
            after = diagnostic.fix.apply(before)
            if after.graph is not before.graph:
                after = replace(after, graph=settle(before.graph, after.graph))
            if self._document.edit(after, diagnostic.fix.label):
                self.fixed.emit(diagnostic.fix.label)

    def _show_node(self, place: int) -> None:
        node = self._model.diagnostics[place].node
        if node is not None:
            self._document.level.go(node)
            self.shown.emit(node)

    def _follow_selection(self) -> None:
        current = self._current()
        if len(keys := self._document.level.keys) == 1:
            (node,) = keys
            if current is None or not _is_at(current, node):
                self.show_for(node)

    def _describe(self) -> None:
        self._later.stop()
        diagnostic = self._current()
        text = "" if diagnostic is None else _description(diagnostic)
        if text != self.details.text():
            self.details.setText(text)

    def _repaint(self) -> None:
        self.list.viewport().update()
        self._describe()


def _is_at(diagnostic: Diagnostic, node: str) -> bool:
    """Whether a finding is about a node, or about what is inside it."""
    return f"{diagnostic.node}{SLASH}".startswith(f"{node}{SLASH}")


class _Findings(QStringListModel):
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
            return f"<p>{_rich(diagnostic.message)}</p><p>{_rich(diagnostic.hint)}</p>"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            fix = f" Fix: {diagnostic.fix.label}." if diagnostic.fix else ""
            return (
                f"{diagnostic.severity.value}, {diagnostic.code}: {diagnostic.message} "
                f"{diagnostic.hint}{fix}"
            )
        return None


class _List(QListView):
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


class _Row(QStyledItemDelegate):
    """Shows one finding: glyph, message, code, hint, and the button that mends it.

    A row is painted once and then copied: most of an edit's rows are those of the one before.
    """

    def __init__(self, parent: QListView) -> None:
        super().__init__(parent)
        self._pictures: dict[object, QPixmap] = {}

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        return QSize(200, 2 * _list(self).fontMetrics().height() + 18)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        now, list = theme.current(), _list(self)
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
        now, list = theme.current(), _list(self)
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


def _list(row: _Row) -> QListView:
    parent = row.parent()
    assert isinstance(parent, QListView)
    return parent


def _description(diagnostic: Diagnostic) -> str:
    """Everything that is known of a finding, as rich text."""
    now = theme.current()
    word = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}
    colour = {
        Severity.ERROR: now.error,
        Severity.WARNING: now.warning,
        Severity.INFO: now.info,
    }
    entry = RULES.get(diagnostic.code)
    parts = [
        f'<p><b style="color:{colour[diagnostic.severity]}">{word[diagnostic.severity]}</b>'
        f" &nbsp;{_rich(diagnostic.code)}"
        + (" &nbsp;<i>contested: experts disagree</i>" if diagnostic.contested else "")
        + "</p>",
        f"<p><b>{_rich(diagnostic.message)}</b></p>",
        f"<p>{_rich(diagnostic.hint)}</p>" if diagnostic.hint else "",
    ]
    if entry is not None:
        parts += [f"<p>{_rich(part)}</p>" for part in entry.help.split("\n\n")]
    if diagnostic.source:
        parts.append(f'<p style="color:{now.muted}">Source: {_rich(diagnostic.source)}</p>')
    return "".join(parts)


def _rich(text: str) -> str:
    """Plain text as rich text, what stands between backticks in the fixed-width face."""
    face = theme.mono().family()
    return re.sub("`+([^`]+)`+", rf'<span style="font-family: {face}">\1</span>', escape(text))
