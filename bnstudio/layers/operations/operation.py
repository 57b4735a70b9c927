"""What an operation of ``keras.ops`` is in a drawing, and the decorator that enters one.

An operation is a layer type without weights and without a constructor: all of its arguments are
those of the call. An operand is a wire, or a constant that is written in its place.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.layers.catalogue import OPERATION_PREFIX
from bnstudio.layers.layer_type import LayerType
from bnstudio.layers.operands import Operand
from bnstudio.layers.params import Param, Wired
from bnstudio.layers.ports import Given, Port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bnstudio.graph import Value
    from bnstudio.layers.layer_type import Rule


class Constant(NamedTuple):
    """A plain value that stands among the operands, for the argument of that name."""

    name: str
    value: Value


@dataclass(frozen=True)
class Operation(LayerType):
    """An operation that can stand between the layers of a functional model.

    Attributes:
        function: What it is called in ``keras.ops``, such as ``"mean"`` or ``"image.resize"``.
        keras_class: The class of its node in a model file.
        order: The arguments that are written without their names; a star before a list that is
            spread over the arguments.
        called: What a model file has among the arguments of the call, in the order of the class;
            the others are in its configuration.
        renamed: Arguments that the class calls otherwise than the function, by the class's name.
        symbol: How Python writes it: ``*``, ``-`` before its only operand, ``[]``; mostly empty.
    """

    function: str = ""
    keras_class: str = ""
    order: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    symbol: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def module(self) -> str:
        """The module within ``keras.ops`` that it stands in; empty for ``keras.ops`` itself."""
        return self.function.rpartition(".")[0]

    def arrange(self, inputs: Sequence[Any], params: Mapping[str, Value]) -> Given:
        """What the function takes for these inputs, by port, whatever they are.

        A constant among the positional ones is a ``Constant``.
        """
        options = {
            param.name: params[param.name]
            for param in self.params
            if param.name in params
            and not isinstance(param, Wired)
            and not _same(params[param.name], param.default)
        }
        tensors: dict[str, Any] = {}
        if self.ports:
            ports = self.open_ports(params)
            tensors = {port.argument: x for port, x in zip(ports, inputs, strict=False)}
            more = list(inputs[len(ports) :])
        else:
            single = self.max_inputs == 1 and len(inputs) == 1
            first = next(name for name in self.order if name.lstrip("*") not in self.by_name)
            tensors, more = {first: inputs[0] if single else list(inputs)}, []
        positional: list[Any] = []
        for name in self.order:
            if name.startswith("*"):
                positional += tensors.pop(name)
            elif name in tensors:
                positional.append(tensors.pop(name))
            elif name in options:
                positional.append(Constant(name, options.pop(name)))
            else:
                break
        return Given((*positional, *more), tensors, options)

    def formula(self, params: Mapping[str, Value]) -> str:
        """The operation as Python writes it with its constants, where it has a symbol."""
        if self.symbol == "[]":
            return f"x[{params.get('key', '')}]"
        if not self.symbol or len(self.ports) != 2:
            return ""
        written = [params.get(port.argument) for port in self.ports]
        if written == [None, None]:
            return ""
        one, two = ("x" if value is None else Operand.text_of(value) for value in written)
        return f"{one} {self.symbol} {two}"


OPERATIONS: dict[str, Operation] = {}
"""Every operation by its type, in palette order."""


def operation(
    function: str,
    *params: Param,
    category: str,
    inputs: tuple[str, ...] = ("x",),
    several: tuple[int, int | None] | None = None,
    order: tuple[str, ...] = (),
    called: tuple[str, ...] = (),
    keras_class: str = "",
    symbol: str = "",
    renamed: Mapping[str, str] | None = None,
    tells: tuple[str, ...] = (),
    flops: Rule | None = None,
    outputs: Rule | None = None,
    conflicts: Rule | None = None,
) -> Callable[[Rule], Operation]:
    """Makes the decorated shape rule an operation and enters it in ``OPERATIONS``.

    The rule takes what that of a layer does. ``inputs`` are the arguments that take tensors; one
    of which there is a parameter too (an ``Operand``, or a ``Wired`` for one that may be left out)
    is a port only where that lets it be. With ``several`` the only input is a list, of so many.

    Raises:
        ValueError: If the name is taken.
    """
    by_name = {param.name: param for param in params}

    def enter(rule: Rule) -> Operation:
        type = OPERATION_PREFIX + function
        if type in OPERATIONS:
            raise ValueError(f"Two operations are called {type!r}.")
        ports: tuple[Port, ...] = ()
        if several is None and (len(inputs) > 1 or inputs[0] in by_name):
            ports = tuple(_port(name, by_name.get(name)) for name in inputs)
        counts = several or (1, 1)
        if ports:
            counts = sum(not port.when for port in ports), len(ports)
        told = tells or tuple(param.name for param in params if not isinstance(param, Wired))
        entry = Operation(
            type, category, params, told, *counts, inspect.getdoc(rule) or "",
            ports, params, rule, None, flops, outputs, conflicts, None, None,
            function, keras_class or _class_name(function), order or _order(inputs, params),
            called or inputs, symbol, renamed or {},
        )  # fmt: skip
        OPERATIONS[type] = entry
        return entry

    return enter


def _port(name: str, param: Param | None) -> Port:
    if isinstance(param, Wired):
        return Port(name, name, when=name)
    return Port(name, name, unless=name if param is not None else "")


def _order(inputs: tuple[str, ...], params: tuple[Param, ...]) -> tuple[str, ...]:
    """Tensors, and what cannot be left out but an axis, which reads better with its name."""
    wanted = [param.name for param in params if param.required and param.name != "axis"]
    return (*inputs, *(name for name in wanted if name not in inputs))


def _class_name(function: str) -> str:
    return "".join(word.capitalize() for word in function.rpartition(".")[2].split("_"))


def _same(value: Value, other: object) -> bool:
    """Whether two values are one to Keras; True equals 1, but is another."""
    return value == other and type(value) is type(other)
