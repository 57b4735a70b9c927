"""The project as a whole or the open model in it, shown while nothing is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from bnstudio import data
from bnstudio.analysis import entries, exits
from bnstudio.ui.figures import Figures, divider, table, unbroken
from bnstudio.ui.page import Page
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.ui.document import Document


class Summary(Page):
    """What is shown while nothing is selected: the project, or the model in it that is open."""

    def __init__(self, document: Document) -> None:
        super().__init__(right=10)
        self._document = document
        column = self.column
        self.heading = Verbatim()
        font = self.heading.font()
        font.setPointSizeF(font.pointSizeF() * 1.2)
        font.setWeight(font.Weight.DemiBold)
        self.heading.setFont(font)
        self.heading.setWordWrap(True)
        column.addWidget(self.heading)
        self.about = Verbatim()
        self.about.setProperty("role", "muted")
        self.about.setWordWrap(True)
        column.addWidget(self.about)
        column.addWidget(divider())
        self.facts = Figures()
        self.facts.setAccessibleName("The model as a whole")
        column.addWidget(self.facts)
        self.hint = QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        column.addWidget(divider())
        column.addWidget(self.hint)
        column.addStretch(1)
        document.path_changed.connect(self.show_project)

    def show_project(self, *_: object) -> None:
        """Brings the figures up to date."""
        if self._document.level.path:
            self._show_model()
        else:
            self._show_whole()

    def _show_model(self) -> None:
        """The figures of the model in the model that is open."""
        level = self._document.level
        analysis, names = level.analysis, level.names
        self.heading.setText(" ".join(names[-1].split())[:200])
        where = " / ".join((self._document.title, *names[:-1]))
        self.about.setText(f"A model in {where}")
        self.about.show()
        self.facts.setAccessibleName("The open model")
        rows = _sums(analysis)
        if ends := ", ".join(unbroken(analysis.shape(id)) for id in entries(analysis)):
            rows.append(("Input", ends))
        if ends := ", ".join(unbroken(analysis.shape(*end)) for end in exits(analysis)):
            rows.append(("Output", ends))
        self.facts.show_text(table([(name, value, "") for name, value in rows]))
        self.hint.setText(
            "Select a layer to edit its arguments. Alt+Up leaves the model."
            if analysis.graph.nodes
            else "Add an Input first: each is an input of the model. Alt+Up leaves the model."
        )

    def _show_whole(self) -> None:
        document = self._document
        project = document.project
        self.heading.setText(" ".join(project.title.split())[:200] or document.title)
        self.about.setText(project.about)
        self.about.setVisible(bool(project.about))
        self.facts.setAccessibleName("The model as a whole")
        rows = _sums(document.analysis)
        facts = data.facts(project.source)
        if facts is not None:
            source = data.SOURCES[project.source.name].title
            rows += [
                ("Data", source),
                ("Rows", f"{facts.rows:,}"),
                ("Shape of a row", unbroken(facts.input_shape)),
            ]
        settings = project.settings
        rows += [("Optimizer", settings.optimizer.name), ("Loss", settings.loss.name)]
        self.facts.show_text(table([(name, value, "") for name, value in rows]))
        self.hint.setText(
            "Select a layer to edit its arguments."
            if project.graph.nodes
            else "Add an Input first: drag it from the palette, or press Tab on the canvas."
        )


def _sums(analysis: Analysis) -> list[tuple[str, str]]:
    """How many layers, parameters and operations a drawing has; nothing of an empty one."""
    if not analysis.graph.nodes:
        return []
    return [
        ("Layers", f"{len(analysis.graph.nodes):,}"),
        ("Trainable parameters", f"{analysis.trainable:,}"),
        ("Not trainable", f"{analysis.fixed:,}"),
        ("FLOPs per row", "unknown" if analysis.flops is None else f"{analysis.flops:,}"),
        ("Size of the weights", _bytes(4 * (analysis.trainable + analysis.fixed))),
    ]


def _bytes(size: int) -> str:
    for unit, step in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size} bytes"
