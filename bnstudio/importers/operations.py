"""Operations of a model file: which of the catalogue's they are, and what they are called with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnstudio.graph import freeze
from bnstudio.importers import legacy_operations
from bnstudio.importers.arguments import fitted, shortened
from bnstudio.importers.inputs import Wired
from bnstudio.layers.opaque import port_of
from bnstudio.layers.operands import DTYPES, Index, Operand, index_text
from bnstudio.layers.operations import OPERATIONS, Operation
from bnstudio.layers.params import Wired as Switch

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.importers.calls import Given
    from bnstudio.layers import Shape
    from bnstudio.layers.params import Param

_BY_CLASS = {(entry.module, entry.keras_class): entry for entry in OPERATIONS.values()}


_OF_FLOATS = ("one_hot", "multi_hot")


def find(class_name: str, module: object) -> Operation | None:
    """The operation of a class of ``keras.src.ops``, which has several of one name."""
    home = module.rpartition(".")[2] if isinstance(module, str) else ""
    return _BY_CLASS.get(("image" if home == "image" else "", class_name))


def config_params(entry: Operation, config: Mapping[str, Any]) -> dict[str, Value]:
    """What the configuration says, as the catalogue writes it; the defaults are left out."""
    params: dict[str, Value] = {}
    for key, raw in config.items():
        name = entry.renamed.get(key, key)
        param = entry.by_name.get(name)
        if param is None:
            if key not in ("name", "dtype") and raw not in (None, False):
                params[name] = freeze(raw)
            continue
        value = _value(param, freeze(raw))
        if entry.function in _OF_FLOATS and name == "dtype" and value == "float32":
            continue  # what Keras makes of None itself
        if name == "data_format" and param.default is None and value == "channels_last":
            continue
        _set(params, param, value)
    return params


def operands(
    entry: Operation,
    made: Mapping[str, Value],
    given: Given,
    *,
    class_name: str,
    config: Mapping[str, Any],
) -> Wired | None:
    """The wires and all arguments of one call; None where it is given what they cannot say."""
    if class_name in legacy_operations.CLASSES:
        now = legacy_operations.given_now(class_name, config, given)
        if now is None:
            return None
        given = now
    count = len(given.tensors)
    names = entry.called
    spread = names and names[-1].startswith("*")
    if len(given.args) > len(names) and not spread:
        return None
    params = dict(made)
    values: dict[str, Value] = dict(zip(names, given.args, strict=False))
    if spread:
        values[names[-1]] = tuple(given.args[len(names) - 1 :])
    for key, value in given.kwargs.items():
        values[entry.renamed.get(key, key)] = value
    found: dict[str, Value] = {}
    for name, value in values.items():
        if _holds_tensor(value):
            found[name.lstrip("*")] = value
            continue
        param = entry.by_name.get(name)
        if param is None:
            if value is None:
                continue  # an optional tensor that is not given
            return None
        if isinstance(param, Switch):
            if value is not None:
                return None
            continue
        _set(params, param, _value(param, value))
    if entry.function == "unstack" and "num" not in params:
        _count_outputs(params, given.shapes)
    order = _order(entry, found, params)
    if order is None or sorted(order) != list(range(count)) or entry.check(params):
        return None
    return Wired(tuple(order), params)


def _count_outputs(params: dict[str, Value], shapes: list[Shape | None]) -> None:
    """Says how many outputs an axis comes apart into, which Keras reads off the shape."""
    axis, shape = params.get("axis", 0), shapes[0] if shapes else None
    if isinstance(axis, int) and shape is not None and -len(shape) <= axis < len(shape):
        params["num"] = shape[axis]


def _order(
    entry: Operation, found: Mapping[str, Value], params: dict[str, Value]
) -> list[int] | None:
    """Which tensor each port has; ports that may be closed are opened for theirs."""
    if not entry.ports:
        values = [*found.values()]
        given = values[0] if len(values) == 1 else None
        several = given if entry.max_inputs != 1 and isinstance(given, tuple) else (given,)
        ports = [at for one in several if (at := port_of(one)) is not None]
        return ports if len(ports) == len(several) else None
    order: list[int] = []
    for port in entry.ports:
        at = port_of(found.get(port.argument))
        if at is None:
            if port.argument in found:
                return None
            continue
        if port.when:
            params[port.when] = True
        order.append(at)
    return order if len(order) == len(entry.open_ports(params)) else None


def _holds_tensor(value: Value) -> bool:
    if port_of(value) is not None:
        return True
    return isinstance(value, tuple) and any(map(_holds_tensor, value))


def _set(params: dict[str, Value], param: Param, value: Value) -> None:
    if param.required or value != param.default or type(value) is not type(param.default):
        params[param.name] = value


def _value(param: Param, value: Value) -> Value:
    """A value of a file as the catalogue writes it; what it cannot hold stays as it is."""
    if isinstance(param, Index):
        return _index(value)
    if isinstance(value, Mapping):
        return _array(value)
    return value if isinstance(param, Operand) else fitted(param, value)


def _array(value: Mapping[str, Value]) -> Value:
    """An array of numpy's or a tensor as a constant; a dtype by its name."""
    config = value.get("config")
    if not isinstance(config, Mapping):
        return value
    if value.get("class_name") not in ("__numpy__", "__tensor__"):
        name = config.get("name")
        return name if value.get("class_name") == "DTypePolicy" and isinstance(name, str) else value
    numbers, dtype = config.get("value"), config.get("dtype")
    if dtype not in DTYPES:
        return value
    if dtype == "float32":
        numbers = _shortened(numbers)
    plain = isinstance(numbers, tuple) and Operand.dtype_of(numbers) == dtype
    return numbers if plain else {"value": numbers, "dtype": dtype}


def _shortened(numbers: Value) -> Value:
    """Numbers with the digits that they were written with."""
    return tuple(map(_shortened, numbers)) if isinstance(numbers, tuple) else shortened(numbers)


def _index(value: Value) -> Value:
    """An index as text; what is none stays as it is."""
    parts: list[Any] = []
    for part in value if isinstance(value, tuple) else (value,):
        if isinstance(part, Mapping):
            config = part.get("config")
            if part.get("class_name") == "__ellipsis__":
                parts.append(...)
                continue
            if part.get("class_name") != "__slice__" or not isinstance(config, Mapping):
                return value
            ends = [config.get(end) for end in ("start", "stop", "step")]
            if not all(end is None or _whole(end) for end in ends):
                return value
            parts.append(slice(*ends))
        elif part is None or _whole(part):
            parts.append(part)
        else:
            return value
    return index_text(parts)


def _whole(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
