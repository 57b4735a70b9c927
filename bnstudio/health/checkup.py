"""The whole model at the moment that is shown, with the few moments before it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.graph import local
from bnstudio.health.reading import Moment, Reading
from bnstudio.health.signs import Finding, find_all

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bnstudio.graph import Graph, Path
    from bnstudio.histogram import Histogram
    from bnstudio.training.messages import Histograms

LOOK_BACK = 6
"""Earlier measurements that are asked: what only each fifth one has is among them."""


class Checkup:
    """Says of each node how well it is; every node is looked at when it is first asked for.

    Attributes:
        moment: What is shown.
    """

    def __init__(
        self,
        graph: Graph,
        latest: Mapping[str, Histogram],
        history: Sequence[Histograms] = (),
        step: int | None = None,
        path: Path = (),
    ) -> None:
        """``history`` is the run's, oldest first, of which only what came before counts.

        That is what was measured before ``step``, or without one before the measurement that
        ``latest`` is; where that is not part of the history there is nothing before it. ``graph``
        and ``latest`` are of the drawing at ``path``.
        """
        self.moment = Moment(graph, latest, inside=bool(path))
        self._history = history
        self._step, self._path = step, path
        self._moments: list[Moment] | None = None
        self._found: dict[str, tuple[Finding, ...]] = {}

    def findings(self, id: str) -> tuple[Finding, ...]:
        """The signs of ill health in a node, the worst first; none where nothing was measured."""
        found = self._found.get(id)
        if found is None:
            now = self.moment.reading(id)
            found = () if now is None else find_all(now, _Before(self, id))
            self._found[id] = found
        return found

    def reading(self, id: str) -> Reading | None:
        """What was measured of a node; None where nothing was."""
        return self.moment.reading(id)

    def before(self, id: str) -> Iterator[Reading]:
        """The node at earlier moments, the newest first."""
        if self._moments is None:
            self._moments = self._earlier()
        for moment in self._moments:
            reading = moment.reading(id)
            if reading is not None:
                yield reading

    def _earlier(self) -> list[Moment]:
        # What is shown may be of the past: then what came after it does not count.
        end = self._shown_place() if self._step is None else self._place_of(self._step)
        return [
            replace(self.moment, latest=local(measured.by_node(), self._path))
            for measured in reversed(self._history[max(0, end - LOOK_BACK) : end])
        ]

    def _place_of(self, step: int) -> int:
        return bisect_left(self._history, step, key=lambda measured: measured.step)

    def _shown_place(self) -> int:
        """Where in the history what is shown stands; 0 where it does not."""
        latest = self.moment.latest
        places = range(len(self._history) - 1, -1, -1)
        return next(
            (
                at
                for at in places
                if all(
                    _same(each, latest.get(each.node))
                    for each in self._history[at].layers
                    if each.port == 0
                )
            ),
            0,
        )


def _same(one: Histogram, other: Histogram | None) -> bool:
    """Whether two are of one output at one moment; either may have been filled in or read anew."""
    if one is other:
        return True
    if other is None:
        return False
    return (one.mean, one.std, one.counts) == (other.mean, other.std, other.counts)


class _Before:
    """The earlier readings of a node, looked up only where somebody asks, and then once."""

    def __init__(self, checkup: Checkup, id: str) -> None:
        self._checkup, self._id = checkup, id
        self._readings: list[Reading] | None = None

    def __iter__(self) -> Iterator[Reading]:
        if self._readings is None:
            self._readings = list(self._checkup.before(self._id))
        return iter(self._readings)
