"""The edits: pure functions from a drawing to the next one.

They keep a drawing well-formed (unique ids, wires between nodes that exist, one wire a port) and
know nothing of layers; what may be connected to what is for the analysis to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from bnstudio.graph.value import Graph, Node, Value, Wire
from bnstudio.lazy import nx

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import EllipsisType


class EditError(ValueError):
    """An edit that cannot be made; the message says why, in words for the user."""


def free_name(base: str, taken: Iterable[str]) -> str:
    """``base`` in Keras's way of naming layers: ``dense``, then ``dense_1``, ``dense_2``.

    ``base`` may be a class name (``BatchNormalization`` becomes ``batch_normalization``) or a name
    that is numbered already, which counts on.
    """
    base = base.rpartition(":")[2] or base  # what a package calls it, without the package
    stem = re.sub(r"\W", "_", base)
    stem = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", stem))
    stem = stem.lower().lstrip("_") or "node"
    taken = taken if isinstance(taken, Set | Mapping) else set(taken)
    if stem not in taken:
        return stem
    root = re.sub(r"_\d+$", "", stem)
    number = 1
    while f"{root}_{number}" in taken:
        number += 1
    return f"{root}_{number}"


def add(
    graph: Graph,
    type: str,
    *,
    params: Mapping[str, Value] | None = None,
    name: str | None = None,
    x: float = 0.0,
    y: float = 0.0,
) -> tuple[Graph, str]:
    """The drawing with one more node, and that node's id."""
    names = {node.name for node in graph.nodes.values()}
    name = name or free_name(type, names | set(graph.nodes))
    id = free_name(name, graph.nodes)
    node = Node(id, type, name, dict(params or {}), x, y)
    return replace(graph, nodes={**graph.nodes, id: node}), id


def connect(graph: Graph, wire: Wire) -> Graph:
    """The drawing with ``wire`` added; a wire that ended at the same port is replaced.

    Raises:
        EditError: If an end does not exist.
    """
    for id in (wire.source, wire.target):
        _node(graph, id)
    if wire in graph.wires:
        return graph
    kept = tuple(
        old
        for old in graph.wires
        if (old.target, old.target_port) != (wire.target, wire.target_port)
    )
    return replace(graph, wires=(*kept, wire))


def disconnect(graph: Graph, wires: Iterable[Wire]) -> Graph:
    """The drawing without ``wires``. The ports above a freed one move down, so none is skipped."""
    gone = set(wires)
    if not gone & set(graph.wires):
        return graph
    return replace(graph, wires=_close_gaps((w for w in graph.wires if w not in gone), gone))


def remove(graph: Graph, ids: Iterable[str]) -> Graph:
    """The drawing without these nodes and their wires.

    A node that shared a removed node's layer becomes the owner of an equal layer of its own.
    """
    gone = set(ids) & set(graph.nodes)
    if not gone:
        return graph
    insides = {id: graph.layer_of(id).inside for id in gone}
    lost = {wire for wire in graph.wires if wire.source in gone or wire.target in gone}
    nodes = {id: node for id, node in graph.nodes.items() if id not in gone}
    heirs: dict[str, str] = {}
    for id, node in nodes.items():
        if node.shares in gone:
            heir = heirs.setdefault(node.shares, id)
            owns = heir == id
            inside = insides[node.shares] if owns else None
            nodes[id] = replace(node, shares=None if owns else heir, inside=inside)
    wires = _close_gaps((wire for wire in graph.wires if wire not in lost), lost)
    return Graph(nodes, wires)


def heal(graph: Graph, ids: Iterable[str]) -> Graph:
    """The drawing without these nodes, their neighbours joined where a path was cut.

    Removed nodes that hang together are taken as one: where a single output leads into them, it
    is wired to whatever they fed with it, at the ports where they did. Where none or several lead
    in, and at outputs other than a node's first, the wires just go.
    """
    gone = set(ids) & graph.nodes.keys()
    if not gone:
        return graph
    sources: dict[str, tuple[str, int]] = {}
    inner = graph.digraph.subgraph(gone)
    for region in nx.weakly_connected_components(inner):
        into = [wire for id in region for wire in graph.wires_into.get(id, ())]
        entries = [wire for wire in into if wire.source not in gone]
        if len({wire[:2] for wire in entries}) == 1:
            # Only what the entry leads to: a wire to anything else could close a cycle.
            led_to = chain.from_iterable(nx.bfs_layers(inner, {wire.target for wire in entries}))
            sources.update(dict.fromkeys(led_to, entries[0][:2]))
    bridged = tuple(
        Wire(*sources[wire.source], wire.target, wire.target_port)
        if wire.source in sources and wire.target not in gone and wire.source_port == 0
        else wire
        for wire in graph.wires
    )
    return remove(replace(graph, wires=bridged), gone)


