"""A drawing as a small picture: bars in the colours of their categories, and wires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from bnstudio.layers import LAYERS
from bnstudio.layers.models import MODEL_TYPES
from bnstudio.ui import theme

if TYPE_CHECKING:
    from bnstudio.graph import Graph

_NODE = (228.0, 70.0)


def thumbnail(graph: Graph, size: QSize, ratio: float = 1.0) -> QPixmap:
    """The whole of a drawing, fitted into ``size``."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    if not graph.nodes:
        return picture
    now = theme.current()
    xs = [node.x for node in graph.nodes.values()]
    ys = [node.y for node in graph.nodes.values()]
    wide = max(xs) - min(xs) + _NODE[0]
    high = max(ys) - min(ys) + _NODE[1]
    margin = 10.0
    # Tall chains are squeezed: a picture should show the order, not the distances.
    across = min((size.width() - 2 * margin) / wide, 0.34)
    down = min((size.height() - 2 * margin) / high, 0.34)
    width, height = _NODE[0] * across, max(3.0, min(_NODE[1] * down * 0.8, 16.0))
    centre = QPointF((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)

    def place(x: float, y: float) -> QPointF:
        return QPointF(
            size.width() / 2 + (x - centre.x()) * across,
            size.height() / 2 + (y - centre.y()) * down,
        )

    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(now.wire), 1.2))
    for wire in graph.wires:
        source, target = graph.nodes[wire.source], graph.nodes[wire.target]
        start = place(source.x, source.y) + QPointF(0, height / 2)
        end = place(target.x, target.y) - QPointF(0, height / 2)
        bend = max(abs(end.y() - start.y()) / 2, 4.0)
        path = QPainterPath(start)
        path.cubicTo(start + QPointF(0, bend), end - QPointF(0, bend), end)
        painter.drawPath(path)
    painter.setPen(Qt.PenStyle.NoPen)
    for node in graph.nodes.values():
        entry = LAYERS.get(node.type) or MODEL_TYPES.get(node.type)
        painter.setBrush(now.category(entry.category if entry else ""))
        box = QRectF(0, 0, max(width, 8.0), height)
        box.moveCenter(place(node.x, node.y))
        radius = min(3.0, height / 3)
        painter.drawRoundedRect(box, radius, radius)
    painter.end()
    return picture
