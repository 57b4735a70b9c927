"""What of a long run is given up, so that it fills neither the disk nor the memory.

Of the steps, the least and the largest loss of so many consecutive ones are kept, so that a curve
keeps its outline; how many that are depends on the run's length alone. The newest are all kept, and
so are the epochs.

Of the measurements, those of the last minute are all kept, for a replay of what has just happened.
The earlier ones are thinned evenly as they become too many: every second of them goes, then every
second of what is left, so that a replay of the whole run has the same pace from its start to its
last minute.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bnstudio.runs.table import Floats, Table

RECENT = 60.0
"""Seconds for which a measurement is kept in any case."""

ROOM = 128 * 2**20
"""Bytes of the file that earlier measurements may take."""

MOST_STEPS = 2**20
"""Rows of steps that a run has at most: a day at ten thousand a second has 800 times as many."""

NEWEST_STEPS = 2**17
"""Of these all of the newest are kept."""

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


def kept_steps(columns: Mapping[str, Floats] | Table, done: int) -> NDArray[np.bool_]:
    """Which rows of a run's steps, or of a part of them, are kept once so many steps are done.

    In each span of steps those with the least and the largest loss, where nothing is called so of
    the first log; all of the newest, and the last row in any case. Doing it twice is doing it once.

    Args:
        columns: The ``step`` of each row, in ascending order, and the logs.
        done: How many steps the run has done.
    """
    steps = columns["step"]
    names = [name for name in columns if name not in ("step", "elapsed")]
    values = columns["loss"] if "loss" in columns else columns[names[0]] if names else steps
    span = 1
    while 4 * done // span > MOST_STEPS:  # two of each span: half of what there may be
        span *= 2
    keep = np.zeros(len(steps), bool)
    keep[np.searchsorted(steps, done - NEWEST_STEPS) :] = True
    if not len(steps):
        return keep
    spans = steps // span
    starts = np.flatnonzero(np.append(True, spans[1:] != spans[:-1]))
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(steps))))
    # fmin and fmax pass over NaN; of a span that has no number the first row is kept.
    for bounds in (np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)):
        hits = np.flatnonzero((values == bounds[group]) | np.isnan(bounds)[group])
        keep[hits[np.append(True, group[hits][1:] != group[hits][:-1])]] = True
    keep[-1:] = True
    return keep
