"""How the model is trained: optimizer, loss, metrics, schedule, and what is proposed for them."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from bnstudio import data
from bnstudio.graph import level, place_of
from bnstudio.layers.params import Bool, Float, Int, Param, Text
from bnstudio.rules import Case
from bnstudio.rules.proposals import Proposal, apply_all, propose
from bnstudio.settings import (
    CALLBACKS,
    LOSSES,
    METRICS,
    OPTIMIZERS,
    Choice,
    EarlyStopping,
    ReduceLROnPlateau,
    problems,
)
from bnstudio.ui import icons
from bnstudio.ui.editors.callback import CallbackField
from bnstudio.ui.editors.class_form import ClassForm
from bnstudio.ui.editors.class_weight import ClassWeightField
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.editors.measuring import MeasuringField
from bnstudio.ui.editors.start import StartField
from bnstudio.ui.page import Page
from bnstudio.ui.verbatim import Verbatim, in_html

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.settings import ClassWeight, Measuring, Settings
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

_SCHEDULE: tuple[Param, ...] = (
    Int("epochs", 20, min=1, help="How often all training rows are gone through, at most."),
    Int("batch_size", 32, min=1, help="How many rows make a step."),
    Float("validation_split", 0.2, min=0, max=0.99, help="The share of the rows that is held out."),
    Int("seed", 0, min=0, max=2**32 - 1, help="For the first weights, the shuffle and the split."),
)

_EARLY: tuple[Param, ...] = (
    Text("monitor", "val_loss", help="What has to improve."),
    Int("patience", 5, min=0, help="For how many epochs it may fail to."),
    Float("min_delta", 0.0, min=0, help="The least change that counts as improving."),
    Bool("restore_best_weights", True, help="Whether the best epoch's weights are kept."),
)


class SettingsPanel(QWidget):
    """Edits the settings; each edit is one undo step."""

    title = "Settings"
    area = Qt.DockWidgetArea.RightDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document = document
        self._stale = True
        page = Page()
        self._column = page.column
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)

        self.proposals = _Proposals()
        self.proposals.used.connect(self._use)
        self._column.addWidget(self.proposals)
        self.optimizer = ClassForm("optimizer", OPTIMIZERS, self._set_choice)
        self.loss = ClassForm("loss", LOSSES, self._set_choice)
        self.metrics = _Metrics(self._set_metrics)
        self.schedule = ParamForm(_SCHEDULE, owner="settings")
        self.schedule.edited.connect(self._set_field)
        self.early = CallbackField(
            "Stop early", "End the run when a value no longer improves", _EARLY, "early"
        )
        self.early.toggled.connect(self._toggle_early)
        self.early.edited.connect(partial(self._set_callback, "early_stopping"))
        self.reduce = CallbackField(
            "Reduce the learning rate on a plateau",
            "Cut it when a value no longer improves",
            CALLBACKS["ReduceLROnPlateau"].params,
            "reduce",
        )
        self.reduce.toggled.connect(self._toggle_reduce)
        self.reduce.edited.connect(partial(self._set_callback, "reduce_lr"))
        self.weights_heading = _heading("Class weights")
        self.weights = ClassWeightField()
        self.weights.edited.connect(self._set_weights)
        for heading, widget in (
            ("Optimizer", self.optimizer),
            ("Loss", self.loss),
            ("Metrics", self.metrics),
            ("Schedule", self.schedule),
        ):
            self._column.addWidget(_heading(heading))
            self._column.addWidget(widget)
        for part in (self.early, self.reduce, self.weights_heading, self.weights):
            self._column.addWidget(part)
        self.start_heading = _heading("Start from")
        self.start = StartField()
        self.start.edited.connect(self._set_start)
        self._column.addWidget(self.start_heading)
        self._column.addWidget(self.start)
        self.measuring = MeasuringField()
        self.measuring.edited.connect(self._set_measuring)
        self._column.addWidget(_heading("Measuring"))
        self._column.addWidget(self.measuring)
        self.problem = Verbatim()
        self.problem.setProperty("role", "error")
        self.problem.setWordWrap(True)
        self._column.addWidget(self.problem)
        self._column.addStretch(1)
        document.diagnosed.connect(self._refresh)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what changed while it was hidden."""
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def _refresh(self) -> None:
        self._stale = not self.isVisible()
        if self._stale:
            return
        project = self._document.project
        settings = project.settings
        self.optimizer.show_choice(settings.optimizer)
        self.loss.show_choice(settings.loss)
        self.metrics.show_metrics(settings.metrics)
        values = {param.name: getattr(settings, param.name) for param in _SCHEDULE}
        self.schedule.show_values(values)
        monitors = _monitors(settings)
        for field, callback in (
            (self.early, settings.early_stopping),
            (self.reduce, settings.reduce_lr),
        ):
            field.show_callback(None if callback is None else asdict(callback), monitors)
        facts = data.facts(project.source)
        classes = facts.class_names if facts else ()
        self.weights.show_weights(settings.class_weight, classes)
        for part in (self.weights_heading, self.weights):
            part.setVisible(bool(classes) or settings.class_weight is not None)
        self.start.show_start(project, self._document.match)
        self.start_heading.setVisible(project.weights is not None)
        self.start.setVisible(project.weights is not None)
        left_out = [
            " / ".join((*self._document.level.names_of(place[0]), node.name))
            for key in settings.measuring.left_out
            if (place := place_of(project.graph, key)) is not None
            and (node := level(project.graph, place[0]).nodes[place[1]])
        ]
        self.measuring.show_measuring(settings.measuring, left_out)
        self.problem.setText("\n".join(problems(settings).values()))
        self.problem.setVisible(bool(self.problem.text()))
        case = Case(project, self._document.analysis, facts)
        wanted = [proposal for proposal in propose(case) if proposal.changes(project)]
        self.proposals.show_proposals(tuple(wanted))

    def _edit(self, label: str, merge: str = "", **fields: Any) -> None:
        project = self._document.project
        settings = replace(project.settings, **fields)
        self._document.edit(replace(project, settings=settings), label, merge=merge)

    def _set_choice(self, field: str, choice: Choice, label: str, merge: str) -> None:
        self._edit(label, merge, **{field: choice})

    def _set_metrics(self, metrics: tuple[str, ...], label: str) -> None:
        self._edit(label, metrics=metrics)

    def _set_field(self, name: str, value: Any, merge: str) -> None:
        if value is ...:
            value = next(param.default for param in _SCHEDULE if param.name == name)
        self._edit(f"Set {name}", merge, **{name: value})

    def _toggle_early(self, on: bool) -> None:
        if on:
            monitors = _monitors(self._document.project.settings)
            self._edit("Stop early", early_stopping=EarlyStopping(monitor=monitors[0]))
        else:
            self._edit("Do not stop early", early_stopping=None)

    def _toggle_reduce(self, on: bool) -> None:
        if on:
            monitors = _monitors(self._document.project.settings)
            reduce = ReduceLROnPlateau(monitor=monitors[0])
            self._edit("Reduce the learning rate on a plateau", reduce_lr=reduce)
        else:
            self._edit("Do not reduce the learning rate", reduce_lr=None)

    def _set_callback(self, field: str, name: str, value: Any, merge: str) -> None:
        callback = getattr(self._document.project.settings, field)
        if callback is None:
            return
        if value is ...:
            shown = self.early if field == "early_stopping" else self.reduce
            value = shown.default(name)
        self._edit(f"Set {name}", merge, **{field: replace(callback, **{name: value})})

    def _set_weights(self, weights: ClassWeight, label: str, merge: str) -> None:
        self._edit(label, merge, class_weight=weights)

    def _set_start(self, start: str, label: str) -> None:
        self._edit(label, start=start)

    def _set_measuring(self, measuring: Measuring, label: str, merge: str) -> None:
        self._edit(label, merge, measuring=measuring)

    def _use(self, proposals: tuple[Proposal, ...]) -> None:
        names = ", ".join(proposal.title.lower() for proposal in proposals)
        label = f"Use the proposed {names}" if len(proposals) < 3 else "Use the proposed settings"
        self._document.edit(apply_all(self._document.project, proposals), label)


