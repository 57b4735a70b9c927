"""How the names of layers in a repeated part follow from one argument of its function.

``block1_conv`` and ``block1_bn`` begin alike, so ``name + "_conv"`` says the one and
``name + "_bn"`` the other; ``conv2d_7`` and ``activation_7`` have a number in common.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bnstudio.graph import Value

_DIGITS = re.compile(r"(\d+)")
_JOINTS = "_-. /"
_LONGEST = 9
"""Digits of a number; what has more is not one that somebody counts with."""


class Ref(NamedTuple):
    """An argument of the function, times a number, plus another."""

    argument: str
    plus: int = 0
    times: int = 1

    @property
    def is_name(self) -> bool:
        """Whether the argument is a text; the others are numbers."""
        return self.argument.endswith("name")

    @property
    def text(self) -> str:
        """The expression."""
        if self.times != 1:
            return f"{self.times} * {self.argument}"
        if self.plus:
            return f"{self.argument} {'+' if self.plus > 0 else '-'} {abs(self.plus)}"
        return self.argument


class Name(NamedTuple):
    """A name in pieces that are put together."""

    pieces: tuple[str | Ref, ...]

    @property
    def text(self) -> str:
        """The expression: a literal, an argument, or an f-string. No piece needs an escape."""
        if all(isinstance(piece, str) for piece in self.pieces):
            return f'"{"".join(map(str, self.pieces))}"'
        if len(self.pieces) == 1 and isinstance(only := self.pieces[0], Ref) and only.is_name:
            return only.text
        said = (p if isinstance(p, str) else f"{{{p.text}}}" for p in self.pieces)
        return f'f"{"".join(said)}"'


@dataclass(frozen=True)
class Affix:
    """Names that are one text with something constant before or after it.

    Attributes:
        around: What stands before and after, name by name.
        arguments: What the text is called.
        plain: How plain they are, from 0 to 1.
    """

    around: tuple[tuple[str, str], ...]
    arguments = ("name",)
    plain = 1.0

    def read(self, row: Sequence[Value]) -> tuple[str, ...] | None:
        """The text in these names; None where they have none in common."""
        core = None
        for value, (before, after) in zip(row, self.around, strict=True):
            if not isinstance(value, str) or len(value) <= len(before) + len(after):
                return None
            if not (value.startswith(before) and value.endswith(after)):
                return None
            found = value[len(before) : len(value) - len(after)]
            if core is not None and found != core:
                return None
            core = found
        return None if core is None else (core,)

    def told(self) -> list[Name]:
        """The names by the argument."""
        return [
            Name(tuple([piece for piece in (before, Ref("name"), after) if piece]))
            for before, after in self.around
        ]


class Counted(NamedTuple):
    """A number in a name: which of the arguments it follows, and how much it is above it."""

    argument: int
    plus: int


@dataclass(frozen=True)
class Numbered:
    """Names in which the only differences are one or two numbers, perhaps counted from elsewhere.

    Attributes:
        pieces: Texts and numbers in turn, name by name; a number that is always the same is a
            text. An argument of a function within, which is a number, is one alone.
        count: How many numbers there are.
    """

    pieces: tuple[tuple[str | Counted, ...] | Counted, ...]
    count: int

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the numbers are called."""
        return ("number", "number_2")[: self.count]

    @property
    def plain(self) -> float:
        """How plain they are, from 0 to 1: less where layers of several parts seem to be in one."""
        offsets = {
            piece
            for pieces in self.pieces
            for piece in ((pieces,) if isinstance(pieces, Counted) else pieces)
            if isinstance(piece, Counted)
        }
        return 0.9 if len(offsets) == 1 else 0.75

    def read(self, row: Sequence[Value]) -> tuple[int, ...] | None:
        """The numbers in these names; None where they are not like this."""
        numbers: list[int | None] = [None] * self.count
        for value, pieces in zip(row, self.pieces, strict=True):
            parts = cut(value)
            expected = (pieces,) if isinstance(pieces, Counted) else pieces
            if parts is None or len(parts) != len(expected):
                return None
            for found, piece in zip(parts, expected, strict=True):
                if isinstance(piece, str):
                    if str(found) != piece:
                        return None
                elif isinstance(found, str):
                    return None
                elif numbers[piece.argument] is None:
                    numbers[piece.argument] = found - piece.plus
                elif numbers[piece.argument] != found - piece.plus:
                    return None
        return tuple([number for number in numbers if number is not None])

    def told(self) -> list[Name | Ref]:
        """The names by the arguments."""
        return [
            self._ref(pieces)
            if isinstance(pieces, Counted)
            else Name(tuple([p if isinstance(p, str) else self._ref(p) for p in pieces if p != ""]))
            for pieces in self.pieces
        ]

    def _ref(self, counted: Counted) -> Ref:
        return Ref(self.arguments[counted.argument], counted.plus)


@dataclass(frozen=True)
class Mixed:
    """Names some of which share a text, and the others numbers.

    Attributes:
        affix: The former.
        numbered: The latter.
        counted: Which of the names are the latter.
        plain: How plain they are, from 0 to 1.
    """

    affix: Affix
    numbered: Numbered
    counted: tuple[bool, ...]
    plain = 0.7

    @property
    def arguments(self) -> tuple[str, ...]:
        """What the text and the numbers are called."""
        return (*self.affix.arguments, *self.numbered.arguments)

    def read(self, row: Sequence[Value]) -> tuple[str | int, ...] | None:
        """The text and the numbers in these names; None where they are not like this."""
        name = self.affix.read(_chosen(row, self.counted, False))
        numbers = self.numbered.read(_chosen(row, self.counted, True))
        return None if name is None or numbers is None else (*name, *numbers)

    def told(self) -> list[Name | Ref]:
        """The names by the arguments."""
        names, numbers = iter(self.affix.told()), iter(self.numbered.told())
        return [next(numbers) if counted else next(names) for counted in self.counted]


