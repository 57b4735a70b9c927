"""Where an arrow key leads from a node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bnstudio.graph import Graph

Direction = Literal["up", "down", "left", "right"]


def walk(graph: Graph, start: str | None, direction: Direction) -> str | None:
    """The node that an arrow key leads to; None where there is none.

    Up and down follow wires, left and right go to the nearest node beside. From nowhere one
    starts at the top.
    """
    nodes = graph.nodes
    if start is None:
        return min(nodes, key=lambda id: (nodes[id].y, nodes[id].x), default=None)
    here = nodes[start]
    if direction in ("up", "down"):
        next = graph.predecessors(start) if direction == "up" else graph.successors(start)
        return min(next, key=lambda id: (abs(nodes[id].x - here.x), nodes[id].x), default=None)
    sign = -1 if direction == "left" else 1
    beside = [
        node
        for node in nodes.values()
        if (node.x - here.x) * sign > 1 and abs(node.y - here.y) < abs(node.x - here.x) * 2
    ]
    nearest = min(
        beside,
        key=lambda node: (abs(node.x - here.x) + 2 * abs(node.y - here.y), node.id),
        default=None,
    )
    return nearest.id if nearest else None
