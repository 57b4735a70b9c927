"""The graph theory of a drawing: what follows from nodes and wires, whatever the layers do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Literal

from bnstudio.lazy import nx

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.graph import Graph, Wire

_SOURCE: Literal[0] = 0
_TARGET: Literal[2] = 2
"""Where a wire has its ends."""


@dataclass(frozen=True)
class Structure:
    """What depends on the wires alone.

    Attributes:
        order: Every node that is on no cycle nor behind one, sources first.
        cyclic: The nodes on a cycle, in drawing order.
        inputs: The Input nodes that reach an output, in drawing order.
        outputs: The nodes that an Input reaches and that feed nothing, in drawing order.
        live: The nodes on a path from an Input to an output: the model.
    """

    order: tuple[str, ...]
    cyclic: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    live: frozenset[str]


def structure(graph: Graph) -> Structure:
    """The structure of ``graph``, in time linear in its size."""
    if not graph.nodes:
        return Structure((), (), (), (), frozenset())
    cyclic: tuple[str, ...] = ()
    order = _sorted(graph)
    if order is None:
        tangled = set(chain.from_iterable(knots(graph)))
        cyclic = tuple(id for id in graph.nodes if id in tangled)
        behind = _reach(cyclic, graph.wires_from, _TARGET)
        # Not a subgraph view: its order would be that of a set, which differs from run to run.
        free: nx.DiGraph[str] = nx.DiGraph()
        free.add_nodes_from(id for id in graph.nodes if id not in behind)
        free.add_edges_from(
            (wire.source, wire.target) for wire in graph.wires if wire.target not in behind
        )
        order = tuple(nx.topological_sort(free))
    sources = [id for id, node in graph.nodes.items() if node.type == "Input"]
    fed = _reach(sources, graph.wires_from, _TARGET)
    # A lone Input is not an output of itself: a model needs a layer.
    last = fed - graph.wires_from.keys() - set(sources)
    ends = tuple(id for id in graph.nodes if id in last)
    live = frozenset(fed & _reach(ends, graph.wires_into, _SOURCE))
    inputs = tuple(id for id in sources if id in live)
    return Structure(order, cyclic, inputs, ends, live)


def with_loose(before: Graph, found: Structure, after: Graph) -> Structure | None:
    """What became of the structure ``found`` of ``before``, if only unconnected nodes came or went.

    Such a node is on no path. The order begins with what nothing is wired into, as the drawing has
    it, and what follows depends on the wires alone. None where more has changed than that, or
    where there is a cycle; that an Input is still one is for the caller to know.
    """
    if found.cyclic or before.wires != after.wires:
        return None
    into, onward = after.wires_into, after.wires_from
    starts = len(before.nodes.keys() - into.keys())
    behind = found.order[starts:]
    old, new = list(before.nodes), list(after.nodes)
    if old == new[: len(old)]:
        come = new[len(old) :]
        if any(id in into or id in onward for id in come):
            return None
        return replace(found, order=(*found.order[:starts], *come, *behind))
    wired = into.keys() | onward.keys()
    if [id for id in old if id in wired] != [id for id in new if id in wired]:
        return None
    return replace(found, order=(*(id for id in new if id not in into), *behind))


def knots(graph: Graph) -> list[list[str]]:
    """The groups of nodes that lead to one another, each in drawing order."""
    place = {id: index for index, id in enumerate(graph.nodes)}
    digraph = graph.digraph
    found = [
        sorted(knot, key=place.__getitem__)
        for knot in nx.strongly_connected_components(digraph)
        if len(knot) > 1 or digraph.has_edge(*(2 * tuple(knot)))
    ]
    return sorted(found, key=lambda knot: place[knot[0]])


def _sorted(graph: Graph) -> tuple[str, ...] | None:
    """Every node, sources first, as networkx's topological sort has it; None on a cycle.

    An edit waits for this one, and to make a digraph takes ten times as long as to sort it.
    """
    into, onward = graph.wires_into, graph.wires_from
    order = [id for id in graph.nodes if id not in into]
    waiting = {
        id: len(wires) if len(wires) == 1 else len({wire.source for wire in wires})
        for id, wires in into.items()
    }
    for id in order:
        wires = onward.get(id, ())
        targets = [wire.target for wire in wires]
        # Several wires between two nodes are one edge, where the first of them was drawn.
        for target in targets if len(wires) < 2 else dict.fromkeys(targets):
            left = waiting[target] = waiting[target] - 1
            if not left:
                order.append(target)
    return tuple(order) if len(order) == len(graph.nodes) else None


def onward(graph: Graph, ids: Iterable[str]) -> set[str]:
    """These nodes and all that they lead to."""
    return _reach(ids, graph.wires_from, _TARGET)


def _reach(
    roots: Iterable[str], wires: Mapping[str, tuple[Wire, ...]], end: Literal[0, 2]
) -> set[str]:
    """``roots`` and all that can be reached from them along ``wires``."""
    reached = set(roots)
    coming = list(reached)
    while coming:
        for wire in wires.get(coming.pop(), ()):
            id = wire[end]
            if id not in reached:
                reached.add(id)
                coming.append(id)
    return reached
