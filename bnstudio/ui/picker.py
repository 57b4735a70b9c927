"""The command list, and the list of the layers in the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter

from bnstudio.ui import theme
from bnstudio.ui.chooser import Chooser, Row
from bnstudio.ui.search import rank

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

_WIDTH = 560
_ROWS = 13
_TOP = 56


@dataclass(frozen=True)
class Entry:
    """One thing that may be picked: its text, what stands muted beside it, and what it does."""

    text: str
    take: Callable[[], object]
    detail: str = ""
    keys: str = ""
    colour: QColor | None = None
    enabled: bool = True


class Picker(Chooser):
    """Asks for one entry, at the top of the window, and does what it says."""

    def __init__(self, window: QWidget, title: str, entries: Sequence[Entry]) -> None:
        def find(query: str) -> list[Entry]:
            return rank(query, entries, lambda entry: (entry.text, entry.detail))

        def spoken(entry: Entry) -> tuple[str, str]:
            return entry.text, f"{entry.detail} {entry.keys}".strip()

        super().__init__(window, title, find, spoken, _EntryRow(), "Nothing of that name.")
        self.chosen.connect(lambda entry: entry.take())
        self.open(QPoint((window.width() - _WIDTH) // 2, _TOP), _WIDTH, _ROWS)

    def may_take(self, entry: Any) -> bool:
        return bool(entry.enabled)


class _EntryRow(Row):
    """One line: text, muted detail, and the keys at the right."""

    def paint_entry(self, painter: QPainter, box: QRect, entry: Any) -> None:
        now, metrics = theme.current(), painter.fontMetrics()
        middle = Qt.AlignmentFlag.AlignVCenter
        if entry.colour is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(entry.colour)
            painter.drawRoundedRect(QRect(box.left(), box.center().y() - 4, 9, 9), 2, 2)
            box.setLeft(box.left() + 18)
        if entry.keys:
            painter.setPen(QColor(now.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | middle, entry.keys)
            box.setRight(box.right() - metrics.horizontalAdvance(entry.keys) - 16)
        painter.setPen(QColor(now.text if entry.enabled else now.muted))
        text = metrics.elidedText(entry.text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, text)
        box.setLeft(box.left() + metrics.horizontalAdvance(text) + 12)
        if entry.detail and box.width() > 30:
            painter.setPen(QColor(now.muted))
            text = metrics.elidedText(entry.detail, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, Qt.AlignmentFlag.AlignLeft | middle, text)
