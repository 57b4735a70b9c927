"""A drawing to look at: it can be moved about and zoomed, and nothing in it can be changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGraphicsView

from bnstudio.ui.canvas.surface import Surface

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QWheelEvent

    from bnstudio.ui.document import Document

_WHEEL = 1.0015
_STEP = 1.25
_PAN = 40
_MOVES = {
    Qt.Key.Key_Left: (_PAN, 0),
    Qt.Key.Key_Right: (-_PAN, 0),
    Qt.Key.Key_Up: (0, _PAN),
    Qt.Key.Key_Down: (0, -_PAN),
}
_ZOOMS = {
    Qt.Key.Key_Plus: _STEP,
    Qt.Key.Key_Equal: _STEP,
    Qt.Key.Key_Minus: 1 / _STEP,
}


class Picture(Surface):
    """Shows a document: the wheel and + and - zoom, the mouse and the arrows move, F fits."""

    mapped = False

    def __init__(self, document: Document, name: str) -> None:
        super().__init__(document)
        self.setAccessibleName(name)
        self.setDragMode(QGraphicsView.DragMode.ScrollHandDrag)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zooms at the mouse."""
        zoom = self.camera.zoom * _WHEEL ** event.angleDelta().y()
        self.camera.zoom_to(zoom, event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zooms, moves and fits; other keys are the dialog's."""
        key = Qt.Key(event.key())
        if key in _MOVES:
            self.camera.pan(*_MOVES[key])
        elif key in _ZOOMS:
            self.zoom_by(_ZOOMS[key])
        elif key == Qt.Key.Key_F:
            self.fit()
        else:
            event.ignore()
