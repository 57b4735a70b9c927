"""Editing a node's name where it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtWidgets import QLineEdit

if TYPE_CHECKING:
    from PySide6.QtGui import QFocusEvent, QKeyEvent
    from PySide6.QtWidgets import QWidget


class Rename(QLineEdit):
    """A field over the node: Enter or leaving it takes the name, Escape leaves it as it was."""

    #: The name was edited: the new one.
    renamed = Signal(str)

    def __init__(self, over: QWidget, place: QRect, name: str) -> None:
        super().__init__(name, over)
        self._over = over
        self.setObjectName("canvasRename")
        self.setAccessibleName("Layer name")
        self._old = name
        self._done = False
        place.setHeight(max(place.height(), self.sizeHint().height()))
        place.setWidth(max(place.width(), 140))
        self.setGeometry(place)
        self.selectAll()
        self.show()
        self.setFocus(Qt.FocusReason.PopupFocusReason)

    def event(self, event: QEvent) -> bool:
        """What is typed here is no shortcut of the canvas."""
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish(take=True)
        elif event.key() == Qt.Key.Key_Escape:
            self._finish(take=False)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._finish(take=True)

    def _finish(self, *, take: bool) -> None:
        if self._done:
            return
        self._done = True
        if self.hasFocus():
            self._over.setFocus()
        self.hide()
        self.deleteLater()
        name = self.text().strip()
        if take and name != self._old:
            self.renamed.emit(name)
