"""Several histograms over each other on one scale, told apart by colour and by stroke."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen, QPolygonF

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots import frame, ridge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QFont, QPainter

    from bnstudio.histogram import Histogram

_FOOT = 16
_LINE = 15
_SAMPLE = 20
_MOST_ABOVE = 0.4
"""The share of the height that a legend may take."""


@dataclass(frozen=True)
class Shape:
    """A histogram, what it is called, and how it is drawn.

    Attributes:
        filled: Whether the area under the line is filled.
    """

    title: str
    histogram: Histogram
    pen: QPen
    filled: bool = False


def pen(colour: QColor, place: int) -> QPen:
    """The stroke of the first, second, third... of what is compared: never colour alone."""
    result = QPen(colour, 1.8)
    if place:
        result.setDashPattern([[5.0, 3.0], [1.5, 2.5], [7.0, 2.5, 1.5, 2.5]][(place - 1) % 3])
    return result


def paint_shapes(
    painter: QPainter,
    place: QRectF,
    shapes: Sequence[Shape],
    span: tuple[float, float],
    font: QFont,
) -> None:
    """Paints them over one axis of values, each as high as its density, and a legend."""
    shapes = [shape for shape in shapes if ridge.usable(shape.histogram)]
    painter.setFont(theme.mono(font.pointSizeF() * 0.78))
    # In a low room the legend lies over the shapes, which would be flat otherwise.
    above = _LINE * len(shapes) + 2
    top = place.top() + (above if above < _MOST_ABOVE * place.height() else 2)
    area = QRectF(place.left(), top, place.width(), max(10.0, place.bottom() - _FOOT - top))
    frame.paint_values(painter, area, span)
    if not shapes:
        painter.setPen(QColor(theme.current().muted))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "no finite values")
        return
    columns = max(24, min(240, round(area.width())))
    half = (span[1] - span[0]) / columns / 2
    places = np.linspace(span[0] + half, span[1] - half, columns)
    table = ridge.densities([shape.histogram for shape in shapes], places)
    drawn = table[table > 0]
    # A spike, as of a ReLU's zeros, is cut off, or it would leave the rest flat on the ground.
    full = min(float(table.max()), 5 * float(drawn.mean())) if len(drawn) else 1.0
    xs = np.linspace(area.left(), area.right(), columns)
    for shape, row in zip(shapes, table, strict=True):
        ys = area.bottom() - np.minimum(row / full, 1.0) * area.height()
        line = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        if shape.filled:
            fill = QColor(shape.pen.color())
            fill.setAlphaF(0.25)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPolygon(QPolygonF([area.bottomLeft(), *line, area.bottomRight()]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(shape.pen)
        painter.drawPolyline(QPolygonF(line))
    _paint_legend(painter, place, shapes, font)


def _paint_legend(painter: QPainter, place: QRectF, shapes: Sequence[Shape], font: QFont) -> None:
    small = type(font)(font)
    small.setPointSizeF(font.pointSizeF() * 0.85)
    painter.setFont(small)
    metrics = painter.fontMetrics()
    ground = QColor(theme.current().surface)
    ground.setAlphaF(0.7)
    for row, shape in enumerate(shapes):
        middle = place.top() + _LINE * row + _LINE / 2
        room = int(place.width()) - _SAMPLE - 8
        text = metrics.elidedText(shape.title, Qt.TextElideMode.ElideMiddle, room)
        wide = _SAMPLE + 8 + metrics.horizontalAdvance(text)
        painter.fillRect(QRectF(place.left() - 2, middle - _LINE / 2, wide, _LINE), ground)
        painter.setPen(shape.pen)
        painter.drawLine(
            QPointF(place.left(), middle), QPointF(place.left() + _SAMPLE, middle)
        )  # fmt: skip
        painter.setPen(QColor(theme.current().text))
        base = middle + metrics.ascent() / 2 - 1
        painter.drawText(QPointF(place.left() + _SAMPLE + 6, base), text)
