"""What was measured of one layer: its picture, what ails it, and why it looks as it does."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from bnstudio.health import reason
from bnstudio.health.figures import figure
from bnstudio.layers import LAYERS
from bnstudio.ui import severity, theme
from bnstudio.ui.figures import Figures
from bnstudio.ui.health import carried, checkup
from bnstudio.ui.measures import MEASURES, age
from bnstudio.ui.panels.gauges import Gauges
from bnstudio.ui.plots import export, tables
from bnstudio.ui.plots.look import pen
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent
    from PySide6.QtWidgets import QMenu

    from bnstudio.health import Finding, Reading
    from bnstudio.histogram import Histogram
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_COMPARED = ("Mean", "Deviation", "Skewness", "Kurtosis")
"""What is shown of a layer's input too; the rest is the layer's own."""

_UNTOLD = {"Zeros": 0.0, "Dead": 0.0}
"""Figures that say nothing at this value."""


class LayerCard(QWidget):
    """A layer in training; hidden while nothing is measured of it."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self._id = ""
        self._shown: tuple[str, Histogram | None] = ("", None)
        self.heading = Verbatim("In training")
        self.heading.setProperty("role", "heading")
        self.picture = Picture()
        self.ails = Ails()
        self.gauges = Gauges()
        self.why = Figures()
        self.why.setAccessibleName("Why it looks like this")
        self.figures = Figures()
        self.figures.setAccessibleName("Figures of what was measured")
        self.export = export.ExportButton("the histogram", self._fill_export)
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 6)
        column.setSpacing(6)
        column.addLayout(head)
        for widget in (self.picture, self.ails, self.gauges, self.why, self.figures):
            column.addWidget(widget)
        self.hide()
        session.measured.connect(self._mark)
        session.run_ended.connect(self._mark)
        session.runs_changed.connect(self._mark)
        theme.notifier.changed.connect(self._restyle)

    def show_layer(self, id: str) -> None:
        """Shows what was measured of a node; with an empty id, or of none, it is hidden."""
        self._id = id
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was measured while it was hidden."""
        super().showEvent(event)
        self._mark()

    def _mark(self, *_: object) -> None:
        # Hidden it may have to come back, so it is the page around it that must be seen.
        parent = self.parentWidget()
        if self._id and parent is not None and parent.isVisible():
            pacer().mark(self, self._refresh)

    def _restyle(self) -> None:
        self._shown = ("", None)
        self._mark()

    def _refresh(self) -> None:
        level = self._document.level
        histogram = level.local(self._session.figures).get(self._id)
        if self._shown[0] == self._id and self._shown[1] is histogram:
            return
        self._shown = (self._id, histogram)
        check = (
            checkup(self._session, self._document, level.path) if histogram is not None else None
        )
        reading = check.reading(self._id) if check is not None else None
        self.setVisible(reading is not None)
        if check is None or reading is None:
            return
        run = self._session.run
        self.heading.setText(
            f"In training \u00b7 {run.title}" if run is not None else "In training"
        )
        self.picture.show_reading(reading)
        found = check.findings(self._id)
        self.ails.show_findings(found)
        self.gauges.show_gap(reading.histogram.batch_norm, {each.kind for each in found})
        self.why.show_text(_why(reading))
        self.figures.show_text(_figures(reading))
        shown = carried(self._session)
        ages = ((measure.name, age(shown, self._id, measure.field)) for measure in MEASURES)
        told = "\n".join(f"{name}: {said}" for name, said in ages if said)
        self.figures.setToolTip(told)
        self.figures.setAccessibleDescription(told)

    def _fill_export(self, menu: QMenu) -> None:
        shown = self.picture.shown()
        name = self.picture.caption()
        export.fill_menu(menu, self.picture, name, lambda: tables.shapes(shown))


class Picture(QWidget):
    """The newest histogram; that of the input in outline, where the layer is a BatchNorm."""

    def __init__(self) -> None:
        super().__init__()
        self._reading: Reading | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(200, 64 + self.fontMetrics().height() + 4)

    def show_reading(self, reading: Reading) -> None:
        """Paints another reading."""
        self._reading = reading
        histogram = reading.histogram
        self.setAccessibleName(
            f"Histogram from {figure(histogram.low)} to {figure(histogram.high)}"
        )
        self.update()

    def caption(self) -> str:
        """The layer's name."""
        return self._reading.node.name if self._reading is not None else ""

    def shown(self) -> list[tuple[str, Histogram]]:
        """The histograms that are painted, and what they are of."""
        reading = self._reading
        if reading is None:
            return []
        given = reading.source if reading.node.type == "BatchNormalization" else None
        return [("out", reading.histogram), *([("in", given)] if given is not None else [])]

    def paint_all(self, painter: QPainter) -> None:
        """Paints it under the layer's name: for export."""
        painter.setPen(QColor(theme.current().text))
        painter.drawText(QPointF(0, self.fontMetrics().ascent()), self.caption())
        painter.translate(0, self.fontMetrics().height())
        self._paint(painter)

    def whole(self) -> QSize:
        """How large ``paint_all`` paints."""
        return self.size() + QSize(0, self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._paint(painter)
        painter.end()

    def _paint(self, painter: QPainter) -> None:
        from bnstudio.ui.plots import ridge  # with numpy, for which a start does not wait

        reading = self._reading
        if reading is None:
            return
        now = theme.current()
        entry = LAYERS.get(reading.node.type)
        shown = dict(self.shown())
        given = shown.get("in")
        span = ridge.value_range(shown.values())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        area = QRectF(0.5, 2, self.width() - 1, self.height() - line - 6)
        if span is not None:
            colour = QColor(now.category(entry.category if entry else ""))
            if ridge.usable(reading.histogram):
                ridge.paint_bars(painter, area, reading.histogram, span, colour)
            if given is not None and ridge.usable(given):
                ridge.paint_outline(painter, area, given, span, pen(now.text, width=1.2))
        painter.setPen(QColor(now.border))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_scale(painter, line, span, compared=given is not None)

    def _paint_scale(
        self, painter: QPainter, line: int, span: tuple[float, float] | None, *, compared: bool
    ) -> None:
        painter.setPen(QColor(theme.current().muted))
        row = QRectF(0, self.height() - line, self.width(), line)
        if span is None:
            painter.drawText(row, Qt.AlignmentFlag.AlignLeft, "No finite value")
            return
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft, figure(span[0]))
        painter.drawText(row, Qt.AlignmentFlag.AlignRight, figure(span[1]))
        if compared:
            words = "line: in \u00b7 area: out"
            painter.drawText(row, Qt.AlignmentFlag.AlignHCenter, words)


