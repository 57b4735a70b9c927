"""``bnstudio check``: the diagnostics, for people and for programs."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from bnstudio.rules import Diagnostic

NAME = "check"
HELP = "say what is wrong with a project"
DESCRIPTION = (
    "Prints what is wrong with a project, worst first. Exit status: 0 without errors (warnings are "
    "none), 1 with, 2 if the file cannot be read."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people or for programs"
    )


def run(chosen: argparse.Namespace) -> int:
    """Prints the diagnostics; 1 if there are errors."""
    from bnstudio.cli.project_file import open_project

    opened = open_project(chosen.file)
    lines = opened.lines
    if chosen.format == "json":
        found = [as_json(d, lines.get(d.node or "")) for d in opened.diagnostics]
        print(json.dumps({"diagnostics": found}, indent=2))
    else:
        for diagnostic in opened.diagnostics:
            print(as_text(diagnostic, chosen.file, lines.get(diagnostic.node or "")))
        print(summary(opened.diagnostics), file=sys.stderr)
    return 1 if opened.errors else 0


def as_json(diagnostic: Diagnostic, line: int | None) -> dict[str, object]:
    """One diagnostic as an object of the list ``diagnostics``."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
        "node": diagnostic.node,
        "line": line,
        "fix": diagnostic.fix.label if diagnostic.fix else None,
    }


def as_text(diagnostic: Diagnostic, file: str, line: int | None) -> str:
    """One diagnostic in the form that compilers have taught editors to read."""
    from bnstudio.cli.project_file import printable

    place = f"{file}:{line}" if line else file
    said = f"{place}: {diagnostic.severity} {diagnostic.code}: {diagnostic.message}"
    hints = [diagnostic.hint] if diagnostic.hint else []
    if diagnostic.fix:
        hints.append(f"In the window, one click does it: {diagnostic.fix.label}.")
    return "\n    ".join(map(printable, [said, *hints]))


def summary(diagnostics: tuple[Diagnostic, ...]) -> str:
    """How many of each severity."""
    counts = Counter(d.severity.value for d in diagnostics)
    said = [
        f"{count} {name}{'s' if count > 1 and name != 'info' else ''}"
        for name, count in counts.items()
    ]
    return f"Found {', '.join(said)}." if said else "Nothing is wrong."
