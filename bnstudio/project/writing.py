"""The text of a project file: JSON that git can diff, written one way.

One node a line and one wire a line, in the order of the drawing. What is inside a model in the
model stands in a section of its own, ``models``, under the name by which its node refers to it.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from textwrap import indent
from typing import TYPE_CHECKING, Any

from bnstudio.graph import Graph
from bnstudio.project.error import ProjectError
from bnstudio.project.fields import FRAGMENT, PROJECT, VERSION
from bnstudio.settings import Measuring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.project.value import Project


def dumps(project: Project) -> str:
    """The text of a project's file; equal projects have equal texts.

    Raises:
        ProjectError: If something in it has no place in a file, such as a position that is not
            finite.
    """
    source, settings = project.source, project.settings
    early = settings.early_stopping
    data = {
        "name": source.name,
        "params": source.params,
        "scaling": source.scaling,
        "targets": source.targets,
        "shape": source.shape,
    }
    training: dict[str, Any] = {
        "optimizer": {"name": settings.optimizer.name, "params": settings.optimizer.params},
        "loss": {"name": settings.loss.name, "params": settings.loss.params},
        "metrics": settings.metrics,
        "batch_size": settings.batch_size,
        "epochs": settings.epochs,
        "validation_split": settings.validation_split,
        "seed": settings.seed,
        "early_stopping": early and {
            "monitor": early.monitor,
            "min_delta": early.min_delta,
            "patience": early.patience,
            "restore_best_weights": early.restore_best_weights,
        },
    }  # fmt: skip
    # What is not used is not written, so that a file from before these fields stays as it is.
    if settings.reduce_lr is not None:
        training["reduce_lr"] = asdict(settings.reduce_lr)
    if settings.class_weight is not None:
        training["class_weight"] = settings.class_weight
    if settings.measuring != Measuring():
        training["measuring"] = asdict(settings.measuring)
    if settings.start != "weights":
        training["start"] = settings.start
    head: list[tuple[str, object]] = [("format", PROJECT), ("version", _version(project.graph))]
    head += [(key, value) for key in ("title", "about") if (value := getattr(project, key))]
    lines = [f'  "{key}": {_json(value, key)}' for key, value in head]
    for key, fields in (("data", data), ("settings", training)):
        inner = [f'    "{name}": {_json(value, f"{key}.{name}")}' for name, value in fields.items()]
        lines.append(f'  "{key}": {{\n' + ",\n".join(inner) + "\n  }")
    if project.weights is not None:
        lines.append(f'  "weights": {_json(asdict(project.weights), "weights")}')
    return "{\n" + ",\n".join([*lines, *_graph_lines(project.graph)]) + "\n}\n"


def fragment_dumps(graph: Graph) -> str:
    """The text of a piece of a drawing, as it goes to the clipboard.

    Raises:
        ProjectError: As for ``dumps``.
    """
    head = [f'  "format": "{FRAGMENT}"', f'  "version": {_version(graph)}']
    return "{\n" + ",\n".join([*head, *_graph_lines(graph)]) + "\n}\n"


def _version(graph: Graph) -> int:
    return VERSION if any(node.inside is not None for node in graph.nodes.values()) else 1


def _graph_lines(graph: Graph) -> list[str]:
    """The sections of a drawing: nodes, wires, and the models in it where there are any."""
    sections, waiting = _sections(graph, "")
    texts = []
    for name, inside in waiting:  # which grows: what is inside a model comes after it
        inner, more = _sections(inside, f"{name}/")
        waiting += more
        lines = indent(",\n".join(inner), "    ")
        texts.append(f"    {_json(name, name)}: {{\n{lines}\n    }}")
    if texts:
        sections.append('  "models": {\n' + ",\n".join(texts) + "\n  }")
    return sections


def _sections(graph: Graph, where: str) -> tuple[list[str], list[tuple[str, Graph]]]:
    """The nodes and wires of one drawing, and what is inside its nodes, under names."""
    nodes, models = [], list[tuple[str, Graph]]()
    for node in graph.nodes.values():
        fields: dict[str, Any] = {"id": node.id, "type": node.type, "name": node.name}
        if node.params:
            fields["params"] = node.params
        fields |= {"x": float(node.x), "y": float(node.y)}
        if node.shares is not None:
            fields["shares"] = node.shares
        if node.inside is not None:
            fields["inside"] = f"{where}{node.id}"
            models.append((fields["inside"], node.inside))
        nodes.append("    " + _json(fields, f"node {node.id!r}"))
    wires = ["    " + _json(wire, f"the wire into {wire.target!r}") for wire in graph.wires]
    return [_list("nodes", nodes), _list("wires", wires)], models


def _list(key: str, lines: Sequence[str]) -> str:
    return f'  "{key}": [\n' + ",\n".join(lines) + "\n  ]" if lines else f'  "{key}": []'


def _json(value: object, at: str) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        raise ProjectError("it holds half a character (a lone surrogate)", path=at) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise ProjectError(f"it has no place in a file: {error}", path=at) from None
    return text
