"""Functions of TensorFlow that are several operations or a layer in Keras 3, written as these.

Keras 2 has written such a function as one layer; here the configuration gets what does the same.
The last of several keeps the name, so that nothing else has to be changed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from bnstudio.importers.legacy_operations import function_of, is_one

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Calls = list[list[Any]]

Raw = dict[str, Any]

_OPERATION = "keras.src.ops.numpy"
_SHAPES = ("shape", "size", "rank")
_SUM = "math.add_n"
_SLICING = "__operators__.getitem"


class Sizes:
    """What stands for a size of a tensor in the calls of a configuration."""

    def __init__(self, layers: list[Any]) -> None:
        self._layers = {str(raw.get("name")): raw for raw in layers if isinstance(raw, dict)}

    def is_batch(self, value: Any) -> bool:
        """Whether a value is how many rows there are: the first entry of a tensor's shape."""
        if not _is_tensor(value):
            return False
        slicing = self._layers.get(value[0])
        call = _only_call(slicing)
        if call is None or _function(slicing) != _SLICING:
            return False
        shape = self._layers.get(call[0])
        return call[3].get("slice_spec") == 0 and shape is not None and _function(shape) == "shape"


def taken_apart(layers: list[Any], outputs: Any) -> list[Any]:
    """The layers with such functions written as what Keras 3 has; ``layers`` where there are none.

    ``outputs`` are the outputs of the model, as the configuration has them.
    """
    if not any(_function(raw) for raw in layers):
        return layers
    sizes, changed = Sizes(layers), False
    made: list[Any] = []
    names = {raw.get("name") for raw in layers if isinstance(raw, dict)}
    for raw in layers:
        parts = _parts(raw, sizes, names)
        changed |= parts is not None
        made += [raw] if parts is None else parts
    return _without_sizes(made, outputs) if changed else layers


def _parts(raw: Any, sizes: Sizes, names: set[Any]) -> list[Raw] | None:
    if _function(raw) == _SUM and _on_lists(raw):
        return [{**_layer(raw, "Add", []), "inbound_nodes": raw["inbound_nodes"]}]
    make = _MAKERS.get(_function(raw))
    calls = _calls(raw) if make is not None else None
    if make is None or calls is None:
        return None
    inner = f"{raw['name']}_part"
    while inner in names:
        inner += "_"
    names.add(inner)
    return make(raw, calls, inner, sizes)


def _function(raw: Any) -> str:
    """The function of TensorFlow's that a layer is; empty for any other layer."""
    config = raw.get("config") if isinstance(raw, dict) else None
    class_name = raw.get("class_name") if isinstance(raw, dict) else None
    if not isinstance(config, dict) or not isinstance(class_name, str):
        return ""
    return function_of(class_name, config) if is_one(class_name, raw.get("module")) else ""


def _calls(raw: Raw) -> Calls | None:
    """The calls on one tensor each, with their arguments; None where there are others."""
    nodes = raw.get("inbound_nodes")
    if not isinstance(nodes, list) or not nodes or not isinstance(raw.get("name"), str):
        return None
    plain = all(
        isinstance(node, list)
        and len(node) == 4
        and _is_tensor(node[:3])
        and isinstance(node[3], dict)
        for node in nodes
    )
    return nodes if plain else None


def _on_lists(raw: Raw) -> bool:
    """Whether all calls are on two tensors or more, and on nothing else."""
    nodes = raw.get("inbound_nodes")
    return (
        isinstance(nodes, list)
        and isinstance(raw.get("name"), str)
        and all(
            isinstance(node, list)
            and len(node) > 1
            and all(
                isinstance(entry, list) and _is_tensor(entry[:3]) and entry[3:] in ([], [{}])
                for entry in node
            )
            for node in nodes
        )
    )


def _only_call(raw: Raw | None) -> list[Any] | None:
    calls = _calls(raw) if raw is not None else None
    return calls[0] if calls is not None and len(calls) == 1 else None


def _is_tensor(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and isinstance(value[0], str)
        and all(isinstance(at, int) and not isinstance(at, bool) and at >= 0 for at in value[1:])
    )


