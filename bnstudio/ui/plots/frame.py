"""A plane of steps (to the right) and values (up) in a part of a picture, and its axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen, QPolygonF

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots.ticks import step_text, ticks, value_text

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from PySide6.QtGui import QPainter

    Floats = NDArray[np.float64]

_ACROSS = 46
_DOWN = 19
"""Pixels from one tick to the next, at least."""


@dataclass(frozen=True)
class Frame:
    """Where a plane of steps and values is painted.

    Attributes:
        area: In pixels.
        steps: The least and the greatest step.
        values: The least and the greatest value.
    """

    area: QRectF
    steps: tuple[float, float]
    values: tuple[float, float]

    def x(self, step: ArrayLike) -> Floats:
        """Where steps are; those outside are at the edges."""
        low, high = self.steps
        share = (np.asarray(step, dtype=float) - low) / ((high - low) or 1.0)
        return self.area.left() + np.clip(share, 0.0, 1.0) * self.area.width()

    def y(self, value: ArrayLike) -> Floats:
        """Where values are; those outside are at the edges."""
        low, high = self.values
        share = (np.asarray(value, dtype=float) - low) / ((high - low) or 1.0)
        return self.area.bottom() - np.clip(share, 0.0, 1.0) * self.area.height()

    def step_at(self, x: float) -> float:
        """The step at a place."""
        low, high = self.steps
        return low + (x - self.area.left()) / max(1.0, self.area.width()) * (high - low)

    def value_at(self, y: float) -> float:
        """The value at a place."""
        low, high = self.values
        return low + (self.area.bottom() - y) / max(1.0, self.area.height()) * (high - low)


def paint_axes(painter: QPainter, frame: Frame, unit: str = "step") -> None:
    """The lines and numbers left of a plane and under it, in the painter's font."""
    now, area = theme.current(), frame.area
    paint_steps(painter, area, frame.steps, unit)
    metrics = painter.fontMetrics()
    for value in ticks(*frame.values, max(1, int(area.height() / _DOWN))):
        y = float(frame.y(value))
        painter.setPen(QPen(QColor(now.border), 1))
        painter.drawLine(QPointF(area.left() - 3, y), QPointF(area.left(), y))
        painter.setPen(QColor(now.muted))
        text = value_text(value)
        middle = y + metrics.ascent() / 2 - 1
        base = min(max(middle, area.top() + metrics.ascent() - 3), area.bottom())
        painter.drawText(QPointF(area.left() - 5 - metrics.horizontalAdvance(text), base), text)
    painter.setPen(QPen(QColor(now.border), 1))
    painter.drawLine(area.topLeft(), area.bottomLeft())


def paint_steps(
    painter: QPainter, area: QRectF, steps: tuple[float, float], unit: str = "step"
) -> None:
    """The axis of steps under an area."""
    _paint_below(painter, area, steps, unit, whole=True)


def paint_values(
    painter: QPainter, area: QRectF, values: tuple[float, float], unit: str = ""
) -> None:
    """An axis of values under an area."""
    _paint_below(painter, area, values, unit, whole=False)


def _paint_below(
    painter: QPainter, area: QRectF, ends: tuple[float, float], unit: str, *, whole: bool
) -> None:
    now, metrics = theme.current(), painter.fontMetrics()
    base = area.bottom() + metrics.ascent() + 3
    low, high = ends
    painter.setPen(QPen(QColor(now.border), 1))
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    right = area.right()
    if unit and area.width() > 2 * _ACROSS:
        painter.setPen(QColor(now.muted))
        right -= metrics.horizontalAdvance(unit)
        painter.drawText(QPointF(right, base), unit)
        right -= 6
    end = -1e9
    for value in ticks(low, high, max(2, int(area.width() / _ACROSS)), whole=whole):
        x = area.left() + (value - low) / ((high - low) or 1.0) * area.width()
        text = step_text(value) if whole else value_text(value)
        width = metrics.horizontalAdvance(text)
        left = max(area.left() - 4, x - width / 2)
        if left < end + 4 or left + width > right:
            continue
        end = left + width
        painter.setPen(QPen(QColor(now.border), 1))
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 3))
        painter.setPen(QColor(now.muted))
        painter.drawText(QPointF(left, base), text)


def paint_moment(painter: QPainter, frame: Frame, step: float) -> None:
    """A line where a moment is, with a handle on top."""
    x = float(frame.x(step))
    accent = QColor(theme.current().accent)
    painter.setPen(QPen(accent, 1.4))
    painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(accent)
    top = frame.area.top() - 1
    painter.drawPolygon(
        QPolygonF([QPointF(x - 4, top - 3), QPointF(x + 4, top - 3), QPointF(x, top + 4)])
    )
    painter.setBrush(Qt.BrushStyle.NoBrush)
