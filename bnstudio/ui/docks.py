"""The docks: a panel each, tabbed where several share a place, titled where one is alone."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from bnstudio.ui import icons
from bnstudio.ui.panels import PANELS

if TYPE_CHECKING:
    from bnstudio.ui.document import Document
    from bnstudio.ui.preferences import Preferences
    from bnstudio.ui.session import Session

_LAYOUT = 1
"""Raised when an older saved layout would no longer make sense."""

_SIZES = {
    Qt.DockWidgetArea.LeftDockWidgetArea: 216,
    Qt.DockWidgetArea.RightDockWidgetArea: 348,
    Qt.DockWidgetArea.BottomDockWidgetArea: 276,
}
"""Pixels of width or height at first."""

_LEAST = {Qt.DockWidgetArea.LeftDockWidgetArea: 170, Qt.DockWidgetArea.RightDockWidgetArea: 310}
"""Pixels of width that a panel needs to be read."""


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
        # Behind another tab Qt leaves a panel "visible". Hidden, it knows to save itself the work,
        # from the start: most panels are behind another when the window is first seen.
        panel.hide()
        policy = panel.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        panel.setSizePolicy(policy)
        self.visibilityChanged.connect(panel.setVisible)
        # Of a dock that is detached from behind a tab Qt does not say that it is seen.
        self.topLevelChanged.connect(self._detach, Qt.ConnectionType.QueuedConnection)
        self._title = _Title(self)
        self._nothing = QWidget(self)
        self._nothing.setFixedHeight(0)
        self.setTitleBarWidget(self._title)
        panel.windowTitleChanged.connect(self._retitle)
        self._retitle(panel.windowTitle())
        # Qt is in the middle of its layout when it says these, and leaves a tab bar behind if the
        # titles change under its hands.
        for signal in (self.dockLocationChanged, self.topLevelChanged, self.visibilityChanged):
            signal.connect(self.show_title, Qt.ConnectionType.QueuedConnection)

    def _detach(self, floating: bool) -> None:
        if floating and not self.isHidden():
            self.widget().show()

    def _retitle(self, title: str) -> None:
        if title:
            self.setWindowTitle(title)
            self._title.label.setText(title)

    def show_title(self, *_: object) -> None:
        """Shows the title where it is needed: a tab names its dock already."""
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


_WORKED = (QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QPlainTextEdit)
"""What one types or chooses in, which is where the keys belong first."""


def _first_control(panel: QWidget) -> QWidget:
    """Where the keys should go in a panel: the first that one types in, or the first of all."""
    found: list[QWidget] = []
    widget = panel.nextInFocusChain()
    while widget is not None and widget is not panel:
        if (
            panel.isAncestorOf(widget)
            and widget.isVisibleTo(panel)
            and widget.isEnabledTo(panel)
            and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ):
            found.append(widget)
        widget = widget.nextInFocusChain()
    worked = (widget for widget in found if isinstance(widget, _WORKED))
    return next(worked, found[0] if found else panel)


class Docking:
    """All the docks of one window: where they are at first, and where they were last.

    Attributes:
        panels: By title.
        docks: By the title of their panel.
    """

    def __init__(self, window: QMainWindow, document: Document, session: Session) -> None:
        self._window = window
        self.panels: dict[str, QWidget] = {}
        self.docks: dict[str, Dock] = {}
        areas, corners = Qt.DockWidgetArea, Qt.Corner
        window.setDockNestingEnabled(True)
        window.setTabPosition(areas.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(corners.BottomLeftCorner, areas.LeftDockWidgetArea)
        window.setCorner(corners.BottomRightCorner, areas.RightDockWidgetArea)
        for panel_type in PANELS:
            panel = panel_type(document, session)
            panel.setObjectName("panel")
            panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
            panel.setMinimumWidth(_LEAST.get(panel_type.area, 0))
            self.panels[panel_type.title] = panel
            self.docks[panel_type.title] = Dock(panel, panel_type.title, window)
        self.arrange()

    def arrange(self) -> None:
        """Puts every panel where it is at first."""
        first: dict[Qt.DockWidgetArea, Dock] = {}
        for panel_type in PANELS:
            dock = self.docks[panel_type.title]
            dock.setFloating(False)
            self._window.addDockWidget(panel_type.area, dock)
            dock.show()
            if panel_type.area in first:
                self._window.tabifyDockWidget(first[panel_type.area], dock)
            else:
                first[panel_type.area] = dock
        for dock in first.values():
            dock.raise_()
        self.measure()
        self.settle()

    def measure(self) -> None:
        """Gives every edge its first width or height; a window not on show yet has none to give."""
        for area, size in _SIZES.items():
            across = area != Qt.DockWidgetArea.BottomDockWidgetArea
            docks = [d for d in self.docks.values() if self._window.dockWidgetArea(d) == area]
            self._window.resizeDocks(
                docks,
                [size] * len(docks),
                Qt.Orientation.Horizontal if across else Qt.Orientation.Vertical,
            )

    def bring(self, title: str) -> None:
        """Brings a panel to the front and gives it the focus."""
        dock = self.docks[title]
        dock.show()
        dock.raise_()
        _first_control(self.panels[title]).setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.settle()

    def advance(self, title: str, over: str) -> None:
        """Brings a panel to the front of its tabs, if ``over`` is what is in front of them."""
        dock, front = self.docks[title], self.docks[over]
        if self.panels[over].isVisible() and dock in self._window.tabifiedDockWidgets(front):
            dock.raise_()

    def settle(self) -> None:
        """Settles tabs and titles once Qt has done its layout."""
        centre = self._window.centralWidget()
        for bar in self._window.findChildren(
            QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly
        ):
            if bar.isVisible() and centre and bar.geometry().intersects(centre.geometry()):
                # Qt leaves a bar of its first layout behind, over what is in the middle now.
                bar.hide()
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setUsesScrollButtons(True)
            bar.setAccessibleName("Panels")
        if self._window.isVisible():
            for dock in self.docks.values():
                dock.show_title()

    def save(self, preferences: Preferences) -> None:
        """Remembers where everything is."""
        for key, state in (
            ("geometry", self._window.saveGeometry()),
            ("layout", self._window.saveState(_LAYOUT)),
        ):
            preferences[key] = b64encode(state.data()).decode()
        preferences.save()

    def restore(self, preferences: Preferences) -> bool:
        """Puts everything where it was last; False where that is not known or makes no sense."""
        restored = False
        for key in ("geometry", "layout"):
            try:
                state = QByteArray(b64decode(preferences[key], validate=True))
            except ValueError:
                continue
            if state.isEmpty():
                continue
            if key == "geometry":
                self._window.restoreGeometry(state)
            else:
                restored = self._window.restoreState(state, _LAYOUT)
        return restored
