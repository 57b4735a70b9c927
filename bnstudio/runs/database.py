"""The file that runs are kept in: SQLite with a version, refused in words where it is not ours.

It is in WAL mode and a commit is not forced to the disk: whatever ends the program, the file is
whole and holds all that was committed. A damaged file is set aside under another name. One of
another program, or of a later bnstudio, is left alone.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import threading
from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 1
APPLICATION = 0x626E7374  # "bnst"

PATIENCE = 1.0
"""Seconds to wait while another program writes."""

_MAGIC = b"SQLite format 3\0"
_CHECKED = 32 * 2**20
"""A file up to this many bytes is checked as a whole before a run is written to it."""

_SCHEMA = """
CREATE TABLE projects (hash TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE runs (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL, title TEXT NOT NULL, tags TEXT NOT NULL,
    source TEXT NOT NULL, created REAL NOT NULL, state TEXT NOT NULL, writer TEXT NOT NULL,
    hidden REAL NOT NULL DEFAULT 0, whole INTEGER NOT NULL DEFAULT 0,
    total_epochs INTEGER NOT NULL, steps_per_epoch INTEGER NOT NULL, train_rows INTEGER NOT NULL,
    validation_rows INTEGER NOT NULL, parameters INTEGER NOT NULL, nodes TEXT NOT NULL,
    elapsed REAL NOT NULL, message TEXT NOT NULL, node TEXT NOT NULL, model TEXT NOT NULL,
    project TEXT NOT NULL REFERENCES projects (hash), settings TEXT NOT NULL,
    data TEXT NOT NULL, versions TEXT NOT NULL
);
CREATE INDEX runs_number ON runs (number);
CREATE TABLE logs (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL,
    columns BLOB NOT NULL
);
CREATE INDEX logs_run ON logs (run, kind);
CREATE TABLE histograms (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, step INTEGER NOT NULL, layers BLOB NOT NULL
);
CREATE INDEX histograms_run ON histograms (run);
"""


FAULTS = (sqlite3.Error, OSError, UnicodeError)
"""What using a database may raise; it quotes a damaged file, which need not be text."""


class RecordError(OSError):
    """Runs cannot be read or kept there; the text says why, for people."""


class DamagedError(RecordError):
    """The file is no longer, or never was, a database."""


class EmptyError(RecordError):
    """There is no run in it, as it was never begun."""


def say(error: Exception) -> str:
    """What went wrong with a file, as half a sentence."""
    if isinstance(error, RecordError):
        return str(error)
    if isinstance(error, UnicodeDecodeError):
        return "it is damaged"
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return _WORDS.get(code, str(error))
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


_WORDS = {
    sqlite3.SQLITE_BUSY: "another program is writing to it and does not let go",
    sqlite3.SQLITE_LOCKED: "another program is writing to it and does not let go",
    sqlite3.SQLITE_READONLY: "it may only be read",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk does not answer as it should",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged",
}


def is_damage(error: Exception) -> bool:
    """Whether a file is damaged, rather than held or out of room."""
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return isinstance(error, DamagedError | UnicodeDecodeError)


def create(path: Path) -> tuple[sqlite3.Connection, Path | None]:
    """The database for writing, made where there is none.

    The second is where a damaged one was set aside.

    Raises:
        RecordError: If that cannot be done; nothing was overwritten.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _open(path, check=True), None
        except DamagedError:
            aside = set_aside(path)
            return _open(path), aside
    except FAULTS as error:
        raise RecordError(f"{path}: {say(error)}") from error


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction in a database that is there.

    Raises:
        RecordError: If it cannot be done; nothing has changed then.
    """
    try:
        if not path.is_file():
            raise RecordError("it is gone")
        connection = _open(path)
        try:
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
        finally:
            connection.close()
    except FAULTS as error:
        raise RecordError(f"{path}: {say(error)}") from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A database that is there, to be read; from a folder that is read-only too.

    Raises:
        RecordError: If it cannot be read.
    """
    try:
        try:
            connection = _open(path, "mode=rw")
        except sqlite3.OperationalError:
            # Without a log beside it nobody writes, and none has to be made.
            if _log(path):
                raise
            connection = _open(path, "mode=ro&immutable=1")
        try:
            yield connection
        finally:
            connection.close()
    except EmptyError:
        raise
    except FAULTS as error:
        raise RecordError(f"{path}: {say(error)}") from error


def set_aside(path: Path) -> Path:
    """Renames a database that cannot be used, with its log; it is kept but not in the way.

    Raises:
        RecordError: If that cannot be done.
    """
    for number in range(1, 1000):
        target = path.with_name(f"{path.name}.damaged-{number}")
        if not target.exists():
            path.rename(target)
            for end in ("-wal", "-shm"):
                with suppress(FileNotFoundError):
                    path.with_name(path.name + end).rename(target.with_name(target.name + end))
            return target
    raise RecordError("it is damaged, and so are a thousand others beside it")


class _Connection(sqlite3.Connection):
    """A connection that says when it no longer holds its file."""

    file = ""

    def close(self) -> None:
        super().close()
        file, self.file = self.file, ""
        if file:
            _release(file)


_held: Counter[str] = Counter()
_holding = threading.Lock()


def _hold(path: Path) -> str:
    """Looks at a file before this process uses it, and not while it does.

    On POSIX a process loses all its locks on a file when it closes any descriptor of it, SQLite's
    too. Another program then takes the log for its own to remove, and what is committed goes to a
    file without a name.
    """
    file = os.path.realpath(path)
    with _holding:
        if not _held[file]:
            _look(path)
        _held[file] += 1
    return file


def _release(file: str) -> None:
    with _holding:
        _held[file] -= 1


def _open(path: Path, mode: str = "mode=rwc", check: bool = False) -> sqlite3.Connection:
    file = _hold(path)
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?{mode}",
            uri=True,
            timeout=PATIENCE,
            isolation_level=None,
            check_same_thread=False,
            factory=_Connection,
        )
    except BaseException:
        _release(file)
        raise
    connection.file = file
    try:
        # What a file says may not be believed: its schema calls no functions and writes nowhere.
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        if _is_empty(connection):
            if mode != "mode=rwc":
                raise EmptyError("it is empty")
            _make(connection)
        _recognise(connection)
        if check and path.stat().st_size <= _CHECKED:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise DamagedError("it is damaged")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException as error:
        connection.close()
        if isinstance(error, Exception) and is_damage(error):
            raise DamagedError("it is damaged") from error
        raise
    return connection


