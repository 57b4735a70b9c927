"""A file dragged onto the window and let go there, as a file manager does it."""

from PySide6.QtCore import QMimeData, QPoint, QUrl
from PySide6.QtWidgets import QApplication

from tests.ui import drags

AT = QPoint(50, 50)


def drop(window, path):
    """Whether the window takes it."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    enter = drags.enter(AT, mime)
    QApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QApplication.sendEvent(window, drags.drop(AT, mime))
    return enter.isAccepted()
