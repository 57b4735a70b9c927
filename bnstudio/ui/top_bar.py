"""The one bar: menus at the left, the project's name in the middle, training at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenuBar, QSizePolicy, QToolButton, QWidget

from bnstudio.ui import icons
from bnstudio.ui.verbatim import Elided, in_html

if TYPE_CHECKING:
    from PySide6.QtGui import QAction, QResizeEvent

    from bnstudio.ui.document import Document


class TopBar(QWidget):
    """What stands over the drawing. The menu bar in it is filled by the action table."""

    def __init__(self, document: Document, train: QWidget) -> None:
        super().__init__()
        self.setObjectName("topBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document = document
        self.menus = QMenuBar()
        self.menus.setAccessibleName("Menus")
        self.menus.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        # In a place of its own, or another title would have the whole window laid out anew.
        place = _Place()
        self.title = place.label
        self.title.setAccessibleName("Project")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 5, 10, 5)
        self._row.setSpacing(4)
        mark = QLabel()
        mark.setPixmap(icons.pixmap("bnstudio", "#000000", 20, 2.0))
        self._row.addWidget(mark)
        self._row.addSpacing(2)
        self._row.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        self._buttons = self._row.count()
        self._row.addSpacing(8)
        self._row.addWidget(place, 1)
        self._row.addWidget(train)
        document.path_changed.connect(self._show_title)
        document.modified_changed.connect(self._show_title)
        self._show_title()

    def add_button(self, action: QAction) -> None:
        """Adds a small button for an action, after the menus."""
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(QSize(18, 18))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        button.setAccessibleName(action.text())
        # The action's text is never shown on it, and changes with every edit.
        button.ensurePolished()
        button.setFixedSize(button.sizeHint())
        self._row.insertWidget(self._buttons, button)
        self._buttons += 1

    def _show_title(self, *_: object) -> None:
        mark = " \u2022" if self._document.modified else ""
        self.title.setText(f"{self._document.title}{mark}")
        path = self._document.path
        self.title.setToolTip(in_html(str(path)) if path else "Not saved to a file yet")


class _Place(QWidget):
    """Room for a label that takes what it is given, whatever its text."""

    def __init__(self) -> None:
        super().__init__()
        self.label = Elided()
        self.label.setParent(self)
        self.setMinimumWidth(40)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.label.setGeometry(self.rect())
