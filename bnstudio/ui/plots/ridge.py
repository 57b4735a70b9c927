"""A layer's activations painted small: the newest histogram, and its history as ridges.

Functions from numbers to paint; nothing here keeps anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from bnstudio.training.messages import Histogram

    Floats = NDArray[np.float64]

_SPIKE = 5.0
"""How many times the mean height is no longer the shape of a distribution."""

LINES = 18
"""Ridges in a picture: more cannot be told apart at this size."""


def usable(histogram: Histogram) -> bool:
    """Whether there is anything to paint."""
    return (
        bool(histogram.counts)
        and bool(np.isfinite((histogram.low, histogram.high)).all())
        and histogram.high >= histogram.low
        and max(histogram.counts) > 0
    )


def value_range(histograms: Iterable[Histogram]) -> tuple[float, float] | None:
    """The range that holds these histograms; None when none can be painted.

    A few wild ones early in training would squash all that come after, so the outermost tenth at
    either end may run out of it.
    """
    shown = [h for h in histograms if usable(h)]
    if not shown:
        return None
    spare = len(shown) // 10
    low = sorted(h.low for h in shown)[spare]
    high = sorted((h.high for h in shown), reverse=True)[spare]
    low, high = min(low, shown[-1].low), max(high, shown[-1].high)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-12):
        pad = 0.5 * max(abs(low), 1e-3)
        return low - pad, high + pad
    return low, high


def density(histogram: Histogram, places: Floats) -> Floats:
    """The histogram's density at ``places``; 0 outside its range."""
    counts = np.asarray(histogram.counts, dtype=float)
    width = (histogram.high - histogram.low) / len(counts)
    if width <= 0:
        # All values are one value: a spike as wide as the space between two places.
        width = float(places[1] - places[0])
        inside = np.abs(places - histogram.low) <= width
        return np.where(inside, counts.sum() / width, 0.0)
    bins = np.floor((places - histogram.low) / width).astype(int)
    inside = (bins >= 0) & (bins < len(counts))
    return np.where(inside, counts[bins.clip(0, len(counts) - 1)] / width, 0.0)


def scaled(heights: Floats) -> Floats:
    """The heights as shares of the tallest; a spike, as of a ReLU's zeros, is cut off.

    Otherwise one bar would leave the rest of the layer flat on the ground.
    """
    drawn = heights[heights > 0]
    if not len(drawn):
        return heights
    return np.minimum(heights / min(float(drawn.max()), _SPIKE * float(drawn.mean())), 1.0)


def thinned(histograms: Sequence[Histogram], most: int = LINES) -> list[Histogram]:
    """At most so many of them, evenly over time, the first and the last among them."""
    shown = [h for h in histograms if usable(h)]
    if len(shown) <= most:
        return shown
    return [shown[place] for place in np.linspace(0, len(shown) - 1, most).round().astype(int)]


def paint_bars(
    painter: QPainter,
    area: QRectF,
    histogram: Histogram,
    span: tuple[float, float],
    colour: QColor,
) -> None:
    """The newest histogram as an area with a line on top."""
    columns = max(16, min(160, round(area.width())))
    heights = scaled(density(histogram, _places(span, columns)))
    if not heights.any():
        return
    xs = np.linspace(area.left(), area.right(), columns)
    ys = area.bottom() - heights * area.height()
    fill = QColor(colour)
    fill.setAlphaF(0.28)
    _paint_area(painter, xs, ys, area.bottom(), fill)
    painter.setPen(_line(colour, 1.0))
    painter.drawPolyline(_polygon(xs, ys))


def paint_outline(
    painter: QPainter,
    area: QRectF,
    histogram: Histogram,
    span: tuple[float, float],
    pen: QPen,
) -> None:
    """A histogram as a line alone, for what is compared with."""
    columns = max(16, min(160, round(area.width())))
    heights = scaled(density(histogram, _places(span, columns)))
    if heights.any():
        xs = np.linspace(area.left(), area.right(), columns)
        painter.setPen(pen)
        painter.drawPolyline(_polygon(xs, area.bottom() - heights * area.height()))


def paint_ridges(
    painter: QPainter,
    area: QRectF,
    histograms: Sequence[Histogram],
    span: tuple[float, float],
    colour: QColor,
    ground: QColor,
) -> None:
    """The history from the back (old, faint) to the front (new)."""
    lines = thinned(histograms, max(4, min(LINES, int(area.height() / 5))))
    if not lines:
        return
    columns = max(24, min(96, round(area.width() / 2)))
    places = _places(span, columns)
    rise = area.height() * (0.34 if len(lines) > 1 else 0.9)
    xs = np.linspace(area.left(), area.right(), columns)
    step = (area.height() - rise) / max(1, len(lines) - 1)
    for place, histogram in enumerate(lines):
        # Each ridge has its own height: the shape is what one compares.
        heights = scaled(density(histogram, places))
        base = area.top() + rise + place * step
        ys = base - heights * rise
        age = place / max(1, len(lines) - 1)
        _paint_area(painter, xs, ys, base, mixed(ground, colour, 0.10 + 0.24 * age))
        painter.setPen(_line(mixed(ground, colour, 0.38 + 0.62 * age), 1.0))
        painter.drawPolyline(_polygon(xs, ys))


def mixed(a: QColor, b: QColor, share: float) -> QColor:
    """``a`` with a share of ``b`` in it."""
    rest = 1 - share
    return QColor.fromRgbF(
        rest * a.redF() + share * b.redF(),
        rest * a.greenF() + share * b.greenF(),
        rest * a.blueF() + share * b.blueF(),
    )


def _places(span: tuple[float, float], columns: int) -> Floats:
    low, high = span
    half = (high - low) / columns / 2
    return np.linspace(low + half, high - half, columns)


def _paint_area(painter: QPainter, xs: Floats, ys: Floats, base: float, fill: QColor) -> None:
    polygon = _polygon(xs, ys)
    polygon.append(QPointF(float(xs[-1]), base))
    polygon.append(QPointF(float(xs[0]), base))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPolygon(polygon)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _polygon(xs: Floats, ys: Floats) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _line(colour: QColor, width: float) -> QPen:
    result = QPen(colour, width)
    result.setCosmetic(True)
    return result
