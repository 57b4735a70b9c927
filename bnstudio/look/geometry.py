"""Where things are: node boxes, port positions and the curves of wires, as plain numbers.

A curve is a start point followed by triples of points, one cubic Bézier piece each.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDTH = 228.0
HEIGHT = 70.0
STRIP = 36.0
"""How much a node grows downwards while its activations are measured."""

GAP = 66.0
"""The free space that the canvas leaves between a node and the one under it; the wire can be seen
in it even when the node's strip has grown."""

PITCH = HEIGHT + GAP

PORT_SPACING = 22.0
LIMIT = 4e6
"""Positions beyond this, from a file edited by hand, are drawn here."""

_CLEAR = 16.0
_TURN = 40.0


class Point(NamedTuple):
    """A place on the canvas."""

    x: float
    y: float


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.bottom - self.top

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.width, self.height

    @property
    def centre(self) -> Point:
        """The middle."""
        return Point((self.left + self.right) / 2, (self.top + self.bottom) / 2)

    def overlaps(self, other: Box) -> bool:
        """Whether the two share any area or edge."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )

    def grown(self, by: float) -> Box:
        """The box with a margin on every side."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by)


Curve = tuple[Point, ...]


def clamp(value: float) -> float:
    """A coordinate that can be drawn, whatever a file says."""
    return 0.0 if math.isnan(value) else max(-LIMIT, min(LIMIT, value))


def node_box(x: float, y: float, ports: int = 1, *, strip: float = 0.0) -> Box:
    """The box of a node centred at (x, y); it widens for many ports and grows for the strip.

    ``strip`` is the share of the strip that has grown, from 0 to 1.
    """
    width = max(WIDTH, (ports + 1) * PORT_SPACING)
    left, top = clamp(x) - width / 2, clamp(y) - HEIGHT / 2
    return Box(left, top, left + width, top + HEIGHT + STRIP * strip)


def port_offset(width: float, index: int, count: int) -> float:
    """How far from a node's left edge port ``index`` of ``count`` is; they stand in the middle."""
    return width / 2 + (index - (count - 1) / 2) * PORT_SPACING


def bounds(boxes: Iterable[tuple[float, float, float, float]]) -> Box | None:
    """The smallest box around all of them; None for none."""
    sides = list(zip(*boxes, strict=True))
    if not sides:
        return None
    return Box(min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3]))


def curve(start: Point, end: Point) -> Curve:
    """The plain wire: straight down out of ``start`` and straight down into ``end``."""
    if end.y < start.y + 4:
        return _around(start, end)
    reach = max((end.y - start.y) * 0.5, min(28.0, abs(end.x - start.x) * 0.5))
    return (start, Point(start.x, start.y + reach), Point(end.x, end.y - reach), end)


def route(start: Point, end: Point, near: Callable[[Box], Iterable[Box]]) -> Curve:
    """The wire that keeps clear of the nodes between its ends.

    Args:
        start: The output port.
        end: The input port.
        near: The boxes of the other nodes that touch a region.
    """
    plain = curve(start, end)
    if end.y - start.y < HEIGHT + _CLEAR:  # nothing fits in between
        return plain
    span = Box(min(start.x, end.x), start.y, max(start.x, end.x), end.y).grown(4)
    close = list(near(span))
    points = _sampled(plain, 16) if close else []
    blocks = [box for box in close if _enter(points, box.grown(6))]
    if not blocks:
        return plain
    turn = min(_TURN, (end.y - start.y) / 3)
    lanes = [_lane(start, end, turn, blocks, near, side) for side in (-1, 1)]
    # Ties go right, so that the same drawing is always routed the same way.
    x = min(reversed(lanes), key=lambda x: abs(x - start.x) + abs(x - end.x))
    top, bottom = start.y + turn, end.y - turn
    third = (bottom - top) / 3
    return (
        start,
        Point(start.x, start.y + turn * 0.62), Point(x, top - turn * 0.62), Point(x, top),
        Point(x, top + third), Point(x, bottom - third), Point(x, bottom),
        Point(x, bottom + turn * 0.62), Point(end.x, end.y - turn * 0.62), end,
    )  # fmt: skip


def corners(curve: Curve) -> tuple[Point, ...]:
    """The joints of a curve, for drawing it from far away."""
    return curve[::3]


def samples(curve: Curve, pieces: int = 10) -> list[Point]:
    """Points along a curve, ``pieces`` to each Bézier piece and the start."""
    return [Point(x, y) for x, y in _sampled(curve, pieces)]


def _sampled(curve: Curve, pieces: int) -> list[tuple[float, float]]:
    """The same as plain pairs, which are made in a fraction of the time."""
    result: list[tuple[float, float]] = [curve[0]]
    for first in range(0, len(curve) - 1, 3):
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = curve[first : first + 4]
        result += [
            (p * ax + q * bx + r * cx + u * dx, p * ay + q * by + r * cy + u * dy)
            for p, q, r, u in _shares(pieces)
        ]
    return result


@cache
def _shares(pieces: int) -> tuple[tuple[float, float, float, float], ...]:
    """How much of a Bézier piece's four points is in each of so many points along it."""
    result = []
    for step in range(1, pieces + 1):
        t = step / pieces
        s = 1 - t
        result.append((s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t))
    return tuple(result)


def distance(curve: Curve, point: Point) -> float:
    """How far ``point`` is from a curve."""
    return min(_to_segment(point, a, b) for a, b in pairwise(samples(curve)))


def _around(start: Point, end: Point) -> Curve:
    """A wire that has to go back up: out below, beside both nodes, and in from above."""
    side = 1 if end.x >= start.x else -1
    reach = 44.0
    if abs(end.x - start.x) > WIDTH + 2 * _CLEAR:
        x = (start.x + end.x) / 2
    else:
        x = (max if side > 0 else min)(start.x, end.x) + side * (WIDTH / 2 + 2 * _CLEAR)
    low, high = start.y + reach * 0.5, end.y - reach * 0.5
    middle = (low + high) / 2
    return (
        start,
        Point(start.x, start.y + reach), Point(x, low + reach * 0.9), Point(x, middle),
        Point(x, high - reach * 0.9), Point(end.x, end.y - reach), end,
    )  # fmt: skip


def _lane(
    start: Point,
    end: Point,
    turn: float,
    blocks: list[Box],
    near: Callable[[Box], Iterable[Box]],
    side: int,
) -> float:
    """The x of a free column beside ``blocks``; wires that pass more nodes run further out."""
    x = start.x
    found: Iterable[Box] = blocks
    nest = 6.0 * min(len(blocks) - 1, 6)
    for _ in range(16):
        edge = [box.left if side < 0 else box.right for box in found]
        if not edge:
            break
        x = (min(edge) if side < 0 else max(edge)) + side * (_CLEAR + nest)
        column = Box(x - 6, start.y + turn * 0.6, x + 6, end.y - turn * 0.6)
        found = list(near(column))
    return x


def _enter(points: list[tuple[float, float]], box: Box) -> bool:
    left, top, right, bottom = box
    return any(left < x < right and top < y < bottom for x, y in points)


def _to_segment(point: Point, a: Point, b: Point) -> float:
    dx, dy = b.x - a.x, b.y - a.y
    length = dx * dx + dy * dy
    t = 0.0 if not length else ((point.x - a.x) * dx + (point.y - a.y) * dy) / length
    t = max(0.0, min(1.0, t))
    return math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy)
