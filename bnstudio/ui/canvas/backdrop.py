"""What is painted under and over the drawing: the dots, the first hint, a word at the mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QFont, QPainter, QPixmap

from bnstudio.ui.canvas import look as looks

if TYPE_CHECKING:
    from PySide6.QtCore import QSize

    from bnstudio.ui.canvas.look import Look

_STEP = 24.0

_TITLE, _TITLE_WITHIN = "Start your model", "Nothing is in this model"
_HINTS = (
    ("Drag", "a layer from the palette"),
    ("Tab", "to search for one and add it"),
    ("Ctrl+V", "to paste copied layers"),
)
_HINT, _HINT_WITHIN = ("Ctrl+O", "to open a project"), ("Alt+Up", "to go out again")


def paint_dots(
    painter: QPainter, exposed: QRect, offset: QPointF, zoom: float, ratio: float
) -> None:
    """Fills the exposed part of the viewport with the canvas and its dots, in pixels.

    All rows of dots are alike, so one is drawn and then copied.
    """
    look = looks.current()
    painter.fillRect(exposed, look.canvas)
    step = _STEP * zoom
    while step < 15:
        step *= 2
    size = 2 if zoom >= 0.75 else 1
    row = QPixmap(round(exposed.width() * ratio), round(size * ratio))
    if row.isNull():
        return
    row.setDevicePixelRatio(ratio)
    row.fill(look.canvas)
    pen = QPainter(row)
    first = int((exposed.left() + offset.x()) // step)
    last = int((exposed.right() + offset.x()) // step) + 1
    for column in range(first, last + 1):
        x = round(column * step - offset.x()) - exposed.left()
        pen.fillRect(x - size // 2, 0, size, size, look.grid)
    pen.end()
    first = int((exposed.top() + offset.y()) // step)
    last = int((exposed.bottom() + offset.y()) // step) + 1
    for line in range(first, last + 1):
        y = round(line * step - offset.y())
        painter.drawPixmap(exposed.left(), y - size // 2, row)


def paint_hint(painter: QPainter, size: QSize, *, within: bool) -> None:
    """What to do with an empty canvas, in its middle; ``within`` a model, what to do there."""
    look = looks.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = QPointF(size.width() / 2, size.height() / 2)
    title = QFont(look.type_font)
    title.setPixelSize(20)
    painter.setFont(title)
    painter.setPen(look.text)
    painter.drawText(
        QRectF(0, middle.y() - 110, size.width(), 30),
        Qt.AlignmentFlag.AlignCenter,
        _TITLE_WITHIN if within else _TITLE,
    )
    key_font, text_font = QFont(look.name_font), QFont(look.name_font)
    key_font.setPixelSize(12)
    key_font.setWeight(QFont.Weight.DemiBold)
    text_font.setPixelSize(14)
    hints = (*_HINTS, _HINT_WITHIN if within else _HINT)
    for index, (key, text) in enumerate(hints):
        y = middle.y() - 60 + index * 36
        cap = QRectF(middle.x() - 146, y, 62, 25)
        painter.setPen(look.border)
        painter.setBrush(look.raised)
        painter.drawRoundedRect(cap, 5, 5)
        painter.setFont(key_font)
        painter.setPen(look.text)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        painter.setFont(text_font)
        painter.setPen(look.muted)
        line = QRectF(cap.right() + 14, y, 300, 25)
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, text)


def paint_word(painter: QPainter, size: QSize, text: str, at: QPointF) -> None:
    """A short reason beside the mouse, kept inside the viewport."""
    look: Look = looks.current()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(look.name_font)
    width = min(320.0, size.width() - 24.0)
    bounds = looks.metrics("name_font").boundingRect(
        QRectF(0, 0, width - 44, 400), Qt.TextFlag.TextWordWrap, text
    )
    box = QRectF(at.x() + 16, at.y() + 18, bounds.width() + 44, bounds.height() + 16)
    if box.right() > size.width() - 8:
        box.moveRight(at.x() - 12 if at.x() - 12 - box.width() > 8 else size.width() - 8.0)
    if box.bottom() > size.height() - 8:
        box.moveBottom(at.y() - 14)
    painter.setPen(look.border)
    painter.setBrush(look.raised)
    painter.drawRoundedRect(box, 7, 7)
    badge = QRectF(box.left() + 10, box.top() + 9, 14, 14)
    _paint_stop(painter, look, badge)
    painter.setFont(look.name_font)
    painter.setPen(look.text)
    painter.drawText(
        QRectF(box.left() + 32, box.top() + 8, bounds.width() + 4, bounds.height()),
        Qt.TextFlag.TextWordWrap,
        text,
    )


def _paint_stop(painter: QPainter, look: Look, box: QRectF) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(look.error)
    painter.drawEllipse(box)
    painter.setBrush(look.raised)
    painter.drawRect(QRectF(box.left() + 3, box.center().y() - 1, box.width() - 6, 2))
