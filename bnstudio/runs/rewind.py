"""Taking back in a record what a run has done since the epoch that it goes on from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.runs.pack import PackError, pack, unpack

if TYPE_CHECKING:
    import sqlite3


def rewind(connection: sqlite3.Connection, run: str, steps: int) -> None:
    """Deletes what was logged and measured from step ``steps`` on, within a transaction.

    The epochs and the learning rates go as a whole: they are few, and written anew.
    """
    connection.execute("DELETE FROM logs WHERE run = ? AND kind IN ('epoch', 'rate')", (run,))
    connection.execute("DELETE FROM histograms WHERE run = ? AND step >= ?", (run, steps))
    found = connection.execute(
        "SELECT id, rows, columns FROM logs WHERE run = ? AND kind = 'step' ORDER BY id DESC",
        (run,),
    )
    for id, rows, blob in found.fetchall():
        if _cut(connection, id, rows, blob, steps):
            break


def _cut(connection: sqlite3.Connection, id: int, rows: Any, blob: Any, steps: int) -> bool:
    """Leaves of a piece what lies before a step; whether that is all of it."""
    try:
        columns = unpack(blob, rows)
        kept = int((columns["step"] < steps).sum())
    except (PackError, KeyError, TypeError):
        return False  # nobody can read it, now or later; what comes before it may be of use
    if kept == rows:
        return True
    if kept:
        part = pack({name: values[:kept] for name, values in columns.items()})
        connection.execute("UPDATE logs SET rows = ?, columns = ? WHERE id = ?", (kept, part, id))
    else:
        connection.execute("DELETE FROM logs WHERE id = ?", (id,))
    return False
