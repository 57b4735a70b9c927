"""One training run on the terminal: the engine's events as a bar, as lines and as a file."""

from __future__ import annotations

import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from bnstudio.cli.project_file import printable
from bnstudio.project import ProjectError, dumps, write_atomic
from bnstudio.project.file import reason
from bnstudio.training.client import Client
from bnstudio.training.messages import (
    Died,
    Epoch,
    Failed,
    Finished,
    Noted,
    Silent,
    Started,
    Steps,
    Stop,
    Train,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

    from bnstudio.cli.keeping import Keeping
    from bnstudio.project import Project
    from bnstudio.training.messages import Event

UNKEPT = "cli"
"""What a run without a record is called in its events."""

_REASONS = {
    "completed": "Trained",
    "early": "Stopped early, as nothing improved any more, after",
    "stopped": "Stopped, and kept what was learned in",
    "diverged": "Diverged after",
}


class Job:
    """A run from start to end."""

    def __init__(
        self,
        project: Project,
        events: str | None,
        model: str | None,
        keeping: Keeping | None,
        weights: str = "",
    ) -> None:
        self.project, self.events, self.model, self.keeping = project, events, model, keeping
        self.weights = weights
        self._log: IO[bytes] | None = None
        self._stops = 0
        self._last: dict[str, float] = {}

    def run(self) -> int:
        """Trains and returns the exit status."""
        console = Console(stderr=True, highlight=False, emoji=False)
        with ExitStack() as stack:
            run, keep, checkpoint = UNKEPT, "", ""
            if self.keeping is not None:
                stack.enter_context(self.keeping)
                run, keep = self.keeping.run.id, self.keeping.folder
                checkpoint = self.keeping.checkpoint
            # Before the engine, so that it is removed after the engine has gone.
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bnstudio-"))
            client = stack.enter_context(Client())
            stack.callback(signal.signal, signal.SIGINT, signal.getsignal(signal.SIGINT))
            signal.signal(signal.SIGINT, self._interrupt(client))
            if self.model and not keep:
                keep = folder
            request = Train(
                run, dumps(self.project), keep=keep, checkpoint=checkpoint, weights=self.weights
            )
            if not self.events and self.keeping is None:
                request = msgspec.structs.replace(request, probe_seconds=0)  # nobody would look
            client.send(request)
            progress = stack.enter_context(
                Progress(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TextColumn("{task.fields[values]}", markup=False),
                    TimeRemainingColumn(),
                    console=console,
                    transient=True,
                    disable=not console.is_terminal,  # else it leaves an empty line
                    # Or the epochs' lines would go to the terminal when they are to go to a file.
                    redirect_stdout=sys.stdout.isatty(),
                )
            )
            task = progress.add_task("Starting Keras", total=None, values="")
            stack.callback(self._close)
            end = self._follow(client, progress, task)
            if isinstance(end, Finished) and end.model and self.model:
                # The record has taken it over from where the engine left it.
                model = end.model if self.keeping is None else self.keeping.run.model
                write_atomic(self.model, Path(model).read_bytes())
        return self._say(end)

    def _follow(self, client: Client, progress: Progress, task: TaskID) -> Finished | Failed | Died:
        """Shows what comes until the run is over."""
        while True:
            for event in client.wait(1.0):
                if self.keeping is not None and (complaint := self.keeping.take(event)):
                    progress.console.print(f"{complaint} The run itself goes on.", markup=False)
                if not isinstance(event, Died | Silent):
                    self._record(event)
                match event:
                    case Started():
                        progress.update(task, total=event.steps * event.epochs)
                        upcoming = min(event.epochs_done + 1, event.epochs)
                        progress.update(task, description=f"Epoch {upcoming}/{event.epochs}")
                    case Steps():
                        done = event.first + max(map(len, event.logs.values()), default=0)
                        last = {name: values[-1] for name, values in event.logs.items() if values}
                        progress.update(task, completed=done, values=_values(last))
                    case Epoch():
                        count = self.project.settings.epochs
                        self._last = event.logs
                        line = f"epoch {event.epoch + 1}/{count}  {_values(event.logs)}"
                        print(line, flush=True)
                        upcoming = min(event.epoch + 2, count)
                        progress.update(
                            task,
                            completed=event.steps_done,
                            description=f"Epoch {upcoming}/{count}",
                        )
                    case Silent() | Noted():
                        progress.console.print(event.message, markup=False)
                    case Finished() | Failed() | Died():
                        return event
            if self._stops == 1:
                progress.update(task, description="Stopping")

    def _say(self, end: Finished | Failed | Died) -> int:
        status = self._say_end(end)
        if self.keeping is not None and self.keeping.place:
            title, place = self.keeping.run.title, printable(self.keeping.place)
            print(f"It is kept as {title} in {place}.", file=sys.stderr)
        return status

    def _say_end(self, end: Finished | Failed | Died) -> int:
        if not isinstance(end, Finished):
            print(f"bnstudio: {end.message}", file=sys.stderr)
            if end.detail:
                print(end.detail, file=sys.stderr)
            return 1
        epochs = f"{end.epochs} epoch{'' if end.epochs == 1 else 's'}"
        said = f"{_REASONS[end.reason]} {epochs} in {end.elapsed:.1f} s."
        print(" ".join(filter(None, [said, end.message])), file=sys.stderr)
        if end.model and self.model:
            print(f"The model is in {self.model}.", file=sys.stderr)
        return 1 if end.reason == "diverged" else 0

    def _interrupt(self, client: Client) -> Any:
        def stop(_number: int, _frame: FrameType | None) -> None:
            self._stops += 1
            if self._stops > 1:
                raise KeyboardInterrupt
            client.send(Stop())

        return stop

    def _record(self, event: Event) -> None:
        """Writes an event down; the file is begun when the run does, not before."""
        if self.events is None:
            return
        try:
            if self._log is None:
                if not isinstance(event, Started):
                    return
                self._log = open(self.events, "wb")  # noqa: SIM115  # closed when the run ends
            self._log.write(msgspec.json.encode(event) + b"\n")
            self._log.flush()
        except OSError as error:
            raise ProjectError(f"it cannot be written: {reason(error)}", self.events) from None

    def _close(self) -> None:
        if self._log is not None:
            self._log.close()


def _values(logs: Mapping[str, float]) -> str:
    """Each value with its name: the loss first, training before validation."""
    names = sorted(logs, key=lambda name: (name.startswith("val_"), "loss" not in name))
    return "  ".join(f"{name} {logs[name]:.4g}" for name in names)
