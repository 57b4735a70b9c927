"""How much the rows of each class count: alike, balanced, or a weight a class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.layers.params import Float
from bnstudio.ui.editors.base import Combo
from bnstudio.ui.editors.form import ParamForm

if TYPE_CHECKING:
    from bnstudio.settings import ClassWeight

_ALIKE, _BALANCED, _GIVEN = range(3)
_CHOICES = (
    ("None", "Every row counts the same."),
    ("Balanced", "Every class counts the same, however many rows it has."),
    ("By class", "Each class has a weight of its own."),
)


class ClassWeightField(QWidget):
    """Shows class weights and offers others."""

    #: Other weights were chosen: (weights, what was done, merge key).
    edited = Signal(object, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._weights: tuple[float, ...] = ()
        self._classes: tuple[str, ...] = ()
        self._named: tuple[str, ...] | None = None
        self.form: ParamForm | None = None
        self.combo = Combo()
        self.combo.setAccessibleName("Class weights")
        for place, (text, help) in enumerate(_CHOICES):
            self.combo.addItem(text)
            self.combo.setItemData(place, help, Qt.ItemDataRole.ToolTipRole)
        self.combo.activated.connect(self._choose)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.combo)

    def show_weights(self, weights: ClassWeight, classes: tuple[str, ...]) -> None:
        """Shows these; ``classes`` are the data's, as people call them."""
        self._classes = classes
        self._weights = weights if isinstance(weights, tuple) else ()
        given = _GIVEN if self._weights else _BALANCED if weights == "balanced" else _ALIKE
        self.combo.setCurrentIndex(given)
        names = tuple(
            classes[label] if label < len(classes) else f"class {label}"
            for label in range(len(self._weights))
        )
        if self._weights and names != self._named:
            self._build(names)
        if self.form is not None:
            self.form.setVisible(bool(self._weights))
            if self._weights:
                self.form.show_values(dict(zip(names, self._weights, strict=True)))

    def _build(self, names: tuple[str, ...]) -> None:
        if self.form is not None:
            self.form.setParent(None)
            self.form.deleteLater()
        self._named = names
        help = "How much each row of this class counts."
        self.form = ParamForm(
            tuple(Float(name, 1.0, min=0, help=help) for name in names), owner="class_weight"
        )
        self.form.edited.connect(self._set)
        self._column.addWidget(self.form)

    def _choose(self, place: int) -> None:
        if place == _GIVEN:
            weights = self._weights or (1.0,) * max(len(self._classes), 1)
            self.edited.emit(weights, "Weigh the classes", "")
        elif place == _BALANCED:
            self.edited.emit("balanced", "Balance the classes", "")
        else:
            self.edited.emit(None, "Use no class weights", "")

    def _set(self, name: str, value: object, merge: str) -> None:
        if self._named is None or name not in self._named:
            return
        weight = float(value) if isinstance(value, int | float) else 1.0
        place = self._named.index(name)
        weights = (*self._weights[:place], weight, *self._weights[place + 1 :])
        self.edited.emit(weights, f"Set the weight of {name}", merge)
