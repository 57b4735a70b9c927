"""The edits that the canvas makes, each a pure function from a drawing to the next one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bnstudio.analysis import analyze, called, next_port, why_not
from bnstudio.graph import (
    Graph,
    Wire,
    add,
    connect,
    disconnect,
    fragment,
    heal,
    move,
    splice,
    to_networkx,
)
from bnstudio.layers import LAYERS, ShapeError, all_types
from bnstudio.layers.foreign import NotAskedYetError
from bnstudio.lazy import nx
from bnstudio.look.geometry import HEIGHT, PITCH, WIDTH, Box, bounds, node_box

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.analysis import Analysis
    from bnstudio.layers import LayerType, Shape


Span = tuple[float, float]
"""From where to where, along one axis."""

_APART = 24.0
"""How far from others a node is put that has to make way."""


def place(graph: Graph, type: str, x: float, y: float) -> tuple[Graph, str]:
    """The drawing with a new node at (x, y), with what its required arguments start from."""
    entry = LAYERS.get(type)
    return add(graph, type, params=entry.initial if entry else {}, x=round(x), y=round(y))


def insert(graph: Graph, id: str, wire: Wire) -> Graph:
    """The drawing with a loose node spliced into ``wire``, and room made for it.

    Where the wire runs straight down, the node is put on its line.
    """
    source, target = graph.nodes[wire.source], graph.nodes[wire.target]
    node = graph.nodes[id]
    graph = splice(graph, id, wire)
    x = source.x if abs(source.x - target.x) < WIDTH / 2 else node.x
    y = min(max(node.y, source.y + PITCH), max(source.y + PITCH, target.y - PITCH))
    return make_room(move(graph, {id: (x, y)}), id)


def follow(graph: Graph, source: str, id: str) -> Graph:
    """The drawing with loose node ``id`` put under ``source`` and wired after it.

    If ``source`` feeds one node, ``id`` is spliced in; if it feeds none, ``id`` is wired to it;
    if it feeds several, ``id`` becomes one more branch. An Input stays loose.
    """
    entry = LAYERS.get(graph.nodes[id].type)
    if entry is not None and entry.max_inputs == 0:
        return graph
    above = graph.nodes[source]
    onward = graph.wires_from.get(source, ())
    if len(onward) == 1:
        graph = move(graph, {id: (above.x, above.y + PITCH)})
        return make_room(splice(graph, id, onward[0]), id)
    x, y = free_spot(graph, above.x, above.y + PITCH, but=(id,))
    graph = move(graph, {id: (x, y)})
    return connect(graph, Wire(source, 0, id, 0))


def make_room(graph: Graph, id: str) -> Graph:
    """The drawing with all that comes after ``id`` moved down until it fits above them."""
    onward = graph.successors(id)
    if not onward:
        return graph
    node = graph.nodes[id]
    top = min(graph.nodes[next].y for next in onward)
    if any(graph.nodes[before].y >= top for before in graph.predecessors(id)):
        return graph  # the wire runs upwards, so nothing is in the way
    missing = node.y + PITCH - top
    if missing <= 0:
        return graph
    below = nx.descendants(to_networkx(graph), id)
    return move(
        graph,
        {
            other: (graph.nodes[other].x, graph.nodes[other].y + missing)
            for other in below
            if graph.nodes[other].y >= top
        },
    )


def cut_out(graph: Graph, ids: Iterable[str]) -> Graph:
    """The drawing without these nodes, what they were between joined and drawn together."""
    after = heal(graph, ids)
    known = set(graph.wires)
    joints = [wire for wire in after.wires if wire not in known]
    removed = len(graph.nodes) - len(after.nodes)
    for wire in sorted(joints, key=lambda wire: after.nodes[wire.target].y):
        after = _close_up(after, wire, removed * PITCH)
    return after


def taken_along(graph: Graph, ids: Iterable[str]) -> Graph:
    """These nodes as a drawing that needs no other: who shared a layer that stays has one alike."""
    piece = fragment(graph, ids)
    nodes = dict(piece.nodes)
    heirs: dict[str, str] = {}
    for id, node in piece.nodes.items():
        if node.shares is None or node.shares in nodes:
            continue
        heir = heirs.setdefault(node.shares, id)
        nodes[id] = (
            replace(node, shares=None, params=called(graph, id).params)
            if heir == id
            else replace(node, shares=heir, inside=None)
        )
    return replace(piece, nodes=nodes)


def _close_up(graph: Graph, wire: Wire, most: float) -> Graph:
    """The drawing with all that is below a wire moved up, where that changes nothing else."""
    source, target = graph.nodes[wire.source], graph.nodes[wire.target]
    shift = min(target.y - source.y - PITCH, most)
    if shift <= 0:
        return graph
    moved = {id: (node.x, node.y - shift) for id, node in graph.nodes.items() if node.y >= target.y}
    below = nx.descendants(to_networkx(graph), target.id) | {target.id}
    crowded = any(
        graph.nodes[other.source].y + PITCH > moved[other.target][1]
        for other in graph.wires
        if other.target in moved and other.source not in moved
    )
    if crowded or moved.keys() != below or _covers(graph, moved):
        return graph
    return move(graph, moved)


def _covers(graph: Graph, moved: Mapping[str, tuple[float, float]]) -> bool:
    """Whether nodes in their new places would lie on others."""
    top = min(y for _, y in moved.values()) - HEIGHT
    boxes = [
        node_box(node.x, node.y)
        for id, node in graph.nodes.items()
        if id not in moved and node.y > top
    ]
    return any(node_box(*place).overlaps(box) for place in moved.values() for box in boxes)


def settle(before: Graph, after: Graph) -> Graph:
    """``after`` with every node put under the one it follows that was loose in ``before``."""
    for id in after.nodes:
        if before.wires_into.get(id) or before.wires_from.get(id):
            continue
        into, onward = after.wires_into.get(id, ()), after.wires_from.get(id, ())
        if len(into) == 1 and len(onward) == 1:
            above = after.nodes[into[0].source]
            after = make_room(move(after, {id: (above.x, above.y + PITCH)}), id)
    return after


def free_spot(graph: Graph, x: float, y: float, but: Iterable[str] = ()) -> tuple[float, float]:
    """The place nearest to the right of (x, y) where a node covers no other."""
    left_out = set(but)
    near = [
        node_box(node.x, node.y)
        for node in graph.nodes.values()
        if node.id not in left_out and abs(node.y - y) < HEIGHT
    ]
    step = WIDTH + 24
    for index in range(len(near) + 1):
        box = node_box(x + index * step, y)
        if not any(box.overlaps(other) for other in near):
            return x + index * step, y
    return x, y


def clear_of(boxes: Iterable[Box], among: Iterable[Box]) -> tuple[float, float]:
    """The shortest way across or down for these boxes to cover none of those they come among."""
    own, others = list(boxes), list(among)
    hull = bounds(own)
    if hull is None or not any(box.overlaps(other) for box in own for other in others):
        return 0, 0
    across = _gap(
        (hull.left, hull.right),
        [(o.left, o.right) for o in others if o.top <= hull.bottom and hull.top <= o.bottom],
    )
    down = _gap(
        (hull.top, hull.bottom),
        [(o.top, o.bottom) for o in others if o.left <= hull.right and hull.left <= o.right],
    )
    return (across, 0) if abs(across) <= abs(down) else (0, down)


def _gap(own: Span, others: list[Span]) -> float:
    """How far an interval moves, either way, until it keeps its distance from all the others."""
    onward = back = 0.0
    for start, end in sorted(others):
        if own[0] + onward < end + _APART and start - _APART < own[1] + onward:
            onward = end + _APART - own[0]
    for start, end in sorted(others, key=lambda other: -other[1]):
        if own[0] + back < end + _APART and start - _APART < own[1] + back:
            back = start - _APART - own[1]
    return onward if onward <= -back else back


def reconnect(graph: Graph, old: Wire | None, new: Wire) -> Graph:
    """The drawing with ``new`` in place of ``old`` (None: just with ``new``).

    The port of ``new`` is counted in the drawing without ``old``.
    """
    after = connect(graph if old is None else disconnect(graph, [old]), new)
    return graph if set(after.wires) == set(graph.wires) else after


def splice_refusal(analysis: Analysis, type: str, wire: Wire) -> str | None:
    """Why a new node of this type cannot go into ``wire``; None when it can."""
    entry = LAYERS.get(type)
    if entry is None:
        return f"There is no layer type {type!r}."
    if entry.max_inputs == 0:
        return f"{type} has no input, so it cannot go into a wire."
    if entry.min_inputs > 1:
        return None
    return _shape_refusal(entry, analysis.shape(wire.source, wire.source_port))


def move_refusal(analysis: Analysis, id: str, wire: Wire) -> str | None:
    """Why the loose node ``id`` cannot go into ``wire``; None when it can."""
    graph = analysis.graph
    if id in (wire.source, wire.target) or graph.wires_into.get(id) or graph.wires_from.get(id):
        return f"{graph.nodes[id].name} is connected already."
    entry = LAYERS.get(graph.nodes[id].type)
    if entry is not None and entry.max_inputs == 0:
        return f"{entry.name} has no input, so it cannot go into a wire."
    return why_not(analysis, Wire(wire.source, wire.source_port, id, next_port(graph, id)))


def may_follow(analysis: Analysis, source: str, port: int = 0) -> list[str]:
    """The layer types that may be wired after an output, by palette order."""
    shape = analysis.shape(source, port)
    return [
        name
        for name, entry in all_types().items()
        if entry.max_inputs != 0 and (entry.min_inputs > 1 or not _shape_refusal(entry, shape))
    ]


def may_precede(analysis: Analysis, target: str, port: int) -> list[str]:
    """The layer types whose output may be wired into an input, by palette order.

    Whether shapes fit depends on what is wired into the new node later; only an Input says.
    """
    graph = analysis.graph
    result = []
    for name in all_types():
        if name == "Input":
            after, id = place(graph, name, 0, 0)
            wired = analyze(after, analysis)
            if why_not(wired, Wire(id, 0, target, port)) is not None:
                continue
        result.append(name)
    return result


def _shape_refusal(entry: LayerType, shape: Shape | None) -> str | None:
    if shape is None:
        return None
    try:
        entry.output_shapes([shape], entry.initial)
    except NotAskedYetError:
        return None
    except ShapeError as error:
        return str(error)
    return None
