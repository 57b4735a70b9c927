"""Where to put the nodes so that the drawing reads from top to bottom."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Literal

from bnstudio.lazy import nx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bnstudio.graph import Graph

Size = tuple[float, float]
Places = dict[str, tuple[float, float]]

BESIDE = 48.0
"""Between two nodes of a row."""
BELOW = 66.0
"""Between two rows: in training a node's histogram grows into it, and the wire must still show."""
APART = 96.0
"""Between parts of the drawing that are not connected."""

LARGEST = 6_000
"""Nodes and wires of a part above which its rows are filled in plain order: quick at any size."""


def tidy(
    graph: Graph,
    size: Callable[[str], Size],
    direction: Literal["TB", "LR"] = "TB",
) -> Places:
    """A place for the centre of every node: sources first, no two boxes touching.

    Parts that are not connected stand side by side, nodes without a wire in rows beneath. The
    drawing's top is at y = 0 and its middle at x = 0 (for ``"LR"``, its left and its middle).

    Args:
        graph: The drawing.
        size: The width and height of a node's box, by its id.
        direction: From top to bottom or from left to right.
    """
    across = direction == "LR"
    boxes = {id: size(id)[::-1] if across else size(id) for id in graph.nodes}
    wired = {end for wire in graph.wires for end in (wire.source, wire.target)}
    digraph = graph.digraph.subgraph(wired)
    place = {id: index for index, id in enumerate(graph.nodes)}
    parts = sorted(
        (sorted(part, key=place.__getitem__) for part in nx.weakly_connected_components(digraph)),
        key=lambda part: place[part[0]],
    )
    blocks = [_rows_to_places(_arrange(graph, part, boxes), boxes) for part in parts]
    loose = [{id: (0.0, 0.0)} for id in graph.nodes if id not in wired]
    joined = _shelve(blocks, boxes, APART)
    width = max((x + boxes[id][0] / 2 for id, (x, _) in joined.items()), default=0.0)
    bottom = max((y + boxes[id][1] / 2 for id, (_, y) in joined.items()), default=-APART)
    beneath = _shelve(loose, boxes, BESIDE, width)
    joined |= {id: (x, y + bottom + APART) for id, (x, y) in beneath.items()}
    return _centred(joined, boxes, across)


Rows = list[list[tuple[str, float]]]
"""Nodes from left to right with the middle that each should have, row by row."""


def _arrange(graph: Graph, part: Sequence[str], boxes: dict[str, Size]) -> Rows:
    digraph = graph.digraph.subgraph(part)
    edges = [(a, b) for id in part for a, b in _out_edges(graph, id)]
    if all(degree <= 1 for _, degree in chain(digraph.in_degree, digraph.out_degree)):
        start = next((id for id in part if id not in graph.wires_into), None)
        if start is not None:
            return [[(id, 0.0)] for id in _walk(graph, start)]
    if len(part) + len(edges) <= LARGEST and nx.is_directed_acyclic_graph(digraph):
        return _layered(edges, boxes)
    return _in_order(part, edges, boxes)


def _out_edges(graph: Graph, id: str) -> Iterable[tuple[str, str]]:
    return ((id, target) for target in dict.fromkeys(graph.successors(id)))


def _walk(graph: Graph, id: str) -> Iterable[str]:
    """A chain, from its start."""
    while True:
        yield id
        following = graph.successors(id)
        if not following:
            return
        id = following[0]


def _layered(edges: list[tuple[str, str]], boxes: dict[str, Size]) -> Rows:
    """Rows with few crossings, for edges without a cycle.

    The library aborts or hangs the whole process on a cycle, and makes nodes of its own unless
    told not to: never call it on anything but a checked graph.
    """
    # Imported when the first drawing is tidied: the window is seen sooner.
    from fast_sugiyama import from_edges

    ends = list(dict.fromkeys(chain.from_iterable(edges)))
    spacing = max(boxes[id][0] for id in ends) + BESIDE
    # By number: it makes a set of the nodes, and the order of one of texts differs from run to run.
    number = {id: at for at, id in enumerate(ends)}
    pairs = [(number[a], number[b]) for a, b in edges]
    rows: dict[float, list[tuple[str, float]]] = {}
    for positions, *_ in from_edges(pairs, vertex_spacing=spacing, dummy_vertices=False):
        for at, (x, y) in positions:
            rows.setdefault(-y, []).append((ends[int(at)], float(x)))
    return [sorted(rows[y], key=lambda entry: entry[1]) for y in sorted(rows)]


