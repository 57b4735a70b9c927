"""A callback of Keras's: a check box that turns it on, and its arguments below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from bnstudio.layers.params import Choice
from bnstudio.ui.editors.form import ParamForm

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.graph import Value
    from bnstudio.layers.params import Param


class CallbackField(QWidget):
    """Shows a callback or that there is none; what it can watch is offered as a list."""

    #: It was turned on or off.
    toggled = Signal(bool)
    #: An argument was given a value, ``...`` for its default: (name, value, merge key).
    edited = Signal(str, object, str)

    def __init__(self, title: str, tip: str, params: Sequence[Param], owner: str) -> None:
        super().__init__()
        self._params, self._owner = tuple(params), owner
        self._monitors: tuple[str, ...] = ()
        self.form: ParamForm | None = None
        self.box = QCheckBox(title)
        self.box.setToolTip(tip)
        self.box.clicked.connect(self.toggled)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(8)
        self._column.addWidget(self.box)

    def show_callback(self, values: Mapping[str, Value] | None, monitors: tuple[str, ...]) -> None:
        """Shows these arguments, or None; ``monitors`` are the names that will be logged."""
        self.box.setChecked(values is not None)
        watched = values["monitor"] if values else None
        if isinstance(watched, str) and watched not in monitors:
            monitors = (*monitors, watched)
        if self.form is None or monitors != self._monitors:
            self._build(monitors)
        if self.form is not None:
            self.form.setVisible(values is not None)
            if values is not None:
                self.form.show_values(values)

    def default(self, name: str) -> Value:
        """The value of an argument that nobody has set."""
        return next(param.unset for param in self._shown() if param.name == name)

    def _shown(self) -> tuple[Param, ...]:
        return tuple(self._listed(param) for param in self._params)

    def _listed(self, param: Param) -> Param:
        if param.name != "monitor" or not self._monitors:
            return param
        return Choice("monitor", self._monitors[0], self._monitors, help=param.help)

    def _build(self, monitors: tuple[str, ...]) -> None:
        if self.form is not None:
            self.form.setParent(None)
            self.form.deleteLater()
        self._monitors = monitors
        self.form = ParamForm(self._shown(), owner=self._owner)
        self.form.edited.connect(self.edited)
        self._column.addWidget(self.form)
