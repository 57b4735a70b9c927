"""The outputs of a model as those of a drawing: what feeds nothing, and what says of others so."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bnstudio.graph import Node, Wire
from bnstudio.layers import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

End = tuple[str, int]
"""An output: the node and the port."""


def marked(
    nodes: dict[str, Node],
    wires: list[Wire],
    ends: Sequence[End],
    gives: Mapping[str, int],
    free: Callable[[str], tuple[str, str]],
) -> list[End]:
    """The model's outputs in the drawing; nodes and wires are changed for it where they have to be.

    A node that feeds nothing gives all that comes out of it, in the order of the nodes. ``gives``
    has how much that is for each of ``ends``, and ``free`` an id and a name for a new node.
    """
    feeding = {wire.source for wire in wires}
    counts = Counter(id for id, _ in ends)
    plain: list[str] = []
    for place, (id, port) in enumerate(ends):
        if (
            port == 0
            and id not in feeding
            and nodes[id].type != "Input"
            and counts[id] == gives[id]
            and [*ends[place : place + counts[id]]] == [(id, each) for each in range(counts[id])]
        ):
            plain.append(id)
    known = set(plain)
    if known == counts.keys() and plain == [id for id in nodes if id in known]:
        return [*ends]
    found: list[End] = []
    for id, port in ends:
        if id in known:
            found.append((id, port))
            nodes[id] = nodes.pop(id)  # behind the others, in the order of the outputs
            continue
        mark, name = free(OUTPUT)
        nodes[mark] = Node(mark, OUTPUT, name)
        wires.append(Wire(id, port, mark, 0))
        found.append((mark, 0))
    return found
