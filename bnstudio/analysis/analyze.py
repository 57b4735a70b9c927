"""From a drawing to its order, shapes, counts and failures."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import networkx as nx

from bnstudio.graph import Graph, Node, to_networkx
from bnstudio.layers import LAYERS, Shape, ShapeError, Weight, near_names

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True)
class Failure:
    """Why a node gives no shape.

    Attributes:
        code: The diagnostic under which it is shown.
        message: What is wrong, with the values received.
        param: The argument at fault, where it is one.
    """

    code: str
    message: str
    param: str | None = None


@dataclass(frozen=True)
class NodeFacts:
    """What is known of one node.

    Attributes:
        inputs: The shapes on its input ports; None where a port's source gives none.
        outputs: The shapes on its output ports; empty while unknown.
        weights: The variables of its layer; empty for a node that shares another's.
        flops: For one row, in inference; None while a dimension is unknown.
        failures: Why the node gives no shape. A node after a failed one has none of its own.
    """

    inputs: tuple[Shape | None, ...] = ()
    outputs: tuple[Shape, ...] = ()
    weights: tuple[Weight, ...] = ()
    flops: int | None = 0
    failures: tuple[Failure, ...] = ()

    @cached_property
    def trainable(self) -> int:
        """How many numbers training may change."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    @cached_property
    def fixed(self) -> int:
        """How many numbers it may not."""
        return sum(weight.size for weight in self.weights if not weight.trainable)


@dataclass(frozen=True)
class Structure:
    """The graph theory of a drawing: what depends on the wires alone.

    Attributes:
        order: Every node that is on no cycle nor behind one, sources first.
        cyclic: The nodes on a cycle.
        inputs: The Input nodes that reach an output, in drawing order.
        outputs: The nodes that an Input reaches and that feed nothing, in drawing order.
        live: The nodes on a path from an Input to an output: the model.
    """

    order: tuple[str, ...]
    cyclic: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    live: frozenset[str]


@dataclass(frozen=True)
class Analysis:
    """A drawing and all that follows from it."""

    graph: Graph
    structure: Structure
    facts: Mapping[str, NodeFacts] = field(repr=False)

    @property
    def order(self) -> tuple[str, ...]:
        """Sources first; without cycles and what is behind them."""
        return self.structure.order

    @property
    def live(self) -> frozenset[str]:
        """The nodes that make the model."""
        return self.structure.live

    def shape(self, id: str, port: int = 0) -> Shape | None:
        """The shape on an output port; None while unknown."""
        outputs = self.facts[id].outputs
        return outputs[port] if port < len(outputs) else None

    @cached_property
    def trainable(self) -> int:
        """Trainable numbers in the model, nodes outside it left out."""
        return sum(self.facts[id].trainable for id in self.live)

    @cached_property
    def fixed(self) -> int:
        """Numbers in the model that training does not change."""
        return sum(self.facts[id].fixed for id in self.live)

    @cached_property
    def flops(self) -> int | None:
        """For one row, in inference; None while any dimension is unknown."""
        total = 0
        for id in self.live:
            flops = self.facts[id].flops
            if flops is None:
                return None
            total += flops
        return total


def analyze(graph: Graph, previous: Analysis | None = None) -> Analysis:
    """Everything that follows from ``graph``, in time linear in its size.

    ``previous``, the analysis of an earlier drawing, only saves work: what cannot have changed
    since is taken over.
    """
    structure = _structure(graph, previous)
    old_nodes = previous.graph.nodes if previous else {}
    old_facts = previous.facts if previous else {}
    facts: dict[str, NodeFacts] = {}
    into = graph.wires_into
    nodes = graph.nodes
    for id in structure.order:
        node = nodes[id]
        inputs = tuple(
            outputs[wire.source_port]
            if wire.source_port < len(outputs := facts[wire.source].outputs)
            else None
            for wire in into.get(id, ())
        )
        old = old_facts.get(id)
        if old is not None and old.inputs == inputs and node.shares is None:
            before = old_nodes[id]
            if before is node or (before.type == node.type and before.params == node.params):
                facts[id] = old
                continue
        facts[id] = _node_facts(graph, node, inputs, facts)
    for id in nodes:
        if id not in facts:
            facts[id] = NodeFacts(inputs=(None,) * len(into.get(id, ())))
    return Analysis(graph, structure, facts)


