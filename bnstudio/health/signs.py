"""What a sign of ill health is, its registry, and how it is decided without flicker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import NamedTuple

from bnstudio.health.reading import Reading
from bnstudio.rules import Severity


class Limit(NamedTuple):
    """From what level a sign counts, and below which it counts no more.

    Between the two it stays as it was, so that a level on the brink does not flicker.
    """

    on: float
    off: float


@dataclass(frozen=True)
class Finding:
    """One sign that was found.

    Attributes:
        kind: The sign's.
        severity: How bad it is.
        brief: It in a few characters, with its number: ``37 of 64 dead``.
        sentence: It in a sentence or two, true of what was measured.
    """

    kind: str
    severity: Severity
    brief: str
    sentence: str


Level = Callable[[Reading], float | None]
Words = Callable[[Reading], tuple[str, str]]


@dataclass(frozen=True)
class Sign:
    """One sign of ill health.

    Attributes:
        kind: Its name in code.
        title: Its name for people.
        of: What the level is, in words.
        limits: From which level on it is how bad, the worst first.
        concerns: Whether it can be said of such a node at all.
        level: How far it has gone: more is worse. None where this moment does not tell.
        say: The brief and the sentence of a ``Finding``.
        about: What it means and what may help, for people.
        why: Why the limits lie where they do, and who says so.
    """

    kind: str
    title: str
    of: str
    limits: tuple[tuple[Severity, Limit], ...]
    concerns: Callable[[Reading], bool]
    level: Level
    say: Words
    about: str
    why: str

    def find(self, now: Reading, before: Iterable[Reading]) -> Finding | None:
        """The sign in a node as it is ``now``; None where it is well in this respect.

        ``before`` are earlier moments, the newest first. They are asked where this one does not
        decide: its level is between a limit's two ends, or was not measured this time.
        """
        if not self.concerns(now):
            return None
        level = self.level(now)
        for severity, limit in self.limits:
            if level is not None and level >= limit.on:
                return Finding(self.kind, severity, *self.say(now))
            if level is not None and not level >= limit.off:  # NaN is no level either
                continue
            if (seen := self._undecided(limit, now, level, before)) is not None:
                return Finding(self.kind, severity, *self.say(seen))
        return None

    def _undecided(
        self, limit: Limit, now: Reading, level: float | None, before: Iterable[Reading]
    ) -> Reading | None:
        """The reading to tell of where earlier ones say that the sign is there."""
        newest = now if level is not None else None
        for reading in before:
            earlier = self.level(reading)
            if earlier is None:
                continue
            newest = newest or reading
            if earlier >= limit.on:
                return newest
            if not earlier >= limit.off:
                return None
        return None


SIGNS: dict[str, Sign] = {}
"""Every sign by kind."""


def sign(
    kind: str,
    title: str,
    *,
    of: str,
    say: Words,
    why: str,
    concerns: Callable[[Reading], bool],
    error: Limit | None = None,
    warning: Limit | None = None,
    info: Limit | None = None,
) -> Callable[[Level], Level]:
    """Enters a sign whose level is what the decorated function says, and whose docstring explains.

    Raises:
        ValueError: If the kind is taken, or there is no limit.
    """

    def enter(level: Level) -> Level:
        given = ((Severity.ERROR, error), (Severity.WARNING, warning), (Severity.INFO, info))
        limits = tuple((severity, limit) for severity, limit in given if limit is not None)
        if kind in SIGNS:
            raise ValueError(f"The sign {kind!r} is {SIGNS[kind].level.__name__}'s already.")
        if not limits:
            raise ValueError(f"The sign {kind!r} has no limit, so it could never be found.")
        about = cleandoc(level.__doc__ or "")
        SIGNS[kind] = Sign(kind, title, of, limits, concerns, level, say, about, why)
        return level

    return enter


_ORDER = {severity: place for place, severity in enumerate(Severity)}


def find_all(now: Reading, before: Iterable[Reading]) -> tuple[Finding, ...]:
    """Every sign in a node, the worst first."""
    return tuple(sorted(_found(now, before), key=lambda found: _ORDER[found.severity]))


def _found(now: Reading, before: Iterable[Reading]) -> Iterator[Finding]:
    for entry in SIGNS.values():
        found = entry.find(now, before)
        if found is not None:
            yield found
