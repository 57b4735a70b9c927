"""Whole numbers and decimals, typed or stepped."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QValidator, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QHBoxLayout, QSizePolicy

from bnstudio.layers.params import Float, Int
from bnstudio.ui.editors.base import MIXED, Editor, belongs_to_window, mark_refused

if TYPE_CHECKING:
    from bnstudio.graph import Value

_LONGEST = 24


def show_number(value: Value) -> str:
    """A value as a number field writes it; what is no number is shown as it is."""
    if value is None:
        return "None"
    if isinstance(value, float) and not isinstance(value, bool):
        return f"{value:g}" if float(f"{value:g}") == value else repr(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else repr(value)


def read_number(text: str, *, whole: bool, optional: bool) -> int | float | None:
    """What was typed, as a number.

    Raises:
        ValueError: If it is none; the message says what was expected.
    """
    kind = "a whole number" if whole else "a number"
    kind += " or None" if optional else ""
    plain = text.strip().replace(",", "").replace("\u2212", "-")
    if plain.lower() in ("", "none"):
        if optional:
            return None
        raise ValueError(f"Expected {kind}.")
    try:
        if len(plain) > _LONGEST:
            raise ValueError(plain)
        return int(plain) if whole else float(plain)
    except ValueError:
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
        raise ValueError(f"Expected {kind}, got {shown!r}.") from None


def stepped(value: float, steps: int) -> float:
    """A decimal one or more of its own leading digits further: 0.001, 0.002, 0.003."""
    for _ in range(abs(steps)):
        if value == 0:
            value = math.copysign(0.01, steps)
            continue
        size = abs(value)
        unit = 10.0 ** math.floor(math.log10(size) + 1e-12)
        # Towards zero from 0.01 the next digit is 0.009, not 0.
        shrinking = (steps < 0) == (value > 0)
        if shrinking and math.isclose(size, unit):
            unit /= 10
        value = float(f"{value + math.copysign(unit, steps):.12g}")
    return value


class NumberField(QAbstractSpinBox):
    """A field for one number. Unlike Qt's own it takes any size, None, and bad text as well."""

    #: A number or None was entered.
    entered = Signal(object)
    #: What was typed is no number: what was expected.
    unreadable = Signal(str)

    def __init__(self, *, whole: bool, optional: bool = False, buttons: bool = True) -> None:
        super().__init__()
        self._whole, self._optional = whole, optional
        self._low: float | None = None
        self._high: float | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(34)
        if not buttons:
            # The style sheet takes the buttons away; Qt's own way leaves no room for the text.
            self.setProperty("plain", True)
        self.lineEdit().setTextMargins(4, 0, 0, 0)
        self.lineEdit().textEdited.connect(self._read)

    def limit(self, low: float | None, high: float | None) -> None:
        """Where stepping ends. Typing may go beyond, and is then refused in words."""
        self._low, self._high = low, high

    def show_value(self, value: Value, mixed: bool = False) -> None:
        """Shows a value; text that already means it is left as it was typed."""
        self.lineEdit().setPlaceholderText(MIXED if mixed else "None" if self._optional else "")
        try:
            if self.lineEdit().text() and not mixed and self._parse() == value:
                return
        except ValueError:
            pass
        unset = mixed or (value is None and self._optional)
        self.lineEdit().setText("" if unset else show_number(value))

    def stepBy(self, steps: int) -> None:
        try:
            value = self._parse()
        except ValueError:
            value = None
        start = value if value is not None else (self._low or 0)
        following: float = start + steps if self._whole else stepped(float(start), steps)
        if self._low is not None:
            following = max(following, self._low)
        if self._high is not None:
            following = min(following, self._high)
        self.lineEdit().setText(show_number(following))
        self.entered.emit(following)

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        flags = QAbstractSpinBox.StepEnabledFlag
        return flags.StepUpEnabled | flags.StepDownEnabled

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        return QValidator.State.Acceptable, text, position

    def event(self, event: QEvent) -> bool:
        if belongs_to_window(event):
            event.ignore()
            return False
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
        ):
            self.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.selectAll()
            event.accept()

    def _parse(self) -> int | float | None:
        return read_number(self.lineEdit().text(), whole=self._whole, optional=self._optional)

    def _read(self, _text: str) -> None:
        try:
            value = self._parse()
        except ValueError as error:
            self.unreadable.emit(str(error))
        else:
            self.entered.emit(value)


class NumberEditor(Editor):
    """For ``Int`` and ``Float``."""

    def __init__(self, param: Int | Float) -> None:
        super().__init__(param)
        whole = isinstance(param, Int)
        self.field = NumberField(whole=whole, optional=param.optional)
        self.field.limit(param.min, param.max)
        self.field.setAccessibleName(param.name)
        self.setFocusProxy(self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field)
        self.field.entered.connect(self.offer)
        self.field.unreadable.connect(self.refused)
        self.field.editingFinished.connect(self.settled)
        self.refused.connect(lambda reason: mark_refused(self.field, bool(reason)))

    def show_value(self, value: Value, mixed: bool = False) -> None:
        self.field.show_value(value, mixed)
