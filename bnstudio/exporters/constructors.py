"""Keras objects as source: a layer, an optimizer, a regularizer, with the arguments that count."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bnstudio.exporters.source import Bracket, Symbol, literal, named, plain
from bnstudio.layers import LAYERS
from bnstudio.layers.applications import MODULES
from bnstudio.layers.foreign import NEWER, Foreign, registered
from bnstudio.layers.nested import CELLS, Nested, NestedList, config_of, entry_of
from bnstudio.layers.params import Object

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bnstudio.exporters.source import Expression
    from bnstudio.graph import Value
    from bnstudio.layers import Given
    from bnstudio.layers.params import Param


class Constructors:
    """Writes constructors; made anew for each script, it looks each type up once."""

    def __init__(self) -> None:
        self._types: dict[str, _Type] = {}

    def layer(self, type: str, params: Mapping[str, Value], name: str | Symbol) -> Bracket:
        """``layers.Dense(64, name="hidden")``: required arguments first and without a keyword."""
        made = _constructor(self._types.get(type) or self._describe(type), params)
        return Bracket(made.head, (*made.items, named("name", literal(name))))

    def line(self, type: str, params: Mapping[str, Value], name: str) -> str | None:
        """The same on one line, several times as fast; None unless every argument is simple."""
        head, by_name, positional = self._types.get(type) or self._describe(type)
        if not plain(name):
            return None
        parts = []
        if params:
            order = params if len(params) == 1 else [key for key in by_name if key in params]
            if len(order) != len(params):
                return None
            for key in order:
                value, param = params[key], by_name.get(key)
                if param is None or isinstance(value, tuple | Mapping):
                    return None
                if isinstance(value, str):
                    if not plain(value):
                        return None
                    said = f'"{value}"'
                else:
                    said = repr(value).replace("e+", "e")
                if key in positional:
                    parts.append(said)
                elif value != param.default or value.__class__ is not param.default.__class__:
                    parts.append(f"{key}={said}")
            if positional and positional[0] not in params:
                return None
        parts.append(f'name="{name}"')
        return f"{head}{', '.join(parts)})"

    def _describe(self, type: str) -> _Type:
        self._types[type] = found = _describe(type)
        return found


def _constructor(type: _Type, params: Mapping[str, Value]) -> Bracket:
    """A constructor with its arguments, but for the name."""
    head, by_name, positional = type
    items: list[Expression] = []
    for key in positional:
        if key not in params:
            break
        items.append(_argument(by_name[key], params[key]))
    items += arguments(by_name, params, positional[: len(items)])
    return Bracket(head, tuple(items))


_Type = tuple[str, "dict[str, Param]", tuple[str, ...]]
"""A constructor up to its bracket, its arguments, and those that go without a keyword."""


def arguments(
    by_name: Mapping[str, Param], params: Mapping[str, Value], done: tuple[str, ...] = ()
) -> list[Expression]:
    """Keyword arguments in Keras's order, those at their default left out."""
    keys = [key for key in params if key not in done]
    if len(keys) > 1:
        place = {key: index for index, key in enumerate(by_name)}
        keys.sort(key=lambda key: place.get(key, len(place)))
    items = []
    for key in keys:
        value, param = params[key], by_name.get(key)
        if param is not None:
            if value == param.default and type(value) is type(param.default):
                continue
            items.append(named(key, _argument(param, value)))
        elif key.isidentifier() and key.isascii() and not keyword.iskeyword(key) and key != "name":
            items.append(named(key, literal(value)))
    return items


def symbol(entry: Foreign) -> str:
    """What the class of a layer that is not of this program is called in the script.

    Its own name, where no other is called so and no variable can be.
    """
    if entry.category == NEWER:
        return f"layers.{entry.class_name}"
    alike = [each for each in registered().types.values() if each.class_name == entry.class_name]
    if len({each.module for each in alike}) < 2 and is_class_name(entry.class_name):
        return entry.class_name
    return f"{entry.module.replace('.', '_')}_{entry.class_name}"


def imported(types: Iterable[str]) -> list[str]:
    """The lines that import the layers among these types that ``keras.layers`` lacks."""
    lines = []
    names: dict[str, set[str]] = {}
    for type in types:
        if type in MODULES:
            names.setdefault(MODULES[type], set()).add(type)
            continue
        entry = LAYERS.get(type)
        if isinstance(entry, Foreign) and entry.category != NEWER:
            name = symbol(entry)
            alias = f" as {name}" if name != entry.class_name else ""
            lines.append(f"from {entry.module} import {entry.class_name}{alias}")
    lines += [f"from {module} import {', '.join(sorted(names[module]))}" for module in names]
    return lines


def is_layer(type: str) -> bool:
    """Whether the script has a constructor for a node's type."""
    return is_class_name(type) or isinstance(LAYERS.get(type), Foreign)


def is_class_name(name: str) -> bool:
    """Whether a name from a file can stand in the script as a class of Keras's."""
    # ASCII, or the name could be one that Python reads as another.
    return name.isalnum() and name.isascii() and name[0].isupper() and not keyword.iskeyword(name)


def _describe(type: str) -> _Type:
    entry = LAYERS.get(type) or CELLS.get(type)
    if entry is None:
        return f"layers.{type}(", {}, ()
    head = f"{type}(" if type in MODULES else f"layers.{type}("
    if isinstance(entry, Foreign):
        head = f"{symbol(entry)}("
    if type == "Input":
        return "keras.Input(", entry.by_name, ()
    positional = []
    for param in entry.params:
        if not param.required:
            break
        positional.append(param.name)
    return head, entry.by_name, tuple(positional)


def _argument(param: Param, value: Value) -> Expression:
    if isinstance(param, NestedList) and isinstance(value, tuple):
        return Bracket("[", tuple(map(_nested, value)), "]")
    if isinstance(param, Nested):
        return _nested(value)
    if isinstance(param, Object) and isinstance(value, Mapping):
        spec = param.spec(value)
        config = value.get("config", {})
        if spec is not None and isinstance(config, Mapping):
            known = {param.name: param for param in spec.params}
            head = f"keras.{param.group.lower()}.{spec.name}("
            return Bracket(head, tuple(arguments(known, config)))
    return literal(value)


def _nested(value: Value) -> Expression:
    """A layer inside another, which has no name."""
    entry = entry_of(value)
    return (
        literal(value) if entry is None else _constructor(_describe(entry.name), config_of(value))
    )


def called_with(given: Given) -> Bracket:
    """What a layer is called with, in brackets."""
    items = [_tensors(value) for value in given.positional]
    items += [named(name, _tensors(value)) for name, value in given.keyword.items()]
    items += [named(name, literal(value)) for name, value in given.options.items()]
    return Bracket("(", tuple(items))


def _tensors(given: str | Sequence[str | None]) -> Expression:
    """A tensor's name, or a list of names and None."""
    return given if isinstance(given, str) else Bracket("[", tuple(map(str, given)), "]")
