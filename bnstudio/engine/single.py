"""One layer of a model as a model of its own, to see what it is that cannot be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.plan import Call, Plan, Tensor

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import Any


def single(call: Call, tensors: Mapping[Tensor, Any]) -> Plan:
    """The model of one call and an Input for each of its inputs.

    ``tensors`` are the symbolic ones of the whole model.
    """
    inputs = []
    for port, tensor in enumerate(call.inputs):
        batch, *shape = tensors[tensor].shape
        params = {"shape": tuple(shape), "batch_size": batch, "dtype": str(tensors[tensor].dtype)}
        inputs.append(Call(f"input-{port}", "Input", f"input_{port}", params))
    own = call._replace(inputs=tuple(Tensor(entry.node) for entry in inputs), reuses=None)
    outputs = tuple(tensor for tensor in tensors if tensor.node == call.node)
    return Plan((*inputs, own), tuple(entry.node for entry in inputs), outputs)


def alike(call: Call, tensors: Mapping[Tensor, Any]) -> Hashable:
    """The same for two calls that any form carries or does not: all but the names."""
    given = [(tensors[tensor].shape, str(tensors[tensor].dtype)) for tensor in call.inputs]
    return call.type, _frozen(call.params), _frozen(call.options), repr(given)


def _frozen(params: Mapping[str, Any]) -> str:
    return repr(sorted(params.items()))
