"""Figures of a layer or of the project: a text that changes with every edit, and its table."""

from __future__ import annotations

import re
from html import escape
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

from bnstudio.layers import show_shape
from bnstudio.ui import theme

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QResizeEvent, QWheelEvent

    from bnstudio.layers import Shape


class Figures(QTextEdit):
    """Rich text to be read, as wide as its column and as high as it needs.

    A wrapping ``QLabel`` in its place sets its text many times over, to find a width that looks
    well, and at every layout again: that was half of what an edit cost the window.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self.setReadOnly(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTextEdit { background: transparent; border: none; padding: 0; }")
        self.viewport().setAutoFillBackground(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)

    def text(self) -> str:
        """What was shown last."""
        return self._text

    def show_text(self, text: str) -> None:
        """Shows another rich text."""
        if text != self._text:
            self._text = text
            self.setHtml(text)
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leaves the wheel to the page that this is part of."""
        event.ignore()

    def _fit(self) -> None:
        height = ceil(self.document().size().height())
        if height != self.maximumHeight():
            self.setFixedHeight(height)


def table(rows: Iterable[tuple[str, str, str]]) -> str:
    """Rich text of some rows: the name of a figure, the figure, and a note on it, or none."""
    now = theme.current()
    face = theme.mono().family()
    cells = ""
    for name, value, note in rows:
        figures = f"font-family:{face};" if value[:1] in "(0123456789" else ""
        whole = escape(name).replace(" ", "&nbsp;")
        cells += (
            f'<tr><td style="color:{now.muted}; padding:2px 14px 2px 0">{whole}</td>'
            f'<td style="{figures} padding:2px 12px 2px 0">{breakable(value)}</td>'
            f'<td align="right" style="color:{now.muted}; padding:2px 0">{escape(note)}</td></tr>'
        )
    return f'<table cellspacing="0" cellpadding="0" width="100%">{cells}</table>'


def unbroken(shape: Shape | None) -> str:
    """A shape that is not broken in two where the column is narrow; a question mark for none."""
    return "?" if shape is None else show_shape(shape).replace(" ", "\u00a0")


def breakable(text: str) -> str:
    """Rich text of a long class name, which may be broken where its next word begins."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "\u200b", escape(text))


def divider() -> QFrame:
    """A line between two groups."""
    line = QFrame()
    line.setObjectName("rule")
    return line
