"""The picture of one layer among small multiples: its head, its plot of a kind, and its figures.

What changes with every measurement alone (``paint_still``) and what changes with the moment that is
looked at (``paint_moving``) are painted apart, so that the first can be kept.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen

from bnstudio.health.figures import figure
from bnstudio.ui import theme
from bnstudio.ui.plots import bands, frame, heat, ridge
from bnstudio.ui.plots.frame import Frame
from bnstudio.ui.plots.multiple import nearest
from bnstudio.ui.plots.ticks import step_text, value_text

if TYPE_CHECKING:
    from PySide6.QtGui import QFont, QPainter

    from bnstudio.histogram import Histogram
    from bnstudio.ui.plots.multiple import Kind, Multiple, Track

HEAD = 22
FOOT = 34
PAD = 9
GUTTER = 30
"""Left of a plane, for the numbers of its values."""

_TOP_SHARE = 0.36


def plane(multiple: Multiple, kind: Kind, place: QRectF) -> Frame:
    """Where steps and values are painted; of ridges, whose values go to the right, the whole."""
    gutter = 0 if kind == "ridge" else GUTTER
    area = place.adjusted(PAD + gutter, HEAD + 4, -PAD, -FOOT)
    return Frame(area, multiple.times, multiple.range or (0.0, 1.0))


def paint_still(
    painter: QPainter, multiple: Multiple, kind: Kind, place: QRectF, font: QFont
) -> None:
    """Paints all but what depends on the moment."""
    _paint_head(painter, multiple, place, font)
    within = plane(multiple, kind, place)
    painter.setFont(theme.mono(font.pointSizeF() * 0.78))
    if multiple.range is None:
        painter.setPen(QColor(theme.current().muted))
        text = "no finite values" if multiple.history else "not measured yet"
        painter.drawText(within.area, Qt.AlignmentFlag.AlignCenter, text)
    else:
        _paint_plot(painter, multiple, kind, within)


def paint_moving(
    painter: QPainter, multiple: Multiple, kind: Kind, place: QRectF, font: QFont
) -> None:
    """Paints what belongs to the moment; the newest one is not marked."""
    painter.setFont(theme.mono(font.pointSizeF() * 0.78))
    if multiple.range is not None:
        _paint_marks(painter, multiple, kind, plane(multiple, kind, place))
    _paint_figures(painter, multiple, place)


def _paint_plot(painter: QPainter, multiple: Multiple, kind: Kind, within: Frame) -> None:
    """The plot of a kind with its axes, in the painter's font."""
    now, span, ink = theme.current(), within.values, strong(multiple)
    if kind == "ridge":
        _, rest = _halves(within.area)
        frame.paint_values(painter, within.area, span)
        _paint_zero(painter, within, upright=True)
        ridge.paint_ridges(painter, rest, multiple.history, span, ink, QColor(now.surface))
        paint_ages(painter, multiple, rest)
        return
    if kind == "heat":
        heat.paint_heat(painter, within, multiple.steps, multiple.history)
    else:
        _paint_zero(painter, within)
        ground = QColor(now.surface)
        bands.paint_bands(painter, within, multiple.steps, multiple.history, ink, ground)
    for ghost in multiple.ghosts:
        paint_ghost(painter, within, ghost)
    _paint_bad(painter, multiple, within)
    frame.paint_axes(painter, within)


def _paint_marks(painter: QPainter, multiple: Multiple, kind: Kind, within: Frame) -> None:
    """What stands for the moment: the histogram on top of ridges, a line where there are steps."""
    step = multiple.step
    if kind != "ridge":
        if step is not None:
            frame.paint_moment(painter, within, step)
        return
    top, rest = _halves(within.area)
    for ghost in multiple.ghosts:
        other = ghost.at(step)
        if other is not None and ridge.usable(other):
            ridge.paint_outline(painter, top, other, within.values, _dots(ghost.colour))
    current = multiple.current
    if current is None or not ridge.usable(current):
        return
    accent = QColor(theme.current().accent)
    ink = strong(multiple) if step is None else accent
    ridge.paint_bars(painter, top, current, within.values, ink)
    if step is not None:
        deep = age(multiple, step)
        ridge.paint_ridge_of(painter, rest, current, within.values, deep, accent)


