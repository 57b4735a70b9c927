"""What is kept of a Keras object that the catalogue cannot hold: its description, word for word.

A model file may hold layers that are not in the catalogue, operations, other models, code of
somebody's own, and calls that a wire cannot say. A node of such a type (``ops.GetItem``,
``models.Sequential``) carries what the file says of it. Nothing here makes anything of it but text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from bnstudio.graph import Node, Value
    from bnstudio.layers.layer_type import Shape

KINDS = ("layers", "ops", "models", "custom")
"""What the type of an opaque node begins with.

What follows the dot is a class; of the catalogue only operations have a dot, and they are functions
in lower case (``ops.mean``).
"""

_TENSOR = "__keras_tensor__"
_LARGEST = 64
"""Dimensions and ports above which a description is not believed."""


class Opaque(NamedTuple):
    """An object as a model file describes it, and how it is called.

    Attributes:
        description: What ``keras.saving.deserialize_keras_object`` takes.
        args: What the call is given, the tensors among it by port (see ``port_of``).
        kwargs: The same by keyword.
        takes: The shape that the file has for each input; None where it has none.
        gives: The same for each output.
    """

    description: Mapping[str, Value]
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    takes: tuple[Shape | None, ...]
    gives: tuple[Shape | None, ...]

    @property
    def params(self) -> dict[str, Value]:
        """The arguments of a node that carries it."""
        return {"description": self.description, **self.call}

    @property
    def call(self) -> dict[str, Value]:
        """The arguments of a node that calls it again."""
        return {
            "args": self.args, "kwargs": self.kwargs, "takes": self.takes, "gives": self.gives
        }  # fmt: skip

    def outputs(self, inputs: tuple[Shape | None, ...]) -> tuple[Shape, ...]:
        """The shapes that the file has for these inputs; empty where it knows no better."""
        known = tuple(shape for shape in self.gives if shape is not None)
        same = inputs == self.takes and None not in inputs
        return known if same and len(known) == len(self.gives) else ()


def tensor(port: int) -> dict[str, Value]:
    """What stands among the arguments of a call for the tensor on an input port."""
    return {"class_name": _TENSOR, "port": port}


def port_of(value: Value) -> int | None:
    """The input port that stands here among the arguments; None for anything else."""
    if isinstance(value, Mapping) and value.get("class_name") == _TENSOR:
        port = value.get("port")
        return port if isinstance(port, int) and not isinstance(port, bool) else None
    return None


def is_opaque(type: str) -> bool:
    """Whether a node's type says that it carries a description."""
    kind, dot, name = type.partition(".")
    return bool(dot and name) and kind in KINDS and not (kind == "ops" and name[0].islower())


def holds_model(type: str) -> bool:
    """Whether a node's type says that it is a model in the model."""
    return type.startswith("models.")


def opaque(owner: Node, node: Node) -> Opaque | None:
    """What a node carries, its layer's ``owner`` being perhaps another; None where that is unsound.

    A file may have been edited by hand, so nothing is taken for granted.
    """
    return opaque_call(owner.type, {**owner.params, **node.params})


def opaque_call(type: str, params: Mapping[str, Value]) -> Opaque | None:
    """The same, from the type and arguments of a call."""
    if not is_opaque(type):
        return None
    description, args, kwargs = (params.get(key) for key in ("description", "args", "kwargs"))
    takes, gives = _shapes(params.get("takes")), _shapes(params.get("gives"))
    if (
        not isinstance(description, Mapping)
        or not isinstance(args, tuple)
        or not isinstance(kwargs, Mapping)
        or takes is None
        or not gives
        or sorted(_ports(args) + _ports(kwargs)) != list(range(len(takes)))
    ):
        return None
    return Opaque(description, args, kwargs, takes, gives)


def _ports(value: Value) -> list[int]:
    port = port_of(value)
    if port is not None:
        return [port]
    if isinstance(value, Mapping):
        value = tuple(value.values())
    return [port for entry in value for port in _ports(entry)] if isinstance(value, tuple) else []


def _shapes(value: Value) -> tuple[Shape | None, ...] | None:
    if not isinstance(value, tuple) or len(value) > 100 * _LARGEST:
        return None
    shapes = [each for each in value if _is_shape(each)]
    return tuple(shapes) if len(shapes) == len(value) else None


def _is_shape(value: Value) -> TypeGuard[Shape | None]:
    return value is None or (
        isinstance(value, tuple)
        and len(value) <= _LARGEST
        and all(
            size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0)
            for size in value
        )
    )
