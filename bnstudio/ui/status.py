"""The status bar: the engine, the model's size, whether it is saved, messages and the zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStatusBar, QToolButton, QWidget

from bnstudio.ui import icons, theme

if TYPE_CHECKING:
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_STATES = {
    "starting": ("Engine starting", "muted"),
    "ready": ("Engine ready", "good"),
    "running": ("Training", "accent"),
    "paused": ("Paused", "warning"),
    "stopping": ("Stopping", "warning"),
    "down": ("Engine is not running", "muted"),
}


def count(number: float | None, unit: str) -> str:
    """A large number in three figures: ``9.22 kFLOP``; plain below a thousand."""
    if number is None:
        return f"? {unit}"
    for prefix, size in (("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.3g} {prefix}{unit}"
    return f"{number:g} {unit}"


class Figure(QLabel):
    """A label for text that changes all the time.

    Another text of a plain label has the window lay out and paint everything anew. This one keeps
    its size for as long as the text fits, and only ever grows.
    """

    def show_text(self, text: str) -> None:
        """Shows another text."""
        self.setText(text)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        need = self.sizeHint()
        if need.width() > self.maximumWidth() or self.minimumWidth() != self.maximumWidth():
            self.setFixedWidth(need.width())
        if need.height() != self.maximumHeight():
            self.setFixedHeight(need.height())


class StatusBar(QStatusBar):
    """One quiet line at the foot of the window."""

    #: The zoom was clicked.
    zoom_clicked = Signal()
    #: The list of messages is wanted.
    messages_clicked = Signal()

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self.setSizeGripEnabled(False)
        self.setAccessibleName("Status")
        line = QWidget()
        line.setObjectName("statusBar")
        row = QHBoxLayout(line)
        row.setContentsMargins(10, 1, 6, 1)
        row.setSpacing(0)
        self.engine = Figure()
        self.model = Figure()
        self.saved = Figure()
        for label in (self.engine, self.model, self.saved):
            row.addWidget(label)
            row.addSpacing(18)
        row.addStretch(1)
        self.messages = QToolButton()
        icons.bind(self.messages, "message", "muted")
        self.messages.setToolTip("Messages")
        self.messages.setAccessibleName("Messages")
        self.messages.clicked.connect(self.messages_clicked)
        self.zoom = QToolButton()
        self.zoom.setText("100 %")
        self.zoom.setToolTip("Zoom. Click for actual size.")
        self.zoom.setAccessibleName("Zoom")
        self.zoom.clicked.connect(self.zoom_clicked)
        for button in (self.messages, self.zoom):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(button)
        self.addPermanentWidget(line, 1)
        document.changed.connect(self._show_size)
        document.modified_changed.connect(self._show_saved)
        document.path_changed.connect(self._show_saved)
        session.state_changed.connect(self._show_engine)
        theme.notifier.changed.connect(self._show_engine)
        self._show_size()
        self._show_saved()
        self._show_engine()

    def show_zoom(self, zoom: float) -> None:
        """Says how large the drawing is shown."""
        self.zoom.setText(f"{round(100 * zoom)} %")

    def _show_engine(self, *_: object) -> None:
        words, colour = _STATES[self._session.state]
        dot = getattr(theme.current(), colour)
        self.engine.show_text(f'<span style="color:{dot}">\u25cf</span>&nbsp;&nbsp;{words}')

    def _show_size(self, *_: object) -> None:
        analysis = self._document.analysis
        total = analysis.trainable + analysis.fixed
        words = f"{total:,} parameter" + ("" if total == 1 else "s")
        if analysis.fixed:
            words += f" ({analysis.fixed:,} not trainable)"
        self.model.show_text(f"{words}   \u00b7   {count(analysis.flops, 'FLOP')} per row")

    def _show_saved(self, *_: object) -> None:
        if self._document.modified:
            self.saved.show_text("Unsaved changes")
        else:
            self.saved.show_text("Saved" if self._document.path else "")