def _layer(raw: Raw, class_name: str, calls: Calls, **config: Any) -> Raw:
    """A layer in the place of a function, called on the same tensors."""
    own = {"name": raw["name"], "trainable": True, **config}
    nodes = [[[*call[:3], {}]] for call in calls]
    return {"class_name": class_name, "config": own, "name": raw["name"], "inbound_nodes": nodes}


def _again(raw: Raw, function: str, name: str, nodes: list[Any]) -> Raw:
    """Another function of TensorFlow's, as a layer like the first."""
    config = {**raw["config"], "name": name, "function": function}
    return {**raw, "name": name, "config": config, "inbound_nodes": nodes}


def _squared_difference(raw: Raw, calls: Calls, inner: str, _sizes: Sizes) -> list[Raw] | None:
    return [
        _again(raw, "math.subtract", inner, calls),
        _again(raw, "math.square", raw["name"], [[inner, at, 0, {}] for at in range(len(calls))]),
    ]


def _product(raw: Raw, calls: Calls, inner: str, _sizes: Sizes) -> list[Raw] | None:
    """A product of matrices of which one is turned."""
    if len(calls) != 1:
        return None
    *first, given = calls[0]
    flags = {side: given.get(f"transpose_{side}") or given.get(f"adjoint_{side}") for side in "ab"}
    turned = [side for side in "ab" if flags[side]]
    second = given.get("b")
    if len(turned) != 1 or not _is_tensor(second):
        return None
    source = first if turned == ["a"] else second
    swap = {
        "class_name": "Swapaxes",
        "module": _OPERATION,
        "config": {"name": inner, "axis1": -2, "axis2": -1},
        "name": inner,
        "inbound_nodes": [[[*source, {}]]],
    }
    ends = {"a": first, "b": second, turned[0]: [inner, 0, 0]}
    kept = {key: value for key, value in given.items() if not key.startswith(("transpose", "adj"))}
    return [swap, {**raw, "inbound_nodes": [[*ends["a"], {**kept, "b": ends["b"]}]]}]


def _reshaped(raw: Raw, calls: Calls, _inner: str, sizes: Sizes) -> list[Raw] | None:
    """A shape whose first entry is how many rows there are is what the layer Reshape gives."""
    shapes = [call[3].get("shape") for call in calls]
    shape = shapes[0]
    if any(other != shape for other in shapes) or not isinstance(shape, list) or not shape:
        return None
    if not sizes.is_batch(shape[0]):
        return None
    return [_layer(raw, "Reshape", calls, target_shape=shape[1:])]


def _flattened(raw: Raw, calls: Calls, _inner: str, _sizes: Sizes) -> list[Raw] | None:
    return [_layer(raw, "Flatten", calls)]


def _passed_on(raw: Raw, calls: Calls, _inner: str, _sizes: Sizes) -> list[Raw] | None:
    if any(call[3].get("dtype") is not None for call in calls):
        return None
    return [_layer(raw, "Identity", calls)]


_MAKERS: dict[str, Callable[[Raw, Calls, str, Sizes], list[Raw] | None]] = {
    "math.squared_difference": _squared_difference,
    "linalg.matmul": _product,
    "reshape": _reshaped,
    "keras.backend.batch_flatten": _flattened,
    "identity": _passed_on,
    "convert_to_tensor": _passed_on,
}


def _without_sizes(layers: list[Any], outputs: Any) -> list[Any]:
    """The layers without those that only say a size that nobody asks for any more."""
    users = Counter(_named(outputs))
    for raw in layers:
        users.update(_named(raw.get("inbound_nodes")) if isinstance(raw, dict) else ())
    asking = {raw["name"] for raw in layers if _function(raw) in _SHAPES and _calls(raw)}
    kept = []
    for raw in reversed(layers):
        asks = _function(raw) in _SHAPES or (
            _function(raw) == _SLICING and (call := _only_call(raw)) and call[0] in asking
        )
        if asks and not users[raw.get("name")]:
            users.subtract(_named(raw.get("inbound_nodes")))
        else:
            kept.append(raw)
    return kept[::-1]


def _named(value: Any) -> Iterator[str]:
    """The layers that calls or outputs name."""
    if _is_tensor(value[:3] if isinstance(value, list) else value):
        yield value[0]
        value = value[3:]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for entry in inside:
        yield from _named(entry)
