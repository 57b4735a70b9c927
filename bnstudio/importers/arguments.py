"""A layer's configuration as the catalogue writes arguments: Keras's defaults left out."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from bnstudio.graph import freeze
from bnstudio.layers import ALIASES, LAYERS
from bnstudio.layers.nested import Nested, NestedList, config_of, entry_of
from bnstudio.layers.params import REQUIRED, Activation, Float, Int, Ints, Object
from bnstudio.project.strict import MAX_INT

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers import LayerType, Shape
    from bnstudio.layers.params import Param, Spec

RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "ReLU": {"theta": "threshold"},
}
"""Arguments that had another name in Keras 2, by the class that has them now."""

CLASSES = {
    **ALIASES,
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "LSTMV1": "LSTM",
    "GRUV1": "GRU",
    "SyncBatchNormalization": "BatchNormalization",
    "ThresholdedReLU": "ReLU",
}
"""Classes that are called otherwise now, or in the catalogue."""

SET_BY_CLASS = {"SyncBatchNormalization": {"synchronized": True}}
"""Arguments of classes of Keras 2 that were another class because of them."""

_NUMBER_BINS = ("Discretization", "Hashing", "HashedCrossing")
"""Layers whose dtype is not float32 but int64 unless it is given, where bins come out by number."""

_RESET = ("GRU", "GRUCell")
"""Layers of which the first files of Keras 2 do not say when they reset: before the product."""

_WITHOUT_EFFECT = frozenset(
    ("name", "implementation", "fused", "batch_input_shape", "batch_shape", "input_length",
     "input_dtype", "build_input_shape", "trainable", "dtype", "rng_type", "query_shape",
     "key_shape", "value_shape", "vocabulary_size", "has_input_vocabulary")
)  # fmt: skip
"""What a layer's configuration says besides its arguments, or what changes no result."""

_WITHOUT_EFFECT_IN = {
    "Discretization": ("epsilon",),
    **{
        f"SeparableConv{rank}D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
        for rank in (1, 2)
    },
}
"""The same of single classes."""

_NO_VALUE: tuple[tuple[str, Value], ...] = (("groups", 1),)
"""Arguments and values that say what is so without an argument of that name."""


MAX_INSIDE = 1_000
"""Layers in a layer, above which a description is not looked into."""


def shape_of(value: Any) -> Shape | None:
    """A shape in a file; None for anything that is none."""
    if isinstance(value, list) and all(
        size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0)
        for size in value
    ):
        return tuple(value)
    return None


def params_of(entry: LayerType, config: Mapping[str, Any]) -> dict[str, Value]:
    """The arguments that differ from Keras's defaults.

    What the catalogue does not take is kept as it is, for the diagnostics to say so.
    """
    if entry.name == "Input":
        config = _input(config)
    if entry.name == "Bidirectional":
        config = _bidirectional(config)
    if entry.name in _RESET and "implementation" in config:
        config = {"reset_after": False, **config}
    renamed = RENAMED.get(entry.name, {})
    values: dict[str, Value] = {}
    for key, raw in config.items():
        name = renamed.get(key, key)
        value = plain_dtype(raw) if name == "dtype" else freeze(raw)
        param = entry.by_name.get(name)
        if param is not None:
            values[name] = fitted(param, value)
        # Without an argument of that name, no value is as good as none.
        elif (
            name not in _WITHOUT_EFFECT
            and name not in _WITHOUT_EFFECT_IN.get(entry.name, ())
            and value not in (None, False)
            and (name, value) not in _NO_VALUE
        ):
            values[name] = value
    params = {
        name: value
        for name, value in values.items()
        if name not in entry.by_name or not _is_default(entry, entry.by_name[name], values)
    }
    place = {name: index for index, name in enumerate(entry.by_name)}
    return dict(sorted(params.items(), key=lambda item: place.get(item[0], len(place))))


def _input(config: Mapping[str, Any]) -> dict[str, Any]:
    """An InputLayer's configuration as ``keras.Input`` takes it."""
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    kept = {key: value for key, value in config.items() if key in LAYERS["Input"].by_name}
    if isinstance(shape, list) and shape:
        kept |= {"shape": shape[1:], "batch_size": shape[0]}
    return kept


def _bidirectional(config: Mapping[str, Any]) -> dict[str, Any]:
    """A Bidirectional's configuration without what it sets in the layers that it is made of."""
    kept = dict(config)
    for key in ("layer", "backward_layer"):
        inner = kept.get(key)
        if isinstance(inner, Mapping) and isinstance(own := inner.get("config"), Mapping):
            own = {name: value for name, value in own.items() if name != "zero_output_for_mask"}
            kept[key] = {**inner, "config": own}
    return kept


def plain_dtype(value: Any) -> Value:
    """A dtype policy by its name; what is no plain policy stays as it is."""
    if isinstance(value, dict):
        inner = value.get("config")
        if value.get("class_name") in ("DTypePolicy", "Policy") and isinstance(inner, dict):
            name = inner.get("name")
            if isinstance(name, str):
                return name
    return freeze(value)


