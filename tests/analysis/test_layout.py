"""A tidied drawing has every node once, none on another, and reads downwards."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.analysis import tidy
from bnstudio.graph import Graph, Node, Wire
from tests.graph.strategies import drawings


def drawing(count, edges):
    nodes = {str(n): Node(str(n), "Dense", str(n)) for n in range(count)}
    ports = {}
    wires = []
    for source, target in edges:
        port = ports[target] = ports.get(target, -1) + 1
        wires.append(Wire(str(source), 0, str(target), port))
    return Graph(nodes, tuple(wires))


def even(_):
    return 180.0, 60.0


def uneven(id):
    number = sum(map(ord, id))
    return 120.0 + 31 * (number % 7), 40.0 + 17 * (number % 5)


def overlaps(places, size):
    boxes = [(x, y, *size(id)) for id, (x, y) in places.items()]
    return [
        (one, two)
        for number, one in enumerate(boxes)
        for two in boxes[:number]
        if abs(one[0] - two[0]) < (one[2] + two[2]) / 2 - 1e-6
        and abs(one[1] - two[1]) < (one[3] + two[3]) / 2 - 1e-6
    ]


@given(drawings(max_nodes=14), st.sampled_from([even, uneven]), st.sampled_from(["TB", "LR"]))
def test_every_node_has_a_place_of_its_own(graph, size, direction):
    places = tidy(graph, size, direction)
    assert places.keys() == graph.nodes.keys()
    assert overlaps(places, size) == []
    assert tidy(graph, size, direction) == places


@given(st.lists(st.tuples(st.integers(0, 19), st.integers(0, 19)), max_size=60), st.data())
def test_wires_lead_downwards_where_there_is_no_circle(pairs, data):
    edges = [(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]]
    graph = drawing(20, edges)
    places = tidy(graph, uneven)
    assert overlaps(places, uneven) == []
    for wire in graph.wires:
        assert places[wire.source][1] < places[wire.target][1]


def test_places_do_not_depend_on_what_nodes_are_called():
    edges = [(a, b) for b in range(1, 40) for a in {b // 2, b // 3, b - 1} if a < b]
    graph = drawing(40, edges)
    expected = list(tidy(graph, even).values())
    for word in ("a", "layer", "\u5c64"):
        # As in another run of Python: the texts have other hashes.
        names = {id: f"{word}{id}" for id in graph.nodes}
        nodes = {names[id]: Node(names[id], "Dense", id) for id in graph.nodes}
        wires = tuple(
            Wire(names[w.source], w.source_port, names[w.target], w.target_port)
            for w in graph.wires
        )
        assert list(tidy(Graph(nodes, wires), even).values()) == expected


@pytest.mark.parametrize("count", [2, 3, 60])
def test_a_chain_is_a_straight_line(count):
    places = tidy(drawing(count, [(n, n + 1) for n in range(count - 1)]), uneven)
    assert {x for x, _ in places.values()} == {0.0} or len({x for x, _ in places.values()}) == 1
    heights = [places[str(n)][1] for n in range(count)]
    assert heights == sorted(heights)


def test_left_to_right_turns_it():
    graph = drawing(4, [(0, 1), (0, 2), (1, 3), (2, 3)])
    places = tidy(graph, even, "LR")
    assert places["0"][0] < places["1"][0] == places["2"][0] < places["3"][0]
    assert places["0"][1] == pytest.approx(places["3"][1])


def test_branches_stand_side_by_side_and_their_ends_between_them():
    places = tidy(drawing(4, [(0, 1), (0, 2), (1, 3), (2, 3)]), even)
    (_, top), (left, middle), (right, _), (_, bottom) = (places[id] for id in "0123")
    assert top < middle < bottom
    assert left != right
    assert places["0"][0] == pytest.approx((left + right) / 2)


@pytest.mark.parametrize(
    "edges",
    [
        [(0, 0)],
        [(0, 1), (1, 0)],
        [(0, 1), (1, 2), (2, 0), (2, 3)],
        [(0, 0), (0, 1), (1, 1), (1, 2), (2, 1)],
        [(0, 1), (0, 1), (0, 1)],
    ],
)
def test_circles_and_double_wires_are_placed_too(edges):
    graph = drawing(4, edges)
    places = tidy(graph, even)
    assert places.keys() == graph.nodes.keys()
    assert overlaps(places, even) == []


def test_parts_stand_side_by_side_and_loose_nodes_beneath():
    places = tidy(drawing(7, [(0, 1), (1, 2), (3, 4)]), even)
    assert places["0"][0] != places["3"][0]
    assert places["0"][1] == places["3"][1]
    low = max(places[id][1] for id in "01234")
    assert all(places[id][1] > low for id in "56")
    assert places["5"][1] == places["6"][1]


def test_nothing_gives_nothing():
    assert tidy(Graph(), even) == {}


def test_many_layers_are_laid_out_at_once():
    count = 1000
    chain = drawing(count, [(n, n + 1) for n in range(count - 1)])
    shortcuts = [(n, n + 3) for n in range(0, count - 3, 4)]
    residual = drawing(count, [(n, n + 1) for n in range(count - 1)] + shortcuts)
    for graph, most in ((chain, 0.5), (residual, 2.0)):
        start = time.process_time()
        places = tidy(graph, even)
        assert time.process_time() - start < most
        assert len(places) == count
