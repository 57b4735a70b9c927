"""Which boxes are near a place, kept up to date box by box."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

    from bnstudio.look.geometry import Box

_Key = TypeVar("_Key", bound="Hashable")


class Grid(Generic[_Key]):
    """Boxes by id in square cells: a change costs no more than the box is large.

    Args:
        cell: The side of a cell; about as long as most boxes are.
    """

    def __init__(self, cell: float = 256.0) -> None:
        self._cell = cell
        self._boxes: dict[_Key, Box] = {}
        self._cells: dict[tuple[int, int], dict[_Key, Box]] = {}

    def __len__(self) -> int:
        return len(self._boxes)

    def get(self, id: _Key) -> Box | None:
        """The box with this id, where it was last put."""
        return self._boxes.get(id)

    def __iter__(self) -> Iterator[_Key]:
        return iter(self._boxes)

    def put(self, id: _Key, box: Box) -> None:
        """Adds a box, or moves the one with this id."""
        old = self._boxes.get(id)
        if old == box:
            return
        self.remove(id)
        self._boxes[id] = box
        for cell in self._covered(box):
            self._cells.setdefault(cell, {})[id] = box

    def remove(self, id: _Key) -> None:
        """Takes a box out, if it is there."""
        box = self._boxes.pop(id, None)
        if box is None:
            return
        for cell in self._covered(box):
            held = self._cells[cell]
            del held[id]
            if not held:
                del self._cells[cell]

    def near(self, region: Box) -> dict[_Key, Box]:
        """The boxes that overlap ``region``, by id."""
        left, right, top, bottom = self._span(region)
        if (right - left + 1) * (bottom - top + 1) > len(self._cells):
            return {id: box for id, box in self._boxes.items() if box.overlaps(region)}
        found: dict[_Key, Box] = {}
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                if held := self._cells.get((column, row)):
                    found |= {id: box for id, box in held.items() if box.overlaps(region)}
        return found

    def _span(self, box: Box) -> tuple[int, int, int, int]:
        cell, floor = self._cell, math.floor
        left, top, right, bottom = box
        return floor(left / cell), floor(right / cell), floor(top / cell), floor(bottom / cell)

    def _covered(self, box: Box) -> Iterator[tuple[int, int]]:
        left, right, top, bottom = self._span(box)
        for column in range(left, right + 1):
            for row in range(top, bottom + 1):
                yield column, row
