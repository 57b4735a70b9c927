"""Where layers are put that were given a place where others are: they cover none."""

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt

from bnstudio.look.geometry import Box, node_box
from bnstudio.ui.canvas import steps

CTRL, KEY = Qt.KeyboardModifier.ControlModifier, Qt.Key

places = st.tuples(st.integers(-400, 400), st.integers(-400, 400))


def boxes_at(places):
    return [node_box(*place) for place in places]


@given(st.lists(places, max_size=4), st.lists(places, max_size=12))
def test_what_makes_way_covers_nothing_and_goes_one_way_only(own, others):
    own, others = boxes_at(own), boxes_at(others)
    x, y = steps.clear_of(own, others)
    moved = [Box(b.left + x, b.top + y, b.right + x, b.bottom + y) for b in own]
    assert not any(box.overlaps(other) for box in moved for other in others)
    assert x == 0 or y == 0
    if not any(box.overlaps(other) for box in own for other in others):
        assert (x, y) == (0, 0)


def test_the_way_is_the_shortest():
    below, right = node_box(0, 60), node_box(200, 0)
    assert steps.clear_of([node_box(0, 0)], [below]) == (0, below.top - 24 - node_box(0, 0).bottom)
    assert steps.clear_of([right], [node_box(0, 0)]) == (node_box(0, 0).right + 24 - right.left, 0)


def apart(view):
    boxes = [item.box for item in view.drawing.nodes.values()]
    return not any(
        one.overlaps(other) for index, one in enumerate(boxes) for other in boxes[:index]
    )


def test_a_layer_added_copied_or_pasted_over_another_stands_beside_it(chain_view, hand):
    at = chain_view.drawing.nodes["b"].centre
    assert chain_view.add_layer("ReLU", at) is not None
    assert apart(chain_view)
    assert chain_view.add_layer("ReLU", at, end=("b", "out", 0)) is not None
    assert apart(chain_view)
    chain_view.document.select(["b", "c"])
    for _ in range(3):
        hand.key(KEY.Key_D, CTRL)
        assert apart(chain_view)
    hand.key(KEY.Key_C, CTRL)
    for _ in range(3):
        hand.key(KEY.Key_V, CTRL)
        assert apart(chain_view)
    shown = chain_view.camera.shown
    for id in chain_view.document.selection:
        box = chain_view.drawing.nodes[id].box
        assert shown.left <= box.left < box.right <= shown.right
        assert shown.top <= box.top < box.bottom <= shown.bottom
