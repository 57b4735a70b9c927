"""A layer that is given another type where it stands."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bnstudio.analysis import analyze
from bnstudio.graph import Graph, Node, Wire, connect, rename, set_params
from bnstudio.layers import LAYERS
from bnstudio.ui.canvas.swap import may_become, swap
from tests.ui.canvas.hand import chain


@pytest.fixture
def graph():
    """Input, Dense, Activation, Dense: ``a`` to ``d``."""
    return chain("Input", "Dense", "Activation", "Dense")


def test_wires_and_what_both_have_stay(graph):
    graph = set_params(graph, ["b"], {"units": 7, "use_bias": False, "activation": "tanh"})
    after = swap(graph, "b", "EinsumDense")
    node = after.nodes["b"]
    assert after.wires == graph.wires
    assert node.type == "EinsumDense"
    assert node.params == {**LAYERS["EinsumDense"].initial, "activation": "tanh"}
    assert (node.x, node.y) == (graph.nodes["b"].x, graph.nodes["b"].y)
    recurrent = swap(graph, "b", "LSTM")
    assert recurrent.nodes["b"].params == {"units": 7, "use_bias": False, "activation": "tanh"}


def test_a_name_that_somebody_gave_stays_and_one_of_the_type_does_not(graph):
    assert swap(graph, "b", "ReLU").nodes["b"].name == "b"
    named = rename(rename(graph, "b", "dense_3"), "c", "re_lu")
    assert swap(named, "b", "ReLU").nodes["b"].name == "re_lu_1"


def test_what_a_type_does_not_take_is_left_behind(graph):
    graph = set_params(graph, ["b"], {"units": 7, "activation": "tanh"})
    after = swap(swap(graph, "b", "Dropout"), "b", "Dense")
    assert after.nodes["b"].params == LAYERS["Dense"].initial


def test_only_what_the_wires_suit_is_offered(graph):
    offered = may_become(analyze(graph), "b")
    assert offered[0] == next(name for name in LAYERS if LAYERS[name].category == "Core"
                              and name in offered)  # fmt: skip
    assert {"BatchNormalization", "Dropout", "ReLU"} <= set(offered)
    assert not {"Dense", "Input", "Conv2D"} & set(offered), "itself, no input, another rank"
    joined = Graph({**graph.nodes, "e": Node("e", "Add", "e")}, graph.wires)
    joined = connect(connect(joined, Wire("b", 0, "e", 0)), Wire("c", 0, "e", 1))
    offered = may_become(analyze(joined), "e")
    assert {"Multiply", "Concatenate"} <= set(offered)
    assert "Dropout" not in offered
    for type in may_become(analyze(graph), "c"):
        failures = analyze(swap(graph, "c", type)).facts["c"].failures
        assert {failure.code for failure in failures} <= {"STR26"}, f"{type}: more to connect"


def test_it_is_asked_for_and_one_step_to_undo(chain_view):
    before = chain_view.document.graph
    chain_view.document.select(["c"])
    chain_view.ask_for_other()
    popup = chain_view.popup
    QTest.keyClicks(popup.field, "leaky")
    QTest.keyClick(popup.field, Qt.Key.Key_Return)
    assert chain_view.document.graph.nodes["c"].type == "LeakyReLU"
    assert chain_view.document.selection == {"c"}
    assert chain_view.document.undo_stack.undoText() == "Replace c by LeakyReLU"
    chain_view.document.undo_stack.undo()
    assert chain_view.document.graph == before


def test_what_cannot_be_replaced_is_said(chain_view):
    said = []
    chain_view.refused.connect(said.append)
    chain_view.ask_for_other()
    graph = chain_view.document.graph
    again = Node("e", "Dense", "e", shares="b")
    chain_view.document.edit(Graph({**graph.nodes, "e": again}, graph.wires), "Share")
    chain_view.ask_for_other("b")
    chain_view.ask_for_other("e")
    assert said == [
        "Select one layer to replace.",
        "b and e are calls of one layer. Separate them first.",
        "e and b are calls of one layer. Separate them first.",
    ]
    assert chain_view.popup is None
