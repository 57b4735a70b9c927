"""A wire on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.geometry import Curve, Point, distance, middle

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from bnstudio.graph import Wire
    from bnstudio.ui.canvas.look import Look

_ROOM = 96.0
"""A wire longer than this carries the shape that flows along it."""


_MARGIN = 9.0
_LABEL = 70.0
"""Half of the width that a label may take."""


class WireItem(QGraphicsRectItem):
    """Draws a wire along its curve. Its extent is plain data held by Qt, as a node's is.

    Attributes:
        wire: What is drawn.
        curve: Where it runs, in the scene.
        label: The shape that flows along it.
        state: ``""``, ``"hover"``, ``"selected"`` or ``"lit"`` (a layer will be spliced in).
    """

    def __init__(self, wire: Wire, curve: Curve) -> None:
        super().__init__()
        self.wire = wire
        self.label = ""
        self.state = ""
        self._path: QPainterPath | None = None
        self.setPen(Qt.PenStyle.NoPen)
        self.setZValue(-1.0)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.curve: Curve = ()
        self.run(curve)

    def run(self, curve: Curve) -> None:
        """Draws it along another curve."""
        if curve != self.curve:
            self.curve = curve
            self._path = None
            xs, ys = zip(*curve, strict=True)
            side = 2 * _LABEL + 4 if _roomy(curve) else _MARGIN
            left, top = min(xs) - side, min(ys) - _MARGIN
            self.setRect(left, top, max(xs) + side - left, max(ys) + _MARGIN - top)
            self.update()

    def mark(self, state: str) -> None:
        """Draws another state."""
        if state != self.state:
            self.state = state
            self.setZValue(-0.5 if state else -1.0)
            self.update()

    def show_label(self, label: str) -> None:
        """Carries another shape."""
        if label != self.label:
            self.label = label
            self.update()

    def path(self) -> QPainterPath:
        """The curve as Qt draws it, made when it is first seen."""
        if self._path is None:
            self._path = path(self.curve)
        return self._path

    def distance(self, point: Point) -> float:
        """How far a place is from the wire."""
        return distance(self.curve, point)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        """Draws the wire, and its label where there is room."""
        look = looks.current()
        zoom = option.levelOfDetailFromTransform(painter.worldTransform())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_wire(painter, look, self.path(), self.state)
        if self.label and zoom >= 0.6 and _roomy(self.curve):
            self._paint_label(painter, look)

    def paint_far(self, painter: QPainter) -> None:
        """Draws the wire's state with a line that does not get thinner from afar."""
        pen = QPen(_pen(looks.current(), self.state))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())

    def _paint_label(self, painter: QPainter, look: Look) -> None:
        place = middle(self.curve)
        width = min(2 * _LABEL, looks.metrics("mono_font").horizontalAdvance(self.label) + 8)
        # Beside the line, on the side that it bulges to, where it is free of nodes.
        left = place.x < min(self.curve[0].x, self.curve[-1].x)
        rect = QRectF(place.x - width - 4 if left else place.x + 4, place.y - 9, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.canvas)
        painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(look.muted)
        painter.setFont(look.mono_font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.label)


def paint_wire(painter: QPainter, look: Look, path: QPainterPath, state: str) -> None:
    """A wire's line in one of its states."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if state == "lit":
        painter.setPen(look.wire_glow)
        painter.drawPath(path)
    painter.setPen(_pen(look, state))
    painter.drawPath(path)


def path(curve: Curve) -> QPainterPath:
    """A curve as Qt draws it."""
    result = QPainterPath(QPointF(*curve[0]))
    for first in range(1, len(curve) - 1, 3):
        a, b, c = curve[first : first + 3]
        result.cubicTo(a.x, a.y, b.x, b.y, c.x, c.y)
    return result


def _roomy(curve: Curve) -> bool:
    return abs(curve[-1].y - curve[0].y) >= _ROOM


def _pen(look: Look, state: str) -> QPen:
    if state in ("lit", "selected"):
        return look.wire_lit
    return look.wire_hover if state == "hover" else look.wire
