"""Where the boxes and wires of an exported picture are, in the canvas's own measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

WIDTH = 228.0
HEIGHT = 70.0
SPACING = 22.0
LIMIT = 4e6
"""Positions beyond this, from a file edited by hand, are drawn here."""

_CLEAR = 18.0
_TURN = 40.0


class Box(NamedTuple):
    """An upright rectangle."""

    left: float
    top: float
    right: float
    bottom: float


Spot = tuple[float, float]


def box_of(x: float, y: float, ports: int = 1) -> Box:
    """The box of a node centred at (x, y); it widens for many ports."""
    half = max(WIDTH, (ports + 1) * SPACING) / 2
    x, y = (max(-LIMIT, min(LIMIT, value)) for value in (x, y))
    return Box(x - half, y - HEIGHT / 2, x + half, y + HEIGHT / 2)


def port(box: Box, index: int, count: int) -> float:
    """How far to the right port ``index`` of ``count`` is; they stand in the middle."""
    return (box.left + box.right) / 2 + (index - (count - 1) / 2) * SPACING


def path(start: Spot, end: Spot, others: Iterable[Box]) -> tuple[str, list[float]]:
    """A smooth wire as SVG path data, around the boxes between its ends, and how far it swings."""
    (x1, y1), (x2, y2) = start, end
    if y2 < y1 + 12:
        x = max(x1, x2) + WIDTH / 2 + 2 * _CLEAR
        return _through(start, end, x, 24.0), [x]
    between: list[Box] = []
    if y2 - y1 > HEIGHT:  # otherwise nothing fits in between, and nothing is looked at
        low, high = min(x1, x2) - 6, max(x1, x2) + 6
        between = [
            box
            for box in others
            if box.top < y2 - 8 and box.bottom > y1 + 8 and box.left < high and box.right > low
        ]
    if not between:
        reach = max((y2 - y1) * 0.5, min(28.0, abs(x2 - x1) * 0.5))
        return f"M{x1:g} {y1:g}C{x1:g} {y1 + reach:g} {x2:g} {y2 - reach:g} {x2:g} {y2:g}", []
    left = min(box.left for box in between) - _CLEAR
    right = max(box.right for box in between) + _CLEAR
    x = min((right, left), key=lambda x: abs(x - x1) + abs(x - x2))
    return _through(start, end, x, min(_TURN, (y2 - y1) / 3)), [x]


def _through(start: Spot, end: Spot, x: float, turn: float) -> str:
    (x1, y1), (x2, y2) = start, end
    top, bottom = y1 + turn, y2 - turn
    return (
        f"M{x1:g} {y1:g}C{x1:g} {y1 + turn * 0.62:g} {x:g} {top - turn * 0.62:g} {x:g} {top:g}"
        f"L{x:g} {bottom:g}"
        f"C{x:g} {bottom + turn * 0.62:g} {x2:g} {y2 - turn * 0.62:g} {x2:g} {y2:g}"
    )
