"""What is measured inside models in the model: their tensors, computed once more from outside.

Keras calls such a model as one operation, so what is inside has no tensor in the model around it. A
second model of the same layers, whose outputs are all that is inside, is called on what the first
is called on. It has no weights of its own, and is computed for measurements alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras

from bnstudio.graph import key
from bnstudio.plan import Tensor

if TYPE_CHECKING:
    from bnstudio.engine.builder import Built


def opened(built: Built) -> Built:
    """The same model, with what is inside its models, by the ids that lead there.

    A model that is called several times is measured at its first call. Its layers stand in
    ``layers`` for every call, for who counts how often they are called.
    """
    if not built.inside:
        return built
    tensors: dict[Tensor, Any] = {}
    layers, inputs = dict(built.layers), dict(built.inputs)
    done: set[str] = set()
    for place, tensor in built.tensors.items():
        inner = built.inside.get(place.node) if place.port == 0 else None
        if inner is not None:
            found, first = opened(inner), inner.owner not in done
            path = (inner.owner if first else place.node,)
            layers |= {key(path, id): layer for id, layer in found.layers.items()}
            if first:
                done.add(inner.owner)
                given = [built.tensors[source] for source in built.inputs[place.node]]
                for at, value in _called(found, given).items():
                    tensors[_at(path, at)] = value
                for id, sources in found.inputs.items():
                    inputs[key(path, id)] = tuple(_at(path, source) for source in sources)
        tensors[place] = tensor
    return replace(built, tensors=tensors, layers=layers, inputs=inputs)


def _called(inner: Built, given: list[Any]) -> dict[Tensor, Any]:
    """What is inside a model, for what it is called on from outside."""
    entries = {id(tensor): place for place, tensor in enumerate(inner.model.inputs)}
    wanted = {at: tensor for at, tensor in inner.tensors.items() if id(tensor) not in entries}
    measured = keras.Model(inner.model.inputs, list(wanted.values()))
    made = iter(measured(given))
    return {
        at: given[entries[id(tensor)]] if id(tensor) in entries else next(made)
        for at, tensor in inner.tensors.items()
    }


def _at(path: tuple[str, ...], tensor: Tensor) -> Tensor:
    return Tensor(key(path, tensor.node), tensor.port)
