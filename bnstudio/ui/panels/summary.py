"""The project as a whole, shown while nothing is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QLabel

from bnstudio import data
from bnstudio.layers import show_shape
from bnstudio.ui.figures import Figures, divider, table
from bnstudio.ui.page import Page
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from bnstudio.ui.document import Document


class Summary(Page):
    """What is shown while nothing is selected: the project as a whole."""

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
        document = self._document
        project, analysis = document.project, document.analysis
        self.heading.setText(" ".join(project.title.split())[:200] or document.title)
        self.about.setText(project.about)
        self.about.setVisible(bool(project.about))
        rows = []
        if project.graph.nodes:
            rows = [
                ("Layers", f"{len(project.graph.nodes):,}"),
                ("Trainable parameters", f"{analysis.trainable:,}"),
                ("Not trainable", f"{analysis.fixed:,}"),
                ("FLOPs per row", "unknown" if analysis.flops is None else f"{analysis.flops:,}"),
                ("Size of the weights", _bytes(4 * (analysis.trainable + analysis.fixed))),
            ]
        facts = data.facts(project.source)
        if facts is not None:
            source = data.SOURCES[project.source.name].title
            rows += [
                ("Data", source),
                ("Rows", f"{facts.rows:,}"),
                ("Shape of a row", show_shape(facts.input_shape)),
            ]
        settings = project.settings
        rows += [("Optimizer", settings.optimizer.name), ("Loss", settings.loss.name)]
        self.facts.show_text(table([(name, value, "") for name, value in rows]))
        self.hint.setText(
            "Select a layer to edit its arguments."
            if project.graph.nodes
            else "Add an Input first: drag it from the palette, or press Tab on the canvas."
        )


def _bytes(size: int) -> str:
    for unit, step in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if size >= step:
            return f"{size / step:.3g} {unit}"
    return f"{size} bytes"
