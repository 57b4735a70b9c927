"""What the model is trained on: the source, its preparation, and a look at the rows."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio import data
from bnstudio.data import SOURCES, DataFacts, Source, Targets
from bnstudio.layers import show_shape
from bnstudio.layers.params import Choice as Options
from bnstudio.ui import theme
from bnstudio.ui.editors.base import Combo
from bnstudio.ui.editors.form import ParamForm
from bnstudio.ui.page import Page
from bnstudio.ui.plots.data_views import Balance, Pictures, image_side
from bnstudio.ui.plots.export import ExportButton
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from bnstudio.project import Project
    from bnstudio.training.messages import Failed, Previewed
    from bnstudio.ui.document import Document
    from bnstudio.ui.plots.scatter import Scatter
    from bnstudio.ui.session import Session

_DELAY = 200
_ROWS = 12
_COLUMNS = 30

_SCALING = Options(
    "scaling",
    "standard",
    ("none", "standard", "minmax"),
    help="standard: mean 0 and deviation 1; minmax: from 0 to 1. Learned from the training rows.",
)
_TARGETS = Options(
    "targets",
    "integer",
    ("integer", "one_hot"),
    help="integer: each row's class as a number; one_hot: a 1 in the place of the class.",
)


class Data(QWidget):
    """Chooses and shows the data; the rows come from the engine, so nothing waits for them."""

    title = "Data"
    area = Qt.DockWidgetArea.RightDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self._document, self._session = document, session
        self._asked: tuple[Any, ...] | None = None
        self._form_of = ""
        self.form: ParamForm | None = None
        page = Page()
        self._column = page.column
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(page)

        self.source = Combo()
        self.source.setAccessibleName("Data set")
        for name, entry in SOURCES.items():
            self.source.addItem(entry.title, name)
        self.source.activated.connect(self._pick)
        self._help = _muted()
        self._problem = _muted()
        self._problem.setProperty("role", "error")
        self._form_place = QVBoxLayout()
        self._form_place.setContentsMargins(0, 0, 0, 0)
        self.preparation = ParamForm((_SCALING, _TARGETS), owner="source")
        self.preparation.edited.connect(self._set_field)
        self._facts = _Facts()
        self.balance = Balance()
        self._plane = QVBoxLayout()
        self.pictures = Pictures()
        self.rows = _rows_table()
        self._state = _muted()
        self._retry = QPushButton("Try again")
        self._retry.clicked.connect(self._ask)
        self._plane_heading = _heading("The rows as points")
        self._balance_heading = _heading("Classes")
        self._rows_heading = _heading("Rows, as the model gets them")

        self._column.addWidget(_heading("Data set"))
        self._column.addWidget(self.source)
        self._column.addWidget(self._help)
        self._column.addLayout(self._form_place)
        self._column.addWidget(self._problem)
        self._column.addWidget(_heading("Preparation"))
        self._column.addWidget(self.preparation)
        self._column.addWidget(self._facts)
        self._column.addWidget(self._state)
        self._column.addWidget(self._retry, 0, Qt.AlignmentFlag.AlignLeft)
        self.export = ExportButton("the views of the data", self._fill_export)
        head = QHBoxLayout()
        head.addWidget(self._balance_heading, 1)
        head.addWidget(self.export)
        self._column.addLayout(head)
        self._column.addWidget(self.balance)
        self._column.addWidget(self._plane_heading)
        self._column.addLayout(self._plane)
        for view in (self._rows_heading, self.pictures, self.rows):
            self._column.addWidget(view)
        self._column.addStretch(1)
        self._show_previewed(None)

        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_DELAY)
        self._timer.timeout.connect(self._ask)
        document.changed.connect(self._follow)
        session.previewed.connect(self._show_previewed)
        session.failed.connect(self._show_failed)
        session.state_changed.connect(self._show_state)
        self._refresh()

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what changed while it was hidden."""
        super().showEvent(event)
        self._refresh()

    def _follow(self, before: Project, after: Project) -> None:
        if self.isVisible() and (_key(before) != _key(after)):
            self._refresh()

    def _refresh(self) -> None:
        if not self.isVisible():
            return
        source = self._document.project.source
        entry = SOURCES.get(source.name)
        self.source.setCurrentIndex(self.source.findData(source.name))
        self.source.setPlaceholderText(source.name)
        self._help.setText(entry.help.partition("\n\n")[0].replace("\n", " ") if entry else "")
        self._build_form(source)
        if self.form is not None:
            self.form.show_values(source.params)
        problems = data.problems(source)
        self._problem.setText("\n".join(problems.values()))
        self._problem.setVisible(bool(problems))
        values = {"scaling": source.scaling, "targets": source.targets}
        regression = entry is not None and entry.task == "regression"
        self.preparation.rows["targets"].setVisible(not regression)
        self.preparation.show_values({**values, "targets": "integer"} if regression else values)
        facts = data.facts(source)
        self._facts.show_facts(facts)
        if _key(self._document.project) != self._asked:
            self._timer.start()

    def _build_form(self, source: Source) -> None:
        if source.name == self._form_of:
            return
        self._form_of = source.name
        if self.form is not None:
            self.form.setParent(None)
            self.form.deleteLater()
            self.form = None
        entry = SOURCES.get(source.name)
        if entry is not None and entry.params:
            self.form = ParamForm(entry.params, owner=f"source.{source.name}")
            self.form.edited.connect(self._set_param)
            self._form_place.addWidget(self.form)

    def _ask(self) -> None:
        """Has the engine look at the rows."""
        project = self._document.project
        self._asked = _key(project)
        if data.problems(project.source):
            self._show_previewed(None)
            return
        self._session.preview()
        self._show_state()

    def _show_state(self, *_: object) -> None:
        waiting = self._session.previewing
        if waiting:
            ready = self._session.ready
            text = (
                "Loading the rows\u2026" if ready else "The rows are shown when the engine is up."
            )
            self._state.setText(text)
        self._state.setVisible(waiting or self._retry.isVisibleTo(self))

    @cached_property
    def scatter(self) -> Scatter:
        """The rows in the plane. Made for the first preview: pyqtgraph takes long to import."""
        from bnstudio.ui.plots.scatter import Scatter

        scatter = Scatter()
        self._plane.addWidget(scatter)
        return scatter

    def _fill_export(self, menu: QMenu) -> None:
        self.balance.fill_export(menu.addMenu(self._balance_heading.text()))
        self.scatter.fill_export(menu.addMenu(self._plane_heading.text()))
        if self.pictures.isVisibleTo(self):
            self.pictures.fill_export(menu.addMenu(self.pictures.accessibleName()))

    def _show_failed(self, failed: Failed) -> None:
        if failed.run == self._session.preview_id:
            self._show_previewed(None)
            self._state.setText(failed.message)
            self._retry.show()
            self._state.show()

    def _show_previewed(self, previewed: Previewed | None) -> None:
        self._retry.hide()
        self._state.hide()
        facts = data.facts(self._document.project.source)
        shown = previewed is not None and facts is not None
        classes = facts.classes if facts else 0
        side = image_side(previewed.shape) if previewed else None
        if previewed is not None and facts is not None:
            names = facts.class_names[: len(previewed.counts)] if classes else ()
            self.balance.show_counts(names, previewed.counts, previewed.edges)
            self.scatter.show_rows(previewed, classes)
            if side:
                self.pictures.show_rows(previewed, side, facts.class_names)
            else:
                _fill(self.rows, previewed, facts)
            self._facts.show_facts(facts, previewed.rows)
            self.scatter.show()
        elif self._plane.count():
            self.scatter.hide()
        self._balance_heading.setText("Rows per class" if classes else "The target's values")
        plane = facts is not None and facts.input_shape == (2,)
        self._plane_heading.setText("The rows" if plane else "The rows, by principal components")
        for widget in (self._balance_heading, self.export, self.balance, self._plane_heading):
            widget.setVisible(shown)
        self._rows_heading.setVisible(shown)
        self.pictures.setVisible(shown and side is not None)
        self.rows.setVisible(shown and side is None)

    def _pick(self, _: int) -> None:
        name = self.source.currentData()
        source = self._document.project.source
        if name == source.name:
            return
        entry = SOURCES[name]
        # Seed and size are kept where the new source takes them too.
        params = {
            key: value
            for key, value in source.params.items()
            if key in entry.by_name and entry.by_name[key].check(value) is None
        }
        targets: Targets = "value" if entry.task == "regression" else "integer"
        if entry.task != "regression" and source.targets != "value":
            targets = source.targets
        changed = Source(name, params, source.scaling, targets)
        self._edit(changed, f"Use {entry.title}")

    def _set_param(self, name: str, value: Any, merge: str) -> None:
        source = self._document.project.source
        params = {key: old for key, old in source.params.items() if key != name}
        if value is not ...:
            params[name] = value
        self._edit(replace(source, params=params), f"Set {name}", merge)

    def _set_field(self, name: str, value: Any, merge: str) -> None:
        if value is ...:
            value = {"scaling": _SCALING, "targets": _TARGETS}[name].default
        source = replace(self._document.project.source, **{name: value})
        self._edit(source, f"Set {name}", merge)

    def _edit(self, source: Source, label: str, merge: str = "") -> None:
        self._document.edit(replace(self._document.project, source=source), label, merge=merge)


