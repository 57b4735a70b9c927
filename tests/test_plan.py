"""The plan is the drawing's model as calls, each after what it needs."""

import pytest
from hypothesis import given

from bnstudio.analysis import analyze
from bnstudio.plan import Call, Tensor, plan
from tests.graph.strategies import drawings
from tests.rules.projects import chain, drawing, node

IN = node("Input", "in", shape=(30,))


def dense(id, units=30, **params):
    return node("Dense", id, units=units, **params)


def test_a_chain_is_sequential():
    made = plan(analyze(chain(IN, dense("a", 4), dense("b", 1))))
    assert made.sequential
    assert made.calls[1] == Call("a", "Dense", "a", {"units": 4}, (Tensor("in"),), ((None, 4),))
    assert (made.inputs, made.outputs) == (("in",), (Tensor("b"),))


@pytest.mark.parametrize(
    "graph",
    [
        drawing([IN, dense("a"), dense("b"), node("Add", "s")], "in a", "in b", "a s", "b s:1"),
        drawing([IN, dense("a"), dense("b")], "in a", "in b"),
        drawing([IN, dense("a"), node("Add", "s")], "in a", "a s:0", "a s:1"),
        drawing([IN, dense("a"), node("Dense", "b", shares="a")], "in a", "a b"),
        chain(IN),
        drawing([]),
    ],
)
def test_anything_else_is_not(graph):
    assert not plan(analyze(graph)).sequential


def test_what_says_that_a_tensor_is_an_output_is_passed_over():
    end = node("Output", "end")
    made = plan(analyze(drawing([IN, end, dense("a"), dense("b")], "in a", "a b", "a end")))
    assert [call.node for call in made.calls] == ["in", "a", "b"]
    assert made.outputs == (Tensor("a"), Tensor("b"))
    assert not made.sequential
    made = plan(analyze(chain(IN, dense("a"), end)))
    assert made.sequential
    assert made.outputs == (Tensor("a"),)
    made = plan(analyze(chain(IN, end)))
    assert not made.sequential
    assert made.outputs == (Tensor("in"),)
    # No wire can be drawn from it, but a file may have one.
    made = plan(analyze(chain(IN, end, dense("a"))))
    assert made.calls[1].inputs == (Tensor("in"),)


def test_what_is_outside_the_model_is_left_out():
    made = plan(analyze(drawing([IN, dense("a"), dense("x"), dense("y")], "in a", "x y")))
    assert [call.node for call in made.calls] == ["in", "a"]


def test_a_shared_layer_has_one_name_and_one_maker():
    b = node("Dense", "b", shares="a", called="other")
    made = plan(analyze(drawing([IN, dense("a"), b], "in a", "a b")))
    assert [(c.name, c.params, c.reuses, c.owner) for c in made.calls[1:]] == [
        ("a", {"units": 30}, None, ""),
        ("a", {"units": 30}, "a", "a"),
    ]


def test_the_first_call_makes_it_where_the_owner_comes_later():
    b = node("Dense", "b", shares="a", called="other")
    made = plan(analyze(drawing([IN, b, dense("a")], "in b", "b a")))
    assert [(c.node, c.name, c.reuses) for c in made.calls[1:]] == [
        ("b", "a", None),
        ("a", "a", "b"),
    ]


def test_sharing_through_another_ends_at_the_owner():
    b, c = node("Dense", "b", shares="a"), node("Dense", "c", shares="b")
    made = plan(analyze(drawing([IN, dense("a"), b, c], "in a", "a b", "b c")))
    assert [call.reuses for call in made.calls[1:]] == [None, "a", "a"]


def test_ports_are_kept():
    lstm = node("LSTM", "l", units=5, return_state=True)
    graph = drawing([node("Input", "in", shape=(7, 3)), lstm, dense("d")], "in l", "l:2 d")
    made = plan(analyze(graph))
    assert made.calls[2].inputs == (Tensor("l", 2),)
    assert made.outputs == (Tensor("d"),)
    whole = plan(analyze(drawing([node("Input", "in", shape=(7, 3)), lstm], "in l")))
    assert whole.outputs == (Tensor("l", 0), Tensor("l", 1), Tensor("l", 2))
    assert not whole.sequential


def test_the_arguments_of_a_call_are_apart_from_those_that_make_the_layer():
    attend = node("Attention", "t", dropout=0.5, value_mask=True, use_causal_mask=True)
    inputs = [node("Input", "x", shape=(7, 3)), node("Input", "m", shape=(7,), dtype="bool")]
    made = plan(analyze(drawing([*inputs, attend], "x t", "x t:1", "m t:2")))
    call = made.calls[2]
    assert (call.params, call.options) == (
        {"dropout": 0.5},
        {"value_mask": True, "use_causal_mask": True},
    )
    given = call.arrange("xym")
    assert given.positional == (["x", "y"],)
    assert given.keyword == {"mask": [None, "m"]}
    assert given.options == {"use_causal_mask": True}
    assert call.shapes == ((None, 7, 3),)


def test_two_calls_of_a_layer_have_arguments_of_their_own():
    there = node("ReversibleEmbedding", "e", input_dim=9, output_dim=4)
    back = node("ReversibleEmbedding", "b", shares="e", output_dim=7, reverse=True)
    found = analyze(drawing([node("Input", "in", shape=(6,)), there, back], "in e", "e b"))
    made = plan(found)
    assert [(call.params, dict(call.options)) for call in made.calls[1:]] == [
        ({"input_dim": 9, "output_dim": 4}, {}),
        ({"input_dim": 9, "output_dim": 4}, {"reverse": True}),
    ]
    assert found.shape("b") == (None, 6, 9)


def test_wires_that_are_too_many_are_called_with_all_the_same():
    made = plan(analyze(drawing([IN, node("LSTM", "l", units=5)], "in l", "in l:1")))
    assert made.calls[1].arrange("ab").positional == ("a", "b")


@given(drawings())
def test_every_call_comes_after_what_it_takes(graph):
    found = analyze(graph)
    made = plan(found)
    seen = set()
    for call in made.calls:
        for tensor in call.inputs:
            assert tensor.node in seen or tensor.node not in found.live
        assert call.reuses is None or call.reuses in seen
        seen.add(call.node)
    assert seen == found.live & set(found.order)
    assert len({c.name for c in made.calls if c.reuses is None}) <= len(made.calls)


@pytest.mark.parametrize(
    ("type", "given"),
    [
        *[(type, ["x"]) for type in ("Add", "Subtract", "Dot", "Concatenate", "HashedCrossing")],
        *[(type, "x") for type in ("Dense", "Softmax", "MixUp", "EinsumDense", "LSTM")],
    ],
)
def test_what_merges_is_called_on_a_list_even_of_one(type, given):
    assert Call("n", type, "n", {}).arrange(["x"]).positional == (given,)


def test_each_branch_stands_at_a_stretch_before_what_joins_it():
    layers = [node("Input", "one", shape=(30,)), node("Input", "two", shape=(30,))]
    layers += [dense(id) for id in ("a1", "b1", "a2", "b2", "c")] + [node("Add", "s")]
    wires = ("one a1", "one b1", "a1 a2", "b1 b2", "two c", "a2 s", "b2 s:1", "c s:2")
    made = plan(analyze(drawing(layers, *wires)))
    assert [call.node for call in made.calls] == ["one", "two", "a1", "a2", "b1", "b2", "c", "s"]
