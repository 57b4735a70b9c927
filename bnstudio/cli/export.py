"""An export by the engine on the terminal: which weights it has, how far it is, how it ended."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bnstudio.cli.keeping import store_of
from bnstudio.cli.project_file import printable
from bnstudio.importers import importer_of
from bnstudio.project import ProjectError, dumps
from bnstudio.runs.weights import FRESH, weights_of
from bnstudio.training.export_job import STARTING, ExportJob, proof
from bnstudio.training.messages import Died, Exported, Exporting, Failed, Silent

if TYPE_CHECKING:
    from bnstudio.exporters import Exporter
    from bnstudio.project import Project
    from bnstudio.runs.weights import Weights

_ASKED = re.compile(r"(\d{1,9})(?::(end|best|last))?")


def export(project: Project, file: str, exporter: Exporter, out: str, asked: str | None) -> int:
    """Exports, and returns the exit status.

    Raises:
        ProjectError: If the weights that are asked for are not there, or nothing can be written.
    """
    weights = _chosen(project, file, asked) if exporter.weights else FRESH
    console = Console(stderr=True, highlight=False, emoji=False)
    with (
        ExportJob(dumps(project), exporter, Path(out), weights.path) as job,
        Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
        ) as progress,
    ):
        task = progress.add_task(STARTING, total=1.0)
        end: Exported | Failed | Died | None = None
        while end is None:
            for event in job.take(1.0):
                match event:
                    case Exporting():
                        stage = printable(event.stage)
                        progress.update(task, description=stage, completed=event.share)
                    case Silent():
                        progress.console.print(event.message, markup=False)
                    case Exported() | Failed() | Died():
                        end = event
    if not isinstance(end, Exported):
        print(f"bnstudio: {printable(end.message)}", file=sys.stderr)
        return 1
    if exporter.weights:
        print(f"The weights: {printable(weights.title)}.", file=sys.stderr)
    for note in end.notes:
        print(printable(note), file=sys.stderr)
    print(f"Wrote {out}. {proof(exporter, end)}", file=sys.stderr)
    return 0


def _chosen(project: Project, file: str, asked: str | None) -> Weights:
    """The weights that are asked for, else those of the newest run of this very model."""
    if asked == "fresh":
        return FRESH
    if importer_of(file) is not None:
        if asked is not None:
            raise ProjectError("a model file has no runs to take weights from", file)
        return FRESH
    store = store_of(file)
    runs = [run for run in store.runs_here() if not run.live]
    if asked is None:
        for run in reversed(runs):
            if found := weights_of(store, run, project):
                return found[0]
        return FRESH
    match = _ASKED.fullmatch(asked)
    if match is None:
        raise ProjectError(
            f"--weights is 'fresh', or a run's number as `bnstudio runs` lists it, such as 3 or "
            f"3:best; this is {asked!r}",
            file,
        )
    numbered = [run for run in runs if run.number == int(match[1])]
    if not numbered:
        raise ProjectError(f"there is no run {match[1]}", file)
    found = weights_of(store, numbered[0], project)
    for weights in found:
        if match[2] in (None, weights.moment):
            return weights
    what = "it was of another model, or has kept none"
    if found:
        what = f"it has kept {', '.join(weights.moment for weights in found)}"
    raise ProjectError(f"{numbered[0].title} has no such weights: {what}", file)
