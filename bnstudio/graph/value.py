"""What a drawing is: nodes, wires and the graph that holds them. Nothing here knows of Keras."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from bnstudio.graph.diff import window
from bnstudio.lazy import nx

if TYPE_CHECKING:
    from collections.abc import Iterable

_Known = TypeVar("_Known")

Value = None | bool | int | float | str | tuple["Value", ...] | Mapping[str, "Value"]
"""What a parameter may hold: plain data that JSON can carry. Sequences are tuples."""


def freeze(value: object) -> Value:
    """Data that came as JSON, or as Python has it, as a drawing holds it: every list a tuple."""
    if isinstance(value, list | tuple):
        return tuple(map(freeze, value))
    if isinstance(value, dict):
        return {str(key): freeze(entry) for key, entry in value.items()}
    return value  # type: ignore[return-value]  # JSON has nothing else


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
        inside: The drawing of a node that is a model in the model; None for any other.
    """

    id: str
    type: str
    name: str
    params: Mapping[str, Value] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    shares: str | None = None
    inside: Graph | None = None


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
    def chained(self) -> Mapping[str, str]:
        """By node, the one that alone feeds it and feeds nothing else; absent where none does."""
        return _ends(self.wires).chained

    @property
    def digraph(self) -> nx.DiGraph[str]:
        """What depends on what, for networkx; several wires between two nodes are one edge.

        It is only lent: when that of the next drawing is asked for, it may be made into that one.
        """
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
    chained: dict[str, str]


# What follows from a drawing is kept for the latest few only: an undo history holds thousands.
_recent_ends: tuple[_Ends, ...] = ()
_FEW = 32
"""Wires of a difference up to which a digraph is changed instead of made anew."""
_recent_digraphs: tuple[tuple[Graph, nx.DiGraph[str]], ...] = ()


def _ends(wires: tuple[Wire, ...]) -> _Ends:
    global _recent_ends
    for known in _recent_ends:
        if known.wires is wires:
            return known
    made = _ends_from(_recent_ends[0], wires) if _recent_ends else _ends_afresh(wires)
    _recent_ends = (made, *_recent_ends[:3])
    return made


def _ends_afresh(wires: tuple[Wire, ...]) -> _Ends:
    into, out = _grouped(wires)
    return _Ends(wires, into, out, _chained(into, into, out))


def _ends_from(near: _Ends, wires: tuple[Wire, ...]) -> _Ends:
    """The ends of these wires, with what is the same as in another drawing taken over."""
    lost, drawn = window(near.wires, wires)
    if 4 * (len(lost) + len(drawn)) > len(wires):
        return _ends_afresh(wires)
    sources = {wire.source for wire in (*lost, *drawn)}
    targets = {wire.target for wire in (*lost, *drawn)}
    into = _without(near.into, targets)
    out = _without(near.out, sources)
    if not drawn or wires[len(wires) - len(drawn) :] == drawn:
        # Drawn last, so they come after what is kept at either end.
        gone = set(lost)
        old_into = chain.from_iterable(near.into.get(id, ()) for id in targets)
        old_out = chain.from_iterable(near.out.get(id, ()) for id in sources)
        into |= _grouped((*(wire for wire in old_into if wire not in gone), *drawn))[0]
        out |= _grouped((*(wire for wire in old_out if wire not in gone), *drawn))[1]
    else:
        into |= _grouped(wire for wire in wires if wire.target in targets)[0]
        out |= _grouped(wire for wire in wires if wire.source in sources)[1]
    targets |= {wire.target for id in sources for wire in (*near.out.get(id, ()), *out.get(id, ()))}
    chained = _without(near.chained, targets)
    chained |= _chained(targets & into.keys(), into, out)
    return _Ends(wires, into, out, chained)


def _without(known: dict[str, _Known], ids: Iterable[str]) -> dict[str, _Known]:
    """A copy without these, whether they are in it or not."""
    kept = known.copy()
    for id in ids:
        kept.pop(id, None)
    return kept


def _chained(
    targets: Iterable[str],
    into: Mapping[str, tuple[Wire, ...]],
    out: Mapping[str, tuple[Wire, ...]],
) -> dict[str, str]:
    """Those of ``targets`` that one other node feeds, and nothing else."""
    return {
        id: into[id][0].source
        for id in targets
        if len(into[id]) == 1 and len(out[into[id][0].source]) == 1
    }


def _grouped(
    wires: Iterable[Wire],
) -> tuple[dict[str, tuple[Wire, ...]], dict[str, tuple[Wire, ...]]]:
    """The wires by target, sorted by port, and by source."""
    into: dict[str, list[Wire]] = {}
    out: dict[str, list[Wire]] = {}
    for wire in wires:
        into.setdefault(wire.target, []).append(wire)
        out.setdefault(wire.source, []).append(wire)
    return (
        {
            id: (ends[0],) if len(ends) == 1 else tuple(sorted(ends, key=_target_port))
            for id, ends in into.items()
        },
        {id: tuple(ends) for id, ends in out.items()},
    )


def _target_port(wire: Wire) -> int:
    return wire.target_port


def _digraph(graph: Graph) -> nx.DiGraph[str]:
    global _recent_digraphs
    if threading.current_thread() is not threading.main_thread():
        return _digraph_afresh(graph)  # what is lent to another thread would be changed under it
    for known, digraph in _recent_digraphs:
        if known is graph:
            return digraph
    kept = _recent_digraphs[:1]
    if kept and _hand_on(kept[0][1], kept[0][0], graph):
        made, kept = kept[0][1], _recent_digraphs[1:]
    else:
        made = _digraph_afresh(graph)
    _recent_digraphs = ((graph, made), *kept)
    return made


def _digraph_afresh(graph: Graph) -> nx.DiGraph[str]:
    made: nx.DiGraph[str] = nx.DiGraph()
    made.add_nodes_from(graph.nodes)
    made.add_edges_from((wire.source, wire.target) for wire in graph.wires)
    return made


def _hand_on(digraph: nx.DiGraph[str], before: Graph, after: Graph) -> bool:
    """Makes the digraph of a drawing that of the next one, where a few wires went or were added.

    What it walks in which order is as in a new one. False if it was left as it is.
    """
    lost, drawn = window(before.wires, after.wires)
    if len(lost) + len(drawn) > _FEW or (lost and drawn):
        return False
    if drawn and after.wires[: -len(drawn)] != before.wires:
        return False  # drawn among the others
    into = _ends(after.wires).into
    if any(wire.source == old.source for old in lost for wire in into.get(old.target, ())):
        return False  # another wire keeps the edge, perhaps in another place
    if list(before.nodes) != list(after.nodes):
        return False
    digraph.remove_edges_from({(wire.source, wire.target) for wire in lost})
    digraph.add_edges_from((wire.source, wire.target) for wire in drawn)
    return True
