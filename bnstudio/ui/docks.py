"""The docks: a panel each, tabbed where several share a place, titled where one is alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabBar,
    QToolButton,
    QWidget,
)

from bnstudio.ui import icons

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Title(QWidget):
    """The bar over a dock: its name and two small buttons; of no height while it is a tab."""

    def __init__(self, dock: Dock) -> None:
        super().__init__(dock)
        self.setObjectName("dockTitle")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 6, 4)
        row.setSpacing(2)
        self.label = QLabel(dock.windowTitle())
        row.addWidget(self.label, 1)
        for icon, name, act in (
            ("float", "Detach or dock", lambda: dock.setFloating(not dock.isFloating())),
            ("close", "Close", dock.close),
        ):
            button = QToolButton()
            icons.bind(button, icon, "muted")
            button.setIconSize(QSize(14, 14))
            button.setAccessibleName(f"{name} {dock.windowTitle()}")
            button.setToolTip(name)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(act)
            row.addWidget(button)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()


class Dock(QDockWidget):
    """A panel at an edge of the window. Its tab says what the panel's ``windowTitle`` says."""

    def __init__(self, panel: QWidget, title: str, window: QMainWindow) -> None:
        super().__init__(title, window)
        self.setObjectName(f"dock-{title.lower()}")
        panel.setAccessibleName(title)
        self.setWidget(panel)
        # Behind another tab Qt leaves a panel "visible". Hidden, it knows to save itself the work.
        policy = panel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        panel.setSizePolicy(policy)
        self.visibilityChanged.connect(panel.setVisible)
        self._title = _Title(self)
        self._nothing = QWidget(self)
        self._nothing.setFixedHeight(0)
        self.setTitleBarWidget(self._title)
        panel.windowTitleChanged.connect(self._retitle)
        # Qt is in the middle of its layout when it says these, and leaves a tab bar behind if the
        # titles change under its hands.
        for signal in (self.dockLocationChanged, self.topLevelChanged, self.visibilityChanged):
            signal.connect(self._show_title, Qt.ConnectionType.QueuedConnection)

    def _retitle(self, title: str) -> None:
        if title:
            self.setWindowTitle(title)
            self._title.label.setText(title)

    def _show_title(self, *_: object) -> None:
        """A tab names its dock; a second title under it would say the same again."""
        window = self.parent()
        if not isinstance(window, QMainWindow):
            return
        tabbed = not self.isFloating() and any(
            not other.isHidden() for other in window.tabifiedDockWidgets(self)
        )
        wanted = self._nothing if tabbed else self._title
        if self.titleBarWidget() is not wanted:
            hidden = self._title if tabbed else self._nothing
            self.setTitleBarWidget(wanted)
            hidden.hide()
            wanted.show()


def polish_tabs(window: QMainWindow) -> None:
    """Gives the tab bars that Qt makes for tabbed docks their manners."""
    for bar in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
        centre = window.centralWidget()
        if bar.isVisible() and centre is not None and bar.geometry().intersects(centre.geometry()):
            # Qt leaves a bar of its first layout behind, over what is in the middle now.
            bar.hide()
        bar.setDrawBase(False)
        bar.setExpanding(False)
        bar.setElideMode(Qt.TextElideMode.ElideNone)
        bar.setUsesScrollButtons(True)
        if not bar.accessibleName():
            bar.setAccessibleName("Panels")


def refresh_titles(docks: Iterable[Dock]) -> None:
    """Settles the titles of all docks after one of them has moved."""
    for dock in docks:
        dock._show_title()
