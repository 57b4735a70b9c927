"""Adding a layer by typing: a popup at the mouse with the layer types that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter

from bnstudio.ui import theme
from bnstudio.ui.chooser import Chooser, Row
from bnstudio.ui.search import rank_layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from bnstudio.layers import LayerType

_WIDTH = 380
_ROWS = 7


class SearchPopup(Chooser):
    """Asks for one layer type.

    Args:
        over: The widget it lies over.
        at: Where its top left corner should be; it is moved to fit.
        entries: What may be chosen.
        recent: Names of types used lately, latest first.
        prompt: What is asked.
    """

    def __init__(
        self,
        over: QWidget,
        at: QPoint,
        entries: Sequence[LayerType],
        recent: Sequence[str] = (),
        prompt: str = "Add a layer",
    ) -> None:
        def find(query: str) -> list[LayerType]:
            return rank_layers(query, entries, recent)

        def spoken(entry: LayerType) -> tuple[str, str]:
            return entry.name, f"{entry.category}. {entry.summary}"

        super().__init__(over, prompt, find, spoken, _LayerRow(), "No layer type fits.")
        self.open(at, _WIDTH, _ROWS)

    def names(self) -> list[str]:
        """What is offered now, best first."""
        return [entry.name for entry in self.matches]


class _LayerRow(Row):
    """The category's colour, the name, the category, and one line of help."""

    lines = 2

    def paint_entry(self, painter: QPainter, box: QRect, entry: Any) -> None:
        now, metrics = theme.current(), painter.fontMetrics()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.category(entry.category))
        painter.drawRoundedRect(QRectF(box.left() - 2, box.top() + 8, 4, box.height() - 16), 2, 2)
        line, left, right = metrics.height(), Qt.AlignmentFlag.AlignLeft, box.adjusted(12, 0, 0, 0)
        top = box.top() + (box.height() - 2 * line - 2) // 2
        first = QRect(right.left(), top, right.width(), line)
        below = first.translated(0, line + 2)
        painter.setPen(QColor(now.muted))
        painter.drawText(first, Qt.AlignmentFlag.AlignRight, entry.category)
        help = metrics.elidedText(entry.summary, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, left, help)
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(now.text))
        painter.drawText(first, left, entry.name)
