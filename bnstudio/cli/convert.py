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
    ".bnstudio for a project (its weights go beside it, as .weights), .py for a Keras script, .svg "
    "or .png for a picture of the drawing. "
    "OUT is replaced only once its new content is complete."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument("out", metavar="OUT", help="where it goes")


def run(chosen: argparse.Namespace) -> int:
    """Writes the file and names it."""
    from bnstudio.cli.project_file import open_project, with_weights
    from bnstudio.exporters import EXPORTERS
    from bnstudio.project import SUFFIX, ProjectError, save, write_atomic
    from bnstudio.weights import WeightsError, place

    suffix = Path(chosen.out).suffix.lower()
    exporter = next((entry for entry in EXPORTERS if entry.suffix == suffix), None)
    if exporter is None and suffix != SUFFIX:
        known = ", ".join(
            [f"{SUFFIX} (project)", *(f"{entry.suffix} ({entry.title})" for entry in EXPORTERS)]
        )
        said = f"nothing can be written as {suffix!r}" if suffix else "the name has no suffix"
        raise ProjectError(f"{said}; there are {known}", chosen.out)
    opened = open_project(chosen.file)
    if exporter is None:
        project, weights = with_weights(opened, place.beside(Path(chosen.out)))
        try:
            if weights is not None:
                place.put_beside(weights, Path(chosen.out))
        except WeightsError as error:
            raise ProjectError(str(error)) from error
        save(project, chosen.out)
    else:
        write_atomic(chosen.out, exporter.render(opened.project))
    print(f"Wrote {chosen.out}.", file=sys.stderr)
    return 0
