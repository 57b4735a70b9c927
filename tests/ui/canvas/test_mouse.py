"""What the mouse does on the canvas."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from bnstudio.graph import Graph, Wire, add, connect, remove
from bnstudio.look.geometry import PITCH, Point
from tests.ui.canvas.hand import MIDDLE, Hand, chain

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def undo_redo(view) -> None:
    """Takes the last step back and forth; both ways must lead where they came from."""
    document = view.document
    after = document.graph
    document.undo_stack.undo()
    assert document.graph != after
    before = document.graph
    document.undo_stack.redo()
    assert document.graph == after
    document.undo_stack.undo()
    assert document.graph == before
    document.undo_stack.redo()


def wires(view) -> set[tuple[str, str]]:
    return {(wire.source, wire.target) for wire in view.document.graph.wires}


# Palette.


def test_drop_adds_where_it_is_dropped(show):
    view = show()
    hand = Hand(view)
    hand.drop(hand.bring("Dense", (40, 60)), (40, 60))
    (node,) = view.document.graph.nodes.values()
    assert (node.type, node.x, node.y) == ("Dense", 40, 60)
    assert node.params == {"units": 64}
    assert view.document.selection == {node.id}
    assert view.document.undo_stack.undoText() == "Add Dense"
    undo_redo(view)


def test_drop_on_a_wire_splices(chain_view, hand):
    between = (0, PITCH / 2)
    data = hand.bring("BatchNormalization", between)
    lit = chain_view.drawing.wires[Wire("a", 0, "b", 0)]
    assert lit.state == "lit"
    hand.drop(data, between)
    assert lit.state == ""
    assert wires(chain_view) == {
        ("a", "batch_normalization"), ("batch_normalization", "b"), ("b", "c"), ("c", "d"),
    }  # fmt: skip
    nodes = chain_view.document.graph.nodes
    ys = [nodes[id].y for id in ("a", "batch_normalization", "b", "c", "d")]
    assert ys == [0, PITCH, 2 * PITCH, 3 * PITCH, 4 * PITCH]
    undo_redo(chain_view)


def test_a_wire_does_not_light_for_what_cannot_go_in(chain_view, hand):
    between = (0, PITCH / 2)
    line = chain_view.drawing.wires[Wire("a", 0, "b", 0)]
    data = hand.bring("Conv2D", between)
    assert line.state == ""
    hand.drop(data, between)
    assert ("a", "b") in wires(chain_view)
    assert len(chain_view.document.graph.nodes) == 5


def test_a_drag_that_leaves_changes_nothing(chain_view, hand):
    before = chain_view.document.graph
    hand.bring("Dense", (0, PITCH / 2))
    hand.take_away()
    assert chain_view.document.graph is before
    assert {line.state for line in chain_view.drawing.wires.values()} == {""}


def test_unknown_layers_are_not_accepted(chain_view, hand):
    hand.drop(hand.bring("NoSuchLayer", (0, 60)), (0, 60))
    assert len(chain_view.document.graph.nodes) == 4


# Selecting and moving.


def test_click_selects_and_shift_click_adds(chain_view, hand):
    document = chain_view.document
    hand.click((0, PITCH))
    assert document.selection == {"b"}
    hand.click((0, 2 * PITCH), keys=SHIFT)
    assert document.selection == {"b", "c"}
    hand.click((0, 2 * PITCH), keys=SHIFT)
    assert document.selection == {"b"}
    hand.click((400, PITCH))
    assert document.selection == set()
    assert document.undo_stack.count() == 0


def test_a_rubber_band_selects_what_it_touches(chain_view, hand):
    hand.drag((-300, PITCH - 60), (60, 2 * PITCH))
    assert chain_view.document.selection == {"b", "c"}
    hand.drag((-300, -60), (0, 10), keys=SHIFT)
    assert chain_view.document.selection == {"a", "b", "c"}


def test_escape_takes_the_band_back(chain_view, hand):
    hand.click((0, 0))
    hand.carry((-300, PITCH - 60), (60, 2 * PITCH))
    hand.key(Qt.Key.Key_Escape)
    assert chain_view.document.selection == {"a"}
    hand.release((60, 2 * PITCH))
    assert chain_view.document.selection == {"a"}


def test_moving_is_one_undo_step(chain_view, hand):
    document = chain_view.document
    hand.click((0, PITCH))
    hand.click((0, 2 * PITCH), keys=SHIFT)
    hand.drag((0, 2 * PITCH), (150, 2 * PITCH + 41))
    nodes = document.graph.nodes
    assert (nodes["b"].x, nodes["b"].y) == (150, PITCH + 41)
    assert (nodes["c"].x, nodes["c"].y) == (150, 2 * PITCH + 41)
    assert (nodes["d"].x, nodes["d"].y) == (0, 3 * PITCH)
    assert document.undo_stack.count() == 1
    assert document.undo_stack.undoText() == "Move 2 layers"
    undo_redo(chain_view)


def test_a_moved_node_is_found_where_it_went(chain_view, hand):
    hand.drag((0, PITCH), (300, PITCH + 40))
    chain_view.document.select(())
    hand.click((0, PITCH))
    assert chain_view.document.selection == set()
    hand.click((300, PITCH + 40))
    assert chain_view.document.selection == {"b"}


def test_a_wire_goes_round_a_node_moved_into_its_way(chain_view, hand):
    chain_view.document.edit(connect(chain_view.document.graph, Wire("a", 0, "c", 0)), "Connect")
    line = chain_view.drawing.wires[Wire("a", 0, "c", 0)]
    around = line.curve
    assert len(around) > 4
    hand.drag((0, PITCH), (400, PITCH))
    assert len(line.curve) == 4
    hand.drag((400, PITCH), (0, PITCH))
    assert line.curve == around


def test_a_moved_node_jumps_onto_the_line_of_others(chain_view, hand):
    hand.drag((0, PITCH), (4, PITCH + 30))
    assert chain_view.document.graph.nodes["b"].x == 0


def test_escape_puts_a_moved_node_back(chain_view, hand):
    before = chain_view.document.graph
    hand.carry((0, PITCH), (200, PITCH + 90))
    assert chain_view.drawing.nodes["b"].centre != (0, PITCH)
    hand.key(Qt.Key.Key_Escape)
    assert chain_view.drawing.nodes["b"].centre == (0, PITCH)
    hand.release((200, PITCH + 90))
    assert chain_view.document.graph is before


def test_a_loose_node_dropped_on_a_wire_goes_in(show):
    graph, id = add(chain("Input", "Dense"), "Dropout", params={"rate": 0.5}, x=400, y=50)
    view = show(graph)
    view.camera.centre(Point(200, 60))
    hand = Hand(view)
    hand.carry((400, 50), (3, PITCH / 2))
    assert view.drawing.wires[Wire("a", 0, "b", 0)].state == "lit"
    hand.release((3, PITCH / 2))
    assert wires(view) == {("a", id), (id, "b")}
    assert view.document.undo_stack.count() == 1
    undo_redo(view)


# Wires.


@pytest.fixture
def loose(show):
    """An Input ``a`` and a Dense ``b``, not connected, and an Add far to the right."""
    graph = Graph(chain("Input", "Dense").nodes)
    graph, _ = add(graph, "Add", x=320, y=PITCH)
    view = show(graph)
    view.camera.centre(Point(150, 60))
    return view


def test_a_wire_is_drawn_from_out_to_in(loose):
    Hand(loose).drag((0, 35), (0, PITCH - 35))
    assert loose.document.graph.wires == (Wire("a", 0, "b", 0),)
    assert loose.document.undo_stack.undoText() == "Connect a to b"
    undo_redo(loose)


def test_a_wire_is_drawn_from_in_to_out(loose):
    Hand(loose).drag((0, PITCH - 35), (10, 30))
    assert loose.document.graph.wires == (Wire("a", 0, "b", 0),)


def test_a_wire_may_be_dropped_anywhere_on_a_node(loose):
    Hand(loose).drag((0, 35), (80, PITCH + 12))
    assert loose.document.graph.wires == (Wire("a", 0, "b", 0),)


def test_a_merging_layer_offers_one_port_more(loose):
    hand = Hand(loose)
    hand.drag((0, 35), (300, PITCH))
    hand.drag((0, PITCH + 35), (330, PITCH - 10))
    assert set(loose.document.graph.wires) == {Wire("a", 0, "add", 0), Wire("b", 0, "add", 1)}
    assert loose.drawing.nodes["add"].inputs == 3


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ((0, 3 * PITCH + 35), (0, PITCH), "cycle"),
        ((0, PITCH + 35), (0, 0), "no input"),
    ],
)
def test_the_reason_stands_at_the_mouse(chain_view, hand, qtbot, start, end, words):
    before = chain_view.document.graph
    hand.carry(start, end)
    text, at = chain_view.word
    assert words in text
    assert (at - QPointF(hand.at(end))).manhattanLength() < 3
    with qtbot.waitSignal(chain_view.refused) as refused:
        hand.release(end)
    assert words in refused.args[0]
    assert chain_view.word is None
    assert chain_view.document.graph is before


def test_a_shape_that_does_not_fit_is_refused_with_the_shapes(show):
    graph, conv = add(chain("Input"), "Conv2D", params={"filters": 8, "kernel_size": (3, 3)}, y=200)
    view = show(graph)
    view.camera.centre(Point(0, 100))
    Hand(view).carry((0, 35), (0, 200))
    assert "(None, 30)" in view.word[0]
    assert view.drawing.nodes[conv].state == "refused"
    view.cancel()
    assert view.drawing.nodes[conv].state == ""


def test_an_end_is_plugged_in_elsewhere(chain_view, hand):
    hand.drag((0, 3 * PITCH - 35), (60, PITCH + 2))
    assert ("c", "b") not in wires(chain_view)  # that would be a cycle
    assert ("c", "d") in wires(chain_view)
    hand.drag((0, 2 * PITCH - 38), (60, 3 * PITCH))
    assert wires(chain_view) == {("a", "b"), ("b", "d")}
    assert chain_view.document.undo_stack.undoText() == "Reconnect b to d"
    undo_redo(chain_view)


def test_an_end_pulled_off_and_dropped_is_gone(chain_view, hand):
    hand.drag((0, 2 * PITCH - 38), (350, PITCH))
    assert wires(chain_view) == {("a", "b"), ("c", "d")}
    undo_redo(chain_view)


def test_a_wire_put_back_where_it_was_is_no_edit(chain_view, hand):
    hand.drag((0, 2 * PITCH - 38), (30, 2 * PITCH))
    assert chain_view.document.undo_stack.count() == 0
    assert chain_view.drawing.wires[Wire("b", 0, "c", 0)].isVisible()


def test_a_new_wire_dropped_on_the_canvas_offers_what_may_follow(chain_view, hand):
    hand.drag((0, 3 * PITCH + 35), (300, 3 * PITCH))
    names = chain_view.popup.names()
    assert "Dense" in names
    assert not {"Input", "Conv2D", "LSTM"} & set(names)
    hand.type("drop")
    hand.enter()
    assert ("d", "dropout") in wires(chain_view)
    assert chain_view.document.undo_stack.count() == 1
    undo_redo(chain_view)


def test_a_click_on_a_wire_marks_it_for_delete(chain_view, hand):
    hand.click((0, PITCH / 2))
    assert chain_view.selected_wire == Wire("a", 0, "b", 0)
    hand.key(Qt.Key.Key_Delete)
    assert ("a", "b") not in wires(chain_view)
    assert len(chain_view.document.graph.nodes) == 4


# The camera.


def wheel(view, at: QPointF, turns: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    event = QWheelEvent(
        at, QPointF(view.viewport().mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120 * turns),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view.viewport(), event)


@pytest.mark.parametrize("turns", [3, -3, 12, -12])
def test_the_wheel_keeps_the_point_under_the_mouse(chain_view, turns):
    at = QPointF(777, 123)
    before = chain_view.camera.to_scene(at)
    zoom = chain_view.zoom()
    wheel(chain_view, at, turns)
    after = chain_view.camera.to_view(before)
    assert abs(after.x() - at.x()) <= 1
    assert abs(after.y() - at.y()) <= 1
    assert (chain_view.zoom() > zoom) == (turns > 0)


def test_zoom_stays_within_bounds(chain_view):
    for _ in range(30):
        wheel(chain_view, QPointF(10, 10), 20)
    assert chain_view.zoom() == 4.0
    for _ in range(60):
        wheel(chain_view, QPointF(10, 10), -20)
    assert chain_view.zoom() == 0.01


def test_the_middle_button_pans(chain_view, hand):
    held = chain_view.camera.to_scene(QPointF(300, 300))
    hand.drag(held, (held.x + 120, held.y - 80), button=MIDDLE)
    now = chain_view.camera.to_view(held)
    assert (round(now.x()), round(now.y())) == (420, 220)
    assert chain_view.document.undo_stack.count() == 0


def test_space_and_the_left_button_pan(chain_view, hand, qtbot):
    place = chain_view.camera.to_scene(QPointF(300, 300))
    qtbot.keyPress(chain_view, Qt.Key.Key_Space)
    hand.drag(place, (place.x + 50, place.y))
    qtbot.keyRelease(chain_view, Qt.Key.Key_Space)
    assert round(chain_view.camera.to_view(place).x()) == 350
    assert chain_view.document.selection == set()


def test_fit_shows_everything(chain_view):
    chain_view.set_zoom(3.0)
    chain_view.fit()
    shown, box = chain_view.camera.shown, chain_view.drawing.extent()
    assert shown.left < box.left
    assert shown.right > box.right
    assert shown.top < box.top
    assert shown.bottom > box.bottom


# The rest.


def test_a_badge_is_pressed(show, qtbot):
    view = show(Graph(chain("Input", "Dense").nodes))
    view.camera.centre(Point(0, 60))
    badge = view.drawing.nodes["b"].badge_box()
    assert badge is not None
    with qtbot.waitSignal(view.badge_clicked) as clicked:
        Hand(view).click(badge.centre)
    assert clicked.args == ["b"]


def test_double_click_on_the_canvas_searches_there(chain_view, hand):
    hand.double_click((300, 200))
    hand.type("gaussian")
    hand.enter()
    node = chain_view.document.graph.nodes["gaussian_noise"]
    assert (node.x, node.y) == (300, 200)


def test_double_click_on_a_wire_inserts(chain_view, hand):
    hand.double_click((0, PITCH * 1.5))
    hand.type("relu")
    hand.enter()
    assert {("b", "re_lu"), ("re_lu", "c")} <= wires(chain_view)


def test_double_click_on_a_node_renames_it(chain_view, hand, qtbot):
    hand.double_click((0, PITCH))
    field = chain_view.viewport().findChild(QLineEdit, "canvasRename")
    field.setText("hidden")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert chain_view.document.graph.nodes["b"].name == "hidden"
    assert chain_view.document.undo_stack.count() == 1


@pytest.mark.parametrize(("name", "words"), [("", "needs a name"), ("a", "must differ")])
def test_a_name_that_cannot_be_is_refused(chain_view, qtbot, name, words):
    chain_view.rename("b")
    field = chain_view.viewport().findChild(QLineEdit, "canvasRename")
    field.setText(name)
    with qtbot.waitSignal(chain_view.refused) as refused:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert words in refused.args[0]
    assert chain_view.document.graph.nodes["b"].name == "b"


@pytest.mark.parametrize(
    ("place", "entry"), [((0, 0), "Rename"), ((0, PITCH / 2), "Insert"), ((400, 0), "Add Layer")]
)
def test_the_menu_is_about_what_is_under_the_mouse(chain_view, hand, place, entry):
    at = hand.at(place)
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, at, chain_view.viewport().mapToGlobal(at)
    )
    QApplication.sendEvent(chain_view.viewport(), event)
    menu = chain_view.findChild(QMenu)
    assert any(action.text().startswith(entry) for action in menu.actions())
    menu.close()


def test_an_edit_from_elsewhere_ends_a_gesture(chain_view, hand):
    hand.carry((0, PITCH), (200, PITCH))
    graph = connect(chain_view.document.graph, Wire("a", 0, "d", 0))
    chain_view.document.edit(graph, "Connect")
    assert chain_view.gesture is None
    assert chain_view.drawing.nodes["b"].centre == (0, PITCH)


def test_a_band_cut_short_by_the_loss_of_what_it_selected(chain_view, hand):
    document = chain_view.document
    document.select(["a"])
    hand.carry((-300, PITCH * 2.5), (300, PITCH * 4))
    assert document.selection == {"d"}
    document.edit(remove(document.graph, ["d"]), "Delete d")
    assert document.selection == {"a"}, "what was selected before the band"
    marked = {id for id, item in chain_view.drawing.nodes.items() if item.selected}
    assert marked == document.selection


def test_an_edit_closes_what_was_asked_of_the_drawing_before(chain_view, hand, qtbot):
    document, viewport = chain_view.document, chain_view.viewport()
    at = hand.at((0, PITCH))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, viewport.mapToGlobal(at))
    QApplication.sendEvent(viewport, event)
    menu = chain_view.findChild(QMenu)
    assert menu.isVisible()
    with qtbot.waitSignal(menu.destroyed):
        document.edit(remove(document.graph, ["b"]), "Delete b")
    hand.click((0, 0))
    chain_view.open_search()
    assert chain_view.popup is not None
    document.edit(remove(document.graph, ["a"]), "Delete a")
    assert chain_view.popup is None
