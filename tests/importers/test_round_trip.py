"""Every layer type with any arguments: built by Keras, described by it, drawn and built again."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as examples

from bnstudio.analysis import analyze
from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers import LAYERS
from bnstudio.project import Project, dumps
from bnstudio.settings import check
from tests.drawing import SUITABLE, arguments
from tests.graphs import networks, settings
from tests.importers import models

AGAIN = f"{models.__name__}:again"
ON_ALL = examples(database=None, suppress_health_check=list(HealthCheck))


def drawn(strategy, count):
    """Some examples, the same each time."""
    found = []

    @seed(1)
    @examples(ON_ALL, max_examples=count)
    @given(strategy)
    def collect(example):
        found.append(example)

    collect()
    return found


def alone(type, params):
    """A model of one layer, on inputs that suit it."""
    entry = LAYERS[type]
    shape = SUITABLE.get(type, (2, 8))[1:]
    count = 1 if entry.max_inputs == 1 else max(2, entry.min_inputs)
    names = [f"in_{port}" for port in range(count)]
    nodes = {name: Node(name, "Input", name, {"shape": shape, "batch_size": 2}) for name in names}
    nodes["layer"] = Node("layer", type, "layer", params)
    return Graph(nodes, tuple(Wire(name, 0, "layer", port) for port, name in enumerate(names)))


def sound(graph):
    """Whether nothing in a drawing fails, as far as can be known without Keras."""
    analysis = analyze(graph)
    return bool(analysis.live) and not any(facts.failures for facts in analysis.facts.values())


def compare(keras, drawings, compiled):
    projects = [
        Project(graph, settings=replace(each, metrics=("accuracy",)))
        for graph, each in zip(drawings, compiled, strict=False)
        if sound(graph)
    ]
    answers = keras.ask(AGAIN, [dumps(project) for project in projects])
    for project, answer in zip(projects, answers, strict=True):
        assert answer in (None, []), (answer, dumps(project))
    return answers.count([])


TYPES = sorted(LAYERS.keys() - {"Input"})


@pytest.mark.engine
def test_every_layer_with_some_arguments_comes_back(keras):
    made = [
        alone(type, params)
        for type in TYPES
        for params in drawn(arguments(LAYERS[type].params, often=3), 3)[2:]
    ]
    compiled = [each for each in drawn(settings(), 3 * len(made)) if not check(each)]
    assert compare(keras, made, compiled) > len(TYPES) / 2


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("type", TYPES)
def test_a_layer_with_any_arguments_comes_back(keras, type):
    made = [alone(type, params) for params in drawn(arguments(LAYERS[type].params, often=2), 100)]
    assert compare(keras, made, drawn(settings(), 100)) > 10


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
def test_a_network_comes_back(keras):
    found = [
        replace(graph, nodes={id: replace(node, name=id) for id, node in graph.nodes.items()})
        for graph in drawn(networks(), 100)
    ]
    assert compare(keras, found, drawn(settings(), 100)) > 5
