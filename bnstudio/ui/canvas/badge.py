"""The marks of a finding and of ill health: a shape and a sign, not a colour alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPolygonF

from bnstudio.rules import Severity
from bnstudio.ui.canvas import look as looks

if TYPE_CHECKING:
    from bnstudio.look.geometry import Box
    from bnstudio.ui.canvas.look import Look

BADGE = 16.0
"""The size of a badge on a node."""


def paint_mark(painter: QPainter, look: Look, severity: Severity, rect: QRectF) -> None:
    """A finding's shape: a triangle for a warning, a disc for the others."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.severity(severity))
    if severity is Severity.WARNING:
        triangle = QPolygonF(
            [
                QPointF(rect.center().x(), rect.top() - 0.5),
                QPointF(rect.right() + 0.5, rect.bottom() - 1),
                QPointF(rect.left() - 0.5, rect.bottom() - 1),
            ]
        )
        painter.drawPolygon(triangle)
    else:
        painter.drawEllipse(rect)


def paint_badge(painter: QPainter, look: Look, severity: str, rect: QRectF) -> None:
    """A finding's mark: a shape and a sign, not a colour alone."""
    level = Severity(severity)
    paint_mark(painter, look, level, rect)
    painter.setPen(look.canvas if look.dark else look.on_accent)
    font = look.badge_font
    painter.setFont(font)
    painter.save()
    painter.translate(rect.center())
    painter.scale(rect.width() / BADGE, rect.height() / BADGE)
    shift = 1.5 if level is Severity.WARNING else 0.0
    painter.drawText(
        QRectF(-8, -8 + shift, 16, 16), Qt.AlignmentFlag.AlignCenter, looks.GLYPHS[level]
    )
    painter.restore()


def ill_foot(box: Box, severity: Severity) -> QRectF:
    """The mark of a node whose activations are ill where no words can be read: along its foot.

    Half as long for a warning, so that it is told from an error without its colour.
    """
    share = 1.0 if severity is Severity.ERROR else 0.5
    return QRectF(box.left, box.bottom - 34.0, box.width * share, 34.0)


def ill_flag(box: Box, severity: Severity) -> QRectF:
    """The same from afar: beside the node, where no category's colour is next to it.

    Half as high for a warning.
    """
    share = 1.0 if severity is Severity.ERROR else 0.5
    return QRectF(box.left - 110.0, box.top, 96.0, box.height * share)
