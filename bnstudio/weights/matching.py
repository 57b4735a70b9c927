"""Which weights fit which layers of a drawing: by the node and by the shapes, derived each time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio.graph import key, place_of
from bnstudio.layers import show_shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.analysis import Analysis
    from bnstudio.graph import Path
    from bnstudio.layers import Weight
    from bnstudio.weights.side_file import Held, Layers


@dataclass(frozen=True)
class Match:
    """How the weights in a file go with a drawing; layers by the key of the node that has them.

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
    graph = analysis.graph
    unknown = frozenset(id for id in layers.keys() - made.keys() if place_of(graph, id))
    return Match(fitting, changed, frozenset(made.keys() - layers.keys()), unknown)


def made_weights(analysis: Analysis, path: Path = ()) -> dict[str, tuple[Weight, ...]]:
    """The weights of each layer that has some, as Keras makes them; by the key of its node.

    A model in the model has none of its own: they are those of the layers in it.
    """
    graph = analysis.graph
    made: dict[str, tuple[Weight, ...]] = {}
    for id in analysis.order:
        facts, owner = analysis.facts[id], graph.layer_of(id).id
        if facts.inner is not None:
            if owner == id:
                made |= made_weights(facts.inner, (*path, id))
        elif facts.weights:
            made.setdefault(key(path, owner), facts.weights)
    return made


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
