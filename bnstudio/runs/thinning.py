"""Which measurements of a long run its record gives up, so that they do not fill the disk.

Those of the last minute are all kept, for a replay of what has just happened. The earlier ones are
thinned evenly as they become too many: every second of them goes, then every second of what is
left, so that a replay of the whole run has the same pace from its start to its last minute.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

RECENT = 60.0
"""Seconds for which a measurement is kept in any case."""

ROOM = 128 * 2**20
"""Bytes of the file that earlier measurements may take."""

_PAGE = 4096
_ROW = 64


class _Kept(NamedTuple):
    """A measurement: the how-manieth, its row, the bytes it takes, and when it came."""

    ordinal: int
    row: int
    size: int
    at: float


class Thinning:
    """Keeps count of one run's measurements."""

    def __init__(self, room: int | None = None, recent: float | None = None) -> None:
        self._room = ROOM if room is None else room
        self._recent_seconds = RECENT if recent is None else recent
        self._recent: deque[_Kept] = deque()
        self._earlier: list[_Kept] = []
        self._held = 0
        self._stride = 1
        self._count = 0

    def add(self, row: int, size: int, now: float) -> None:
        """Takes note of a measurement of ``size`` bytes that is written as ``row``."""
        pages = -(-(size + _ROW) // _PAGE)  # a row shares no page where it is about as large
        self._recent.append(_Kept(self._count, row, pages * _PAGE, now))
        self._count += 1

    def overdue(self, now: float) -> list[int]:
        """The rows that are to be deleted by now; each is said once."""
        gone = []
        while self._recent and now - self._recent[0].at > self._recent_seconds:
            kept = self._recent.popleft()
            if kept.ordinal % self._stride:
                gone.append(kept.row)
            else:
                self._earlier.append(kept)
                self._held += kept.size
        while self._held > self._room and len(self._earlier) > 1:
            self._stride *= 2
            gone += [kept.row for kept in self._earlier if kept.ordinal % self._stride]
            self._earlier = [kept for kept in self._earlier if not kept.ordinal % self._stride]
            self._held = sum(kept.size for kept in self._earlier)
        return gone
