"""The file that a command is given, what is known of its project, and text for terminals."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import data, extensions, importers, project
from bnstudio.analysis import analyze
from bnstudio.graph import levels
from bnstudio.layers.foreign import KERAS, package_of
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import InitialWeights, ProjectError
from bnstudio.rules import Case, Severity, diagnose
from bnstudio.weights import WeightsError, made_weights, place

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Node
    from bnstudio.importers import Unread
    from bnstudio.project import Project
    from bnstudio.rules import Diagnostic
    from bnstudio.weights import Weights


@dataclass(frozen=True)
class Opened:
    """A project and what follows from it.

    Attributes:
        lines: Where each node stands in the file, by id; empty for a model file.
        project: What the file holds.
        analysis: Of its drawing.
        diagnostics: Worst first.
        weights: What its layers begin with; None where it has none, or their file is gone.
        unread: The weights in a model file.
    """

    lines: Mapping[str, int]
    project: Project
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]
    weights: Weights | None
    unread: Unread | None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps it from being trained."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


def open_project(path: str) -> Opened:
    """Reads, analyses and diagnoses a project.

    Raises:
        ProjectError: If it cannot be read, or has layers that this version does not know.
    """
    value, text, unread = _read(path)
    analysis = _analyzed(value)
    begin = value.weights
    weights = place.find(begin.fingerprint, Path(path)) if begin is not None else None
    layers = weights.layers if weights is not None else {}
    found = diagnose(Case(value, analysis, data.facts(value.source), layers))
    lines = project.node_lines(text) if text else {}
    return Opened(lines, value, analysis, found, weights, unread)


def _analyzed(value: Project) -> Analysis:
    """The analysis; what it takes to know of layers of packages is asked of an engine."""
    types = extensions.types_in(value.graph)
    if not types:
        return analyze(value.graph)
    from bnstudio.training.examine import describe_all, settle

    known = extensions.put_in_place()
    newer = {type for type in types if package_of(type) == KERAS}
    wanted = (newer | types.intersection(known.undescribed)) - known.registered().types.keys()
    if wanted:
        describe_all(sorted(wanted))
        extensions.put_in_place()
    return settle(value.graph)


def with_weights(opened: Opened, target: Path) -> tuple[Project, Weights | None]:
    """A project and what its layers begin with, which a model file's are written to ``target`` for.

    What of it cannot be taken over is said.

    Raises:
        ProjectError: If there are weights that cannot be read, or not be written.
    """
    if opened.unread is None or not (made_weights(opened.analysis) or kept(opened.project)):
        return opened.project, opened.weights
    try:
        taken = opened.unread.take(target)
    except WeightsError as error:
        raise ProjectError(str(error)) from error
    say(opened.unread.path, taken.notes)
    begin = InitialWeights(taken.weights.fingerprint, taken.weights.origin)
    return replace(opened.project, weights=begin), taken.weights


def kept(value: Project) -> Node | None:
    """A layer that is kept as its file describes it and never built here; None if there is none."""
    nodes = (node for _, graph in levels(value.graph) for node in graph.nodes.values())
    return next((node for node in nodes if is_opaque(node.type)), None)


def say_missing(opened: Opened) -> None:
    """Prints that the file with the project's weights is gone, where that is so."""
    for found in opened.diagnostics:
        if found.code == "WGT02":
            print(f"bnstudio: {printable(f'{found.message} {found.hint}')}", file=sys.stderr)


def say(path: str, notes: Sequence[str]) -> None:
    """Prints what was not taken over from a file."""
    for note in notes:
        print(f"{path}: {printable(note)}", file=sys.stderr)


def _read(path: str) -> tuple[Project, str, Unread | None]:
    """A project and its text; none for a model file, of which is said what was not taken over."""
    if importers.importer_of(path) is None:
        text = project.read_text(path)
        return project.loads(text, path, known_layers=True), text, None
    extensions.put_in_place()  # its classes may be a package's
    imported = importers.load(path)
    say(path, imported.notes)
    return imported.project, "", imported.weights


def add_file(parser: argparse.ArgumentParser) -> None:
    """The argument that every command begins with."""
    parser.add_argument(
        "file", metavar="FILE", help="a .bnstudio project, or a model file: .keras, .h5, .json"
    )


def printable(text: str) -> str:
    """Text from a file as a terminal may show it: nothing in it moves the cursor or colours."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
