"""The calls in a functional configuration: which tensors a layer takes, and what else it is given.

Keras 3 writes the arguments of each call with the tensors in them; Keras 2 and 1 write a list of
tensors, each as layer, call and output.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.graph import freeze
from bnstudio.importers.arguments import shape_of
from bnstudio.layers.opaque import tensor
from bnstudio.project import ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value
    from bnstudio.layers import Shape

MAX_OUTPUT = 1000
"""Outputs of one layer, above which a configuration is not believed."""

_TENSOR = "__keras_tensor__"
_MASK, _TRAINING = "mask", "training"
_LAMBDAS = ("TFOpLambda", "SlicingOpLambda")
_CONSTANT = "_CONSTANT_VALUE"
"""What Keras 2 has in the place of a layer where a function is given a constant."""


class Origin(NamedTuple):
    """Where a tensor comes from: the layer's name, which of its calls, which output."""

    layer: str
    call: int
    output: int


@dataclass
class Given:
    """What one call of a layer is given.

    Attributes:
        tensors: In the order in which they stand among the arguments: the input ports.
        shapes: What the file says of their shapes.
        args: The arguments, tensors as ports.
        kwargs: The same by keyword, without what changes nothing.
        legacy: Whether the tensors stood in a list, which says nothing of how they are given.
        masks: The tensors that are given as masks.
    """

    tensors: list[Origin] = field(default_factory=list)
    shapes: list[Shape | None] = field(default_factory=list)
    args: tuple[Value, ...] = ()
    kwargs: dict[str, Value] = field(default_factory=dict)
    legacy: bool = False
    masks: list[Origin] = field(default_factory=list)

    @property
    def plain(self) -> bool:
        """Whether it is given one tensor, or one list of tensors, and nothing else."""
        if self.kwargs or len(self.args) != 1:
            return False
        ports: list[Value] = [tensor(port) for port in range(len(self.tensors))]
        return self.args[0] == tuple(ports) or [self.args[0]] == ports


def calls_of(layer: Mapping[str, Any], where: str, *, masked: bool) -> list[Given]:
    """The calls of a layer in the order in which the file has them.

    Args:
        layer: As it stands among the layers of a configuration.
        where: For messages.
        masked: Whether a mask that is given is one that Keras would make by itself.

    Raises:
        ProjectError: If they are not as Keras writes them.
    """
    nodes = layer.get("inbound_nodes", [])
    if not isinstance(nodes, list):
        raise ProjectError(f"its inbound_nodes have to be a list, not {nodes!r:.40}", where)
    lambdas = layer.get("class_name") in _LAMBDAS
    return [_call(node, where, masked=masked, lambdas=lambdas) for node in nodes]


def _call(node: Any, where: str, *, masked: bool, lambdas: bool) -> Given:
    given = Given()
    if isinstance(node, dict):
        args, kwargs = node.get("args", []), node.get("kwargs", {})
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise ProjectError("a call has to have a list of args and an object of kwargs", where)
        given.args = tuple(_ported(given, entry, where) for entry in args)
        for key, value in kwargs.items():
            if key == _MASK and masked:
                given.masks += [tensor[0] for tensor in _tensors(value, where)]
            elif not _changes_nothing(key, value):
                given.kwargs[key] = _ported(given, value, where)
        return given
    if not isinstance(node, list):
        raise ProjectError("a call has to be an object or a list", where)
    given.legacy = True
    ports: list[Value] = []
    if lambdas and node and isinstance(node[0], str):
        node = [node]  # one tensor, or a constant, and not a list of them
    for place, entry in enumerate(node):
        if lambdas and isinstance(entry, list) and len(entry) > 2 and entry[0] == _CONSTANT:
            ports.append(freeze(entry[2]))
            _lambda_kwargs(given, entry, where)
            continue
        if lambdas and isinstance(entry, list) and not any(isinstance(e, str) for e in entry[:1]):
            ports.append(freeze(entry))  # numbers among the tensors of a list
            continue
        origin = _origin(entry[:3] if isinstance(entry, list) else entry, where)
        ports.append(tensor(len(given.tensors)))
        given.tensors.append(origin)
        given.shapes.append(None)
        if lambdas:
            if not place:
                _lambda_kwargs(given, entry, where)
            continue
        kwargs = entry[3] if len(entry) > 3 else {}
        if not isinstance(kwargs, dict):
            raise ProjectError("what a call is given by keyword has to be an object", where)
        for key, value in kwargs.items():
            # Keras 2 writes None for whatever a call was not given.
            if value is not None and not _changes_nothing(key, value):
                given.kwargs[key] = _referred(given, value, where)
    given.args = (ports[0] if len(ports) == 1 else tuple(ports),) if ports else ()
    return given


