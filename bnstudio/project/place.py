"""Where a value stands in a JSON text: the line and column that an error message names.

Only asked for once something is wrong, or for the line of each node; reading itself does not pay.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Keys and indices from the top of the text, such as ``("nodes", 3, "x")``."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_LONGEST = 8 * 2**20
"""Texts beyond this many characters are not searched; the path alone has to do."""


class Stop(NamedTuple):
    """One value met on the way through a text."""

    path: Path
    offset: int
    repeated: bool


@dataclass
class _Level:
    is_object: bool
    index: int = 0
    key: str = ""
    keys: set[str] = field(default_factory=set)
    expects_key: bool = True
    repeated: bool = False

    @property
    def step(self) -> str | int:
        return self.key if self.is_object else self.index


def stops(text: str) -> Iterator[Stop]:
    """Every value of a JSON text in reading order; ``repeated`` where its key came before."""
    levels: list[_Level] = []
    for match in _TOKEN.finditer(text):
        token, level = match.group(), levels[-1] if levels else None
        if token in "}]":
            if levels:
                levels.pop()
        elif token == ",":
            if level:
                level.index += 1
                level.expects_key = True
        elif token == ":":
            if level:
                level.expects_key = False
        elif level and level.is_object and level.expects_key:
            level.key = json.loads(token) if "\\" in token else token[1:-1]
            level.repeated = level.key in level.keys
            level.keys.add(level.key)
        else:
            path = tuple(level.step for level in levels)
            yield Stop(path, match.start(), bool(level and level.repeated))
            if token in "{[":
                levels.append(_Level(token == "{"))


def offset_of(text: str, path: Path) -> int | None:
    """Where the value at ``path`` starts; for a missing one, its nearest container."""
    if len(text) > _LONGEST:
        return None
    best: Stop | None = None
    for stop in stops(text):
        if path[: len(stop.path)] == stop.path and (
            best is None or len(stop.path) > len(best.path)
        ):
            best = stop
            if stop.path == path:
                break
    return None if best is None else best.offset


def repeated_key(text: str) -> Stop | None:
    """The first value whose key its object has already."""
    if len(text) > _LONGEST:
        return None
    return next((stop for stop in stops(text) if stop.repeated), None)


def first_token(text: str, token: str) -> Stop | None:
    """The first value that is written exactly so, or that is, or is under, the text ``token``."""
    if len(text) > _LONGEST:
        return None
    for stop in stops(text):
        if text.startswith(token, stop.offset) or stop.path[-1:] == (token,):
            return stop
        if text[stop.offset] == '"' and "\\" in text:
            value, _ = json.JSONDecoder().raw_decode(text, stop.offset)
            if value == token:
                return stop
    return None


def too_deep(text: str, depth: int) -> int | None:
    """Where the nesting first exceeds ``depth``."""
    level = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in "{[":
            level += 1
            if level > depth:
                return match.start()
        elif token in "}]":
            level -= 1
    return None


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def show(path: Path) -> str:
    """A path as people write it: ``nodes[3].x``."""
    out = ""
    for step in path:
        if isinstance(step, str) and step.isidentifier():
            out += f".{step}" if out else step
        else:
            said = repr(step)
            out += f"[{said if len(said) <= 40 else said[:37] + '...'}]"
    return out
