"""Order, shapes, counts and failures of drawings whose answers are known."""

import pytest

from bnstudio.analysis import analyze, knots, next_port, why_not
from bnstudio.graph import Graph, Wire, move, rename, set_params
from tests.rules.projects import chain, drawing, node

IN = node("Input", "in", shape=(30,))


def dense(id, units=4, **params):
    return node("Dense", id, units=units, **params)


SHARED = drawing(
    [IN, dense("a", 30), node("Dense", "b", shares="a"), node("Add", "sum")],
    "in a", "a b", "a sum:0", "b sum:1",
)  # fmt: skip


def codes(graph, id):
    return [failure.code for failure in analyze(graph).facts[id].failures]


def test_shapes_counts_and_operations_of_a_chain():
    found = analyze(chain(IN, dense("a", 8), node("BatchNormalization", "n"), dense("b", 1)))
    assert found.order == ("in", "a", "n", "b")
    assert [found.shape(id) for id in found.order] == [(None, 30), (None, 8), (None, 8), (None, 1)]
    assert (found.trainable, found.fixed) == (30 * 8 + 8 + 16 + 9, 16)
    assert found.flops == sum(found.facts[id].flops for id in found.order)
    assert found.structure.inputs == ("in",)
    assert found.structure.outputs == ("b",)


def test_what_is_not_connected_is_not_in_the_model():
    found = analyze(drawing([IN, dense("a"), dense("x"), dense("y")], "in a", "x y"))
    assert found.live == {"in", "a"}
    assert found.trainable == 30 * 4 + 4
    assert found.shape("y") is None
    assert not found.facts["y"].failures


def test_a_lone_input_is_no_model():
    assert analyze(chain(IN)).structure.outputs == ()


def test_a_failure_is_told_once_and_silences_what_follows():
    found = analyze(chain(IN, node("Conv2D", "c", filters=1, kernel_size=3), dense("d")))
    assert [f.code for f in found.facts["c"].failures] == ["STR05"]
    assert found.facts["d"].failures == ()
    assert found.facts["d"].inputs == (None,)


def test_bad_arguments_are_told_on_a_circle_too():
    graph = drawing([dense("a", 0), dense("b")], "a b", "b a")
    found = analyze(graph)
    assert found.structure.cyclic == ("a", "b")
    assert found.order == ()
    assert codes(graph, "a") == ["STR22"]


def test_what_is_behind_a_circle_has_no_place_in_the_order():
    graph = drawing(
        [IN, node("Add", "s"), dense("a"), dense("b"), dense("c")],
        "in s:0", "s a", "a s:1", "a b", "in c",
    )  # fmt: skip
    found = analyze(graph)
    assert found.order == ("in", "c")
    assert found.structure.cyclic == ("s", "a")
    assert knots(graph) == [["s", "a"]]


def test_several_outputs_have_shapes_by_port():
    lstm = node("LSTM", "l", units=5, return_sequences=True, return_state=True)
    graph = drawing([node("Input", "in", shape=(7, 3)), lstm, dense("h"), dense("s")],
                    "in l", "l h", "l:2 s")  # fmt: skip
    found = analyze(graph)
    assert [found.shape("l", port) for port in range(4)] == [
        (None, 7, 5), (None, 5), (None, 5), None
    ]  # fmt: skip
    assert (found.shape("h"), found.shape("s")) == ((None, 7, 4), (None, 4))
    fewer = set_params(graph, ["l"], {"return_state": ...})
    assert analyze(fewer, found).facts["s"].failures[0].code == "STR27"
    assert analyze(fewer, found) == analyze(fewer)


def test_shared_weights_count_once():
    found = analyze(SHARED)
    assert found.trainable == 30 * 30 + 30
    assert found.shape("b") == (None, 30)
    assert found.facts["b"].weights == ()
    assert found.facts["b"].flops == found.facts["a"].flops


