"""The end of a model as a loss sees it: which activation the output has, and which layer sets it.

Also what the rules mean by a linear layer, an activation, and a step that keeps the values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS, OUTPUT
from bnstudio.rules.edits import retype, set_on

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.graph import Graph, Node
    from bnstudio.layers import Shape
    from bnstudio.project import Project

ACTIVATION_LAYERS = {
    "Softmax": "softmax",
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "PReLU": "leaky_relu",
    "ELU": "elu",
    **{
        f"ops.{name}": name
        for name in (
            "softmax", "log_softmax", "sigmoid", "log_sigmoid", "tanh", "relu", "relu6",
            "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "hard_sigmoid", "hard_silu",
            "softplus", "softsign",
        )
    },
}  # fmt: skip
"""Layers and operations that are an activation, and the activation's name."""

NORMALIZATIONS = frozenset(
    {"BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization",
     "UnitNormalization"}
)  # fmt: skip

POOLING = frozenset(
    f"{kind}Pooling{rank}D"
    for kind in (
        "Max", "Average", "GlobalMax", "GlobalAverage", "AdaptiveMax", "AdaptiveAverage",
    )
    for rank in (1, 2, 3)
)  # fmt: skip

DROPOUT = frozenset(
    {"Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
     "GaussianDropout"}
)  # fmt: skip

PLAIN = frozenset({"Flatten", "Reshape", "Identity", "Permute", "ActivityRegularization"})
"""Layers that hand on the same numbers, in another shape perhaps."""

WEIGHTED = frozenset(
    {"Dense", "EinsumDense", "LocallyConnected1D", "LocallyConnected2D"}
    | {
        f"{kind}{rank}D{suffix}"
        for kind in ("Conv", "SeparableConv", "DepthwiseConv")
        for rank in (1, 2, 3)
        for suffix in ("", "Transpose")
    }
)
"""Layers that multiply by a kernel, add a bias, and may apply an activation."""

PROBABILITIES = frozenset({"softmax", "sigmoid"})


@dataclass(frozen=True)
class Head:
    """The one output of a model.

    Attributes:
        node: The node whose output it is.
        activation: The last activation's Keras name, ``"linear"`` for none; None if unknown.
        at: The node that applies it, or that is linear.
        last: The layer that sets how wide the output is, where one does.
        shape: Of the output, the batch dimension first; None while unknown.
    """

    node: Node
    activation: str | None
    at: Node
    last: Node | None
    shape: Shape | None

    @property
    def units(self) -> int | None:
        """The size of the output's last axis."""
        return self.shape[-1] if self.shape else None

    def activated(self, project: Project, name: str) -> Project:
        """The project with another activation at the output."""
        if self.at.type in ACTIVATION_LAYERS:
            return retype(project, self.at.id, "Activation", {"activation": name})
        return set_on(project, self.at.id, {"activation": name})

    def can_activate(self) -> bool:
        """Whether the node that ends the model takes an activation."""
        return self.at.type in ACTIVATION_LAYERS or takes(self.at, "activation")

    def resized(self, project: Project, units: int) -> Project:
        """The project with another width of the output."""
        if self.last is None:
            return project
        return set_on(project, self.last.id, {width_name(self.last): units})


def takes(node: Node, param: str) -> bool:
    """Whether a node's layer has this argument."""
    entry = LAYERS.get(node.type)
    return entry is not None and param in entry.by_name


def width_name(node: Node) -> str:
    """The argument that says how many features a layer puts out; empty if it has none."""
    for name in ("units", "filters"):
        if takes(node, name):
            return name
    return ""


def activation_of(node: Node) -> str | None:
    """The activation that a node applies, ``"linear"`` for none; None if that cannot be said."""
    if node.type in ACTIVATION_LAYERS:
        return ACTIVATION_LAYERS[node.type]
    if takes(node, "activation"):
        name = node.params.get("activation", LAYERS[node.type].defaults["activation"])
        return "linear" if name is None else name if isinstance(name, str) else None
    if node.type in NORMALIZATIONS or node.type == "Embedding":
        return "linear"
    return None


def is_linear(node: Node) -> bool:
    """Whether a node has a kernel and no activation of its own."""
    return node.type in WEIGHTED and activation_of(node) == "linear"


def is_activation(node: Node) -> bool:
    """Whether a node does nothing but apply an activation."""
    return node.type == "Activation" or node.type in ACTIVATION_LAYERS


def too_high_rate(node: Node) -> float | None:
    """The rate of a dropout layer that drops everything or more; None if it drops less."""
    rate = node.params.get("rate") if node.type in DROPOUT else None
    if isinstance(rate, int | float) and not isinstance(rate, bool) and rate >= 1:
        return rate
    return None


def before(graph: Graph, id: str) -> Node | None:
    """The node that feeds ``id``, where that is exactly one."""
    wires = graph.wires_into.get(id, ())
    return graph.nodes[wires[0].source] if len(wires) == 1 else None


def only_feeds(graph: Graph, id: str) -> bool:
    """Whether a node feeds exactly one other."""
    return len(graph.wires_from.get(id, ())) == 1


def find_head(analysis: Analysis) -> Head | None:
    """The end of a model with one output; None where there is none, or several."""
    if len(analysis.structure.outputs) != 1:
        return None
    graph = analysis.graph
    node = graph.nodes[analysis.structure.outputs[0]]
    while node.type == OUTPUT and (earlier := before(graph, node.id)) is not None:
        node = earlier
    applies = _applies(graph, node)
    shape = analysis.shape(analysis.structure.outputs[0])
    last = _widest(graph, applies)
    if last is not None:
        last = graph.layer_of(last.id)
        if shape is not None and last.params.get(width_name(last)) != shape[-1]:
            last = None
    at = graph.layer_of(applies.id)
    return Head(node, activation_of(at), at, last, shape)


def _applies(graph: Graph, node: Node) -> Node:
    """Backwards over what keeps the values, to the node whose activation the output has."""
    seen = set()
    while node.id not in seen and (
        node.type in PLAIN
        or node.type in DROPOUT
        or node.type in POOLING
        or (node.type == "Activation" and activation_of(node) == "linear")
    ):
        seen.add(node.id)
        earlier = before(graph, node.id)
        if earlier is None:
            break
        node = earlier
    return node


def _widest(graph: Graph, node: Node) -> Node | None:
    """Backwards over what keeps the width, to the layer that sets it."""
    seen = set()
    while node.id not in seen:
        if width_name(node):
            return node
        if not (
            is_activation(node)
            or node.type in NORMALIZATIONS
            or node.type in DROPOUT
            or node.type in POOLING
            or node.type in ("GaussianNoise", "Identity", "ActivityRegularization")
        ):
            return None
        seen.add(node.id)
        earlier = before(graph, node.id)
        if earlier is None:
            return None
        node = earlier
    return None
