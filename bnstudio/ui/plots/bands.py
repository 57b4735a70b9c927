"""A layer's quantiles over time: the middle half, all but a tenth, and the median as a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPen, QPolygonF

from bnstudio.histogram import QUANTILES
from bnstudio.lazy import np
from bnstudio.ui.plots.ridge import mixed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPainter

    from bnstudio.histogram import Histogram
    from bnstudio.ui.plots.frame import Frame

    Floats = NDArray[np.float64]

_FAINT, _STRONG = 0.20, 0.44


def quantiles(histogram: Histogram) -> tuple[float, ...]:
    """The values below which ``QUANTILES`` of the finite ones lie; empty where there are none.

    Where they were not recorded they are read off the bars, as if values were spread evenly in
    each; those that lie out of the range count at its ends.
    """
    if len(histogram.quantiles) == len(QUANTILES):
        return histogram.quantiles
    total = histogram.below + sum(histogram.counts) + histogram.above
    if not total or not np.isfinite((histogram.low, histogram.high)).all():
        return ()
    sums = histogram.below + np.concatenate([[0], np.cumsum(histogram.counts)])
    edges = np.linspace(histogram.low, histogram.high, len(sums))
    return tuple(np.interp(np.multiply(QUANTILES, total), sums, edges).tolist())


def table(histograms: Sequence[Histogram]) -> Floats:
    """The quantiles as an array of (moments, ``QUANTILES``); NaN where there are none."""
    nothing = (np.nan,) * len(QUANTILES)
    return np.array([quantiles(h) or nothing for h in histograms]).reshape(-1, len(QUANTILES))


def paint_bands(
    painter: QPainter,
    frame: Frame,
    steps: Sequence[int],
    histograms: Sequence[Histogram],
    colour: QColor,
    ground: QColor,
    *,
    dashed: bool = False,
    clear: bool = False,
) -> None:
    """Paints both bands and the median; ``clear`` ones let through what is behind."""
    found = table(histograms)
    known = np.isfinite(found).all(axis=1)
    if not known.any():
        return
    found = found[known]
    xs = frame.x(np.asarray(steps, dtype=float)[known])
    for low, high, share in ((0, 4, _FAINT), (1, 3, _STRONG)):
        fill = mixed(ground, colour, share)
        if clear:
            fill = QColor(colour)
            fill.setAlphaF(0.6 * share)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(
            _polygon(
                np.concatenate([xs, xs[::-1]]),
                np.concatenate([frame.y(found[:, low]), frame.y(found[::-1, high])]),
            )
        )
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _paint_line(painter, xs, frame.y(found[:, 2]), colour, 1.8, dashed=dashed)


def paint_outline(
    painter: QPainter,
    frame: Frame,
    steps: Sequence[int],
    histograms: Sequence[Histogram],
    colour: QColor,
    ground: QColor,
) -> None:
    """The median and the ends of the outer band as dashed lines, for what is compared with.

    They have a hem in the colour of the ground, to be seen on whatever is behind.
    """
    found = table(histograms)
    known = np.isfinite(found).all(axis=1)
    if not known.any():
        return
    xs = frame.x(np.asarray(steps, dtype=float)[known])
    for column, width in ((0, 1.0), (2, 1.6), (4, 1.0)):
        ys = frame.y(found[known, column])
        _paint_line(painter, xs, ys, ground, width + 1.6, dashed=False)
        _paint_line(painter, xs, ys, colour, width, dashed=True)


def _paint_line(
    painter: QPainter, xs: Floats, ys: Floats, colour: QColor, width: float, *, dashed: bool
) -> None:
    pen = QPen(colour, width)
    if dashed:
        pen.setDashPattern([4.0, 2.5])
    painter.setPen(pen)
    if len(xs) == 1:
        painter.drawLine(QPointF(xs[0] - 3, ys[0]), QPointF(xs[0] + 3, ys[0]))
    else:
        painter.drawPolyline(_polygon(xs, ys))


def _polygon(xs: Floats, ys: Floats) -> QPolygonF:
    return QPolygonF(list(map(QPointF, xs.tolist(), ys.tolist())))
