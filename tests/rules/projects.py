"""Projects for the tests of rules, written as briefly as a table needs."""

from dataclasses import replace
from itertools import pairwise

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.graph import Graph, Node, Wire
from bnstudio.project import InitialWeights, Project
from bnstudio.rules import Case, diagnose
from bnstudio.settings import Choice, Settings
from bnstudio.weights import Held

LOSSES = {
    "bce": "BinaryCrossentropy",
    "cce": "CategoricalCrossentropy",
    "scce": "SparseCategoricalCrossentropy",
    "mse": "MeanSquaredError",
}


def node(type, id, **params):
    shares = params.pop("shares", None)
    name, inside = params.pop("called", id), params.pop("inside", None)
    return Node(id, type, name, params, shares=shares, inside=inside)


def drawing(nodes, *wires):
    """A graph of nodes and wires; a wire is ``"a b"`` or ``"a:1 b:2"`` with its ports."""
    ends = []
    for wire in wires:
        (source, source_port), (target, target_port) = (
            [*end.split(":"), "0"][:2] for end in wire.split()
        )
        ends.append(Wire(source, int(source_port), target, int(target_port)))
    return Graph({n.id: n for n in nodes}, tuple(ends))


def chain(*nodes):
    """A graph in which each node feeds the next."""
    wires = [f"{a.id} {b.id}" for a, b in pairwise(nodes)]
    return drawing(nodes, *wires)


def project(graph, source="breast_cancer", loss="bce", targets="integer", **settings):
    """A project that is sound but for its graph; breast_cancer has 30 features and 2 classes."""
    logits = settings.pop("from_logits", None)
    params = {} if logits is None else {"from_logits": logits}
    choice = loss if isinstance(loss, Choice) else Choice(LOSSES.get(loss, loss), params)
    rows = source if isinstance(source, Source) else Source(source, targets=targets)
    return Project(graph, rows, Settings(loss=choice, **settings))


def model(*nodes, shape=(30,), **others):
    """A project whose graph is an Input and a chain of nodes."""
    return project(chain(node("Input", "in", shape=shape), *nodes), **others)


def head(units=1, activation="sigmoid"):
    """A last layer."""
    return node("Dense", "out", units=units, activation=activation)


def wine(*nodes, shape=(13,), **others):
    """The same on wine: 13 features, 3 classes."""
    others = {"source": "wine", "loss": "scce", **others}
    return model(*nodes, shape=shape, **others)


def diabetes(*nodes, shape=(10,), **others):
    """The same on diabetes: 10 features, a quantity to predict."""
    others = {"source": "diabetes", "loss": "mse", "metrics": ("mae",), **others}
    return model(*nodes, shape=shape, **others)


KERNEL, BIAS = Held((30, 8), "float32"), Held((8,), "float32")
FILES = {"1" * 32: {"hidden": (KERNEL, BIAS)}}
"""What files of weights hold, by fingerprint; those that are not here are nowhere."""


def begun(project, fingerprint="1" * 32):
    """A project that begins with weights."""
    return replace(project, weights=InitialWeights(fingerprint, "model.keras"))


def case(project):
    begin = project.weights
    layers = {} if begin is None else FILES.get(begin.fingerprint, {})
    return Case(project, analyze(project.graph), data.facts(project.source), layers)


def found(project, code=None):
    """The diagnostics of a project, or those of one code."""
    all_found = diagnose(case(project))
    return [d for d in all_found if code is None or d.code == code]


def errors(project):
    """What blocks training, as comparable pairs."""
    return {(d.code, d.node, d.param) for d in found(project) if d.severity == "error"}


def with_settings(project, **changes):
    return replace(project, settings=replace(project.settings, **changes))
