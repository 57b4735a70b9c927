"""Which of a run's measurements the window shows: the newest, or one of the past."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.ui.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore
    from bnstudio.training.messages import Histograms

_RECENT = 60
"""Measurements of a live run that are at hand before its record has them: several seconds."""

_READ = 60


class Moments(QObject):
    """All measurements of one run, of which memory keeps some and the record all.

    Attributes:
        place: Which of the run's measurements is shown, counted from 0; None while the newest is,
            whichever that may be.
    """

    #: ``place`` is another.
    moved = Signal()
    #: There are more measurements, or those of another run.
    grew = Signal()
    #: What is to be seen of the moment is at hand: Histograms.
    shown = Signal(object)

    def __init__(self, store: RunStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.place: int | None = None
        self.reading = Reading(self)
        self._store = store
        self._run: Run | None = None
        self._recent: deque[tuple[int, Histograms]] = deque(maxlen=_RECENT)
        self._read: dict[int, Histograms] = {}

    @property
    def steps(self) -> Sequence[int]:
        """The step of each measurement, in ascending order; not to be changed."""
        return self._run.history.steps if self._run is not None else ()

    @property
    def past(self) -> bool:
        """Whether another moment than the newest is shown."""
        return self.place is not None

    @property
    def step(self) -> int | None:
        """The step of the moment that is shown; None where nothing was measured."""
        steps = self.steps
        if not steps:
            return None
        return steps[-1 if self.place is None else self.place]

    def go(self, place: int) -> None:
        """Shows a measurement, counted from 0; from the last one on the newest is followed."""
        count = len(self.steps)
        place = max(0, place)
        if place >= count - 1:
            self.follow()
        elif place != self.place:
            self.place = place
            self.moved.emit()
            self._show(place)

    def go_to_step(self, step: float) -> None:
        """Shows the measurement that is nearest to a step."""
        steps = self.steps
        if not steps:
            return
        place = bisect_left(steps, step)
        if place and (place == len(steps) or step - steps[place - 1] < steps[place] - step):
            place -= 1
        self.go(place)

    def turn(self, by: int) -> None:
        """Goes so many measurements on, or back."""
        count = len(self.steps)
        if count:
            self.go((count - 1 if self.place is None else self.place) + by)

    def follow(self) -> None:
        """Shows the newest measurement, and each that is to come."""
        if self.place is None:
            return
        self.place = None
        self.moved.emit()
        if self._run is not None and self._run.history.last is not None:
            self.shown.emit(self._run.history.last)

    def restart(self, run: Run | None) -> None:
        """Follows another run."""
        self._run = run
        self._recent.clear()
        self._read.clear()
        past, self.place = self.past, None
        if past:
            self.moved.emit()
        self.grew.emit()

    def add(self, measured: Histograms) -> None:
        """Takes in what the run's history has just taken in."""
        self._recent.append((len(self.steps) - 1, measured))

    def close(self) -> None:
        """Gives up what is being read."""
        self.reading.close()

    def _show(self, place: int) -> None:
        run = self._run
        assert run is not None
        found = self._known(place, run)
        if found is not None:
            self.shown.emit(found)
        else:
            step = run.history.steps[place]
            self.reading.ask(
                "moment",
                lambda: self._store.moments(run, [(place, step)])[0],
                lambda found: self._take(run, place, found),
            )

    def _known(self, place: int, run: Run) -> Histograms | None:
        kept = run.history.nearest(place)
        if kept is not None and kept[0] == place:
            return kept[1]
        if place in self._read:
            return self._read[place]
        return next((found for at, found in self._recent if at == place), None)

    def _take(self, run: Run, place: int, found: Histograms | None) -> None:
        if run is not self._run:
            return
        if found is not None and found.step == self.steps[place]:
            self._read[place] = found
            while len(self._read) > _READ:
                self._read.pop(next(iter(self._read)))
            if self.place is not None:
                self.shown.emit(found)
        elif place == self.place and (kept := run.history.nearest(place)) is not None:
            # The record does not have it: the nearest that memory has kept is shown instead.
            self.go(kept[0])
