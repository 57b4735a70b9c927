"""One figure over time, small: a title, the value at the moment, and a line over the steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen, QPolygonF

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots import frame
from bnstudio.ui.plots.frame import Frame

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QFont, QPainter

    Floats = NDArray[np.float64]

_HEAD = 17
_FOOT = 15
_GUTTER = 34


@dataclass(frozen=True)
class Line:
    """A series and how it is drawn.

    Attributes:
        steps: In ascending order.
        values: As many; NaN for a gap.
        pen: What it is drawn with.
    """

    steps: Sequence[int]
    values: Floats
    pen: QPen


@dataclass(frozen=True)
class Curve:
    """What is drawn in one small plot.

    Attributes:
        title: The figure's name.
        lines: The first one's value is told in words.
        write: A value as text.
        rest: A value that is marked by a thin line, if it is in sight; None for none.
    """

    title: str
    lines: tuple[Line, ...]
    write: Callable[[float], str]
    rest: float | None = None

    def value_at(self, step: float | None) -> float | None:
        """The first line's value at the measurement nearest to a step, or its last; None if none.

        A measurement without a value is passed over.
        """
        line = self.lines[0]
        known = np.flatnonzero(np.isfinite(line.values))
        if not len(known):
            return None
        steps = np.asarray(line.steps, dtype=float)[known]
        place = -1 if step is None else int(np.abs(steps - step).argmin())
        return float(line.values[known[place]])


def plane(curve: Curve, place: QRectF, times: tuple[float, float]) -> Frame:
    """Where a curve is drawn."""
    every = np.concatenate([line.values for line in curve.lines])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if len(every) else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.5 * abs(high) or 0.5
    return Frame(
        place.adjusted(_GUTTER, _HEAD, -2, -_FOOT), times, (low - room, high + room)
    )  # fmt: skip


def paint_curve(
    painter: QPainter, curve: Curve, place: QRectF, times: tuple[float, float], font: QFont
) -> None:
    """Paints all but the moment."""
    within = plane(curve, place, times)
    painter.setFont(theme.mono(font.pointSizeF() * 0.78))
    frame.paint_axes(painter, within, unit="")
    if curve.rest is not None and within.values[0] < curve.rest < within.values[1]:
        painter.setPen(QPen(QColor(theme.current().muted), 1, Qt.PenStyle.DotLine))
        y = float(within.y(curve.rest))
        painter.drawLine(QPointF(within.area.left(), y), QPointF(within.area.right(), y))
    for line in curve.lines[::-1]:
        known = np.isfinite(line.values)
        xs = within.x(np.asarray(line.steps, dtype=float)[known])
        ys = within.y(line.values[known])
        painter.setPen(line.pen)
        points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]
        if len(points) == 1:
            painter.drawEllipse(points[0], 2, 2)
        else:
            painter.drawPolyline(QPolygonF(points))


def paint_value(
    painter: QPainter,
    curve: Curve,
    place: QRectF,
    times: tuple[float, float],
    font: QFont,
    step: float | None,
) -> None:
    """Paints the title, the value at the moment, and where that is."""
    now = theme.current()
    small = type(font)(font)
    small.setPointSizeF(font.pointSizeF() * 0.85)
    painter.setFont(small)
    metrics = painter.fontMetrics()
    base = place.top() + metrics.ascent()
    value = curve.value_at(step)
    text = "" if value is None else curve.write(value)
    painter.setPen(QColor(now.text))
    wide = metrics.horizontalAdvance(text)
    painter.drawText(QPointF(place.right() - wide - 2, base), text)
    painter.setPen(QColor(now.muted))
    room = int(place.width()) - wide - 10
    title = metrics.elidedText(curve.title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(QPointF(place.left() + 2, base), title)
    if step is not None:
        within = plane(curve, place, times)
        x = float(within.x(step))
        painter.setPen(QPen(QColor(now.accent), 1.4))
        painter.drawLine(QPointF(x, within.area.top()), QPointF(x, within.area.bottom()))
