"""What the layers begin with: the weights of the project, or new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from bnstudio.ui.segments import Segments
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Node
    from bnstudio.project import Project
    from bnstudio.weights import Match

_NAMED = 3
"""Names of layers for which there is room in a line."""


class StartField(QWidget):
    """Shows what training begins with and edits it; for a project that has weights."""

    #: The layers are to begin with something else: what, and what was done.
    edited = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self.choice = Segments(
            "Start from",
            {
                "weights": ("Its weights", "Every layer that they fit begins with them."),
                "new": ("New weights", "Every layer begins with what its initializers draw."),
            },
        )
        self.choice.chosen.connect(self._choose)
        self.told = Verbatim()
        self.told.setProperty("role", "muted")
        self.told.setWordWrap(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.choice)
        column.addWidget(self.told)

    def show_start(self, project: Project, match: Match | None) -> None:
        """Shows that of a project; ``match`` says which of its weights fit, if they are there."""
        self.choice.choose(project.settings.start)
        self.told.setText(said(project, match))

    def _choose(self, start: str) -> None:
        what = "its weights" if start == "weights" else "new weights"
        self.edited.emit(start, f"Start from {what}")


def said(project: Project, match: Match | None) -> str:
    """What a project's layers begin with, in words; empty where it has no weights."""
    begin = project.weights
    if begin is None:
        return ""
    of = f" of {begin.origin}" if begin.origin else ""
    if project.settings.start == "new":
        return f"The weights{of} are kept and not used. New ones are drawn from the seed."
    if match is None:
        return f"The file with the weights{of} is not there, so every layer begins with new ones."
    count = sum(weight.size for weights in match.fitting.values() for weight in weights)
    layers = len(match.fitting)
    sentences = [f"{count:,} weights{of} in {layers:,} layer{'' if layers == 1 else 's'}."]
    for ids, why in (
        (match.changed, "whose shape is another by now"),
        (match.without, "for which there are none"),
    ):
        if ids:
            sentences.append(f"New ones in {_named(ids, project.graph.nodes)}, {why}.")
    return " ".join(sentences)


def _named(ids: Mapping[str, str] | frozenset[str], nodes: Mapping[str, Node]) -> str:
    names = [node.name for id, node in nodes.items() if id in ids]
    more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
