"""Layers put into a model in the model, and taken out again."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bnstudio.analysis import analyze, exits
from bnstudio.graph import EditError, Graph, Node, Wire, remove
from bnstudio.importers import expand, group
from tests.rules.projects import drawing, node

FORK = drawing(
    [
        node("Input", "in", shape=(8,)),
        node("Dense", "a", units=8),
        node("Dense", "b", units=8),
        node("Dense", "c", units=8),
        node("Add", "sum"),
        node("Dense", "twice", shares="b"),
        node("Dense", "out", units=2),
    ],
    "in a", "a b", "a c", "b sum:0", "c sum:1", "sum twice", "twice out",
)  # fmt: skip


@st.composite
def networks(draw):
    """Networks of layers that keep the shape, and some of the layers."""
    nodes, wires = {"in": node("Input", "in", shape=(8,))}, []
    if draw(st.booleans()):
        nodes["other"] = node("Input", "other", shape=(8,), batch_size=4, dtype="float64")
    for at in range(draw(st.integers(2, 7))):
        type = draw(st.sampled_from(("Dense", "ReLU", "Add")))
        before = st.sampled_from(sorted(nodes))
        into = draw(st.lists(before, min_size=2, max_size=3)) if type == "Add" else [draw(before)]
        id = f"n{at}"
        owners = [n.id for n in nodes.values() if n.type == "Dense" and n.shares is None]
        shares = draw(st.sampled_from(owners)) if type == "Dense" and owners and draw(
            st.booleans()) else None  # fmt: skip
        params = {"units": 8} if type == "Dense" and shares is None else {}
        nodes[id] = Node(id, type, id, params, shares=shares)
        wires += [Wire(source, 0, id, port) for port, source in enumerate(into)]
    chosen = draw(st.lists(st.sampled_from(sorted(nodes)), min_size=1, unique=True))
    return Graph(nodes, tuple(wires)), chosen


def still(graph):
    """A drawing without its places, the order of its wires, and Outputs that say nothing new."""
    idle = [
        id
        for id, each in graph.nodes.items()
        if each.type == "Output" and len(graph.wires_from[graph.predecessors(id)[0]]) == 1
    ]
    graph = remove(graph, idle)
    nodes = {id: replace(each, x=0.0, y=0.0) for id, each in graph.nodes.items()}
    return nodes, sorted(graph.wires)


@given(networks())
def test_what_is_grouped_and_expanded_is_as_it_was(case):
    graph, chosen = case
    before = analyze(graph)
    try:
        grouped, id = group(before, chosen)
    except EditError as error:
        assume(error is None)
    after = analyze(grouped)
    assert not any(facts.failures for facts in after.facts.values())
    assert (after.trainable, after.fixed) == (before.trainable, before.fixed)
    assert after.flops == before.flops
    shapes = [sorted(str(each.shape(*end)) for end in exits(each)) for each in (before, after)]
    assert shapes[0] == shapes[1]
    assert still(expand(grouped, id)) == still(graph)


def test_a_block_becomes_one_node_in_its_place():
    grouped, id = group(analyze(FORK), ["a", "b", "c", "sum", "twice"])
    assert id == "block"
    assert list(grouped.nodes) == ["in", "block", "out"]
    assert grouped.wires == (Wire("in", 0, "block", 0), Wire("block", 0, "out", 0))
    inside = grouped.nodes["block"].inside
    assert inside.nodes["input"].params == {"shape": (8,)}
    assert inside.nodes["twice"].shares == "b"


def test_what_is_made_of_integers_goes_in_as_integers():
    words = drawing(
        [node("Input", "in", shape=(5,), dtype="int32", batch_size=2),
         node("Embedding", "words", input_dim=9, output_dim=3)],
        "in words",
    )  # fmt: skip
    grouped, id = group(analyze(words), ["words", "in"])
    (entry, _) = grouped.nodes[id].inside.nodes.values()
    assert entry.params == {"shape": (5,), "batch_size": 2, "dtype": "int32"}


@pytest.mark.parametrize(
    ("chosen", "reason"),
    [
        (["in"], "nothing to group"),
        (["a", "sum"], "lies between"),
        (["b", "sum", "c", "out", "a"], "b shares its layer with twice: select both"),
        (["c", "out", "sum"], "twice lies between the selected layers.*leads back to out"),
    ],
)
def test_what_cannot_be_grouped_says_why(chosen, reason):
    with pytest.raises(EditError, match=reason):
        group(analyze(FORK), chosen)


def test_what_is_not_whole_cannot_be_grouped():
    loose = remove(FORK, ["in"])
    with pytest.raises(EditError, match="gives has no known shape yet"):
        group(analyze(loose), ["sum"])
    with pytest.raises(EditError, match="leads to a, and a model is called on what it is fed"):
        group(analyze(loose), ["a"])
    circle = replace(FORK, wires=(*FORK.wires, Wire("sum", 0, "a", 0)))
    with pytest.raises(EditError, match="on a cycle"):
        group(analyze(circle), ["a"])
    ends = drawing(
        [node("Input", "in", shape=(8,)), node("Dense", "a", units=8), node("Dense", "b", units=8),
         node("Dense", "c", units=8)],
        "in a", "in b", "b c",
    )  # fmt: skip
    grouped, id = group(analyze(ends), ["a", "b"])
    assert [each.type for each in grouped.nodes.values()] == [
        "Input", "Functional", "Output", "Dense"
    ]  # fmt: skip
    assert set(grouped.wires_from[id]) == {Wire(id, 0, "output", 0), Wire(id, 1, "c", 0)}


def test_what_feeds_layers_inside_and_outside_is_an_output_there():
    two = drawing(
        [node("Input", "in", shape=(8,)), node("Dense", "a", units=8), node("Dense", "b", units=8),
         node("Add", "sum")],
        "in a", "a b", "a sum:0", "b sum:1",
    )  # fmt: skip
    grouped, id = group(analyze(two), ["a", "b"])
    inside = grouped.nodes[id].inside
    assert [each.type for each in inside.nodes.values()] == ["Input", "Dense", "Dense", "Output"]
    assert Wire("a", 0, "output", 0) in inside.wires
    assert set(grouped.wires_from[id]) == {Wire(id, 1, "sum", 0), Wire(id, 0, "sum", 1)}
    assert still(expand(grouped, id)) == still(two)