def splice(graph: Graph, id: str, wire: Wire) -> Graph:
    """The drawing with node ``id`` put into ``wire``: source to node, node to target.

    Raises:
        EditError: If the wire is not there, or the node is one of its ends or is wired already.
    """
    _node(graph, id)
    if wire not in graph.wires:
        raise EditError("The wire is no longer there.")
    if id in (wire.source, wire.target):
        raise EditError("A layer cannot be put into its own wire.")
    if id in graph.wires_into or id in graph.wires_from:
        raise EditError(f"{graph.nodes[id].name!r} is connected already; disconnect it first.")
    into = Wire(wire.source, wire.source_port, id, 0)
    onward = Wire(id, 0, wire.target, wire.target_port)
    # In the old wire's place, so that drawing order survives.
    wires = [piece for old in graph.wires for piece in ((into, onward) if old == wire else (old,))]
    return replace(graph, wires=tuple(wires))


def set_params(
    graph: Graph, ids: Iterable[str], changes: Mapping[str, Value | EllipsisType]
) -> Graph:
    """The drawing with parameters set on each of these nodes; ``...`` takes a key out (default)."""
    nodes = dict(graph.nodes)
    for id in ids:
        params = {**_node(graph, id).params, **changes}
        kept = {key: value for key, value in params.items() if value is not ...}
        if kept != graph.nodes[id].params:
            nodes[id] = replace(graph.nodes[id], params=kept)
    return replace(graph, nodes=nodes)


def rename(graph: Graph, id: str, name: str) -> Graph:
    """The drawing with another layer name on one node."""
    return replace(graph, nodes={**graph.nodes, id: replace(_node(graph, id), name=name)})


def move(graph: Graph, positions: Mapping[str, tuple[float, float]]) -> Graph:
    """The drawing with nodes at new positions, ``{id: (x, y)}``."""
    moved = {
        id: replace(graph.nodes[id], x=float(x), y=float(y))
        for id, (x, y) in positions.items()
        if id in graph.nodes and (graph.nodes[id].x, graph.nodes[id].y) != (x, y)
    }
    return replace(graph, nodes={**graph.nodes, **moved}) if moved else graph


def duplicate(
    graph: Graph, fragment: Graph, *, dx: float = 0.0, dy: float = 0.0
) -> tuple[Graph, tuple[str, ...]]:
    """The drawing with a copy of ``fragment`` in it, under free ids and names, and the new ids.

    This is paste and duplicate alike. A node that shares a layer outside the fragment goes on
    sharing it where that node exists, and owns its layer elsewhere.
    """
    nodes = dict(graph.nodes)
    names = {node.name for node in nodes.values()}
    new_ids: dict[str, str] = {}
    for node in fragment.nodes.values():
        name = free_name(node.name, names) if node.name in names else node.name
        names.add(name)
        id = free_name(name, nodes)
        new_ids[node.id] = id
        nodes[id] = replace(node, id=id, name=name, x=node.x + dx, y=node.y + dy)
    for old, id in new_ids.items():
        shares = fragment.nodes[old].shares
        if shares is not None:
            owner = new_ids.get(shares, shares if shares in graph.nodes else None)
            inside = nodes[id].inside if owner is None else None
            nodes[id] = replace(nodes[id], shares=owner, inside=inside)
    wires = tuple(
        Wire(new_ids[w.source], w.source_port, new_ids[w.target], w.target_port)
        for w in fragment.wires
        if w.source in new_ids and w.target in new_ids
    )
    return Graph(nodes, graph.wires + wires), tuple(new_ids.values())


def fragment(graph: Graph, ids: Iterable[str]) -> Graph:
    """These nodes and the wires between them, as a drawing of its own, its ports without gaps.

    A call of a model in the model whose owner stays behind takes a copy of its inside along.
    """
    chosen = set(ids)
    into = [wire for wire in graph.wires if wire.target in chosen]
    kept = [wire for wire in into if wire.source in chosen]
    lost = [wire for wire in into if wire.source not in chosen]
    nodes = {
        id: node
        if node.shares is None or node.shares in chosen
        else replace(node, inside=graph.layer_of(id).inside)
        for id, node in graph.nodes.items()
        if id in chosen
    }
    return Graph(nodes, _close_gaps(kept, lost))


def _node(graph: Graph, id: str) -> Node:
    try:
        return graph.nodes[id]
    except KeyError:
        raise EditError(f"There is no node {id!r} in the drawing.") from None


def _close_gaps(wires: Iterable[Wire], lost: Iterable[Wire]) -> tuple[Wire, ...]:
    """Moves the ports above the lost ones down, at each node that lost one."""
    freed: dict[str, list[int]] = {}
    for wire in lost:
        freed.setdefault(wire.target, []).append(wire.target_port)
    return tuple(
        wire
        if wire.target not in freed
        else wire._replace(
            target_port=wire.target_port
            - sum(port < wire.target_port for port in freed[wire.target])
        )
        for wire in wires
    )
