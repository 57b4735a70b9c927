"""What a gesture is: a press, a path and a release, or a change of mind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QPainter

    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.view import CanvasView


class Gesture:
    """One thing that a hand does with the mouse held down.

    The view makes it at the press and calls ``move`` while the button is down, then ``end`` or,
    at Escape, ``cancel``. A gesture changes the document in ``end`` alone.

    Attributes:
        cursor: The mouse cursor while it lasts; None for the arrow.
        edges: Whether the view scrolls while the mouse is near its edge.
        dragging: Whether the mouse has moved far enough to mean it.
    """

    cursor: Qt.CursorShape | None = None
    edges = True

    def __init__(self, view: CanvasView, press: Pointer) -> None:
        self.view = view
        self.press = press
        self.dragging = False

    def move(self, pointer: Pointer) -> None:
        """Follows the mouse; ``drag`` is called once it has moved far enough."""
        if not self.dragging:
            moved = (pointer.view - self.press.view).manhattanLength()
            if moved < QApplication.startDragDistance():
                return
            self.dragging = True
            self.begin()
        self.drag(pointer)

    def begin(self) -> None:
        """The mouse has begun to drag."""

    def drag(self, pointer: Pointer) -> None:
        """The mouse is elsewhere."""

    def end(self, pointer: Pointer) -> None:
        """The button was released."""

    def cancel(self) -> None:
        """The user thought better of it; nothing is left on screen."""

    def paint(self, painter: QPainter) -> None:
        """Draws over the scene, in scene coordinates."""