Template = Affix | Numbered | Mixed


def best(rows: Sequence[Sequence[Value]]) -> Template | None:
    """What explains the names of most uses, a row each; None where nothing explains two."""
    found = _most_explaining(rows, (Affix, Numbered))
    if found is not None and all(found.read(row) is not None for row in rows):
        return found
    mixed = _mixed(rows)
    if mixed is not None and _explained(mixed, rows) > (_explained(found, rows) if found else 1):
        return mixed
    return found


def _explained(template: Template, rows: Sequence[Sequence[Value]]) -> int:
    return sum(template.read(row) is not None for row in rows)


def _most_explaining(
    rows: Sequence[Sequence[Value]], kinds: tuple[type[Template], ...]
) -> Template | None:
    """The first of these kinds that explains all, or what explains most."""
    found: tuple[int, Template | None] = (1, None)
    tried = set()
    for at in dict.fromkeys((0, 1, len(rows) // 2, len(rows) - 1)):
        if not 0 <= at < len(rows):
            continue
        for template in _templates(rows, at):
            if template in tried or not isinstance(template, kinds):
                continue
            tried.add(template)
            count = _explained(template, rows)
            if count == len(rows) > 1:
                return template
            if count > found[0]:
                found = count, template
    return found[1]


def _mixed(rows: Sequence[Sequence[Value]]) -> Mixed | None:
    """What explains these names if those that differ in numbers alone are taken apart."""
    counted = tuple([_differs_in_numbers(column) for column in zip(*rows, strict=True)])
    if len(set(counted)) < 2:
        return None
    affix = _most_explaining([_chosen(row, counted, False) for row in rows], (Affix,))
    numbered = _most_explaining([_chosen(row, counted, True) for row in rows], (Numbered,))
    if isinstance(affix, Affix) and isinstance(numbered, Numbered):
        return Mixed(affix, numbered, counted)
    return None


def _differs_in_numbers(column: Sequence[Value]) -> bool:
    """Whether the names of more than half of the uses are the same but for numbers."""
    texts = Counter(
        tuple([part if isinstance(part, str) else 0 for part in parts])
        for value in column
        if isinstance(value, str | int) and (parts := cut(value)) is not None
    )
    return bool(texts) and texts.most_common(1)[0][1] > len(column) / 2


def _chosen(row: Sequence[Value], counted: Sequence[bool], which: bool) -> tuple[Value, ...]:
    return tuple([value for value, is_so in zip(row, counted, strict=True) if is_so is which])


def _templates(rows: Sequence[Sequence[Value]], at: int) -> Iterator[Template]:
    row = rows[at]
    words = [value for value in row if isinstance(value, str)]
    if len(words) == len(row):
        common = _common(words)
        for end in range(len(common), 0, -1):
            if common[end - 1] not in _JOINTS and all(
                end == len(word) or word[end] in _JOINTS for word in words
            ):
                yield Affix(tuple([("", word[end:]) for word in words]))
    for other in (at + 1, at - 1):
        if 0 <= other < len(rows) and (numbered := _numbered(row, rows[other])) is not None:
            yield numbered
    if len(words) == len(row):
        common = _common([word[::-1] for word in words])
        for end in range(len(common), 0, -1):
            if common[end - 1] not in _JOINTS and all(
                end == len(word) or word[-1 - end] in _JOINTS for word in words
            ):
                yield Affix(tuple([(word[:-end], "") for word in words]))


def _common(words: Sequence[str]) -> str:
    """What they all begin with."""
    alike = takewhile(lambda chars: len(set(chars)) == 1, zip(*words, strict=False))
    return "".join(chars[0] for chars in alike)


def _numbered(one: Sequence[Value], two: Sequence[Value]) -> Numbered | None:
    """What these names have in common: numbers that grow alike are one argument."""
    firsts: dict[int, tuple[int, int]] = {}
    pieces: list[tuple[str | Counted, ...] | Counted] = []
    for first, second in zip(one, two, strict=True):
        a, b = cut(first), cut(second)
        if a is None or b is None or len(a) != len(b):
            return None
        said: list[str | Counted] = []
        for x, y in zip(a, b, strict=True):
            if isinstance(x, str) or isinstance(y, str):
                if x != y:
                    return None
                said.append(str(x))
            elif x == y and not isinstance(first, int):
                said.append(str(x))
            else:
                argument, number = firsts.setdefault(y - x, (len(firsts), x))
                said.append(Counted(argument, x - number))
        only = said[0]
        pieces.append(only if isinstance(only, Counted) and isinstance(first, int) else tuple(said))
    return Numbered(tuple(pieces), len(firsts)) if 0 < len(firsts) <= 2 else None


@lru_cache(maxsize=8192)
def cut(value: str | int) -> list[str | int] | None:
    """A name in texts and numbers by turns; None where a number has zeros before it."""
    if isinstance(value, int):
        return [value]
    parts: list[str | int] = []
    for index, part in enumerate(_DIGITS.split(value)):
        if index % 2:
            if len(part) > _LONGEST or part != str(int(part)):
                return None
            parts.append(int(part))
        else:
            parts.append(part)
    return parts
