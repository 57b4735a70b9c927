"""A dialog that shows how far something is that goes on beside the window, and gives it up."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QProgressBar, QProgressDialog, QWidget

SOON = 500
"""Milliseconds; what takes no longer shows no progress."""

WHOLE = 1000
"""The value of the bar when all is done."""


def progress(title: str, share: str, parent: QWidget, soon: int = SOON) -> QProgressDialog:
    """Such a dialog, not modal; it is closed by whoever made it. ``share`` is of what."""
    dialog = QProgressDialog("", "Cancel", 0, WHOLE, parent)
    bar = QProgressBar()
    bar.setTextVisible(False)  # the label says it
    bar.setAccessibleName(share)
    dialog.setBar(bar)
    dialog.setRange(0, WHOLE)
    dialog.setMinimumWidth(24 * dialog.fontMetrics().horizontalAdvance("M"))
    dialog.setWindowTitle(title)
    dialog.setWindowModality(Qt.WindowModality.NonModal)
    dialog.setMinimumDuration(soon)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    return dialog
