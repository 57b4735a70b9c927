"""Moving nodes on screen smoothly, for an edit that moves many at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QVariantAnimation
from PySide6.QtWidgets import QStyle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.ui.canvas.geometry import Point
    from bnstudio.ui.canvas.surface import Surface

_DURATION = 140
_MOST = 300
"""More nodes than this jump: a frame of them would take longer than a frame."""


class Glide(QVariantAnimation):
    """Draws nodes on their way from where they were to where the graph has them."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._surface = surface
        self._from: dict[str, Point] = {}
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._draw)
        self.finished.connect(self._finish)

    def run(self, before: Mapping[str, Point]) -> None:
        """Starts from these places; does nothing where the system wants no animation."""
        self.halt()
        nodes = self._surface.drawing.nodes
        moved = {
            id: point for id, point in before.items() if id in nodes and nodes[id].centre != point
        }
        style = self._surface.style()
        wanted = style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
        if not moved or len(moved) > _MOST or wanted <= 0:
            return
        self._from = moved
        self.setDuration(min(_DURATION, wanted))
        self.start()
        self._draw(0.0)

    def halt(self) -> None:
        """Ends at once, with every node in its place."""
        if self._from:
            self.stop()
            self._finish()

    def _draw(self, share: float) -> None:
        drawing = self._surface.drawing
        places = {}
        for id, (x, y) in self._from.items():
            if (item := drawing.nodes.get(id)) is not None:
                node = item.node
                places[id] = (x + (node.x - x) * share, y + (node.y - y) * share)
        drawing.preview(places)
        self._surface.viewport().update()

    def _finish(self) -> None:
        moved, self._from = self._from, {}
        self._surface.drawing.settle(moved)
        self._surface.viewport().update()
