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
    digraph = graph.digraph
    cyclic: tuple[str, ...] = ()
    try:
        order = tuple(nx.topological_sort(digraph))
    except nx.NetworkXUnfeasible:
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
    leading = graph.wires_from
    # A lone Input is not an output of itself: a model needs a layer.
    ends = tuple(
        id
        for id, node in graph.nodes.items()
        if node.type != "Input" and id in fed and id not in leading
    )
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
    into, wired = after.wires_into, after.wires_into.keys() | after.wires_from.keys()
    if [id for id in before.nodes if id in wired] != [id for id in after.nodes if id in wired]:
        return None
    behind = found.order[sum(id not in into for id in before.nodes) :]
    sources = (id for id in after.nodes if id not in into)
    return replace(found, order=(*sources, *behind))


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
