"""A page of a panel: a column that scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


class Page(QScrollArea):
    """A column of widgets, as wide as there is room; what does not fit is scrolled to.

    Attributes:
        column: The layout that they go into.
    """

    def __init__(self, *, spacing: int = 8, right: int = 14) -> None:
        """``spacing`` and the margin at the ``right`` are in pixels."""
        super().__init__()
        body = QWidget()
        body.setObjectName("panel")
        self.column = QVBoxLayout(body)
        self.column.setContentsMargins(14, 10, right, 14)
        self.column.setSpacing(spacing)
        self.setWidget(body)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
