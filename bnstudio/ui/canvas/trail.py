"""Where one is: the models that were opened one after another, over the drawing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from bnstudio.ui.verbatim import in_menu

if TYPE_CHECKING:
    from bnstudio.ui.level import Level

_LONGEST = 180
"""Pixels of a name."""


class Trail(QFrame):
    """The names of the project and of the models in which one is; a press goes there.

    It takes a strip from the top of what it lies over, and is gone in the whole drawing.
    """

    def __init__(self, over: QAbstractScrollArea, level: Level) -> None:
        super().__init__(over)
        self._over, self._level = over, level
        self.setObjectName("trail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName("Open models")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 3, 8, 3)
        self._row.setSpacing(0)
        self._crumbs: list[str] = []
        over.installEventFilter(self)
        level.entered.connect(self._show)
        level.changed.connect(self._show)
        level.path_changed.connect(self._show)
        level.document.changed.connect(self._show)
        self.hide()

    @property
    def crumbs(self) -> list[str]:
        """The names that are shown, from the outside in."""
        return self._crumbs if self.isVisibleTo(self._over) else []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _show(self, *_: object) -> None:
        level = self._level
        if not level.path:
            if not self.isHidden():
                self.hide()
                self._over.setViewportMargins(0, 0, 0, 0)
                self._over.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        names = [level.title, *level.names]
        if names != self._crumbs:
            self._crumbs = names
            self._fill(names)
        if self.isHidden():
            self.show()
            self._over.setViewportMargins(0, self.sizeHint().height(), 0, 0)
        self._place()

    def _fill(self, names: list[str]) -> None:
        while (item := self._row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for depth, name in enumerate(names):
            if depth:
                arrow = QLabel("\u203a")
                arrow.setProperty("role", "muted")
                arrow.setContentsMargins(2, 0, 2, 0)
                self._row.addWidget(arrow)
            here = depth == len(names) - 1
            crumb = QLabel() if here else QToolButton()
            shown = self.fontMetrics().elidedText(
                " ".join(name.split()), Qt.TextElideMode.ElideMiddle, _LONGEST
            )
            if isinstance(crumb, QLabel):
                crumb.setTextFormat(Qt.TextFormat.PlainText)
                crumb.setText(shown)
                crumb.setProperty("role", "heading")
                crumb.setContentsMargins(6, 0, 6, 0)
                crumb.setAccessibleName(f"Inside {name}")
            else:
                crumb.setText(in_menu(shown))
                crumb.setAccessibleName(f"Go to {name}")
                crumb.setToolTip("Shows this drawing (Alt+Up goes one up).")
                crumb.clicked.connect(partial(self._level.leave, len(names) - 1 - depth))
            self._row.addWidget(crumb)
        self._row.addStretch(1)
        # A layout leaves room for what is shown only, and shows what it is given a moment later.
        for widget in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            widget.setVisible(self._row.indexOf(widget) >= 0)

    def _place(self) -> None:
        self.setGeometry(0, 0, self._over.width(), self.sizeHint().height())
