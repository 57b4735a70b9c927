"""The list of layer calls that a drawing comes down to.

The engine builds a Keras model from it and the exporters print it, so the two cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.analysis import called, exits
from bnstudio.layers import LAYERS, OUTPUT, Given, Shape, is_operation
from bnstudio.layers.opaque import is_opaque

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Node, Value

NO_OPTIONS: Mapping[str, Value] = MappingProxyType({})
"""The options of a call that has none."""


class Tensor(NamedTuple):
    """An output of a call: the node that made it and the port."""

    node: str
    port: int = 0


class Call(NamedTuple):
    """One layer called on tensors.

    Attributes:
        node: The node it comes from.
        type: The layer type's name.
        name: The Keras layer name. Calls of one layer have the same name.
        params: Keras arguments that differ from the defaults.
        inputs: By port.
        shapes: What comes out, as far as it is known.
        reuses: The node whose call made the layer first; None if this one makes it.
        options: Arguments of the call itself that differ from the defaults.
        inside: The calls that make it, where it is a model in the model; None for any other.
        owner: The node whose layer it is, where that is another.
    """

    node: str
    type: str
    name: str
    params: Mapping[str, Value]
    inputs: tuple[Tensor, ...] = ()
    shapes: tuple[Shape, ...] = ()
    reuses: str | None = None
    options: Mapping[str, Value] = NO_OPTIONS
    inside: Plan | None = None
    owner: str = ""

    def arrange(self, inputs: Sequence[Any]) -> Given:
        """What the layer is called with, given something for each of ``inputs``."""
        entry = LAYERS.get(self.type)
        if entry is not None:
            return entry.arrange(inputs, self.options)
        return Given((inputs[0] if len(inputs) == 1 else list(inputs),), {}, {})


@dataclass(frozen=True)
class Plan:
    """A model as a list of calls.

    Attributes:
        calls: Each after the calls that make its inputs: the inputs first, then each branch at a
            stretch, just before it is needed, as one writes a network down.
        inputs: The nodes where data enters.
        outputs: The tensors that come out.
    """

    calls: tuple[Call, ...]
    inputs: tuple[str, ...]
    outputs: tuple[Tensor, ...]

    @property
    def sequential(self) -> bool:
        """Whether the calls are one chain, each feeding the next, that no layer is in twice.

        A layer that merges takes a list, even of one, which no ``Sequential`` gives it.
        """
        return (
            len(self.inputs) == len(self.outputs) == 1
            and len(self.calls) > 1
            and self.calls[0].type == "Input"
            and self.outputs[0].node == self.calls[-1].node
            and all(
                call.reuses is None
                and len(call.shapes) <= 1
                and not call.options
                and not is_operation(call.type)
                and not (call.type in LAYERS and LAYERS[call.type].max_inputs is None)
                for call in self.calls
            )
            and all(
                call.inputs == (Tensor(before.node),)
                for before, call in zip(self.calls, self.calls[1:], strict=False)
            )
        )


def plan(analysis: Analysis) -> Plan:
    """The calls that make the drawing's model.

    Nodes outside the model (on no path from an Input to an output) are left out, and so is what
    only says that a tensor is an output. A node that fails is still called: what is drawn is what
    is printed.
    """
    graph, structure = analysis.graph, analysis.structure
    makers: dict[str, str] = {}
    calls = []
    into = graph.wires_into
    passed: dict[Tensor, Tensor] = {}
    for id in _as_written(analysis):
        layer = called(graph, id)
        given = [Tensor(wire.source, wire.source_port) for wire in into.get(id, ())]
        inputs = tuple([passed.get(tensor, tensor) for tensor in given] if passed else given)
        if layer.type == OUTPUT:
            passed[Tensor(id)] = inputs[0]
            continue
        maker = makers.setdefault(layer.id, id)
        outputs = analysis.facts[id].outputs
        reuses = None if maker == id else maker
        params, options = _parted(layer)
        if is_opaque(layer.type):
            params = {**params, **graph.nodes[id].params}  # how it is called is each node's own
        inner = analysis.facts[id].inner
        inside = plan(inner) if inner is not None and reuses is None else None
        calls.append(
            Call(
                id,
                layer.type,
                layer.name,
                params,
                inputs,
                outputs,
                reuses,
                options,
                inside,
                "" if layer.id == id else layer.id,
            )
        )
    ends = [Tensor(*end) for end in exits(analysis)]
    return Plan(tuple(calls), structure.inputs, tuple(passed.get(end, end) for end in ends))


def _as_written(analysis: Analysis) -> list[str]:
    """The nodes of the model, each just before the first that needs it; Inputs before all."""
    structure, into = analysis.structure, analysis.graph.wires_into
    left = set(structure.live.intersection(structure.order))
    found = [id for id in structure.inputs if id in left and id not in into]
    left.difference_update(found)
    for end in structure.outputs:
        awaited = [end]
        while awaited:
            id = awaited[-1]
            missing = [wire.source for wire in into.get(id, ()) if wire.source in left]
            if missing and id in left:
                awaited += reversed(missing)
                continue
            awaited.pop()
            if id in left:
                left.remove(id)
                found.append(id)
    return found


def _parted(layer: Node) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """A layer's arguments: those that make it, and those of its calls."""
    entry = LAYERS.get(layer.type)
    if entry is None or not entry.call:
        return layer.params, NO_OPTIONS
    made, options = entry.parted(layer.params)
    known = entry.by_name
    return made, {key: value for key, value in options.items() if value != known[key].default}