def _halves(area: QRectF) -> tuple[QRectF, QRectF]:
    """Of a plot of ridges: where the newest histogram is, and below it where its history is."""
    split = area.top() + area.height() * _TOP_SHARE
    top = QRectF(area.left(), area.top(), area.width(), split - area.top() - 4)
    return top, QRectF(area.left(), split + 2, area.width(), area.bottom() - split - 2)


def strong(multiple: Multiple) -> QColor:
    """The layer's colour, a little nearer to that of text."""
    return ridge.mixed(multiple.colour, QColor(theme.current().text), 0.12)


def _dots(colour: QColor) -> QPen:
    """The pen of what lies behind to be compared with."""
    pen = QPen(colour, 1.3)
    pen.setDashPattern([3.0, 2.0])
    return pen


def age(multiple: Multiple, step: float) -> float:
    """How far to the front a moment lies among the ridges."""
    if len(multiple.chosen) < 2:
        return 1.0
    return nearest(multiple.steps, step) / max(1, len(multiple.steps) - 1)


def _paint_zero(painter: QPainter, within: Frame, *, upright: bool = False) -> None:
    low, high = within.values
    if not low < 0 < high:
        return
    area = within.area
    painter.setPen(QPen(QColor(theme.current().border), 1))
    if upright:
        x = area.left() - low / (high - low) * area.width()
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
    else:
        y = float(within.y(0.0))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))


def paint_ages(painter: QPainter, multiple: Multiple, rest: QRectF) -> None:
    """The steps of the first and the last ridge, at their right ends."""
    if len(multiple.steps) < 2:
        return
    now, metrics = theme.current(), painter.fontMetrics()
    ground = QColor(now.surface)
    ground.setAlphaF(0.75)
    painter.setPen(QColor(now.muted))
    rise = rest.height() * 0.34
    for step, base in (
        (multiple.steps[0], rest.top() + rise), (multiple.steps[-1], rest.bottom())
    ):  # fmt: skip
        text = step_text(step)
        left = rest.right() - metrics.horizontalAdvance(text)
        up = metrics.ascent()
        painter.fillRect(QRectF(left - 2, base - up, rest.right() - left + 2, up - 1), ground)
        painter.drawText(QPointF(left, base - 2), text)


def _paint_bad(painter: QPainter, multiple: Multiple, within: Frame) -> None:
    """A mark under the top edge wherever values were not finite."""
    painter.setPen(QPen(QColor(theme.current().error), 2))
    for step, histogram in zip(multiple.steps, multiple.history, strict=True):
        if histogram.bad:
            x = float(within.x(step))
            painter.drawLine(QPointF(x, within.area.top()), QPointF(x, within.area.top() + 5))


