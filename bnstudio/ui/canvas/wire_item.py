"""A wire on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from bnstudio.look.geometry import Box, Curve, Point, distance, samples
from bnstudio.ui.canvas import look as looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

    from bnstudio.graph import Wire
    from bnstudio.ui.canvas.look import Look

_ROOM = 150.0
"""A wire longer than this carries the shape that flows along it."""


_MARGIN = 9.0
_LABEL = 150.0
"""The width that a label may take."""
_BESIDE = 4.0


class WireItem(QGraphicsRectItem):
    """Draws a wire along its curve. Its extent is plain data held by Qt, as a node's is.

    Attributes:
        wire: What is drawn.
        curve: Where it runs, in the scene.
        label: The shape that flows along it; empty where there is no room to show it.
        roomy: Whether it is long enough to show its label.
        state: ``""``, ``"hover"``, ``"selected"`` or ``"lit"`` (a layer will be spliced in).

    Args:
        free: Whether no node stands in a box, so that a label may.
    """

    def __init__(self, wire: Wire, curve: Curve, free: Callable[[Box], bool]) -> None:
        super().__init__()
        self.wire = wire
        self._free = free
        self.label = ""
        self.roomy = False
        self.state = ""
        self._path: QPainterPath | None = None
        self._place: tuple[Point, int] | None = None
        self._placed = True
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
            self.roomy = roomy(curve)
            side = _LABEL + _BESIDE if self.roomy else _MARGIN
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
        """Carries this shape, beside the wire where there is room now; nowhere if it is empty."""
        if label or self.label:
            self.label = label
            self._placed = False
            self.update()

    def label_place(self) -> tuple[Point, int] | None:
        """Beside which point of the curve the label stands, right (1) or left (-1) of it.

        Found when it is first seen: an edit may give other shapes to hundreds of wires.
        """
        if not self._placed:
            self._placed = True
            boxes = label_boxes(self.curve, self.label)
            free = ((place, side) for place, side, box in boxes if self._free(box.grown(2)))
            self._place = next(free, None)
        return self._place

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
        if self.label and zoom >= 0.62:
            self._paint_label(painter, look)

    def paint_far(self, painter: QPainter) -> None:
        """Draws the wire's state with a line that does not get thinner from afar."""
        pen = QPen(_pen(looks.current(), self.state))
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(self.path())

    def _paint_label(self, painter: QPainter, look: Look) -> None:
        found = self.label_place()
        if found is None:
            return
        place, side = found
        width = label_width(self.label)
        left = place.x + _BESIDE if side > 0 else place.x - _BESIDE - width
        rect = QRectF(left, place.y - 9, width, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.canvas)
        painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(look.muted)
        painter.setFont(look.mono_font)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.label)


def label_boxes(curve: Curve, label: str) -> Iterator[tuple[Point, int, Box]]:
    """Where a label may stand: beside which point, on which side, and the room it takes."""
    if not label:
        return
    width = label_width(label)
    points = samples(curve, 6)
    for share in (0.5, 0.35, 0.65):
        x, y = point = points[round(share * (len(points) - 1))]
        for side, left in ((1, x + _BESIDE), (-1, x - _BESIDE - width)):
            yield point, side, Box(left, y - 9, left + width, y + 9)


def label_width(label: str) -> float:
    """How wide a label is drawn."""
    return min(_LABEL, looks.metrics("mono_font").horizontalAdvance(label) + 8)


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


def roomy(curve: Curve) -> bool:
    """Whether a wire is long enough for a label."""
    return abs(curve[-1].y - curve[0].y) >= _ROOM


def _pen(look: Look, state: str) -> QPen:
    if state in ("lit", "selected"):
        return look.wire_lit
    return look.wire_hover if state == "hover" else look.wire
