"""What part of the drawing the view shows: zoom, pan, fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QTransform

from bnstudio.look.geometry import LIMIT, Box, Point

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QGraphicsView, QScrollBar

LEAST, MOST = 0.01, 4.0


class Camera:
    """Moves a view over an endless canvas.

    Args:
        view: The view; its scroll bars are the camera's position.
        moved: Called after every change.
    """

    def __init__(self, view: QGraphicsView, moved: Callable[[], None]) -> None:
        self._view = view
        self._moved = moved
        view.setSceneRect(-2 * LIMIT, -2 * LIMIT, 4 * LIMIT, 4 * LIMIT)
        view.setTransformationAnchor(view.ViewportAnchor.NoAnchor)
        view.setResizeAnchor(view.ViewportAnchor.NoAnchor)

    @property
    def zoom(self) -> float:
        """Pixels a scene unit."""
        return self._view.transform().m11()

    @property
    def shown(self) -> Box:
        """The part of the scene in view."""
        size = self._view.viewport().size()
        left, top = self.to_scene(QPointF(0, 0))
        right, bottom = self.to_scene(QPointF(size.width(), size.height()))
        return Box(left, top, right, bottom)

    @property
    def middle(self) -> QPointF:
        """The middle of the viewport."""
        size = self._view.viewport().size()
        return QPointF(size.width() / 2, size.height() / 2)

    def to_scene(self, at: QPointF) -> Point:
        """The place in the scene under a place in the viewport."""
        bars = self._bars()
        zoom = self.zoom
        return Point((at.x() + bars[0].value()) / zoom, (at.y() + bars[1].value()) / zoom)

    def to_view(self, point: Point) -> QPointF:
        """Where a place in the scene is in the viewport."""
        bars = self._bars()
        zoom = self.zoom
        return QPointF(point.x * zoom - bars[0].value(), point.y * zoom - bars[1].value())

    def zoom_to(self, zoom: float, at: QPointF | None = None) -> None:
        """Sets the zoom; the place under ``at`` (the middle, if None) stays where it is."""
        zoom = max(LEAST, min(MOST, zoom))
        at = self.middle if at is None else at
        held = self.to_scene(at)
        self._place(zoom, held, at)

    def pan(self, dx: float, dy: float) -> None:
        """Moves the drawing by pixels."""
        across, down = self._bars()
        across.setValue(across.value() - round(dx))
        down.setValue(down.value() - round(dy))
        self._moved()

    def centre(self, point: Point) -> None:
        """Brings a place in the scene to the middle."""
        self._place(self.zoom, point, self.middle)

    def frame(self, box: Box, *, most: float = 1.0) -> None:
        """Shows a box as large as it fits with a margin, but no larger than ``most``."""
        size = self._view.viewport().size()
        margin = min(48.0, size.width() / 8, size.height() / 8)
        zoom = min(
            (size.width() - 2 * margin) / max(box.width, 1.0),
            (size.height() - 2 * margin) / max(box.height, 1.0),
            most,
        )
        self._place(max(LEAST, zoom), box.centre, self.middle)

    def reveal(self, box: Box) -> None:
        """Moves no more than it must to show a box with some space around it."""
        shown = self.shown
        margin = 40 / self.zoom
        dx = min(0.0, box.left - margin - shown.left) or max(0.0, box.right + margin - shown.right)
        dy = min(0.0, box.top - margin - shown.top) or max(0.0, box.bottom + margin - shown.bottom)
        if dx or dy:
            self.pan(-dx * self.zoom, -dy * self.zoom)

    def _place(self, zoom: float, point: Point, at: QPointF) -> None:
        if zoom != self.zoom:
            self._view.setTransform(QTransform.fromScale(zoom, zoom))
        across, down = self._bars()
        across.setValue(round(point.x * zoom - at.x()))
        down.setValue(round(point.y * zoom - at.y()))
        self._moved()

    def _bars(self) -> tuple[QScrollBar, QScrollBar]:
        return self._view.horizontalScrollBar(), self._view.verticalScrollBar()
