"""From a drawing to its order, shapes, counts and failures."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from bnstudio.analysis import inside
from bnstudio.analysis.calls import called
from bnstudio.analysis.structure import Structure, structure, with_loose
from bnstudio.analysis.value import Analysis, Failure, NodeFacts, sum_up
from bnstudio.graph.diff import differing, window
from bnstudio.layers import LAYERS, ShapeError, near_names, show_shape
from bnstudio.layers.foreign import NotAskedYetError, is_foreign, registered, why_absent
from bnstudio.layers.models import MODEL_TYPES, is_model
from bnstudio.layers.opaque import opaque

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Graph, Node, Value, Wire
    from bnstudio.layers import LayerType, Shape


_LONGEST = 1_000
"""Characters of a message."""


def analyze(graph: Graph, previous: Analysis | None = None) -> Analysis:
    """Everything that follows from ``graph``, in time linear in its size.

    ``previous``, the analysis of an earlier drawing, only saves work: what cannot have changed
    since is taken over. The result is the same without it.
    """
    if previous is None:
        return _afresh(graph, structure(graph))
    before = previous.graph
    if graph is before and previous.known is registered():
        return previous
    nodes, old_nodes = graph.nodes, before.nodes
    others = [(nodes[id], old_nodes.get(id)) for id in differing(old_nodes, nodes)]
    stale = {
        node.id
        for node, old in others
        if old is None
        or (old.type, old.shares) != (node.type, node.shares)
        or old.inside is not node.inside
        or old.params != node.params
    }
    if previous.known is not registered():
        # Inside models there may be layers of others too.
        ids = nodes.items()
        stale |= {id for id, node in ids if is_foreign(node.type) or is_model(node.type)}
    same_wires = graph.wires is before.wires or graph.wires == before.wires
    kept: Structure | None = None
    if same_wires and all(
        (nodes[id].type == "Input") == (old_nodes[id].type == "Input")
        for id in stale & old_nodes.keys()
    ):
        same_nodes = list(nodes) == list(old_nodes)
        kept = previous.structure if same_nodes else with_loose(before, previous.structure, graph)
    found = kept or structure(graph)
    if kept is not previous.structure and (found.cyclic or previous.structure.cyclic):
        return _afresh(graph, found)
    if not same_wires:
        into, old_into = graph.wires_into, before.wires_into
        ends = {wire.target for wire in chain(*window(before.wires, graph.wires))} & nodes.keys()
        stale.update(id for id in ends if into.get(id) != old_into.get(id))
    known = dict(previous.facts)
    for id in old_nodes.keys() - nodes.keys():
        del known[id]
    made = Analysis(graph, found, known)
    stale |= (made.sharing | previous.sharing) & nodes.keys()
    _complete(made, known, stale)
    sum_up(made, previous)
    return made


def _afresh(graph: Graph, found: Structure) -> Analysis:
    facts: dict[str, NodeFacts] = {}
    return _complete(Analysis(graph, found, facts), facts, set(graph.nodes))


def _complete(analysis: Analysis, facts: dict[str, NodeFacts], stale: set[str]) -> Analysis:
    """Fills in the analysis' ``facts``: they hold but for the ``stale`` nodes and what follows."""
    graph, found, sharing = analysis.graph, analysis.structure, analysis.sharing
    made: dict[str, str] = {}
    into, onward, touched = graph.wires_into, graph.wires_from, frozenset(stale)
    for id in found.order:
        if id not in stale:
            continue
        before = facts.get(id)
        # Where a node gave a shape, and only what comes to it is another, its layer is fine.
        fine = before is not None and before.outputs != () and id not in touched
        now = None
        if fine and id not in sharing and graph.nodes[id].type in LAYERS:
            now = _starved(into.get(id, ()), facts)
        if now is None:
            now = _node_facts(graph, id, facts, fine=fine)
        if id in sharing and now.outputs:
            maker = made.setdefault(graph.layer_of(id).id, id)
            if maker != id:
                now = _called_again(graph, id, now, facts[maker])
        if before is None or before.outputs != now.outputs:
            stale.update([wire.target for wire in onward.get(id, ())])
            facts[id] = now
        elif before != now:
            facts[id] = now
    if len(found.order) < len(graph.nodes):
        ordered = set(found.order)
        for id in graph.nodes:
            if id in stale and id not in ordered:
                facts[id] = _node_facts(graph, id, {})
    return analysis


