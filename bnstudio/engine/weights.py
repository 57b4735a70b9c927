"""The weights that a built model begins with, from the file beside the project."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio.engine.errors import JobError
from bnstudio.graph import key
from bnstudio.weights import WeightsError, array_of, open_weights

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.engine.builder import Built
    from bnstudio.graph import Graph, Path
    from bnstudio.weights import Array, Weights


def open_side_file(path: str) -> Weights:
    """The weights in a file.

    Raises:
        JobError: If there are none.
    """
    try:
        return open_weights(FilePath(path))
    except WeightsError as error:
        raise JobError(f"The layers cannot begin with the project's weights. {error}") from error


def put(built: Built, graph: Graph, weights: Weights) -> list[str]:
    """Gives each layer the weights that the file has for it, and says of those that do not fit.

    A layer of which one array does not fit keeps all of its own.

    Raises:
        JobError: If the file cannot be read.
    """
    fitting: dict[str, Any] = {}
    unfit: list[str] = []
    for id, layer in owned(built, graph):
        held = weights.layers.get(id)
        if held is None or not layer.weights:
            continue
        if [tuple(variable.shape) for variable in layer.weights] != [each.shape for each in held]:
            unfit.append(layer.name)
        else:
            fitting[id] = layer
    try:
        for layer, arrays in zip(fitting.values(), weights.each(fitting), strict=True):
            for variable, array in zip(layer.weights, arrays, strict=True):
                variable.assign(_tensor(array))
    except WeightsError as error:
        raise JobError(f"The layers cannot begin with their weights. {error}") from error
    settle(built.model)
    if not unfit:
        return []
    shown = ", ".join(unfit[:5]) + (f" and {len(unfit) - 5} more" if len(unfit) > 5 else "")
    return [
        f"These layers begin with new weights, for those of {weights.origin or 'the project'} have "
        f"other shapes: {shown}."
    ]


def adapted(model: Any) -> list[Any]:
    """The layers that compute with a copy of their variables, which was made when these were set.

    What is traced before that goes on with the earlier copy.
    """
    layers = model._flatten_layers(include_self=False)
    return [
        layer
        for layer in layers
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None
    ]


def settle(model: Any) -> None:
    """To be called where variables of a model were set from outside: all layers go by them then."""
    for layer in adapted(model):
        layer.finalize_state()


def arrays(built: Built, graph: Graph) -> Iterator[tuple[str, tuple[Array, ...]]]:
    """What ``bnstudio.weights.write`` takes: the weights that a model has now."""
    for id, layer in owned(built, graph):
        if layer.weights:
            yield id, tuple(array_of(np.asarray(weight.numpy())) for weight in layer.weights)


def owned(built: Built, graph: Graph, path: Path = ()) -> Iterator[tuple[str, Any]]:
    """Each layer once, those in models too, with the key of the node that has it."""
    seen: set[str] = set()
    for node, layer in built.layers.items():
        owner = graph.layer_of(node)
        if owner.id in seen:
            continue
        seen.add(owner.id)
        if owner.inside is None:
            yield key(path, owner.id), layer
        else:
            yield from owned(built.inside[node], owner.inside, (*path, owner.id))


def paths_of(model: Any) -> list[str]:
    """What each variable of a model is called in a checkpoint, in their order.

    That is Keras's path. Of a layer in a model in the model it does not say in which, so the names
    of these come first.
    """
    places: dict[int, str] = {}
    _place(model, "", places)
    return [places.get(id(variable), "") + variable.path for variable in model.variables]


def _place(model: Any, at: str, places: dict[int, str]) -> None:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            inside = f"{at}{layer.name}/"
            places.update((id(variable), inside) for variable in layer.variables)
            _place(layer, inside, places)


def _tensor(array: Array) -> Any:
    if array.dtype != "bfloat16":
        return array.values
    import ml_dtypes

    return array.values.view(ml_dtypes.bfloat16)