def _lambda_kwargs(given: Given, entry: list[Any], where: str) -> None:
    """Takes over what a function of TensorFlow's is given by name, tensors among it."""
    kwargs = entry[3] if len(entry) > 3 else {}
    if not isinstance(kwargs, dict):
        raise ProjectError("what a call is given by keyword has to be an object", where)

    given.kwargs = {
        key: _referred(given, value, where) for key, value in kwargs.items() if key != "name"
    }


def _referred(given: Given, value: Any, where: str) -> Value:
    """An argument of Keras 2 with the tensors in it replaced by ports, which ``given`` then has."""
    if not isinstance(value, list):
        return freeze(value)
    if len(value) == 3 and isinstance(value[0], str) and all(map(_is_index, value[1:])):
        given.tensors.append(_origin(value, where))
        given.shapes.append(None)
        return tensor(len(given.tensors) - 1)
    return tuple(_referred(given, entry, where) for entry in value)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _changes_nothing(key: str, value: Any) -> bool:
    """Whether a keyword argument of a call is as if it were not there."""
    masks = value if isinstance(value, list) else [value]
    no_mask = key == _MASK and all(mask is None for mask in masks)
    return no_mask or (key == _TRAINING and value in (None, False))


def _ported(given: Given, value: Any, where: str) -> Value:
    """An argument with the tensors in it replaced by ports, which ``given`` then has."""
    if isinstance(value, list):
        return tuple(_ported(given, entry, where) for entry in value)
    if not isinstance(value, dict):
        return value  # type: ignore[no-any-return]  # JSON has nothing else
    if value.get("class_name") == _TENSOR:
        origin, shape = _tensor(value, where)
        given.tensors.append(origin)
        given.shapes.append(shape)
        return tensor(len(given.tensors) - 1)
    return {key: _ported(given, entry, where) for key, entry in value.items()}


def _tensors(value: Any, where: str) -> list[tuple[Origin, Shape | None]]:
    if isinstance(value, dict) and value.get("class_name") == _TENSOR:
        return [_tensor(value, where)]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for entry in inside for found in _tensors(entry, where)]


def _tensor(value: dict[str, Any], where: str) -> tuple[Origin, Shape | None]:
    config = value.get("config")
    if not isinstance(config, dict):
        raise ProjectError("a tensor has to have a config that is an object", where)
    return _origin(config.get("keras_history"), where), shape_of(config.get("shape"))


def _origin(value: Any, where: str) -> Origin:
    if isinstance(value, list) and len(value) == 3:
        layer, call, output = value
        if isinstance(layer, str) and all(
            isinstance(index, int) and not isinstance(index, bool) and 0 <= index <= MAX_OUTPUT
            for index in (call, output)
        ):
            return Origin(layer, call, output)
    raise ProjectError(
        f"a tensor has to be named by layer, call and output, not by {value!r:.60}", where
    )


def ends_of(value: Any, where: str) -> list[Origin]:
    """The tensors in ``input_layers`` or ``output_layers``: one, or several in any structure."""
    if isinstance(value, list) and len(value) == 3 and isinstance(value[0], str):
        return [_origin(value, where)]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not inside and value not in ([], {}, None):
        raise ProjectError(f"a tensor cannot be named by {value!r:.60}", where)
    return [origin for entry in inside for origin in ends_of(entry, where)]
