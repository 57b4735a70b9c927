"""How a severity is drawn: a shape as well as a colour, so that neither is needed alone."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from bnstudio.rules import Severity
from bnstudio.ui import theme


def colour(severity: Severity) -> QColor:
    """The colour of a severity in the current theme."""
    now = theme.current()
    return QColor(
        {Severity.ERROR: now.error, Severity.WARNING: now.warning, Severity.INFO: now.info}[
            severity
        ]
    )


def paint_glyph(painter: QPainter, area: QRect | QRectF, severity: Severity) -> None:
    """An error is a disc with a cross, a warning a triangle, a note a ring with an i."""
    box = QRectF(area)
    ink = QColor(theme.current().surface)
    fill = colour(severity)
    unit = box.width() / 14
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(fill)
    centre = box.center()
    if severity is Severity.ERROR:
        painter.drawEllipse(box)
        painter.setPen(_pen(ink, 1.7 * unit))
        reach = 2.4 * unit
        painter.drawLine(centre + QPointF(-reach, -reach), centre + QPointF(reach, reach))
        painter.drawLine(centre + QPointF(-reach, reach), centre + QPointF(reach, -reach))
    elif severity is Severity.WARNING:
        painter.drawPolygon(
            QPolygonF(
                [
                    QPointF(centre.x(), box.top() + 0.5 * unit),
                    QPointF(box.right(), box.bottom() - 0.8 * unit),
                    QPointF(box.left(), box.bottom() - 0.8 * unit),
                ]
            )
        )
        painter.setPen(_pen(ink, 1.6 * unit))
        painter.drawLine(
            QPointF(centre.x(), box.top() + 5 * unit), QPointF(centre.x(), box.top() + 8.6 * unit)
        )
        painter.drawPoint(QPointF(centre.x(), box.top() + 11 * unit))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(fill, 1.5 * unit))
        painter.drawEllipse(box.adjusted(unit, unit, -unit, -unit))
        painter.setPen(_pen(fill, 1.6 * unit))
        painter.drawPoint(QPointF(centre.x(), box.top() + 4.3 * unit))
        painter.drawLine(
            QPointF(centre.x(), box.top() + 6.8 * unit), QPointF(centre.x(), box.top() + 9.9 * unit)
        )
    painter.restore()


def _pen(ink: QColor, width: float) -> QPen:
    pen = QPen(ink, width)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return pen