def _is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing was made of it: the file is new, or its maker was killed at once."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (found,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return not application and not found


def _make(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        if not _is_empty(connection):  # another window was faster
            return
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _recognise(connection: sqlite3.Connection) -> None:
    """Refuses what is not a database of this program and version."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION:
        raise RecordError("it belongs to another program")
    strange = "type NOT IN ('table', 'index') OR rootpage <= 0"
    (found,) = connection.execute(f"SELECT count(*) FROM sqlite_schema WHERE {strange}").fetchone()
    if found and version <= VERSION:
        # A view or a trigger may go on for ever.
        raise RecordError("it holds what bnstudio does not write")
    if version > VERSION:
        raise RecordError(f"a later bnstudio has written it (version {version}, known: {VERSION})")


def _look(path: Path) -> None:
    """Refuses what cannot be a whole database, before SQLite makes anything of it."""
    try:
        with path.open("rb") as file:
            head = file.read(100)
        size = path.stat().st_size
    except FileNotFoundError:
        return
    if not head:
        return
    if not head.startswith(_MAGIC) or len(head) < 100:
        raise DamagedError("it is damaged, or no database")
    page, change, pages, counted = struct.unpack(">16xH6xII60xI4x", head)
    page = 65536 if page == 1 else page
    # While there is a log, what seems to be missing may be in it.
    if change == counted and size < page * pages and not _log(path):
        raise DamagedError("it is damaged: its end is missing")


def _log(path: Path) -> bool:
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except OSError:
        return False
