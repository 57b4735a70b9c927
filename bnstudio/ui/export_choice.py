"""What is asked before the model goes out: whose weights it has, and what is folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bnstudio.exporters.models import WEIGHTS
from bnstudio.folding import NOTHING
from bnstudio.runs.weights import FRESH
from bnstudio.ui.verbatim import in_html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.exporters import Exporter
    from bnstudio.folding import Survey
    from bnstudio.runs.weights import WeightsChoice


class ExportChoice(QDialog):
    """Asks for the weights and, where there is something to fold, whether it is."""

    def __init__(
        self, found: Sequence[WeightsChoice], survey: Survey, exporter: Exporter, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._found, self._survey, self._alone = found, survey, exporter is WEIGHTS
        self.setWindowTitle(f"Export {exporter.title}")
        label = QLabel("The &weights that it has:")
        self.weights = QComboBox()
        self.weights.setAccessibleName("Weights")
        self.weights.addItems([weights.title for weights in found])
        self.weights.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.weights.currentIndexChanged.connect(self._follow)
        label.setBuddy(self.weights)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addWidget(label)
        column.addWidget(self.weights)
        self.fold = QCheckBox(f"&Fold BatchNorm into the layers before ({_told(survey)})")
        self.why = QLabel()
        self.why.setWordWrap(True)
        self.why.setProperty("role", "muted")
        if survey.folds:
            self.fold.setToolTip(in_html("\n".join(f"{s.name}: {s.why}" for s in survey.stays)))
            column.addSpacing(6)
            column.addWidget(self.fold)
            column.addWidget(self.why)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        choose = buttons.addButton("Choose File\u2026", QDialogButtonBox.ButtonRole.AcceptRole)
        choose.setProperty("role", "primary")
        choose.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addSpacing(6)
        column.addWidget(buttons, alignment=Qt.AlignmentFlag.AlignBottom)
        self.setMinimumWidth(30 * self.fontMetrics().horizontalAdvance("M"))
        self._follow()

    @property
    def chosen(self) -> tuple[WeightsChoice, Survey]:
        """The weights, and what is folded."""
        folds = self.fold.isEnabled() and self.fold.isChecked()
        return self._found[self.weights.currentIndex()], self._survey if folds else NOTHING

    def _follow(self) -> None:
        fresh = self._found[self.weights.currentIndex()] is FRESH
        self.fold.setEnabled(bool(self._survey.folds) and not fresh)
        if fresh:
            why = "Of new weights a normalization has learned nothing that could be folded."
        elif self._alone:
            why = "Folded, the weights are those of the folded model, not of the one that is drawn."
        else:
            why = "The model computes the same at inference; the difference is measured and told."
        self.why.setText(why)


def choose(
    found: Sequence[WeightsChoice], survey: Survey, exporter: Exporter, parent: QWidget
) -> tuple[WeightsChoice, Survey] | None:
    """Asks where there is a choice; None where that is given up."""
    if len(found) == 1 and (found[0] is FRESH or not survey.folds):
        return found[0], NOTHING
    dialog = ExportChoice(found, survey, exporter, parent)
    answered = dialog.exec()
    chosen = dialog.chosen
    dialog.deleteLater()
    return chosen if answered else None


def _told(survey: Survey) -> str:
    most = len(survey.folds) + len(survey.stays)
    saved = survey.saved
    return f"{len(survey.folds)} of {most}, saves {saved:,} parameter{'s' if saved != 1 else ''}"
