"""Free text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout

from bnstudio.ui.editors.base import MIXED, Editor, Line, mark_refused

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.params import Text


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
