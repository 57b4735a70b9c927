"""A text of figures that changes with every edit."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QTextEdit, QWidget

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent, QWheelEvent


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
