"""Finding what is meant by a few letters: layer types, commands, the layers of a drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from bnstudio.layers.catalogue import OPERATION_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bnstudio.layers import LayerType

T = TypeVar("T")


def rank(
    query: str,
    entries: Iterable[T],
    told: Callable[[T], Sequence[str]],
    later: Callable[[T], bool] = lambda entry: False,
) -> list[T]:
    """The entries that fit ``query``, best first; without a query all, as they come.

    A name that begins with it comes first, then one whose words begin with its letters (``bn``
    for BatchNormalization, ``zs`` for Zoom to Selection), then one that contains it or its letters
    in order; last, one of which what else is told speaks of it.

    Args:
        query: What was typed.
        entries: What may be found.
        told: An entry's name, and after it what else is said of it, weightiest first.
        later: Which come after others that fit as well, or that begin with the query.
    """
    words = query.strip().lower()
    letters = _squeezed(words)
    if not letters:
        return list(entries)
    scored = []
    for entry in entries:
        name, *asides = told(entry)
        score = _score(letters, name)
        if score is None:
            score = _aside(words, asides)
        if score is not None:
            score = max(score, int(later(entry)))
            scored.append(((score, later(entry), len(name)), entry))
    scored.sort(key=lambda pair: pair[0])
    return [entry for _, entry in scored]


def rank_layers(
    query: str, entries: Iterable[LayerType], recent: Sequence[str] = ()
) -> list[LayerType]:
    """The layer types that fit ``query``, best first; without one, ``recent`` ones come first.

    Of those that fit as well, layers come before operations, and the ones for images first: they
    are what is meant most often. An operation is found with and without the ``ops.`` before it.
    """
    if query.strip():
        whole = query.strip().lower().startswith(OPERATION_PREFIX)

        def told(entry: LayerType) -> tuple[str, str, str]:
            name = entry.name if whole else entry.name.removeprefix(OPERATION_PREFIX)
            name = name.rpartition(":")[2]
            return name, entry.category, entry.summary

        entries = sorted(entries, key=lambda entry: "2D" not in entry.name)
        return rank(query, entries, told, lambda entry: entry.name.startswith(OPERATION_PREFIX))
    place = {name: index for index, name in enumerate(recent)}
    return sorted(entries, key=lambda entry: place.get(entry.name, len(place)))


def _score(letters: str, name: str) -> int | None:
    folded = _squeezed(name.lower())
    if folded == letters:
        return 0
    if folded.startswith(letters):
        return 1
    if _initials(letters, name):
        return 2
    if letters in folded:
        return 3
    remaining = iter(folded)
    return 4 if all(letter in remaining for letter in letters) else None


def _aside(words: str, asides: Sequence[str]) -> int | None:
    """A match beside the name; the weightiest aside is short, the others need three letters."""
    for place, aside in enumerate(asides):
        if words in aside.lower() and (not place or len(words) > 2):
            return 5 + place
    return None


def _squeezed(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())


def _initials(letters: str, name: str) -> bool:
    """Whether the letters can be read off the starts of the name's words, in order."""
    starts = []
    folded = ""
    before = " "
    for letter in name:
        if letter.isalnum():
            digit = letter.isdigit() and not before.isdigit()
            if not before.isalnum() or letter.isupper() or digit:
                starts.append(len(folded))
            folded += letter.lower()
        before = letter

    def fits(rest: str, words: list[int]) -> bool:
        if not rest:
            return True
        for position, start in enumerate(words):
            taken = 0
            while taken < len(rest) and folded[start : start + taken + 1] == rest[: taken + 1]:
                taken += 1
                if fits(rest[taken:], words[position + 1 :]):
                    return True
        return False

    return starts != [] and letters[0] == folded[0] and fits(letters, starts)
