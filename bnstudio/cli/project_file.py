"""The project file that a command is given, what is known of it, and text for terminals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio import data, project
from bnstudio.analysis import analyze
from bnstudio.rules import Case, Severity, diagnose

if TYPE_CHECKING:
    import argparse

    from bnstudio.analysis import Analysis
    from bnstudio.project import Project
    from bnstudio.rules import Diagnostic


@dataclass(frozen=True)
class Opened:
    """A project file and what follows from it."""

    text: str
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
    text = project.read_text(path)
    value = project.loads(text, path, known_layers=True)
    analysis = analyze(value.graph)
    found = diagnose(Case(value, analysis, data.facts(value.source)))
    return Opened(text, value, analysis, found)


def add_file(parser: argparse.ArgumentParser) -> None:
    """The argument that every command begins with."""
    parser.add_argument("file", metavar="FILE", help="a .bnstudio project")


def printable(text: str) -> str:
    """Text from a file as a terminal may show it: nothing in it moves the cursor or colours."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
