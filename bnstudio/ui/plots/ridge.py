"""A layer's activations painted small: the newest histogram, and its history as ridges.

Functions from numbers to paint; nothing here keeps anything.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from bnstudio.histogram import Histogram

    Floats = NDArray[np.float64]

_SPIKE = 5.0
"""How many times the mean height is no longer the shape of a distribution."""

LINES = 18
"""Ridges in a small picture: more cannot be told apart at this size."""

MOST_LINES = 30
"""Ridges in a large one."""


def usable(histogram: Histogram) -> bool:
    """Whether there is anything to paint."""
    return (
        math.isfinite(histogram.low)
        and math.isfinite(histogram.high)
        and histogram.high >= histogram.low
        and any(histogram.counts)
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
    """The share of the histogram's values a unit of value, at ``places``; 0 outside its range."""
    result: Floats = densities((histogram,), places)[0]
    return result


def densities(histograms: Sequence[Histogram], places: Floats) -> Floats:
    """The densities of several, each the mean over the room of a place: (histograms, places).

    All of them must be ``usable``. ``places`` are evenly spaced; the mean over their room misses no
    bar, however narrow it is.
    """
    step = float(places[1] - places[0])
    edges = np.append(places - step / 2, places[-1] + step / 2)
    result = np.empty((len(histograms), len(edges)))
    for row, histogram in enumerate(histograms):
        counts = np.asarray(histogram.counts, dtype=float)
        low, high = histogram.low, histogram.high
        if high - low < 1e-9 * step:  # all values are one value: a spike of a place's width
            low, high = low - step / 2, low + step / 2
        sums = np.concatenate([[0.0], np.cumsum(counts)]) / counts.sum()
        result[row] = np.interp(edges, np.linspace(low, high, len(sums)), sums)
    return np.diff(result) / step


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
    return [histograms[place] for place in thinned_places(histograms, most)]


def thinned_places(histograms: Sequence[Histogram], most: int = LINES) -> list[int]:
    """Which of them ``thinned`` chooses."""
    shown = [place for place, histogram in enumerate(histograms) if usable(histogram)]
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
    _paint_hill(painter, _polygon(xs, ys), area.bottom(), fill, _line(colour, 1.0))


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


def lines_in(area: QRectF) -> int:
    """How many ridges an area has room for."""
    return max(4, min(MOST_LINES, int(area.height() / 5)))


def paint_ridges(
    painter: QPainter,
    area: QRectF,
    histograms: Sequence[Histogram],
    span: tuple[float, float],
    colour: QColor,
    ground: QColor,
) -> None:
    """The history from the back (old, faint) to the front (new)."""
    lines = thinned(histograms, lines_in(area))
    if not lines:
        return
    columns = _columns(area)
    xs = np.linspace(area.left(), area.right(), columns)
    rise = _rise(area, len(lines))
    # Each ridge has its own height: the shape is what one compares.
    for place, row in enumerate(densities(lines, _places(span, columns))):
        age = place / max(1, len(lines) - 1)
        base = _base(area, rise, age)
        ys = base - scaled(row) * rise
        fill = mixed(ground, colour, 0.10 + 0.24 * age)
        pen = _line(mixed(ground, colour, 0.38 + 0.62 * age), 1.0)
        _paint_hill(painter, _polygon(xs, ys), base, fill, pen)


def paint_ridge_of(
    painter: QPainter,
    area: QRectF,
    histogram: Histogram,
    span: tuple[float, float],
    age: float,
    colour: QColor,
) -> None:
    """One moment's ridge among the others: ``age`` is 0 at the back and 1 at the front."""
    columns, rise = _columns(area), _rise(area, 2)
    base = _base(area, rise, age)
    heights = scaled(density(histogram, _places(span, columns)))
    fill = QColor(colour)
    fill.setAlphaF(0.22)
    xs = np.linspace(area.left(), area.right(), columns)
    ys = base - heights * rise
    _paint_hill(painter, _polygon(xs, ys), base, fill, _line(colour, 1.6))


def _columns(area: QRectF) -> int:
    return max(24, min(160, round(area.width() / 2.4)))


def _rise(area: QRectF, lines: int) -> float:
    return area.height() * (0.34 if lines > 1 else 0.9)


def _base(area: QRectF, rise: float, age: float) -> float:
    return area.top() + rise + age * (area.height() - rise)


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


def _paint_hill(painter: QPainter, line: QPolygonF, base: float, fill: QColor, pen: QPen) -> None:
    """A line, and the area between it and the ground."""
    area = QPolygonF(line)
    area.append(QPointF(line.last().x(), base))
    area.append(QPointF(line.first().x(), base))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    painter.drawPolygon(area)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(pen)
    painter.drawPolyline(line)


def _polygon(xs: Floats, ys: Floats) -> QPolygonF:
    return QPolygonF(list(map(QPointF, xs.tolist(), ys.tolist())))


def _line(colour: QColor, width: float) -> QPen:
    result = QPen(colour, width)
    result.setCosmetic(True)
    return result
