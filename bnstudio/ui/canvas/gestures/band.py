"""Selecting with a rubber band."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from bnstudio.look.geometry import Box
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.view import CanvasView


class Band(Gesture):
    """Selects what the band touches; with Shift or Ctrl, besides what was selected."""

    def __init__(self, view: CanvasView, press: Pointer) -> None:
        super().__init__(view, press)
        self._before = view.document.selection
        self._kept = self._before if press.adds else frozenset()
        self._box: Box | None = None
        view.document.select(self._kept)

    def drag(self, pointer: Pointer) -> None:
        """Selects as the band grows, so that one sees what one gets."""
        a, b = self.press.scene, pointer.scene
        self._box = Box(min(a.x, b.x), min(a.y, b.y), max(a.x, b.x), max(a.y, b.y))
        self.view.document.select(self._kept.union(self.view.drawing.nodes_in(self._box)))

    def cancel(self) -> None:
        """Selects what was selected before."""
        self.view.document.select(self._before)

    def paint(self, painter: QPainter) -> None:
        """Draws the band."""
        if self._box is not None:
            look = looks.current()
            painter.setPen(look.band)
            painter.setBrush(look.band_fill)
            painter.drawRect(
                QRectF(self._box.left, self._box.top, self._box.width, self._box.height)
            )
