"""Quiet words at the foot of the drawing: they come, offer an action, and go by themselves.

Nothing waits for them. What was said is kept in the log, which the status bar opens.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QFrame,
    QGraphicsDropShadowEffect,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QWidget,
)

from bnstudio.ui import icons
from bnstudio.ui.verbatim import in_markdown

if TYPE_CHECKING:
    from PySide6.QtGui import QEnterEvent

Offer = tuple[str, Callable[[], object]]
"""A button of a toast: its text and what it does."""

_SECONDS = {"info": 5.0, "good": 4.0, "warning": 8.0, "error": 12.0}
_SHOWN = 3
_MARGIN = 16
_WIDTH = 460
_LONGEST = 400


@dataclass(frozen=True)
class Note:
    """One thing that was said."""

    text: str
    kind: str
    time: datetime = field(default_factory=datetime.now)


class Toast(QFrame):
    """One message with its buttons."""

    #: It is over: its time is up, or it was closed or acted on.
    ended = Signal(object)

    def __init__(self, note: Note, offers: tuple[Offer, ...], lasting: bool, parent: QWidget):
        super().__init__(parent)
        self.setObjectName("toast")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAccessibleName(note.text)
        self.note = note
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        glyph = QLabel()
        glyph.setPixmap(icons.icon(note.kind, note.kind).pixmap(18, 18))
        row.addWidget(glyph, 0, Qt.AlignmentFlag.AlignVCenter)
        # The whole of it stands in Messages.
        self.label = QLabel(note.text if len(note.text) <= _LONGEST else f"{note.text[:_LONGEST]}…")
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        row.addWidget(self.label, 1)
        for text, act in offers:
            button = QPushButton(text)
            button.setProperty("role", "link")
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.setAccessibleName(text)
            button.clicked.connect(lambda _=False, act=act: self._act(act))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        close = QToolButton()
        icons.bind(close, "close", "muted")
        close.setAccessibleName("Dismiss")
        close.setToolTip("Dismiss")
        close.clicked.connect(self.end)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignVCenter)
        shadow = QGraphicsDropShadowEffect(self)
        shadow.setBlurRadius(24)
        shadow.setOffset(0, 4)
        shadow.setColor(QColor(0, 0, 0, 70))
        self.setGraphicsEffect(shadow)
        self._timer = QTimer(self, singleShot=True)
        self._timer.setInterval(round(1000 * _SECONDS[note.kind]))
        self._timer.timeout.connect(self.end)
        self._lasting = lasting
        if not lasting:
            self._timer.start()

    def end(self) -> None:
        """Takes it away."""
        self._timer.stop()
        self.ended.emit(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        if not self._lasting:
            self._timer.start()
        super().leaveEvent(event)

    def _act(self, act: Callable[[], object]) -> None:
        self.end()
        act()


class Toasts(QObject):
    """The messages over one widget, and the log of all that was said."""

    #: Something was said.
    logged = Signal(object)

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self._shown: list[Toast] = []
        self.log: deque[Note] = deque(maxlen=200)
        over.installEventFilter(self)

    @property
    def shown(self) -> tuple[Toast, ...]:
        """The toasts in sight, oldest first."""
        return tuple(self._shown)

    def say(self, text: str, kind: str = "info", *offers: Offer, lasting: bool = False) -> Toast:
        """Shows a message; a ``lasting`` one stays until it is acted on or dismissed."""
        note = Note(text, kind if kind in _SECONDS else "info")
        self.log.append(note)
        self.logged.emit(note)
        for old in [toast for toast in self._shown if toast.note.text == text]:
            old.end()
        toast = Toast(note, offers, lasting, self._over)
        toast.ended.connect(self._remove)
        self._shown.append(toast)
        passing = [toast for toast in self._shown if not toast._lasting]
        for old in passing[:-_SHOWN]:
            old.end()
        self._place()
        toast.show()
        toast.raise_()
        return toast

    def page(self) -> str:
        """What was said, newest first, as Markdown."""
        lines = [
            f"- {note.time:%H:%M:%S} **{note.kind}**: {in_markdown(note.text)}" for note in self.log
        ]
        return "\n".join(
            ["# Messages", "", *reversed(lines)] if lines else ["Nothing has been said yet."]
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _remove(self, toast: Toast) -> None:
        if toast in self._shown:
            self._shown.remove(toast)
            toast.hide()
            toast.deleteLater()
            self._place()

    def _place(self) -> None:
        width = min(_WIDTH, self._over.width() - 2 * _MARGIN)
        bottom = self._over.height() - _MARGIN
        for toast in reversed(self._shown):
            toast.setFixedWidth(max(width, 200))
            toast.ensurePolished()
            for part in toast.findChildren(QWidget):
                part.ensurePolished()  # unstyled, its text takes other room
            # Not its size hint: a text that may wrap asks for the room of a narrower one.
            height = toast.heightForWidth(toast.width())
            toast.resize(toast.width(), height)
            bottom -= height
            toast.move((self._over.width() - toast.width()) // 2, bottom)
            bottom -= 8
