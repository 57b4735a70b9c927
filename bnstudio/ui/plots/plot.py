"""The base of every plot: axes, fonts and colours from the theme, and a menu of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QAction, QFont
from PySide6.QtWidgets import QFrame, QMenu, QSizePolicy, QWidget

from bnstudio.ui import theme
from bnstudio.ui.plots import export
from bnstudio.ui.plots.look import pen
from bnstudio.ui.plots.ticks import log_ticks

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QContextMenuEvent, QMouseEvent

_APART = 26
"""Pixels between labels of a logarithmic axis, at least."""

FINE = 400
"""Up to so many points a line may be thick: thick lines of many points take long to paint."""


class _Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no annotations
    """An axis with thousands and powers of ten that can be read."""

    def logTickValues(
        self, low: float, high: float, size: float, _plain: object
    ) -> list[tuple[None, list[float]]]:
        return [(None, log_ticks(low, high, max(2, int(size / _APART))))]

    def logTickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        return [f"{10.0**value:.3g}" for value in values]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode:
            return self.logTickStrings(values, scale, spacing)
        digits = max(0, -math.floor(math.log10(spacing) + 1e-9)) if spacing > 0 else 0
        return [
            f"{value:.0e}" if abs(value) >= 1e7 else f"{value:,.{min(digits, 6)}f}"
            for value in values
        ]


class Plot(pg.PlotWidget):  # type: ignore[misc]  # pyqtgraph has no annotations
    """A plot without the toolkit's own buttons and menus, in the theme's colours.

    ``table`` gives its numbers for export: column names and rows.

    Dragging moves, the wheel zooms, a double click shows everything again.
    """

    #: The mouse is over this place of the plane, or (None) over none.
    hovered = Signal(object)
    #: The user has asked to see everything again.
    reset = Signal()

    def __init__(
        self, name: str, table: Callable[[], export.Table], parent: QWidget | None = None
    ) -> None:
        axes = {side: _Axis(side) for side in ("left", "bottom")}
        super().__init__(parent, axisItems=axes, background=None)
        self.name = name
        self._table = table
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        # Through a ragged region Qt paints a long line thirty times slower than through a
        # rectangle.
        self.setViewportUpdateMode(self.ViewportUpdateMode.FullViewportUpdate)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 90)
        item = self.item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setContentsMargins(2, 4, 8, 0)
        self.box = item.getViewBox()
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0.0)
        self.zoomed = False
        self.box.sigRangeChangedManually.connect(self._note_zoom)
        self.setMouseTracking(True)
        self.log_y = False
        theme.notifier.changed.connect(self.apply_theme)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Takes up the theme's colours."""
        now = theme.current()
        self.setBackground(now.surface)
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.85))
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(pen(now.border))
            axis.setTextPen(pen(now.muted))
            axis.setTickFont(font)
            axis.setStyle(
                tickLength=0, tickTextOffset=5, maxTickLevel=0, hideOverlappingLabels=True
            )
            axis.setGrid(60 if side == "left" else False)
        self.item.getAxis("left").setWidth(46)

    def set_log_y(self, log: bool) -> None:
        """Labels the vertical axis in powers of ten; the data must be given as logarithms."""
        self.log_y = log
        self.item.getAxis("left").setLogMode(x=False, y=log)

    def show_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Shows this part of the plane, unless the user is looking at another."""
        if self.zoomed:
            return
        (left, right), (low, high) = x, y
        right = right if right > left else left + 1.0
        if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
            pad = 0.05 * abs(high) or 0.5
        else:
            pad = 0.06 * (high - low)
        # A mark on the last epoch is seen whole.
        right += 0.012 * (right - left)
        self.box.setRange(xRange=(left, right), yRange=(low - pad, high + pad), padding=0)

    def pixels(self) -> int:
        """How many pixels wide the plane is on this screen."""
        return max(50, round(float(self.box.width())))

    def show_all(self) -> None:
        """Gives up the user's zoom."""
        self.zoomed = False
        self.reset.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Shows everything again."""
        self.show_all()
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells where in the plane the mouse is."""
        super().mouseMoveEvent(event)
        place = self.mapToScene(event.position().toPoint())
        inside = self.box.sceneBoundingRect().contains(place)
        self.hovered.emit(self.box.mapSceneToView(QPointF(place)) if inside else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Tells that the mouse is gone."""
        super().leaveEvent(event)
        self.hovered.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers what can be done with a plot."""
        menu = QMenu(self)
        self.fill_menu(menu)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def fill_menu(self, menu: QMenu) -> None:
        """Puts the plot's own actions into a menu."""
        all_of_it = QAction("Show everything", menu)
        all_of_it.setEnabled(self.zoomed)
        all_of_it.triggered.connect(self.show_all)
        menu.addAction(all_of_it)
        menu.addSeparator()
        self.fill_export(menu)

    def fill_export(self, menu: QMenu) -> None:
        """Puts into a menu what exports the plot."""
        export.fill_menu(menu, self, self.name, self._table)

    def _note_zoom(self) -> None:
        self.zoomed = True
