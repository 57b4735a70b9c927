"""From a plan to the Keras model, call by call as the exported script makes them."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import keras

from bnstudio.engine.errors import JobError, culprit, say
from bnstudio.engine.objects import make_layer
from bnstudio.engine.operations import call_operation
from bnstudio.layers import is_operation
from bnstudio.layers.models import SEQUENTIAL
from bnstudio.layers.opaque import is_opaque
from bnstudio.plan import Tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.plan import Call, Plan


FRAMES = 10
"""More than Keras takes of Python's stack for a layer."""


@dataclass(frozen=True)
class Built:
    """A model, and what in it comes from which node.

    Attributes:
        model: The Keras model.
        tensors: The symbolic tensor of each call's outputs, in graph order.
        layers: The Keras layer of each node that has one of its own or shares one; no operation
            has.
        inputs: What each node's call takes.
        inside: What was built for each node that calls a model in the model.
        owner: The node that this model is, where it stands in another.
    """

    model: Any
    tensors: Mapping[Tensor, Any]
    layers: Mapping[str, Any]
    inputs: Mapping[str, tuple[Tensor, ...]]
    inside: Mapping[str, Built] = field(default_factory=dict)
    owner: str = ""


def build(plan: Plan) -> Built:
    """The Keras model of a plan.

    Raises:
        JobError: If Keras refuses a layer or a call, with the node at fault.
    """
    if not plan.outputs:
        raise JobError(
            "There is no model to build: no layer is on a path from an Input. Connect an Input."
        )
    # Keras walks a model from its end to its start by recursion, some frames a layer.
    sys.setrecursionlimit(max(sys.getrecursionlimit(), FRAMES * len(plan.calls) + 1_000))
    return _sequential(plan, {}) if plan.sequential else _functional(plan, {})


def _sequential(plan: Plan, given: Mapping[str, Any]) -> Built:
    """The model as a list of layers; ``given`` are further arguments of it."""
    inside = {call.node: _model(call, call.inside) for call in plan.calls if call.inside}
    layers = {call.node: _make(call, inside) for call in plan.calls}
    try:
        model = keras.Sequential(list(layers.values()), **given)
    except Exception as error:
        # Built call by call, the same refusal comes with the node it is about.
        _functional(plan, given)
        raise JobError(f"Keras cannot make the model: {say(error)}") from error
    entry, *rest = plan.calls
    tensors = {Tensor(entry.node): model.inputs[0]}
    # What a model says that it puts out is its own tensor, not that of its call.
    tensors |= {Tensor(call.node): keras.Operation.output.fget(layers[call.node]) for call in rest}
    made = {call.node: layers[call.node] for call in rest}
    return Built(model, tensors, made, _wired(plan), inside)


def _functional(plan: Plan, given: Mapping[str, Any]) -> Built:
    """The model of its inputs and outputs; ``given`` are further arguments of it."""
    tensors: dict[Tensor, Any] = {}
    layers: dict[str, Any] = {}
    inside: dict[str, Built] = {}
    for call in plan.calls:
        if call.type == "Input":
            tensors[Tensor(call.node)] = _make(call, inside)
            continue
        taken = [tensors[tensor] for tensor in call.inputs]
        layer = None
        if call.inside is not None:
            inside[call.node] = _model(call, call.inside)
        elif call.reuses in inside:
            inside[call.node] = inside[call.reuses]
        if not is_operation(call.type):
            layer = layers[call.node] = layers[call.reuses] if call.reuses else _make(call, inside)
        try:
            made = call_operation(call, taken) if layer is None else _called(layer, call, taken)
        except Exception as error:
            raise JobError(
                f"Keras cannot call {call.name!r} ({call.type}): {say(error)}", call.node
            ) from error
        for port, tensor in enumerate(made if isinstance(made, list | tuple) else (made,)):
            tensors[Tensor(call.node, port)] = tensor
    model = _model_of(plan, tensors, given)
    return Built(model, tensors, layers, _wired(plan), inside)


def _model_of(plan: Plan, tensors: Mapping[Tensor, Any], given: Mapping[str, Any]) -> Any:
    """The model between the inputs and the outputs of calls that have been made."""
    inputs = [tensors[Tensor(id)] for id in plan.inputs]
    outputs = [tensors[tensor] for tensor in plan.outputs]
    try:
        return keras.Model(_single(inputs), _single(outputs), **given)
    except Exception as error:
        node = culprit(error, plan)
        named = [f"a model with {c.name!r} ({c.type})" for c in plan.calls if c.node == node]
        what = named[0] if named else "the model"
        raise JobError(f"Keras cannot make {what}: {say(error)}", node) from error


def _called(layer: Any, call: Call, taken: list[Any]) -> Any:
    given = call.arrange(taken)
    return layer(*given.positional, **given.keyword, **given.options)


def _wired(plan: Plan) -> dict[str, tuple[Tensor, ...]]:
    return {call.node: call.inputs for call in plan.calls}


def _make(call: Call, inside: Mapping[str, Built]) -> Any:
    if call.node in inside:
        return inside[call.node].model
    if is_opaque(call.type):
        # Keras could make it of its description, which may be anybody's; it is not asked to.
        raise JobError(
            f"{call.name!r} ({call.type}) is kept as its file describes it, and is not built here.",
            call.node,
        )
    try:
        return make_layer(call.type, call.name, call.params)
    except Exception as error:
        raise JobError(
            f"Keras cannot make {call.name!r} ({call.type}): {say(error)}", call.node
        ) from error


def _model(call: Call, inside: Plan) -> Built:
    """A model in the model; what Keras refuses inside is said of the node that it is."""
    given = {**call.params, "name": call.name}
    try:
        chain = call.type == SEQUENTIAL and inside.sequential
        made = (_sequential if chain else _functional)(inside, given)
    except JobError as error:
        raise JobError(f"In {call.name!r}: {error}", call.node) from error
    except Exception as error:
        raise JobError(
            f"Keras cannot make the model {call.name!r}: {say(error)}", call.node
        ) from error
    return replace(made, owner=call.owner or call.node)


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