def _in_order(part: Sequence[str], edges: list[tuple[str, str]], boxes: dict[str, Size]) -> Rows:
    """Rows by how far each node is from the start; wires that lead back are left out of account."""
    whole = nx.DiGraph(edges)
    found = nx.condensation(whole)
    place = {id: index for index, id in enumerate(part)}
    order: dict[str, int] = {}
    for knot in nx.topological_sort(found):
        for id in sorted(found.nodes[knot]["members"], key=place.__getitem__):
            order[id] = len(order)
    onward: nx.DiGraph[str] = nx.DiGraph()
    onward.add_nodes_from(order)
    onward.add_edges_from((a, b) for a, b in edges if order[a] < order[b])
    middles: dict[str, float] = {}
    rows: Rows = []
    for generation in nx.topological_generations(onward):
        row = []
        for id in generation:
            above = [middles[before] for before in onward.predecessors(id)]
            row.append((id, sum(above) / len(above) if above else 0.0))
        row.sort(key=lambda entry: (entry[1], place[entry[0]]))
        left = -sum(boxes[id][0] + BESIDE for id, _ in row) / 2
        for index, (id, _) in enumerate(row):
            width = boxes[id][0] + BESIDE
            middles[id] = left + width / 2 if len(row) > 1 else row[index][1]
            left += width
        rows.append([(id, middles[id]) for id, _ in row])
    return rows


def _rows_to_places(rows: Rows, boxes: dict[str, Size]) -> Places:
    """Each row beneath the one before, and in each no box on another."""
    places: Places = {}
    top = 0.0
    for row in rows:
        height = max(boxes[id][1] for id, _ in row)
        edge = float("-inf")
        for id, x in row:
            half = boxes[id][0] / 2
            x = max(x, edge + half)
            places[id] = (x, top + height / 2)
            edge = x + half + BESIDE
        top += height + BELOW
    return places


def _shelve(
    blocks: Sequence[Places], boxes: dict[str, Size], gap: float, width: float = 0.0
) -> Places:
    """Blocks side by side, in rows no wider than ``width`` or what makes the whole about square."""
    outlines = [_outline(block, boxes) for block in blocks]
    area = sum((right - left + gap) * (low - top + gap) for left, top, right, low in outlines)
    widest = max([width, 1.6 * area**0.5, *(right - left for left, _, right, _ in outlines)])
    places: Places = {}
    x = y = height = 0.0
    for block, (left, top, right, low) in zip(blocks, outlines, strict=True):
        if x and x + right - left > widest:
            x, y, height = 0.0, y + height + gap, 0.0
        places |= {id: (px - left + x, py - top + y) for id, (px, py) in block.items()}
        x += right - left + gap
        height = max(height, low - top)
    return places


def _outline(block: Places, boxes: dict[str, Size]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of all the boxes."""
    return (
        min(x - boxes[id][0] / 2 for id, (x, _) in block.items()),
        min(y - boxes[id][1] / 2 for id, (_, y) in block.items()),
        max(x + boxes[id][0] / 2 for id, (x, _) in block.items()),
        max(y + boxes[id][1] / 2 for id, (_, y) in block.items()),
    )


def _centred(places: Places, boxes: dict[str, Size], across: bool) -> Places:
    if not places:
        return {}
    left, top, right, _ = _outline(places, boxes)
    middle = (left + right) / 2
    moved = {id: (x - middle, y - top) for id, (x, y) in places.items()}
    return {id: (y, x) for id, (x, y) in moved.items()} if across else moved