def _node_facts(
    graph: Graph, id: str, facts: Mapping[str, NodeFacts], *, fine: bool = False
) -> NodeFacts:
    """What is known of a node, given what is known of those before it.

    Of a ``fine`` one it is known that its layer, arguments and number of wires are in order.
    """
    inputs, missing = _inputs(graph.wires_into.get(id, ()), facts)
    node = graph.nodes[id]
    if node.shares is not None:
        node = called(graph, id)
        if reason := _cannot_share(graph, id):
            return NodeFacts(inputs, failures=(Failure("STR23", reason),))
    if is_model(node.type):
        before = facts.get(id)
        return _model_facts(node, inputs, before.inner if before else None, missing)
    entry = LAYERS.get(node.type)
    if entry is None:
        return _without_entry(node, graph.nodes[id], inputs)
    failures: tuple[Failure, ...] = ()
    if not fine:
        failures = tuple(
            Failure("STR22", _clipped(f"{name}: {reason}"), name)
            for name, reason in entry.check(node.params).items()
        )
        if reason := _wrong_count(entry, node.params, len(inputs)):
            failures += (Failure("STR26", reason),)
    if missing is not None:
        failures += (missing,)
    shapes = [shape for shape in inputs if shape is not None]
    if failures:
        return NodeFacts(inputs, failures=failures)
    if len(shapes) < max(entry.input_counts(node.params)[0], len(inputs)):
        return _without_shape(inputs)
    try:
        outputs = entry.output_shapes(shapes, node.params)
        weights = entry.weights(shapes, node.params)
    except ShapeError as error:
        return NodeFacts(inputs, failures=(_failure(error),))
    return NodeFacts(inputs, outputs, weights, entry.flops(shapes, outputs, node.params))


def _inputs(
    wires: tuple[Wire, ...], facts: Mapping[str, NodeFacts]
) -> tuple[tuple[Shape | None, ...], Failure | None]:
    """The shapes that come by these wires, and what is wrong where one starts at no output."""
    inputs: list[Shape | None] = []
    missing: Failure | None = None
    for wire in wires:
        outputs = facts[wire.source].outputs if wire.source in facts else ()
        shape = outputs[wire.source_port] if wire.source_port < len(outputs) else None
        inputs.append(shape)
        if outputs and shape is None:
            missing = Failure(
                "STR27",
                f"It is wired to output {wire.source_port} of a layer whose last output is "
                f"{len(outputs) - 1}.",
            )
    return tuple(inputs), missing


def _without_entry(layer: Node, caller: Node, inputs: tuple[Shape | None, ...]) -> NodeFacts:
    """What is known of a node whose layer is not in the catalogue."""
    if (kept := opaque(layer, caller)) is not None:
        return NodeFacts(inputs, kept.outputs(inputs), flops=None)
    if is_foreign(layer.type):
        return NodeFacts(inputs, failures=(Failure("EXT01", why_absent(layer.type)),))
    near = near_names(layer.type)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    failure = Failure("STR21", f"There is no layer type {layer.type!r}.{hint}")
    return NodeFacts(inputs, failures=(failure,))


def _failure(error: ShapeError) -> Failure:
    question = error.question if isinstance(error, NotAskedYetError) else None
    return Failure(error.code, _clipped(str(error)), question=question)


def _clipped(message: str) -> str:
    """A message that can be read; what a file says of a layer may be of any length."""
    return message if len(message) <= _LONGEST else f"{message[: _LONGEST - 1]}…"


def _starved(wires: tuple[Wire, ...], facts: Mapping[str, NodeFacts]) -> NodeFacts | None:
    """What is known of a layer that gets no shape at all by these wires; None if it gets one.

    A wire taken out of a deep model takes the shape from hundreds of nodes at once.
    """
    for wire in wires:
        if (source := facts.get(wire[0])) is not None and source.outputs:
            return None
    return _without_shape((None,) * len(wires)) if wires else None


