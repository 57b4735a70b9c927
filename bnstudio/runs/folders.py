"""The runs of earlier versions, a folder each: listed and read where they lie.

``run.json`` says what became of one, ``project.bnstudio`` what was trained, ``epochs.jsonl`` and
``steps.jsonl`` hold the logs, ``activations.msgpack`` the measurements and ``model.keras`` the
model. No such folder is made any more. One that cannot be read is left alone and counted.
"""

from __future__ import annotations

import math
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import msgspec

from bnstudio.runs.run import LIVE, History, Run, State
from bnstudio.training.messages import Epoch, Histograms, Steps

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

VERSION = 1

_MAX_FILE = 256 * 2**20
_GONE = ".deleted"
_MEASURED = "activations.msgpack"


class _Summary(msgspec.Struct, frozen=True):
    """What ``run.json`` holds."""

    version: int
    id: str
    title: str
    source: str
    number: int
    created: float
    state: State
    total_epochs: int = 0
    steps_per_epoch: int = 0
    train_rows: int = 0
    validation_rows: int = 0
    parameters: int = 0
    nodes: tuple[str, ...] = ()
    elapsed: float = 0.0
    message: str = ""
    node: str = ""
    model: str = ""
    tags: tuple[str, ...] = ()


class _StepsLine(msgspec.Struct, frozen=True):
    """A line of ``steps.jsonl``. JSON has no NaN, so None stands for it."""

    first: int
    elapsed: float
    logs: dict[str, tuple[float | None, ...]]


class _EpochLine(msgspec.Struct, frozen=True):
    """A line of ``epochs.jsonl``."""

    epoch: int
    step: int
    elapsed: float
    logs: dict[str, float | None]


_Line = TypeVar("_Line", _StepsLine, _EpochLine)


class Folders:
    """The folder that has a folder for each run.

    Attributes:
        unreadable: Folders in it that are no run, found by the last listing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unreadable: list[Path] = []

    def next_number(self) -> int:
        """One more than the largest number taken."""
        return max((_number(path) for path in self._folders()), default=0) + 1

    def runs(self, most: int) -> Iterator[Run]:
        """The newest runs, oldest first, with their epochs but without their steps."""
        self.unreadable = []
        for folder in self._folders()[-most:]:
            try:
                yield _read(folder)
            except (OSError, ValueError, msgspec.MsgspecError, RecursionError):
                self.unreadable.append(folder)

    def load(self, run: Run) -> None:
        """Reads the steps and the activations of a listed run."""
        folder = self._path(run)
        for line in _lines(folder / "steps.jsonl", _StepsLine):
            logs = {
                name: tuple(_number_or_nan(value) for value in values)
                for name, values in line.logs.items()
            }
            run.apply(Steps(run.id, line.first, logs, line.elapsed))
        for entry in self._measured(run):
            run.apply(entry)

    def history(self, run: Run) -> History:
        """The activations of a listed run, read anew."""
        history = History()
        for entry in self._measured(run):
            history.add(entry)
        return history

    def moments(self, run: Run, wanted: Sequence[tuple[int, int]]) -> list[Histograms | None]:
        """Some of a run's measurements, by place and step; None for what cannot be read."""
        measured = {entry.step: entry for entry in self._measured(run)}
        return [measured.get(step) for _, step in wanted]

    def holds(self, run: Run) -> bool:
        """Whether a run's record was written to its end."""
        return (self._path(run) / _MEASURED).exists()

    def describe(self, run: Run) -> None:
        """Writes a run's title and tags down.

        Raises:
            OSError: If that cannot be done.
        """
        path = self._path(run) / "run.json"
        found = msgspec.json.decode(_read_bytes(path), type=_Summary)
        new = msgspec.structs.replace(found, title=run.title, tags=run.tags)
        partial = path.with_name(".run.json.new")
        partial.write_bytes(msgspec.json.format(msgspec.json.encode(new), indent=1) + b"\n")
        os.replace(partial, path)

    def hide(self, run: Run) -> None:
        """Takes a run out of the list; ``unhide`` brings it back until ``purge``.

        Raises:
            OSError: If that cannot be done.
        """
        path = self._path(run)
        if path.exists():
            path.rename(path.with_name(path.name + _GONE))

    def unhide(self, run: Run) -> None:
        """Brings a hidden run back.

        Raises:
            OSError: If that cannot be done.
        """
        path = self._path(run)
        hidden = path.with_name(path.name + _GONE)
        if hidden.exists():
            hidden.rename(path)

    def purge(self) -> None:
        """Deletes the hidden runs for good."""
        with suppress(OSError):
            for path in self.folder.glob(f"*{_GONE}"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)

    def _measured(self, run: Run) -> list[Histograms]:
        # A key that is no text is a plain ValueError to msgspec.
        with suppress(OSError, ValueError, msgspec.MsgspecError):
            measured = _read_bytes(self._path(run) / _MEASURED)
            return msgspec.msgpack.decode(measured, type=list[Histograms])
        return []

    def _path(self, run: Run) -> Path:
        return self.folder / f"{run.number:05}-{run.id}"

    def _folders(self) -> list[Path]:
        try:
            found = [
                path for path in self.folder.iterdir()
                if path.is_dir() and path.suffix != _GONE and _number(path)
            ]  # fmt: skip
        except OSError:
            return []
        return sorted(found, key=lambda path: (_number(path), path.name))


def _read(folder: Path) -> Run:
    summary = msgspec.json.decode(_read_bytes(folder / "run.json"), type=_Summary)
    if summary.version != VERSION or folder.name != f"{summary.number:05}-{summary.id}":
        raise ValueError("not a record of this version, or not in its own folder")
    text = _read_bytes(folder / "project.bnstudio").decode("utf-8")
    fields = {name: getattr(summary, name) for name in _Summary.__struct_fields__}
    del fields["version"]
    run = Run(text=text, loaded=False, **fields)
    for line in _lines(folder / "epochs.jsonl", _EpochLine):
        logs = {name: _number_or_nan(value) for name, value in line.logs.items()}
        run.apply(Epoch(run.id, line.epoch, line.step, logs, line.elapsed))
    if run.state in LIVE:
        run.state, run.message = "died", "The studio ended before the run did."
    return run


def _lines(path: Path, type: type[_Line]) -> Iterator[_Line]:
    decoder = msgspec.json.Decoder(type)
    with suppress(OSError):
        for line in _read_bytes(path).splitlines():
            with suppress(msgspec.MsgspecError):  # a crash may have cut the last line short
                yield decoder.decode(line)


def _read_bytes(path: Path) -> bytes:
    if path.stat().st_size > _MAX_FILE:
        raise OSError(f"{path} is too large for what it should be")
    return path.read_bytes()


def _number(path: Path) -> int:
    head = path.name.partition("-")[0]
    return int(head) if head.isascii() and head.isdigit() and len(head) < 10 else 0


def _number_or_nan(value: float | None) -> float:
    return math.nan if value is None else value
