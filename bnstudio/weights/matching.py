"""Which weights fit which layers of a drawing: by the node and by the shapes, derived each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.graph import Graph, place_of
from bnstudio.layers import show_shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.analysis import Analysis
    from bnstudio.layers import Weight
    from bnstudio.weights.side_file import Held, Layers


@dataclass(frozen=True)
class Match:
    """How the weights in a file go with a drawing; layers by the id of the node that has them.

    Attributes:
        fitting: The layers that begin with theirs, and the names of these weights.
        changed: Those whose weights have other shapes by now, and what is different.
        without: Those that have weights, and none in the file.
        unknown: Those with weights in the file of which the shapes cannot be told: opaque ones,
            and what stands behind a failure.
    """

    fitting: Mapping[str, tuple[Weight, ...]]
    changed: Mapping[str, str]
    without: frozenset[str]
    unknown: frozenset[str]


def match(analysis: Analysis, layers: Layers) -> Match:
    """Which of the weights in a file the layers of a drawing can begin with."""
    made = made_weights(analysis)
    fitting: dict[str, tuple[Weight, ...]] = {}
    changed: dict[str, str] = {}
    for id, weights in made.items():
        held = layers.get(id)
        if held is None:
            continue
        if reason := _difference(weights, held):
            changed[id] = reason
        else:
            fitting[id] = weights
    nodes = analysis.graph.nodes
    unknown = frozenset(id for id in layers if id in nodes and id not in made)
    return Match(fitting, changed, frozenset(made.keys() - layers.keys()), unknown)


def made_weights(analysis: Analysis) -> dict[str, tuple[Weight, ...]]:
    """The weights of each layer that has some, as Keras makes them; by the node that has it."""
    graph = analysis.graph
    made: dict[str, tuple[Weight, ...]] = {}
    for id in analysis.order:
        if weights := analysis.facts[id].weights:
            made.setdefault(graph.layer_of(id).id, weights)
    return made


def held_by(graph: Graph, key: str) -> tuple[str, tuple[str, ...]]:
    """The node of the whole drawing that the weights of a node anywhere are held under.

    With it come the names that lead from that model to the layer; none for a layer outside. The
    node is "" where nothing has that key.
    """
    place = place_of(graph, key)
    if place is None:
        return "", ()
    path, id = place
    owners = []
    for step in (*path, id):
        owners.append(graph.layer_of(step))
        graph = owners[-1].inside or Graph()
    return owners[0].id, tuple(owner.name for owner in owners[1:])


def those_inside(weights: Sequence[Weight], names: Sequence[str]) -> tuple[int, ...]:
    """The places of those of a model's weights that a layer in it has; ``names`` lead there."""
    start = "".join(f"{name}/" for name in names)
    return tuple(place for place, each in enumerate(weights) if each.name.startswith(start))


def _difference(weights: tuple[Weight, ...], held: tuple[Held, ...]) -> str:
    """Why arrays are not those of a layer; empty where they may be."""
    if len(weights) != len(held):
        return f"it has {_count(len(weights))}, and the file {len(held)} for it"
    for weight, array in zip(weights, held, strict=True):
        if weight.shape != array.shape:
            return (
                f"its {weight.name} is {show_shape(weight.shape)}, and the file has "
                f"{show_shape(array.shape)}"
            )
    return ""


def _count(count: int) -> str:
    return "1 weight" if count == 1 else f"{count} weights"
