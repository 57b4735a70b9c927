"""Many layers' activations side by side: one widget that paints small multiples.

Each multiple is a picture that is kept until its numbers change, and only those in sight are
painted, a few a beat. A hundred layers are as smooth as ten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.ui import theme
from bnstudio.ui.plots import ridge
from bnstudio.ui.plots.pace import pacer

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from bnstudio.training.messages import Histogram

GAP = 10
_HEIGHT = 200
"""What a place would like to have; where fewer pixels are in sight, a row takes those."""
_LEAST = 132
_MOST = 300
_WIDTH = 188
_HEAD = 22
_FOOT = 32
_PAD = 9


@dataclass
class Multiple:
    """One layer's place.

    Attributes:
        node: The node's id; it may stand in several places.
        name: The layer's name.
        label: What it is, beside the name: a type, or ``input`` and ``output``.
        colour: Of its category.
        history: Its histograms, oldest first; empty while nothing was measured.
        span: The range that is painted; None for the histograms' own.
        pair: Whether the next one belongs to it: they are put side by side.
    """

    node: str
    name: str
    label: str
    colour: QColor
    history: list[Histogram] = field(default_factory=list)
    span: tuple[float, float] | None = None
    pair: bool = False
    stale: bool = True
    picture: QPixmap | None = None

    @property
    def range(self) -> tuple[float, float] | None:
        """What the horizontal axis goes over."""
        return self.span or ridge.value_range(ridge.thinned(self.history))


class Multiples(QWidget):
    """The places in rows, as many in a row as there is room for."""

    #: A place was clicked: the node's id.
    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Activations by layer")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        self.multiples: list[Multiple] = []
        self._row = _HEIGHT
        self._selected: frozenset[str] = frozenset()
        self._hover: tuple[int, int] | None = None
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
            multiple.stale = True
        self.mark()

    def mark(self) -> None:
        """Has the stale places in sight painted soon."""
        pacer().mark(self, self._render_some)

    def select(self, nodes: frozenset[str]) -> None:
        """Marks the places of these nodes."""
        if nodes != self._selected:
            self._selected = nodes
            self.update()

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
        """Puts the kept pictures in their places."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for index in self._visible(event.rect()):
            multiple, place = self.multiples[index], self.place(index)
            chosen = multiple.node in self._selected
            painter.setPen(QPen(QColor(now.accent if chosen else now.border), 2 if chosen else 1))
            painter.setBrush(QColor(now.surface))
            painter.drawRoundedRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -0.5), 7, 7)
            if multiple.picture is not None:
                painter.drawPixmap(place.topLeft(), multiple.picture)
            if multiple.pair and index + 1 < len(self.multiples):
                self._paint_arrow(painter, place)
            if self._hover and self._hover[0] == index:
                painter.setPen(QPen(QColor(now.muted), 1, Qt.PenStyle.DotLine))
                x = self._hover[1]
                painter.drawLine(x, place.top() + _HEAD, x, place.bottom() - _FOOT)
        painter.end()

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
        """Chooses the node."""
        index = self.at(event.position().toPoint())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self.multiples[index].node)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Shows the numbers under the mouse."""
        position = event.position().toPoint()
        index = self.at(position)
        hover = None if index is None else (index, position.x())
        if hover != self._hover:
            self._hover = hover
            self.update()
        if index is None:
            QToolTip.hideText()
        else:
            QToolTip.showText(
                event.globalPosition().toPoint(), self.told(index, position.x()), self
            )

    def leaveEvent(self, event: QEvent) -> None:
        """Takes the crosshair away."""
        super().leaveEvent(event)
        if self._hover is not None:
            self._hover = None
            self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walks over the places with the arrow keys."""
        moves = {
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Down: self.columns(),
            Qt.Key.Key_Up: -self.columns(),
        }
        move = moves.get(Qt.Key(event.key()))
        if move is None or not self.multiples:
            super().keyPressEvent(event)
            return
        places = [i for i, m in enumerate(self.multiples) if m.node in self._selected]
        index = min(max(0, (places[0] + move) if places else 0), len(self.multiples) - 1)
        self.chosen.emit(self.multiples[index].node)

    def told(self, index: int, x: int) -> str:
        """What is said of a place: the numbers, and the share of values at ``x``."""
        multiple = self.multiples[index]
        if not multiple.history:
            return f"<b>{escape(multiple.name)}</b>: not measured yet"
        last = multiple.history[-1]
        lines = [
            f"<b>{escape(multiple.name)}</b> {escape(multiple.label)}",
            f"mean {last.mean:.4g} \u00b7 deviation {last.std:.4g}",
            f"zeros {last.zeros:.1%}",
        ]
        if last.bad:
            lines.append(f"<b>{last.bad:,} values are NaN or infinite</b>")
        span, place = multiple.range, self.place(index)
        inner = _inner(place)
        if span and inner.left() <= x <= inner.right() and ridge.usable(last):
            value = span[0] + (x - inner.left()) / inner.width() * (span[1] - span[0])
            total = sum(last.counts) + last.below + last.above
            width = (last.high - last.low) / len(last.counts)
            bar = int((value - last.low) / width) if width > 0 else 0
            count = last.counts[bar] if 0 <= bar < len(last.counts) else 0
            lines.append(f"at {value:.4g}: {count:,} of {total:,} values")
        return "<br>".join(lines)

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
        """Paints one stale place in sight; the next ones have their turn on the same beat."""
        if not self.isVisible():
            return
        for index in self._visible():
            multiple = self.multiples[index]
            place = self.place(index)
            size = place.size() * self.devicePixelRatioF()
            if multiple.stale or multiple.picture is None or multiple.picture.size() != size:
                multiple.picture = self._rendered(multiple, place.size())
                multiple.stale = False
                self.update(place)
                pacer().mark(self, self._render_some)
                return

    def _rendered(self, multiple: Multiple, size: QSize) -> QPixmap:
        now, ratio = theme.current(), self.devicePixelRatioF()
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        whole = QRect(0, 0, size.width(), size.height())
        self._paint_head(painter, multiple, whole)
        inner = QRectF(_inner(whole))
        span = multiple.range
        if span is None:
            painter.setPen(QColor(now.muted))
            text = "no finite values" if multiple.history else "not measured yet"
            painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, text)
        else:
            split = inner.top() + inner.height() * 0.36
            top = QRectF(inner.left(), inner.top(), inner.width(), split - inner.top() - 4)
            rest = QRectF(inner.left(), split + 2, inner.width(), inner.bottom() - split - 2)
            self._paint_axis(painter, inner, span)
            ground = QColor(now.surface)
            strong = ridge.mixed(multiple.colour, QColor(now.text), 0.12)
            painter.setClipRect(inner.adjusted(-1, 0, 1, 1))
            ridge.paint_ridges(painter, rest, multiple.history, span, strong, ground)
            if ridge.usable(multiple.history[-1]):
                ridge.paint_bars(painter, top, multiple.history[-1], span, strong)
            painter.setClipping(False)
        self._paint_foot(painter, multiple, whole)
        painter.end()
        return picture

    def _paint_head(self, painter: QPainter, multiple: Multiple, whole: QRect) -> None:
        now = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(multiple.colour)
        painter.drawRoundedRect(QRectF(_PAD, 8, 3, 11), 1.5, 1.5)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        font.setPointSizeF(font.pointSizeF() * 0.9)
        painter.setFont(font)
        room = whole.width() - 2 * _PAD - 8
        metrics = painter.fontMetrics()
        name = metrics.elidedText(multiple.name, Qt.TextElideMode.ElideMiddle, room)
        base = 4 + metrics.ascent()
        painter.setPen(QColor(now.text))
        painter.drawText(_PAD + 8, base, name)
        used = metrics.horizontalAdvance(name) + 8
        font.setWeight(font.Weight.Normal)
        painter.setFont(font)
        label = painter.fontMetrics().elidedText(
            multiple.label, Qt.TextElideMode.ElideRight, room - used
        )
        if label == multiple.label or len(label) > 4:
            painter.setPen(QColor(now.muted))
            painter.drawText(_PAD + 8 + used, base, label)

    def _paint_axis(self, painter: QPainter, inner: QRectF, span: tuple[float, float]) -> None:
        now = theme.current()
        painter.setPen(QPen(QColor(now.border), 1))
        if span[0] < 0 < span[1]:
            zero = round(inner.left() - span[0] / (span[1] - span[0]) * inner.width()) + 0.5
            painter.drawLine(int(zero), int(inner.top()), int(zero), int(inner.bottom()))
        painter.drawLine(inner.bottomLeft(), inner.bottomRight())

    def _paint_foot(self, painter: QPainter, multiple: Multiple, whole: QRect) -> None:
        now = theme.current()
        font = theme.mono(self.font().pointSizeF() * 0.78)
        painter.setFont(font)
        painter.setPen(QColor(now.muted))
        metrics = painter.fontMetrics()
        first = whole.bottom() - _FOOT + metrics.ascent() + 3
        second = first + metrics.height()
        room = whole.width() - 2 * _PAD
        if (span := multiple.range) is not None:
            low, high = f"{span[0]:.3g}", f"{span[1]:.3g}"
            painter.drawText(_PAD, first, low)
            painter.drawText(whole.width() - _PAD - metrics.horizontalAdvance(high), first, high)
        if multiple.history:
            last = multiple.history[-1]
            mean = f"{last.mean:.2f}".replace("-0.00", "0.00")
            text = f"\u03bc {mean}  \u03c3 {last.std:.2f}  0s {last.zeros:.0%}"
            if last.bad:
                painter.setPen(QColor(now.error))
                text = f"\u26a0 {last.bad:,} NaN or infinite"
            painter.drawText(
                _PAD, second, metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            )

    def _paint_arrow(self, painter: QPainter, place: QRect) -> None:
        painter.setPen(QPen(QColor(theme.current().muted), 1.4))
        x, y = place.right() + GAP / 2 + 0.5, place.center().y()
        painter.drawLine(round(x - 4), y, round(x + 3), y)
        painter.drawLine(round(x), y - 3, round(x + 3), y)
        painter.drawLine(round(x), y + 3, round(x + 3), y)


def _inner(place: QRect) -> QRect:
    return place.adjusted(_PAD, _HEAD + 4, -_PAD, -_FOOT)
