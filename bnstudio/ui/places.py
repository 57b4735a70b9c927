"""Which layers and which parts of them have a place each among the small multiples."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from PySide6.QtGui import QColor

from bnstudio.graph import Graph, Node, key, level, place_of
from bnstudio.layers import LAYERS
from bnstudio.layers.models import MODEL_TYPES
from bnstudio.ui import theme
from bnstudio.ui.parts import PORT, further_outputs, part
from bnstudio.ui.plots.multiple import Multiple

if TYPE_CHECKING:
    from bnstudio.runs.run import Run
    from bnstudio.training.messages import Histograms

Shown = Literal["layers", "pairs", "weights"]

VIEWS: dict[Shown, str] = {
    "layers": "All layers",
    "pairs": "Before and after BatchNorm",
    "weights": "Weights",
}
"""What may have a place each: what every layer gives out, the two sides of each BatchNormalization,
or every weight."""


class Place(NamedTuple):
    """A place: a node, what stands beside its name, and which part of it is shown there."""

    node: Node
    label: str
    pair: bool = False
    part: str = ""

    def multiple(self) -> Multiple:
        """The place with nothing in it yet."""
        node = self.node
        entry = LAYERS.get(node.type) or MODEL_TYPES.get(node.type)
        colour = theme.current().category(entry.category) if entry else QColor("#8a8f98")
        name, part = node.name, self.part
        if part.startswith(PORT):
            name += f", output {int(part.removeprefix(PORT)) + 1}"
        elif part:
            name += f" / {part}"
        return Multiple(node.id, name, self.label, colour, pair=self.pair, part=part)


def places(run: Run, graph: Graph, shown: Shown) -> list[Place]:
    """The places of a run whose drawing is ``graph``, in graph order."""
    found: list[Place] = []
    outputs = further_outputs(run.history.last)
    for node in (_anywhere(graph, id) for id in run.nodes):
        if node is None:
            continue
        if shown == "weights":
            known = run.history.figures.get(node.id)
            weights = known.weights if known is not None else None
            found += [Place(node, node.type, part=weight) for weight in weights or ()]
        elif shown == "layers":
            found.append(Place(node, node.type))
            found += [Place(node, node.type, part=port) for port in outputs.get(node.id, ())]
        elif node.type == "BatchNormalization" and (source := _before(graph, node.id)):
            found.append(Place(source, f"into {node.name}", pair=True))
            found.append(Place(node, "out"))
    return found


def show_part(multiple: Multiple, step: int, measured: Histograms | None) -> None:
    """Shows a part as it last was up to a moment: not every measurement has a weight."""
    known = measured is not None and measured.step == step
    now = part(measured, multiple.source) if known else None
    if now is not None or not multiple.steps:
        multiple.show_moment(step, now)
        return
    place = max(0, bisect_right(multiple.steps, step) - 1)
    multiple.show_moment(multiple.steps[place], multiple.history[place])


def _anywhere(graph: Graph, at: str) -> Node | None:
    """A node of a drawing or of one inside it, under the ids and the names that lead to it."""
    found = place_of(graph, at)
    if found is None:
        return None
    path, id = found
    names = []
    for step in path:
        names.append(graph.nodes[step].name)
        graph = graph.nodes[step].inside or Graph()
    node = graph.nodes[id]
    return replace(node, id=at, name=" / ".join((*names, node.name))) if path else node


def _before(graph: Graph, at: str) -> Node | None:
    """The node that feeds another of the same drawing; None for none."""
    path, id = place_of(graph, at) or ((), at)
    sources = level(graph, path).predecessors(id)
    return _anywhere(graph, key(path, sources[0])) if sources else None
