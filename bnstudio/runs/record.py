"""Writing one run down while it goes on: every step, every measurement, twice a second.

The run's own thread only puts aside what is new. A thread of the recorder's packs and commits it,
so that a slow disk, a full one, or another program that holds the file never holds up a window.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bnstudio.lazy import np
from bnstudio.runs import thinning
from bnstudio.runs.database import FAULTS, PATIENCE, RecordError, create, is_damage, say
from bnstudio.runs.pack import PackError, pack, pack_histograms, unpack
from bnstudio.runs.rewind import rewind
from bnstudio.runs.thinning import Thinning, kept_steps
from bnstudio.training.messages import Histograms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.runs.run import Run
    from bnstudio.runs.table import Floats, Table

INTERVAL = 0.5
"""Seconds between two commits; what was measured since is what a power cut may cost."""

_KEPT_BACK = 20_000
"""So many messages wait for a disk that refuses, some ten minutes of them; then it is given up."""

_LONGEST = 10.0
"""Seconds between two tries, at most, to write what is left when the run is over."""

_LINGER = 0.25
"""Seconds that the end of a run waits for the end of its record, at most."""

_ROWS = 2**16
"""At most so many rows are in one piece of a log: reading takes some memory for each piece."""

_DELETED = 1000
"""At most so many measurements are deleted by one commit, which is a matter of milliseconds."""

_MOST = 2**53
_Piece = dict[str, "Floats"]


class Recorder:
    """Writes one run down.

    Attributes:
        run: The id of the run.
        folder: Where the engine leaves the model.
        aside: Where a damaged database was set aside to make room for this record.
    """

    def __init__(self, path: Path, run: Run, again: bool = False) -> None:
        """Begins the record, or goes on with that of a run that was rewound.

        Raises:
            RecordError: If that cannot be done.
        """
        self.folder = path.parent / "models" / run.id
        self._path = path
        self.run = run.id
        self._rows = {"step": len(run.steps), "epoch": 0, "rate": 0}
        self._step = run.done_steps
        self._pieces: deque[tuple[str, _Piece]] = deque()
        self._measured: deque[Histograms] = deque()
        self._thinning, self._overdue = Thinning(), list[int]()
        self._summary = self._written = dict[str, Any]()
        self._end: _Piece | None = None
        self._ended, self._done, self._abandoned = (threading.Event() for _ in range(3))
        self._closing = threading.Event()
        self._trouble, self._told = "", False
        self._connection, self.aside = create(path)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                if again:
                    self._go_on(connection, run)
                else:
                    _insert(connection, run)
        except FAULTS as error:
            self._connection.close()
            raise RecordError(f"{path}: {say(error)}") from error
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    @property
    def writing(self) -> bool:
        """Whether the thread still has something to do."""
        return self._thread.is_alive()

    def add(self, run: Run, event: object) -> None:
        """Takes in what ``run.apply(event)`` has changed; it is on the disk within a second."""
        if self._abandoned.is_set():
            return
        if isinstance(event, Histograms):
            self._measured.append(event)
        else:
            self._take_steps(run.steps)
            self._take("epoch", run.epochs)
            self._take("rate", run.rates)
        self._summary = summary(run, self._path.parent)

    def finish(self, run: Run) -> None:
        """Writes what became of the run, puts its model in its place and closes the record."""
        self._adopt(run)
        self.add(run, None)
        self._end = {name: run.epochs[name].copy() for name in run.epochs}
        self._ended.set()
        # A matter of milliseconds, and worth them: whoever reads the record now finds it whole.
        self._done.wait(_LINGER)

    def complaint(self) -> str:
        """Why what was measured does not reach the disk, said once; empty while it does."""
        if self._trouble and not self._told:
            self._told = True
            return f"The run's record cannot be written: {self._trouble}."
        return ""

    def close(self) -> None:
        """Ends the thread, after one more try to write what waits."""
        self._ended.set()
        self._closing.set()
        self._thread.join(PATIENCE)
        self._abandoned.set()
        self._thread.join()

    def _go_on(self, connection: sqlite3.Connection, run: Run) -> None:
        """Makes of the record what the rewound run is."""
        rewind(connection, run.id, run.done_steps)
        for kind, table in (("epoch", run.epochs), ("rate", run.rates)):
            _insert_rows(connection, run.id, kind, {name: table[name] for name in table})
            self._rows[kind] = len(table)
        row = {**_trained(connection, run), **summary(run, self._path.parent)}
        row |= {"writer": this_process(), "whole": 0}
        if not _update(connection, run.id, row):
            raise RecordError("its record is gone")

    def _take_steps(self, table: Table) -> None:
        """By their numbers: rows may have been given up since."""
        if len(table):
            new = int(np.searchsorted(table["step"], self._step))
            if new < len(table):
                self._pieces.append(("step", {name: table[name][new:].copy() for name in table}))
                self._step = int(table["step"][-1]) + 1

    def _take(self, kind: str, table: Table) -> None:
        done = self._rows[kind]
        if len(table) > done:
            self._pieces.append((kind, {name: table[name][done:].copy() for name in table}))
            self._rows[kind] = len(table)

    def _adopt(self, run: Run) -> None:
        """Gives the model that the engine has left the run's name."""
        left, model = Path(run.model), self.folder.with_suffix(".keras")
        with suppress(OSError, ValueError):
            if run.model and left.parent == self.folder:
                os.replace(left, model)
                run.model = str(model)
        with suppress(OSError):
            self.folder.rmdir()

    # On the thread.

    def _work(self) -> None:
        try:
            while not self._ended.wait(INTERVAL) and not self._abandoned.is_set():
                self._write()
            self._write_the_rest()
        finally:
            self._done.set()
            with suppress(sqlite3.Error):
                self._connection.close()

    def _write_the_rest(self) -> None:
        """Tries until it is written or nobody wants it any more: a full disk may be cleared."""
        pause = INTERVAL
        while not self._write() and not self._abandoned.is_set():
            if self._closing.wait(pause):
                self._write()
                return
            pause = min(_LONGEST, 2 * pause)

    def _write(self) -> bool:
        """Commits all that waits; what could not be written waits on."""
        pieces, measured = list(self._pieces), list(self._measured)
        now, end = self._summary, self._end
        if not pieces and not measured and now is self._written and end is None:
            return True
        try:
            with self._connection as connection:
                connection.execute("BEGIN IMMEDIATE")
                written = self._insert(connection, pieces, measured)
                self._delete(connection, self._overdue[:_DELETED])
                rows = self._thin(connection, pieces)
                if now is not self._written:
                    _update(connection, self.run, now)
                if end is not None:
                    self._round_off(connection, end)
        except FAULTS as error:
            self._trouble = say(error)
            waiting = len(self._pieces) + len(self._measured)
            if is_damage(error) or waiting > _KEPT_BACK:
                self._abandoned.set()
            return False
        for _ in pieces:
            self._pieces.popleft()
        for _ in measured:
            self._measured.popleft()
        self._rows["step"] = rows
        moment = time.monotonic()
        for row, size in written:
            self._thinning.add(row, size, moment)
        self._overdue[:_DELETED] = []
        self._overdue += self._thinning.overdue(moment)
        self._written = now
        return True

    def _insert(
        self,
        connection: sqlite3.Connection,
        pieces: Iterable[tuple[str, _Piece]],
        measured: Iterable[Histograms],
    ) -> list[tuple[int, int]]:
        """Writes all that is new; of each measurement, its row and its bytes."""
        for kind in self._rows:
            together = _join([piece for its, piece in pieces if its == kind])
            _insert_rows(connection, self.run, kind, together)
        written = []
        for entry in measured:
            blob = pack_histograms(entry)
            done = connection.execute(
                "INSERT INTO histograms (run, step, layers) VALUES (?, ?, ?)",
                (self.run, _whole(entry.step), blob),
            )
            written.append((done.lastrowid or 0, len(blob)))
        return written

    def _thin(self, connection: sqlite3.Connection, pieces: Iterable[tuple[str, _Piece]]) -> int:
        """Gives steps up where there are too many by now; how many there are then."""
        new = [piece["step"] for kind, piece in pieces if kind == "step"]
        rows = self._rows["step"] + sum(map(len, new))
        if not new or rows <= thinning.MOST_STEPS:
            return rows
        return thin(connection, self.run, int(new[-1][-1]) + 1)

    def _delete(self, connection: sqlite3.Connection, rows: Iterable[int]) -> None:
        connection.executemany(
            "DELETE FROM histograms WHERE id = ? AND run = ?", ((row, self.run) for row in rows)
        )

    def _round_off(self, connection: sqlite3.Connection, epochs: _Piece) -> None:
        """Joins the epochs to one piece, which is all that a list of runs reads."""
        connection.execute("DELETE FROM logs WHERE run = ? AND kind = 'epoch'", (self.run,))
        _insert_rows(connection, self.run, "epoch", epochs)
        connection.execute("UPDATE runs SET whole = 1 WHERE id = ?", (self.run,))


