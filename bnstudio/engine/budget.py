"""When to measure and on how many rows, so that it takes no more than its share of a run."""

from __future__ import annotations

import math
import time
from collections import deque
from statistics import median

CREDIT = 2.0
"""Seconds of training whose share of the budget may be saved up."""

ROOM = 0.8
"""The part of the budget that usual measurements may use; the rest is saved for thorough ones."""

ONCE = 3.0
"""Seconds that getting ready may take in a run, whatever its length."""

WINDOW = 5
"""Measurements in a row that are looked at before the rows become more or fewer."""


class Budget:
    """A share of the time, and what was spent of it.

    Attributes:
        spent: Seconds that went into measuring so far, getting ready for it included.
        room: Seconds that the next measurement may take for the beat to hold.
    """

    def __init__(self, share: float, beat: float) -> None:
        """``beat`` is the wish: seconds from one measurement to the next; 0 for none at all."""
        self.spent = 0.0
        self.room = ROOM * share * beat
        self._share, self._beat = share, beat
        self._start = time.monotonic()
        self._paid = 0.0
        self._began = math.inf
        self._due = 0.0 if share > 0 and beat > 0 else math.inf

    @property
    def given(self) -> bool:
        """Whether there is anything to spend."""
        return self._due < math.inf

    @property
    def due(self) -> bool:
        """Whether it is time to measure."""
        return time.monotonic() >= self._due

    def affords(self, seconds: float) -> bool:
        """Whether so long a measurement now would leave the next one its time."""
        now = time.monotonic()
        return max(self._paid, now - CREDIT) + seconds / self._share <= now + self._beat

    def covers(self, seconds: float) -> bool:
        """Whether so much in all may have been spent by now, getting ready included.

        In a short run nothing is saved by what takes long to compile.
        """
        return seconds <= ONCE + self._share * (time.monotonic() - self._start)

    def spend(self, began: float) -> float:
        """Takes in that the time since ``began`` went into measuring; gives it back in seconds."""
        seconds = time.monotonic() - began
        self.spent += seconds
        return seconds

    def put_off(self) -> None:
        """Says that the next measurement is a beat from now, whatever this one took."""
        self._began = time.monotonic()
        self._due = self._began + self._beat

    def schedule(self, began: float, seconds: float) -> None:
        """Says when the next measurement is: late enough for one that took ``seconds``."""
        # Late is late: what comes between two looks must not make them rarer.
        beat = max(self._due, began - self._beat) + self._beat
        self._paid = max(self._paid, began - CREDIT) + seconds / self._share
        self._due = max(beat, self._paid)
        # Where a step takes longer than a beat, there is one measurement a step at most.
        self.room = ROOM * self._share * max(self._beat, began - self._began)
        self._began = began


class Width:
    """How many rows a measurement looks at: fewer where the beat would not hold otherwise.

    Attributes:
        rows: The rows of the next measurement.
        most: All there are.
    """

    def __init__(self, rows: int, least: int, most: int) -> None:
        self.rows, self.most = rows, most
        self._least = least
        self._shares: deque[float] = deque(maxlen=WINDOW)

    def keep(self, seconds: float, room: float) -> None:
        """Takes in how long a measurement of ``rows`` took, and how long it might."""
        self._shares.append(seconds / room)
        if len(self._shares) < WINDOW:
            return
        share, rows = median(self._shares), self.rows
        if share > 1:
            self.rows = max(self._least, rows // 2)
        elif share < 1 / 3:  # twice the rows cost twice as much at most
            self.rows = min(self.most, 2 * rows)
        if self.rows != rows:
            self._shares.clear()
