"""The edits one by one: what each promises beyond keeping the drawing well-formed."""

import pytest

from bnstudio.graph import (
    EditError,
    Graph,
    Node,
    Wire,
    add,
    connect,
    diff,
    disconnect,
    duplicate,
    fragment,
    free_name,
    heal,
    move,
    remove,
    rename,
    set_params,
    splice,
    to_networkx,
)


def drawing(*wires, **shares):
    """A drawing from ``"ab"`` (a feeds b) and ``"ab1"`` (at port 1)."""
    ids = dict.fromkeys(letter for wire in wires for letter in wire[:2])
    nodes = {id: Node(id, "Dense", id, {}, shares=shares.get(id)) for id in ids}
    return Graph(nodes, tuple(Wire(w[0], 0, w[1], int(w[2:] or 0)) for w in wires))


def wires(graph):
    return {f"{w.source}{w.target}{w.target_port or ''}" for w in graph.wires}


@pytest.mark.parametrize(
    ("base", "taken", "name"),
    [
        ("Dense", (), "dense"),
        ("BatchNormalization", (), "batch_normalization"),
        ("Conv2D", (), "conv2d"),
        ("LSTM", (), "lstm"),
        ("Dense", ("dense",), "dense_1"),
        ("dense_1", ("dense", "dense_1"), "dense_2"),
        ("block_7", ("block_7",), "block_1"),
        ("größe", (), "größe"),
        ("_", (), "node"),
        ("a b", (), "a_b"),
    ],
)
def test_names_are_given_as_keras_does(base, taken, name):
    assert free_name(base, taken) == name


def test_add_names_and_places_a_node():
    graph, first = add(Graph(), "Dense", params={"units": 3}, x=1, y=2)
    graph, second = add(graph, "Dense")
    assert (first, second) == ("dense", "dense_1")
    assert graph.nodes["dense"] == Node("dense", "Dense", "dense", {"units": 3}, 1, 2)


def test_a_new_id_is_free_though_the_name_is_not_an_id():
    graph, id = add(Graph(), "Dense", name="x")
    graph = rename(graph, id, "y")
    graph, other = add(graph, "Dense", name="x")
    assert other != id
    assert graph.nodes[other].name == "x"


def test_connect_replaces_what_ended_at_the_port():
    graph = connect(drawing("ac", "bd"), Wire("b", 0, "c", 0))
    assert wires(graph) == {"bc", "bd"}
    assert connect(graph, Wire("b", 0, "c", 0)) is graph


@pytest.mark.parametrize("wire", [Wire("a", 0, "z", 0), Wire("z", 0, "a", 0)])
def test_connect_wants_both_ends(wire):
    with pytest.raises(EditError, match="no node 'z'"):
        connect(drawing("ab"), wire)


def test_a_freed_port_is_closed():
    graph = disconnect(drawing("ad", "bd1", "cd2"), [Wire("b", 0, "d", 1)])
    assert wires(graph) == {"ad", "cd1"}


def test_removing_a_source_closes_its_port():
    assert wires(remove(drawing("ad", "bd1", "cd2"), ["a"])) == {"bd", "cd1"}


def test_the_first_heir_owns_the_layer():
    graph = remove(drawing("ab", "bc", "cd", c="b", d="b"), ["b"])
    assert [graph.nodes[id].shares for id in "acd"] == [None, None, "c"]


@pytest.mark.parametrize(
    ("before", "gone", "after"),
    [
        (("ab", "bc"), "b", {"ac"}),
        (("ab", "bc", "cd"), "bc", {"ad"}),
        (("ab", "bc", "cd", "de"), "cb", {"ad", "de"}),
        (("ab", "bc", "cd", "de"), "bd", {"ac", "ce"}),
        (("ab", "bc", "bd"), "b", {"ac", "ad"}),
        (("ac", "bc1", "cd"), "c", set()),
        (("ab", "bc"), "a", {"bc"}),
        (("ab", "bc"), "c", {"ab"}),
        # A branch and its merge: what is left leads on.
        (("ab", "bd", "ac", "cd1", "de"), "c", {"ab", "bd", "ad1", "de"}),
        (("ab", "bc", "cd", "bd1", "de"), "cd", {"ab", "be"}),
        (("ab", "ac", "bd", "cd1", "de"), "bcd", {"ae"}),
        (("xb", "ab1", "bc"), "xb", {"ac"}),
        # Both inputs of a merge keep their ports.
        (("ab", "ac", "bd", "cd1"), "bc", {"ad", "ad1"}),
        # What does not follow from the entry is not joined to it: that would close a cycle.
        (("rx", "xe", "es", "rs1"), "rs", {"xe"}),
        (("ab", "bb1", "bc"), "b", {"ac"}),
    ],
)
def test_heal(before, gone, after):
    assert wires(heal(drawing(*before), gone)) == after
    assert wires(heal(drawing(*before), reversed(gone))) == after


