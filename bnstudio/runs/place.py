"""One folder with a database of runs and their models: listed, read, described and deleted."""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import Meta

from bnstudio.data import FINGERPRINT
from bnstudio.lazy import np
from bnstudio.runs.database import EmptyError, RecordError, changing, reading
from bnstudio.runs.pack import MAX_ROWS, PackError, unpack, unpack_histograms
from bnstudio.runs.run import LIVE, History, Run, State

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bnstudio.runs.record import Recorder
    from bnstudio.runs.table import Floats, Table
    from bnstudio.training.messages import Histograms

_FORGOTTEN = 86_400.0
"""Seconds after which a run that was deleted by a window that crashed is deleted for good."""

_PAGES = 20_000
"""Pages of a deleted run that are given back to the disk at once."""

_COLUMNS = (
    "id", "number", "title", "tags", "source", "created", "state", "total_epochs",
    "steps_per_epoch", "train_rows", "validation_rows", "parameters", "nodes", "elapsed",
    "message", "node", "model", "versions", "data",
)  # fmt: skip
_JSON = ("tags", "nodes", "versions")

_Id = Annotated[str, Meta(pattern=r"\A[0-9A-Za-z_-]{1,64}\Z")]
_Text = Annotated[str, Meta(max_length=1000)]


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run's row. SQLite's columns hold anything, so it is looked at before it is believed."""

    id: _Id
    number: Annotated[int, Meta(ge=1, lt=10**9)]
    title: _Text
    tags: tuple[_Text, ...]
    source: _Text
    created: Annotated[float, Meta(ge=0, lt=1e11)]
    state: State
    total_epochs: int
    steps_per_epoch: int
    train_rows: int
    validation_rows: int
    parameters: int
    nodes: tuple[str, ...]
    elapsed: float
    message: str
    node: str
    model: str
    versions: dict[str, str]
    data: _Text


class Place:
    """One folder: ``runs.db``, and ``models`` with a file for each run that has one.

    Attributes:
        unreadable: What could not be read by the last listing: the database, or runs in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "runs.db"
        self.unreadable: list[Path] = []
        self.fault = ""
        self._hidden: set[str] = set()

    def begin(self, run: Run) -> Recorder:
        """A record for a new run.

        Raises:
            RecordError: If none can be written there.
        """
        from bnstudio.runs.record import Recorder  # the first frame has no need of it

        return Recorder(self.path, run)

    def go_on(self, run: Run) -> Recorder:
        """The record of a run that was rewound, to be gone on with.

        Raises:
            RecordError: If it cannot be written; it is as it was then.
        """
        from bnstudio.runs.record import Recorder  # the first frame has no need of it

        return Recorder(self.path, run, again=True)

    def checkpoint(self, run: Run, name: str) -> Path:
        """Where a run's checkpoint of this name is, if it has left one."""
        return self.folder / "models" / run.id / name

    def next_number(self) -> int:
        """One more than the largest number taken."""
        with suppress(RecordError), self._reading() as connection:
            (largest,) = connection.execute("SELECT max(number) FROM runs").fetchone()
            return largest + 1 if isinstance(largest, int) and 0 < largest < 10**9 else 1
        return 1

    def runs(self, most: int) -> Iterator[Run]:
        """The newest runs, oldest first, with their epochs but without their steps.

        One that another window is writing is left out until it is over.
        """
        self.unreadable, self.fault = [], ""
        rows: list[tuple[dict[str, Any], str, str, list[tuple[Any, Any]]]] = []
        try:
            with self._reading() as connection:
                rows = _read(connection, most)
        except (EmptyError, FileNotFoundError):
            return
        except RecordError as error:
            self.unreadable, self.fault = [self.path], str(error)
        for row, text, writer, epochs in rows:
            try:
                for name in _JSON:
                    row[name] = msgspec.json.decode(row[name])
                run = self._run(msgspec.convert(row, _Row), text)
            except (msgspec.MsgspecError, ValueError, TypeError, RecursionError):
                self.unreadable.append(self.folder / f"runs.db: {row['id']!r:.80}")
                continue
            for count, blob in epochs:
                _extend(run.epochs, count, blob, "epoch")
            if run.state in LIVE:
                if _is_alive(writer):
                    continue
                run.state, run.message = "died", "The studio ended before the run did."
                if len(run.epochs):
                    run.elapsed = max(run.elapsed, float(run.epochs["elapsed"][-1]))
            yield run

    def load(self, run: Run) -> None:
        """Reads the steps and the activations of a listed run, as far as they can be read."""
        with suppress(RecordError), self._reading() as connection:
            found = connection.execute(
                "SELECT rows, columns FROM logs WHERE run = ? AND kind = 'step' ORDER BY id",
                (run.id,),
            )
            for count, blob in found:
                _extend(run.steps, count, blob, "step")
            changes = connection.execute(
                "SELECT rows, columns FROM logs WHERE run = ? AND kind = 'rate' ORDER BY id",
                (run.id,),
            )
            for count, blob in changes:
                _extend(run.rates, count, blob, "step")
            if len(run.steps):
                run.elapsed = max(run.elapsed, float(run.steps["elapsed"][-1]))
            _fill(run.history, connection, run.id)

    def history(self, run: Run) -> History:
        """The activations of a listed run, read anew, as far as they can be read."""
        history = History()
        with suppress(RecordError), self._reading() as connection:
            _fill(history, connection, run.id)
        return history

    def moments(self, run: Run, steps: Sequence[int]) -> list[Histograms | None]:
        """What was measured of a run at these steps; None for what is not there."""
        found: list[Histograms | None] = [None] * len(steps)
        with suppress(RecordError), self._reading() as connection:
            rows = connection.execute(
                "SELECT step, id FROM histograms WHERE run = ? ORDER BY id", (run.id,)
            )
            ids = dict(rows.fetchall())
            for place, step in enumerate(steps):
                row = connection.execute(
                    "SELECT layers FROM histograms WHERE id = ?", (ids.get(step),)
                ).fetchone()
                with suppress(PackError, TypeError):
                    found[place] = None if row is None else unpack_histograms(row[0])
        return found

    def measurements(self, run: Run) -> Iterator[Histograms]:
        """All measurements of a run that are kept, oldest first, as far as they can be read."""
        with suppress(RecordError), self._reading() as connection:
            ids = connection.execute(
                "SELECT id FROM histograms WHERE run = ? ORDER BY id", (run.id,)
            ).fetchall()
            for id in ids:
                found = connection.execute("SELECT layers FROM histograms WHERE id = ?", id)
                with suppress(PackError, TypeError):
                    yield unpack_histograms(*found.fetchone())

    def holds(self, run: Run) -> bool:
        """Whether a run's record was written to its end."""
        with suppress(RecordError), self._reading() as connection:
            found = connection.execute("SELECT whole FROM runs WHERE id = ?", (run.id,)).fetchone()
            return bool(found == (1,))
        return False

    def describe(self, run: Run) -> None:
        """Writes a run's title and tags down.

        Raises:
            RecordError: If that cannot be done.
        """
        row = (run.title, json.dumps(run.tags), run.id)
        self._change("UPDATE runs SET title = ?, tags = ? WHERE id = ?", row)

    def hide(self, run: Run) -> None:
        """Takes a run out of the list; ``unhide`` brings it back until ``purge``.

        Raises:
            RecordError: If that cannot be done.
        """
        self._change("UPDATE runs SET hidden = ? WHERE id = ?", (time.time(), run.id))
        self._hidden.add(run.id)

    def unhide(self, run: Run) -> None:
        """Brings a hidden run back.

        Raises:
            RecordError: If that cannot be done.
        """
        self._change("UPDATE runs SET hidden = 0 WHERE id = ?", (run.id,))
        self._hidden.discard(run.id)

    def purge(self) -> None:
        """Deletes for good what was hidden here, and what a crashed window left hidden."""
        gone = []
        with suppress(RecordError):
            before = time.time() - _FORGOTTEN
            with self._reading() as connection:
                found = connection.execute("SELECT id, hidden FROM runs WHERE hidden > 0")
                gone = [id for id, at in found if id in self._hidden or _is_past(at, before)]
            if not gone:
                return
            with changing(self.path) as connection:
                for id in gone:
                    for table, column in (("logs", "run"), ("histograms", "run"), ("runs", "id")):
                        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (id,))
                connection.execute(
                    "DELETE FROM projects WHERE hash NOT IN (SELECT project FROM runs)"
                )
            with changing(self.path) as connection:
                connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
        for id in gone:
            if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", str(id)):
                with suppress(OSError):
                    (self.folder / "models" / f"{id}.keras").unlink()
                shutil.rmtree(self.folder / "models" / str(id), ignore_errors=True)
        self._hidden.clear()

    def _reading(self) -> Any:
        if not self.path.exists():
            raise EmptyError("there is none")
        return reading(self.path)

    def _change(self, statement: str, values: tuple[Any, ...]) -> None:
        """Changes a run's row; a run that has no record has nothing to be changed."""
        if self.path.exists():
            with changing(self.path) as connection:
                connection.execute(statement, values)

    def _run(self, row: _Row, text: str) -> Run:
        fields = msgspec.structs.asdict(row)
        if fields["model"] in (f"models/{row.id}.keras", f"models/{row.id}/model.keras"):
            fields["model"] = str(self.folder / fields["model"])
        if not fields["data"].startswith(FINGERPRINT):
            fields["data"] = ""  # an earlier version has marked what the rows were made from
        return Run(text=text, loaded=False, **fields)


