"""What Qt sends while something is dragged over a widget."""

from __future__ import annotations

import PySide6
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent

# From 6.12 on these events have fractions of a pixel, and warn of whole ones; before, only whole.
_at = QPointF if tuple(map(int, PySide6.__version__.split(".")[:2])) >= (6, 12) else QPoint
_REST = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_COPY = Qt.DropAction.CopyAction


def enter(place: QPoint, data: QMimeData) -> QDragEnterEvent:
    """The mouse brings ``data`` in at ``place``."""
    return QDragEnterEvent(_at(place), _COPY, data, *_REST)


def move(place: QPoint, data: QMimeData) -> QDragMoveEvent:
    """It is moved to ``place``."""
    return QDragMoveEvent(_at(place), _COPY, data, *_REST)


def drop(place: QPoint, data: QMimeData) -> QDropEvent:
    """It is let go at ``place``."""
    return QDropEvent(QPointF(place), _COPY, data, *_REST)