def test_heal_joins_at_the_output_that_led_in():
    graph = Graph(drawing("ab", "bc").nodes, (Wire("a", 2, "b", 0), Wire("b", 0, "c", 1)))
    assert heal(graph, ["b"]).wires == (Wire("a", 2, "c", 1),)


def test_heal_does_not_join_side_outputs():
    graph = Graph(drawing("ab", "bc").nodes, (Wire("a", 0, "b", 0), Wire("b", 1, "c", 0)))
    assert heal(graph, ["b"]).wires == ()


def test_splice_puts_a_node_into_a_wire():
    graph, new = add(drawing("ac", "bc1"), "ReLU")
    graph = splice(graph, new, Wire("b", 0, "c", 1))
    assert [tuple(w) for w in graph.wires] == [
        ("a", 0, "c", 0), ("b", 0, new, 0), (new, 0, "c", 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("id", "wire", "reason"),
    [
        ("z", Wire("a", 0, "b", 0), "no node 'z'"),
        ("c", Wire("b", 0, "a", 0), "no longer there"),
        ("a", Wire("a", 0, "b", 0), "its own wire"),
        ("d", Wire("a", 0, "b", 0), "connected already"),
    ],
)
def test_splice_refuses(id, wire, reason):
    with pytest.raises(EditError, match=reason):
        splice(drawing("ab", "cd"), id, wire)


def test_params_are_set_and_taken_out():
    graph = set_params(drawing("ab"), "ab", {"units": 3, "axis": 1})
    graph = set_params(graph, "b", {"axis": ...})
    assert [graph.nodes[id].params for id in "ab"] == [{"units": 3, "axis": 1}, {"units": 3}]
    with pytest.raises(EditError, match="no node 'z'"):
        set_params(graph, "z", {})


def test_move_leaves_what_does_not_move():
    graph = drawing("ab")
    assert move(graph, {"a": (0, 0), "z": (1, 1)}) is graph
    moved = move(graph, {"a": (3, 4)})
    assert (moved.nodes["a"].x, moved.nodes["a"].y) == (3.0, 4.0)
    assert moved.nodes["b"] is graph.nodes["b"]


def test_duplicate_renames_and_keeps_inner_wires_and_sharing():
    graph = drawing("ab", "bc", c="b")
    graph, ids = duplicate(graph, fragment(graph, "bc"), dx=10)
    assert ids == ("b_1", "c_1")
    assert graph.wires[2:] == (Wire("b_1", 0, "c_1", 0),)
    assert graph.nodes["c_1"].shares == "b_1"
    assert graph.nodes["c_1"].x == 10.0


def test_a_fragment_has_no_gaps_where_wires_came_from_outside():
    piece = fragment(drawing("ad", "bd1", "cd2"), "bcd")
    assert wires(piece) == {"bd", "cd1"}


def test_pasting_elsewhere_gives_a_layer_of_its_own():
    graph, (id,) = duplicate(Graph(), fragment(drawing("ab", b="a"), "b"))
    assert graph.nodes[id].shares is None


def test_the_difference_names_what_changed():
    before = drawing("ab", "bc")
    after = remove(set_params(before, "a", {"units": 1}), "c")
    after, new = add(after, "ReLU")
    after = connect(after, Wire("b", 0, new, 0))
    found = diff(before, after)
    assert (found.added, found.removed, found.changed) == ((new,), ("c",), ("a",))
    assert found.wires_added == (Wire("b", 0, new, 0),)
    assert found.wires_removed == (Wire("b", 0, "c", 0),)
    assert not diff(after, after)


def test_networkx_gets_every_wire_with_its_ports():
    graph = drawing("ab", "ab1")
    digraph = to_networkx(graph)
    assert sorted(digraph.edges(data="target_port")) == [("a", "b", 0), ("a", "b", 1)]
    assert list(graph.digraph.edges) == [("a", "b")]


def test_the_layer_is_the_owners():
    graph = drawing("ab", "bc", b="a", c="b")
    assert [graph.layer_of(id).id for id in "abc"] == ["a", "a", "a"]
    circle = drawing("ab", a="b", b="a")
    assert [circle.layer_of(id).id for id in "ab"] == ["a", "b"]
    assert drawing("ab", a="gone").layer_of("a").id == "a"


def test_a_drawing_in_the_history_holds_nothing_derived():
    graph = drawing("ab", "bc")
    assert graph.successors("a") == ("b",)
    assert graph.predecessors("c") == ("b",)
    assert list(graph.digraph) == ["a", "b", "c"]
    assert set(vars(graph)) == {"nodes", "wires"}
