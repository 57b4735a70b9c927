"""From a plan to the Keras model, call by call as the exported script makes them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from bnstudio.engine.errors import JobError, say
from bnstudio.engine.objects import make_layer
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
        layers: The Keras layer of each node that has one of its own or shares one.
        inputs: What each node's call takes.
    """

    model: Any
    tensors: Mapping[Tensor, Any]
    layers: Mapping[str, Any]
    inputs: Mapping[str, tuple[Tensor, ...]]


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
    return _sequential(plan) if plan.sequential else _functional(plan)


def _sequential(plan: Plan) -> Built:
    layers = {call.node: _make(call) for call in plan.calls}
    try:
        model = keras.Sequential(list(layers.values()))
    except Exception as error:
        # Built call by call, the same refusal comes with the node it is about.
        _functional(plan)
        raise JobError(say(error)) from error
    entry, *rest = plan.calls
    tensors = {Tensor(entry.node): model.inputs[0]}
    tensors |= {Tensor(call.node): layers[call.node].output for call in rest}
    return Built(model, tensors, {call.node: layers[call.node] for call in rest}, _wired(plan))


def _functional(plan: Plan) -> Built:
    tensors: dict[Tensor, Any] = {}
    layers: dict[str, Any] = {}
    for call in plan.calls:
        if call.type == "Input":
            tensors[Tensor(call.node)] = _make(call)
            continue
        layer = layers[call.node] = layers[call.reuses] if call.reuses else _make(call)
        try:
            given = call.arrange([tensors[tensor] for tensor in call.inputs])
            made = layer(*given.positional, **given.keyword, **given.options)
        except Exception as error:
            raise JobError(
                f"Keras cannot call {call.name!r} ({call.type}): {say(error)}", call.node
            ) from error
        for port, tensor in enumerate(made if isinstance(made, list | tuple) else (made,)):
            tensors[Tensor(call.node, port)] = tensor
    inputs = [tensors[Tensor(id)] for id in plan.inputs]
    outputs = [tensors[tensor] for tensor in plan.outputs]
    model = keras.Model(_single(inputs), _single(outputs))
    return Built(model, tensors, layers, _wired(plan))


def _wired(plan: Plan) -> dict[str, tuple[Tensor, ...]]:
    return {call.node: call.inputs for call in plan.calls}


def _make(call: Call) -> Any:
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


def _single(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
