"""``bnstudio runs``: the runs that are kept for a project, as a table or for programs."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore

NAME = "runs"
HELP = "list the runs that are kept for a project"
DESCRIPTION = (
    "Prints a table of the runs that the window and `bnstudio train` have kept beside a project, "
    "oldest first. A run that still goes on is not in it. With --tensorboard they are written as "
    "event files for TensorBoard instead. Exit status: 0, or 2 if the file or its runs cannot be "
    "read, or the event files cannot be written."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people or for programs"
    )
    parser.add_argument(
        "--run", type=int, action="append", metavar="N", help="only the run of this number"
    )
    parser.add_argument("--tensorboard", metavar="DIR", help="write them there for TensorBoard")


def run(chosen: argparse.Namespace) -> int:
    """Prints or writes the runs."""
    from bnstudio.cli.keeping import runs_of, store_of
    from bnstudio.project import ProjectError

    store = store_of(chosen.file)
    found = runs_of(chosen.file, store)
    if chosen.run is not None:
        if missing := set(chosen.run) - {entry.number for entry in found}:
            raise ProjectError(f"there is no run {min(missing)}", chosen.file)
        found = [entry for entry in found if entry.number in chosen.run]
    if chosen.tensorboard is not None and found:
        return _write(store, found, Path(chosen.tensorboard))
    if chosen.format == "json" and chosen.tensorboard is None:
        print(json.dumps({"runs": [as_json(entry) for entry in found]}, indent=2))
    elif found:
        print(_table(found), end="")
    else:
        print("No run is kept for it yet.", file=sys.stderr)
    return 0


def _write(store: RunStore, runs: list[Run], folder: Path) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from bnstudio.cli.project_file import printable
    from bnstudio.project import ProjectError
    from bnstudio.runs import tensorboard

    if not tensorboard.is_installed():
        said = f"TensorBoard is not installed, which has the format: {tensorboard.INSTALL}"
        raise ProjectError(said, str(folder))
    console = Console(stderr=True, highlight=False, emoji=False)
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            for entry in runs:
                task = progress.add_task(printable(entry.title).replace("[", "\\["), total=1.0)
                whole, measured = store.whole(entry)
                for share in tensorboard.write(whole, measured, whole.history.count, folder):
                    progress.update(task, completed=share)
    except OSError as error:
        raise ProjectError(
            f"it cannot be written: {error.strerror or error}", str(folder)
        ) from None
    count = f"{len(runs)} run{'' if len(runs) == 1 else 's'}"
    print(f"Wrote {count}. To see them: tensorboard --logdir {folder}", file=sys.stderr)
    return 0


def as_json(run: Run) -> dict[str, Any]:
    """One run as an object of the list ``runs``; a value that is no number is null."""
    return {
        "number": run.number,
        "id": run.id,
        "title": run.title,
        "state": run.state,
        "tags": run.tags,
        "created": run.created,
        "epochs": len(run.epochs),
        "last": {name: _number(last(run, name)) for name in run.metrics},
        "best": {name: _number(best(run, name)) for name in run.metrics},
        "message": run.message,
        "model": run.model,
        "data": run.data,
    }


def last(run: Run, metric: str) -> float:
    """The last epoch's value on the held-out rows, or the training rows where there are none."""
    name = f"val_{metric}" if f"val_{metric}" in run.epochs else metric
    values = run.epochs.get(name)
    return math.nan if values is None or not len(values) else float(values[-1])


def best(run: Run, metric: str) -> float:
    """The best of what ``last`` is the last of."""
    found = run.best(metric)
    return math.nan if found is None else found[1]


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _table(runs: list[Run]) -> str:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bnstudio.cli.project_file import printable
    from bnstudio.cli.show import PLAIN_WIDTH
    from bnstudio.runs.run import STATE_NAMES

    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    table = Table(box=box.SIMPLE_HEAD if unicode else box.ASCII, show_edge=False)
    for name in ("#", "Run", "State", "Tags", "Epochs", "Metric", "Last", "Best"):
        number = name in ("#", "Epochs", "Last", "Best")
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for entry in runs:
        head = [
            str(entry.number),
            entry.title,
            STATE_NAMES[entry.state],
            ", ".join(entry.tags),
            f"{len(entry.epochs)}/{entry.total_epochs}",
        ]
        for metric in entry.metrics or ("",):
            values = [f"{value(entry, metric):.4g}" if metric else "" for value in (last, best)]
            cells = [*head, metric, *values]
            table.add_row(*(Text(printable(cell)) for cell in cells))
            head = [""] * len(head)
    console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, highlight=False)
    with console.capture() as text:
        console.print(table)
    return text.get()
