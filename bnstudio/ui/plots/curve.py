"""One metric over a run: batches faint, training solid, validation dashed, others as ghosts."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from bnstudio.lazy import np
from bnstudio.ui import theme
from bnstudio.ui.plots.look import Axis, Kind, Look, pen, run_colour, stroke
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.plots.plot import FINE, Plot
from bnstudio.ui.plots.series import Smoother, envelope, robust_range

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent

    from bnstudio.runs.run import Run

    Floats = NDArray[np.float64]

_EPOCH_KINDS: tuple[Kind, ...] = ("train", "validation")
_KINDS: tuple[Kind, ...] = (*_EPOCH_KINDS, "batch")
_WORDS: dict[Kind, str] = {"train": "train", "validation": "val", "batch": "batch"}

_CHANGES = 20
GHOSTS = 12
"""More runs than these are not compared at once: they could not be told apart."""


def points(run: Run, metric: str, kind: Kind, axis: Axis) -> tuple[Floats, Floats]:
    """The values of a metric and where they lie; both empty where there are none."""
    table = run.steps if kind == "batch" else run.epochs
    name = f"val_{metric}" if kind == "validation" else metric
    if name not in table:
        return np.empty(0), np.empty(0)
    if kind == "batch":
        return _steps(run, axis), table[name]
    if axis == "epoch":
        return table["epoch"] + 1, table[name]
    return table["step" if axis == "step" else "elapsed"], table[name]


_placed: WeakKeyDictionary[Run, tuple[Axis, int, Floats]] = WeakKeyDictionary()


def _steps(run: Run, axis: Axis) -> Floats:
    """Where a run's steps lie; all plots share it, as a long run's takes megabytes."""
    if axis == "time":
        return run.steps["elapsed"]
    scale = max(1, run.steps_per_epoch) if axis == "epoch" else 1
    known = _placed.get(run)
    if known is None or known[:2] != (axis, scale) or len(known[2]) != len(run.steps):
        places = run.steps["step"] + 1
        places /= scale
        known = _placed[run] = axis, scale, places
    return known[2]


def changes(run: Run, axis: Axis) -> Floats:
    """Where the learning rate was set by hand."""
    if not len(run.rates):
        return np.empty(0)
    if axis == "time":
        return run.rates["elapsed"]
    return run.rates["step"] / (max(1, run.steps_per_epoch) if axis == "epoch" else 1)


def place(run: Run, step: int, axis: Axis) -> float | None:
    """Where a step lies on the horizontal axis; None where that is not known."""
    if axis == "step":
        return float(step)
    if axis == "epoch":
        return step / run.steps_per_epoch if run.steps_per_epoch else None
    table = run.steps if len(run.steps) else run.epochs
    if not len(table):
        return None
    done = table["step"] + 1 if table is run.steps else table["step"]
    return float(np.interp(step, done, table["elapsed"]))


class _Line:
    """One curve item, kept for as long as the plot is, and the smoothing of what it shows."""

    def __init__(self, plot: Plot, depth: int) -> None:
        self.item = pg.PlotCurveItem(antialias=True)
        self.item.setZValue(depth)
        self.smoother = Smoother(0.0)
        self.x: Floats = np.empty(0)
        self.y: Floats = np.empty(0)
        plot.addItem(self.item)

    def show(
        self, plot: Plot, x: Floats, y: Floats, look: Look, view: tuple[float, float] | None
    ) -> None:
        """Draws a series; ``x`` and ``y`` are those of the last call, with more at their ends."""
        if look.smoothing != self.smoother.weight:
            self.smoother = Smoother(look.smoothing)
        self.x, self.y = x, self.smoother.of(y)
        if not len(x):
            self.item.setData([], [])
            return
        left, right = view or (-np.inf, np.inf)
        thin_x, thin_y = envelope(self.x, self.y, plot.pixels(), left, right)
        if look.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                thin_y = np.log10(np.where(thin_y > 0, thin_y, np.nan))
        self.item.setData(thin_x, thin_y, connect="finite")

    def restart(self) -> None:
        """Forgets the series: another run's follows."""
        self.smoother = Smoother(self.smoother.weight)

    def value_at(self, x: float) -> float | None:
        """The value of the point nearest to ``x``, unless the curve does not reach there."""
        if not len(self.x):
            return None
        place = int(np.searchsorted(self.x, x))
        if place and (place == len(self.x) or x - self.x[place - 1] < self.x[place] - x):
            place -= 1
        value = float(self.y[place])
        return value if np.isfinite(value) else None


