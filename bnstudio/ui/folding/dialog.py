"""The dialog of the command: what is folded, with whose weights, how it looks and what it costs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from bnstudio.folding import fold, survey
from bnstudio.graph import place_of
from bnstudio.project import InitialWeights, dumps
from bnstudio.ui.canvas.picture import Picture
from bnstudio.ui.document import Document
from bnstudio.ui.folding.measuring import Measuring
from bnstudio.ui.folding.norms import Norms
from bnstudio.ui.progress import WHOLE
from bnstudio.ui.status import count
from bnstudio.ui.verbatim import Elided, Verbatim
from bnstudio.ui.whose_weights import trained
from bnstudio.weights import WeightsError, place

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.runs.weights import WeightsChoice
    from bnstudio.ui.session import Session

ABOUT = (
    "At inference a batch normalization is a factor and a shift for each channel, and the Dense or "
    "convolution before it can take both into its weights: the model then computes the same with "
    "fewer layers. It is for a model that is trained; trained on, the folded one is another model."
)
UNTRAINED = (
    "There are no trained weights to fold: show a run of this very model, or take weights into the "
    "project. Of new ones a normalization has learned nothing yet."
)
_USUAL = QSize(980, 640)


class FoldDialog(QDialog):
    """Shows the folded drawing, and makes it the project's, weights and all, as one edit."""

    #: Something is to be told: the text, and of which kind.
    told = Signal(str, str)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Fold BatchNorm")
        self._document = session.document
        self._project = session.document.project
        self._survey = survey(session.document.analysis)
        self._weights = trained(session)
        self.measuring = Measuring(dumps(self._project), self)
        self.measuring.changed.connect(self._show_measured)
        self.norms = Norms(self._survey, self._project.graph)
        self.norms.ticked.connect(self._choose)
        self.norms.pointed.connect(self._look_at)
        self._preview = Document(replace(self._project, weights=None), self)
        self.picture = Picture(self._preview, "The folded drawing")
        self._lay()
        self._document.changed.connect(self._leave)
        room = parent.size() - QSize(40, 40)
        self.resize(_USUAL.boundedTo(room))
        self._choose()
        self.picture.arrive()

    # Putting it together.

    def _lay(self) -> None:
        about = QLabel(ABOUT)
        about.setWordWrap(True)
        about.setProperty("role", "muted")
        self.totals = Verbatim()
        self.totals.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(about)
        column.addLayout(self._lay_weights())
        column.addWidget(self._lay_middle(), 1)
        column.addWidget(self.totals)
        column.addLayout(self._lay_status())
        buttons = QDialogButtonBox()
        self.ok = buttons.addButton("Fold", QDialogButtonBox.ButtonRole.AcceptRole)
        self.ok.setProperty("role", "primary")
        self.ok.setDefault(True)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)

    def _lay_weights(self) -> QHBoxLayout:
        self.weights = QComboBox()
        self.weights.setAccessibleName("Weights that are folded")
        self.weights.addItems([weights.title for weights in self._weights])
        self.weights.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.weights.currentIndexChanged.connect(self._choose)
        label = QLabel("&Weights:")
        label.setBuddy(self.weights)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.weights, 1)
        if not self._weights:
            self.weights.hide()
            label.setText(UNTRAINED)
            label.setWordWrap(True)
            label.setProperty("role", "error")
            row.setStretch(0, 1)
        return row

    def _lay_middle(self) -> QSplitter:
        self.all = QCheckBox()
        self.all.setAccessibleDescription("Folds all that can be folded, or none")
        self.all.setEnabled(bool(self._survey.folds))
        self.all.clicked.connect(self._tick_all)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.all)
        column.addWidget(self.norms, 1)
        right = QWidget()
        under = QHBoxLayout()
        under.setContentsMargins(8, 0, 0, 0)
        self.caption = Elided()
        self.caption.setProperty("role", "muted")
        under.addWidget(self.caption, 1)
        for text, name, act in (
            ("\u2212", "Zoom out", lambda: self.picture.zoom_by(0.8)),
            ("+", "Zoom in", lambda: self.picture.zoom_by(1.25)),
            ("Fit", "Show the whole drawing", self.picture.fit),
        ):
            button = QPushButton(text)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setAutoDefault(False)
            button.clicked.connect(act)
            under.addWidget(button)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(under)
        column.addWidget(self.picture, 1)
        middle = QSplitter(Qt.Orientation.Horizontal)
        middle.setChildrenCollapsible(False)
        middle.addWidget(left)
        middle.addWidget(right)
        middle.setSizes([_USUAL.width() * 3 // 5, _USUAL.width() * 2 // 5])
        return middle

    def _lay_status(self) -> QHBoxLayout:
        self.status = Verbatim()
        self.status.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, WHOLE)
        self.bar.setTextVisible(False)  # the text beside says it
        self.bar.setAccessibleName("Share of the measuring that is done")
        self.bar.setFixedWidth(140)
        self.again = QPushButton()
        self.again.setAutoDefault(False)
        self.again.clicked.connect(self._measure_or_stop)
        row = QHBoxLayout()
        row.addWidget(self.status, 1)
        row.addWidget(self.bar)
        row.addWidget(self.again)
        return row

    # What is chosen, and what follows.

    @property
    def _with(self) -> WeightsChoice | None:
        """The weights that are chosen."""
        return self._weights[self.weights.currentIndex()] if self._weights else None

    def _tick_all(self) -> None:
        some = len(self.norms.chosen) < len(self.norms.norms)
        self.norms.tick(range(len(self.norms.norms)), some)
        self._show_all()

    def _show_all(self) -> None:
        chosen, most = len(self.norms.chosen), len(self.norms.norms)
        states = Qt.CheckState
        self.all.setText(f"{chosen} of {most + len(self._survey.stays)} are folded")
        self.all.setCheckState(
            states.Unchecked if not chosen else
            states.Checked if chosen == most else states.PartiallyChecked
        )  # fmt: skip

    def _choose(self) -> None:
        found = self._survey.only(self.norms.chosen)
        self._show_all()
        self._preview.edit(fold(self._project.graph, found.folds), "Fold")
        self._look_at(self.norms.current)
        self.totals.setText(_totals(self._document.analysis, self._preview.analysis))
        if self._with is not None and found.folds:
            self.measuring.ask(self._with, self.norms.chosen)
        else:
            self.measuring.stop()

    def _look_at(self, name: str) -> None:
        """Shows the drawing that a layer is in, with those of it selected that take one over."""
        at = place_of(self._project.graph, name)
        path = at[0] if at is not None else ()
        shown = self._preview.level
        shown.enter(path)
        folds = self._survey.only(self.norms.chosen).folds
        places = (place_of(self._project.graph, one.layer) for one in folds)
        shown.select(found[1] for found in places if found and found[0] == path)
        inside = " / ".join(shown.names)
        self.caption.setText(f"The folded drawing, in {inside}" if inside else "The folded drawing")

    def _measure_or_stop(self) -> None:
        if self.measuring.stage:
            self.measuring.stop()
        elif self._with is not None:
            self.measuring.ask(self._with, self.norms.chosen)

    def _show_measured(self) -> None:
        told, can = self.measuring, self._with is not None and bool(self.norms.chosen)
        working = can and bool(told.stage)
        self.ok.setEnabled(can and told.found is not None)
        self.bar.setVisible(working)
        self.bar.setValue(int(WHOLE * told.share))
        self.again.setVisible(can and told.found is None)
        self.again.setText("Stop" if working else "Measure")
        self.again.setAccessibleName(f"{self.again.text()} the difference")
        fault = bool(can and told.fault)
        self.status.setText(self._said(can))
        if self.status.property("role") != ("error" if fault else ""):
            self.status.setProperty("role", "error" if fault else "")
            self.status.style().polish(self.status)

    def _said(self, can: bool) -> str:
        told = self.measuring
        if not can:
            if not self._survey.folds:
                return "None of them can be folded; the list says why."
            return "Nothing is ticked." if self._weights else ""
        if told.stage:
            return f"Measuring the difference: {told.stage} \u2026"
        if told.fault:
            return told.fault
        if told.found is None:
            return "The difference has not been measured."
        size = f"differ by {told.found.difference:.1g} at most" if told.found.difference else (
            "are exactly the same"
        )  # fmt: skip
        return " ".join([f"The outputs {size}, on random rows.", *told.found.notes])

    # How it ends.

    def accept(self) -> None:
        """Folds: the drawing and the weights become the project's, as one step to undo."""
        found, chosen = self.measuring.found, self._survey.only(self.norms.chosen)
        if found is None or not chosen.folds:
            return
        try:
            weights = place.adopt(found.path)
        except WeightsError as error:
            self.told.emit(f"Nothing was folded. {error}", "error")
            super().reject()
            return
        self._document.changed.disconnect(self._leave)
        settings = replace(self._project.settings, start="weights")
        self._document.edit(
            replace(
                self._project,
                graph=fold(self._project.graph, chosen.folds),
                weights=InitialWeights(weights.fingerprint, weights.origin),
                settings=settings,
            ),
            "Fold BatchNorm",
        )
        number = len(chosen.folds)
        self.told.emit(
            f"Folded {number} batch normalization{'s' if number != 1 else ''}: {chosen.saved:,} "
            "parameters fewer.",
            "undo",
        )
        super().accept()

    def done(self, result: int) -> None:
        """Ends what is still being measured, however the dialog is left."""
        self.measuring.close()
        super().done(result)

    def _leave(self) -> None:
        """The project has become another one beneath the dialog."""
        self.told.emit("The project has changed, so nothing was folded.", "info")
        self.reject()


def _totals(before: Analysis, after: Analysis) -> str:
    """Parameters and operations, before and after."""
    had, has = before.trainable + before.fixed, after.trainable + after.fixed
    return (
        f"Parameters: {had:,} \u2192 {has:,} ({had - has:,} fewer). For one row: "
        f"{count(before.flops, 'FLOP')} \u2192 {count(after.flops, 'FLOP')}."
    )
