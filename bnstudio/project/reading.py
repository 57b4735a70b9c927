"""The project in a file's text, read strictly.

A text is refused for the first thing that is wrong with it, in one sentence that says where. A
layer type that is not known is not wrong: the node is kept as it is, and the diagnostics say that
nothing can be made of it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec

from bnstudio.data import Source
from bnstudio.graph import MAX_LEVELS, SLASH, Graph, Node, Wire, freeze
from bnstudio.layers import LAYERS, near_names
from bnstudio.layers.foreign import is_foreign
from bnstudio.layers.models import MODELS, is_model
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import fields, place, strict
from bnstudio.project.error import ProjectError
from bnstudio.project.strict import clip, short
from bnstudio.project.value import InitialWeights, Project
from bnstudio.settings import Choice, EarlyStopping, Measuring, ReduceLROnPlateau, Settings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.graph import Value


def loads(text: str, where: str = "", *, known_layers: bool = False) -> Project:
    """The project that a file's text describes; ``where`` names the file in messages.

    ``known_layers`` refuses layer types that are not in the catalogue, for who cannot mend them.

    Raises:
        ProjectError: For the first thing that is wrong.
    """
    reader = _Reader(text, where)
    file = reader.convert(fields.PROJECT, fields.Project)
    if known_layers:
        reader.check_types(file)
    graph = reader.graph(file)
    early, reduce = file.settings.early_stopping, file.settings.reduce_lr
    weights, measuring = file.settings.class_weight, file.settings.measuring
    settings = Settings(
        optimizer=_choice(file.settings.optimizer),
        loss=_choice(file.settings.loss),
        metrics=tuple(file.settings.metrics),
        batch_size=file.settings.batch_size,
        epochs=file.settings.epochs,
        validation_split=file.settings.validation_split,
        seed=file.settings.seed,
        early_stopping=early and EarlyStopping(**msgspec.structs.asdict(early)),
        reduce_lr=reduce and ReduceLROnPlateau(**msgspec.structs.asdict(reduce)),
        class_weight=tuple(weights) if isinstance(weights, list) else weights,
        measuring=Measuring(measuring.budget, measuring.rows, tuple(measuring.left_out)),
        start=file.settings.start,
    )
    source = Source(
        name=file.data.name,
        params=_params(file.data.params),
        scaling=file.data.scaling,
        targets=file.data.targets,
        shape=None if file.data.shape is None else tuple(file.data.shape),
    )
    begin = file.weights and InitialWeights(file.weights.fingerprint, file.weights.origin)
    return Project(graph, source, settings, file.title, file.about, begin)


def fragment_loads(text: str) -> Graph:
    """The piece of a drawing that ``fragment_dumps`` wrote.

    Raises:
        ProjectError: If the text is anything else.
    """
    reader = _Reader(text, "")
    return reader.graph(reader.convert(fields.FRAGMENT, fields.Fragment))


def node_lines(text: str) -> dict[str, int]:
    """The line on which each node of a valid file's text starts, by the ids that lead to it."""
    lines: dict[str, int] = {}
    line, seen = 1, 0
    for stop in place.stops(text):
        path, start = stop.path, ""
        if len(path) > 2 and path[0] == "models":
            # A model is named by the ids that lead to it, or by hand; then its nodes have no line.
            path, start = path[2:], f"{path[1]}{SLASH}"
        if len(path) == 2 and path[0] == "nodes":
            line += text.count("\n", seen, stop.offset)
            seen = stop.offset
        elif len(path) == 3 and path[0] == "nodes" and path[2] == "id":
            lines[start + json.JSONDecoder().raw_decode(text, stop.offset)[0]] = line
    return lines


