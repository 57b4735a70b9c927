"""A layer on its way from the palette: its ghost under the mouse, and the wire it would enter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.analysis import NodeFacts
from bnstudio.graph import Node
from bnstudio.layers import LAYERS
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas import steps
from bnstudio.ui.canvas.node_item import NodeItem

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.view import CanvasView
    from bnstudio.ui.canvas.wire_item import WireItem


class Drop:
    """Lasts from the drag's entering the canvas to its leaving or being dropped."""

    def __init__(self, view: CanvasView, type: str, pointer: Pointer) -> None:
        entry = LAYERS[type]
        self.view = view
        self.type = type
        self._wire: WireItem | None = None
        node = Node("", type, "", dict(entry.initial))
        inputs = 0 if entry.max_inputs == 0 else 1
        self._ghost = NodeItem(node, NodeFacts(), inputs, 1)
        self.move(pointer)

    def move(self, pointer: Pointer) -> None:
        """Follows the mouse; a wire near it lights up if the layer can go in there."""
        view = self.view
        self._ghost.place(pointer.scene.x, pointer.scene.y)
        found = view.drawing.wire_at(pointer.scene, 22 / view.camera.zoom)
        reason = ""
        if found is not None:
            analysis = view.document.analysis
            reason = steps.splice_refusal(analysis, self.type, found.wire) or ""
        self._light(None if reason else found)
        view.say(reason, pointer.view)
        view.viewport().update()

    def drop(self, pointer: Pointer) -> None:
        """Adds the layer, in the wire that is lit if there is one."""
        wire = self._wire.wire if self._wire is not None else None
        self.leave()
        self.view.add_layer(self.type, pointer.scene, wire=wire)

    def leave(self) -> None:
        """Takes the ghost away."""
        self._light(None)
        self.view.say("", self.view.camera.middle)
        self.view.viewport().update()

    def paint(self, painter: QPainter) -> None:
        """Draws the ghost, in scene coordinates."""
        painter.save()
        painter.setOpacity(0.72)
        painter.translate(self._ghost.pos())
        self._ghost.paint_body(painter, looks.current(), max(self.view.camera.zoom, 0.3))
        painter.restore()

    def _light(self, wire: WireItem | None) -> None:
        self.view.drawing.light(wire)
        self._wire = wire
