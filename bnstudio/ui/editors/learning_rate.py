"""A learning rate: a number, or which schedule and that one's own arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.ui.editors.base import mark_refused
from bnstudio.ui.editors.number import NumberField
from bnstudio.ui.editors.objects import ObjectEditor
from bnstudio.ui.editors.tuples import IntsEditor

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.params import Spec
    from bnstudio.settings import LearningRate
    from bnstudio.ui.editors.form import ParamForm


class LearningRateEditor(ObjectEditor):
    """For ``LearningRate``: a field for the number, and the schedules below it."""

    nothing = "Constant"

    def __init__(self, param: LearningRate) -> None:
        super().__init__(param)
        self.combo.setAccessibleName(f"{param.name} schedule")
        self.combo.setItemData(0, "The same at every step.", 3)  # ToolTipRole
        self._rate: float = 0.01
        self.number = NumberField(whole=False)
        self.number.limit(0, None)
        self.number.setAccessibleName(param.name)
        self._column.insertWidget(0, self.number)
        self.below = QWidget(self)
        self._under = QVBoxLayout(self.below)
        self._under.setContentsMargins(12, 2, 0, 0)
        self.number.entered.connect(self._take)
        self.number.unreadable.connect(self.refused)
        self.number.editingFinished.connect(self.settled)
        self.refused.connect(lambda reason: mark_refused(self.number, bool(reason)))

    def show_value(self, value: Value, mixed: bool = False) -> None:
        super().show_value(value, mixed)
        constant = value if not mixed and isinstance(value, int | float) else None
        if constant is None and self._spec is None:
            self.combo.setCurrentIndex(-1)  # what is neither is shown as it is
        if constant is not None:
            self._rate = float(constant)
            self.number.show_value(constant)
        elif isinstance(start := self._config.get("initial_learning_rate"), int | float):
            self._rate = float(start)
        self._show_number()

    def _make_form(self, spec: Spec) -> ParamForm:
        from bnstudio.ui.editors.form import ParamForm  # a form holds editors, this one a form

        form = ParamForm(spec.params, owner=self.param.name)
        for row in form.rows.values():
            if isinstance(row.editor, IntsEditor):
                row.editor.columns = 1  # rates and numbers of steps are long
        self._under.addWidget(form)
        return form

    def _show_number(self) -> None:
        constant = self.combo.currentIndex() == 0
        if self.below is not None:
            self.below.setVisible(self.form is not None)
        self.combo.setToolTip(f"{self._spec.name}: {self._spec.help}" if self._spec else "")
        self.number.setVisible(constant)
        self.setFocusProxy(self.number if constant else self.combo)

    def _take(self, value: float) -> None:
        self._rate = value
        self.offer(value)

    def _choose(self, place: int) -> None:
        super()._choose(place)
        self.number.show_value(self._rate)
        self._show_number()

    def _begin(self, spec: Spec) -> dict[str, Value]:
        """A schedule begins where the rate is."""
        config = super()._begin(spec)
        if "initial_learning_rate" in config:
            config["initial_learning_rate"] = self._rate
        if "values" in config:
            config["values"] = (self._rate, float(f"{self._rate / 10:.12g}"))
        return config

    def _value(self) -> Value:
        return self._rate if self._spec is None else super()._value()

    def _configure(self, name: str, value: object, merge: str) -> None:
        super()._configure(name, value, merge)
        if name == "initial_learning_rate" and isinstance(value, int | float):
            self._rate = float(value)
