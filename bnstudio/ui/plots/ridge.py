"""How one layer's activation histograms are painted: as bars now, or as ridges over time.

Pure painting: a card is given what to show and where, and keeps nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPolygonF

from bnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bnstudio.training.messages import Histogram

    Floats = NDArray[np.float64]

RIDGES = 22
"""Ridges in a card: more would hide one another."""

_PAD = 10
_LINE = 1.3


@dataclass(frozen=True)
class Card:
    """What a card shows.

    Attributes:
        title: The node's name.
        note: What stands muted beside it: its type, or its part in a pair.
        colour: Of its category.
        history: Histograms with their steps, oldest first; the last is the current one.
        span: The range of the horizontal axis.
        selected: Whether its node is selected.
        pointed: Where the pointer is along the axis, in axis units; None when it is elsewhere.
    """

    title: str
    note: str
    colour: QColor
    history: Sequence[tuple[int, Histogram]]
    span: tuple[float, float]
    selected: bool = False
    pointed: float | None = None


def plot_area(card: QRectF, line: float) -> QRectF:
    """Where in a card the axis and what is above it are; ``line`` is the height of a text line."""
    return card.adjusted(_PAD, _PAD + line + 6, -_PAD, -(2 * line + _PAD + 8))


def span_of(histories: Sequence[Sequence[tuple[int, Histogram]]]) -> tuple[float, float]:
    """One range that the newest histograms fit, and most of the older ones.

    Early in training a few wild ones would squash all that come after; they run out of the card.
    """
    lows, highs = [], []
    for history in histories:
        if not history:
            continue
        recent = [histogram for _, histogram in history]
        newest = recent[-1]
        lows.append(min(newest.low, float(np.median([h.low for h in recent]))))
        highs.append(max(newest.high, float(np.median([h.high for h in recent]))))
    low, high = min(lows, default=0.0), max(highs, default=1.0)
    if not high > low:
        return low - 0.5, high + 0.5
    margin = (high - low) * 0.04
    return low - margin, high + margin


def paint(painter: QPainter, area: QRectF, card: Card, *, ridges: bool) -> None:
    """Paints one card."""
    now = theme.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(now.accent if card.selected else now.border), 1.5))
    painter.setBrush(QColor(now.raised))
    painter.drawRoundedRect(area.adjusted(0.75, 0.75, -0.75, -0.75), 7, 7)
    line = float(painter.fontMetrics().height())
    _paint_title(painter, area, card, line)
    plot = plot_area(area, line)
    painter.setPen(QColor(now.border))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    low, high = card.span
    if low < 0 < high:
        zero = plot.left() + plot.width() * (0 - low) / (high - low)
        pen = QPen(QColor(now.border), 1, Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.drawLine(QPointF(zero, plot.top()), QPointF(zero, plot.bottom()))
    if not card.history:
        painter.setPen(QColor(now.muted))
        painter.drawText(plot, Qt.AlignmentFlag.AlignCenter, "not measured yet")
        return
    painter.save()
    painter.setClipRect(plot.adjusted(0, -line / 2, 0, 1))
    if ridges and len(card.history) > 1:
        _paint_ridges(painter, plot, card)
    else:
        _paint_bars(painter, plot, card.history[-1][1], card)
    painter.restore()
    _paint_axis(painter, plot, card, line)
    _paint_numbers(painter, area, plot, card, line)


def density_at(histogram: Histogram, place: float) -> float | None:
    """The share of all values in the bar at ``place``; None outside the range."""
    if not histogram.low <= place <= histogram.high or histogram.high <= histogram.low:
        return None
    bars = len(histogram.counts)
    width = (histogram.high - histogram.low) / bars
    bar = min(int((place - histogram.low) / width), bars - 1)
    total = sum(histogram.counts) + histogram.below + histogram.above
    return histogram.counts[bar] / total if total else None


def _profile(histogram: Histogram) -> tuple[Floats, Floats]:
    """Bar centres and densities, so that histograms of unlike ranges compare by area."""
    counts = np.asarray(histogram.counts, dtype=float)
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    width = max(edges[1] - edges[0], np.finfo(float).tiny)
    total = counts.sum() + histogram.below + histogram.above
    return (edges[:-1] + edges[1:]) / 2, counts / (total * width) if total else counts


def _paint_bars(painter: QPainter, plot: QRectF, histogram: Histogram, card: Card) -> None:
    low, high = card.span
    scale = plot.width() / (high - low)
    counts = np.asarray(histogram.counts, dtype=float)
    edges = np.linspace(histogram.low, histogram.high, len(counts) + 1)
    x = np.repeat(plot.left() + (edges - low) * scale, 2)
    top = counts.max() or 1.0
    y = plot.bottom() - np.repeat(counts, 2) / top * (plot.height() - 2)
    points = [QPointF(x[0], plot.bottom())]
    points += [QPointF(a, b) for a, b in zip(x[1:-1], y, strict=True)]
    points.append(QPointF(x[-1], plot.bottom()))
    fill = QColor(card.colour)
    fill.setAlpha(150)
    painter.setBrush(fill)
    painter.setPen(QPen(card.colour, _LINE))
    painter.drawPolygon(QPolygonF(points))


def _paint_ridges(painter: QPainter, plot: QRectF, card: Card) -> None:
    """Old at the back and faint, new in front: each a line that hides what is behind it."""
    now = theme.current()
    low, high = card.span
    chosen = _thinned(card.history)
    profiles = [_profile(histogram) for _, histogram in chosen]
    top = float(np.median([density.max() for _, density in profiles])) or 1.0
    depth = plot.height() * 0.58
    height = plot.height() - depth
    scale = plot.width() / (high - low)
    base, ink, raised = QColor(now.muted), QColor(card.colour), QColor(now.raised)
    base_rgb = (base.red(), base.green(), base.blue())
    ink_rgb = (ink.red(), ink.green(), ink.blue())
    last = len(profiles) - 1
    for place, (centres, density) in enumerate(profiles):
        age = place / last
        floor = plot.bottom() - (1 - age) * depth
        x = plot.left() + (centres - low) * scale
        y = floor - np.minimum(density / top, 1.25) * height * 0.78
        points = [QPointF(x[0], floor), *map(QPointF, x.tolist(), y.tolist())]
        points.append(QPointF(x[-1], floor))
        outline = QColor(
            *(
                round(a + (b - a) * (0.15 + 0.85 * age))
                for a, b in zip(base_rgb, ink_rgb, strict=True)
            )
        )
        outline.setAlpha(round(90 + 165 * age))
        fill = QColor(raised)
        if place == last:
            fill = QColor(ink)
            fill.setAlpha(150)
        painter.setPen(QPen(outline, _LINE + 0.5 * (place == last)))
        painter.setBrush(fill)
        painter.drawPolygon(QPolygonF(points))


def _thinned(history: Sequence[tuple[int, Histogram]]) -> list[tuple[int, Histogram]]:
    if len(history) <= RIDGES:
        return list(history)
    places = np.linspace(0, len(history) - 1, RIDGES).round().astype(int)
    return [history[place] for place in places]


def _paint_title(painter: QPainter, area: QRectF, card: Card, line: float) -> None:
    now = theme.current()
    plain = QFont(painter.font())
    bold = QFont(plain)
    bold.setWeight(QFont.Weight.DemiBold)
    room = QRectF(area.left() + _PAD, area.top() + _PAD - 2, area.width() - 2 * _PAD, line)
    note = painter.fontMetrics().horizontalAdvance(card.note)
    painter.setPen(QColor(now.muted))
    painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, card.note)
    painter.setFont(bold)
    painter.setPen(QColor(now.text))
    title = painter.fontMetrics().elidedText(
        card.title, Qt.TextElideMode.ElideRight, max(20, int(room.width()) - note - 8)
    )
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, title)
    painter.setFont(plain)


def _paint_axis(painter: QPainter, plot: QRectF, card: Card, line: float) -> None:
    now = theme.current()
    plain = QFont(painter.font())
    small = QFont(theme.mono())
    small.setPointSizeF(plain.pointSizeF() * 0.82)
    painter.setFont(small)
    painter.setPen(QColor(now.muted))
    below = QRectF(plot.left(), plot.bottom() + 2, plot.width(), line)
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    painter.drawText(below, left | Qt.AlignmentFlag.AlignTop, _number(card.span[0]))
    painter.drawText(below, right | Qt.AlignmentFlag.AlignTop, _number(card.span[1]))
    painter.setFont(plain)


def _paint_numbers(painter: QPainter, area: QRectF, plot: QRectF, card: Card, line: float) -> None:
    """Mean, deviation and zeros of the newest; or, under the pointer, what is there."""
    now = theme.current()
    histogram = card.history[-1][1]
    text = (
        f"mean {_number(histogram.mean)}  dev {_number(histogram.std)}  zero {histogram.zeros:.0%}"
    )
    colour = now.muted
    if histogram.bad:
        text, colour = f"{histogram.bad:,} values are NaN or infinite", now.error
    elif card.pointed is not None:
        share = density_at(histogram, card.pointed)
        text = (
            f"at {_number(card.pointed)}: {share:.1%}"
            if share is not None
            else (f"at {_number(card.pointed)}: outside")
        )
        colour = now.text
        low, high = card.span
        x = plot.left() + plot.width() * (card.pointed - low) / (high - low)
        painter.setPen(QPen(QColor(now.text), 1))
        painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    plain = QFont(painter.font())
    small = QFont(theme.mono())
    small.setPointSizeF(plain.pointSizeF() * 0.82)
    painter.setFont(small)
    painter.setPen(QColor(colour))
    room = QRectF(
        area.left() + _PAD, area.bottom() - _PAD - line + 3, area.width() - 2 * _PAD, line
    )
    painter.drawText(
        room,
        Qt.AlignmentFlag.AlignVCenter,
        painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(room.width())),
    )
    painter.setFont(plain)


def _number(value: float) -> str:
    return f"{value:.3g}".replace("e+0", "e").replace("e-0", "e-")
