"""A layer that becomes one of another type where it stands, as far as its wires allow."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.graph import free_name
from bnstudio.layers import LAYERS, OUTPUT, ShapeError, all_types
from bnstudio.layers.foreign import NotAskedYetError

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph, Node, Value
    from bnstudio.layers import LayerType


def swap(graph: Graph, id: str, type: str) -> Graph:
    """The drawing in which a node is of another type: the same node, with the same wires.

    Arguments that both types have go along where the new one takes them, and so does a name that
    somebody has given. What was inside a model is gone.
    """
    node, entry = graph.nodes[id], LAYERS[type]
    name, others = node.name, {other.name for other in graph.nodes.values()} - {node.name}
    if re.sub(r"_\d+$", "", name) == free_name(node.type, ()):
        name = free_name(type, others)
    other = replace(node, type=type, name=name, params=_params(node, entry), inside=None)
    return replace(graph, nodes={**graph.nodes, id: other})


def swap_refusal(graph: Graph, id: str) -> str | None:
    """Why a node cannot be given another type; None when it can."""
    owner = graph.layer_of(id)
    users = [node for node in graph.nodes.values() if graph.layer_of(node.id) is owner]
    if len(users) == 1:
        return None
    other = next(node for node in users if node.id != id)
    return f"{graph.nodes[id].name} and {other.name} are calls of one layer. Separate them first."


def may_become(analysis: Analysis, id: str) -> list[str]:
    """The types that a node's wires suit, by palette order, those of its category first."""
    node = analysis.graph.nodes[id]
    here = LAYERS.get(node.type)
    found = [
        entry
        for name, entry in all_types().items()
        if name != node.type and _suits(analysis, node, entry)
    ]
    found.sort(key=lambda entry: here is None or entry.category != here.category)
    return [entry.name for entry in found]


def _params(node: Node, entry: LayerType) -> dict[str, Value]:
    kept = {name: value for name, value in node.params.items() if name in entry.by_name}
    bad = entry.check({**entry.initial, **kept})
    return {**entry.initial, **{name: kept[name] for name in kept if name not in bad}}


def _suits(analysis: Analysis, node: Node, entry: LayerType) -> bool:
    graph, params = analysis.graph, _params(node, entry)
    shapes = analysis.facts[node.id].inputs
    least, most = entry.input_counts(params)
    onward = graph.wires_from.get(node.id, ())
    if most is not None and len(shapes) > most:
        return False
    if entry.name == OUTPUT and onward:
        return False
    if any(wire.source_port >= entry.output_count(params) for wire in onward):
        return False
    known = [shape for shape in shapes if shape is not None]
    if not known or len(known) < max(least, len(shapes)):
        return True
    try:
        entry.output_shapes(known, params)
    except NotAskedYetError:
        return True
    except ShapeError:
        return False
    return True
