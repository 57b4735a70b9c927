"""One layer large, or two over each other: its plot with full axes, its shape, and its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMargins, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.gaps import GAPS
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.plots import bands, frame, heat, overlaid, picture, ridge, small_curve
from bnstudio.ui.plots.frame import Frame
from bnstudio.ui.plots.layer_areas import GAP, Areas, arranged
from bnstudio.ui.plots.overlaid import Shape
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.plots.small_curve import Curve, Line
from bnstudio.ui.plots.ticks import value_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent

    from bnstudio.histogram import Histogram
    from bnstudio.ui.measures import Measure
    from bnstudio.ui.plots.multiple import Kind, Multiple

_PAD = 12
_GUTTER = 42
_FOOT = 20
_KEY = 10
_TITLE = 24


class LayerView(QWidget):
    """Shows a layer, or two that are compared.

    Attributes:
        layers: What is shown; the first is drawn solid, the second dashed.
        kind: What the plot is.
        step: Of the past moment that is marked; None while the newest is shown.
        measure: The figure that is drawn over time.
    """

    #: The view is to be left.
    closed = Signal()
    #: A moment was pointed at: its step.
    picked = Signal(float)
    #: The moment before (-1) or after (1) is wanted.
    turned = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("One layer, large")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.layers: list[Multiple] = []
        self.kind: Kind = "ridge"
        self.step: float | None = None
        self.measure: Measure = MEASURES[0]
        self._curves: tuple[Curve, ...] = ()
        self._picture: QPixmap | None = None
        self._hover: QPointF | None = None
        theme.notifier.changed.connect(self.mark)

    def show_layers(self, layers: list[Multiple]) -> None:
        """Shows other layers, or other measurements of them."""
        self.layers = layers
        self.setAccessibleDescription(", ".join(layer.name for layer in layers))
        self.mark()

    def set_kind(self, kind: Kind) -> None:
        """Draws a plot of another kind."""
        self.kind = kind
        self.mark()

    def set_measure(self, measure: Measure) -> None:
        """Draws another figure over time."""
        self.measure = measure
        self.mark()

    def mark(self) -> None:
        """Has all painted anew soon."""
        pacer().mark(self, self._render, paints=True)

    # What is shown where.

    @property
    def span(self) -> tuple[float, float]:
        """What the axes of values go over: the ranges of all that is shown."""
        ranges = [layer.range for layer in self.layers]
        known = [found for found in ranges if found is not None]
        if not known:
            return 0.0, 1.0
        return min(low for low, _ in known), max(high for _, high in known)

    @property
    def times(self) -> tuple[float, float]:
        """What the axes of steps go over."""
        ends = [layer.times for layer in self.layers] or [(0.0, 1.0)]
        return min(low for low, _ in ends), max(high for _, high in ends)

    def curves(self) -> tuple[Curve, ...]:
        """The figures over time: the chosen one, and what a BatchNormalization has beside."""
        found = [self._curve(self.measure.name, self.measure.value, self.measure.write)]
        for gap in GAPS:
            if gap.name == self.measure.name:
                continue
            curve = self._curve(gap.name, gap.value, value_text, gap.rest)
            if any(np.isfinite(line.values).any() for line in curve.lines):
                found.append(curve)
        return tuple(found)

    def planes(self) -> list[Frame]:
        """Where the plot is; of two layers that cannot lie over each other, two planes."""
        main = self._areas().main.adjusted(0 if self.kind == "ridge" else _GUTTER, 0, 0, -_FOOT)
        if self.kind == "heat":
            main = main.adjusted(0, 0, -_KEY - 8, 0)
        if len(self.layers) < 2 or self.kind == "bands":
            return [Frame(main, self.times, self.span)]
        if self.kind == "ridge":
            half = (main.width() - GAP) / 2
            left = QRectF(main.left(), main.top(), half, main.height())
            areas = [left, left.translated(half + GAP, 0)]
        else:
            half = (main.height() - _FOOT - 2) / 2
            upper = QRectF(main.left(), main.top(), main.width(), half)
            areas = [upper, upper.translated(0, half + _FOOT + 2)]
        return [Frame(area, self.times, self.span) for area in areas]

    def shapes(self) -> list[Shape]:
        """The histograms of the moment: in inference mode, in training mode, of other runs."""
        series, found = theme.current().series, []
        for place, layer in enumerate(self.layers):
            if (current := layer.current) is None:
                continue
            alone = layer.weight or "inference mode"
            title = layer.name if len(self.layers) > 1 else alone
            ink = overlaid.pen(self._colour(place), place)
            found.append(Shape(title, current, ink, filled=not place))
            if len(self.layers) == 1:
                if (training := self._training(layer)) is not None:
                    dashed = overlaid.pen(QColor(series[1]), 1)
                    found.append(Shape(training[0], training[1], dashed))
                for ghost in layer.ghosts:
                    if (other := ghost.at(self.step)) is not None:
                        found.append(Shape(ghost.title, other, overlaid.pen(ghost.colour, 2)))
        return found

    def _training(self, layer: Multiple) -> tuple[str, Histogram] | None:
        """The newest measurement in training mode up to the moment: not every one has it."""
        for step, found in zip(layer.steps[::-1], layer.history[::-1], strict=True):
            if found.training is not None and (self.step is None or step <= self.step):
                return f"training mode, step {step:,}", found.training
        return None

    def _colour(self, place: int) -> QColor:
        if len(self.layers) == 1:
            return picture.strong(self.layers[0])
        return QColor(theme.current().series[place])

    def _curve(
        self,
        title: str,
        value: Callable[[Histogram], float | None],
        write: Callable[[float], str],
        rest: float | None = None,
    ) -> Curve:
        lines = []
        for place, layer in enumerate(self.layers):
            pen = overlaid.pen(self._colour(place), place)
            lines.append(Line(layer.steps, _values(layer.history, value), pen))
            if len(self.layers) == 1:
                for ghost in layer.ghosts:
                    dotted = overlaid.pen(ghost.colour, 2)
                    lines.append(Line(ghost.steps, _values(ghost.history, value), dotted))
        return Curve(title, tuple(lines), write, rest)

    def _areas(self) -> Areas:
        return arranged(QRectF(self.rect()).adjusted(_PAD, 6, -_PAD, -4), len(self._curves))

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.current().surface))
        if self._picture is not None:
            painter.drawPixmap(0, 0, self._picture)
        if self.layers:
            self._paint_moving(painter)
            self._paint_hover(painter)
        painter.end()

    def paint_all(self, painter: QPainter) -> None:
        """Paints all of it as lines and text, under a line that says what it is: for export."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(theme.current().text))
        heads = dict.fromkeys(f"{layer.name} {layer.label}" for layer in self.layers)
        runs = dict.fromkeys(layer.run for layer in self.layers)
        moment = "" if self.step is None else f"step {self.step:,.0f}"
        text = " \u00b7 ".join(filter(None, (" and ".join(heads), *runs, moment)))
        painter.drawText(QPointF(_PAD, painter.fontMetrics().ascent() + 6), text)
        painter.translate(0, _TITLE)
        self._paint_still(painter)
        self._paint_moving(painter)

    def whole(self) -> QSize:
        """How large ``paint_all`` paints."""
        return self.size().grownBy(QMargins(0, _TITLE, 0, 0))

    def _render(self) -> None:
        if not self.isVisible():
            return
        self._curves = self.curves()
        ratio = self.devicePixelRatioF()
        result = QPixmap(self.size() * ratio)
        result.setDevicePixelRatio(ratio)
        result.fill(Qt.GlobalColor.transparent)
        painter = QPainter(result)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_still(painter)
        painter.end()
        self._picture = result
        self.update()

    def _paint_still(self, painter: QPainter) -> None:
        if not self.layers:
            return
        font = self.font()
        painter.setFont(theme.mono(font.pointSizeF() * 0.85))
        planes = self.planes()
        if self.kind == "bands":
            self._paint_bands(painter, planes[0])
        else:
            for place, (layer, within) in enumerate(zip(self.layers, planes, strict=True)):
                self._paint_plane(painter, place, layer, within)
        for curve, area in zip(self._curves, self._areas().curves, strict=False):
            small_curve.paint_curve(painter, curve, area, self.times, font)

    def _paint_plane(self, painter: QPainter, place: int, layer: Multiple, within: Frame) -> None:
        ground = QColor(theme.current().surface)
        if self.kind == "ridge":
            ink = self._colour(place)
            frame.paint_values(painter, within.area, within.values, "value")
            ridge.paint_ridges(painter, within.area, layer.history, within.values, ink, ground)
            picture.paint_ages(painter, layer, within.area)
        else:
            heat.paint_heat(painter, within, layer.steps, layer.history)
            for ghost in layer.ghosts if len(self.layers) == 1 else ():
                picture.paint_ghost(painter, within, ghost)
            frame.paint_axes(painter, within)
            heat.paint_key(painter, within, _KEY)
        if len(self.layers) > 1:
            painter.setPen(QColor(theme.current().text))
            base = within.area.top() + painter.fontMetrics().ascent() + 2
            painter.drawText(QPointF(within.area.left() + 6, base), layer.name)

    def _paint_bands(self, painter: QPainter, within: Frame) -> None:
        ground = QColor(theme.current().surface)
        for place, layer in enumerate(self.layers):
            ink = self._colour(place)
            bands.paint_bands(
                painter, within, layer.steps, layer.history, ink, ground,
                dashed=bool(place), clear=len(self.layers) > 1,
            )  # fmt: skip
            for ghost in layer.ghosts if len(self.layers) == 1 else ():
                picture.paint_ghost(painter, within, ghost)
        frame.paint_axes(painter, within)

    def _paint_moving(self, painter: QPainter) -> None:
        areas, font = self._areas(), self.font()
        if self.step is not None:
            for layer, within in zip(self.layers, self.planes(), strict=False):
                self._paint_moment(painter, layer, within, self.step)
        overlaid.paint_shapes(painter, areas.shape, self.shapes(), self.span, font)
        for curve, place in zip(self._curves, areas.curves, strict=False):
            small_curve.paint_value(painter, curve, place, self.times, font, self.step)

    def _paint_moment(self, painter: QPainter, layer: Multiple, within: Frame, step: float) -> None:
        if self.kind != "ridge":
            frame.paint_moment(painter, within, step)
        elif (current := layer.current) is not None and ridge.usable(current):
            age, accent = picture.age(layer, step), QColor(theme.current().accent)
            ridge.paint_ridge_of(painter, within.area, current, within.values, age, accent)

    def _paint_hover(self, painter: QPainter) -> None:
        if self._hover is None or (found := self._plane_at(self._hover)) is None:
            return
        area, x = found.area, self._hover.x()
        painter.setPen(QPen(QColor(theme.current().muted), 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    # The mouse and the keyboard.

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mark()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Goes to the moment under the mouse."""
        self._pick(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tells the figures under the mouse; with the button pressed goes along."""
        self._hover = event.position()
        self.update()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pick(event.position())
        if text := self.told(event.position()):
            QToolTip.showText(event.globalPosition().toPoint(), text, self)
        else:
            QToolTip.hideText()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hover = None
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right go from moment to moment, Escape leaves."""
        turns = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace):
            self.closed.emit()
        elif key in turns:
            self.turned.emit(turns[key])
        else:
            super().keyPressEvent(event)

    def told(self, at: QPointF) -> str:
        """What is said of a place: figures of the layer there, or of a curve; empty for nothing."""
        for area, curve in zip(self._areas().curves, self._curves, strict=False):
            within = small_curve.plane(curve, area, self.times)
            if within.area.contains(at):
                step = within.step_at(at.x())
                value = curve.value_at(step)
                text = "not measured" if value is None else curve.write(value)
                return f"<b>{curve.title}</b> near step {step:,.0f}<br>{text}"
        for place, within in enumerate(self.planes()):
            if within.area.contains(at):
                layers = self.layers if self.kind == "bands" else self.layers[place : place + 1]
                return "<br><br>".join(
                    "<br>".join((
                        picture.heading(layer),
                        *picture.told(layer, self.kind, within, at.x(), at.y()),
                    ))
                    for layer in layers
                )  # fmt: skip
        return ""

    def _plane_at(self, at: QPointF) -> Frame | None:
        """The plane of steps or values that a place lies in."""
        found = self.planes()
        for place, curve in zip(self._areas().curves, self._curves, strict=False):
            found.append(small_curve.plane(curve, place, self.times))
        return next((within for within in found if within.area.contains(at)), None)

    def _pick(self, at: QPointF) -> None:
        found = self._plane_at(at)
        if found is not None and not (self.kind == "ridge" and found in self.planes()):
            self.picked.emit(found.step_at(at.x()))


def _values(
    history: Sequence[Histogram], value: Callable[[Histogram], float | None]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = [value(histogram) for histogram in history]
    return np.array([np.nan if number is None else number for number in found], dtype=float)