def fitted(param: Param, value: Value) -> Value:
    """A value as the catalogue writes it, where that is the same to Keras."""
    if isinstance(param, Activation):
        return _function_name(value)
    if isinstance(param, Object):
        return object_of(param, value)
    if isinstance(param, NestedList) and isinstance(value, tuple) and len(value) <= MAX_INSIDE:
        return tuple(map(_nested, value))
    if isinstance(param, Nested):
        return _nested(value)
    if isinstance(param, Int) and isinstance(value, tuple) and len(value) == 1:
        return value[0]  # a BatchNormalization of Keras 2 has its axis in a list
    if isinstance(param, Int) and isinstance(value, float) and value.is_integer():
        return int(value) if abs(value) <= MAX_INT else value
    if isinstance(param, Float):
        if param.point and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        return shortened(value)
    if isinstance(value, tuple) and len(value) == 1 and getattr(param, "length", None) == 1:
        return value[0]
    if _is_span(value) and param.check(value):
        return value[1]  # RandomShear writes 0.2 as (-0.2, 0.2), and then does not take it
    return value


def _nested(value: Value) -> Value:
    """A layer in another as the catalogue writes it; what it does not know stays as it is."""
    if not isinstance(value, Mapping) or not _is_kerass(value):
        return value
    name = value.get("class_name")
    entry = entry_of({"class_name": CLASSES.get(name, name)} if isinstance(name, str) else value)
    if entry is None:
        return value
    return {"class_name": entry.name, "config": params_of(entry, config_of(value))}


def known_inside(param: Param, value: Value) -> bool:
    """Whether the layers in an argument are of the catalogue: a model, or somebody's class, is not.

    What is no description of a layer at all is left to the diagnostics.
    """
    if not isinstance(param, Nested):
        return True
    each = value if isinstance(value, tuple) else (value,)
    return all(
        entry_of(one) is not None
        for one in each
        if isinstance(one, Mapping) and isinstance(one.get("class_name"), str)
    )


def _is_span(value: Value) -> TypeGuard[tuple[Value, float]]:
    """Whether it is two numbers, as far from zero on either side."""
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(end, int | float) for end in value)
        and value[0] == -value[1]  # type: ignore[operator]  # both are numbers
    )


def _is_default(entry: LayerType, param: Param, values: Mapping[str, Value]) -> bool:
    value, default = values[param.name], param.default
    if default is REQUIRED:
        return False
    if isinstance(param, Object):
        return value == default or _same_object(param, value, default)
    if value == default and type(value) is type(default):
        return True
    if entry.name == "Bidirectional" and param.name == "backward_layer":
        forward = values.get("layer")
        return _as_backward(forward) == _as_backward(value) and forward != value
    if isinstance(param, Activation):
        return value in (None, "linear") and default in (None, "linear")
    if param.name == "dtype":
        whole = entry.name in _NUMBER_BINS and values.get("output_mode", "int") == "int"
        return value == ("int64" if whole else "float32")
    if param.name == "data_format":
        return value == "channels_last"
    if param.name == "strides" and default is None:
        return value == values.get("pool_size")
    if entry.name == "Input":
        return value is False and default is None
    if isinstance(param, Float) and not isinstance(value, bool):
        return isinstance(value, int) and value == default
    # (2, 2) for 2, and the other way round.
    if isinstance(param, Ints) and isinstance(default, int) and isinstance(value, tuple):
        return param.length == len(value) and value == (default,) * len(value)
    return isinstance(default, tuple) and default == (value,) * len(default)


def _as_backward(value: Value) -> Value:
    """A description of a layer without the way in which it reads."""
    if not isinstance(value, Mapping):
        return value
    return {**value, "config": {**config_of(value), "go_backwards": None}}


def object_of(param: Object, value: Value) -> Value:
    """An initializer and its kin by name, or by class and the arguments that differ."""
    if not isinstance(value, Mapping):
        return value
    spec = param.spec(value)
    config = value.get("config", {})
    if spec is None or not isinstance(config, Mapping) or not _is_kerass(value):
        return value
    kept = spec_params(spec, config)
    if set(kept) - {known.name for known in spec.params}:
        return value
    if not kept and not any(known.required for known in spec.params):
        return next((name for name, of in param.aliases.items() if of == spec.name), spec.name)
    return {"class_name": spec.name, "config": kept}


def spec_params(spec: Spec, config: Mapping[str, Value]) -> dict[str, Value]:
    """The arguments of a small object that differ from its defaults, its name left out."""
    by_name = {param.name: param for param in spec.params}
    kept: dict[str, Value] = {}
    for key, value in config.items():
        param = by_name.get(key)
        if param is None:
            if value is not None and key not in ("name", "dtype"):
                kept[key] = value
            continue
        value = fitted(param, value)
        if param.required or value != param.default:
            kept[key] = value
    return kept


def shortened(value: Value) -> Value:
    """A number that Keras kept as a float32, with the digits that it was written with."""
    if not isinstance(value, float) or abs(value) > 1e38:
        return value
    short = float(f"{value:.7g}")
    return short if _as_float32(short) == _as_float32(value) == value else value


def _as_float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _is_kerass(value: Mapping[str, Value]) -> bool:
    """Whether a description is of a class of Keras's own, and not of another of that name."""
    module, registered = value.get("module"), value.get("registered_name")
    own = module is None or (isinstance(module, str) and module.split(".")[0] == "keras")
    return own and registered in (None, value.get("class_name"))


def _same_object(param: Object, value: Value, default: Value) -> bool:
    """Whether two names mean the same class."""
    if not isinstance(value, str) or not isinstance(default, str):
        return False
    spec = param.spec(value)
    return spec is not None and spec is param.spec(default)


def _function_name(value: Value) -> Value:
    """An activation by its name."""
    if isinstance(value, Mapping) and value.get("class_name") == "function":
        name = value.get("config")
        if isinstance(name, str) and value.get("module") == "keras.activations":
            return name
    return value
