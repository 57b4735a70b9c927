"""A layer inside another: which one, and that one's own form under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from bnstudio.layers.nested import config_of, entry_of, made_of
from bnstudio.ui import icons
from bnstudio.ui.editors.base import Combo, Editor

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers import LayerType
    from bnstudio.layers.nested import Nested, NestedList
    from bnstudio.ui.editors.form import ParamForm

FOLDED = {
    "trainable": "Layer",
    "dtype": "Layer",
    "lora_rank": "LoRA",
    "lora_alpha": "LoRA",
    "renorm": "Renormalization",
    "renorm_clipping": "Renormalization",
    "renorm_momentum": "Renormalization",
    "synchronized": "Layer",
}
"""Arguments that few people change, and the fold each is in."""

_INDENT = 10


class NestedForm(QFrame):
    """The arguments of a layer inside another, with a line at their left for how far it goes."""

    #: Its arguments are others now: all that are not at their default.
    edited = Signal(object)
    #: The user is done with a field.
    settled = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("role", "nested")
        self._owner: LayerType | None = None
        self._config: dict[str, Value] = {}
        self.form: ParamForm | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(_INDENT, 4, 0, 4)
        self.hide()

    def show_layer(self, entry: LayerType | None, config: dict[str, Value]) -> None:
        """Shows a layer's arguments; nothing for None."""
        self._config = dict(config)
        if entry is not self._owner:
            self._build(entry)
        if self.form is not None:
            self.form.show_values(self._config)

    def _build(self, entry: LayerType | None) -> None:
        from bnstudio.ui.editors.form import ParamForm  # a form holds editors, this one a form

        self._owner = entry
        if self.form is not None:
            self.form.setParent(None)
            self.form.deleteLater()
            self.form = None
        if entry is not None and (params := made_of(entry)):
            self.form = ParamForm(params, owner=f"inside.{entry.name}", folded=FOLDED)
            self.form.edited.connect(self._set)
            self.form.settled.connect(self.settled)
            self._column.addWidget(self.form)
        self.setVisible(self.form is not None)

    def _set(self, name: str, value: object, _merge: str) -> None:
        if value is ...:
            self._config.pop(name, None)
        else:
            self._config[name] = value  # type: ignore[assignment]  # a form offers nothing else
        if self.form is not None:
            self.form.show_values(self._config)
        self.edited.emit(dict(self._config))


class NestedEditor(Editor):
    """For ``Nested``."""

    def __init__(self, param: Nested) -> None:
        super().__init__(param)
        self._types = param.types
        self._entry: LayerType | None = None
        self._optional = param.optional
        self.combo = Combo()
        self.combo.setAccessibleName(param.name)
        if param.optional:
            self.combo.addItem("None")
        for name, entry in self._types.items():
            self.combo.addItem(name)
            tip = Qt.ItemDataRole.ToolTipRole
            self.combo.setItemData(self.combo.count() - 1, entry.summary, tip)
        self.setFocusProxy(self.combo)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.combo)
        self.inside = NestedForm(self)
        self.inside.edited.connect(self._configure)
        self.inside.settled.connect(self.settled)
        self.below = self.inside
        self.combo.activated.connect(self._choose)

    def show_value(self, value: Value, mixed: bool = False) -> None:
        entry = None if mixed else entry_of(value)
        self._entry = entry if entry is not None and entry.name in self._types else None
        place = -1
        if self._entry is not None:
            place = self.combo.findText(self._entry.name)
        elif value is None and self._optional and not mixed:
            place = 0
        elif not mixed:
            # What a file has that can be no layer here is shown all the same.
            self.combo.setPlaceholderText(repr(value))
        self.combo.setCurrentIndex(place)
        self.inside.show_layer(self._entry, dict(config_of(value)))

    def _choose(self, place: int) -> None:
        self._entry = self._types.get(self.combo.itemText(place))
        config = dict(self._entry.initial) if self._entry else {}
        self.inside.show_layer(self._entry, config)
        self._configure(config)
        self.settled.emit()

    def _configure(self, config: dict[str, Value]) -> None:
        if self._entry is None:
            self.offer(None)
        else:
            self.offer({"class_name": self._entry.name, "config": config})


class NestedListEditor(Editor):
    """For ``NestedList``: one under the other, with buttons to add and to remove."""

    def __init__(self, param: NestedList) -> None:
        super().__init__(param)
        self._nested = param
        self._values: list[Value] = []
        self.rows: list[_Row] = []
        self.add = QToolButton()
        self.add.setText("Add")
        self.add.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.add.setAccessibleName(f"Add to {param.name}")
        self.add.setToolTip("Adds one more like the last.")
        icons.bind(self.add, "add", "muted")
        self.add.clicked.connect(self._add)
        self.setFocusProxy(self.add)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.add)
        row.addStretch(1)
        self.below = QWidget(self)
        self._column = QVBoxLayout(self.below)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)

    def show_value(self, value: Value, mixed: bool = False) -> None:
        self._values = list(value) if isinstance(value, tuple) and not mixed else []
        while len(self.rows) > len(self._values):
            row = self.rows.pop()
            row.setParent(None)
            row.deleteLater()
        while len(self.rows) < len(self._values):
            row = _Row(self._nested, len(self.rows))
            row.edited.connect(self._set)
            row.removed.connect(self._remove)
            row.settled.connect(self.settled)
            self.rows.append(row)
            self._column.addWidget(row)
        for row, each in zip(self.rows, self._values, strict=True):
            row.editor.show_value(each)
            row.remove.setEnabled(len(self.rows) > 1)

    def _add(self) -> None:
        start = self._nested.initial
        last = self._values or (start if isinstance(start, tuple) else ())
        self._take([*self._values, *last[-1:]])
        self.settled.emit()

    def _remove(self, place: int) -> None:
        self._take([each for at, each in enumerate(self._values) if at != place])
        self.settled.emit()

    def _set(self, place: int, value: Value) -> None:
        self._take([value if at == place else each for at, each in enumerate(self._values)])

    def _take(self, values: list[Value]) -> None:
        whole: Value = tuple(values)
        self.show_value(whole)
        self.offer(whole)


class _Row(QWidget):
    """One layer of several: which one, a button that removes it, and its arguments."""

    #: It is another one now: (place, value).
    edited = Signal(int, object)
    #: It is to be removed: its place.
    removed = Signal(int)
    #: The user is done with a field.
    settled = Signal()

    def __init__(self, param: NestedList, place: int) -> None:
        super().__init__()
        each = param.one()
        self.editor = NestedEditor(each)
        self.editor.combo.setAccessibleName(f"{param.name}, number {place + 1}")
        self.remove = QToolButton()
        icons.bind(self.remove, "close", "muted")
        self.remove.setAccessibleName(f"Remove number {place + 1} of {param.name}")
        self.remove.setToolTip("Removes this one.")
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.editor, 1)
        head.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.editor.inside)
        self.editor.edited.connect(lambda value: self.edited.emit(place, value))
        self.editor.settled.connect(self.settled)
        self.remove.clicked.connect(lambda: self.removed.emit(place))