def _paint_head(painter: QPainter, multiple: Multiple, place: QRectF, font: QFont) -> None:
    now, left, top = theme.current(), place.left(), place.top()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(multiple.colour)
    painter.drawRoundedRect(QRectF(left + PAD, top + 8, 3, 11), 1.5, 1.5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    bold = type(font)(font)
    bold.setWeight(font.Weight.DemiBold)
    bold.setPointSizeF(font.pointSizeF() * 0.9)
    painter.setFont(bold)
    room = int(place.width()) - 2 * PAD - 8
    metrics = painter.fontMetrics()
    name = metrics.elidedText(multiple.name, Qt.TextElideMode.ElideMiddle, room)
    base = top + 4 + metrics.ascent()
    painter.setPen(QColor(now.text))
    painter.drawText(QPointF(left + PAD + 8, base), name)
    used = metrics.horizontalAdvance(name) + 8
    bold.setWeight(font.Weight.Normal)
    painter.setFont(bold)
    label = painter.fontMetrics().elidedText(
        multiple.label, Qt.TextElideMode.ElideRight, room - used
    )
    if label == multiple.label or len(label) > 4:
        painter.setPen(QColor(now.muted))
        painter.drawText(QPointF(left + PAD + 8 + used, base), label)


def _short(value: float) -> str:
    """Two decimals; three digits of what is huge, which would push all else out of the line."""
    return f"{value:.2f}" if abs(value) < 1000 else figure(value)


def _paint_figures(painter: QPainter, multiple: Multiple, place: QRectF) -> None:
    """The line of figures under the plot."""
    found = multiple.current
    if found is None:
        return
    now, metrics = theme.current(), painter.fontMetrics()
    mean, deviation = _short(found.mean).replace("-0.00", "0.00"), _short(found.std)
    if multiple.weight:  # most are small
        mean, deviation = value_text(found.mean), value_text(found.std)
    mean = mean.replace("-", "\u2212")
    parts = [f"\u03bc {mean}", f"\u03c3 {deviation}", f"zeros {found.zeros:.0%}"]
    painter.setPen(QColor(now.muted))
    if found.bad:
        painter.setPen(QColor(now.error))
        parts = [f"\u26a0 {found.bad:,} NaN or infinite"]
    base = place.bottom() - FOOT + metrics.ascent() + 3 + metrics.height()
    x, right = place.left() + PAD, place.right() - PAD
    for part in parts:
        # Each by itself: in a drawing the next one would begin where a viewer's own font ends.
        text = metrics.elidedText(part, Qt.TextElideMode.ElideRight, int(right - x))
        painter.drawText(QPointF(x, base), text)
        x += metrics.horizontalAdvance(part) + 10


def told(multiple: Multiple, kind: Kind, within: Frame, x: float, y: float) -> list[str]:
    """What is said of a place in a plot, line by line: figures, and how many values are there."""
    found, lines = multiple.current, []
    inside = within.area.adjusted(-1, -1, 1, 1).contains(QPointF(x, y))
    if kind != "ridge" and inside and multiple.steps:
        place = nearest(multiple.steps, within.step_at(x))
        found = multiple.history[place]
        lines.append(f"step {multiple.steps[place]:,}")
    elif multiple.steps:
        lines.append(f"step {multiple.steps[-1] if multiple.step is None else multiple.step:,}")
    if found is None:
        return ["not measured yet"]
    lines.append(f"mean {value_text(found.mean)} \u00b7 deviation {value_text(found.std)}")
    lines.append(f"zeros {found.zeros:.1%}")
    if marks := bands.quantiles(found):
        lines.append("5 \u2026 95 %: " + "  ".join(value_text(mark) for mark in marks))
    if multiple.range and ridge.usable(found):
        value = within.value_at(y)
        if kind == "ridge":
            low, high = within.values
            value = low + (x - within.area.left()) / within.area.width() * (high - low)
            inside = within.area.left() <= x <= within.area.right()
        if inside:
            lines.append(_count_at(found, value))
    return lines


def figures(multiple: Multiple) -> str:
    """The figures of the moment in words."""
    found = multiple.current
    if found is None:
        return "not measured yet"
    mean, deviation = value_text(found.mean), value_text(found.std)
    return f"mean {mean}, deviation {deviation}, zeros {found.zeros:.1%}"


def heading(multiple: Multiple) -> str:
    """The layer's name and what it is, as rich text."""
    return f"<b>{escape(multiple.name)}</b> {escape(multiple.label)}"


def _count_at(found: Histogram, value: float) -> str:
    total = sum(found.counts) + found.below + found.above
    width = (found.high - found.low) / len(found.counts)
    bar = int((value - found.low) // width) if width > 0 else 0
    count = found.counts[bar] if 0 <= bar < len(found.counts) else 0
    return f"at {value_text(value)}: {count:,} of {total:,} values"


def paint_ghost(painter: QPainter, within: Frame, ghost: Track) -> None:
    """The quantiles of another run."""
    ground = QColor(theme.current().surface)
    bands.paint_outline(painter, within, ghost.steps, ghost.history, ghost.colour, ground)
