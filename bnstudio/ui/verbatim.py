"""Words from outside, shown letter by letter.

Names, paths and messages may hold what Qt takes for markup, which it guesses from the text alone:
a layer called ``<img src=...>`` would be drawn as that picture. Whatever a project file, a path or
the engine has a say in goes through here, or is painted.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent


class Verbatim(QLabel):
    """A label that shows its text as it is."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class Elided(Verbatim):
    """One that makes do with the room there is: what does not fit is left out at its end."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, self.alignment(), text)
        painter.end()


def in_html(text: str) -> str:
    """Rich text that shows ``text`` as it is, for tool tips and questions."""
    return f"<p>{'<br>'.join(escape(text).splitlines())}</p>" if text else ""


def in_markdown(text: str) -> str:
    """Markdown, to be part of a line, that shows ``text`` as it is."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def fenced(text: str) -> str:
    """A block of Markdown that shows ``text`` as it is, line by line."""
    fence = "`" * (1 + max(3, *map(len, re.findall("`+", text)), 0))
    return f"{fence}\n{text}\n{fence}"


def in_menu(text: str) -> str:
    """The text of a menu entry or a button, where an ampersand would mark a key."""
    return text.replace("&", "&&")
