"""The moment in which edits pause: what a series of them need not wait for is done then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

_PAUSE = 80
"""Milliseconds without an edit that count as a pause."""


class Pause(QTimer):
    """Calls ``then`` once it has not been started for a moment."""

    def __init__(self, parent: QWidget, then: Callable[[], None]) -> None:
        super().__init__(parent)
        self.setSingleShot(True)
        self.setInterval(_PAUSE)
        self.timeout.connect(then)
