"""``bnstudio convert``: a project or a model file in another form, told by the suffix."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

NAME = "convert"
HELP = "write a project or a model file as a project, a Keras script or a picture"
DESCRIPTION = (
    "Writes a project, or a model file of Keras, in another form, which the suffix of OUT says: "
    ".bnstudio for a project, .py for a Keras script, .svg or .png for a picture of the drawing. "
    "OUT is replaced only once its new content is complete."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument("out", metavar="OUT", help="where it goes")


def run(chosen: argparse.Namespace) -> int:
    """Writes the file and names it."""
    from bnstudio.cli.project_file import load_project
    from bnstudio.exporters import EXPORTERS
    from bnstudio.project import SUFFIX, ProjectError, save, write_atomic

    suffix = Path(chosen.out).suffix.lower()
    exporter = next((entry for entry in EXPORTERS if entry.suffix == suffix), None)
    if exporter is None and suffix != SUFFIX:
        known = ", ".join(
            [f"{SUFFIX} (project)", *(f"{entry.suffix} ({entry.title})" for entry in EXPORTERS)]
        )
        said = f"nothing can be written as {suffix!r}" if suffix else "the name has no suffix"
        raise ProjectError(f"{said}; there are {known}", chosen.out)
    project = load_project(chosen.file)
    if exporter is None:
        save(project, chosen.out)
    else:
        write_atomic(chosen.out, exporter.render(project))
    print(f"Wrote {chosen.out}.", file=sys.stderr)
    return 0
