"""Moving the drawing under the window: the middle button, or Space and the left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from bnstudio.ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.view import CanvasView


class Pan(Gesture):
    """The place that was pressed stays under the mouse."""

    cursor = Qt.CursorShape.ClosedHandCursor
    edges = False

    def __init__(self, view: CanvasView, press: Pointer) -> None:
        super().__init__(view, press)
        self._last = press.view

    def move(self, pointer: Pointer) -> None:
        """Pans from the first pixel on."""
        delta = pointer.view - self._last
        self._last = pointer.view
        self.view.camera.pan(delta.x(), delta.y())
