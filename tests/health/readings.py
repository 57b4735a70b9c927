"""Small drawings and what could have been measured of them."""

from itertools import pairwise

import msgspec
import numpy as np

from bnstudio.engine.measure import Place, measure
from bnstudio.graph import Graph, Node, Wire
from bnstudio.health import Checkup
from bnstudio.health.reading import BOUNDED, activation
from bnstudio.histogram import BatchNormGap
from bnstudio.training.messages import Histograms


def chain(*nodes) -> Graph:
    """Nodes in a row: each a type, or a type and its arguments; ids are a, b, c and so on."""
    made = []
    for letter, given in zip("abcdefgh", nodes, strict=False):
        type, params = given if isinstance(given, tuple) else (given, {})
        made.append(Node(letter, type, f"{type.lower()}_{letter}", params))
    wires = [Wire(one.id, 0, two.id, 0) for one, two in pairwise(made)]
    return Graph({node.id: node for node in made}, tuple(wires))


def measured(graph: Graph, id: str, values, **changes):
    """The values, described as the engine does it."""
    bounds = BOUNDED.get(activation(graph.layer_of(id)))
    return msgspec.structs.replace(measure(Place(id, bounds=bounds), values), **changes)


def normal(*shape, mean=0.0, std=1.0, seed=0):
    return np.random.default_rng(seed).normal(mean, std, shape)


def checkup(graph: Graph, values: dict, earlier=()) -> Checkup:
    """``values`` are arrays or histograms by id; ``earlier`` are such moments, oldest first."""
    moments = [
        {
            id: each if not isinstance(each, np.ndarray) else measured(graph, id, each)
            for id, each in moment.items()
        }
        for moment in (*earlier, values)
    ]
    history = [
        Histograms("run", step, tuple(moment.values())) for step, moment in enumerate(moments)
    ]
    return Checkup(graph, moments[-1], history)


def gap(mean=0.0, log_variance=0.0, ratio=1.0, shift=None, initial=0.0):
    return BatchNormGap(mean, log_variance, ratio, shift, initial)
