"""What is taken over from one drawing to the next is what it would be afresh."""

import threading
from dataclasses import replace

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.analysis import analyze
from bnstudio.analysis.structure import structure, with_loose
from bnstudio.graph import Graph, Node, Wire, add, connect, diff, disconnect, remove
from tests.graph.strategies import drawings


def derived(graph):
    """What follows from the wires, in its order where that tells something."""
    digraph = graph.digraph
    return (
        dict(graph.wires_into),
        dict(graph.wires_from),
        dict(graph.chained),
        list(digraph),
        {id: list(digraph.succ[id]) for id in digraph},
        {id: list(digraph.pred[id]) for id in digraph},
    )


def afresh(graph):
    """The same, after so many other drawings that nothing is remembered."""
    for place in range(5):
        other = Graph({"other": Node("other", "Dense", "other", {"units": place + 1})}, ())
        derived(Graph(other.nodes, (Wire("other", place, "other", 0),)))
    return derived(Graph(graph.nodes, tuple(graph.wires)))


@given(st.data())
def test_wires_that_come_and_go(data):
    graph = data.draw(drawings())
    for _ in range(data.draw(st.integers(1, 4))):
        before, kept = graph, derived(graph)
        if graph.nodes and data.draw(st.booleans()):
            source, target = (data.draw(st.sampled_from(list(graph.nodes))) for _ in range(2))
            free = len(graph.wires_into.get(target, ()))
            port = data.draw(st.integers(0, free))
            graph = connect(graph, Wire(source, data.draw(st.sampled_from([0, 1])), target, port))
        elif graph.wires:
            gone = data.draw(st.sets(st.sampled_from(graph.wires), max_size=3))
            graph = disconnect(graph, gone)
        assert derived(graph) == afresh(graph)
        derived(graph)
        assert derived(before) == kept


@given(drawings())
def test_a_chained_node_has_one_wire_in_and_its_feeder_one_out(graph):
    expected = {}
    for id in graph.nodes:
        into = [wire for wire in graph.wires if wire.target == id]
        if len(into) == 1 and [w for w in graph.wires if w.source == into[0].source] == into:
            expected[id] = into[0].source
    assert graph.chained == expected


@given(drawings(), drawings())
def test_any_two_drawings_after_one_another(one, other):
    derived(one)
    assert derived(other) == afresh(other)


@given(st.data())
def test_loose_nodes_that_come_and_go_keep_the_structure(data):
    graph = data.draw(drawings())
    wired = graph.wires_into.keys() | graph.wires_from.keys()
    loose = [id for id in graph.nodes if id not in wired]
    gone = data.draw(st.sets(st.sampled_from(loose))) if loose else set()
    after = remove(graph, gone)
    for type in data.draw(st.lists(st.sampled_from(["Input", "Dense", "Add"]), max_size=3)):
        after, _ = add(after, type)
    found = structure(graph)
    kept = with_loose(graph, found, after)
    if found.cyclic:
        assert kept is None
    else:
        assert kept == structure(after)
    assert analyze(after, analyze(graph)) == analyze(after)


@given(st.data())
def test_other_orders_of_the_drawing_are_told(data):
    graph = data.draw(drawings())
    ids = data.draw(st.permutations(list(graph.nodes)))
    after = Graph({id: graph.nodes[id] for id in ids}, graph.wires)
    kept = with_loose(graph, structure(graph), after)
    assert kept is None or kept == structure(after)
    assert analyze(after, analyze(graph)) == analyze(after)


@given(drawings(), st.data())
def test_the_order_is_that_of_networkx(graph, data):
    graph = Graph(graph.nodes, tuple(data.draw(st.permutations(graph.wires))))
    digraph = nx.DiGraph()
    digraph.add_nodes_from(graph.nodes)
    digraph.add_edges_from((wire.source, wire.target) for wire in graph.wires)
    found = structure(graph)
    if nx.is_directed_acyclic_graph(digraph):
        assert found.order == tuple(nx.topological_sort(digraph))
        assert found.cyclic == ()
    else:
        assert len(found.order) < len(graph.nodes)
        assert found.cyclic


@given(drawings(), drawings())
def test_the_difference_is_what_a_plain_look_finds(one, other):
    for before, after in ((one, other), (one, Graph({**one.nodes, **other.nodes}, other.wires))):
        found = diff(before, after)
        old, new = before.nodes, after.nodes
        assert found.added == tuple(id for id in new if id not in old)
        assert found.removed == tuple(id for id in old if id not in new)
        assert found.changed == tuple(id for id in new if id in old and old[id] != new[id])
        assert found.wires_added == tuple(w for w in after.wires if w not in before.wires)
        assert found.wires_removed == tuple(w for w in before.wires if w not in after.wires)


def test_another_thread_is_lent_a_digraph_of_its_own():
    graph = Graph({id: Node(id, "Dense", id) for id in "ab"}, (Wire("a", 0, "b", 0),))
    lent = []
    thread = threading.Thread(target=lambda: lent.append(graph.digraph))
    thread.start()
    thread.join()
    mine = graph.digraph
    assert lent[0] is not mine
    assert list(lent[0].edges) == list(mine.edges)
    after = replace(graph, wires=())
    assert list(after.digraph.edges) == []
    assert list(lent[0].edges) == [("a", "b")]
