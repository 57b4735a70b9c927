"""What is measured of the layers while they learn: how much it may cost, on how many rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from bnstudio.layers.params import Float, Int
from bnstudio.settings import Measuring
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from collections.abc import Sequence

_BUDGET, _ROWS = "budget in %", "rows"
_PARAMS = (
    Float(
        _BUDGET,
        100 * Measuring.budget,
        min=0,
        max=100,
        help="How much of the training time measuring the layers may take; 0 measures nothing.",
    ),
    Int(
        _ROWS,
        Measuring.rows,
        min=1,
        help="On how many validation rows the layers are measured; fewer where the model is large.",
    ),
)
_NAMED = 3
"""Names of layers for which there is room in a line."""


class MeasuringField(QWidget):
    """Shows what is measured and edits it; which layers are is chosen in their table."""

    #: Something else is to be measured: (measuring, what was done, merge key).
    edited = Signal(object, str, str)

    def __init__(self) -> None:
        super().__init__()
        self._measuring = Measuring()
        self.form = ParamForm(_PARAMS, owner="measuring")
        self.form.edited.connect(self._set)
        self.left_out = Verbatim()
        self.left_out.setProperty("role", "muted")
        self.left_out.setWordWrap(True)
        self.all = QPushButton("Record all layers")
        self.all.setProperty("role", "link")
        self.all.clicked.connect(self._record_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.form)
        column.addWidget(self.left_out)
        column.addWidget(self.all, 0, Qt.AlignmentFlag.AlignLeft)

    def show_measuring(self, measuring: Measuring, names: Sequence[str]) -> None:
        """Shows this; ``names`` are those of the layers that are left out."""
        self._measuring = measuring
        self.form.show_values({_BUDGET: percent(measuring.budget), _ROWS: measuring.rows})
        said = ", ".join(names[:_NAMED])
        if len(names) > _NAMED:
            said += f" and {len(names) - _NAMED:,} more"
        self.left_out.setText(
            f"Not recorded: {said}."
            if names
            else "Every layer is recorded. The table of Layers chooses which are."
        )
        self.all.setVisible(bool(names))

    def _set(self, name: str, value: object, merge: str) -> None:
        plain = Measuring()
        if name == _BUDGET:
            share = value / 100 if isinstance(value, int | float) else plain.budget
            changed = replace(self._measuring, budget=share)
        else:
            rows = value if isinstance(value, int) else plain.rows
            changed = replace(self._measuring, rows=rows)
        self.edited.emit(changed, f"Set the {name.partition(' ')[0]} of measuring", merge)

    def _record_all(self) -> None:
        self.edited.emit(replace(self._measuring, left_out=()), "Record all layers", "")


def percent(share: float) -> float:
    """A share as a percentage, without the digits that dividing by a hundred has left."""
    return float(f"{100 * share:.12g}")
