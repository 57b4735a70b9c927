"""What changed from one drawing to the next, so that views update by id."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import compress, count
from operator import is_not
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.graph.value import Graph, Wire

_Thing = TypeVar("_Thing")


@dataclass(frozen=True)
class Difference:
    """Ids and wires that differ between two drawings; falsy when nothing does."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    wires_added: tuple[Wire, ...] = ()
    wires_removed: tuple[Wire, ...] = ()

    def __bool__(self) -> bool:
        return any((self.added, self.removed, self.changed, self.wires_added, self.wires_removed))


def diff(before: Graph, after: Graph) -> Difference:
    """The difference from ``before`` to ``after``, in linear time.

    Nodes that edits left alone are the same objects in both, which makes this cheap.
    """
    if before is after:
        return Difference()
    old, new = before.nodes, after.nodes
    others = differing(old, new)
    added = tuple(id for id in others if id not in old)
    changed = tuple(id for id in others if id in old and old[id] != new[id])
    removed: tuple[str, ...] = ()
    if len(old) + len(added) > len(new):
        removed = tuple(id for id in old if id not in new)
    lost, drawn = window(before.wires, after.wires)
    old_wires, new_wires = set(lost), set(drawn)
    return Difference(
        added,
        removed,
        changed,
        tuple(wire for wire in drawn if wire not in old_wires),
        tuple(wire for wire in lost if wire not in new_wires),
    )


def differing(before: Mapping[str, _Thing], after: Mapping[str, _Thing]) -> list[str]:
    """The keys of ``after`` under which ``before`` has another object or none, in its order.

    Each edit asks this of all nodes and of what is known of them, and nearly all are the same.
    """
    known, keys = list(before), list(after)
    if keys[: len(known)] != known:
        return [key for key, thing in after.items() if before.get(key) is not thing]
    others = compress(keys, map(is_not, before.values(), after.values()))
    return [*others, *keys[len(known) :]]


def window(
    before: tuple[Wire, ...], after: tuple[Wire, ...]
) -> tuple[tuple[Wire, ...], tuple[Wire, ...]]:
    """Both without what they have in common at their beginning and at their end."""
    if before is after:
        return (), ()
    most = min(len(before), len(after))
    start = min(_first_other(before, after), most)
    end = min(_first_other(reversed(before), reversed(after)), most - start)
    return before[start : len(before) - end], after[start : len(after) - end]


def _first_other(one: Iterable[object], other: Iterable[object]) -> int:
    """The first place at which there are two different objects; a huge number for none."""
    return next(compress(count(), map(is_not, one, other)), sys.maxsize)
