"""What a drawing is: nodes, wires and the graph that holds them. Nothing here knows of Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bnstudio.graph.theory import nx

Value = None | bool | int | float | str | tuple["Value", ...] | Mapping[str, "Value"]
"""What a parameter may hold: plain data that JSON can carry. Sequences are tuples."""


@dataclass(frozen=True)
class Node:
    """A box of the drawing.

    Attributes:
        id: Never shown and never changed; wires and views refer to it.
        type: The name of a layer type, such as ``"Dense"``. It need not be a known one.
        name: The Keras layer name, shown and exported.
        params: Keras arguments that differ from Keras's defaults, by their Keras names.
        x: Horizontal position of the node's centre, in scene units.
        y: Vertical position of the node's centre, in scene units.
        shares: The id of the node whose layer this one calls again (shared weights).
    """

    id: str
    type: str
    name: str
    params: Mapping[str, Value] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    shares: str | None = None


class Wire(NamedTuple):
    """An arrow from an output port of one node to an input port of another."""

    source: str
    source_port: int
    target: str
    target_port: int


@dataclass(frozen=True)
class Graph:
    """A drawing. Every edit makes a new one and leaves this one as it is.

    Attributes:
        nodes: By id, in the order in which they were added.
        wires: In the order in which they were drawn; no two end at one port.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict)
    wires: tuple[Wire, ...] = ()

    @property
    def wires_into(self) -> Mapping[str, tuple[Wire, ...]]:
        """The wires that end at each node, by target port. Nodes without any are absent."""
        return _ends(self.wires).into

    @property
    def wires_from(self) -> Mapping[str, tuple[Wire, ...]]:
        """The wires that start at each node, in drawing order. Nodes without any are absent."""
        return _ends(self.wires).out

    @property
    def digraph(self) -> nx.DiGraph[str]:
        """What depends on what, for networkx; several wires between two nodes are one edge."""
        return _digraph(self)

    def layer_of(self, id: str) -> Node:
        """The node whose layer ``id`` calls: itself, or the one that its ``shares`` leads to.

        A node that shares with nothing (the owner is not in the drawing, or the sharing goes round
        in a circle) has a layer of its own.
        """
        node = self.nodes[id]
        if node.shares is None:
            return node
        seen = {id}
        while node.shares is not None:
            if node.shares in seen or node.shares not in self.nodes:
                return self.nodes[id]
            seen.add(node.shares)
            node = self.nodes[node.shares]
        return node

    def predecessors(self, id: str) -> tuple[str, ...]:
        """The ids of the nodes wired into ``id``, by port."""
        return tuple(wire.source for wire in self.wires_into.get(id, ()))

    def successors(self, id: str) -> tuple[str, ...]:
        """The ids of the nodes that ``id`` is wired into, in drawing order."""
        return tuple(wire.target for wire in self.wires_from.get(id, ()))


def to_networkx(graph: Graph) -> nx.MultiDiGraph[str]:
    """The drawing for networkx: node ids, and an edge a wire with the ports as attributes."""
    result: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    result.add_nodes_from(graph.nodes)
    result.add_edges_from(
        (
            wire.source,
            wire.target,
            {"source_port": wire.source_port, "target_port": wire.target_port},
        )
        for wire in graph.wires
    )
    return result


class _Ends(NamedTuple):
    """Wires by their ends."""

    wires: tuple[Wire, ...]
    into: dict[str, tuple[Wire, ...]]
    out: dict[str, tuple[Wire, ...]]


# What follows from a drawing is kept for the latest few only: an undo history holds thousands.
_recent_ends: tuple[_Ends, ...] = ()
_recent_digraphs: tuple[tuple[Graph, nx.DiGraph[str]], ...] = ()


def _ends(wires: tuple[Wire, ...]) -> _Ends:
    global _recent_ends
    for known in _recent_ends:
        if known.wires is wires:
            return known
    into: dict[str, list[Wire]] = {}
    out: dict[str, list[Wire]] = {}
    for wire in wires:
        into.setdefault(wire.target, []).append(wire)
        out.setdefault(wire.source, []).append(wire)
    made = _Ends(
        wires,
        {
            id: (ends[0],) if len(ends) == 1 else tuple(sorted(ends, key=_target_port))
            for id, ends in into.items()
        },
        {id: tuple(ends) for id, ends in out.items()},
    )
    _recent_ends = (made, *_recent_ends[:3])
    return made


def _target_port(wire: Wire) -> int:
    return wire.target_port


def _digraph(graph: Graph) -> nx.DiGraph[str]:
    global _recent_digraphs
    for known, digraph in _recent_digraphs:
        if known is graph:
            return digraph
    made: nx.DiGraph[str] = nx.DiGraph()
    made.add_nodes_from(graph.nodes)
    made.add_edges_from((wire.source, wire.target) for wire in graph.wires)
    _recent_digraphs = ((graph, made), *_recent_digraphs[:1])
    return made
