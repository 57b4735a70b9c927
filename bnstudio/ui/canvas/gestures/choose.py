"""Which gesture a press begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.ui.canvas.gestures.band import Band
from bnstudio.ui.canvas.gestures.move import Move
from bnstudio.ui.canvas.gestures.wire import DrawWire
from bnstudio.ui.canvas.hits import hit

if TYPE_CHECKING:
    from bnstudio.look.geometry import Point
    from bnstudio.ui.canvas.gestures.base import Gesture
    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.view import CanvasView
    from bnstudio.ui.canvas.wire_item import WireItem


def choose(view: CanvasView, press: Pointer) -> Gesture | None:
    """The gesture that a press of the left button begins; None where the press is all there is."""
    found = hit(view.drawing, press.scene, view.camera.zoom)
    if found.wire is not None:
        return _take_end(view, press, found.wire)
    if found.node is None:
        view.select_wire(None)
        return Band(view, press)
    view.select_wire(None)
    node = found.node
    if found.part == "badge":
        view.badge_clicked.emit(node.node.id)
        return None
    if found.part == "health":
        view.document.select((node.node.id,))
        view.health_clicked.emit(node.node.id)
        return None
    if found.part == "out":
        return DrawWire(view, press, node, "out", found.port)
    if found.part == "in":
        for wire in view.document.graph.wires_into.get(node.node.id, ()):
            if wire.target_port == found.port:
                source = view.drawing.nodes[wire.source]
                line = view.drawing.wires[wire]
                return DrawWire(view, press, source, "out", wire.source_port, line)
        return DrawWire(view, press, node, "in", found.port)
    return Move(view, press, node)


def _take_end(view: CanvasView, press: Pointer, line: WireItem) -> DrawWire:
    """Takes hold of the end of a wire that is nearer to the press."""
    wire = line.wire
    source, target = view.drawing.nodes[wire.source], view.drawing.nodes[wire.target]
    start, end = line.curve[0], line.curve[-1]
    if _apart(press.scene, start) < _apart(press.scene, end):
        return DrawWire(view, press, target, "in", wire.target_port, line)
    return DrawWire(view, press, source, "out", wire.source_port, line)


def _apart(a: Point, b: Point) -> float:
    return abs(a.x - b.x) + abs(a.y - b.y)
