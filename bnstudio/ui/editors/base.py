"""What every editor of an argument is, and what their fields share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.params import Param

MIXED = "Mixed"
"""What a field says when the selected layers differ in it."""


class Editor(QWidget):
    """Shows one argument's value and offers another.

    A value is offered only if the argument accepts it; otherwise the reason is given in words and
    nothing changes.
    """

    #: A value that can be used was entered.
    edited = Signal(object)
    #: Why what is in the field cannot be used; empty as soon as it can again.
    refused = Signal(str)
    #: The user is done with the field: what comes next is another edit.
    settled = Signal()

    below: QWidget | None = None
    """What needs the width of label and field together, and so goes under both."""

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param

    def show_value(self, value: Value, mixed: bool = False) -> None:
        """Shows a value, or that there are several; never emits ``edited``."""
        raise NotImplementedError

    def offer(self, value: Value) -> None:
        """Emits ``edited`` for a value that can be used, ``refused`` for one that cannot."""
        reason = self.param.check(value)
        self.refused.emit(reason or "")
        if reason is None:
            self.edited.emit(value)


def belongs_to_window(event: QEvent) -> bool:
    """Whether a key is an undo or a redo, which a field must leave to the document's history.

    A field's own history would make the same edit again as a new one.
    """
    return (
        event.type() == QEvent.Type.ShortcutOverride
        and isinstance(event, QKeyEvent)
        and (
            event.matches(QKeySequence.StandardKey.Undo)
            or event.matches(QKeySequence.StandardKey.Redo)
        )
    )


class Line(QLineEdit):
    """A line of text that leaves undo to the document."""

    def event(self, event: QEvent) -> bool:
        if belongs_to_window(event):
            event.ignore()
            return False
        return super().event(event)


class Combo(QComboBox):
    """A choice that the wheel does not change while a panel scrolls past it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(5)
        self.setMaxVisibleItems(16)
        self.setPlaceholderText(MIXED)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def mark_refused(field: QObject, refused: bool) -> None:
    """Frames a field in the colour of an error, or no longer."""
    if isinstance(field, QWidget) and bool(field.property("refused")) != refused:
        field.setProperty("refused", refused)
        field.style().unpolish(field)
        field.style().polish(field)
