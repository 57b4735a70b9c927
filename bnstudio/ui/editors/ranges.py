"""From where to where: two numbers of a range, and two for each dimension of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel

from bnstudio.ui import icons
from bnstudio.ui.editors.base import Editor, mark_refused
from bnstudio.ui.editors.number import NumberField
from bnstudio.ui.editors.tuples import FloatsEditor, tool_button

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.ranges import Pairs, Range

_START = 0.2
"""What a range that was None begins with, where one number may stand for it."""


class RangeEditor(FloatsEditor):
    """For ``Range``: two fields, or one where one number may stand for both."""

    standing = -1

    def __init__(self, param: Range) -> None:
        super().__init__(param)
        self.whole = param.whole
        self._low = param.min
        says = f"One number for {param.name}, which then goes from its negative to itself"
        self.link.setToolTip(says)
        self.link.setAccessibleName(says)

    def _spread(self, entry: float | None) -> list[float | None]:
        return [entry]

    def _split(self) -> list[float | None]:
        size = abs(self._entries[-1] or 0)
        return [-size if self._low is None else max(-size, self._low), size]

    def _begin(self) -> None:
        size = _START if self._low is None else max(_START, self._low)
        self._scalar = self._ints.scalar
        self._entries = [size]
        if not self._scalar:
            self._entries = self._split()
        self._show_and_end()


class PairsEditor(Editor):
    """For ``Pairs``: two fields a dimension, and a link that makes one number of them all."""

    def __init__(self, param: Pairs) -> None:
        super().__init__(param)
        self._pairs = param
        self._linked = False
        self.link = tool_button("link", f"One number for all of {param.name}")
        self.link.setCheckable(True)
        self.link.clicked.connect(self._join)
        self.fields: list[tuple[NumberField, NumberField]] = []
        grid = QGridLayout()
        grid.setSpacing(3)
        grid.setHorizontalSpacing(6)
        for line, place in enumerate(param.places):
            label = QLabel(place)
            label.setProperty("role", "muted")
            grid.addWidget(label, line, 0)
            self.fields.append((self._field(place, "before"), self._field(place, "after")))
            for column, field in enumerate(self.fields[-1]):
                grid.addWidget(field, line, 1 + column)
        self.setFocusProxy(self.fields[0][0])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addLayout(grid, 1)
        row.addWidget(self.link, 0, Qt.AlignmentFlag.AlignTop)
        self.refused.connect(self._mark)

    def show_value(self, value: Value, mixed: bool = False) -> None:
        usable = not mixed and self._pairs.check(value) is None
        self._linked = usable and not isinstance(value, tuple)
        pairs = self._pairs.pairs(value) if usable else ((None, None),) * len(self.fields)
        for fields, pair in zip(self.fields, pairs, strict=True):
            for field, entry in zip(fields, pair, strict=True):
                field.show_value(entry, mixed or not usable)
        self._entries = [list(pair) for pair in pairs]
        self._show_link()

    def _field(self, place: str, where: str) -> NumberField:
        line, column = len(self.fields), int(where == "after")
        field = NumberField(whole=True, buttons=False)
        field.limit(self._pairs.min, None)
        field.setAccessibleName(f"{self._pairs.name} {place} {where}")
        field.setToolTip(f"How many {where} the {place}")
        field.entered.connect(lambda value: self._enter(line, column, value))
        field.unreadable.connect(self.refused)
        field.editingFinished.connect(self.settled)
        return field

    def _enter(self, line: int, column: int, value: int) -> None:
        if self._linked:
            self._set_all(value)
            self.offer(value)
            return
        self._entries[line][column] = value
        self.offer(tuple(map(tuple, self._entries)))

    def _set_all(self, value: int | None) -> None:
        self._entries = [[value, value] for _ in self.fields]
        for fields in self.fields:
            for field in fields:
                field.show_value(value)

    def _join(self) -> None:
        self._linked = self.link.isChecked()
        first = self._entries[0][0]
        if self._linked:
            self._set_all(first)
        self._show_link()
        self.offer(first if self._linked else tuple(map(tuple, self._entries)))
        self.settled.emit()

    def _show_link(self) -> None:
        self.link.setChecked(self._linked)
        icons.bind(self.link, "link" if self._linked else "unlink", "muted")

    def _mark(self, reason: str) -> None:
        for fields in self.fields:
            for field in fields:
                mark_refused(field, bool(reason))
