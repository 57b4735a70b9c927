"""What a function has as arguments: how the values at its places differ, from use to use.

A value that is the same at every use stands in the function. One that is always equal to another,
a small multiple of it, or a name with the same beginning, follows from one argument.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.exporters.name_templates import Name, Ref, best

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnstudio.graph import Value

MULTIPLE = 8
"""Above it a quotient of two sizes is taken for chance."""


class Column(NamedTuple):
    """What stands at one place of a function, use by use.

    Attributes:
        place: Of whatever kind the caller has.
        key: What Keras calls it.
        named: Whether it is a layer's name or goes into one.
        values: One for each use.
    """

    place: tuple[int, str]
    key: str
    named: bool
    values: tuple[Value, ...]


@dataclass
class Argument:
    """An argument of a function.

    Attributes:
        name: Of Keras, where that is unique.
        named: Whether it goes into names.
        values: What it is at each use.
        default: What it is when it is not given, if ``usual``.
        usual: Whether it has a default.
    """

    name: str
    named: bool
    values: tuple[Value, ...]
    default: Value = None
    usual: bool = False

    @property
    def texts(self) -> list[str]:
        """The values as Python writes them, which tells 1 from True."""
        return list(map(repr, self.values))


@dataclass
class Solved:
    """The arguments of a function, and what stands at each of its places.

    Attributes:
        arguments: In the order in which they appear, those with a default last.
        told: By place: a value, or what follows from the arguments.
    """

    arguments: list[Argument] = field(default_factory=list)
    told: dict[tuple[int, str], object] = field(default_factory=dict)


Group = tuple[str, str]
"""Columns that are equal at every use: what Keras calls them, and their values as text."""

_ALWAYS_GIVEN = frozenset({"filters", "units", "output_dim", "num_heads", "key_dim"})


def solve(columns: Sequence[Column]) -> Solved:
    """The fewest arguments from which every column follows."""
    solved = Solved()
    groups: dict[Group, list[Column]] = {}
    for column in columns:
        if column.named:
            continue
        if _constant(column.values):
            solved.told[column.place] = column.values[0]
        else:
            key = re.sub(r"_\d+$", "", column.key)
            groups.setdefault((key, repr(column.values)), []).append(column)
    follows = _multiples({id: group[0].values for id, group in groups.items()})
    composed = {
        id: told
        for id, group in groups.items()
        if (told := _composed(group[0].values, groups.keys())) is not None
    }
    own = [id for id in groups if id not in follows and id not in composed]
    counts, seen = Counter(key for key, _ in own), Counter[str]()
    names: dict[Group, str] = {}
    for id in own:
        key = id[0]
        seen[key] += 1
        names[id] = f"{key}_{seen[key]}" if counts[key] > 1 else key
        solved.arguments.append(_argument(names[id], groups[id][0].values, key))
    refs = {id: Ref(name) for id, name in names.items()}
    refs |= {id: Ref(names[base], times=times) for id, (base, times) in follows.items()}
    for id, group in groups.items():
        for column in group:
            if id in refs:
                solved.told[column.place] = refs[id]
            else:
                solved.told[column.place] = tuple(
                    [value if part is None else refs[part] for part, value in composed[id]]
                )
    _solve_names([column for column in columns if column.named], solved)
    solved.arguments.sort(key=lambda argument: (argument.usual, argument.named))
    return solved


def _constant(values: Sequence[Value]) -> bool:
    first = repr(values[0])
    return all(repr(value) == first for value in values)


def _argument(name: str, values: tuple[Value, ...], key: str) -> Argument:
    if key not in _ALWAYS_GIVEN:
        text, count = Counter(map(repr, values)).most_common(1)[0]
        if count > len(values) / 2:
            default = next(value for value in values if repr(value) == text)
            return Argument(name, False, values, default, True)
    return Argument(name, False, values)


def _composed(
    values: tuple[Value, ...], groups: Iterable[Group]
) -> list[tuple[Group | None, Value]] | None:
    """The parts of a tuple: for each the numbers that it is one of, or itself if it is constant."""
    tuples = [value for value in values if isinstance(value, tuple)]
    if len(tuples) < len(values) or len(set(map(len, tuples))) > 1:
        return None
    by_text = {text: (key, text) for key, text in reversed(list(groups))}
    found: list[tuple[Group | None, Value]] = []
    for part in zip(*tuples, strict=True):
        group = None
        if not _constant(part):
            group = None if isinstance(part[0], tuple) else by_text.get(repr(part))
            if group is None:
                return None
        found.append((group, part[0]))
    return found


def _multiples(
    groups: dict[Group, tuple[Value, ...]],
) -> dict[Group, tuple[Group, int]]:
    """Which of these are a multiple of which other, at every use."""
    numbers = {
        id: [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
        for id, values in groups.items()
    }
    whole = [id for id, found in numbers.items() if len(found) == len(groups[id])]
    whole.sort(key=lambda id: sum(numbers[id]))
    follows: dict[Group, tuple[Group, int]] = {}
    for index, id in enumerate(whole):
        for base in whole[:index]:
            if base[0] != id[0] or base in follows or 0 in numbers[base]:
                continue
            times = numbers[id][0] // numbers[base][0]
            if 2 <= times <= MULTIPLE and all(
                a * times == b for a, b in zip(numbers[base], numbers[id], strict=True)
            ):
                follows[id] = base, times
                break
    return follows


def _solve_names(named: Iterable[Column], solved: Solved) -> None:
    columns = []
    for column in named:
        if _constant(column.values):  # of a function within, which is used for other names too
            value = column.values[0]
            solved.told[column.place] = Name((value,)) if isinstance(value, str) else value
        else:
            columns.append(column)
    if not columns:
        return
    rows = list(zip(*(column.values for column in columns), strict=True))
    template = best(rows)
    values = [] if template is None else [template.read(row) for row in rows]
    if template is None or None in values:
        roles = Counter(column.key for column in columns)
        seen: Counter[str] = Counter()
        for column in columns:
            seen[column.key] += 1
            several = f"_{seen[column.key]}" if roles[column.key] > 1 else ""
            name = f"{column.key}{several}_name" if len(columns) > 1 else "name"
            solved.arguments.append(Argument(name, True, column.values))
            whole = isinstance(column.values[0], int)
            solved.told[column.place] = Ref(name) if whole else Name((Ref(name),))
        return
    for name, found in zip(template.arguments, zip(*values, strict=True), strict=True):
        solved.arguments.append(Argument(name, True, found))
    for column, told in zip(columns, template.told(), strict=True):
        solved.told[column.place] = told
