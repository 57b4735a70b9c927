"""Layers put into a model in the model: the way back from ``expand``, a pure edit too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.analysis import analyze, exits, onward, output_count
from bnstudio.graph import MAX_LEVELS, EditError, Graph, Node, Wire, depth, free_name
from bnstudio.layers import OUTPUT
from bnstudio.layers.models import FUNCTIONAL
from bnstudio.lazy import nx
from bnstudio.look.geometry import PITCH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Value

End = tuple[str, int]
"""An output: the node and the port."""

_DTYPES = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
"""What comes out of a layer with such a policy."""


def group(analysis: Analysis, ids: Iterable[str]) -> tuple[Graph, str]:
    """The drawing with these layers inside a model in the model, and that model's id.

    It takes what fed them, and gives what they fed. Inputs and Outputs stay outside: data enters
    and leaves there.

    Raises:
        EditError: If that would be another model, or none; the message says why, in words.
    """
    graph = analysis.graph
    wanted, ends = set(ids), ("Input", OUTPUT)
    chosen = [id for id, n in graph.nodes.items() if id in wanted and n.type not in ends]
    if not chosen:
        raise EditError("There is nothing to group: select the layers that belong together.")
    within = set(chosen)
    _check(analysis, within)
    into = [wire for id in chosen for wire in graph.wires_into.get(id, ())]
    fed = list(dict.fromkeys(wire[:2] for wire in into if wire.source not in within))
    inside, marks = _marked(_inside(analysis, chosen, fed), graph, chosen)
    if depth(inside) >= MAX_LEVELS:
        raise EditError(f"Models can stand in models {MAX_LEVELS} deep, and no deeper.")
    made = analyze(inside)
    if (idle := next((each for each in chosen if each not in made.live), None)) is not None:
        raise EditError(
            f"Nothing that is fed leads to {graph.nodes[idle].name}, and a model is called on what "
            "it is fed: connect it first."
        )
    ports = {marks.get(end[0], end): port for port, end in enumerate(exits(made))}
    names = {node.name for id, node in graph.nodes.items() if id not in within}
    id = free_name("block", {*graph.nodes, *names})
    x, y = (sum(getattr(graph.nodes[each], axis) for each in chosen) / len(chosen) for axis in "xy")
    model = Node(id, FUNCTIONAL, id, {}, round(x), round(y), inside=inside)
    feeds = any(wire.source in within and wire.target not in within for wire in graph.wires)
    nodes: dict[str, Node] = {}
    wires: list[Wire] = []
    for other, node in graph.nodes.items():
        if other not in within:
            nodes[other] = node
            continue
        if id not in nodes:
            nodes[id] = model
        # What was an output of the whole still is one, though the model feeds other layers now.
        for port in range(output_count(analysis, other)) if feeds else ():
            if other in analysis.structure.outputs:
                mark = free_name(OUTPUT, {*graph.nodes, *nodes, *names})
                nodes[mark] = Node(mark, OUTPUT, mark, {}, node.x, node.y + PITCH)
                wires.append(Wire(id, ports[other, port], mark, 0))
    for wire in graph.wires:
        if wire.source in within and wire.target in within:
            continue
        if wire.source in within:
            wire = Wire(id, ports[wire[:2]], wire.target, wire.target_port)
        elif wire.target in within:
            wire = Wire(wire.source, wire.source_port, id, fed.index(wire[:2]))
        wires.append(wire)
    # What feeds several of the layers feeds the model once.
    return Graph(nodes, tuple(dict.fromkeys(wires))), id


def _check(analysis: Analysis, within: set[str]) -> None:
    """Raises where the layers are not whole."""
    graph = analysis.graph
    nodes = graph.nodes
    if tangled := within.difference(analysis.order):
        raise EditError(
            f"{nodes[min(tangled)].name} stands on a cycle or behind one: untangle it first."
        )
    for id, node in nodes.items():
        owner = graph.layer_of(id)
        if owner.id != id and (id in within) != (owner.id in within):
            one, other = (node, owner) if id in within else (owner, node)
            raise EditError(f"{one.name} shares its layer with {other.name}: select both of them.")
    beyond = {wire.target for id in within for wire in graph.wires_from.get(id, ())} - within
    after = onward(graph, beyond)
    if (back := next((id for id in nodes if id in within and id in after), None)) is not None:
        leading = nx.ancestors(graph.digraph, back)
        between = (after - within) & leading
        first = nodes[next(id for id in analysis.order if id in between)]
        raise EditError(
            f"{first.name} lies between the selected layers: it takes from them and leads back to "
            f"{nodes[back].name}. Select it too."
        )


def _marked(inside: Graph, graph: Graph, chosen: list[str]) -> tuple[Graph, dict[str, End]]:
    """The drawing with an Output for what feeds layers in it and outside; these by their ids."""
    given = dict.fromkeys(
        wire[:2]
        for id in chosen
        if id in inside.wires_from
        for wire in graph.wires_from.get(id, ())
        if wire.target not in inside.nodes
    )
    marks: dict[str, End] = {}
    for end in given:
        source = inside.nodes[end[0]]
        names = {node.name for node in inside.nodes.values()}
        id = free_name(OUTPUT, {*inside.nodes, *names})
        mark = Node(id, OUTPUT, id, {}, source.x + 2 * PITCH, source.y + PITCH)
        wires = (*inside.wires, Wire(*end, id, 0))
        inside, marks[id] = Graph({**inside.nodes, id: mark}, wires), end
    return inside, marks


def _inside(analysis: Analysis, chosen: list[str], fed: list[End]) -> Graph:
    """The layers as a drawing of their own, with an Input for each tensor that fed them."""
    graph = analysis.graph
    kept = {id: graph.nodes[id] for id in chosen}
    names = {node.name for node in kept.values()}
    top = min(node.y for node in kept.values()) - PITCH
    inputs: dict[End, Node] = {}
    for end in fed:
        shape = analysis.shape(*end)
        source = graph.nodes[end[0]]
        if shape is None:
            raise EditError(f"What {source.name} gives has no known shape yet: mend that first.")
        id = free_name("input", {*kept, *names, *(node.id for node in inputs.values())})
        takers = [w.target for w in graph.wires_from[end[0]] if w.target in kept and w[:2] == end]
        params: dict[str, Value] = {"shape": shape[1:]}
        if shape[0] is not None:
            params["batch_size"] = shape[0]
        if (dtype := _dtype(graph, end[0])) is not None:
            params["dtype"] = dtype
        x = kept[takers[0]].x
        while any(node.x == x for node in inputs.values()):
            x += 2 * PITCH
        inputs[end] = Node(id, "Input", id, params, x, top)
    wires = tuple(
        Wire(inputs[wire[:2]].id, 0, *wire[2:]) if wire[:2] in inputs else wire
        for wire in graph.wires
        if wire.target in kept
    )
    return Graph({**{node.id: node for node in inputs.values()}, **kept}, wires)


def _dtype(graph: Graph, id: str) -> str | None:
    """What a node's output is made of, where its arguments say so."""
    dtype = graph.layer_of(id).params.get("dtype")
    return _DTYPES.get(dtype, dtype) if isinstance(dtype, str) else None
