"""Which boxes are near a place, kept up to date box by box."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.look.geometry import Box

_CELL = 256.0


class Grid:
    """Boxes by id in square cells: a change costs no more than the box is large."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}
        self._cells: dict[tuple[int, int], dict[str, Box]] = {}

    def __len__(self) -> int:
        return len(self._boxes)

    def get(self, id: str) -> Box | None:
        """The box with this id, where it was last put."""
        return self._boxes.get(id)

    def put(self, id: str, box: Box) -> None:
        """Adds a box, or moves the one with this id."""
        old = self._boxes.get(id)
        if old == box:
            return
        if old is not None:
            self.remove(id)
        self._boxes[id] = box
        for cell in _cells(box):
            self._cells.setdefault(cell, {})[id] = box

    def remove(self, id: str) -> None:
        """Takes a box out."""
        box = self._boxes.pop(id)
        for cell in _cells(box):
            held = self._cells[cell]
            del held[id]
            if not held:
                del self._cells[cell]

    def near(self, region: Box) -> dict[str, Box]:
        """The boxes that overlap ``region``, by id."""
        if _count(region) > len(self._cells):
            return {id: box for id, box in self._boxes.items() if box.overlaps(region)}
        found: dict[str, Box] = {}
        for cell in _cells(region):
            for id, box in self._cells.get(cell, {}).items():
                if box.overlaps(region):
                    found[id] = box
        return found


def _span(box: Box) -> tuple[int, int, int, int]:
    return (
        math.floor(box.left / _CELL),
        math.floor(box.right / _CELL),
        math.floor(box.top / _CELL),
        math.floor(box.bottom / _CELL),
    )


def _count(box: Box) -> int:
    left, right, top, bottom = _span(box)
    return (right - left + 1) * (bottom - top + 1)


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, right, top, bottom = _span(box)
    for column in range(left, right + 1):
        for row in range(top, bottom + 1):
            yield column, row