class _Header(QWidget):
    """The plot's name, the best epoch, and the newest values or those under the crosshair."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.entries: tuple[tuple[Kind, str], ...] = ()
        self.note = ""
        self.colour = theme.current().series[0]
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(self.fontMetrics().height() + 8)

    def show_values(self, entries: tuple[tuple[Kind, str], ...], note: str, colour: str) -> None:
        """Shows values, and a word on them at the right."""
        if (entries, note, colour) != (self.entries, self.note, self.colour):
            self.entries, self.note, self.colour = entries, note, colour
            self.setAccessibleDescription(", ".join(text for _, text in entries) + f"; {note}")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints one line of text with a sample of each curve's stroke."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = self.font()
        font.setWeight(font.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(pen(now.text))
        metrics = painter.fontMetrics()
        base, middle = metrics.ascent() + 4, self.height() / 2
        painter.drawText(4, base, self.name)
        x = 4 + metrics.horizontalAdvance(self.name) + 16
        painter.setFont(theme.mono(self.font().pointSizeF() * 0.92))
        metrics = painter.fontMetrics()
        right = self.width() - 8
        for kind, text in self.entries:
            width = 22 + metrics.horizontalAdvance(text)
            if x + width > right:
                break
            painter.setPen(stroke(kind, self.colour))
            painter.drawLine(QPointF(x, middle), QPointF(x + 16, middle))
            painter.setPen(pen(now.text))
            painter.drawText(x + 22, base, text)
            x += width + 14
        width = metrics.horizontalAdvance(self.note)
        if self.note and x + width < right:
            painter.setPen(pen(now.muted))
            painter.drawText(right - width, base, self.note)
        painter.end()


class CurvePlot(QWidget):
    """A metric's plot and its header."""

    #: The crosshair is at this place of the horizontal axis, or nowhere (None).
    crossed = Signal(object)

    def __init__(self, metric: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = metric
        self.plot = Plot(metric, self._table)
        self.header = _Header(metric)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.plot, 1)
        self.lines: dict[Kind, _Line] = {
            "batch": _Line(self.plot, 1),
            "train": _Line(self.plot, 3),
            "validation": _Line(self.plot, 4),
        }
        self._ghost_lines: list[tuple[_Line, _Line]] = []
        self._shown: list[str] = []
        self._best = pg.ScatterPlotItem(size=9, pxMode=True)
        self._best.setZValue(5)
        self._cross = pg.InfiniteLine(angle=90, movable=False)
        self._cross.setZValue(0)
        self._cross.hide()
        self._changes: list[pg.InfiniteLine] = []
        self.plot.addItem(self._best, ignoreBounds=True)
        self.plot.addItem(self._cross, ignoreBounds=True)
        self._moment = pg.InfiniteLine(angle=90, movable=False)
        self._moment.setZValue(6)
        self._moment.hide()
        self.plot.addItem(self._moment, ignoreBounds=True)
        self._step: int | None = None
        self._run: Run | None = None
        self._ghosts: tuple[Run, ...] = ()
        self._look = Look()
        self._at: float | None = None
        self.plot.hovered.connect(lambda at: self.crossed.emit(None if at is None else at.x()))
        self.plot.box.sigXRangeChanged.connect(self._redraw_zoomed)

    def show_runs(self, run: Run | None, ghosts: tuple[Run, ...], look: Look) -> None:
        """Draws a run and its ghosts when its turn comes."""
        self._run, self._look = run, look
        self._ghosts = tuple(g for g in ghosts if g is not run)[-GHOSTS:]
        pacer().mark(self, self.draw, paints=True)

    def draw(self) -> None:
        """Draws now."""
        run, look = self._run, self._look
        shown = [r.id for r in (run, *self._ghosts) if r is not None]
        if shown != self._shown:
            self._shown = shown
            for line in (*self.lines.values(), *(x for pair in self._ghost_lines for x in pair)):
                line.restart()
        if look.log != self.plot.log_y:
            self.plot.set_log_y(look.log)
        view = tuple(self.plot.box.viewRange()[0]) if self.plot.zoomed else None
        empty = np.empty(0), np.empty(0)
        colour = run_colour(run)
        for kind, line in self.lines.items():
            x, y = points(run, self.name, kind, look.axis) if run else empty
            line.item.setPen(stroke(kind, colour, many=len(x) > FINE))
            plain = Look(0.0, look.axis, look.log) if kind == "batch" else look
            line.show(self.plot, x, y, plain, view)
        while len(self._ghost_lines) < len(self._ghosts):
            self._ghost_lines.append((_Line(self.plot, -2), _Line(self.plot, -1)))
        for place, pair in enumerate(self._ghost_lines):
            ghost = self._ghosts[place] if place < len(self._ghosts) else None
            for kind, line in zip(_EPOCH_KINDS, pair, strict=True):
                x, y = points(ghost, self.name, kind, look.axis) if ghost else empty
                if ghost:
                    shade = run_colour(ghost)
                    line.item.setPen(stroke(kind, shade, ghost=True, many=len(x) > FINE))
                line.show(self.plot, x, y, look, view)
        self._mark_best()
        self._mark_changes()
        self.mark_step(self._step)
        self._fit()
        self._say()

    def show_all(self) -> None:
        """Gives up the user's zoom."""
        self.plot.show_all()

    def cross(self, x: float | None) -> None:
        """Puts the crosshair here, or takes it away."""
        if x == self._at:
            return
        self._at = x
        self._cross.setVisible(x is not None)
        if x is not None:
            self._cross.setPen(pen(theme.current().muted, 0.6))
            self._cross.setValue(x)
        self._say()

    def mark_step(self, step: int | None) -> None:
        """Draws a line where this step is, or none."""
        self._step = step
        x = None if step is None or self._run is None else place(self._run, step, self._look.axis)
        self._moment.setVisible(x is not None)
        if x is not None:
            self._moment.setPen(pen(theme.current().accent, width=1.5))
            self._moment.setValue(x)

    def _fit(self) -> None:
        """The range: every epoch, and all but the outliers among the batches."""
        lines = [*self.lines.values(), *(line for pair in self._ghost_lines for line in pair)]
        ends = [(float(line.x[0]), float(line.x[-1])) for line in lines if len(line.x)]
        if not ends:
            return
        batch = self.lines["batch"]
        drawn = [line.item.getData()[1] for line in lines if line is not batch and len(line.x)]
        faint = batch.item.getData()[1] if len(batch.x) else None
        ranges = [robust_range(values, tail=0.0) for values in drawn]
        if faint is not None:
            ranges.append(robust_range(faint, tail=0.08))
        known = [found for found in ranges if found is not None]
        if known:
            left = 0.0 if self._look.axis != "epoch" or len(batch.x) else ends[0][0]
            low, high = min(r[0] for r in known), max(r[1] for r in known)
            self.plot.show_range((left, max(right for _, right in ends)), (low, high))

    def _mark_best(self) -> None:
        run, line = self._run, self.lines["validation"]
        kind: Kind = "validation"
        if not len(line.x):
            line, kind = self.lines["train"], "train"
        best = run.best(self.name) if run else None
        if run is None or best is None or len(run.epochs) < 2:
            self._best.setData([], [])
            return
        row = int(np.searchsorted(run.epochs["epoch"], best[0]))
        y = float(points(run, self.name, kind, self._look.axis)[1][row])
        if self._look.log:
            y = float(np.log10(y)) if y > 0 else np.nan
        now = theme.current()
        self._best.setData(
            [float(line.x[row])], [y], pen=pen(run_colour(run), width=2.0), brush=now.surface
        )

    def _mark_changes(self) -> None:
        """A dotted line wherever the learning rate was set by hand, the latest ones."""
        places = changes(self._run, self._look.axis)[-_CHANGES:] if self._run else np.empty(0)
        while len(self._changes) < len(places):
            line = pg.InfiniteLine(angle=90, movable=False)
            line.setZValue(0)
            self._changes.append(line)
            self.plot.addItem(line, ignoreBounds=True)
        stroke = pen(theme.current().muted, 0.9)
        stroke.setDashPattern([1.0, 3.0])
        for place, line in enumerate(self._changes):
            line.setVisible(place < len(places))
            if place < len(places):
                line.setPen(stroke)
                line.setValue(float(places[place]))

    def _say(self) -> None:
        run = self._run
        entries: list[tuple[Kind, str]] = []
        for kind in _KINDS:
            line = self.lines[kind]
            value = None
            if self._at is not None:
                value = line.value_at(self._at)
            elif len(line.y) and (kind != "batch" or not len(self.lines["train"].x)):
                value = float(line.y[-1])
            if value is not None:
                entries.append((kind, f"{_WORDS[kind]} {value:.4g}"))
        note = ""
        if self._at is not None and run is not None:
            note = self._place(run, self._at)
        elif run is not None and (best := run.best(self.name)) is not None:
            note = f"best {best[1]:.4g}, epoch {best[0] + 1}"
        self.header.show_values(tuple(entries), note, run_colour(run))

    def _place(self, run: Run, x: float) -> str:
        match self._look.axis:
            case "step":
                return f"step {max(0, round(x)):,}"
            case "epoch":
                return f"epoch {max(0.0, x):.1f}"
        return f"{max(0.0, x):.1f} s"

    def _redraw_zoomed(self) -> None:
        if self.plot.zoomed:
            pacer().mark(self, self.draw, paints=True)

    def _table(self) -> tuple[list[str], list[list[str]]]:
        """Every epoch and every step of the runs that are drawn."""
        rows: list[list[str]] = []
        for run in (self._run, *self._ghosts):
            if run is None:
                continue
            for kind in _KINDS:
                columns = [points(run, self.name, kind, axis)[0] for axis in ("step", "time")]
                values = points(run, self.name, kind, "step")[1]
                rows.extend(
                    [run.title, kind, f"{step:.0f}", f"{seconds:.3f}", f"{value:.9g}"]
                    for step, seconds, value in zip(*columns, values, strict=True)
                )
        return ["run", "series", "step", "seconds", self.name], rows
