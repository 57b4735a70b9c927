"""The sign over the drawing that it shows a moment of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from bnstudio.ui.moments import Moments

_TOP = 12


class Past(QFrame):
    """Says which moment the histograms of the nodes are of, and goes back to the newest.

    It lies at the top of what it is put over, and is gone while the newest is shown.
    """

    def __init__(self, over: QWidget, moments: Moments) -> None:
        super().__init__(over)
        self._over, self._moments = over, moments
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.setAccessibleName("A past moment is shown")
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.live = QPushButton("Live")
        self.live.setToolTip("Show the newest measurement again (Esc)")
        self.live.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Esc does it from the keyboard
        self.live.clicked.connect(moments.follow)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(10)
        row.addWidget(self.label)
        row.addWidget(self.live)
        over.installEventFilter(self)
        moments.moved.connect(self._show)
        moments.grew.connect(self._show)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _show(self) -> None:
        moments = self._moments
        if moments.place is None:
            self.hide()
            return
        text = (
            f"Step {moments.step:,} \u00b7 moment {moments.place + 1:,} of {len(moments.steps):,}"
        )
        if text != self.label.text():
            self.label.setText(text)
            self.setAccessibleDescription(text)
        self._place()
        self.show()
        self.raise_()

    def _place(self) -> None:
        self.adjustSize()
        self.move(max(0, (self._over.width() - self.width()) // 2), _TOP)
