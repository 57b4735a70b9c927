"""What is under the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtCore import QPointF, Qt

from bnstudio.look.geometry import Box, Point
from bnstudio.ui.canvas.node_item import PORTS

if TYPE_CHECKING:
    from bnstudio.ui.canvas.node_item import NodeItem
    from bnstudio.ui.canvas.scene import Scene
    from bnstudio.ui.canvas.wire_item import WireItem


class Pointer(NamedTuple):
    """The mouse: where it is in the scene and in the viewport, and which keys are held."""

    scene: Point
    view: QPointF
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def adds(self) -> bool:
        """Whether a key is held that adds to the selection."""
        keys = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        return bool(self.modifiers & keys)

    def within(self, box: Box) -> bool:
        """Whether the mouse is over a box."""
        return box.left <= self.scene.x <= box.right and box.top <= self.scene.y <= box.bottom


@dataclass(frozen=True)
class Hit:
    """The topmost thing at a place; all None over the bare canvas.

    Attributes:
        part: The part of the node that was hit.
        port: The index of the port, where the part is one.
    """

    node: NodeItem | None = None
    part: Literal["body", "badge", "health", "in", "out"] = "body"
    port: int = 0
    wire: WireItem | None = None


def hit(scene: Scene, point: Point, zoom: float) -> Hit:
    """What is at ``point``: ports before badges, badges before bodies, nodes before wires."""
    reach = min(14.0, 9.0 / zoom) if zoom >= PORTS else 0.0
    node = scene.node_at(point, reach)
    if node is not None:
        if reach and (port := node.port_at(point, reach)) is not None:
            return Hit(node, "in" if port[0] == "in" else "out", port[1])
        here = Box(*point, *point)
        badge = node.badge_box()
        if badge is not None and zoom >= PORTS and here.overlaps(badge.grown(2)):
            return Hit(node, "badge")
        health = node.health_box() if zoom >= PORTS else None
        if health is not None and here.overlaps(health.grown(1)):
            return Hit(node, "health")
        if here.overlaps(node.box):
            return Hit(node)
    return Hit(wire=scene.wire_at(point, 7.0 / zoom))
