"""A few choices side by side, one of which is in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

if TYPE_CHECKING:
    from collections.abc import Mapping


class Segments(QWidget):
    """Buttons in a row, one pressed; the arrow keys go from one to the next.

    Attributes:
        buttons: By what they stand for.
        value: What the pressed one stands for.
    """

    #: Another one is pressed: what it stands for.
    chosen = Signal(str)

    def __init__(self, name: str, choices: Mapping[str, tuple[str, str]]) -> None:
        """``choices`` has a text and a sentence for each."""
        super().__init__()
        self.setAccessibleName(name)
        self.buttons: dict[str, QPushButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        group = QButtonGroup(self)
        for value, (text, help) in choices.items():
            button = self.buttons[value] = QPushButton(text)
            button.setProperty("role", "segment")
            button.setCheckable(True)
            button.setToolTip(help)
            button.setAccessibleName(f"{name}: {text}")
            button.toggled.connect(lambda on, value=value: self._take(value, on))
            group.addButton(button)
            row.addWidget(button)
        self.value = next(iter(choices))
        self.buttons[self.value].setChecked(True)

    def choose(self, value: str) -> None:
        """Presses one."""
        self.buttons[value].setChecked(True)

    def _take(self, value: str, on: bool) -> None:
        if on and value != self.value:
            self.value = value
            self.chosen.emit(value)
