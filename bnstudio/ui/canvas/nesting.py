"""Models in the model, as the canvas makes, opens and takes them apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from bnstudio.graph import EditError, Graph, key, with_level
from bnstudio.ui.canvas.surface import Surface
from bnstudio.ui.taking import Moving
from bnstudio.weights import place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Nesting(Surface):
    """The surface, and what one can do with models in the model.

    Attributes:
        moving: The weights that an edit takes along, if they were ever on their way.
    """

    #: Something could not be done: the reason.
    refused = Signal(str)

    moving: Moving | None = None

    def expand(self, id: str | None = None) -> None:
        """Replaces a model in the model by its layers; the selected one by default."""
        from bnstudio import importers

        chosen = self.document.selection
        if id is None and len(chosen) == 1:
            id = next(iter(chosen))
        graph = self.document.graph
        if id is None or id not in graph.nodes:
            return
        try:
            after, moved = importers.expanded(graph, id)
        except EditError as error:
            self.refused.emit(str(error))
            return

        def show() -> None:
            self.document.select(after.nodes.keys() - graph.nodes.keys())
            self.fit()

        self._edit_with_weights(after, moved, f"Expand {graph.nodes[id].name}", show)

    def group(self) -> None:
        """Puts the selected layers into a model in the model."""
        from bnstudio import importers

        analysis, chosen = self.document.analysis, self.document.selection
        try:
            after, id = importers.group(analysis, chosen)
        except EditError as error:
            self.refused.emit(str(error))
            return
        inside = analysis.graph.nodes.keys() - after.nodes.keys()
        count = len(inside)
        self._edit_with_weights(
            after,
            {each: key((id,), each) for each in inside},
            f"Group {count} layer{'s' if count != 1 else ''}",
            lambda: self.document.select([id]),
        )

    def _edit_with_weights(
        self, after: Graph, moved: Mapping[str, str], label: str, show: Callable[[], object]
    ) -> None:
        """Makes an edit after which layers have other keys, once their weights have them too."""
        level, document = self.document, self.document.document
        if self.moving is not None and self.moving.busy:
            self.refused.emit("The weights of the layers that were moved last are on their way.")
            return
        weights = document.weights
        moved = {key(level.path, id): key(level.path, now) for id, now in moved.items()}
        if weights is None or not place.moves(weights, moved):
            if level.edit(after, label):
                show()
            return
        whole = replace(document.project, graph=with_level(document.graph, level.path, after))
        self.moving = Moving(document, weights, moved, (whole, label), self)
        self.moving.ended.connect(partial(self._moved, whole.graph, show))

    def _moved(self, graph: Graph, show: Callable[[], object], text: str, kind: str) -> None:
        if text:
            self.document.noted.emit(text, kind)
        elif self.document.document.graph is graph:
            show()

    def open_model(self, id: str | None = None) -> bool:
        """Opens what is inside a model, the selected one by default; False where there is none."""
        chosen = self.document.selection
        if id is None and len(chosen) == 1:
            id = next(iter(chosen))
        return id is not None and self.document.open_model(id)

    def leave_model(self) -> None:
        """Shows the drawing that the open one stands in."""
        self.document.leave()