def _structure(graph: Graph, previous: Analysis | None) -> Structure:
    if previous is not None and previous.graph.wires is graph.wires:
        before = previous.graph.nodes
        if before.keys() == graph.nodes.keys() and all(
            before[id] is node or before[id].type == node.type for id, node in graph.nodes.items()
        ):
            return previous.structure
    digraph = to_networkx(graph)
    order: list[str] = []
    cyclic: tuple[str, ...] = ()
    try:
        order.extend(nx.topological_sort(digraph))
    except nx.NetworkXUnfeasible:
        knots = [
            knot
            for knot in nx.strongly_connected_components(digraph)
            if len(knot) > 1 or digraph.has_edge(*(2 * tuple(knot)))
        ]
        tangled = set[str]().union(*knots)
        cyclic = tuple(id for id in graph.nodes if id in tangled)
        behind = _reach(digraph, tangled)
        order = list(nx.topological_sort(digraph.subgraph([n for n in digraph if n not in behind])))
    sources = [id for id, node in graph.nodes.items() if node.type == "Input"]
    fed = _reach(digraph, sources)
    # A lone Input is not an output of itself: a model needs a layer.
    ends = [
        id
        for id in graph.nodes
        if id in fed and not graph.wires_from.get(id) and graph.nodes[id].type != "Input"
    ]
    live = frozenset(fed & _reach(digraph.reverse(copy=False), ends))
    return Structure(
        tuple(order), cyclic, tuple(id for id in sources if id in live), tuple(ends), live
    )


def _reach(digraph: nx.MultiDiGraph[str], roots: Collection[str]) -> set[str]:
    """``roots`` and all that can be reached from them."""
    return set(chain.from_iterable(nx.bfs_layers(digraph, roots))) if roots else set()


def _node_facts(
    graph: Graph, node: Node, inputs: tuple[Shape | None, ...], facts: Mapping[str, NodeFacts]
) -> NodeFacts:
    entry = LAYERS.get(node.type)
    if entry is None:
        near = near_names(node.type)
        hint = f" Did you mean {' or '.join(near)}?" if near else ""
        return NodeFacts(
            inputs, failures=(Failure("STR21", f"There is no layer type {node.type!r}.{hint}"),)
        )
    if problems := entry.check(node.params):
        return NodeFacts(
            inputs,
            failures=tuple(
                Failure("STR22", f"{name}: {reason}", name) for name, reason in problems.items()
            ),
        )
    if len(inputs) < entry.min_inputs or None in inputs:
        return NodeFacts(inputs)
    shapes = [shape for shape in inputs if shape is not None]
    try:
        outputs = entry.output_shapes(shapes, node.params)
        weights = entry.weights(shapes, node.params)
    except ShapeError as error:
        return NodeFacts(inputs, failures=(Failure(error.code, str(error)),))
    if node.shares is not None and node.shares in graph.nodes:
        owner = facts.get(node.shares)
        if owner is not None and owner.outputs and owner.weights != weights:
            name = graph.nodes[node.shares].name
            return NodeFacts(
                inputs,
                failures=(
                    Failure(
                        "STR23",
                        f"The weights shared with {name!r} were built for "
                        f"{', '.join(map(str, owner.inputs))} and do not fit {inputs[0]}.",
                    ),
                ),
            )
        weights = ()
    return NodeFacts(inputs, outputs, weights, entry.flops(shapes, outputs, node.params))
