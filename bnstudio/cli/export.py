"""An export by the engine on the terminal: which weights it has, how far it is, how it ended."""

from __future__ import annotations

import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from bnstudio.analysis import analyze
from bnstudio.cli.keeping import store_of
from bnstudio.cli.project_file import printable, say_missing, with_weights
from bnstudio.exporters.models import WEIGHTS
from bnstudio.folding import NOTHING, survey
from bnstudio.importers import importer_of
from bnstudio.project import ProjectError, dumps
from bnstudio.runs.weights import FRESH, WeightsChoice, of_project, weights_of
from bnstudio.training.export_job import STARTING, ExportJob, proof, told_of_folding
from bnstudio.training.messages import Died, Exported, Exporting, Failed, Silent
from bnstudio.weights import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.cli.project_file import Opened
    from bnstudio.exporters import Exporter
    from bnstudio.folding import Stays
    from bnstudio.project import Project
    from bnstudio.weights import Weights

_ASKED = re.compile(r"(\d{1,9})(?::(end|best|last))?")


def export(
    opened: Opened,
    file: str,
    exporter: Exporter,
    out: str,
    asked: str | None,
    *,
    fold: bool = False,
) -> int:
    """Exports, and returns the exit status; ``fold`` is to fold batch normalizations.

    Raises:
        ProjectError: If the weights that are asked for are not there, or nothing can be written.
    """
    with tempfile.TemporaryDirectory(prefix="bnstudio-") as folder:
        project, own = opened.project, None
        if exporter.weights:
            project, own = with_weights(opened, Path(folder, f"own{SUFFIX}"))
        weights = _chosen(project, file, asked, own) if exporter.weights else FRESH
        if weights is FRESH and exporter.weights and asked is None:
            say_missing(opened)
        return _export(project, file, exporter, out, weights, fold=fold)


def export_initial(
    project: Project, held: Weights, file: str, target: Path, *, force: bool = False
) -> int:
    """Exports the weights that a script loads to beside it, and returns the exit status.

    Others that are there are replaced with ``force`` only.
    """
    kept = False

    def may_replace(_: Path) -> bool:
        nonlocal kept
        kept = not force
        return force

    own = of_project(held)
    status = _export(project, file, WEIGHTS, str(target), own, may_replace=may_replace)
    if status:
        replaced = "With --force it is replaced. " if kept else ""
        print(f"{replaced}With --weights fresh there are none.", file=sys.stderr)
    return status


def _export(
    project: Project,
    file: str,
    exporter: Exporter,
    out: str,
    weights: WeightsChoice,
    *,
    fold: bool = False,
    may_replace: Callable[[Path], bool] | None = None,
) -> int:
    found = survey(analyze(project.graph)) if fold else NOTHING
    if fold and not found.folds:
        why = "".join(f"\n{_stays(one)}" for one in found.stays)
        raise ProjectError(f"there is no batch normalization that can be folded{why}", file)
    console = Console(stderr=True, highlight=False, emoji=False)
    with (
        ExportJob(
            dumps(project),
            exporter,
            Path(out),
            weights.path,
            tuple(one.norm for one in found.folds),
            may_replace=may_replace,
        ) as job,
        Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,  # else it leaves an empty line
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
    for stays in found.stays:
        print(f"Not folded: {_stays(stays)}", file=sys.stderr)
    if told := told_of_folding(found, end):
        print(told, file=sys.stderr)
    for note in end.notes:
        print(printable(note), file=sys.stderr)
    print(f"Wrote {out}. {proof(exporter, end)}", file=sys.stderr)
    return 0


def _stays(stays: Stays) -> str:
    return printable(f"{stays.name}: {stays.why}")


def _chosen(project: Project, file: str, asked: str | None, own: Weights | None) -> WeightsChoice:
    """The weights that are asked for, else the first of which there are any; see ``convert``."""
    if asked == "fresh":
        return FRESH
    if asked == "project" and own is None:
        gone = project.weights is not None
        why = "the file with its weights is not there" if gone else "it has no weights of its own"
        raise ProjectError(why, file)
    first = FRESH
    if own is not None and (asked == "project" or project.settings.start == "weights"):
        first = of_project(own)
    if asked == "project":
        return first
    if asked is None and importer_of(file) is not None:
        return first  # a model file is asked for what is in it, whatever was trained since
    store = store_of(file)
    runs = [run for run in store.runs_here() if not run.live]
    if asked is None:
        for run in reversed(runs):
            if found := weights_of(store, run, project):
                return found[0]
        return first
    match = _ASKED.fullmatch(asked)
    if match is None:
        raise ProjectError(
            f"--weights is 'fresh', 'project', or a run's number as `bnstudio runs` lists it, such "
            f"as 3 or 3:best; this is {asked!r}",
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
