"""A drawing that has no places yet, laid out as *Tidy* would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.analysis.layout import tidy
from bnstudio.graph import move
from bnstudio.look.geometry import HEIGHT, node_box

if TYPE_CHECKING:
    from bnstudio.graph import Graph


def laid_out(graph: Graph) -> Graph:
    """The drawing from top to bottom, on whole numbers."""
    boxes = {id: node_box(0, 0, len(graph.wires_into.get(id, ()))) for id in graph.nodes}
    places = {
        id: (round(x), round(y - (boxes[id].height - HEIGHT) / 2))
        for id, (x, y) in tidy(graph, lambda id: boxes[id].size).items()
    }
    return move(graph, places)
