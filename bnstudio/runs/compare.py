"""What differs between two runs, in words: layers, wires, settings, weights, data."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from bnstudio import project as projects
from bnstudio.graph import diff, full_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from bnstudio.graph import Graph, Node, Wire
    from bnstudio.project import Project
    from bnstudio.runs.run import Run
    from bnstudio.settings import Settings

_DEFAULT = "default"
_LONGEST = 200
_SAME_ROWS = "the same rows in the same order"
_OTHER_ROWS = "other rows, or in another order"


def compare(before: Run, after: Run) -> str:
    """What ``after`` trained differently from ``before``, as lines of text under headings."""
    lines = [f"{_line(before.title)} \u2192 {_line(after.title)}"]
    try:
        old, new = (run.project or projects.loads(run.text) for run in (before, after))
    except projects.ProjectError as error:
        return "\n".join([*lines, "", f"They cannot be compared: {_line(str(error))}"])
    found = {
        "Layers": list(_layers(old.graph, new.graph)),
        "Wires": list(_wires(old.graph, new.graph)),
        "Settings": list(_settings(old, new)),
        "Weights": list(_beginnings(old, new)),
        "Data": list(_values(old.source, new.source)),
        "Versions": list(_values(before.versions, after.versions)),
    }
    rows = _rows(before.data, after.data)
    if rows == _OTHER_ROWS or (rows and any(found.values())):
        found["Data"].append(rows)
    for heading, differences in found.items():
        if differences:
            lines += ["", heading, *(f"  {line}" for line in differences)]
    if len(lines) == 1:
        same = " Every row was the same." if rows else ""
        lines += ["", f"They trained the same: layers, wires, settings and data are equal.{same}"]
    return "\n".join(lines)


def _rows(before: str, after: str) -> str:
    """What two fingerprints say, if both are known."""
    if not before or not after:
        return ""
    return _SAME_ROWS if before == after else _OTHER_ROWS


def _layers(before: Graph, after: Graph) -> Iterator[str]:
    found = diff(before, after)
    for id in found.added:
        yield f"+ {_described(after.nodes[id])}"
    for id in found.removed:
        yield f"\u2212 {_described(before.nodes[id])}"
    for id in found.changed:
        old, new = before.nodes[id], after.nodes[id]
        if old.type != new.type:
            yield f"\u2212 {_described(old)}"
            yield f"+ {_described(new)}"
            continue
        changes = list(_values(old.params, new.params))
        if old.name != new.name:
            changes.insert(0, f"name: {_line(old.name)} \u2192 {_line(new.name)}")
        if old.shares != new.shares:
            names = (_name(graph, node.shares) for graph, node in ((before, old), (after, new)))
            changes.append("shares the weights of: " + " \u2192 ".join(names))
        if changes:  # a node that was only moved trains the same
            yield f"{_line(new.name)}: {'; '.join(changes)}"
    yield from _inside(before, after, _layers)


def _wires(before: Graph, after: Graph) -> Iterator[str]:
    found = diff(before, after)
    for wire in found.wires_added:
        yield f"+ {_wire(after, wire)}"
    for wire in found.wires_removed:
        yield f"\u2212 {_wire(before, wire)}"
    yield from _inside(before, after, _wires)


def _inside(
    before: Graph, after: Graph, say: Callable[[Graph, Graph], Iterator[str]]
) -> Iterator[str]:
    """What differs inside the models that are in both, with their names before it."""
    for id in diff(before, after).changed:
        old, new = before.nodes[id], after.nodes[id]
        if old.inside is not None and new.inside is not None:
            yield from (f"{_line(new.name)} / {line}" for line in say(old.inside, new.inside))


def _settings(before: Project, after: Project) -> Iterator[str]:
    names = full_names(before.graph) | full_names(after.graph)

    def named(settings: Settings) -> Settings:
        """With the layers that are left out by name."""
        left_out = (names.get(id, id) for id in settings.measuring.left_out)
        measuring = replace(settings.measuring, left_out=tuple(left_out))
        return replace(settings, measuring=measuring)

    return _values(named(before.settings), named(after.settings))


def _beginnings(before: Project, after: Project) -> Iterator[str]:
    """What the layers began with, where that differs: weights of one name may be others."""
    begun = [
        project.weights if project.settings.start == "weights" else None
        for project in (before, after)
    ]
    marks = [weights.fingerprint if weights else "" for weights in begun]
    if marks[0] != marks[1]:
        said = [
            f"{_line(weights.origin or 'weights')} ({_line(weights.fingerprint)[-8:]})"
            if weights
            else "new ones"
            for weights in begun
        ]
        yield "begins with: " + " \u2192 ".join(said)


def _values(before: Any, after: Any, within: str = "") -> Iterator[str]:
    """Differences by name, into values that have names themselves."""
    old, new = _named(before), _named(after)
    if old is None or new is None:
        yield f"{within}: {_value(before)} \u2192 {_value(after)}"
        return
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, ...), new.get(name, ...)
        if one != other:
            yield from _values(one, other, _path(within, str(name)))


def _path(within: str, name: str) -> str:
    """What a part is called: a choice by itself, its arguments directly under it."""
    if name == "params" or (name == "name" and within):
        return within
    return f"{within}.{_line(name)}" if within else _line(name)


def _named(value: Any) -> Mapping[str, Any] | None:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    return value if hasattr(value, "keys") else None


def _described(node: Node) -> str:
    params = ", ".join(f"{_line(name)}={_value(value)}" for name, value in node.params.items())
    return f"{_line(node.name)}: {_line(node.type)}({params})"


def _wire(graph: Graph, wire: Wire) -> str:
    ends = ((wire.source, wire.source_port), (wire.target, wire.target_port))
    return " \u2192 ".join(f"{_name(graph, id)}{f'[{port}]' if port else ''}" for id, port in ends)


def _name(graph: Graph, id: str | None) -> str:
    if id is None:
        return "none"
    return _line(graph.nodes[id].name) if id in graph.nodes else "a layer that is gone"


def _value(value: Any) -> str:
    if value is ...:
        return _DEFAULT
    if value is None:
        return "none"
    named = _named(value)
    if named is not None:
        kind = str(named.get("name", ""))
        inner = ", ".join(
            f"{name}={_value(part)}" for name, part in named.items() if name not in ("name",)
        )
        return _line(f"{kind}({inner})" if inner or not kind else kind)
    if isinstance(value, tuple):
        return _line(f"({', '.join(map(_value, value))})")
    return _line(str(value))


def _line(text: str) -> str:
    """Text from a file as a part of a line."""
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\u2026"
