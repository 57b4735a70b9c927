"""A Keras class out of several, an optimizer or a loss, and the chosen one's arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.settings import Choice
from bnstudio.ui.editors.base import Combo
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bnstudio.layers.params import Spec

_MAIN = 2
"""Arguments of an optimizer or a loss that are shown at once; the rest is folded."""


class ClassForm(QWidget):
    """A Keras class out of several, and its arguments."""

    def __init__(
        self,
        field: str,
        specs: Mapping[str, Spec],
        tell: Callable[[str, Choice, str, str], object],
    ) -> None:
        """``tell`` gets the field, what was chosen, the words for that, and a merge key."""
        super().__init__()
        self._field, self._specs, self._tell = field, specs, tell
        self._choice: Choice | None = None
        self.form: ParamForm | None = None
        self.combo = Combo()
        self.combo.setAccessibleName(field.capitalize())
        for name, spec in specs.items():
            self.combo.addItem(name)
            self.combo.setItemData(self.combo.count() - 1, spec.help, Qt.ItemDataRole.ToolTipRole)
        self.combo.activated.connect(self._pick)
        self._help = Verbatim()
        self._help.setProperty("role", "muted")
        self._help.setWordWrap(True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(6)
        self._column.addWidget(self.combo)
        self._column.addWidget(self._help)

    def show_choice(self, choice: Choice) -> None:
        """Shows which one it is and its arguments."""
        before, self._choice = self._choice, choice
        spec = self._specs.get(choice.name)
        self.combo.setCurrentIndex(self.combo.findText(choice.name))
        self.combo.setPlaceholderText(choice.name)
        if before is None or before.name != choice.name:
            self._build(spec)
        self._help.setText(spec.help if spec else f"Keras has no {self._field} {choice.name!r}.")
        if self.form is not None:
            self.form.show_values(choice.params)

    def _build(self, spec: Spec | None) -> None:
        if self.form is not None:
            self.form.setParent(None)
            self.form.deleteLater()
            self.form = None
        if spec is not None and spec.params:
            folded = {
                param.name: "More arguments" if place >= _MAIN else ""
                for place, param in enumerate(spec.params)
            }
            self.form = ParamForm(spec.params, owner=f"{self._field}.{spec.name}", folded=folded)
            self.form.edited.connect(self._set)
            self._column.addWidget(self.form)

    def _pick(self, _: int) -> None:
        name = self.combo.currentText()
        if self._choice is None or name == self._choice.name:
            return
        spec = self._specs[name]
        known = {param.name: param for param in spec.params}
        # An argument that the new one has too, under the same name, was meant for it as well.
        kept = {
            key: value
            for key, value in self._choice.params.items()
            if key in known and known[key].check(value) is None
        }
        needed = {
            param.name: param.initial
            for param in spec.params
            if param.required and param.name not in kept
        }
        self._tell(self._field, Choice(name, {**needed, **kept}), f"Use {name}", "")

    def _set(self, name: str, value: Any, merge: str) -> None:
        if self._choice is None:
            return
        params = {key: old for key, old in self._choice.params.items() if key != name}
        if value is not ...:
            params[name] = value
        self._tell(self._field, Choice(self._choice.name, params), f"Set {name}", merge)
