"""Layers that are kept as a model file describes them, as source: Keras makes them again."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnstudio.exporters.source import Bracket, literal, named, text
from bnstudio.layers.opaque import port_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.exporters.source import Expression
    from bnstudio.graph import Value
    from bnstudio.layers.opaque import Opaque

_REVIVE = "keras.saving.deserialize_keras_object("
_SLICE, _ELLIPSIS = "__slice__", "__ellipsis__"


def made(kept: Opaque) -> Bracket:
    """``keras.saving.deserialize_keras_object({...})``, which refuses to run what it is given."""
    return Bracket(_REVIVE, (_listed(kept.description),))


def renamed(description: Mapping[str, Value], name: Any) -> dict[str, Any]:
    """What is described under another name, which may be a symbol."""
    config = description.get("config")
    config = config if isinstance(config, Mapping) else {}
    return {**description, "config": {**config, "name": name}}


def called(kept: Opaque, tensors: Sequence[str]) -> Bracket:
    """The brackets of its call, with the variables of its inputs in their places."""
    items = [_argument(value, tensors) for value in kept.args]
    more: list[Expression] = []
    for key, value in kept.kwargs.items():
        written = _argument(value, tensors)
        if key.isidentifier() and key.isascii() and not keyword.iskeyword(key):
            items.append(named(key, written))
        else:
            more.append(_keyed(key, written))
    if more:
        items.append(Bracket("**{", tuple(more), "}"))
    return Bracket("(", tuple(items))


def _argument(value: Value, tensors: Sequence[str]) -> Expression:
    """An argument of a call: variables where ports stand, and what Keras describes made again."""
    port = port_of(value)
    if port is not None:
        return tensors[port] if port < len(tensors) else "None"
    if isinstance(value, tuple):
        return Bracket("[", tuple(_argument(entry, tensors) for entry in value), "]")
    if not isinstance(value, Mapping):
        return literal(value)
    config = value.get("config")
    if value.get("class_name") == _SLICE and isinstance(config, Mapping):
        ends = tuple(_argument(config.get(k), tensors) for k in ("start", "stop", "step"))
        return Bracket("slice(", ends)
    if value.get("class_name") == _ELLIPSIS:
        return "..."
    if "class_name" in value and "config" in value:
        return Bracket(_REVIVE, (_listed(value),))
    items = tuple(_keyed(key, _argument(entry, tensors)) for key, entry in value.items())
    return Bracket("{", items, "}")


def _listed(value: Value) -> Expression:
    """Plain data as JSON has it: sequences are lists, which Keras tells from tuples."""
    if isinstance(value, tuple):
        return Bracket("[", tuple(map(_listed, value)), "]")
    if isinstance(value, Mapping):
        items = tuple(_keyed(key, _listed(entry)) for key, entry in value.items())
        return Bracket("{", items, "}")
    return literal(value)


def _keyed(key: str, written: Expression) -> Expression:
    if isinstance(written, str):
        return f"{text(key)}: {written}"
    return Bracket(f"{text(key)}: {written.head}", written.items, written.tail)
