"""One layer of a model as a model of its own, to see what it is that cannot be done."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING

from bnstudio.plan import Call, Plan, Tensor

if TYPE_CHECKING:
    from typing import Any


def single(call: Call, calls: Mapping[str, Call], dtypes: Mapping[Tensor, str]) -> Plan | None:
    """The model of one call and an Input for each of its inputs; None where a shape is unknown.

    ``calls`` are those of the whole model by node, ``dtypes`` what each of its tensors is made of.
    """
    inputs = []
    for port, tensor in enumerate(call.inputs):
        shapes = calls[tensor.node].shapes
        if len(shapes) <= tensor.port or shapes[tensor.port] is None:
            return None
        batch, *shape = shapes[tensor.port]
        params = {"shape": tuple(shape), "batch_size": batch, "dtype": dtypes[tensor]}
        inputs.append(Call(f"input-{port}", "Input", f"input_{port}", params))
    wired = tuple(Tensor(entry.node) for entry in inputs)
    own = call._replace(inputs=wired, reuses=None)
    outputs = tuple(Tensor(call.node, port) for port in range(max(1, len(call.shapes))))
    return Plan((*inputs, own), tuple(entry.node for entry in inputs), outputs)


def alike(call: Call, calls: Mapping[str, Call]) -> Hashable:
    """The same for two calls that any form carries or does not: all but the names."""
    shapes = tuple(calls[tensor.node].shapes[tensor.port :][:1] for tensor in call.inputs)
    return call.type, _frozen(call.params), _frozen(call.options), shapes


def _frozen(value: Any) -> Hashable:
    return repr(sorted(value.items())) if isinstance(value, Mapping) else repr(value)
