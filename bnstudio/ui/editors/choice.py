"""One of a few values: a check box for True and False, a list for the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout

from bnstudio.layers.params import Bool, Choice
from bnstudio.ui.editors.base import Combo, Editor

if TYPE_CHECKING:
    from bnstudio.graph import Value


class BoolEditor(Editor):
    """For ``Bool``: a check box."""

    def __init__(self, param: Bool) -> None:
        super().__init__(param)
        self.box = QCheckBox()
        self.box.setAccessibleName(param.name)
        self.setFocusProxy(self.box)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 3, 0, 3)
        row.addWidget(self.box)
        row.addStretch(1)
        self.box.clicked.connect(self._take)

    def show_value(self, value: Value, mixed: bool = False) -> None:
        self.box.setTristate(mixed)
        if mixed:
            self.box.setCheckState(Qt.CheckState.PartiallyChecked)
        else:
            self.box.setChecked(value is True)

    def _take(self) -> None:
        self.box.setTristate(False)
        self.offer(self.box.isChecked())
        self.settled.emit()


class ChoiceEditor(Editor):
    """For ``Choice``, ``Activation`` and an optional ``Bool``: a list of the options."""

    def __init__(self, param: Choice | Bool) -> None:
        super().__init__(param)
        self._options: tuple[Value, ...] = (
            param.options if isinstance(param, Choice) else (None, True, False)
        )
        self.combo = Combo()
        self.combo.setAccessibleName(param.name)
        for option in self._options:
            self.combo.addItem(str(option))
        self.setFocusProxy(self.combo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.combo)
        self.combo.activated.connect(self._take)

    def show_value(self, value: Value, mixed: bool = False) -> None:
        place = -1 if mixed else self._place(value)
        if place < 0 and not mixed:
            # A value from a file that is none of the options is shown all the same.
            self.combo.setPlaceholderText(repr(value))
        self.combo.setCurrentIndex(place)

    def _place(self, value: Value) -> int:
        for place, option in enumerate(self._options):
            if option is value or (type(option) is type(value) and option == value):
                return place
        return -1

    def _take(self, place: int) -> None:
        self.offer(self._options[place])
        self.settled.emit()
