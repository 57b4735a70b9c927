"""What the keyboard does on the canvas, and the clipboard."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from bnstudio import data
from bnstudio.graph import Wire, add, connect, move
from bnstudio.layers import LAYERS
from bnstudio.look.geometry import PITCH
from bnstudio.ui.canvas import steps
from bnstudio.ui.search import rank_layers
from tests.ui.canvas.hand import Hand, chain

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def wires(view) -> set[tuple[str, str]]:
    return {(wire.source, wire.target) for wire in view.document.graph.wires}


# Search.


def test_tab_search_adds_and_connects_after_the_selection(show):
    view = show(chain("Input"))
    hand = Hand(view)
    view.document.select(["a"])
    for letters in ("dense", "bn", "activ"):
        hand.key(KEY.Key_Tab)
        hand.type(letters)
        hand.enter()
    assert wires(view) == {
        ("a", "dense"), ("dense", "batch_normalization"), ("batch_normalization", "activation"),
    }  # fmt: skip
    nodes = view.document.graph.nodes
    assert [node.y for node in nodes.values()] == [0, PITCH, 2 * PITCH, 3 * PITCH]
    assert view.document.selection == {"activation"}
    assert view.document.undo_stack.count() == 3
    view.document.undo_stack.undo()
    assert list(view.document.graph.nodes) == ["a", "dense", "batch_normalization"]


def test_tab_search_splices_into_the_selected_nodes_wire(chain_view, hand):
    chain_view.document.select(["b"])
    hand.key(KEY.Key_Tab)
    hand.type("batchn")
    hand.enter()
    assert {("b", "batch_normalization"), ("batch_normalization", "c")} <= wires(chain_view)
    nodes = chain_view.document.graph.nodes
    assert nodes["batch_normalization"].y == 2 * PITCH
    assert (nodes["c"].y, nodes["d"].y) == (3 * PITCH, 4 * PITCH)


def test_what_cannot_follow_is_added_loose_with_the_reason(chain_view, hand, qtbot):
    chain_view.document.select(["d"])
    hand.key(KEY.Key_Tab)
    hand.type("conv2d")
    with qtbot.waitSignal(chain_view.refused) as refused:
        hand.enter()
    assert "unconnected" in refused.args[0]
    assert len(chain_view.document.graph.nodes) == 5
    assert len(chain_view.document.graph.wires) == 3


def test_arrows_choose_in_the_search(show):
    view = show()
    hand = Hand(view)
    hand.key(KEY.Key_Tab)
    first, second = view.popup.names()[:2]
    for key in (KEY.Key_Down, KEY.Key_Up, KEY.Key_Tab):
        QTest.keyClick(view.popup.field, key)
    hand.enter()
    (node,) = view.document.graph.nodes.values()
    assert node.type == second != first


def test_a_row_of_the_search_is_chosen_with_the_mouse(show):
    view = show()
    Hand(view).key(KEY.Key_Tab)
    rows = view.popup.list
    place = rows.visualRect(rows.model().index(2, 0)).center()
    wanted = view.popup.names()[2]
    QTest.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert [node.type for node in view.document.graph.nodes.values()] == [wanted]
    assert view.popup is None


def test_escape_leaves_the_search(chain_view, hand):
    hand.key(KEY.Key_Tab)
    QTest.keyClick(chain_view.popup.field, KEY.Key_Escape)
    assert chain_view.popup is None
    assert chain_view.hasFocus()
    assert len(chain_view.document.graph.nodes) == 4


def test_enter_with_nothing_found_adds_nothing(chain_view, hand):
    hand.key(KEY.Key_Tab)
    hand.type("zzzz")
    hand.enter()
    assert chain_view.popup.names() == []
    assert len(chain_view.document.graph.nodes) == 4


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("dense", "Dense"),
        ("bn", "BatchNormalization"),
        ("c2", "Conv2D"),
        ("gap2", "GlobalAveragePooling2D"),
        ("relu", "ReLU"),
        ("lrelu", "LeakyReLU"),
        ("drop", "Dropout"),
        ("concat", "Concatenate"),
        ("BATCH", "BatchNormalization"),
    ],
)
def test_a_few_letters_find_a_layer(query, best):
    assert rank_layers(query, LAYERS.values())[0].name == best


def test_a_category_finds_its_layers():
    assert {"LSTM", "GRU"} <= {entry.name for entry in rank_layers("recurrent", LAYERS.values())}


def test_recent_layers_come_first():
    assert [e.name for e in rank_layers("", LAYERS.values(), ("Dropout", "GRU"))][:2] == [
        "Dropout",
        "GRU",
    ]


def test_an_input_takes_rows_of_the_shape_that_the_data_has(show):
    view = show()
    source = view.document.project.source
    hand = Hand(view)
    hand.key(KEY.Key_Tab)
    hand.type("input")
    hand.enter()
    (node,) = view.document.graph.nodes.values()
    assert node.params["shape"] == data.facts(source).input_shape


# Deleting.


def test_delete_heals_the_chain(chain_view, hand):
    chain_view.document.select(["b", "c"])
    hand.key(KEY.Key_Delete)
    assert wires(chain_view) == {("a", "d")}
    assert chain_view.document.undo_stack.count() == 1
    assert chain_view.document.undo_stack.undoText() == "Delete 2 layers"
    chain_view.document.undo_stack.undo()
    assert wires(chain_view) == {("a", "b"), ("b", "c"), ("c", "d")}
    chain_view.document.undo_stack.redo()
    assert wires(chain_view) == {("a", "d")}
    assert set(chain_view.drawing.wires) == {Wire("a", 0, "d", 0)}


def test_delete_draws_the_rest_of_the_chain_together():
    graph = chain("Input", "Dense", "Activation", "Dense")
    after = steps.cut_out(graph, ["b"])
    assert [after.nodes[id].y for id in "acd"] == [graph.nodes[id].y for id in "abc"]


@pytest.mark.parametrize(
    ("x", "y", "wired"), [(0, -60, True), (500, 0, True), (0, -60, False), (500, -60, True)]
)
def test_delete_moves_nothing_onto_or_past_another(x, y, wired):
    graph = chain("Input", "Dense", "Dense", "Concatenate")
    beside = graph.nodes["c"]
    graph, id = steps.place(graph, "Dense", beside.x + x, beside.y + y)
    if wired:
        graph = connect(connect(graph, Wire("a", 0, id, 0)), Wire(id, 0, "d", 1))
    after = steps.cut_out(graph, ["b"])
    assert {id: (n.x, n.y) for id, n in after.nodes.items()} == {
        id: (n.x, n.y) for id, n in graph.nodes.items() if id != "b"
    }


def test_delete_without_a_selection_does_nothing(chain_view, hand):
    hand.key(KEY.Key_Delete)
    assert chain_view.document.undo_stack.count() == 0


# Walking and nudging.


def test_arrows_walk_the_graph(chain_view, hand):
    document = chain_view.document
    seen = []
    keys = (KEY.Key_Down, KEY.Key_Down, KEY.Key_Down, KEY.Key_Down, KEY.Key_Down, KEY.Key_Up)
    for key in keys:
        hand.key(key)
        seen.append(next(iter(document.selection)))
    assert seen == ["a", "b", "c", "d", "d", "c"]


def test_arrows_walk_to_branches_beside(show):
    graph = chain("Input", "Dense")
    graph, right = add(graph, "Dense", params={"units": 2}, x=300, y=PITCH)
    view = show(connect(graph, Wire("a", 0, right, 0)))
    hand = Hand(view)
    view.document.select(["b"])
    hand.key(KEY.Key_Right)
    assert view.document.selection == {right}
    hand.key(KEY.Key_Left, SHIFT)
    assert view.document.selection == {"b", right}


def test_walking_brings_a_node_into_view(show):
    view = show(chain(*["Input", *["Dense"] * 20]))
    view.camera.centre(view.drawing.nodes["a"].centre)
    view.document.select(["a"])
    hand = Hand(view)
    for _ in range(15):
        hand.key(KEY.Key_Down)
    box = view.drawing.nodes[next(iter(view.document.selection))].box
    assert view.camera.shown.bottom > box.bottom


def test_ctrl_arrows_move_in_one_undo_step(chain_view, hand):
    chain_view.document.select(["b"])
    for _ in range(3):
        hand.key(KEY.Key_Right, CTRL)
    hand.key(KEY.Key_Down, CTRL | SHIFT)
    node = chain_view.document.graph.nodes["b"]
    assert (node.x, node.y) == (24, PITCH + 40)
    assert chain_view.document.undo_stack.count() == 1


def test_enter_renames_the_selection(chain_view, hand):
    chain_view.document.select(["b"])
    hand.key(KEY.Key_Return)
    field = chain_view.viewport().findChild(QLineEdit, "canvasRename")
    assert field.text() == "b"
    QTest.keyClick(field, KEY.Key_Escape)
    assert chain_view.document.undo_stack.count() == 0


def test_the_menu_key_opens_the_menu_of_the_selection(chain_view):
    chain_view.document.select(["b"])
    at = chain_view.rect().center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, chain_view.mapToGlobal(at))
    QApplication.sendEvent(chain_view.viewport(), event)
    menu = chain_view.findChild(QMenu)
    next(a for a in menu.actions() if a.text().startswith("Duplicate")).trigger()
    menu.close()
    assert len(chain_view.document.graph.nodes) == 5


def test_select_all_and_none(chain_view, hand):
    hand.key(KEY.Key_A, CTRL)
    assert chain_view.document.selection == {"a", "b", "c", "d"}
    hand.key(KEY.Key_Escape)
    assert chain_view.document.selection == set()


# The clipboard.


def test_copy_and_paste_between_two_windows(chain_view, hand, show):
    other = show(chain("Input", "Dense"))
    chain_view.document.select(["b", "c"])
    hand.key(KEY.Key_C, CTRL)
    before = other.document.graph
    Hand(other).key(KEY.Key_V, CTRL)
    graph = other.document.graph
    assert len(graph.nodes) == 4
    pasted = other.document.selection
    assert {graph.nodes[id].type for id in pasted} == {"Dense", "Activation"}
    assert len(graph.wires) == 2
    assert len({node.name for node in graph.nodes.values()}) == 4
    other.document.undo_stack.undo()
    assert other.document.graph == before


def test_cut_and_paste_gives_the_same_layers(chain_view, hand):
    chain_view.document.select(["b", "c"])
    hand.key(KEY.Key_X, CTRL)
    assert wires(chain_view) == {("a", "d")}
    hand.key(KEY.Key_V, CTRL)
    nodes = chain_view.document.graph.nodes
    assert {nodes[id].type for id in chain_view.document.selection} == {"Dense", "Activation"}
    assert chain_view.document.undo_stack.count() == 2


def test_duplicate_keeps_the_wires_between(chain_view, hand):
    chain_view.document.select(["b", "c"])
    hand.key(KEY.Key_D, CTRL)
    assert len(chain_view.document.graph.nodes) == 6
    assert len(chain_view.document.graph.wires) == 4
    boxes = [item.box for item in chain_view.drawing.nodes.values()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])


def test_pasting_twice_does_not_hide_the_first(chain_view, hand):
    chain_view.document.select(["b"])
    hand.key(KEY.Key_C, CTRL)
    hand.key(KEY.Key_V, CTRL)
    hand.key(KEY.Key_V, CTRL)
    places = [(node.x, node.y) for node in chain_view.document.graph.nodes.values()]
    assert len(set(places)) == 6


@pytest.mark.parametrize("text", ["", "hello", '{"format": "bnstudio fragment"', "[" * 5000])
def test_other_text_on_the_clipboard_is_refused_in_words(chain_view, hand, qtbot, text):
    QGuiApplication.clipboard().setText(text)
    with qtbot.waitSignal(chain_view.refused) as refused:
        hand.key(KEY.Key_V, CTRL)
    assert "clipboard" in refused.args[0]
    assert len(chain_view.document.graph.nodes) == 4


# The whole drawing.


def test_tidy_is_one_undo_step_without_overlaps(show):
    graph = chain("Input", "Dense", "Dense", "Dense")
    graph = connect(graph, Wire("a", 0, "c", 0))
    view = show(graph)
    before = view.document.graph
    view.tidy()
    view.glide.halt()
    boxes = [item.box for item in view.drawing.nodes.values()]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert view.document.undo_stack.count() == 1
    view.document.undo_stack.undo()
    assert view.document.graph == before
    assert view.drawing.nodes["b"].centre == (0, PITCH)


def test_the_selection_is_described_in_words(chain_view):
    chain_view.document.select(["b"])
    text = chain_view.accessibleDescription()
    assert "Dense b" in text
    assert "(None, 64)" in text
    assert "1,984 parameters" in text


def test_tidy_leaves_a_drawing_readable_and_the_layer_in_hand_where_it_was(show):
    view = show(chain("Input", *["Dense"] * 24))
    view.set_zoom(1.0)
    view.document.select(["k"])
    view.camera.centre(view.drawing.nodes["k"].centre)
    view.document.edit(move(view.document.graph, {"k": (400, 1400)}), "Move k")
    before = view.camera.to_view(view.drawing.nodes["k"].centre)
    view.tidy()
    view.glide.halt()
    assert view.zoom() == 1.0
    after = view.camera.to_view(view.drawing.nodes["k"].centre)
    assert abs(before.x() - after.x()) + abs(before.y() - after.y()) <= 2
    view.set_zoom(0.3)
    view.document.undo_stack.undo()
    view.tidy()
    view.glide.halt()
    assert view.zoom() < 0.5, "what was looked at from afar still is"


def test_the_mark_of_a_wire_goes_with_it(chain_view):
    wire = Wire("a", 0, "b", 0)
    chain_view.select_wire(wire)
    assert [line.wire for line in chain_view.drawing.marked()] == [wire]
    chain_view.add_layer("ReLU", chain_view.drawing.nodes["a"].centre, wire=wire)
    chain_view.delete()
    assert wire in chain_view.drawing.wires
    assert chain_view.drawing.marked() == []