def test_the_first_call_makes_the_layer_even_if_the_owner_is_called_later():
    graph = drawing([IN, node("Dense", "b", shares="a"), dense("a", 30)], "in b", "b a")
    found = analyze(graph)
    assert found.facts["b"].trainable == 30 * 30 + 30
    assert found.facts["a"].weights == ()
    misfit = set_params(graph, ["a"], {"units": 8})
    assert codes(misfit, "a") == ["STR23"]
    assert analyze(misfit, found) == analyze(misfit)


@pytest.mark.parametrize(
    ("graph", "id", "code"),
    [
        (drawing([IN, dense("a")], "in a:0", "in a:1"), "a", "STR26"),
        (drawing([IN, node("Input", "b", shape=(3,))], "in b"), "b", "STR26"),
        (drawing([IN, dense("a")], "in:3 a"), "a", "STR27"),
        (drawing([IN, node("Dens", "a")], "in a"), "a", "STR21"),
        (drawing([IN, dense("a", -1)], "in a"), "a", "STR22"),
        (drawing([IN, node("Dense", "a", shares="gone", units=3)], "in a"), "a", "STR23"),
    ],
)
def test_failures(graph, id, code):
    assert codes(graph, id) == [code]


def test_moving_and_renaming_reuse_everything():
    graph = chain(IN, dense("a"), dense("b"))
    found = analyze(graph)
    for edited in (move(graph, {"a": (1, 2)}), rename(graph, "a", "other")):
        again = analyze(edited, found)
        assert again.structure is found.structure
        assert all(again.facts[id] is found.facts[id] for id in graph.nodes)


def test_an_edit_only_touches_what_follows():
    graph = chain(IN, dense("a"), dense("b"), dense("c"))
    found = analyze(graph)
    again = analyze(set_params(graph, ["b"], {"units": 7}), found)
    assert again.facts["a"] is found.facts["a"]
    assert again.shape("b") == (None, 7)
    assert again.facts["c"].inputs == ((None, 7),)


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (Wire("in", 0, "a", 0), "in is connected to a already."),
        (Wire("a", 0, "a", 0), "That would be a cycle: a would feed itself."),
        (Wire("c", 0, "a", 0), "That would be a cycle: a leads to c."),
        (Wire("a", 0, "in", 0), "Input has no input: data enters the model there."),
        (Wire("in", 0, "b", 1), "Dense takes one input."),
        (Wire("in", 1, "x", 0), "in has one output."),
        (Wire("in", 0, "gone", 0), "There is no node 'gone' in the drawing."),
        (Wire("in", 0, "x", 0), None),
        (Wire("a", 0, "sum", 0), None),
    ],
)
def test_why_not(wire, reason):
    graph = drawing(
        [IN, dense("a"), dense("b"), dense("c"), dense("x"), node("Add", "sum")],
        "in a", "a b", "b c",
    )  # fmt: skip
    assert why_not(analyze(graph), wire) == reason


def test_why_not_speaks_of_shapes():
    conv = node("Conv2D", "conv", filters=2, kernel_size=3)
    graph = drawing([IN, conv, dense("a", 4), dense("b", 5), node("Add", "sum")],
                    "in a", "in b", "a sum")  # fmt: skip
    found = analyze(graph)
    assert "4" in why_not(found, Wire("in", 0, "conv", 0))
    assert "(None, 5)" in why_not(found, Wire("b", 0, "sum", 1))
    assert why_not(found, Wire("a", 0, "sum", 1)) is None


def test_a_wire_to_a_failing_layer_may_be_the_remedy():
    conv = node("Conv2D", "conv", filters=2, kernel_size=3)
    graph = drawing([IN, node("Input", "image", shape=(8, 8, 1)), conv], "in conv")
    assert why_not(analyze(graph), Wire("image", 0, "conv", 0)) is None


def test_the_next_port():
    graph = drawing([IN, dense("a"), node("Add", "sum"), node("Dens", "odd")],
                    "in a", "in sum", "in odd")  # fmt: skip
    assert [next_port(graph, id) for id in ("in", "a", "sum", "odd")] == [0, 0, 1, 1]


def test_nothing_is_analyzed_to_nothing():
    found = analyze(Graph())
    assert (found.trainable, found.fixed, found.flops, found.order) == (0, 0, 0, ())
