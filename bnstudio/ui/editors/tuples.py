"""Tuples of numbers, and sets of named numbers: a field for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from bnstudio.ui import icons
from bnstudio.ui.editors.base import MIXED, Editor, mark_refused
from bnstudio.ui.editors.number import NumberField

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.params import Floats, Ints, Numbers
    from bnstudio.layers.ranges import Range


def tool_button(icon: str, name: str) -> QToolButton:
    """A small button beside fields, with its name as the tooltip."""
    button = QToolButton()
    icons.bind(button, icon, "muted")
    button.setIconSize(QSize(14, 14))
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button


class IntsEditor(Editor):
    """For ``Ints``: one field an entry, and buttons to add and take away where the length is free.

    Where one number may stand for all, a link says so: linked fields change together.
    """

    whole: bool = True
    columns = 3
    standing: ClassVar[int] = 0
    """The place of the number that stands for all once they are linked."""

    def __init__(self, param: Ints | Floats | Range) -> None:
        super().__init__(param)
        self._ints = param
        self._entries: list[float | None] = []
        self._scalar = False
        self.fields: list[NumberField] = []
        self._nothing = QPushButton("None")
        self._nothing.setAccessibleName(f"Set {param.name}")
        self._nothing.setToolTip("Not set. Click to give it a value.")
        self._nothing.clicked.connect(self._begin)
        name = param.name
        self.more = tool_button("add", f"Add a number to {name}")
        self.less = tool_button("remove", f"Remove the last number of {name}")
        self.link = tool_button("link", f"One number for all of {name}")
        self.link.setCheckable(True)
        self.clear = tool_button("close", f"Set {name} to None")
        self.more.clicked.connect(self._grow)
        self.less.clicked.connect(self._shrink)
        self.link.clicked.connect(self._join)
        self.clear.clicked.connect(lambda: self._end(None))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        self._grid = QGridLayout()
        self._grid.setSpacing(3)
        row.addWidget(self._nothing, 1)
        row.addLayout(self._grid, 1)
        for button in (self.link, self.more, self.less, self.clear):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.refused.connect(self._mark)
        self._lay_out()

    def show_value(self, value: Value, mixed: bool = False) -> None:
        fixed = self._ints.length
        self._scalar = self._ints.scalar and not isinstance(value, tuple) and not mixed
        if mixed:
            self._entries = [None] * (fixed or 1)
        elif value is None:
            self._entries = []
        elif isinstance(value, tuple):
            self._entries = [e if isinstance(e, self._kind) else None for e in value]
        else:
            self._entries = self._spread(value if isinstance(value, self._kind) else None)
        self._lay_out()
        for field, entry in zip(self.fields, self._entries, strict=False):
            field.show_value(entry, mixed)
        self._nothing.setText(MIXED if mixed else "None")

    def _spread(self, entry: float | None) -> list[float | None]:
        """The fields' numbers where one stands for all."""
        return [entry] * (self._ints.length or 1)

    def _split(self) -> list[float | None]:
        """The fields' numbers once they are free of each other."""
        return self._entries

    @property
    def _kind(self) -> type[float] | tuple[type[float], ...]:
        return int if self.whole else (int, float)

    def _lay_out(self) -> None:
        """Fits fields and buttons to the number of entries."""
        fixed = self._ints.length
        while len(self.fields) < len(self._entries):
            self._add_field()
        for place, field in enumerate(self.fields):
            field.setVisible(place < len(self._entries))
        unset = not self._entries and (self._ints.optional or fixed is not None)
        self._nothing.setVisible(unset)
        self.link.setVisible(self._ints.scalar and (fixed or 0) > 1 and not unset)
        self.link.setChecked(self._scalar)
        icons.bind(self.link, "link" if self._scalar else "unlink", "muted")
        free = fixed is None and not unset
        self.more.setVisible(free)
        self.less.setVisible(free and len(self._entries) > self._ints.shortest)
        self.clear.setVisible(self._ints.optional and not unset)
        several = len(self._entries) > 1
        self.setFocusProxy(self._nothing if unset or not self.fields else self.fields[0])
        for place, field in enumerate(self.fields):
            name = self._ints.name
            field.setAccessibleName(f"{name} {place + 1}" if several else name)

    def _add_field(self) -> None:
        place = len(self.fields)
        field = NumberField(whole=self.whole, optional=self._ints.unknown, buttons=False)
        field.limit(self._ints.min, None)
        field.entered.connect(lambda value, place=place: self._enter(place, value))
        field.unreadable.connect(self.refused)
        field.editingFinished.connect(self.settled)
        before = self.fields[-1] if self.fields else self._nothing
        self.fields.append(field)
        self._grid.addWidget(field, place // self.columns, place % self.columns)
        QWidget.setTabOrder(before, field)

    def _enter(self, place: int, value: float | None) -> None:
        if self._scalar:
            self._entries = [value] * len(self._entries)
            for field in self.fields:
                field.show_value(value)
        elif place < len(self._entries):
            self._entries[place] = value
        self._offer()

    def _offer(self) -> None:
        if self._scalar and self._entries:
            self.offer(self._entries[0])
        else:
            self.offer(tuple(self._entries))

    def _begin(self) -> None:
        first = max(self._ints.min or 1, 1)
        self._entries = [first] * (self._ints.length or max(self._ints.shortest, 1))
        self._scalar = self._ints.scalar
        self._show_and_end()

    def _grow(self) -> None:
        self._entries.append(self._entries[-1] if self._entries else max(self._ints.min or 1, 1))
        self._scalar = False
        self._show_and_end()

    def _shrink(self) -> None:
        self._entries.pop()
        self._scalar = self._ints.scalar and len(self._entries) == 1
        self._show_and_end()

    def _join(self) -> None:
        self._scalar = self.link.isChecked()
        if self._entries:
            one = self._entries[self.standing]
            self._entries = self._spread(one) if self._scalar else self._split()
        self._show_and_end()

    def _show_and_end(self) -> None:
        self._lay_out()
        for field, entry in zip(self.fields, self._entries, strict=False):
            field.show_value(entry)
        self._offer()
        self.settled.emit()

    def _end(self, value: Value) -> None:
        self.show_value(value)
        self.offer(value)
        self.settled.emit()

    def _mark(self, reason: str) -> None:
        for field in self.fields:
            mark_refused(field, bool(reason))


class FloatsEditor(IntsEditor):
    """For ``Floats``: the same with decimals."""

    whole = False


class NumbersEditor(Editor):
    """For ``Numbers``: a field a name; an empty one is left out."""

    def __init__(self, param: Numbers) -> None:
        super().__init__(param)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        self.fields: dict[str, NumberField] = {}
        self._values: dict[str, float] = {}
        for line, key in enumerate(param.keys):
            label = QLabel(key)
            label.setProperty("role", "muted")
            field = NumberField(whole=False, optional=True)
            field.setAccessibleName(f"{param.name} {key}")
            field.entered.connect(lambda value, key=key: self._enter(key, value))
            field.unreadable.connect(self.refused)
            field.editingFinished.connect(self.settled)
            self.fields[key] = field
            grid.addWidget(label, line, 0)
            grid.addWidget(field, line, 1)
        if self.fields:
            self.setFocusProxy(next(iter(self.fields.values())))

    def show_value(self, value: Value, mixed: bool = False) -> None:
        known = value if isinstance(value, Mapping) else {}
        self._values = {
            key: float(entry) for key, entry in known.items() if isinstance(entry, int | float)
        }
        for key, field in self.fields.items():
            field.show_value(known.get(key), mixed)

    def _enter(self, key: str, value: float | None) -> None:
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        self.offer(dict(self._values) or None)
