"""The file that a command is given, what is known of its project, and text for terminals."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio import data, importers, project
from bnstudio.analysis import analyze
from bnstudio.rules import Case, Severity, diagnose

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from bnstudio.analysis import Analysis
    from bnstudio.project import Project
    from bnstudio.rules import Diagnostic


@dataclass(frozen=True)
class Opened:
    """A project and what follows from it.

    Attributes:
        lines: Where each node stands in the file, by id; empty for a model file.
        project: What the file holds.
        analysis: Of its drawing.
        diagnostics: Worst first.
    """

    lines: Mapping[str, int]
    project: Project
    analysis: Analysis
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """What keeps it from being trained."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


def open_project(path: str) -> Opened:
    """Reads, analyses and diagnoses a project.

    Raises:
        ProjectError: If it cannot be read, or has layers that this version does not know.
    """
    value, text = _read(path)
    analysis = analyze(value.graph)
    found = diagnose(Case(value, analysis, data.facts(value.source)))
    return Opened(project.node_lines(text) if text else {}, value, analysis, found)


def load_project(path: str) -> Project:
    """The project in a file, or made of a model file.

    Raises:
        ProjectError: As for ``open_project``.
    """
    return _read(path)[0]


def _read(path: str) -> tuple[Project, str]:
    """A project and its text; none for a model file, of which is said what was not taken over."""
    if importers.importer_of(path) is None:
        text = project.read_text(path)
        return project.loads(text, path, known_layers=True), text
    imported = importers.load(path)
    for note in imported.notes:
        print(f"{path}: {printable(note)}", file=sys.stderr)
    return imported.project, ""


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