class Ails(QWidget):
    """Every sign of ill health with its shape, number and sentence."""

    def __init__(self) -> None:
        super().__init__()
        self._found: tuple[Finding, ...] | None = None
        self._rows: list[_Ail] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_findings(self, found: tuple[Finding, ...]) -> None:
        """Shows other signs; none is shown as such."""
        if found == self._found:
            return
        self._found = found
        while len(found) > len(self._rows):
            self._rows.append(_Ail())
            self._column.addWidget(self._rows[-1])
        for place, row in enumerate(self._rows):
            row.setVisible(place < len(found))
            if place < len(found):
                row.show_finding(found[place])
        self.setVisible(bool(found))


class _Ail(QWidget):
    """One sign."""

    def __init__(self) -> None:
        super().__init__()
        self._found: Finding | None = None
        self._text = Figures()
        column = QVBoxLayout(self)
        column.setContentsMargins(22, 0, 0, 0)
        column.addWidget(self._text)

    def show_finding(self, found: Finding) -> None:
        self._found = found
        self._text.show_text(f"<b>{escape(found.brief)}</b>. {escape(found.sentence)}")
        self._text.setAccessibleName(f"{found.severity.value}: {found.brief}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._found is not None:
            painter = QPainter(self)
            severity.paint_glyph(painter, QRect(1, 2, 14, 14), self._found.severity)
            painter.end()


def _why(reading: Reading) -> str:
    muted = theme.current().muted
    return f'<span style="color:{muted}">Why it looks like this</span><br>{escape(reason(reading))}'


def _figures(reading: Reading) -> str:
    """The figures that tell something, those of the input beside them where they compare."""
    now = theme.current()
    source = reading.source
    cells = ""
    if source is not None:
        head = f'style="color:{now.muted}; padding:2px 0 2px 12px" align="right"'
        cells = f"<tr><td></td><td {head}>in</td><td {head}>out</td></tr>"
    for measure in MEASURES:
        text = measure.text(reading.histogram)
        if not text or _UNTOLD.get(measure.name) == measure.value(reading.histogram):
            continue
        given = measure.text(source) if measure.name in _COMPARED else ""
        row = f'<td style="color:{now.muted}; padding:2px 0">{escape(measure.name)}</td>'
        figures = f"font-family:{theme.mono().family()}; padding:2px 0 2px 12px"
        if source is not None:
            row += f'<td align="right" style="{figures}">{escape(given)}</td>'
        row += f'<td align="right" style="{figures}">{escape(text)}</td>'
        cells += f"<tr>{row}</tr>"
    return f'<table cellspacing="0" cellpadding="0" width="100%">{cells}</table>'
