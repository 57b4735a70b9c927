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
from tests.drawing import shape_at, together
from tests.graphs import networks, settings
from tests.importers import models
from tests.suitable import WHOLE

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


def alone(type, params, shape):
    """A model of one layer, on inputs like this."""
    entry = LAYERS[type]
    first = (2, *shape[1:])
    shapes = {f"in_{port}": first for port in range(entry.min_inputs)}
    if entry.ports:
        shapes = {}
        for port in entry.open_ports(params):
            shapes[port.name] = shape_at(entry, params, shapes, port.name) if shapes else first
    names = [name.replace(" ", "_") for name in shapes]
    nodes = {
        name: Node(
            name, "Input", name,
            {"shape": shape[1:], "batch_size": 2, "dtype": WHOLE.get(type, "float32")},
        )
        for name, shape in zip(names, shapes.values(), strict=True)
    }  # fmt: skip
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
        alone(type, *case) for type in TYPES for case in drawn(together(LAYERS[type], 3), 3)[2:]
    ]
    compiled = [each for each in drawn(settings(), 3 * len(made)) if not check(each)]
    assert compare(keras, made, compiled) > len(TYPES) / 2


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.timeout(600)
@pytest.mark.parametrize("type", TYPES)
def test_a_layer_with_any_arguments_comes_back(keras, type):
    made = [alone(type, *case) for case in drawn(together(LAYERS[type], 2), 100)]
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
