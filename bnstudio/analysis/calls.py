"""What a node calls: a layer, which may be another node's, with the arguments of this call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS

if TYPE_CHECKING:
    from bnstudio.graph import Graph, Node


def called(graph: Graph, id: str) -> Node:
    """The node whose layer ``id`` calls, with the arguments of that call.

    What makes the layer is its owner's; what Keras takes when the layer is called (such as
    ``reverse`` of a ReversibleEmbedding) is the calling node's own.
    """
    owner = graph.layer_of(id)
    entry = LAYERS.get(owner.type)
    if owner.id == id or entry is None or not entry.call:
        return owner
    made, _ = entry.parted(owner.params)
    _, options = entry.parted(graph.nodes[id].params)
    return replace(owner, params={**made, **options})


def entry_count(graph: Graph, id: str) -> int | None:
    """How many tensors a model in the model takes; None for any other node."""
    inside = graph.layer_of(id).inside
    if inside is None:
        return None
    return sum(node.type == "Input" for node in inside.nodes.values())
