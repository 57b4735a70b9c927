"""A script or a notebook on the terminal, with the weights that it loads beside it."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio.cli.export import export_initial
from bnstudio.cli.project_file import kept, printable, say_missing, with_weights
from bnstudio.project import ProjectError, write_atomic
from bnstudio.weights import SUFFIX

if TYPE_CHECKING:
    from bnstudio.cli.project_file import Opened
    from bnstudio.exporters import Exporter
    from bnstudio.project import Project
    from bnstudio.weights import Weights


def write_script(
    opened: Opened, file: str, exporter: Exporter, out: str, asked: str | None, *, force: bool
) -> int:
    """Writes what ``out`` says, and first the weights that it loads; returns the exit status.

    ``asked`` is whose weights it begins with, or None for the project's or the model file's where
    there are any. Other weights that are in their place are replaced with ``force`` only.

    Raises:
        ProjectError: If there are no such weights, or nothing can be written.
    """
    path = Path(out)
    with tempfile.TemporaryDirectory(prefix="bnstudio-") as folder:
        project, own = _beginning(opened, file, asked, Path(folder, f"own{SUFFIX}"))
        beside = exporter.loads(project, path)
        if beside is not None and own is None:
            say_missing(opened)
            print(
                f"What loads {beside.name} cannot be run without it, and nothing is written there.",
                file=sys.stderr,
            )
        # First: a script must not name weights that are not there.
        elif (
            beside is not None
            and own is not None
            and (status := export_initial(project, own, file, beside, force=force))
        ):
            return status
        write_atomic(out, exporter.content(project, path))
    begins = "" if beside is None else f" It loads {beside.name}, which is to lie beside it."
    print(f"Wrote {out}.{begins}", file=sys.stderr)
    return 0


def _beginning(
    opened: Opened, file: str, asked: str | None, target: Path
) -> tuple[Project, Weights | None]:
    """The project that a script is written of, and the weights that its model begins with."""
    project = opened.project
    anew = replace(project, settings=replace(project.settings, start="new"))
    if asked == "fresh":
        return anew, None
    if asked not in (None, "project"):
        raise ProjectError(
            "a script begins with the weights of the project or with new ones, so --weights is "
            f"'project' or 'fresh'; this is {asked!r}",
            file,
        )
    if asked is None and opened.unread is not None and (node := kept(project)) is not None:
        print(
            f"{file}: Its weights are left out, so the script begins with new ones: "
            f"{printable(node.name)} ({printable(node.type)}) is kept as the file describes it, "
            "and no model of it is built here to prove them.",
            file=sys.stderr,
        )
        return anew, None
    project, own = with_weights(opened, target)
    if asked == "project":
        if project.weights is None:
            raise ProjectError("it has no weights of its own", file)
        project = replace(project, settings=replace(project.settings, start="weights"))
    return project, own
