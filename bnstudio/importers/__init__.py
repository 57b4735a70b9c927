"""The ways in: model files of Keras as projects. Data is read, no code is run, no Keras is needed.

A file is told by its suffix, and by its first bytes where the suffix says nothing or something
else: before version 2.13 Keras has written HDF5 to ``.keras`` too.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnstudio.graph import levels
from bnstudio.importers import config_text, keras_file, legacy_file
from bnstudio.importers.compiled import settings_of
from bnstudio.importers.expand import can_expand, expand, expanded
from bnstudio.importers.group import group
from bnstudio.importers.importer import Described, Imported, Importer
from bnstudio.importers.laid_out import laid_out
from bnstudio.importers.model import draw
from bnstudio.importers.reading import MAX_TEXT, as_json, open_file
from bnstudio.importers.rows import source_for
from bnstudio.importers.weights import Taken, Unread
from bnstudio.project import SUFFIX, Project, ProjectError

if TYPE_CHECKING:
    from bnstudio.graph import Graph, Value

IMPORTERS: tuple[Importer, ...] = (
    keras_file.IMPORTER,
    legacy_file.IMPORTER,
    config_text.IMPORTER,
)
"""Every importer, in the order in which a file dialog names them."""

_HEAD = 16
_VERSION = re.compile(r"[0-9A-Za-z.+-]{1,20}")


def importer_of(path: str | os.PathLike[str]) -> Importer | None:
    """What imports this file; None for a project and for anything unknown."""
    suffix = Path(path).suffix.lower()
    if suffix == SUFFIX:
        return None
    named = next((entry for entry in IMPORTERS if suffix in entry.suffixes), None)
    if named is config_text.IMPORTER:
        return named
    try:
        with open_file(os.fspath(path)) as file:
            head = file.read(_HEAD)
    except ProjectError:
        return named
    # JSON may be anything, a project above all, and is only taken by its suffix.
    return next((e for e in IMPORTERS[:2] if head.startswith(e.starts)), named)


def load(path: str | os.PathLike[str]) -> Imported:
    """The project in a model file.

    Raises:
        ProjectError: If there is no such file, or no model that can be drawn is in it.
    """
    where = os.fspath(path)
    importer = importer_of(where)
    if importer is None:
        known = ", ".join(suffix for entry in IMPORTERS for suffix in entry.suffixes)
        raise ProjectError(f"this is no model file; there are {known}", where)
    return _made(importer.describe(where), where, Path(where).name)


def loads(text: str) -> Imported:
    """The project that the text of a configuration describes, as ``model.to_json()`` gives it.

    Raises:
        ProjectError: If it is anything else.
    """
    if len(text) > MAX_TEXT:
        raise ProjectError(f"the configuration is larger than {MAX_TEXT // 2**20} MiB")
    return _made(Described(text), "", "a configuration")


def is_configuration(text: str) -> bool:
    """Whether a text could be a model's configuration; quick, so it may be wrong."""
    start = text.lstrip("\ufeff \t\r\n")[:1]
    return start == "{" and '"layers"' in text and '"config"' in text


def _made(described: Described, where: str, source: str) -> Imported:
    model = as_json(described.model, where)
    version = described.version or _version(model)
    version = version if _VERSION.fullmatch(version) else ""
    drawn = draw(model, where)
    compiled = model.get("compile_config")
    if described.training:
        compiled = as_json(described.training, f"{where}: training_config")
    settings, said = settings_of(compiled if isinstance(compiled, dict) else {})
    notes = [*drawn.notes, *said, *_changed(drawn.graph, version)]
    written = f" (Keras {version})" if version else ""
    project = Project(
        laid_out(drawn.graph),
        settings=settings,
        title=drawn.name,
        about=f"Imported from {source}{written}.",
    )
    if (fitting := source_for(drawn.graph, settings.loss.name)) is not None:
        project = replace(project, source=fitting)
    unread = Unread(where, drawn) if described.weights else None
    return Imported(project, tuple(notes), unread)


def _version(model: Mapping[str, Any]) -> str:
    version = model.get("keras_version")
    return version if isinstance(version, str) else ""


def _changed(graph: Graph, version: str) -> list[str]:
    """What Keras 3 computes otherwise than the Keras that wrote the file."""
    if version[:2] not in ("0.", "1.", "2."):
        return []
    layers = [
        node.name
        for _, each in levels(graph)
        for node in each.nodes.values()
        if _has(node.params, "hard_sigmoid")
    ]
    if not layers:
        return []
    return [
        f"hard_sigmoid is flatter in Keras 3 than in Keras {version} (a slope of 1/6 instead "
        f"of 1/5): {', '.join(layers[:5])}."
    ]


def _has(value: Value, name: str) -> bool:
    """Whether a name is among arguments, those of layers in layers included."""
    if isinstance(value, Mapping):
        return any(_has(each, name) for each in value.values())
    return value == name or (isinstance(value, tuple) and any(_has(each, name) for each in value))


__all__ = [
    "IMPORTERS",
    "Described",
    "Imported",
    "Importer",
    "Taken",
    "Unread",
    "can_expand",
    "expand",
    "expanded",
    "group",
    "importer_of",
    "is_configuration",
    "load",
    "loads",
]