class _Proposals(QFrame):
    """What would suit better than what is set, each with its reason and a button."""

    #: These proposals are to be used.
    used = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.shown: tuple[Proposal, ...] = ()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 10, 12, 10)
        self._column.setSpacing(8)
        head = QHBoxLayout()
        title = QLabel("Proposed for this data and model")
        title.setProperty("role", "heading")
        title.setWordWrap(True)
        self.all = QPushButton("Use all")
        self.all.clicked.connect(lambda: self.used.emit(self.shown))
        head.addWidget(title, 1)
        head.addWidget(self.all)
        self._column.addLayout(head)
        self._rows: list[QWidget] = []
        self.hide()

    def show_proposals(self, proposals: tuple[Proposal, ...]) -> None:
        """Shows these; nothing at all when there are none."""
        if proposals == self.shown:
            return
        self.shown = proposals
        for row in self._rows:
            row.setParent(None)
            row.deleteLater()
        self._rows = [self._row(proposal) for proposal in proposals]
        for row in self._rows:
            self._column.addWidget(row)
        self.setVisible(bool(proposals))

    def _row(self, proposal: Proposal) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        text = QLabel(f"<b>{escape(proposal.title)}</b> {escape(told(proposal.value))}")
        text.setWordWrap(True)
        why = Verbatim(proposal.reason)
        why.setProperty("role", "muted")
        why.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(text)
        words.addWidget(why)
        use = QPushButton("Use")
        use.setProperty("role", "link")
        use.setAccessibleName(f"Use the proposed {proposal.title.lower()}")
        use.clicked.connect(lambda: self.used.emit((proposal,)))
        line.addLayout(words, 1)
        line.addWidget(use, 0, Qt.AlignmentFlag.AlignTop)
        return row


