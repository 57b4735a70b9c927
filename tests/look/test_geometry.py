"""Where boxes, ports and wires are; and finding boxes near a place."""

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from bnstudio.look.geometry import (
    GAP,
    HEIGHT,
    LIMIT,
    STRIP,
    WIDTH,
    Box,
    Point,
    curve,
    distance,
    node_box,
    port_offset,
    route,
    samples,
)
from bnstudio.look.spatial import Grid

PLACES = st.floats(-3000, 3000)
POINTS = st.builds(Point, PLACES, PLACES)
BOXES = st.builds(
    lambda x, y, w, h: Box(x, y, x + w, y + h), PLACES, PLACES, st.floats(0, 900), st.floats(0, 900)
)


def test_a_node_is_centred_on_its_position():
    assert node_box(10, 20).centre == (10, 20)
    assert node_box(10, 20).size == (WIDTH, HEIGHT)


def test_a_strip_grows_downwards_and_leaves_room_for_the_wire():
    plain, grown = node_box(0, 0), node_box(0, 0, strip=1.0)
    assert (grown.left, grown.top, grown.right) == plain[:3]
    assert grown.bottom == plain.bottom + STRIP
    assert STRIP + 12 <= GAP


@given(st.integers(1, 200))
def test_ports_stand_inside_the_node_apart_from_each_other(count):
    box = node_box(0, 0, count)
    places = [port_offset(box.width, index, count) for index in range(count)]
    assert places[0] >= 10
    assert places[-1] <= box.width - 10
    assert all(b - a > 12 for a, b in itertools.pairwise(places))
    assert math.isclose(sum(places) / count, box.width / 2)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_no_position_is_out_of_reach(value):
    box = node_box(value, value)
    assert all(abs(side) <= LIMIT + WIDTH for side in box)


@given(POINTS, POINTS)
def test_wires_leave_and_enter_at_right_angles(start, end):
    line = curve(start, end)
    assert (line[0], line[-1]) == (start, end)
    assert line[1].x == start.x
    assert line[1].y >= start.y
    assert line[-2].x == end.x
    assert line[-2].y <= end.y


@given(POINTS, POINTS, st.lists(BOXES, max_size=6))
def test_a_routed_wire_ends_where_it_should(start, end, boxes):
    line = route(start, end, lambda region: [box for box in boxes if box.overlaps(region)])
    assert (line[0], line[-1]) == (start, end)
    assert line[1].x == start.x
    assert line[-2].x == end.x
    assert len(line) % 3 == 1
    assert all(math.isfinite(value) for point in line for value in point)


@given(st.integers(1, 12), st.integers(-300, 300))
def test_a_skip_connection_goes_round_the_nodes_between(count, shift):
    """Nodes stand in a column under each other; the wire leads from over them to under them."""
    pitch = HEIGHT + GAP
    boxes = [node_box(0, (index + 1) * pitch) for index in range(count)]
    start = Point(0, HEIGHT / 2)
    end = Point(shift, (count + 1) * pitch - HEIGHT / 2)
    line = route(start, end, lambda region: [box for box in boxes if box.overlaps(region)])
    for point in samples(line, 40):
        assert not any(
            box.left < point.x < box.right and box.top < point.y < box.bottom for box in boxes
        )


@given(POINTS, POINTS)
def test_a_wire_is_no_distance_from_its_own_points(start, end):
    line = curve(start, end)
    assert distance(line, start) < 1e-6
    assert distance(line, end) < 1e-6


@given(st.lists(st.tuples(st.sampled_from("abcdef"), BOXES, st.booleans()), max_size=20), BOXES)
def test_the_grid_finds_what_a_look_at_every_box_finds(steps, region):
    grid, boxes = Grid(), {}
    for id, box, keep in steps:
        if keep:
            grid.put(id, box)
            boxes[id] = box
        elif id in boxes:
            grid.remove(id)
            del boxes[id]
    assert len(grid) == len(boxes)
    assert grid.near(region) == {id: box for id, box in boxes.items() if box.overlaps(region)}
    everywhere = Box(-1e12, -1e12, 1e12, 1e12)
    assert grid.near(everywhere) == boxes