def summary(run: Run, folder: Path) -> dict[str, Any]:
    """What changes of a run's row while it goes on; its model's path as seen from ``folder``."""
    model = run.model
    with suppress(ValueError):
        model = Path(model).relative_to(folder).as_posix() if model else ""
    return {
        "state": run.state,
        "total_epochs": _whole(run.total_epochs),
        "steps_per_epoch": _whole(run.steps_per_epoch),
        "train_rows": _whole(run.train_rows),
        "validation_rows": _whole(run.validation_rows),
        "parameters": _whole(run.parameters),
        "nodes": json.dumps(run.nodes),
        "elapsed": run.elapsed,
        "message": run.message,
        "node": run.node,
        "model": model,
        "versions": json.dumps(run.versions),
        "data": run.data,
    }


def _whole(value: int) -> int:
    """A count that the database can hold."""
    return max(-_MOST, min(value, _MOST))


def this_process() -> str:
    """The mark of the process that writes; a later one of the same number has another."""
    import psutil  # the first frame has no need of it

    return f"{os.getpid()}:{psutil.Process().create_time():.2f}"


def _trained(connection: sqlite3.Connection, run: Run) -> dict[str, Any]:
    """Writes a run's project down, and tells what its row says of it."""
    mark = hashlib.sha256(run.text.encode()).hexdigest()
    connection.execute("INSERT OR IGNORE INTO projects VALUES (?, ?)", (mark, run.text))
    return {"project": mark, "settings": _settings(run.text)}


