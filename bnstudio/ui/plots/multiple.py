"""One layer's place among the small multiples: its histograms over time and how they are shown."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bnstudio.ui.parts import PORT
from bnstudio.ui.plots import ridge

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QColor, QPixmap

    from bnstudio.histogram import Histogram

Kind = Literal["ridge", "heat", "bands"]

KINDS: dict[str, tuple[str, str]] = {
    "ridge": ("Ridge", "Each moment's shape, the old ones behind"),
    "heat": ("Heat map", "Steps to the right, values up; the stronger the colour, the more values"),
    "bands": ("Bands", "Quantiles over the steps: 5 to 95 %, 25 to 75 %, and the median"),
}
"""What a picture can be, its name and what it shows."""


@dataclass(frozen=True)
class Track:
    """A layer's histograms over time, oldest first.

    Attributes:
        title: Whose they are: a run's title.
        colour: What they are painted in where several are compared.
    """

    title: str
    colour: QColor
    steps: Sequence[int]
    history: Sequence[Histogram]

    def at(self, step: float | None) -> Histogram | None:
        """The histogram nearest to a step; the newest for None."""
        if not self.history:
            return None
        return self.history[-1 if step is None else nearest(self.steps, step)]


@dataclass
class Multiple:
    """One layer's place.

    Attributes:
        node: The node's id; it may stand in several places.
        name: The layer's name, and that of the part.
        label: What it is, beside the name: a type, or ``input`` and ``output``.
        colour: Of its category.
        pair: Whether the next one belongs to it: they are put side by side.
        history: Its histograms, oldest first; empty while nothing was measured.
        steps: The step of each.
        now: The histogram of the moment that is shown; None for the newest.
        ghosts: The same layer in the runs that this one is compared with.
        span: The range that is painted; None for the histograms' own.
        run: The title of the run whose histograms they are.
        part: Which part of the node it is; see ``ui.parts``.
        step: Of the moment ``now`` is of, if that is a past one.
        picture: All but what belongs to the moment, as it was painted last.
        stale: Whether that is not what it should be.
        marks: What belongs to the moment, to be put over it.
        unmarked: Whether that is not what it should be.
    """

    node: str
    name: str
    label: str
    colour: QColor
    history: list[Histogram] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    span: tuple[float, float] | None = None
    pair: bool = False
    now: Histogram | None = None
    ghosts: tuple[Track, ...] = ()
    step: float | None = None
    stale: bool = True
    picture: QPixmap | None = None
    unmarked: bool = True
    marks: QPixmap | None = None
    run: str = ""
    part: str = ""
    _chosen: list[Histogram] | None = field(default=None, init=False)

    @property
    def source(self) -> tuple[str, str]:
        """The node and the part of it whose histograms they are."""
        return self.node, self.part

    @property
    def weight(self) -> str:
        """Which of the layer's weights it is; empty for what the layer gives out."""
        return "" if self.part.startswith(PORT) else self.part

    @property
    def range(self) -> tuple[float, float] | None:
        """What the axis of values goes over."""
        return self.span or ridge.value_range(self.chosen)

    @property
    def chosen(self) -> list[Histogram]:
        """So many of its histograms, evenly over time, that their range is that of all."""
        if self._chosen is None:
            self._chosen = ridge.thinned(self.history)
        return self._chosen

    @property
    def times(self) -> tuple[float, float]:
        """What the axis of steps goes over: those of the ghosts too."""
        tracks = [steps for steps in (self.steps, *(g.steps for g in self.ghosts)) if len(steps)]
        if not tracks:
            return 0.0, 1.0
        low, high = min(t[0] for t in tracks), max(t[-1] for t in tracks)
        return float(low), float(max(high, low + 1))

    @property
    def current(self) -> Histogram | None:
        """The histogram that stands for the layer: of the moment, or the newest."""
        return self.now or (self.history[-1] if self.history else None)

    def take(
        self,
        steps: list[int],
        history: list[Histogram],
        ghosts: tuple[Track, ...],
    ) -> None:
        """Takes in other measurements; where they are the same ones the picture stays."""
        if (steps, ghosts) != (self.steps, self.ghosts) or not _same(history, self.history):
            self.steps, self.history, self.ghosts = steps, history, ghosts
            self._chosen = None
            self.stale = self.unmarked = True

    def show_range(self, span: tuple[float, float] | None) -> None:
        """Paints over another range of values."""
        if span != self.span:
            self.span = span
            self.stale = self.unmarked = True

    def show_moment(self, step: float | None, now: Histogram | None) -> None:
        """Marks another moment; None for the newest."""
        if step != self.step or now is not self.now:
            self.step, self.now = step, now
            self.unmarked = True


def nearest(steps: Sequence[int], step: float) -> int:
    """The place of the step that is nearest; ``steps`` ascend and are not empty."""
    place = bisect_left(steps, step)
    if place and (place == len(steps) or step - steps[place - 1] < steps[place] - step):
        place -= 1
    return place


def _same(one: list[Histogram], other: list[Histogram]) -> bool:
    """Whether they are the very same measurements; comparing their counts would take longer."""
    return len(one) == len(other) and all(map(lambda a, b: a is b, one, other))
