"""Whether a wire may be drawn, and if not, why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.analysis import inside
from bnstudio.analysis.analyze import count_inputs, name_inputs
from bnstudio.analysis.calls import called, entry_count
from bnstudio.layers import LAYERS, ShapeError
from bnstudio.layers.foreign import NotAskedYetError
from bnstudio.lazy import nx

if TYPE_CHECKING:
    from bnstudio.analysis.value import Analysis
    from bnstudio.graph import Graph, Wire


def next_port(graph: Graph, target: str) -> int:
    """The port where a new wire into ``target`` ends.

    A layer that merges takes one more input; a layer whose inputs are all wired has its last one
    replaced, which for most layers is its only one.
    """
    entry = LAYERS.get(graph.nodes[target].type)
    wired = len(graph.wires_into.get(target, ()))
    if (taken := entry_count(graph, target)) is not None:
        return min(wired, max(0, taken - 1))
    if entry is None:
        return wired
    _, most = entry.input_counts(called(graph, target).params)
    return min(wired, most - 1) if most else wired


def why_not(analysis: Analysis, wire: Wire) -> str | None:
    """Why ``wire`` cannot be drawn, as a sentence; None when it can.

    Refused are cycles, inputs that a layer does not have, and shapes that the target cannot take.
    A shape that fails further on is left to the diagnostics.
    """
    graph = analysis.graph
    for id in (wire.source, wire.target):
        if id not in graph.nodes:
            return f"There is no node {id!r} in the drawing."
    source, target = graph.nodes[wire.source], graph.nodes[wire.target]
    if wire in graph.wires_into.get(wire.target, ()):
        return f"{source.name} is connected to {target.name} already."
    if wire.source == wire.target:
        return f"That would be a cycle: {target.name} would feed itself."
    entry = LAYERS.get(target.type)
    if entry is not None and entry.max_inputs == 0:
        return f"{target.type} has no input: data enters the model there."
    # Nothing leads to a node without wires into it.
    if wire.source in graph.wires_into and nx.has_path(graph.digraph, wire.target, wire.source):
        return f"That would be a cycle: {target.name} leads to {source.name}."
    outputs = analysis.facts[wire.source].outputs
    if outputs and wire.source_port >= len(outputs):
        count = "one output" if len(outputs) == 1 else f"{len(outputs)} outputs"
        return f"{source.name} has {count}."
    if (taken := entry_count(graph, wire.target)) is not None and wire.target_port >= taken:
        return f"{target.name} takes {count_inputs(taken)}."
    inner = analysis.facts[wire.target].inner
    if inner is not None:
        before = (None,) * wire.target_port
        return inside.refusal(inner, (*before, analysis.shape(wire.source, wire.source_port)))
    if entry is None:
        return None
    params = called(graph, wire.target).params
    _, most = entry.input_counts(params)
    if most is not None and wire.target_port >= most:
        return f"{target.type} takes {name_inputs(entry, params)}."
    return _refusal(analysis, wire)


def _refusal(analysis: Analysis, wire: Wire) -> str | None:
    """Why the target's layer cannot take the shapes it would then get; None while one is unknown.

    Only the target is looked at, so that this can be asked of every port while a wire is dragged.
    """
    graph = analysis.graph
    layer = called(graph, wire.target)
    entry = LAYERS.get(layer.type)
    if entry is None or entry.check(layer.params):
        return None
    kept = [
        old for old in graph.wires_into.get(wire.target, ()) if old.target_port != wire.target_port
    ]
    ends = sorted([*kept, wire], key=lambda end: end.target_port)
    shapes = [
        shape for end in ends if (shape := analysis.shape(end.source, end.source_port)) is not None
    ]
    if len(shapes) < len(ends) or len(ends) < entry.input_counts(layer.params)[0]:
        return None
    try:
        entry.output_shapes(shapes, layer.params)
    except NotAskedYetError:
        return None
    except ShapeError as error:
        return str(error)
    return None
