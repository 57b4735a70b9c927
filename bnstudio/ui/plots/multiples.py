"""Many layers' activations side by side: one widget that paints small multiples.

Each multiple is a picture that is kept until its numbers change, and only those in sight are
painted, a few a beat. A hundred layers are as smooth as ten.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.ui import theme
from bnstudio.ui.plots import picture
from bnstudio.ui.plots.pace import pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from bnstudio.ui.plots.multiple import Kind, Multiple

GAP = 10
_HEIGHT = 200
"""What a place would like to have; where fewer pixels are in sight, a row takes those."""
_LEAST = 132
_MOST = 300
_WIDTH = 188
_BUDGET = 0.003
_CTRL = Qt.KeyboardModifier.ControlModifier


class Multiples(QWidget):
    """The places in rows, as many in a row as there is room for.

    Attributes:
        multiples: The places.
        kind: What every picture is.
    """

    #: A place was clicked: the node's id.
    chosen = Signal(str)
    #: A place was clicked to be chosen too, or no longer: the node's id.
    toggled = Signal(str)
    #: A place is to be seen large: the node's id, and the part of it.
    opened = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Histograms by layer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.multiples: list[Multiple] = []
        self.kind: Kind = "ridge"
        self._row = _HEIGHT
        self._selected: frozenset[str] = frozenset()
        self._hover: tuple[int, int] | None = None
        self._current = 0
        theme.notifier.changed.connect(self.mark_all)

    def show_multiples(self, multiples: list[Multiple]) -> None:
        """Shows these places in the place of the old ones."""
        self.multiples = multiples
        self._hover = None
        self.setMinimumHeight(self._needed_height())
        self.mark_all()

    def mark_all(self) -> None:
        """Says that every place must be painted anew."""
        for multiple in self.multiples:
            multiple.stale = multiple.unmarked = True
        self.mark()

    def set_kind(self, kind: Kind) -> None:
        """Paints pictures of another kind."""
        if kind != self.kind:
            self.kind = kind
            self.mark_all()
            self.update()

    def mark(self) -> None:
        """Has the stale places in sight painted soon."""
        pacer().mark(self, self._render_some)

    def select(self, nodes: frozenset[str]) -> None:
        """Marks the places of these nodes."""
        if nodes != self._selected:
            self._selected = nodes
            self.update()
        self._describe()

    def _describe(self) -> None:
        """Says aloud what is chosen, that which the keys start from first."""
        chosen = [multiple for multiple in self.multiples if multiple.node in self._selected]
        if (now := self._now()) is not None:
            chosen.sort(key=lambda multiple: multiple is not self.multiples[now])
        text = "; ".join(f"{m.name}: {picture.figures(m)}" for m in chosen[:3])
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)

    def place(self, index: int) -> QRect:
        """Where a place lies."""
        columns = self.columns()
        width = (self.width() - 2 * GAP - (columns - 1) * GAP) // columns
        row, column = divmod(index, columns)
        return QRect(
            GAP + column * (width + GAP), 4 + row * self.row, width, self._row
        )  # fmt: skip

    @property
    def row(self) -> int:
        """From the top of a row to the top of the next."""
        return self._row + GAP

    def fill(self, height: int) -> None:
        """Makes the rows so tall that whole ones fill this height."""
        if not self.multiples:
            return
        rows = -(-len(self.multiples) // self.columns())
        shown = min(rows, max(1, (height - 4) // (_HEIGHT + GAP)))
        row = max(_LEAST, min(_MOST, (height - 4) // shown - GAP))
        if row != self._row:
            self._row = row
            self.setMinimumHeight(self._needed_height())
            self.mark_all()
            self.update()

    def columns(self) -> int:
        """How many places are in a row."""
        fits = max(1, (self.width() - GAP) // (_WIDTH + GAP))
        if any(multiple.pair for multiple in self.multiples):
            return max(2, fits - fits % 2)
        return min(fits, max(1, len(self.multiples)), 12)

    def at(self, position: QPoint) -> int | None:
        """The place under the mouse."""
        for index in self._visible():
            if self.place(index).contains(position):
                return index
        return None

    def sizeHint(self) -> QSize:
        """As tall as the rows need."""
        return QSize(3 * _WIDTH, self._needed_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Puts the kept pictures in their places, and on them what belongs to the moment."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in self._visible(event.rect()):
            multiple = self.multiples[index]
            self._paint_card(painter, index, self._edge(index))
            for part in (multiple.picture, multiple.marks):
                if part is not None:
                    painter.drawPixmap(self.place(index).topLeft(), part)
            if self._hover and self._hover[0] == index:
                self._paint_hover(painter, index, self._hover[1])
        painter.end()

    def paint_all(self, painter: QPainter) -> None:
        """Paints every place, in sight or not, as lines and text: for export."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index, multiple in enumerate(self.multiples):
            self._paint_card(painter, index, QPen(QColor(theme.current().border), 1))
            place = QRectF(self.place(index))
            picture.paint_still(painter, multiple, self.kind, place, self.font())
            picture.paint_moving(painter, multiple, self.kind, place, self.font())

    def whole(self) -> QSize:
        """How large ``paint_all`` paints."""
        return QSize(self.width(), self._needed_height())

    def _edge(self, index: int) -> QPen:
        """What a place is framed with: of the parts of a chosen layer, one is the place met."""
        now, multiple = theme.current(), self.multiples[index]
        if multiple.node not in self._selected:
            return QPen(QColor(now.border), 1)
        met = not multiple.part or index == self._now()
        return QPen(QColor(now.accent), 2 if met else 1)

    def _paint_card(self, painter: QPainter, index: int, edge: QPen) -> None:
        now, place = theme.current(), self.place(index)
        painter.setPen(edge)
        painter.setBrush(QColor(now.surface))
        painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self.multiples[index].pair and index + 1 < len(self.multiples):
            self._paint_arrow(painter, place)

    def _paint_hover(self, painter: QPainter, index: int, x: int) -> None:
        area = picture.plane(self.multiples[index], self.kind, QRectF(self.place(index))).area
        if area.left() <= x <= area.right():
            painter.setPen(QPen(QColor(theme.current().muted), 1, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the places anew."""
        super().resizeEvent(event)
        self.setMinimumHeight(self._needed_height())
        if event.oldSize().width() != event.size().width():
            self.mark_all()
        else:
            self.mark()

    def moveEvent(self, event: QEvent) -> None:
        """Paints what has been scrolled into sight."""
        self.mark()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the node; with Ctrl or Shift, one more or one less."""
        index = self.at(event.position().toPoint())
        if index is None or event.button() != Qt.MouseButton.LeftButton:
            return
        self._meet(index, event.modifiers() & (_CTRL | Qt.KeyboardModifier.ShiftModifier))

    def _meet(self, index: int, more: object) -> None:
        """Goes to a place and chooses its node, as one more or one less if so asked."""
        self._current = index
        signal = self.toggled if more else self.chosen
        signal.emit(self.multiples[index].node)
        self._describe()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Opens the place."""
        index = self.at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.opened.emit(*self.multiples[index].source)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the numbers under the mouse."""
        position = event.position().toPoint()
        index = self.at(position)
        hover = None if index is None else (index, position.x())
        if hover != self._hover:
            self._update_hover()
            self._hover = hover
            self._update_hover()
        if index is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(
                event.globalPosition().toPoint(), self.told(index, position.x(), position.y()), self
            )

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the crosshair away."""
        super().leaveEvent(event)
        self._update_hover()
        self._hover = None

    def _update_hover(self) -> None:
        if self._hover is not None and self._hover[0] < len(self.multiples):
            self.update(self.place(self._hover[0]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go from place to place, with Shift they choose more; Enter opens the place."""
        moves = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: self.columns(),
            Qt.Key.Key_Up: -self.columns(),
        }
        now = self._now()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and now is not None:
            self.opened.emit(*self.multiples[now].source)
            return
        move = moves.get(Qt.Key(event.key()))
        if move is None or not self.multiples:
            super().keyPressEvent(event)
            return
        index = min(max(0, now + move if now is not None else 0), len(self.multiples) - 1)
        shift = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        self._meet(index, shift and index != now)

    def _now(self) -> int | None:
        """The place that the keys start from: the one met last, if it is still chosen."""
        chosen = [i for i, m in enumerate(self.multiples) if m.node in self._selected]
        return self._current if self._current in chosen else next(iter(chosen), None)

    def told(self, index: int, x: int, y: int) -> str:
        """What is said of a place in it: the figures, and how many values are there."""
        multiple = self.multiples[index]
        within = picture.plane(multiple, self.kind, QRectF(self.place(index)))
        lines = picture.told(multiple, self.kind, within, x, y)
        if (found := multiple.current) is not None and found.bad:
            lines.append(f"<b>{found.bad:,} values are NaN or infinite</b>")
        return "<br>".join((picture.heading(multiple), *lines))

    def _visible(self, region: QRect | None = None) -> range:
        if not self.multiples:
            return range(0)
        region = region or self.visibleRegion().boundingRect()
        columns, row = self.columns(), self.row
        first = max(0, (region.top() - 4) // row) * columns
        last = (max(0, region.bottom() - 4) // row + 1) * columns
        return range(min(first, len(self.multiples)), min(last, len(self.multiples)))

    def _needed_height(self) -> int:
        rows = -(-len(self.multiples) // self.columns())
        return rows * self.row + 4

    def _render_some(self) -> None:
        """Paints stale places in sight for a moment; the next ones have their turn on a beat."""
        if not self.isVisible():
            return
        deadline = time.perf_counter() + _BUDGET
        for index in self._visible():
            if not self._render_one(index):
                continue
            self.update(self.place(index))
            if time.perf_counter() > deadline:
                pacer().mark(self, self._render_some)
                return

    def _render_one(self, index: int) -> bool:
        """Paints what is out of date of a place; whether anything was."""
        multiple, size = self.multiples[index], self.place(index).size()
        pixels, done = size * self.devicePixelRatioF(), False
        if multiple.stale or multiple.picture is None or multiple.picture.size() != pixels:
            multiple.picture = self._painted(picture.paint_still, multiple, size)
            multiple.stale, done = False, True
        if multiple.unmarked or multiple.marks is None or multiple.marks.size() != pixels:
            multiple.marks = self._painted(picture.paint_moving, multiple, size)
            multiple.unmarked, done = False, True
        return done

    def _painted(
        self,
        paint: Callable[[QPainter, Multiple, Kind, QRectF, QFont], None],
        multiple: Multiple,
        size: QSize,
    ) -> QPixmap:
        ratio = self.devicePixelRatioF()
        result = QPixmap(size * ratio)
        result.setDevicePixelRatio(ratio)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRectF(0, 0, size.width(), size.height())
        paint(painter, multiple, self.kind, whole, self.font())
        painter.end()
        return result

    def _paint_arrow(self, painter: QPainter, place: QRect) -> None:
        painter.setPen(QPen(QColor(theme.current().muted), 1.4))
        x, y = place.right() + GAP / 2 + 0.5, place.center().y()
        painter.drawLine(round(x - 4), y, round(x + 3), y)
        painter.drawLine(round(x), y - 3, round(x + 3), y)
        painter.drawLine(round(x), y + 3, round(x + 3), y)