class _Metrics(QWidget):
    """The metrics, one a line, and a menu that adds more."""

    def __init__(self, tell: Any) -> None:
        super().__init__()
        self._tell = tell
        self._shown: tuple[str, ...] | None = None
        self._rows: list[QWidget] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        self.add = QPushButton("Add metric")
        self.add.setProperty("role", "link")
        self.menu = QMenu(self.add)
        self.menu.setToolTipsVisible(True)
        self.menu.aboutToShow.connect(self._fill)
        self.add.setMenu(self.menu)
        self._column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_metrics(self, metrics: tuple[str, ...]) -> None:
        """Shows these."""
        if metrics == self._shown:
            return
        self._shown = metrics
        for row in self._rows:
            row.setParent(None)
            row.deleteLater()
        self._rows = [self._row(name) for name in metrics]
        for place, row in enumerate(self._rows):
            self._column.insertWidget(place, row)

    def _row(self, name: str) -> QWidget:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        label = Verbatim(name)
        spec = METRICS.get(name)
        label.setToolTip(spec.help if spec else "")
        remove = QToolButton()
        remove.setAccessibleName(f"Remove {name}")
        remove.setToolTip(in_html(f"Remove {name}"))
        icons.bind(remove, "close", "muted")
        remove.clicked.connect(lambda: self._remove(name))
        line.addWidget(label, 1)
        line.addWidget(remove)
        return row

    def _fill(self) -> None:
        self.menu.clear()
        for name, spec in METRICS.items():
            if name not in (self._shown or ()):
                action = QAction(name, self.menu)
                action.setToolTip(spec.help)
                action.triggered.connect(lambda _=False, name=name: self._append(name))
                self.menu.addAction(action)

    def _append(self, name: str) -> None:
        self._tell((*(self._shown or ()), name), f"Add {name}")

    def _remove(self, name: str) -> None:
        # By name: a button may still be pressed whose row an undo has taken away.
        kept = tuple(metric for metric in self._shown or () if metric != name)
        if kept != self._shown:
            self._tell(kept, f"Remove {name}")


def told(value: object) -> str:
    """A setting's value in words."""
    match value:
        case Choice(name, params):
            inside = ", ".join(f"{key}={entry!r}" for key, entry in params.items())
            return f"{name}({inside})" if inside else name
        case EarlyStopping():
            return f"when {value.monitor} has not improved for {value.patience} epochs"
        case tuple():
            return ", ".join(map(str, value)) or "none"
        case None:
            return "none"
    return str(value).replace("_", "-") if value == "one_hot" else str(value)


def _monitors(settings: Settings) -> tuple[str, ...]:
    """What a callback can watch: what will be logged."""
    names = ("loss", *settings.metrics)
    held = tuple(f"val_{name}" for name in names) if settings.validation_split else ()
    return (*held, *names)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    label.setContentsMargins(0, 8, 0, 0)
    return label
