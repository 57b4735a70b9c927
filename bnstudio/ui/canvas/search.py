"""Finding a layer type by a few letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnstudio.layers import LayerType


def rank(query: str, entries: Iterable[LayerType], recent: Sequence[str] = ()) -> list[LayerType]:
    """The entries that fit ``query``, best first.

    A name that begins with it comes first, then one whose words begin with its letters (``bn``
    for BatchNormalization, ``c2`` for Conv2D), then one that contains it or its letters in order;
    last, one whose category or help speaks of it. Without a query, ``recent`` ones come first.
    """
    folded = query.strip().lower().replace(" ", "")
    if not folded:
        place = {name: index for index, name in enumerate(recent)}
        return sorted(entries, key=lambda entry: place.get(entry.name, len(place)))
    scored = [(_score(folded, query.strip().lower(), entry), entry) for entry in entries]
    fitting = [(score, entry) for score, entry in scored if score is not None]
    fitting.sort(key=lambda pair: pair[0])
    return [entry for _, entry in fitting]


def _score(folded: str, words: str, entry: LayerType) -> tuple[int, int] | None:
    name = entry.name.lower()
    length = len(name)
    if name == folded:
        return 0, length
    if name.startswith(folded):
        return 1, length
    if _initials(folded, entry.name):
        return 2, length
    if folded in name:
        return 3, length
    if _in_order(folded, name):
        return 4, length
    if words in entry.category.lower():
        return 5, length
    if len(words) > 2 and words in entry.summary.lower():
        return 6, length
    return None


def _initials(letters: str, name: str) -> bool:
    """Whether the letters can be read off the starts of the name's words, in order."""
    starts = [
        index
        for index, letter in enumerate(name)
        if index == 0 or letter.isupper() or (letter.isdigit() and not name[index - 1].isdigit())
    ]
    folded = name.lower()

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


def _in_order(letters: str, name: str) -> bool:
    remaining = iter(name)
    return all(letter in remaining for letter in letters)