def _read(
    connection: sqlite3.Connection, most: int
) -> list[tuple[dict[str, Any], str, str, list[tuple[Any, Any]]]]:
    """The rows of the newest runs with their project's text, their writer and their epochs."""
    found = connection.execute(
        f"SELECT project, writer, {', '.join(_COLUMNS)} FROM runs WHERE hidden = 0 "
        "ORDER BY number DESC, created DESC LIMIT ?",
        (most,),
    ).fetchall()
    texts: dict[Any, str] = {}  # runs of one drawing share it
    rows = []
    for project, writer, *values in reversed(found):
        if project not in texts:
            text = connection.execute("SELECT text FROM projects WHERE hash = ?", (project,))
            (texts[project],) = text.fetchone() or ("",)
        row = dict(zip(_COLUMNS, values, strict=True))
        epochs = connection.execute(
            "SELECT rows, columns FROM logs WHERE run = ? AND kind = 'epoch' ORDER BY id",
            (row["id"],),
        )
        rows.append((row, str(texts[project]), str(writer), epochs.fetchall()))
    return rows


def _fill(history: History, connection: sqlite3.Connection, run: str) -> None:
    """Reads the measurements that memory would have kept, and the steps of all."""
    rows = connection.execute(
        "SELECT id, step FROM histograms WHERE run = ? ORDER BY id", (run,)
    ).fetchall()
    measured = []
    for place in history.places(len(rows)):
        (blob,) = connection.execute(
            "SELECT layers FROM histograms WHERE id = ?", rows[place][:1]
        ).fetchone()
        with suppress(PackError, TypeError):
            measured.append(unpack_histograms(blob))
    history.fill(measured, [step if isinstance(step, int) else 0 for _, step in rows])


def _extend(table: Table, count: object, blob: object, counted: str) -> None:
    """Takes in a piece of a log, unless it does not go on from what is there."""
    if not isinstance(count, int) or not isinstance(blob, bytes) or not 0 < count <= MAX_ROWS:
        return
    try:
        columns = unpack(blob, count)
    except PackError:
        return
    places = columns.get(counted)
    if places is None or "elapsed" not in columns or (counted == "epoch" and "step" not in columns):
        return
    before = table[counted][-1:] if len(table) else np.empty(0)
    if _rises(np.concatenate([before, places])):
        table.extend(count, columns)


def _rises(values: Floats) -> bool:
    return bool(np.isfinite(values).all() and (np.diff(values) > 0).all())


def _is_past(moment: object, now: float) -> bool:
    return isinstance(moment, float) and moment < now


def _is_alive(writer: str) -> bool:
    """Whether the process that writes a record still runs."""
    import psutil  # the first frame has no need of it

    number, _, started = writer.partition(":")
    try:
        return f"{psutil.Process(int(number)).create_time():.2f}" == started
    except (psutil.Error, ValueError, OverflowError):
        return False
