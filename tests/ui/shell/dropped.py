"""A file dragged onto the window and let go there, as a file manager does it."""

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

AT = QPoint(50, 50)
HAND = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def drop(window, path):
    """Whether the window takes it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    enter = QDragEnterEvent(AT, Qt.DropAction.CopyAction, mime, *HAND)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        event = QDropEvent(QPointF(AT), Qt.DropAction.CopyAction, mime, *HAND)
        QApplication.sendEvent(window, event)
    return enter.isAccepted()
