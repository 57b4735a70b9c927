"""A model in a model, replaced by its layers: a pure edit, for where one asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bnstudio.analysis import analyze, count_inputs, exits, knots
from bnstudio.graph import EditError, Graph, Wire, free_name, key, set_params
from bnstudio.importers.laid_out import laid_out
from bnstudio.importers.model import Drawn, draw
from bnstudio.layers.opaque import holds_model, opaque, tensor
from bnstudio.project import ProjectError

if TYPE_CHECKING:
    from bnstudio.graph import Node, Value
    from bnstudio.layers.opaque import Opaque

Ends = dict[tuple[str, int], tuple[str, int]]
"""What takes the place of an output, by node and port."""


def can_expand(graph: Graph, id: str) -> bool:
    """Whether a node is a model in the model."""
    node = graph.nodes.get(id)
    if node is None:
        return False
    owner = graph.layer_of(id)
    return owner.inside is not None or holds_model(owner.type)


def expand(graph: Graph, id: str) -> Graph:
    """The drawing with a model in it replaced by its layers, at each of its calls, laid out anew.

    Raises:
        EditError: If it cannot be drawn, or is called in another way than on its inputs.
    """
    return expanded(graph, id)[0]


def expanded(graph: Graph, id: str) -> tuple[Graph, dict[str, str]]:
    """What ``expand`` gives, and the new key of each layer that was inside, by the one it had."""
    owner = graph.layer_of(id)
    inner = _inside(graph, id)
    inputs = [node.id for node in inner.graph.nodes.values() if node.type == "Input"]
    calls = [other for other in graph.nodes if graph.layer_of(other).id == owner.id]
    if any(call in knot for knot in knots(graph) for call in calls):
        raise EditError(f"{owner.name!r} cannot be expanded: it stands in a cycle.")
    for call in calls:
        _check_call(graph, call, inputs)
    calls.sort(key=lambda call: call != owner.id)
    nodes: dict[str, dict[str, Node]] = {}
    wires = list(graph.wires)
    first: Mapping[str, str] = {}
    taken = set(graph.nodes)
    names = {node.name for node in graph.nodes.values()} - {graph.nodes[c].name for c in calls}
    for call in calls:
        new = _new_ids(inner, taken)
        nodes[call] = _copies(inner, new, first, names)
        wires = _joined(wires, call, inner, inputs, new)
        first = first or new
    made: dict[str, Node] = {}
    for other, node in graph.nodes.items():
        made |= nodes.get(other, {other: node})
    moved = {key((owner.id,), old): new for old, new in first.items()}
    return laid_out(Graph(made, tuple(wires))), moved


def _inside(graph: Graph, id: str) -> Drawn:
    """The drawing of a model, its layers frozen where it is."""
    owner = graph.layer_of(id)
    if not can_expand(graph, id):
        raise EditError(f"{owner.name!r} is not a model that could be expanded.")
    if owner.inside is not None:
        ends = exits(analyze(owner.inside))
        frozen = owner.params.get("trainable") is False
        return Drawn(_frozen(owner.inside) if frozen else owner.inside, ends, (), owner.name)
    kept = opaque(owner, owner)
    if kept is None:
        raise EditError(f"{owner.name!r} is not a model that could be expanded.")
    try:
        return draw(_as_json(kept.description), owner.name)
    except ProjectError as error:
        raise EditError(f"{owner.name!r} cannot be expanded: {error}.") from None


def _frozen(graph: Graph) -> Graph:
    """The drawing with every layer frozen, as all in it are while it stands in a frozen model."""
    ids = [id for id, node in graph.nodes.items() if node.type != "Input" and node.shares is None]
    return set_params(graph, ids, {"trainable": False})


def _check_call(graph: Graph, id: str, inputs: list[str]) -> None:
    owner, node = graph.layer_of(id), graph.nodes[id]
    wired = [wire.target_port for wire in graph.wires_into.get(id, ())]
    sound = owner.inside is not None
    if not sound:
        call = opaque(owner, node)
        sound = call is not None and _takes_inputs(call, len(inputs))
    if wired != list(range(len(inputs))) or not sound:
        come = {0: "no wire comes", 1: "1 wire comes"}.get(len(wired), f"{len(wired)} wires come")
        why = f"it takes {count_inputs(len(inputs))}, and {come} in"
        if wired == list(range(len(inputs))):
            why = "it is called in another way than on its inputs"
        raise EditError(f"{node.name!r} cannot be expanded: {why}.")


def _takes_inputs(call: Opaque, count: int) -> bool:
    ports: tuple[Value, ...] = tuple(tensor(port) for port in range(count))
    given = call.args[0] if len(call.args) == 1 else None
    return not call.kwargs and (given == ports or (given,) == ports)


def _new_ids(inner: Drawn, taken: set[str]) -> dict[str, str]:
    """A free id for each node inside but the inputs, which are taken then."""
    new: dict[str, str] = {}
    for id, node in inner.graph.nodes.items():
        if node.type != "Input":
            new[id] = free_name(id, taken)
            taken.add(new[id])
    return new


def _copies(
    inner: Drawn, new: Mapping[str, str], first: Mapping[str, str], names: set[str]
) -> dict[str, Node]:
    """The nodes of one call; those of a later call share the layers of the first."""
    copies: dict[str, Node] = {}
    for old, id in new.items():
        node = inner.graph.nodes[old]
        shares = first.get(node.shares or old) or new.get(node.shares or "")
        name = free_name(node.name, names) if node.name in names else node.name
        names.add(name)
        inside = None if shares else node.inside
        copies[id] = replace(node, id=id, name=name, shares=shares, inside=inside)
    return copies


def _joined(
    wires: list[Wire], call: str, inner: Drawn, inputs: list[str], new: Mapping[str, str]
) -> list[Wire]:
    """The wires with those of a call led on to the layers inside."""
    fed = {wire.target_port: wire[:2] for wire in wires if wire.target == call}
    ends: Ends = {(id, 0): fed[port] for port, id in enumerate(inputs)}
    ends |= {
        (wire.source, wire.source_port): (new[wire.source], wire.source_port)
        for wire in inner.graph.wires
        if wire.source in new
    }
    outputs = [ends.get(end) or (new[end[0]], end[1]) for end in inner.outputs]
    joined: list[Wire] = []
    for wire in wires:
        if wire.source == call and wire.source_port >= len(outputs):
            raise EditError(
                f"{call!r} cannot be expanded: a wire starts at output {wire.source_port}, and it "
                f"has {len(outputs)}."
            )
        if wire.source == call:
            wire = Wire(*outputs[wire.source_port], wire.target, wire.target_port)
        if wire.target != call:
            joined.append(wire)
    inside = [
        Wire(*ends[wire.source, wire.source_port], new[wire.target], wire.target_port)
        for wire in inner.graph.wires
        if wire.target in new
    ]
    return [*joined, *inside]


def _as_json(value: Value) -> Any:
    """A description as the file had it: every tuple a list."""
    if isinstance(value, tuple):
        return [_as_json(entry) for entry in value]
    if isinstance(value, Mapping):
        return {key: _as_json(entry) for key, entry in value.items()}
    return value
