"""Free text: one, or several, one a line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from bnstudio.graph import freeze
from bnstudio.layers.operands import Operand
from bnstudio.layers.params import Text
from bnstudio.ui.editors.base import MIXED, Editor, Line, belongs_to_window, mark_refused

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QFocusEvent

    from bnstudio.graph import Value
    from bnstudio.layers.params import Param, Texts


class TextEditor(Editor):
    """For ``Text``: an empty field is None where that is allowed."""

    def __init__(self, param: Text) -> None:
        super().__init__(param)
        self._optional = param.optional
        self.field = Line()
        self.field.setAccessibleName(param.name)
        self.setFocusProxy(self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field)
        self.field.textEdited.connect(self._take)
        self.field.editingFinished.connect(self.settled)
        self.refused.connect(lambda reason: mark_refused(self.field, bool(reason)))

    def show_value(self, value: Value, mixed: bool = False) -> None:
        self.field.setPlaceholderText(MIXED if mixed else "None" if self._optional else "")
        text = "" if value is None or mixed else str(value)
        if self.field.text() != text:
            self.field.setText(text)

    def _take(self, text: str) -> None:
        self.offer(None if self._optional and not text else text)


class ArrayEditor(TextEditor):
    """For numbers and arrays of them, as they are typed: ``2``, ``[1.0, 2.0]``."""

    def __init__(self, param: Param) -> None:
        super().__init__(Text(param.name, None, optional=not param.required, help=param.help))
        self.param = param

    def show_value(self, value: Value, mixed: bool = False) -> None:
        if mixed or Operand.read(self.field.text()) != value:
            super().show_value(Operand.text_of(value) or None, mixed)
        if not mixed and self._optional:
            self.field.setPlaceholderText("from a wire")

    def _take(self, text: str) -> None:
        self.offer(Operand.read(text))


class JsonEditor(TextEditor):
    """For ``Json``: what is typed as JSON has it, ``[1, 2]`` or ``true``; other words are text."""

    def __init__(self, param: Param) -> None:
        super().__init__(Text(param.name, None))
        self.param = param

    def show_value(self, value: Value, mixed: bool = False) -> None:
        self.field.setPlaceholderText(MIXED)
        if mixed or _read(self.field.text()) != value or not self.field.text():
            super().show_value(_shown(value), mixed)

    def _take(self, text: str) -> None:
        self.offer(_read(text))


def _shown(value: Value) -> str:
    """A value as it is typed: text without quotes, where it cannot be taken for anything else."""
    plain = isinstance(value, str) and _read(value) == value and value == value.strip()
    return str(value) if plain else json.dumps(value, ensure_ascii=False)


def _read(text: str) -> Value:
    """What is typed, as a value; nothing is None."""
    if not text.strip():
        return None
    for said, value in (("None", None), ("True", True), ("False", False)):
        if text.strip() == said:
            return value
    try:
        return freeze(json.loads(text))
    except (ValueError, RecursionError):
        return text


_LINES = 5


class Lines(QPlainTextEdit):
    """Several lines of text, which leave undo to the document and Tab to the form."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "field")
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _LINES + 12)

    def event(self, event: QEvent) -> bool:
        if belongs_to_window(event):
            event.ignore()
            return False
        return super().event(event)


class TextsEditor(Editor):
    """For ``Texts``: one a line, blank lines left out."""

    def __init__(self, param: Texts) -> None:
        super().__init__(param)
        self.field = _Settling(self)
        self.field.setAccessibleName(param.name)
        self.setFocusProxy(self.field)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.field)
        self.field.textChanged.connect(self._take)
        self.refused.connect(lambda reason: mark_refused(self.field, bool(reason)))

    def show_value(self, value: Value, mixed: bool = False) -> None:
        texts = value if isinstance(value, tuple) and not mixed else ()
        lines = [str(each) for each in texts]
        # A text with a line break in it would come apart here.
        self.field.setReadOnly(any("\n" in line or not line for line in lines))
        self.field.setPlaceholderText(MIXED if mixed else "One a line")
        if lines != self._lines():
            self.field.blockSignals(True)
            self.field.setPlainText("\n".join(lines))
            self.field.blockSignals(False)

    def _lines(self) -> list[str]:
        return [line for line in self.field.toPlainText().split("\n") if line]

    def _take(self) -> None:
        self.offer(tuple(self._lines()))


class _Settling(Lines):
    """Tells its editor when the user is done."""

    def __init__(self, editor: TextsEditor) -> None:
        super().__init__()
        self._editor = editor

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._editor.settled.emit()
