"""The weights that a layer begins with and those that it has learned, a histogram of each."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from bnstudio.archive import FAULTS
from bnstudio.graph import key
from bnstudio.health.figures import figure
from bnstudio.layers import LAYERS, show_shape
from bnstudio.project import loads
from bnstudio.runs.handing_on import learned
from bnstudio.training.checkpoint import CheckpointError
from bnstudio.ui import theme
from bnstudio.ui.plots import export, tables
from bnstudio.ui.reading import Reading
from bnstudio.ui.verbatim import Verbatim
from bnstudio.weights import WeightsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from PySide6.QtWidgets import QMenu

    from bnstudio.histogram import Histogram
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session
    from bnstudio.weights import Weights

_Row = tuple[str, tuple[int, ...], "Histogram | None"]
"""A weight's name, its shape, and its histogram once it has been read."""

_GAP = 6
"""Pixels between two weights in an exported picture."""

_BARS = 40
"""Pixels of height of a histogram."""

_MOST = 200
"""Layers whose histograms are remembered."""


class _Card(QWidget):
    """A heading, a sentence, and a row a weight."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self._id = ""
        # Of its own: a large layer takes a while, and the moments of a run should not wait for it.
        self._reading = Reading(self)
        self.heading = Verbatim()
        self.heading.setProperty("role", "heading")
        self.heading.setWordWrap(True)
        self.note = Verbatim()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.rows: list[WeightRow] = []
        self.export = export.ExportButton("the weights", self._fill_export)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.export, 0, Qt.AlignmentFlag.AlignTop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 6, 0, 6)
        self._column.setSpacing(6)
        self._column.addLayout(head)
        self._column.addWidget(self.note)
        self.hide()

    def paint_all(self, painter: QPainter) -> None:
        """Paints the heading and every weight as lines and text: for export."""
        painter.setPen(QColor(theme.current().text))
        painter.drawText(QPointF(0, self.fontMetrics().ascent()), self._caption())
        painter.translate(0, self.fontMetrics().height() + _GAP)
        for row in self._seen():
            row.paint_weight(painter)
            painter.translate(0, row.height() + _GAP)

    def whole(self) -> QSize:
        """How large ``paint_all`` paints."""
        rows = sum(row.height() + _GAP for row in self._seen())
        return QSize(self.width(), self.fontMetrics().height() + _GAP + rows)

    def _seen(self) -> list[WeightRow]:
        return [row for row in self.rows if not row.isHidden()]

    def _caption(self) -> str:
        """The layer, and whose weights they are."""
        nodes = self._document.level.graph.nodes
        name = nodes[self._id].name if self._id in nodes else ""
        return " \u00b7 ".join(filter(None, (name, self.heading.text())))

    def _fill_export(self, menu: QMenu) -> None:
        shown = [(row.title, row.histogram) for row in self._seen()]
        known = [(title, found) for title, found in shown if found is not None]
        export.fill_menu(menu, self, self._caption(), lambda: tables.shapes(known))

    def _say(self, heading: str, note: str) -> None:
        self.heading.setText(heading)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _show_rows(self, weights: Sequence[_Row]) -> None:
        while len(self.rows) < len(weights):
            self.rows.append(WeightRow())
            self._column.addWidget(self.rows[-1])
        nodes = self._document.level.graph.nodes
        colour = _category(nodes[self._id].type if self._id in nodes else "")
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(weights))
            if place < len(weights):
                row.show_weight(*weights[place], colour)


class WeightCard(_Card):
    """What the selected layer begins with; hidden where the project has no weights for it."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__(document, session)
        self._known: dict[tuple[str, str], tuple[Histogram, ...] | str] = {}

    def show_layer(self, id: str) -> None:
        """Shows those for the layer of a node of the open drawing; hidden with an empty id."""
        self._id = id
        document, level = self._document, self._document.level
        weights, graph = document.weights, level.graph
        owner = key(level.path, graph.layer_of(id).id) if id in graph.nodes else ""
        held = weights.layers.get(owner) if weights is not None else None
        self.setVisible(bool(held))
        if weights is None or not held:
            return
        used = document.project.settings.start == "weights"
        of = f" \u00b7 {weights.origin}" if weights.origin else ""
        match = document.match
        changed = match.changed.get(owner, "") if match is not None else ""
        made = match.fitting.get(owner, ()) if match is not None else ()
        names = [weight.name for weight in made]
        names += [f"array {place + 1}" for place in range(len(names), len(held))]
        note = f"It begins with new weights: {changed}." if changed else ""
        found = self._known.get((weights.fingerprint, owner))
        if found is None:
            self._ask(weights, owner, len(held))
        self._say(
            ("Begins with" if used and not changed else "Kept, not used") + of,
            found if isinstance(found, str) else note,
        )
        self._show_rows(
            [
                (names[place], each.shape, found[place] if isinstance(found, tuple) else None)
                for place, each in enumerate(held)
            ]
        )

    def _ask(self, weights: Weights, owner: str, count: int) -> None:
        def read() -> tuple[Histogram, ...] | str:
            try:
                return tuple(
                    _histogram(partial(weights.blocks, owner, place)) for place in range(count)
                )
            except WeightsError as error:
                return str(error)

        def take(found: tuple[Histogram, ...] | str) -> None:
            while len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[weights.fingerprint, owner] = found
            self.show_layer(self._id)

        self._reading.ask("weights", read, take)


