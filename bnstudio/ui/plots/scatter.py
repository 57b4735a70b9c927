"""Where a data set's rows lie: the points of a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtGui import QColor

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots import ridge
from bnstudio.ui.plots.data_views import class_colour
from bnstudio.ui.plots.plot import Plot

if TYPE_CHECKING:
    from bnstudio.training.messages import Previewed
    from bnstudio.ui.plots.export import Table

_SHAPES = ("o", "s", "t", "d", "p", "h", "star", "+", "x", "t1")


class Scatter(Plot):
    """The rows as points of a plane, coloured and marked by class or by target."""

    def __init__(self) -> None:
        super().__init__("Rows in the plane", self._rows)
        self.setFixedHeight(230)
        self.item.getAxis("left").setWidth(34)
        self._points = pg.ScatterPlotItem(size=7, pxMode=True)
        self.addItem(self._points)
        self._previewed: Previewed | None = None
        self._classes = 0
        theme.notifier.changed.connect(self._draw)
        self.reset.connect(self._draw)

    def show_rows(self, previewed: Previewed, classes: int) -> None:
        """Shows a preview's points; ``classes`` is 0 where the target is a value."""
        self._previewed, self._classes = previewed, classes
        self.zoomed = False
        self._draw()

    def _draw(self) -> None:
        shown = self._previewed
        if shown is None or not shown.plane:
            self._points.setData([], [])
            return
        plane = np.asarray(shown.plane, dtype=float)
        targets = np.asarray(shown.targets, dtype=float)[: len(plane)]
        if self._classes:
            labels = targets.astype(int)
            shades = [_faded(class_colour(label)) for label in labels]
            marks = [_SHAPES[label % len(_SHAPES)] for label in labels]
            self._points.setData(pos=plane, brush=shades, symbol=marks, pen=None)
        else:
            low, high = float(targets.min()), float(targets.max())
            shares = (targets - low) / (high - low or 1.0)
            now = theme.current()
            cold, warm = QColor(now.series[0]), QColor(now.series[1])
            shades = [ridge.mixed(cold, warm, float(share)) for share in shares]
            self._points.setData(pos=plane, brush=shades, symbol="o", pen=None)
        (left, low), (right, high) = plane.min(axis=0), plane.max(axis=0)
        pad = 0.05 * (right - left or 1.0)
        self.show_range((left - pad, right + pad), (low, high))

    def _rows(self) -> Table:
        shown = self._previewed
        if shown is None:
            return ["x", "y", "target"], []
        return ["x", "y", "target"], [
            [f"{x:.9g}", f"{y:.9g}", f"{target:.9g}"]
            for (x, y), target in zip(shown.plane, shown.targets, strict=False)
        ]


def _faded(colour: str) -> QColor:
    shade = QColor(colour)
    shade.setAlphaF(0.75)
    return shade
