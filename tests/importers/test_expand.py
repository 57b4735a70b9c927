"""A model in a model, expanded: the same layers and weights, and the same outputs."""

import pytest

from bnstudio import importers
from bnstudio.analysis import analyze
from bnstudio.graph import EditError, Graph, add, connect, disconnect
from bnstudio.graph import Wire as W
from bnstudio.layers.opaque import is_opaque
from bnstudio.project import Project, dumps
from tests.importers import legacy, models
from tests.importers.test_legacy import load


@pytest.mark.engine
def test_an_expanded_model_gives_what_it_gave(keras, saved):
    graph = importers.load(saved / "nested.keras").project.graph
    assert [id for id in graph.nodes if importers.can_expand(graph, id)] == [
        "inner", "inner_1", "net"
    ]  # fmt: skip
    for id in ("inner_1", "net"):  # a call of a model expands all of them
        graph = importers.expand(graph, id)
    assert not any(is_opaque(node.type) for node in graph.nodes.values())
    path = str(saved / "nested.keras")
    assert keras.ask(f"{models.__name__}:compare_expanded", path, dumps(Project(graph))) == []


def test_the_second_call_shares_the_layers_of_the_first():
    graph = importers.expand(load(legacy.NESTED_2_11).project.graph, "inner")
    assert {id: node.shares for id, node in graph.nodes.items()} == {
        "x": None, "deep": None, "deep_1": "deep", "out": None
    }  # fmt: skip
    assert [wire[::2] for wire in sorted(graph.wires)] == [
        ("deep", "deep_1"), ("deep_1", "out"), ("x", "deep")
    ]  # fmt: skip
    assert not any(facts.failures for facts in analyze(graph).facts.values())
    assert len({(node.x, node.y) for node in graph.nodes.values()}) == 4


def test_names_that_are_taken_are_numbered_on():
    graph, _ = add(load(legacy.NESTED_2_11).project.graph, "Flatten", name="deep")
    graph = importers.expand(graph, "inner")
    names = [node.name for node in graph.nodes.values()]
    assert len(set(names)) == len(names)


def test_what_cannot_be_expanded_says_why():
    graph = load(legacy.NESTED_2_11).project.graph
    loose = disconnect(graph, graph.wires_into["inner"])
    with pytest.raises(EditError, match="it takes one input, and no wire comes in"):
        importers.expand(loose, "inner")
    twice = connect(graph, W("x", 0, "inner", 1))
    with pytest.raises(EditError, match="it takes one input, and 2 wires come in"):
        importers.expand(twice, "inner")
    wrong = connect(graph, W("inner", 3, "out", 0))
    with pytest.raises(EditError, match="starts at output 3, and it has 1"):
        importers.expand(wrong, "inner")
    circle = connect(graph, W("inner_1", 0, "inner", 0))
    with pytest.raises(EditError, match="stands in a cycle"):
        importers.expand(circle, "inner")
    plain, id = add(Graph(), "Dense")
    assert not importers.can_expand(plain, id)
    with pytest.raises(EditError, match="is not a model"):
        importers.expand(plain, id)
