"""Motion on screen: nodes that go to their places, strips that come out of nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEasingCurve, QVariantAnimation
from PySide6.QtWidgets import QStyle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.look.geometry import Point
    from bnstudio.ui.canvas.surface import Surface

_DURATION = 140
_MOST = 300
"""More nodes than this jump: drawing them on their way would take longer than a frame."""


class _Motion(QVariantAnimation):
    """Runs from 0 to 1 in a moment, or not at all where the system wants no animation."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._surface = surface
        self.setStartValue(0.0)
        self.setEndValue(1.0)
        self.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.valueChanged.connect(self._step)
        self.finished.connect(self._finish)

    def halt(self) -> None:
        """Ends at once, with everything in its place."""
        if self.state() == self.State.Running:
            self.stop()
            self._finish()

    def _go(self, count: int) -> bool:
        """Starts, if there is something to move and not too much of it."""
        style = self._surface.style()
        wanted = style.styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration)
        if not 0 < count <= _MOST or wanted <= 0 or not self._surface.isVisible():
            return False
        self.setDuration(min(_DURATION, wanted))
        self.start()
        return True

    def _step(self, share: float) -> None:
        self._draw(share)
        self._surface.viewport().update()

    def _draw(self, share: float) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        self._surface.viewport().update()


class Glide(_Motion):
    """Draws nodes on their way from where they were to where the graph has them."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._from: dict[str, Point] = {}

    def run(self, before: Mapping[str, Point]) -> None:
        """Starts from these places."""
        self.halt()
        nodes = self._surface.drawing.nodes
        self._from = {
            id: point for id, point in before.items() if id in nodes and nodes[id].centre != point
        }
        self._go(len(self._from))

    def _draw(self, share: float) -> None:
        drawing = self._surface.drawing
        places = {}
        for id, (x, y) in self._from.items():
            if (item := drawing.nodes.get(id)) is not None:
                node = item.node
                places[id] = (x + (node.x - x) * share, y + (node.y - y) * share)
        drawing.preview(places)

    def _finish(self) -> None:
        self._surface.drawing.settle(self._from)
        super()._finish()


class Growth(_Motion):
    """Draws strips on their way out of their nodes."""

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._ids: tuple[str, ...] = ()

    def run(self, ids: Iterable[str]) -> None:
        """Starts with these nodes' strips."""
        self.halt()
        self._ids = tuple(ids)
        self._go(len(self._ids))

    def _draw(self, share: float) -> None:
        # A strip of no height would count as none.
        self._surface.drawing.grow(self._ids, max(share, 0.01))

    def _finish(self) -> None:
        self._surface.drawing.grow(self._ids, 1.0)
        super()._finish()
