"""``bnstudio train``: a training run with a progress bar, by the window's own engine."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.project import Project

NAME = "train"
HELP = "train a project, with a progress bar"
DESCRIPTION = (
    "Trains a project as the window does and prints a line an epoch. The run is kept beside the "
    "project, where the window lists it. Ctrl+C ends it after the step in progress and keeps what "
    "it has learned; a second one ends it at once. Exit status: 0 when it is trained, 1 when it "
    "has errors or the run failed, 2 if a file cannot be read or a run cannot go on. With "
    "--continue a run goes on with the project that it trained, whatever the file has become."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument(
        "--epochs", type=_whole(1, 2**31), metavar="N", help="instead of the project's"
    )
    parser.add_argument(
        "--seed", type=_whole(0, 2**32 - 1), metavar="S", help="instead of the project's"
    )
    parser.add_argument(
        "--events", metavar="OUT.jsonl", help="every event of the run, a JSON object a line"
    )
    parser.add_argument("--model", metavar="OUT.keras", help="where the model goes, too")
    parser.add_argument("--no-record", action="store_true", help="keep no record of the run")
    parser.add_argument(
        "--continue",
        dest="which",
        nargs="?",
        const="",
        metavar="RUN",
        help="go on with a run that is kept for the project, by its number or title, else the "
        "newest; --epochs is then how many it has in all",
    )
    parser.add_argument(
        "--from-best",
        action="store_true",
        help="with --continue: from its best epoch; without --epochs its model is put back there",
    )


def run(chosen: argparse.Namespace) -> int:
    """Trains; refuses what has errors."""
    from bnstudio.cli.check import as_text
    from bnstudio.cli.keeping import begin, go_on
    from bnstudio.cli.project_file import open_project, say_missing, with_weights
    from bnstudio.cli.training import Job
    from bnstudio.project import ProjectError
    from bnstudio.weights import WeightsError, place

    opened = open_project(chosen.file)
    if reason := _contradiction(chosen):
        raise ProjectError(reason, chosen.file)
    if opened.errors and chosen.which is None:
        for diagnostic in opened.errors:
            print(as_text(diagnostic, chosen.file, opened.lines.get(diagnostic.node or "")))
        print("It cannot be trained until that is put right.", file=sys.stderr)
        return 1
    if not opened.project.graph.nodes and chosen.which is None:
        print(f"{chosen.file}: the drawing is empty: there is nothing to train.", file=sys.stderr)
        return 1
    for out, suffix in ((chosen.events, ".jsonl"), (chosen.model, ".keras")):
        if out is None:
            continue
        if reason := _unwritable(Path(out).absolute(), suffix):
            raise ProjectError(reason, out)
    if chosen.which is not None:
        kept = go_on(chosen.file, chosen.which, chosen.epochs or 0, chosen.from_best)
        assert kept.run.project  # it could not go on without
        return Job(kept.run.project, chosen.events, chosen.model, kept).run()
    weights = ""
    try:
        target = Path() if opened.unread is None else place.room()
        project, found = with_weights(opened, target)
        if found is not None and project.settings.start == "weights":
            weights = str((found if opened.unread is None else place.adopt(found.path)).path)
    except WeightsError as error:
        raise ProjectError(str(error)) from error
    say_missing(opened)
    project = _override(project, chosen.epochs, chosen.seed)
    keeping = None if chosen.no_record else begin(project, chosen.file)
    return Job(project, chosen.events, chosen.model, keeping, weights).run()


def _unwritable(path: Path, suffix: str) -> str:
    """Why what comes of a run cannot go there, as far as that is known before; else empty."""
    if path.suffix.lower() != suffix:
        return f"the name has to end in {suffix}"
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "not an ordinary file"
        return f"it cannot be written: this is {kind}"
    if not path.parent.is_dir():
        return "it cannot be written: there is no such folder"
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return "it cannot be written: there is no permission"
    return ""


def _contradiction(chosen: argparse.Namespace) -> str:
    """What was asked for that does not go together; empty if all does."""
    if chosen.which is None:
        return "--from-best is for a run that goes on: add --continue" if chosen.from_best else ""
    if chosen.seed is not None:
        return "a run goes on with its own seed: leave --seed out, or --continue"
    if chosen.no_record:
        return "a run goes on in its record: leave --no-record out, or --continue"
    return ""


def _override(project: Project, epochs: int | None, seed: int | None) -> Project:
    settings = project.settings
    if epochs is not None:
        settings = replace(settings, epochs=epochs)
    if seed is not None:
        settings = replace(settings, seed=seed)
    return replace(project, settings=settings)


class _whole:
    """A whole number between two bounds, for argparse."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def __call__(self, text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else -1
        if not self.low <= number <= self.high:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {self.low} to {self.high}, got {text!r}"
            )
        return number
