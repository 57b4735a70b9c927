"""How far a BatchNormalization's two ways of working are apart, as gauges with a word each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from bnstudio.health import SIGNS
from bnstudio.health.figures import figure, percent
from bnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from bnstudio.histogram import BatchNormGap


@dataclass(frozen=True)
class Gauge:
    """One figure of a ``BatchNormGap`` on a scale.

    Attributes:
        name: Stands before it.
        kind: The sign whose limit is marked on the scale.
        low: Where the scale begins.
        high: Where it ends; what is beyond is shown there.
        value: The figure; None where it was not measured.
        write: The figure as text.
        words: What it is called while the sign is not there, and while it is.
        help: What it says.
    """

    name: str
    kind: str
    low: float
    high: float
    value: Callable[[BatchNormGap], float | None]
    write: Callable[[float], str]
    words: tuple[str, str]
    help: str

    @property
    def limit(self) -> float:
        """From where on it is called by its second word."""
        return SIGNS[self.kind].limits[-1][1].on


GAUGES = (
    Gauge(
        "Gap", "gap", 0.0, 2.0,
        lambda gap: max(gap.mean, gap.log_variance), figure, ("small", "large"),
        "How far the moving statistics, which inference uses, are from those of the measured rows: "
        "the means in deviations, or the logarithm of the ratio of the variances, if that is more.",
    ),
    Gauge(
        "Initial share", "warming_up", 0.0, 1.0,
        lambda gap: gap.initial_share, percent, ("warm", "warming up"),
        "The share of the initial mean 0 and variance 1 that is left in the moving statistics: the "
        "momentum to the power of the steps so far.",
    ),
    Gauge(
        "Variance shift", "variance_shift", 1.0, 2.5,
        lambda gap: gap.variance_shift, lambda value: f"×{figure(value)}", ("small", "large"),
        "The variance of what comes in, in training to that at inference: 1 where nothing before "
        "the layer tells the two apart. Not every measurement has it.",
    ),
)  # fmt: skip
"""In the order in which they are shown."""


class Gauges(QWidget):
    """The gauges of one BatchNormalization; hidden for other layers."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[tuple[Gauge, float, bool]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("\n\n".join(f"{gauge.name}: {gauge.help}" for gauge in GAUGES))
        self.hide()

    def show_gap(self, gap: BatchNormGap | None, found: Container[str]) -> None:
        """Shows other figures, with the kinds of signs that were found; None hides it."""
        rows = []
        for gauge in GAUGES if gap is not None else ():
            assert gap is not None
            value = gauge.value(gap)
            if value is not None:
                # A sign that was there stays a little below its limit.
                over = gauge.kind in found or value >= gauge.limit
                rows.append((gauge, value, over))
        if len(rows) != len(self._rows):
            self.updateGeometry()
        self._rows = rows
        self.setAccessibleName("; ".join(self.lines()))
        self.setVisible(bool(rows))
        self.update()

    def lines(self) -> list[str]:
        """Each gauge in words: its name, figure and word."""
        return [
            f"{gauge.name} {gauge.write(value)}, {gauge.words[over]}"
            for gauge, value, over in self._rows
        ]

    def sizeHint(self) -> QSize:
        return QSize(200, max(1, len(self._rows)) * self._line())

    def _line(self) -> int:
        return self.fontMetrics().height() + 6

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        metrics = self.fontMetrics()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self._line()
        name_width = max(metrics.horizontalAdvance(gauge.name) for gauge in GAUGES) + 12
        words = [f"{gauge.write(value)} {gauge.words[over]}" for gauge, value, over in self._rows]
        word_width = max((metrics.horizontalAdvance(text) for text in words), default=0) + 10
        width = max(30.0, self.width() - name_width - word_width)
        for place, ((gauge, value, over), text) in enumerate(zip(self._rows, words, strict=True)):
            top = place * line
            row = QRectF(0, top, self.width(), line)
            left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.setPen(QColor(now.muted))
            painter.drawText(row, left | middle, gauge.name)
            painter.setPen(QColor(now.text))
            painter.drawText(row, right | middle, text)
            track = QRectF(name_width, top + line / 2 - 3, width, 6)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(now.hover))
            painter.drawRoundedRect(track, 3, 3)
            share = _share(gauge, value)
            painter.setBrush(QColor(now.warning if over else now.accent))
            painter.drawRoundedRect(
                QRectF(track.left(), track.top(), max(6.0, track.width() * share), 6), 3, 3
            )
            at = track.left() + track.width() * _share(gauge, gauge.limit)
            painter.setPen(QPen(QColor(now.text), 1.2))
            painter.drawLine(QPointF(at, track.top() - 3), QPointF(at, track.bottom() + 3))
        painter.end()


def _share(gauge: Gauge, value: float) -> float:
    share = (value - gauge.low) / (gauge.high - gauge.low)
    return min(max(share, 0.0), 1.0) if share == share else 0.0