def _model_facts(
    node: Node,
    inputs: tuple[Shape | None, ...],
    before: Analysis | None,
    missing: Failure | None,
) -> NodeFacts:
    """What is known of a model in the model, given what is known of its ``inputs``."""
    if node.inside is None:
        return NodeFacts(inputs, failures=(Failure("MOD01", "There is nothing inside it."),))
    inner = _inside(node.inside, before)
    wanted = len(inside.entries(inner))
    failures = tuple(
        Failure("STR22", _clipped(f"{name}: {reason}"), name)
        for name, reason in MODEL_TYPES[node.type].check(node.params).items()
    )
    if not inner.structure.outputs:
        failures += (Failure("MOD01", "No Input leads to a layer inside it."),)
    elif len(inputs) > wanted or 0 < len(inputs) < wanted:
        reason = f"It takes {count_inputs(wanted)}, and {len(inputs)} are wired."
        failures += (Failure("STR26", reason),)
    elif refused := inside.refusal(inner, inputs):
        failures += (Failure("STR05", refused),)
    failures += (missing,) if missing is not None else ()
    shapes = [shape for shape in inputs if shape is not None]
    if failures or len(shapes) < max(wanted, len(inputs)):
        return NodeFacts(inputs, failures=failures, inner=inner)
    try:
        outputs, flops = inside.call(inner, shapes)
    except ShapeError as error:
        return NodeFacts(inputs, failures=(_failure(error),), inner=inner)
    if not outputs:
        return NodeFacts(inputs, inner=inner)
    return NodeFacts(inputs, outputs, inside.weights(inner, node.params), flops, (), inner)


# Several nodes may call one model, and each of them asks for what follows from what is inside.
_recent: tuple[Analysis, ...] = ()


def _inside(graph: Graph, before: Analysis | None) -> Analysis:
    global _recent
    now = registered()
    recent = _recent if before is None else (before, *_recent)
    for known in recent:
        if known.graph is graph and known.known is now:
            return known
    made = analyze(graph, before)
    _recent = (made, *_recent[:7])
    return made


# A wire taken out of a deep model takes the shape from hundreds of nodes at once.
@lru_cache(maxsize=256)
def _without_shape(inputs: tuple[Shape | None, ...]) -> NodeFacts:
    """What is known of a node that waits for the shape of another one."""
    return NodeFacts(inputs)


def _wrong_count(entry: LayerType, params: Mapping[str, Value], wired: int) -> str | None:
    """Why a layer cannot take this many wires; an unwired one is for the rules to judge."""
    least, most = entry.input_counts(params)
    if most is not None and wired > most:
        come = "1 wire comes" if wired == 1 else f"{wired} wires come"
        return f"{entry.name} takes {name_inputs(entry, params)}, and {come} in."
    if 0 < wired < least:
        atleast = "" if most == least else "at least "
        return f"{entry.name} needs {atleast}{name_inputs(entry, params)}, and has {wired}."
    return None


def name_inputs(entry: LayerType, params: Mapping[str, Value]) -> str:
    """How many inputs a layer takes, and which: ``2 inputs (query, value)``."""
    least, most = entry.input_counts(params)
    names = ", ".join(port.name for port in entry.open_ports(params))
    return count_inputs(least if most is None else most) + (f" ({names})" if names else "")


def count_inputs(count: int) -> str:
    """``no input``, ``one input``, ``2 inputs``."""
    return {0: "no input", 1: "one input"}.get(count, f"{count} inputs")


def _cannot_share(graph: Graph, id: str) -> str | None:
    node = graph.nodes[id]
    if node.shares not in graph.nodes:
        return "The node whose weights it shares is not in the drawing."
    owner = graph.layer_of(id)
    if owner.id == id:
        return "The sharing of weights runs in a cycle: no layer owns the weights."
    if owner.type != node.type:
        return (
            f"It is a {node.type} and cannot share the weights of {owner.name!r}, a {owner.type}."
        )
    return None


def _called_again(graph: Graph, id: str, now: NodeFacts, first: NodeFacts) -> NodeFacts:
    """The facts of a later call of a layer, given those of the call that made it."""
    if first.weights == now.weights and _fixed(graph, id, first) == _fixed(graph, id, now):
        return replace(now, weights=())
    shapes = [", ".join(map(show_shape, facts.inputs)) for facts in (first, now)]
    return NodeFacts(
        now.inputs,
        failures=(
            Failure(
                "STR23",
                f"The layer of {graph.layer_of(id).name!r} was made for an input of "
                f"{shapes[0]} and does not take {shapes[1]}.",
            ),
        ),
    )


def _fixed(graph: Graph, id: str, facts: NodeFacts) -> object:
    layer = called(graph, id)
    shapes = [shape for shape in facts.inputs if shape is not None]
    return LAYERS[layer.type].fixes(shapes, layer.params) if layer.type in LAYERS else None