class LearnedCard(_Card):
    """What the shown run has made of the layer's weights by the last epoch that it has kept."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__(document, session)
        self._shown: tuple[str, str, int] | None = None
        for signal in (session.epoch_ended, session.run_ended, session.runs_changed):
            signal.connect(self._follow)

    def show_layer(self, id: str) -> None:
        """Shows those of a node's layer; with an empty id, or of none, it is hidden."""
        self._id = id
        run = self._session.run
        path = self._session.store.checkpoint(run) if run is not None and id else None
        mark = _mark(path) if path is not None else None
        place = key(self._document.level.path, id)
        wanted = (run.id, place, mark) if run is not None and mark is not None else None
        if wanted is None or (self._shown is not None and wanted[:2] != self._shown[:2]):
            self.hide()
        if wanted is None or run is None or path is None or wanted == self._shown:
            return
        self._shown = wanted
        title = run.title
        project = run.project or loads(run.text)

        def read() -> tuple[int, list[_Row]]:
            try:
                epoch, weights = learned(path, project.graph, place)
                return epoch, [
                    (weight.name, weight.shape, _histogram(blocks)) for weight, blocks in weights
                ]
            except (CheckpointError, *FAULTS):
                return 0, []  # it is being replaced, or is none: the panel of runs says so

        def take(found: tuple[int, list[_Row]]) -> None:
            epoch, rows = found
            if self._shown == wanted:
                self._say(f"After epoch {epoch:,} \u00b7 {title}", "")
                self._show_rows(rows)
                self.setVisible(bool(rows))

        self._reading.ask("learned", read, take)

    def _follow(self, *_: object) -> None:
        parent = self.parentWidget()
        if self._id and parent is not None and parent.isVisible():
            self.show_layer(self._id)


class WeightRow(QWidget):
    """One weight: its name and shape, its histogram, and its figures in words."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.told = "", ""
        self.histogram: Histogram | None = None
        self._colour = QColor()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, _BARS + 3 * self._line + 6)

    @property
    def _line(self) -> int:
        return self.fontMetrics().height()

    def show_weight(
        self, name: str, shape: tuple[int, ...], histogram: Histogram | None, colour: QColor
    ) -> None:
        """Shows another one; without a histogram it is still being read."""
        self.title = f"{name} {show_shape(shape)}"
        self.histogram, self._colour = histogram, colour
        self.told = "is being read" if histogram is None else _told(histogram)
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.told)
        self.setToolTip(f"{self.title}\n{self.told}")
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_weight(painter)
        painter.end()

    def paint_weight(self, painter: QPainter) -> None:
        """Paints it at the painter's origin."""
        from bnstudio.ui.plots import ridge  # with numpy, for which a start does not wait

        now, line, histogram = theme.current(), self._line, self.histogram
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        end = Qt.TextElideMode.ElideRight
        painter.setPen(QColor(now.text))
        top = QRectF(0, 0, self.width(), line)
        painter.drawText(top, metrics.elidedText(self.title, end, self.width()))
        area = QRectF(0.5, line + 2, self.width() - 1, _BARS)
        painter.setPen(QColor(now.muted))
        under = QRectF(0, area.bottom() + 2, self.width(), line)
        told = metrics.elidedText(self.told, end, self.width())
        painter.drawText(under.translated(0, line), told)
        if histogram is not None and ridge.usable(histogram):
            painter.drawText(under, Qt.AlignmentFlag.AlignLeft, figure(histogram.low))
            painter.drawText(under, Qt.AlignmentFlag.AlignRight, figure(histogram.high))
            span = (histogram.low, histogram.high)
            ridge.paint_bars(painter, area, histogram, span, self._colour)
        painter.setPen(QColor(now.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())


def _told(histogram: Histogram) -> str:
    """The figures of a weight in a line."""
    parts = [f"mean {figure(histogram.mean)}", f"deviation {figure(histogram.std)}"]
    if histogram.zeros:
        parts.append(f"zeros {histogram.zeros:.3g}" if histogram.zeros < 1 else "all zeros")
    if outside := histogram.below + histogram.above:
        parts.append(f"{outside:,} outside")
    if histogram.bad:
        parts.append(f"{histogram.bad:,} NaN or infinite")
    return " \u00b7 ".join(parts)


def _histogram(blocks: Callable[[], Iterable[Any]]) -> Histogram:
    from bnstudio.weights.described import describe  # with numpy, for which a start does not wait

    return describe(blocks)


def _mark(path: Path) -> int | None:
    """What changes whenever a file is written; None where there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _category(type: str) -> QColor:
    entry = LAYERS.get(type)
    return theme.current().category(entry.category if entry else "")
