"""The drawing seen from far away: thousands of nodes in a handful of paint calls."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QBrush, QPainter

from bnstudio.look.geometry import Box, bounds, corners
from bnstudio.rules import Severity
from bnstudio.ui.canvas import look as looks
from bnstudio.ui.canvas.badge import ill_flag

if TYPE_CHECKING:
    from bnstudio.ui.canvas.scene import Scene

_TILE = 4096.0


class Map:
    """Paints a scene as filled boxes and straight wires, from lists kept until it changes.

    The lists are cut into tiles, so that a close look at a huge drawing costs little too.
    """

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._version = -1
        self._tiles: dict[tuple[int, int], _Tile] = {}
        self._outlined: tuple[int, frozenset[str]] = (-1, frozenset())
        self._chosen: list[QRectF] = []

    def paint(self, painter: QPainter, region: Box, *, wires: bool = True) -> None:
        """Draws what lies in ``region``; the painter is in scene coordinates."""
        if self._version != self._scene.version:
            self._build()
        look = looks.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        shown = [tile for tile in self._tiles.values() if tile.extent.overlaps(region)]
        if wires:
            painter.setPen(look.wire_far)
            for tile in shown:
                painter.drawLines(tile.lines)
        painter.setPen(Qt.PenStyle.NoPen)
        for tile in shown:
            for type, boxes in tile.boxes.items():
                painter.setBrush(QBrush(look.category(type)))
                painter.drawRects(boxes)
        for severity in (Severity.WARNING, Severity.ERROR):
            painter.setBrush(look.severity(severity))
            for tile in shown:
                if severity in tile.flags:
                    painter.setPen(Qt.PenStyle.NoPen)
                    painter.drawRects(tile.flags[severity])
                    painter.setPen(look.ill_far[severity])
                    painter.setBrush(Qt.BrushStyle.NoBrush)
                    painter.drawRects(tile.ill[severity])
                    painter.setBrush(look.severity(severity))
        painter.setPen(Qt.PenStyle.NoPen)
        for tile in shown:
            if tile.faulty:
                painter.drawRects(tile.faulty)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(look.selected_far)
        if outlines := self._outlines():
            painter.drawRects(outlines)

    def _outlines(self) -> list[QRectF]:
        """Around the selected nodes; apart from the tiles, which a selection leaves as they are."""
        scene = self._scene
        if self._outlined != (scene.version, scene.selected):
            self._outlined = (scene.version, scene.selected)
            boxes = [scene.nodes[id].box.grown(14) for id in scene.selected & scene.nodes.keys()]
            self._chosen = [QRectF(box.left, box.top, box.width, box.height) for box in boxes]
        return self._chosen

    def _build(self) -> None:
        self._version = self._scene.version
        tiles = self._tiles = {}
        for item in self._scene.nodes.values():
            box = item.box
            left, top, right, bottom = box
            tile = _at(tiles, left, top)
            rect = QRectF(left, top, right - left, bottom - top)
            tile.boxes.setdefault(item.node.type, []).append(rect)
            tile.spans.append(box)
            if (ill := item.ill) is not None:
                flag = ill_flag(box, ill)
                tile.ill.setdefault(ill, []).append(rect)
                tile.flags.setdefault(ill, []).append(flag)
                tile.spans.append((flag.left(), top, left, bottom))
            if item.badge is not None and item.badge.severity is Severity.ERROR:
                tile.faulty.append(QRectF(right - 62, top - 14, 76, 56))
        for line in self._scene.wires.values():
            joints = corners(line.curve)
            tile = _at(tiles, *joints[0])
            for (ax, ay), (bx, by) in pairwise(joints):
                tile.lines.append(QLineF(ax, ay, bx, by))
                tile.spans.append((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)))
        for tile in tiles.values():
            tile.extent = bounds(tile.spans) or tile.extent


class _Tile:
    """A part of the canvas; what starts in it is painted with it, even where it leads out."""

    def __init__(self) -> None:
        self.extent = Box(0, 0, 0, 0)
        self.spans: list[tuple[float, float, float, float]] = []
        self.boxes: dict[str, list[QRectF]] = {}
        self.lines: list[QLineF] = []
        self.faulty: list[QRectF] = []
        self.ill: dict[Severity, list[QRectF]] = {}
        self.flags: dict[Severity, list[QRectF]] = {}


def _at(tiles: dict[tuple[int, int], _Tile], x: float, y: float) -> _Tile:
    key = int(x // _TILE), int(y // _TILE)
    tile = tiles.get(key)
    if tile is None:
        tile = tiles[key] = _Tile()
    return tile
