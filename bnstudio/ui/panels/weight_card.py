"""The weights that a layer begins with: a histogram, the mean, the deviation and zeros of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from bnstudio.health.figures import figure
from bnstudio.layers import LAYERS, show_shape
from bnstudio.training.messages import Histogram
from bnstudio.ui import theme
from bnstudio.ui.verbatim import Verbatim
from bnstudio.weights import WeightsError

if TYPE_CHECKING:
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session
    from bnstudio.weights import Weights

_BARS = 40
"""Pixels of height of a histogram."""

_MOST = 200
"""Layers whose histograms are remembered."""


class WeightCard(QWidget):
    """What the selected layer begins with; hidden where the project has no weights for it."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self._id = ""
        self._known: dict[tuple[str, str], tuple[Histogram, ...] | str] = {}
        self.heading = Verbatim()
        self.heading.setProperty("role", "heading")
        self.heading.setWordWrap(True)
        self.note = Verbatim()
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.rows: list[WeightRow] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 6, 0, 6)
        self._column.setSpacing(6)
        self._column.addWidget(self.heading)
        self._column.addWidget(self.note)
        self.hide()

    def show_layer(self, id: str) -> None:
        """Shows the weights for a node's layer; with an empty id it is hidden."""
        self._id = id
        document = self._document
        weights = document.weights
        owner = document.graph.layer_of(id).id if id in document.graph.nodes else ""
        held = weights.layers.get(owner) if weights is not None else None
        self.setVisible(bool(held))
        if weights is None or not held:
            return
        used = document.project.settings.start == "weights"
        of = f" \u00b7 {weights.origin}" if weights.origin else ""
        self.heading.setText(("Begins with" if used else "Kept, not used") + of)
        match = document.match
        changed = match.changed.get(owner, "") if match is not None else ""
        made = match.fitting.get(owner, ()) if match is not None else ()
        self.note.setText(f"It begins with new weights: {changed}." if changed else "")
        names = [weight.name for weight in made]
        names += [f"array {place + 1}" for place in range(len(names), len(held))]
        found = self._known.get((weights.fingerprint, owner))
        if isinstance(found, str):
            self.note.setText(found)
        elif found is None:
            self._ask(weights, owner, len(held))
        self.note.setVisible(bool(self.note.text()))
        self._show_rows(len(held))
        colour = _category(document.graph.nodes[id].type)
        for place, row in enumerate(self.rows[: len(held)]):
            described = found[place] if isinstance(found, tuple) else None
            row.show_weight(names[place], held[place].shape, described, colour)

    def _show_rows(self, count: int) -> None:
        while len(self.rows) < count:
            self.rows.append(WeightRow())
            self._column.addWidget(self.rows[-1])
        for place, row in enumerate(self.rows):
            row.setVisible(place < count)

    def _ask(self, weights: Weights, owner: str, count: int) -> None:
        """Has them read; a large layer takes a while."""

        def read() -> tuple[Histogram, ...] | str:
            try:
                return tuple(_described(weights, owner, place) for place in range(count))
            except WeightsError as error:
                return str(error)

        def take(found: tuple[Histogram, ...] | str) -> None:
            while len(self._known) >= _MOST:
                del self._known[next(iter(self._known))]
            self._known[weights.fingerprint, owner] = found
            self.show_layer(self._id)

        self._session.moments.reading.ask(("weights", id(self)), read, take)


class WeightRow(QWidget):
    """One weight: its name and shape, its histogram, and its figures in words."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self.told = "", ""
        self._histogram: Histogram | None = None
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
        self._title = f"{name} {show_shape(shape)}"
        self._histogram, self._colour = histogram, colour
        self.told = "is being read" if histogram is None else _told(histogram)
        self.setAccessibleName(self._title)
        self.setAccessibleDescription(self.told)
        self.setToolTip(f"{self._title}\n{self.told}")
        self.updateGeometry()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        from bnstudio.ui.plots import ridge  # with numpy, for which a start does not wait

        now, line, histogram = theme.current(), self._line, self._histogram
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        end = Qt.TextElideMode.ElideRight
        painter.setPen(QColor(now.text))
        top = QRectF(0, 0, self.width(), line)
        painter.drawText(top, metrics.elidedText(self._title, end, self.width()))
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
        painter.end()


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


def _described(weights: Weights, owner: str, place: int) -> Histogram:
    from bnstudio.weights.described import describe

    return Histogram(owner, *describe(lambda: weights.blocks(owner, place)))


def _category(type: str) -> QColor:
    entry = LAYERS.get(type)
    return theme.current().category(entry.category if entry else "")
