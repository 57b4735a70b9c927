"""Keras objects from plain values: layers, optimizers, losses and what they take.

Arguments are made in the order in which the exported script writes them (required ones first,
then the catalogue's order), because making a random initializer draws a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any

import keras

from bnstudio.engine import foreign
from bnstudio.layers import LAYERS
from bnstudio.layers.applications import MODULES
from bnstudio.layers.foreign import is_foreign
from bnstudio.layers.nested import Nested, NestedList, config_of, entry_of
from bnstudio.layers.params import Object, Param
from bnstudio.settings import LOSSES, OPTIMIZERS

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.settings import Choice


def make_layer(type: str, name: str, params: Mapping[str, Value]) -> Any:
    """The Keras layer, or for Input the tensor, of a node."""
    entry = LAYERS.get(type)
    made = arguments(entry.params if entry else (), params)
    if type == "Input":
        return keras.Input(name=name, **made)
    if is_foreign(type):
        return foreign.make(type, name, made)
    return _class_of(type)(name=name, **made)


def _class_of(type: str) -> Any:
    """The class of a layer type."""
    module = MODULES.get(type)
    return getattr(import_module(module) if module else keras.layers, type)


def make_optimizer(choice: Choice) -> Any:
    """A new optimizer."""
    made = arguments(OPTIMIZERS[choice.name].params, choice.params)
    return getattr(keras.optimizers, choice.name)(**made)


def make_loss(choice: Choice) -> Any:
    """A new loss."""
    made = arguments(LOSSES[choice.name].params, choice.params)
    return getattr(keras.losses, choice.name)(**made)


def arguments(params: Iterable[Param], values: Mapping[str, Value]) -> dict[str, Any]:
    """Keyword arguments for Keras. What ``params`` does not know is passed on as it is."""
    known = {param.name: param for param in params}
    place = {name: index for index, name in enumerate(known)}
    ordered = sorted(
        values,
        key=lambda name: (
            not (name in known and known[name].required),
            place.get(name, len(place)),
        ),
    )
    return {name: _argument(known.get(name), values[name]) for name in ordered}


def _argument(param: Param | None, value: Value) -> Any:
    """A value as Keras takes it: an object or a layer where it describes one."""
    if isinstance(param, NestedList) and isinstance(value, tuple):
        return [_layer(each) for each in value]
    if isinstance(param, Nested):
        return _layer(value)
    if isinstance(param, Object) and isinstance(value, Mapping):
        spec = param.spec(value)
        config = value.get("config", {})
        if spec is not None and isinstance(config, Mapping):
            module = reduce(getattr, param.group.lower().split("."), keras)
            return getattr(module, spec.name)(**arguments(spec.params, config))
    return value


def _layer(value: Value) -> Any:
    """A layer inside another; what describes none is passed on as it is."""
    entry = entry_of(value)
    if entry is None:
        return value
    return getattr(keras.layers, entry.name)(**arguments(entry.params, config_of(value)))