class _Reader:
    """One reading of one text: every refusal knows its place in it."""

    def __init__(self, text: str, where: str) -> None:
        self.text, self.where = text, where

    def fail(self, reason: str, path: place.Path = (), offset: int | None = None) -> ProjectError:
        if offset is None and path:
            offset = place.offset_of(self.text, path)
        line, column = (None, None)
        if offset is not None:
            line, column = place.line_and_column(self.text, offset)
        return ProjectError(reason, self.where, line, column, place.show(path))

    def convert(self, format: str, kind: type[fields.Part]) -> Any:
        """The text as a ``kind``, its own fields checked but nothing between them."""
        data = self._parse()
        if not isinstance(data, dict):
            raise self.fail(f"a {format} file holds one JSON object, not {_kind(data)}", (), 0)
        found, version = data.get("format"), data.get("version")
        if found != format:
            said = f"its format is {short(found)}" if "format" in data else "it names no format"
            raise self.fail(f"this is not a {format}: {said}", ("format",))
        if "version" not in data:
            raise self.fail("it names no version", ("version",))
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            raise self.fail(
                f"the version has to be a whole number from 1, not {short(version)}", ("version",)
            )
        if version > fields.VERSION:
            raise self.fail(
                f"it was written by a newer bnstudio (file version {version}, this one reads up to "
                f"{fields.VERSION}); update bnstudio to open it",
                ("version",),
            )
        try:
            return msgspec.convert(data, kind)
        except msgspec.ValidationError as error:
            reason, path = _explain(str(error))
            raise self.fail(reason, path) from None

    def graph(self, file: fields.Fragment | fields.Project) -> Graph:
        """The drawing in the file, checked for what one node or wire cannot say of itself."""
        count = len(file.nodes) + sum(len(model.nodes) for model in file.models.values())
        if count > fields.MAX_NODES:
            raise self.fail(f"it has {count} nodes, more than {fields.MAX_NODES}", ("models",))
        models = dict(file.models)
        graph = self._level(file, (), models, 0)
        if models:
            name = next(iter(models))
            raise self.fail(f"no node is the model {short(name)}", ("models", name))
        return graph

    def _level(
        self,
        file: fields.Fragment | fields.Project | fields.Model,
        path: place.Path,
        models: dict[str, fields.Model],
        depth: int,
    ) -> Graph:
        """One drawing in the file; the models that its nodes are, are taken out of ``models``."""
        nodes: dict[str, Node] = {}
        for index, part in enumerate(file.nodes):
            at = (*path, "nodes", index)
            if part.id in nodes:
                raise self.fail(f"two nodes have the id {short(part.id)}", (*at, "id"))
            params = _params(part.params)
            inside = None
            if part.inside is None and part.shares is None and is_model(part.type):
                raise self.fail(f"a {part.type} has to say which model it is", at)
            if part.inside is not None:
                inside = self._inside(part, models, (*at, "inside"), depth)
            nodes[part.id] = Node(
                part.id, part.type, part.name, params, part.x, part.y, part.shares, inside
            )
        for index, part in enumerate(file.nodes):
            if part.shares is not None:
                self._check_sharing(part, nodes, (*path, "nodes", index, "shares"))
        wires, taken = [], set[tuple[str, int]]()
        for index, entry in enumerate(file.wires):
            for position, id in ((0, entry.source), (2, entry.target)):
                if id not in nodes:
                    at = (*path, "wires", index, position)
                    raise self.fail(f"there is no node {short(id)}", at)
            port = (entry.target, entry.target_port)
            if port in taken:
                raise self.fail(
                    f"two wires end at input {entry.target_port} of {short(entry.target)}",
                    (*path, "wires", index),
                )
            taken.add(port)
            wires.append(Wire(entry.source, entry.source_port, *port))
        return Graph(nodes, tuple(wires))

    def _inside(
        self, part: fields.Node, models: dict[str, fields.Model], path: place.Path, depth: int
    ) -> Graph:
        """The drawing inside a node, which no other node has."""
        name = part.inside or ""
        if not is_model(part.type):
            raise self.fail(
                f"a {short(part.type)} cannot be a model; {' and '.join(MODELS)} can", path
            )
        if SLASH in part.id:
            raise self.fail("the id of a model must not have a slash in it", (*path[:-1], "id"))
        if depth == MAX_LEVELS:
            raise self.fail(f"models stand in models more than {MAX_LEVELS} deep", path)
        model = models.pop(name, None)
        if model is None:
            raise self.fail(f"there is no model {short(name)}, or another node is it", path)
        return self._level(model, ("models", name), models, depth + 1)

    def check_types(self, file: fields.Project) -> None:
        """Refuses the first layer type that is not in the catalogue, nor carries a description."""
        levels: list[tuple[place.Path, Sequence[fields.Node]]] = [((), file.nodes)]
        levels += [(("models", name), model.nodes) for name, model in file.models.items()]
        for path, nodes in levels:
            for index, part in enumerate(nodes):
                if part.type in LAYERS or any(says(part.type) for says in _KEPT):
                    continue
                near = near_names(part.type)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise self.fail(
                    f"there is no layer type {short(part.type)}{hint}",
                    (*path, "nodes", index, "type"),
                )

    def _check_sharing(
        self, part: fields.Node, nodes: Mapping[str, Node], path: place.Path
    ) -> None:
        owner = nodes.get(part.shares or "")
        if owner is None:
            raise self.fail(f"there is no node {short(part.shares)} to share with", path)
        if owner.id == part.id or owner.shares is not None:
            raise self.fail("the node to share with has to have a layer of its own", path)

    def _parse(self) -> Any:
        """The text as JSON, with everything refused that JSON readers disagree about."""
        try:
            return strict.parse(self.text, fields.MAX_DEPTH)
        except strict.Refused as refused:
            raise self.fail(refused.reason, *refused.find(self.text)) from None


def _choice(part: fields.Choice) -> Choice:
    """A Keras class by name, with its arguments."""
    return Choice(part.name, _params(part.params))


def _params(params: fields.Params) -> dict[str, Value]:
    """Arguments as the program holds them."""
    return {key: freeze(value) for key, value in params.items()}


_KEPT = (is_opaque, is_model, is_foreign)
"""What a type may be that is not in the catalogue; the diagnostics say what keeps it from use."""

_KINDS = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false",
    "object": "an object", "array": "a list", "null": "null",
}  # fmt: skip


def _kind(value: object) -> str:
    names = {dict: "object", list: "array", type(None): "null"}
    kind = names.get(type(value), type(value).__name__)
    return _KINDS.get(kind, kind)


def _explain(message: str) -> tuple[str, place.Path]:
    """A validation message in words, and the path of the field that it is about."""
    reason, _, at = message.partition(" - at `$")
    steps = re.findall(r"\.(\w+)|\[(\d+)\]", at)
    path: place.Path = tuple(key or int(index) for key, index in steps)
    if match := re.fullmatch(r"Object missing required field `(.*)`", reason):
        return f"the field {match[1]!r} is missing", path
    if match := re.fullmatch(r"Object contains unknown field `(.*)`", reason, re.DOTALL):
        return f"the field {short(match[1])} is not known here", path
    if match := re.fullmatch(r"Invalid enum value (.*)", reason, re.DOTALL):
        return f"{clip(match[1])} is none of the values that are known here", path
    words = re.sub(r"`(\w+)`", lambda match: _KINDS.get(match[1], match[1]), reason)
    words = re.sub(r"`([^`]*)`", r"\1", words.replace(" | ", " or "))
    return words[:1].lower() + words[1:], path
