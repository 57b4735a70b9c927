"""Repeated parts of a plan: what an engineer would have written once, as a function.

A plan lists each branch at a stretch, so a part that is used as one, with one tensor coming out,
is a run of calls. Runs that have the same layers and the same wiring are found by a rolling hash;
the one whose function saves most lines is taken out, and so on, within functions too, until none
pays. This is the off-line way to compress by a grammar: Apostolico and Lonardi, "Off-line
compression by greedy textual substitution", Proc. IEEE 88(11), 2000.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence

    from bnstudio.plan import Plan

LONGEST = 160
"""Steps above which a part is not looked for as a whole; a cell of NASNet has about 100."""

SHORTEST, STRETCHES = 24, 200_000
"""The same for a very large model, and about how many stretches of a model are looked at."""

INPUTS = 3
"""Tensors that go into a function at most."""

WORTH = 5
"""Lines that a function has to save."""

_SEVERAL = 0.7
"""What saving a line counts in a function that takes several tensors, or is several blocks."""

_SLICE = 32
"""Beginnings of stretches that are looked at without a break: about two milliseconds."""

_TAIL = 3
"""Calls that may follow the one that closes a block."""

_OVERHEAD = 2
"""Lines of a function that are not steps: its head and its docstring."""


class Step(NamedTuple):
    """A step of a body.

    Attributes:
        at: Where its first call is, counted from where the body begins.
        size: How many calls it comes down to.
        part: The repeated part that it is; None for a call.
    """

    at: int
    size: int = 1
    part: int | None = None


@dataclass
class Body:
    """A list of steps: the model's, or those of a part of it.

    Attributes:
        steps: One after another, without a gap.
        starts: The calls of the plan where it begins, wherever it occurs, in order.
    """

    steps: list[Step]
    starts: list[int]

    @property
    def size(self) -> int:
        """How many calls it comes down to."""
        return self.steps[-1].at + self.steps[-1].size if self.steps else 0


@dataclass
class Wiring:
    """Who feeds whom, by the number of a call.

    Attributes:
        takes: The tensors that each call takes, as numbers: that of the call for its only output,
            a negative one for any other.
        last_use: The last call that takes the output of each; past the end if the model gives it.
    """

    takes: list[tuple[int, ...]]
    last_use: list[int]

    def into(self, first: int, size: int) -> list[int]:
        """The tensors that go into a stretch of calls, in the order in which it takes them."""
        if size == 1:
            return list(self.takes[first])
        inner = range(first, first + size)
        return list(dict.fromkeys(t for k in inner for t in self.takes[k] if t not in inner))


def wiring(plan: Plan) -> Wiring:
    """The wiring of a plan."""
    number = {call.node: index for index, call in enumerate(plan.calls)}
    others: dict[tuple[str, int], int] = {}
    last_use = [-1] * len(plan.calls)
    takes = []
    for index, call in enumerate(plan.calls):
        taken = []
        for tensor in call.inputs:
            source = number.get(tensor.node)
            if source is None or tensor.port:
                taken.append(others.setdefault(tensor, -1 - len(others)))
            else:
                taken.append(source)
                last_use[source] = index
        takes.append(tuple(taken))
    for tensor in plan.outputs:
        if tensor.node in number:
            last_use[number[tensor.node]] = len(plan.calls)
    return Wiring(takes, last_use)


@dataclass
class Search:
    """Finds the repeated parts of a plan.

    Attributes:
        wires: The plan's wiring.
        kinds: What a call has to have in common with another to stand at its place in a function;
            None for one that stands in none.
        lines: How many lines each call takes.
        fit: Which of the stretches that begin here and are so long are alike enough for one
            function, and how plain that is, from 0 to 1.
        bodies: The model and, after :meth:`work`, the parts, each after those that it has in it.
    """

    wires: Wiring
    kinds: Sequence[int | None]
    lines: Sequence[int]
    fit: Callable[[list[int], int], Generator[None, None, tuple[list[int], float]]]
    main: Body = field(init=False)
    parts: list[Body] = field(init=False, default_factory=list)
    longest: int = field(init=False)

    def __post_init__(self) -> None:
        room = STRETCHES // max(1, len(self.kinds))
        self.longest = max(SHORTEST, min(LONGEST, room))
        self.main = Body([Step(at) for at in range(len(self.kinds))], [0])

    def work(self) -> Iterator[None]:
        """Takes out one part after another, with a break every few milliseconds."""
        while (yield from self._take_one()):
            pass

    def _take_one(self) -> Generator[None, None, bool]:
        places = yield from self._places()
        ranked = []
        for key, found in places.items():
            if len(found) > 1 and (estimate := self._saved(found)) >= WORTH:
                ranked.append((-estimate, found[0].end - found[0].begin, found[0], key))
        ranked.sort()
        best: tuple[float, list[_Place]] | None = None
        for negative, _, _, key in ranked:
            if best is not None and best[0] >= -negative:
                break
            found, plain = yield from self._alike(places[key])
            if len(found) > 1 and (saved := self._saved(found)) >= WORTH:
                score = saved * plain
                if best is None or score > best[0]:
                    best = score, found
        if best is None:
            return False
        self._take(best[1])
        return True

    def _bodies(self) -> list[Body]:
        return [self.main, *self.parts]

    def _places(self) -> Generator[None, None, dict[int, list[_Place]]]:
        """Every stretch of steps that could be a function, by what it looks like."""
        views = [self._view(body) for body in self._bodies()]
        counts = Counter(kind for view in views for kind in view.kinds)
        places: dict[int, list[_Place]] = {}
        for number, view in enumerate(views):
            for begin in range(len(view.kinds)):
                if begin % _SLICE == _SLICE - 1:
                    yield
                self._extend(number, view, begin, counts, places)
        return {key: apart for key, found in places.items() if (apart := self._apart(found, views))}

    def _view(self, body: Body) -> _View:
        start = body.starts[0]
        place: dict[int, int] = {}
        for index, step in enumerate(body.steps):
            for call in range(start + step.at, start + step.at + step.size):
                place[call] = index
        beyond = len(body.steps) + LONGEST
        kinds, takes, last, ends, merges = [], [], [], [], []
        for step in body.steps:
            first = start + step.at
            kinds.append(self.kinds[first] if step.part is None else len(self.kinds) + step.part)
            into = self.wires.into(first, step.size)
            takes.append(tuple([place.get(tensor, tensor - beyond) for tensor in into]))
            end = first + step.size
            last.append(place.get(self.wires.last_use[end - 1], beyond))
            ends.append(end)
            merges.append(len(self.wires.takes[end - 1]) > 1)
        runs = [
            length
            for row in [list(group) for _, group in groupby(kinds)]
            for length in [len(row)] * len(row)
        ]
        return _View(kinds, takes, last, ends, merges, runs)

    def _extend(
        self,
        number: int,
        view: _View,
        begin: int,
        counts: Mapping[int | None, int],
        places: dict[int, list[_Place]],
    ) -> None:
        outside: dict[int, int] = {}
        seen, needed = 0, 0
        merged: int | None = None
        kinds, takes, last, ends, merges, _ = view
        if view.amid_row(begin):
            return
        for index in range(begin, min(begin + self.longest, len(kinds))):
            kind = kinds[index]
            if kind is None or counts[kind] < 2:
                return
            # What is inside counts backwards from here, what is outside from LONGEST on: never
            # below 0, for -1 and -2 have the same hash.
            wired = [
                index - tensor if tensor >= begin
                else LONGEST + outside.setdefault(tensor, len(outside))
                for tensor in takes[index]
            ]  # fmt: skip
            seen = hash((seen, kind, *wired))
            if len(outside) > INPUTS:
                return
            if needed <= index:
                if index > begin:
                    several = merged is not None and ends[index] > merged + _TAIL
                    places.setdefault(seen, []).append(_Place(number, begin, index + 1, several))
                if merges[index] and merged is None:
                    merged = ends[index]
            needed = max(needed, last[index])
            if needed > begin + self.longest:
                return

    def _apart(self, found: list[_Place], views: Sequence[_View]) -> list[_Place]:
        """Those that do not overlap; none where they are several of a smaller one in a row."""
        if len(found) < 2:
            return []
        body, begin, end, _ = found[0]
        kinds = views[body].kinds[begin:end]
        period = next(
            (p for p in range(1, len(kinds) // 2 + 1)
             if not len(kinds) % p and kinds[p:] == kinds[:-p]), 0,
        )  # fmt: skip
        if period:
            spots = {(place.body, place.begin) for place in found}
            if any((body, begin + period) in spots for body, begin in spots):
                return []
        kept: list[_Place] = []
        for place in found:
            if views[place.body].cuts(place.begin, place.end):
                continue
            if not kept or kept[-1].body != place.body or kept[-1].end <= place.begin:
                kept.append(place)
        return kept

    def _span(self, place: _Place) -> tuple[int, int]:
        """Where a stretch of steps begins in its body, and its size, in calls."""
        steps = self._bodies()[place.body].steps
        last = steps[place.end - 1]
        return steps[place.begin].at, last.at + last.size - steps[place.begin].at

    def _starts(self, place: _Place) -> list[int]:
        at, _ = self._span(place)
        return [start + at for start in self._bodies()[place.body].starts]

    def _alike(self, found: list[_Place]) -> Generator[None, None, tuple[list[_Place], float]]:
        """Those that one function can stand for, and how plain it is."""
        starts = {place: self._starts(place) for place in found}
        uses = sorted(start for each in starts.values() for start in each)
        fitting, plain = yield from self.fit(uses, self._span(found[0])[1])
        return [p for p in found if not set(starts[p]).difference(fitting)], plain

    def _saved(self, found: Sequence[_Place]) -> float:
        """The lines saved, less where what is found is not one whole."""
        sizes = [self._line_count(place) for place in found]
        saved = sum(sizes) - len(found) - max(sizes) - _OVERHEAD
        size = self._span(found[0])[1]
        inputs = len(self.wires.into(self._starts(found[0])[0], size))
        return saved * (_SEVERAL if inputs > 1 else 1) * (_SEVERAL if found[0].several else 1)

    def _line_count(self, place: _Place) -> int:
        body = self._bodies()[place.body]
        start = body.starts[0]
        steps = body.steps[place.begin : place.end]
        return sum(1 if step.part is not None else self.lines[start + step.at] for step in steps)

    def _take(self, found: Sequence[_Place]) -> None:
        """Makes a part of these stretches."""
        bodies = self._bodies()
        part, size = len(self.parts), self._span(found[0])[1]
        first = found[0]
        at = self._span(first)[0]
        steps = [
            step._replace(at=step.at - at)
            for step in bodies[first.body].steps[first.begin : first.end]
        ]
        starts = sorted(start for place in found for start in self._starts(place))
        for place in reversed(found):
            body = bodies[place.body]
            at = self._span(place)[0]
            body.steps[place.begin : place.end] = [Step(at, size, part)]
        self.parts.append(Body(steps, starts))


class _Place(NamedTuple):
    """A stretch of the steps of a body, by number.

    ``several`` says that all that flows goes through one merging layer well before the end, as
    where one block follows another.
    """

    body: int
    begin: int
    end: int
    several: bool = False


class _View(NamedTuple):
    """A body's steps as the search compares them.

    Attributes:
        kinds: What they are.
        takes: What each takes, by step; below 0 what comes from outside the body.
        last: The last step that takes what comes out.
        ends: The call after each.
        merges: Whether several tensors go into its last call.
        runs: How many of its kind stand in a row, it among them.
    """

    kinds: list[int | None]
    takes: list[tuple[int, ...]]
    last: list[int]
    ends: list[int]
    merges: list[bool]
    runs: list[int]

    def cuts(self, begin: int, end: int) -> bool:
        """Whether a stretch begins or ends amid a row of one kind, which is a loop rather."""
        return self.amid_row(begin) or (end < len(self.kinds) and self.amid_row(end))

    def amid_row(self, at: int) -> bool:
        """Whether a step has one of its kind before it, in a row of several."""
        return at > 0 and self.runs[at] > 2 and self.kinds[at - 1] == self.kinds[at]
