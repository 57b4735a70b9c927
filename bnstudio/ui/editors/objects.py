"""Initializers, regularizers, constraints: which one, and that one's own arguments below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtWidgets import QVBoxLayout

from bnstudio.ui.editors.base import Combo, Editor

if TYPE_CHECKING:
    from bnstudio.graph import Value
    from bnstudio.layers.params import Object, Spec
    from bnstudio.ui.editors.form import ParamForm


class ObjectEditor(Editor):
    """For ``Object`` and its families."""

    nothing: ClassVar[str] = ""
    """What the value that is no object is called, in a family that has one beside None."""

    def __init__(self, param: Object) -> None:
        super().__init__(param)
        self._object = param
        self._choices: tuple[Spec | None, ...] = (
            (None, *param.specs) if param.optional or self.nothing else param.specs
        )
        self._short: dict[str, str] = {
            spec: alias for alias, spec in reversed(tuple(param.aliases.items()))
        }
        self.combo = Combo()
        self.combo.setAccessibleName(param.name)
        for spec in self._choices:
            self.combo.addItem(spec.name if spec else self.nothing or "None")
            if spec and spec.help:
                self.combo.setItemData(self.combo.count() - 1, spec.help, 3)  # ToolTipRole
        self.setFocusProxy(self.combo)
        self._forms: dict[str, ParamForm] = {}
        self._config: dict[str, Value] = {}
        self._spec: Spec | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(4)
        self._column.addWidget(self.combo)
        self.combo.activated.connect(self._choose)

    @property
    def form(self) -> ParamForm | None:
        """The fields of the chosen object's own arguments, where it has any."""
        return self._forms.get(self._spec.name) if self._spec else None

    def show_value(self, value: Value, mixed: bool = False) -> None:
        spec = None if mixed else self._object.spec(value)
        known = mixed or spec is not None or value is None
        if not known:
            self.combo.setPlaceholderText(repr(value))
        place = self._choices.index(spec) if not mixed and spec in self._choices else -1
        self.combo.setCurrentIndex(place)
        config = value.get("config", {}) if isinstance(value, Mapping) else {}
        self._spec = spec
        self._config = dict(config) if isinstance(config, Mapping) else {}
        self._show_form()

    def _show_form(self) -> None:
        name = self._spec.name if self._spec and self._spec.params else ""
        if name and name not in self._forms and self._spec is not None:
            form = self._make_form(self._spec)
            form.edited.connect(self._configure)
            form.settled.connect(self.settled)
            self._forms[name] = form
        for known, form in self._forms.items():
            form.setVisible(known == name)
        if name:
            self._forms[name].show_values(self._config)

    def _make_form(self, spec: Spec) -> ParamForm:
        from bnstudio.ui.editors.form import ParamForm  # a form holds editors, this one a form

        form = ParamForm(spec.params, owner=self._object.name, nested=True)
        self._column.addWidget(form)
        return form

    def _choose(self, place: int) -> None:
        self._spec = self._choices[place]
        self._config = self._begin(self._spec) if self._spec else {}
        self._show_form()
        self.offer(self._value())
        self.settled.emit()

    def _begin(self, spec: Spec) -> dict[str, Value]:
        """The arguments that an object has when it is chosen."""
        return {param.name: param.initial for param in spec.params if param.required}

    def _configure(self, name: str, value: object, _merge: str) -> None:
        if value is ...:
            self._config.pop(name, None)
        else:
            self._config[name] = value  # type: ignore[assignment]  # a form offers nothing else
        if self.form is not None:
            self.form.show_values(self._config)
        self.offer(self._value())

    def _value(self) -> Value:
        """The shortest form that Keras takes: its alias, or class name and arguments."""
        if self._spec is None:
            return None
        if not self._config:
            return self._short.get(self._spec.name, self._spec.name)
        return {"class_name": self._spec.name, "config": dict(self._config)}
