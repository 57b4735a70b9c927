"""What changed from one drawing to the next, so that views update by id."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.graph.value import Graph, Wire


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
    changed = tuple(
        id for id, node in new.items() if id in old and old[id] is not node and old[id] != node
    )
    added = tuple(id for id in new if id not in old)
    removed = tuple(id for id in old if id not in new)
    if before.wires is after.wires:
        return Difference(added, removed, changed)
    old_wires, new_wires = set(before.wires), set(after.wires)
    return Difference(
        added,
        removed,
        changed,
        tuple(wire for wire in after.wires if wire not in old_wires),
        tuple(wire for wire in before.wires if wire not in new_wires),
    )
