"""Whether a wire may be drawn, and if not, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx

from bnstudio.analysis.analyze import analyze
from bnstudio.graph import Wire, connect, to_networkx
from bnstudio.layers import LAYERS

if TYPE_CHECKING:
    from bnstudio.analysis.analyze import Analysis
    from bnstudio.graph import Graph


def next_port(graph: Graph, target: str) -> int:
    """The port where a new wire into ``target`` ends.

    A layer that merges takes one more input; any other has its one input replaced.
    """
    entry = LAYERS.get(graph.nodes[target].type)
    wired = len(graph.wires_into.get(target, ()))
    return 0 if entry is not None and entry.max_inputs == 1 else wired


def why_not(analysis: Analysis, wire: Wire) -> str | None:
    """Why ``wire`` cannot be drawn, as a sentence; None when it can.

    Refused are cycles, inputs that a layer does not have, and shapes that the target cannot take.
    A shape that fails further on is left to the diagnostics.
    """
    graph = analysis.graph
    source, target = graph.nodes[wire.source], graph.nodes[wire.target]
    if wire in graph.wires:
        return f"{source.name} is connected to {target.name} already."
    if wire.source == wire.target or nx.has_path(to_networkx(graph), wire.target, wire.source):
        return f"That would be a cycle: {target.name} leads to {source.name}."
    entry = LAYERS.get(target.type)
    if entry is None:
        return None
    if entry.max_inputs == 0:
        return f"{target.type} has no input: data enters the model there."
    if entry.max_inputs is not None and wire.target_port >= entry.max_inputs:
        count = "one input" if entry.max_inputs == 1 else f"{entry.max_inputs} inputs"
        return f"{target.type} takes {count}."
    if analysis.facts[wire.target].failures:
        return None
    after = analyze(connect(graph, wire), analysis)
    failures = after.facts[wire.target].failures
    return failures[0].message if failures else None
