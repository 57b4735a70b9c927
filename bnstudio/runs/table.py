"""Columns of numbers that grow at the end, as a run's logs do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Table:
    """Named columns of one length that grow at the end.

    The arrays double when they are full, so appending is cheap however long a run gets, and
    reading a column gives a view of it. A column that appears late is NaN before.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Floats] = {}
        self._size = 0
        self._room = 256

    def __len__(self) -> int:
        return self._size

    def __contains__(self, name: object) -> bool:
        return name in self._arrays

    def __iter__(self) -> Iterator[str]:
        """The names of the columns, in order of appearance."""
        return iter(self._arrays)

    def __getitem__(self, name: str) -> Floats:
        """A read-only view of a column."""
        view = self._arrays[name][: self._size]
        view.flags.writeable = False
        return view

    def get(self, name: str) -> Floats | None:
        """A column, or None where there is none of this name."""
        return self[name] if name in self._arrays else None

    def extend(self, rows: int, columns: Mapping[str, Sequence[float] | Floats]) -> None:
        """Appends ``rows`` rows; columns that are not given, or are too short, are NaN there."""
        end = self._size + rows
        if end > self._room:
            self._room = max(2 * self._room, end)
            for name in self._arrays:  # one after the other: few are there twice at a time
                self._arrays[name] = self._with_room(self._arrays[name][: self._size])
        for name in columns:
            if name not in self._arrays:
                self._arrays[name] = self._with_room(np.full(self._size, np.nan))
        for name, array in self._arrays.items():
            values = columns.get(name, ())[:rows]
            array[self._size : self._size + len(values)] = values
            array[self._size + len(values) : end] = np.nan
        self._size = end

    def cut(self, rows: int) -> Table:
        """A table of its own, of the first ``rows`` rows."""
        cut = Table()
        cut.extend(rows, {name: self[name][:rows] for name in self})
        return cut

    def keep(self, rows: NDArray[np.bool_]) -> Table:
        """A table of its own, of the rows that are marked."""
        kept = Table()
        kept.extend(int(rows.sum()), {name: self[name][rows] for name in self})
        return kept

    def _with_room(self, old: Floats) -> Floats:
        """As an array that may grow; memory that is not written to yet is not taken."""
        new = np.empty(self._room)
        new[: self._size] = old
        return new