class _Facts(QWidget):
    """What is known of the rows, as a few lines."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 4, 0, 4)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnMinimumWidth(0, 118)
        self._grid.setColumnStretch(1, 1)
        self._values: dict[str, QLabel] = {}
        for place, name in enumerate(("Rows", "Shape of a row", "Target", "Target range")):
            label = QLabel(name)
            label.setProperty("role", "muted")
            value = self._values[name] = Verbatim()
            value.setFont(theme.mono())
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(label, place, 0)
            self._grid.addWidget(value, place, 1)

    def show_facts(self, facts: DataFacts | None, rows: int | None = None) -> None:
        """Shows facts; the number of rows may be known better."""
        self.setVisible(facts is not None)
        if facts is None:
            return
        encoding = {"integer": "class number", "one_hot": "one-hot", "value": "value"}
        kind = f"{facts.classes} classes, " if facts.classes else ""
        low, high = facts.target_range or (0.0, 0.0)
        for name, text in (
            ("Rows", f"{facts.rows if rows is None else rows:,}"),
            ("Shape of a row", show_shape(facts.input_shape)),
            ("Target", kind + encoding[facts.targets]),
            ("Target range", f"{low:g} to {high:g}" if facts.target_range else "unknown"),
        ):
            self._values[name].setText(text)


def _key(project: Project) -> tuple[Any, ...]:
    """What a preview depends on."""
    return project.source, project.settings.seed, project.settings.validation_split


def _rows_table() -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName("Example rows")
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setFont(theme.mono())
    table.verticalHeader().hide()
    table.setFixedHeight(12 * (table.fontMetrics().height() + 8))
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 6)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    return table


def _fill(table: QTableWidget, previewed: Previewed, facts: DataFacts) -> None:
    """The first rows and columns, the target first."""
    width = min(_COLUMNS, max((len(row) for row in previewed.features), default=0))
    names = facts.feature_names or tuple(str(place) for place in range(width))
    rows = list(zip(previewed.features, previewed.targets, strict=False))[:_ROWS]
    table.setColumnCount(width + 1)
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(["target", *names[:width]])
    for row, (features, target) in enumerate(rows):
        label = int(target) if facts.classes else -1
        text = facts.class_names[label] if 0 <= label < len(facts.class_names) else f"{target:g}"
        for column, cell in enumerate((text, *(f"{value:.3f}" for value in features[:width]))):
            table.setItem(row, column, QTableWidgetItem(cell))
    table.resizeColumnsToContents()


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setProperty("role", "heading")
    label.setContentsMargins(0, 8, 0, 0)
    return label


def _muted() -> QLabel:
    label = Verbatim()
    label.setProperty("role", "muted")
    label.setWordWrap(True)
    return label
