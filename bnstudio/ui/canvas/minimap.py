"""The whole drawing in a corner, with the part in view; a press goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from bnstudio.look.geometry import Box, Point
from bnstudio.ui.canvas import look as looks

if TYPE_CHECKING:
    from bnstudio.ui.canvas.surface import Surface

ABOVE = 30
"""With no more nodes than this it is not needed."""

_SIZE = QSize(184, 132)
_PAD = 10
_DELAY = 120


class Minimap(QWidget):
    """Draws its picture a moment after the drawing changed, so that no edit waits for it.

    Across and down have scales of their own, so that a very deep chain still is a shape.
    """

    def __init__(self, surface: Surface) -> None:
        super().__init__(surface)
        self._surface = surface
        self._picture: QPixmap | None = None
        self._extent = Box(0, 0, 1, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY)
        self._timer.timeout.connect(self._draw)
        self.setFixedSize(_SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAccessibleName("Map of the drawing")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("The whole drawing. Press or drag to go there.")
        self.hide()

    @property
    def ready(self) -> bool:
        """Whether the picture is of the drawing as it is."""
        return self._picture is not None and not self._timer.isActive()

    def drawing_changed(self) -> None:
        """Asks for a new picture."""
        surface = self._surface
        self.setVisible(surface.mapped and len(surface.drawing.nodes) > ABOVE)
        if self.isVisibleTo(self._surface) and not self._timer.isActive():
            self._timer.start()

    def place(self) -> None:
        """Goes to the lower right corner."""
        parent = self._surface
        self.move(parent.width() - self.width() - 14, parent.height() - self.height() - 14)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = looks.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), look.canvas)
        painter.setPen(look.border)
        painter.setBrush(look.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if self._picture is not None:
            painter.drawPixmap(0, 0, self._picture)
        shown = self._surface.camera.shown
        frame = QRectF(
            self._to_map(Point(shown.left, shown.top)),
            self._to_map(Point(shown.right, shown.bottom)),
        ).intersected(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        if frame.height() < 4:
            frame.adjust(0, -2, 0, 2)
        painter.setPen(look.band)
        painter.setBrush(look.band_fill)
        painter.drawRoundedRect(frame, 2, 2)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event.position())

    def _go(self, at: QPointF) -> None:
        sx, sy = self._scales()
        self._surface.camera.centre(
            Point(
                self._extent.centre.x + (at.x() - self.width() / 2) / sx,
                self._extent.centre.y + (at.y() - self.height() / 2) / sy,
            )
        )

    def _scales(self) -> tuple[float, float]:
        across = (self.width() - 2 * _PAD) / max(self._extent.width, 1.0)
        down = (self.height() - 2 * _PAD) / max(self._extent.height, 1.0)
        return min(across, 0.12, down * 8), min(down, 0.12, across * 8)

    def _to_map(self, point: Point) -> QPointF:
        sx, sy = self._scales()
        return QPointF(
            self.width() / 2 + (point.x - self._extent.centre.x) * sx,
            self.height() / 2 + (point.y - self._extent.centre.y) * sy,
        )

    def _draw(self) -> None:
        drawing = self._surface.drawing
        self._extent = drawing.extent() or Box(0, 0, 1, 1)
        ratio = self.devicePixelRatioF()
        image = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        look = looks.current()
        painter = QPainter(image)
        painter.setPen(Qt.PenStyle.NoPen)
        sx, sy = self._scales()
        origin = self._to_map(Point(0.0, 0.0))
        x, y = origin.x(), origin.y()
        boxes: dict[str, list[QRectF]] = {}
        for item in drawing.nodes.values():
            box = item.box
            boxes.setdefault(item.node.type, []).append(
                QRectF(x + box.left * sx, y + box.top * sy,
                       max(2.0, box.width * sx), max(1.5, box.height * sy))
            )  # fmt: skip
        for type, rects in boxes.items():
            painter.setBrush(look.category(type))
            painter.drawRects(rects)
        painter.end()
        self._picture = QPixmap.fromImage(image)
        self.update()
