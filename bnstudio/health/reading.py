"""One node at one moment, with what was measured around it; what signs and reasons look at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Graph, Node
    from bnstudio.histogram import Histogram

PASSING = frozenset(
    {"Pooling", "Regularization", "Merging", "Reshaping", "Preprocessing", "Augmentation"}
)
"""Categories of layers that hand on the values of others: what ails those is not theirs."""

CUTTING = frozenset(
    {
        "relu", "relu6", "hard_sigmoid", "hard_silu", "hard_swish", "hard_shrink", "soft_shrink",
        "sparse_plus", "sparse_sigmoid", "threshold",
    }
)  # fmt: skip
"""Activations that are exactly 0, with a slope of exactly 0, over a range of inputs."""

BOUNDED: dict[str, tuple[float, float]] = {
    "tanh": (-1, 1),
    "hard_tanh": (-1, 1),
    "softsign": (-1, 1),
    "sigmoid": (0, 1),
    "hard_sigmoid": (0, 1),
    "sparse_sigmoid": (0, 1),
}
"""Activations with a flat end on either side, and between what they lie."""


@dataclass(frozen=True)
class Moment:
    """All that was measured at one step, and the drawing that it was measured of.

    Attributes:
        graph: The drawing that trains.
        latest: The first output of each measured node, by id.
        inside: Whether the drawing is that of a model in the model.
    """

    graph: Graph
    latest: Mapping[str, Histogram]
    inside: bool = False

    @cached_property
    def scale(self) -> float:
        """The largest root mean square of the model's inputs; 1 where none was measured."""
        nodes = self.graph.nodes
        sizes = [
            size(found)
            for id, found in self.latest.items()
            if id in nodes and nodes[id].type == "Input"
        ]
        return max((each for each in sizes if math.isfinite(each)), default=1.0)

    @cached_property
    def steepest(self) -> float | None:
        """The largest gradient norm of any layer; None where none was measured."""
        norms = [found.gradient_norm for found in self.latest.values()]
        return max((norm for norm in norms if norm is not None), default=None)

    @cached_property
    def noisy(self) -> frozenset[str]:
        """The nodes behind one that acts at random in training: Dropout, noise, a recurrent one."""
        waiting = [node.id for node in self.graph.nodes.values() if _acts_at_random(node)]
        found: set[str] = set()
        while waiting:
            new = set(self.graph.successors(waiting.pop())) - found
            found |= new
            waiting.extend(new)
        return frozenset(found)

    def reading(self, id: str) -> Reading | None:
        """What was measured of one node; None where nothing was."""
        histogram = self.latest.get(id)
        if histogram is None or id not in self.graph.nodes:
            return None
        return Reading(self, id, histogram)


@dataclass(frozen=True)
class Reading:
    """One node at one moment.

    Attributes:
        moment: What else was measured then.
        id: The node's.
        histogram: Its first output.
    """

    moment: Moment
    id: str
    histogram: Histogram

    @property
    def graph(self) -> Graph:
        """The drawing that it is part of."""
        return self.moment.graph

    @property
    def node(self) -> Node:
        """The node itself."""
        return self.graph.nodes[self.id]

    @cached_property
    def layer(self) -> Node:
        """The node whose arguments count: another one's where the layer is shared."""
        return self.graph.layer_of(self.id)

    @cached_property
    def category(self) -> str:
        """The category of its layer type; empty for one that is not known."""
        entry = LAYERS.get(self.node.type)
        return entry.category if entry is not None else ""

    @cached_property
    def function(self) -> str:
        """The activation by its name in Keras, be it the layer's own or an argument of it."""
        return activation(self.layer)

    @property
    def sources(self) -> tuple[Node, ...]:
        """The nodes wired into it, by port."""
        return tuple(self.graph.nodes[id] for id in self.graph.predecessors(self.id))

    @property
    def source(self) -> Histogram | None:
        """What was measured of its only input; None with several or none."""
        ids = self.graph.predecessors(self.id)
        wires = self.graph.wires_into.get(self.id, ())
        if len(ids) != 1 or wires[0].source_port:
            return None
        return self.moment.latest.get(ids[0])

    @property
    def last(self) -> bool:
        """Whether its output is the model's."""
        return not self.graph.successors(self.id)

    def argument(self, name: str) -> object:
        """The value of one of its layer's arguments, the default where it is not set."""
        entry = LAYERS.get(self.layer.type)
        default = entry.defaults.get(name) if entry is not None else None
        return self.layer.params.get(name, default)


def activation(node: Node) -> str:
    """The activation that a node applies to all that it gives out; empty for none.

    That of a gated layer is multiplied by a gate before it comes out, so it is not named.
    """
    match node.type:
        case "ReLU":
            if node.params.get("negative_slope"):
                return "leaky_relu"
            return "threshold" if node.params.get("threshold") else "relu"
        case "LeakyReLU" | "PReLU" | "ELU" | "Softmax":
            return {"LeakyReLU": "leaky_relu"}.get(node.type, node.type.lower())
        case "LSTM" | "GRU":
            return ""
    value = node.params.get("activation")
    return value if isinstance(value, str) and value != "linear" else ""


def _acts_at_random(node: Node) -> bool:
    entry = LAYERS.get(node.type)
    if entry is not None and entry.category in ("Regularization", "Augmentation"):
        return node.type != "ActivityRegularization"
    return bool(node.params.get("dropout") or node.params.get("recurrent_dropout"))


def size(histogram: Histogram) -> float:
    """The root mean square of the values."""
    return math.hypot(histogram.mean, histogram.std)
