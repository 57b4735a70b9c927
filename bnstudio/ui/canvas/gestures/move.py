"""Moving nodes, with guides where they line up with others; a loose one may drop into a wire."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF

from bnstudio.graph import move
from bnstudio.look.geometry import HEIGHT, PITCH, Point
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas import steps
from bnstudio.ui.canvas.gestures.base import Gesture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PySide6.QtGui import QPainter

    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.node_item import NodeItem
    from bnstudio.ui.canvas.view import CanvasView
    from bnstudio.ui.canvas.wire_item import WireItem

_REACH = 7.0
"""How near, in pixels, a node must come to a line to jump onto it."""


class Move(Gesture):
    """Drags the selection. A press without a drag selects the node that was pressed."""

    def __init__(self, view: CanvasView, press: Pointer, item: NodeItem) -> None:
        super().__init__(view, press)
        self._id = item.node.id
        self._before = view.document.selection
        self._was_selected = self._id in self._before
        if press.adds:
            view.document.select(self._before ^ {self._id})
        elif not self._was_selected:
            view.document.select([self._id])
        self._start: dict[str, Point] = {}
        self._now: dict[str, tuple[float, float]] = {}
        self._guides: list[QLineF] = []
        self._columns: list[float] = []
        self._rows: list[float] = []
        self._wire: WireItem | None = None

    def begin(self) -> None:
        """Notes where everything is, and the lines that others lie on."""
        view = self.view
        chosen = view.document.selection | {self._id}
        view.document.select(chosen)
        self._start = {id: view.drawing.nodes[id].centre for id in chosen}
        others = [
            view.drawing.nodes[id]
            for id in view.drawing.nodes_in(view.camera.shown)
            if id not in chosen
        ]
        self._columns = sorted({item.centre.x for item in others})
        rows = {item.centre.y for item in others}
        # A step below and above a node is a row too, so that chains come out even.
        self._rows = sorted(rows | {y + PITCH for y in rows} | {y - PITCH for y in rows})

    def drag(self, pointer: Pointer) -> None:
        """Draws the nodes where the hand is, on a line where one is near."""
        view = self.view
        dx = pointer.scene.x - self.press.scene.x
        dy = pointer.scene.y - self.press.scene.y
        held = self._start[self._id]
        reach = _REACH / view.camera.zoom
        x, y = held.x + dx, held.y + dy
        column = _nearest(self._columns, x, reach)
        row = _nearest(self._rows, y, reach)
        dx += 0.0 if column is None else column - x
        dy += 0.0 if row is None else row - y
        # Whole units keep the file free of noise.
        dx, dy = round(held.x + dx) - held.x, round(held.y + dy) - held.y
        self._now = {id: (at.x + dx, at.y + dy) for id, at in self._start.items()}
        view.drawing.preview(self._now, view.camera.shown)
        self._guides = self._lines(column, row)
        self._aim(pointer)
        view.viewport().update()

    def end(self, pointer: Pointer) -> None:
        """Moves the nodes for good, or selects the one that was clicked."""
        view = self.view
        if not self.dragging:
            if self._was_selected and not self.press.adds:
                view.document.select([self._id])
            return
        wire, graph = self._wire, view.document.graph
        self._light(None)
        after = move(graph, self._now)
        label = f"Move {_count(graph.nodes[id].name for id in self._now)}"
        if wire is not None and wire.wire in graph.wires:
            after = steps.insert(after, self._id, wire.wire)
            label = f"Insert {graph.nodes[self._id].name}"
        if not view.document.edit(after, label):
            view.drawing.settle(self._now)

    def cancel(self) -> None:
        """Puts everything back."""
        self._light(None)
        self.view.drawing.settle(self._now)
        self.view.document.select(self._before)

    def paint(self, painter: QPainter) -> None:
        """Draws the guides."""
        if self._wire is None:
            painter.setPen(looks.current().guide)
            painter.drawLines(self._guides)

    def _aim(self, pointer: Pointer) -> None:
        """Lights up the wire that a single loose node would drop into."""
        view = self.view
        if len(self._start) != 1:
            return
        graph = view.document.graph
        if graph.wires_into.get(self._id) or graph.wires_from.get(self._id):
            return
        found = view.drawing.wire_at(Point(*self._now[self._id]), HEIGHT / 2)
        found = found or view.drawing.wire_at(pointer.scene, 12 / view.camera.zoom)
        if found is self._wire:
            return
        reason = found and steps.move_refusal(view.document.analysis, self._id, found.wire)
        self._light(None if reason else found)

    def _light(self, wire: WireItem | None) -> None:
        self.view.drawing.light(wire)
        self._wire = wire

    def _lines(self, column: float | None, row: float | None) -> list[QLineF]:
        shown = self.view.camera.shown
        lines = []
        if column is not None:
            lines.append(QLineF(column, shown.top, column, shown.bottom))
        if row is not None:
            lines.append(QLineF(shown.left, row, shown.right, row))
        return lines


def _nearest(values: list[float], value: float, reach: float) -> float | None:
    at = bisect_left(values, value)
    near = [other for other in values[max(0, at - 1) : at + 1] if abs(other - value) <= reach]
    return min(near, key=lambda other: abs(other - value), default=None)


def _count(names: Iterable[str]) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{len(names)} layers"