def _insert(connection: sqlite3.Connection, run: Run) -> None:
    row = {
        "id": run.id,
        "number": run.number,
        "title": run.title,
        "tags": json.dumps(run.tags),
        "source": run.source,
        "created": run.created,
        "writer": this_process(),
        **_trained(connection, run),
        **summary(run, Path()),
    }
    places = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO runs ({', '.join(row)}) VALUES ({places})", (*row.values(),))


def _update(connection: sqlite3.Connection, run: str, row: Mapping[str, Any]) -> bool:
    """Writes a part of a run's row; False where there is none."""
    columns = ", ".join(f"{name} = ?" for name in row)
    done = connection.execute(f"UPDATE runs SET {columns} WHERE id = ?", (*row.values(), run))
    return done.rowcount == 1


def thin(connection: sqlite3.Connection, run: str, done: int) -> int:
    """Gives up steps of a run that has done so many, within a transaction; how many are left.

    Its pieces are joined to larger ones at that; what nobody can read goes.
    """
    found = connection.execute(
        "SELECT id, rows FROM logs WHERE run = ? AND kind = 'step' ORDER BY id", (run,)
    ).fetchall()
    left, waiting = 0, list[_Piece]()
    for at, (id, rows) in enumerate(found):
        (blob,) = connection.execute("SELECT columns FROM logs WHERE id = ?", (id,)).fetchone()
        with suppress(PackError):
            waiting.append(_kept(unpack(blob, rows), done))
        connection.execute("DELETE FROM logs WHERE id = ?", (id,))
        count = sum(len(piece["step"]) for piece in waiting)
        if waiting and (count >= _ROWS or at == len(found) - 1):
            together = _kept(_join(waiting), done)
            _insert_rows(connection, run, "step", together)
            left, waiting = left + len(together["step"]), []
    return left


def _kept(columns: _Piece, done: int) -> _Piece:
    rows = kept_steps(columns, done)
    return {name: values[rows] for name, values in columns.items()}


def _insert_rows(connection: sqlite3.Connection, run: str, kind: str, columns: _Piece) -> None:
    count = len(next(iter(columns.values()), ()))
    for first in range(0, count, _ROWS):
        part = {name: values[first : first + _ROWS] for name, values in columns.items()}
        connection.execute(
            "INSERT INTO logs (run, kind, rows, columns) VALUES (?, ?, ?, ?)",
            (run, kind, min(_ROWS, count - first), pack(part)),
        )


def _join(pieces: list[_Piece]) -> _Piece:
    """Pieces one after the other; a column that one does not have is NaN there."""
    names = dict.fromkeys(name for piece in pieces for name in piece)
    lengths = [len(next(iter(piece.values()))) for piece in pieces]
    return {
        name: np.concatenate(
            [
                piece.get(name, np.full(length, np.nan))
                for piece, length in zip(pieces, lengths, strict=True)
            ]
        )
        for name in names
    }


def _settings(text: str) -> str:
    """The settings as they were trained."""
    try:
        return json.dumps(json.loads(text)["settings"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return "{}"
