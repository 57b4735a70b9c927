"""The strip under a node: its activations, in words how they are, and what ails them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from bnstudio.look.geometry import HEIGHT, STRIP
from bnstudio.rules import Severity
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.node_texts import PAD

if TYPE_CHECKING:
    from bnstudio.health import Finding
    from bnstudio.histogram import Histogram
    from bnstudio.ui.canvas.look import Look

_TEXT = 0.7
"""Below this zoom there are no words in the strip."""

_LINE = 14.0
"""The height of the line of words at the bottom."""

_TOP = HEIGHT + 2.0
_BOTTOM = HEIGHT + STRIP - _LINE
_END = 10.0


class Shown(NamedTuple):
    """What a strip shows.

    Attributes:
        histogram: The node's output.
        given: What the node was given, where the two are to be compared.
        findings: What ails it, the worst first.
    """

    histogram: Histogram
    given: Histogram | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def worst(self) -> Finding | None:
        """What is marked: the worst finding, if it is more than a note."""
        found = self.findings[0] if self.findings else None
        return found if found is not None and found.severity is not Severity.INFO else None


class Strip:
    """A strip laid out for a node of some width; painting only picks it up."""

    def __init__(self, shown: Shown, width: float) -> None:
        self.shown = shown
        self.width = width
        low, high = _common(shown)
        self._span = f"{_number(low)} … {_number(high)}"
        right = width - _END
        self._bars = _outline(shown.histogram, low, high, right)
        self._given: QPolygonF | None = None
        if shown.given is not None and _drawable(shown.given):
            self._given = _outline(shown.given, low, high, right)
        self._words = shown.worst.brief if shown.worst is not None else ""

    @property
    def pill(self) -> QRectF | None:
        """Where the mark of the worst finding is, in the node; None without one."""
        if not self._words:
            return None
        # It may pass above the port, as far as the range of values leaves room.
        taken = looks.metrics("small_font").horizontalAdvance(self._span) + _END + 6
        wide = looks.metrics("health_font").horizontalAdvance(self._words) + 20
        room = max(self.width - taken - PAD + 5, self.width / 3)
        return QRectF(PAD - 5, _BOTTOM - 1.5, min(wide, room), 12)

    def paint(self, painter: QPainter, look: Look, colour: QColor, zoom: float) -> None:
        """Draws it; ``colour`` is that of a node that is well."""
        worst = self.shown.worst
        if worst is None:
            pen, brush = QPen(Qt.PenStyle.NoPen), _translucent(colour, 190 if look.dark else 165)
        else:
            # Hatched, because some categories have a colour not unlike a warning's.
            shade = look.severity(worst.severity)
            pen, brush = QPen(shade, 1), QBrush(shade, Qt.BrushStyle.Dense4Pattern)
        painter.setPen(pen)
        painter.setBrush(brush)
        painter.drawPolygon(self._bars)
        if self._given is not None:
            painter.setPen(look.given)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(self._given)
        if zoom >= _TEXT:
            self._paint_words(painter, look)
            if self._given is not None:
                self._paint_legend(painter, look, pen, brush)
        if worst is not None:
            self._paint_pill(painter, look, worst, zoom)

    def _paint_words(self, painter: QPainter, look: Look) -> None:
        painter.setPen(look.muted)
        painter.setFont(look.small_font)
        # Either side of the middle, where the port is.
        half = self.width / 2
        painter.drawText(
            QRectF(half + 10, _BOTTOM, half - 20, 12), Qt.AlignmentFlag.AlignRight, self._span
        )
        if not self._words:
            histogram = self.shown.histogram
            text = f"{_number(histogram.mean)} ± {_number(histogram.std)}"
            painter.drawText(
                QRectF(PAD, _BOTTOM, half - 10 - PAD, 12), Qt.AlignmentFlag.AlignLeft, text
            )

    def _paint_legend(self, painter: QPainter, look: Look, pen: QPen, brush: QBrush) -> None:
        """An outline for what comes in, a filled box for what comes out."""
        left, top = self.width - 58.0, HEIGHT + 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.strip)
        painter.drawRect(QRectF(left - 3, top - 1, 53, 12))
        painter.setPen(look.given)
        painter.drawRect(QRectF(left, top + 2, 7, 6))
        painter.setPen(pen)
        painter.setBrush(brush)
        painter.drawRect(QRectF(left + 23, top + 2, 7, 6))
        painter.setPen(look.muted)
        painter.setFont(look.health_font)
        painter.drawText(QRectF(left + 10, top - 1, 14, 12), Qt.AlignmentFlag.AlignLeft, "in")
        painter.drawText(QRectF(left + 33, top - 1, 20, 12), Qt.AlignmentFlag.AlignLeft, "out")

    def _paint_pill(self, painter: QPainter, look: Look, worst: Finding, zoom: float) -> None:
        box = self.pill
        assert box is not None
        words, glyph = self._words, looks.GLYPHS[worst.severity]
        if zoom < _TEXT:
            box, words = QRectF(PAD - 5, HEIGHT + STRIP - 23, 34, 19), ""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.severity(worst.severity))
        radius = box.height() / 2
        painter.drawRoundedRect(box, radius, radius)
        painter.setPen(look.canvas if look.dark else look.on_accent)
        middle = Qt.AlignmentFlag.AlignCenter
        if not words:
            painter.setFont(look.type_font)
            painter.drawText(box, middle, glyph)
            return
        painter.setFont(look.health_font)
        painter.drawText(QRectF(box.left() + 3, box.top(), 10, box.height()), middle, glyph)
        rest = box.adjusted(13, 0, -5, 0)
        words = looks.metrics("health_font").elidedText(
            words, Qt.TextElideMode.ElideRight, rest.width() + 1
        )
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(rest, left, words)


def _drawable(histogram: Histogram) -> bool:
    return math.isfinite(histogram.high - histogram.low) and histogram.high > histogram.low


def _common(shown: Shown) -> tuple[float, float]:
    """The range of what is drawn; one for both where two are compared."""
    both = [shown.histogram, *([shown.given] if shown.given is not None else [])]
    drawn = [each for each in both if _drawable(each)]
    if not drawn:
        return shown.histogram.low, shown.histogram.high
    return min(each.low for each in drawn), max(each.high for each in drawn)


def _outline(histogram: Histogram, low: float, high: float, end: float) -> QPolygonF:
    """The outline of the bars; heights by square root, so that a spike hides nothing."""
    counts = histogram.counts
    peak = max(counts, default=0) or 1
    scale = (end - PAD) / (high - low) if _drawable(histogram) else 0.0
    left = PAD + (histogram.low - low) * scale if scale else PAD
    width = (histogram.high - histogram.low) * scale if scale else end - PAD
    step = width / max(1, len(counts))
    points = [QPointF(left, _BOTTOM)]
    for index, count in enumerate(counts):
        y = _BOTTOM - (_BOTTOM - _TOP) * (max(count, 0) / peak) ** 0.5
        points.append(QPointF(left + index * step, y))
        points.append(QPointF(left + (index + 1) * step, y))
    points.append(QPointF(left + width, _BOTTOM))
    return QPolygonF(points)


def _number(value: float) -> str:
    return f"{value:.2g}".replace("-", "−")


def _translucent(colour: QColor, alpha: int) -> QBrush:
    result = QColor(colour)
    result.setAlpha(alpha)
    return QBrush(result)
