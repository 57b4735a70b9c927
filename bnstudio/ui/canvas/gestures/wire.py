"""Drawing wires: from a port to a port in either direction, and plugging an end in elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, Qt

from bnstudio.analysis import analyze, why_not
from bnstudio.graph import Wire, disconnect
from bnstudio.layers import LAYERS
from bnstudio.look.geometry import Point, curve
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas import steps
from bnstudio.ui.canvas.gestures.base import Gesture
from bnstudio.ui.canvas.wire_item import path

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from bnstudio.ui.canvas.hits import Pointer
    from bnstudio.ui.canvas.node_item import NodeItem
    from bnstudio.ui.canvas.view import CanvasView
    from bnstudio.ui.canvas.wire_item import WireItem

_FORGIVE = 26.0
"""How far beside a node, in pixels, a wire may be dropped on it."""


class DrawWire(Gesture):
    """Draws a new wire, or takes hold of an end of an old one.

    One end stays where it is, the other follows the mouse. Over a node it snaps to a port, or
    says why it cannot. Dropped on the bare canvas, a new wire asks what may come there, and an
    old one is gone.

    Args:
        view: Where it is drawn.
        press: Where it began.
        fixed: The node at the end that stays.
        side: Which of that node's ports it is at: ``"out"`` or ``"in"``.
        port: That port's index.
        old: The wire whose other end is moved; None to draw a new one.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self,
        view: CanvasView,
        press: Pointer,
        fixed: NodeItem,
        side: Literal["in", "out"],
        port: int,
        old: WireItem | None = None,
    ) -> None:
        super().__init__(view, press)
        self._fixed = fixed
        self._side = side
        self._port = port
        self._old = old
        self._analysis = view.document.analysis
        self._loose = press.scene
        self._over: NodeItem | None = None
        self._wire: Wire | None = None
        self._reason = ""

    def begin(self) -> None:
        """Hides the old wire, and asks the analysis about a drawing without it."""
        if self._old is not None:
            self._old.setVisible(False)
            graph = disconnect(self.view.document.graph, [self._old.wire])
            self._analysis = analyze(graph, self._analysis)

    def drag(self, pointer: Pointer) -> None:
        """Follows the mouse to a port."""
        zoom = self.view.camera.zoom
        over = self.view.drawing.node_at(pointer.scene, _FORGIVE / zoom)
        if over is self._fixed and not pointer.within(over.box):
            over = None
        wire = None if over is None else self._candidate(over, pointer)
        if over is not self._over or wire != self._wire:
            self._aim(over, wire)
        self._loose = pointer.scene
        if wire is not None and not self._reason and over is not None:
            self._loose = (
                over.input_port(min(wire.target_port, over.inputs - 1))
                if self._side == "out"
                else over.output_port(wire.source_port)
            )
        self.view.say(self._reason, pointer.view)
        self.view.viewport().update()

    def end(self, pointer: Pointer) -> None:
        """Connects, takes away, or asks what to add."""
        view = self.view
        wire, over, reason = self._wire, self._over, self._reason
        self._leave()
        if not self.dragging:
            if self._old is not None:
                view.select_wire(self._old.wire)
            else:
                view.document.select([self._fixed.node.id])
            return
        graph = view.document.graph
        old = self._old.wire if self._old else None
        if wire is not None and not reason:
            self._connect(wire)
            return
        if over is not None:
            if reason:
                view.refused.emit(reason)
            return
        if old is not None:
            view.document.edit(disconnect(graph, [old]), "Disconnect")
        else:
            self._ask(pointer)

    def cancel(self) -> None:
        """Leaves the wires as they were."""
        self._leave()

    def paint(self, painter: QPainter) -> None:
        """Draws the wire in hand."""
        if not self.dragging:
            return
        look = looks.current()
        if self._side == "out":
            line = curve(self._fixed.output_port(self._port), self._loose)
        else:
            line = curve(self._loose, self._fixed.input_port(self._port))
        pen = look.refused if self._reason else look.wire_lit
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path(line))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(pen.color())
        painter.drawEllipse(QPointF(*self._loose), 4.5, 4.5)

    def _candidate(self, over: NodeItem, pointer: Pointer) -> Wire:
        """The wire that a release would draw."""
        here = over.node.id
        if self._side == "in":
            port = _nearest([over.output_port(i) for i in range(over.outputs)], pointer.scene)
            return Wire(here, port, self._fixed.node.id, self._port)
        graph = self._analysis.graph
        wired = len(graph.wires_into.get(here, ()))
        entry = LAYERS.get(over.node.type)
        most = None if entry is None else entry.input_counts(over.node.params)[1]
        port = free = 0 if most == 1 else wired
        # On a port that has a wire one means that port: its wire is replaced.
        if wired and over.port_at(pointer.scene, 12) is not None:
            near = _nearest([over.input_port(i) for i in range(over.inputs)], pointer.scene)
            port = min(near, free)
        return Wire(self._fixed.node.id, self._port, here, port)

    def _aim(self, over: NodeItem | None, wire: Wire | None) -> None:
        if self._over is not None:
            self._over.mark(state="")
        self._over, self._wire, self._reason = over, wire, ""
        if over is None or wire is None:
            return
        self._reason = why_not(self._analysis, wire) or ""
        over.mark(state="refused" if self._reason else "target")

    def _connect(self, wire: Wire) -> None:
        document = self.view.document
        after = steps.reconnect(document.graph, self._old.wire if self._old else None, wire)
        nodes = document.graph.nodes
        verb = "Reconnect" if self._old else "Connect"
        document.edit(after, f"{verb} {nodes[wire.source].name} to {nodes[wire.target].name}")

    def _ask(self, pointer: Pointer) -> None:
        view, id = self.view, self._fixed.node.id
        analysis = view.document.analysis
        if self._side == "out":
            types = steps.may_follow(analysis, id, self._port)
        else:
            types = steps.may_precede(analysis, id, self._port)
        if types:
            view.ask(pointer.view, types, end=(id, self._side, self._port))
        else:
            view.refused.emit(f"No layer type can take what {self._fixed.node.name} gives.")

    def _leave(self) -> None:
        if self._over is not None:
            self._over.mark(state="")
        if self._old is not None:
            self._old.setVisible(True)
        self.view.say("", self.press.view)


def _nearest(ports: list[Point], point: Point) -> int:
    return min(range(len(ports)), key=lambda i: abs(ports[i].x - point.x), default=0)
