"""Models in the model on the canvas: opened, edited inside, left, grouped and expanded."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from bnstudio.graph import Graph, Node, Wire, remove, rename, set_params, with_level
from bnstudio.project import InitialWeights, Project
from bnstudio.ui.document import Document
from bnstudio.weights import Array, made_weights, place, write
from tests.ui.canvas.hand import Hand


def block(inside=None):
    nodes = {
        "in": Node("in", "Input", "in", {"shape": (8,)}),
        "dense": Node("dense", "Dense", "dense", {"units": 8}, y=120),
    }
    if inside is not None:
        nodes["dense"] = Node("dense", "Functional", "inner", {}, y=120, inside=inside)
    return Graph(nodes, (Wire("in", 0, "dense", 0),))


def whole():
    nodes = {
        "in": Node("in", "Input", "in", {"shape": (8,)}),
        "block": Node("block", "Functional", "block", {}, y=120, inside=block(block())),
        "again": Node("again", "Functional", "again", {}, y=240, shares="block"),
        "out": Node("out", "Dense", "out", {"units": 1}, y=360),
    }
    wires = (Wire("in", 0, "block", 0), Wire("block", 0, "again", 0), Wire("again", 0, "out", 0))
    return Graph(nodes, wires)


@pytest.fixture
def view(show):
    return show(document=Document(Project(graph=whole())))


@pytest.fixture
def level(view):
    return view.document


def shown(view):
    """The names of the nodes on the canvas."""
    return sorted(item.node.name for item in view.drawing.nodes.values())


def test_a_double_click_opens_a_model_and_the_trail_leads_back(view, level):
    Hand(view).double_click(view.drawing.nodes["block"].centre)
    assert level.path == ("block",)
    assert shown(view) == ["in", "inner"]
    assert view.trail.crumbs == ["Untitled", "block"]
    view.setFocus()
    level.select(["dense"])
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert level.path == ("block", "dense")
    assert view.trail.crumbs == ["Untitled", "block", "inner"]
    QApplication.processEvents()
    buttons = view.trail.findChildren(QToolButton)
    visible = [button for button in buttons if button.isVisible()]
    assert [button.accessibleName() for button in visible] == ["Go to Untitled", "Go to block"]
    visible[0].click()
    assert (level.path, level.selection) == ((), {"block"})
    assert view.trail.isHidden()
    assert view.viewport().y() == 0


def test_the_trail_has_room_for_its_names_at_every_depth(view, level):
    level.enter(("block",))
    room = view.trail.height()
    assert room > view.trail.fontMetrics().height()
    level.enter(("block", "dense"))
    assert (view.trail.height(), view.viewport().y()) == (room, room)


def test_another_call_opens_the_model_that_it_calls(level):
    assert level.open_model("again")
    assert level.path == ("block",)
    assert not level.open_model("in")


def test_a_model_is_titled_by_its_name_and_a_call_says_by_its_name_whose_it_is(view, level):
    level.edit(rename(level.graph, "block", "tower"), "Rename")
    view.set_zoom(1.0)
    view.grab()
    said = {
        id: (item._texts.title.text(), item._texts.name.text(), item._texts.details.text())
        for id, item in view.drawing.nodes.items()
        if item._texts is not None
    }
    assert said["block"] == ("tower", "", "Functional, 1 layer")
    assert said["again"] == ("again", "", "Functional, same as tower")


def test_an_edit_inside_is_one_of_the_whole_and_undo_goes_where_it_was(level):
    document = level.document
    level.enter(("block", "dense"))
    assert level.edit(set_params(level.graph, ["dense"], {"units": 5}), "Set units")
    assert document.analysis.facts["block"].outputs == ((None, 5),)
    assert level.analysis.facts["dense"].outputs == ((None, 5),)
    level.leave(2)
    document.undo_stack.undo()
    assert level.path == ("block", "dense")
    assert document.graph == whole()
    document.select(["out"])
    assert level.path == ()
    document.undo_stack.redo()
    assert level.path == ("block", "dense")


def test_a_model_that_goes_is_left(view, level):
    level.enter(("block", "dense"))
    level.document.edit(remove(level.document.graph, ["block", "again"]), "Delete")
    assert level.path == ()
    assert shown(view) == ["in", "out"]


def test_each_drawing_keeps_its_own_view(view, level):
    view.set_zoom(0.8)
    level.enter(("block",))
    view.set_zoom(1.6)
    level.leave()
    assert view.zoom() == pytest.approx(0.8)
    level.enter(("block",))
    assert view.zoom() == pytest.approx(1.6)


def test_what_is_wrong_inside_is_marked_on_the_way_there(view, level):
    document = level.document
    level.enter(("block", "dense"))
    level.edit(set_params(level.graph, ["dense"], {"units": 0}), "Set units")
    assert view.drawing.nodes["dense"].badge.code == "STR22"
    assert level.diagnostics[0].param == "units"
    level.leave()
    assert view.drawing.nodes["dense"].badge.code == "STR22"
    assert level.diagnostics[0].param is None
    level.leave()
    assert view.drawing.nodes["block"].badge.code == "STR22"
    (found,) = [d for d in document.diagnostics if d.code == "STR22"]
    document.reveal(found.node, found.param)
    assert (level.path, level.selection) == (("block", "dense"), {"dense"})
    assert level.keys == {"block/dense/dense"}


def test_layers_are_grouped_and_expanded_in_one_step_each(view, level):
    stack = level.undo_stack
    level.enter(("block",))
    level.select(["dense"])
    view.group()
    assert level.path == ("block",)
    (id,) = level.selection
    assert level.graph.nodes[id].inside.nodes["dense"].type == "Functional"
    assert stack.count() == 1
    view.expand()
    assert stack.count() == 2
    stack.setIndex(0)
    assert level.document.graph == whole()


@pytest.fixture
def weighty(level, tmp_path, monkeypatch):
    """The document with weights for its layers: 0 inside, 1 for the last."""
    monkeypatch.setattr(place, "default_folder", lambda: tmp_path)
    document = level.document
    held = {
        id: [Array(np.full(weight.shape, number, "f4"), "float32") for weight in weights]
        for number, (id, weights) in enumerate(made_weights(document.analysis).items())
    }
    assert held.keys() == {"block/dense/dense", "out"}
    first = place.adopt(write(tmp_path / "new.weights", held.items(), "net.keras").path)
    begin = InitialWeights(first.fingerprint, first.origin)
    document.edit(replace(document.project, weights=begin), "Take Over Weights")
    return document


def moved(view, qtbot):
    """Waits until the weights have been taken along; what was told."""
    with qtbot.waitSignal(view.moving.ended) as waited:
        pass
    return waited.args


def test_layers_keep_their_weights_wherever_they_go(view, level, weighty, qtbot):
    document, first = weighty, weighty.weights

    def where():
        found = document.weights
        assert document.match.fitting.keys() == found.layers.keys()
        assert found.origin == "net.keras"
        return {id: {float(array.values.mean()) for array in found.read(id)} for id in found.layers}

    assert where() == {"block/dense/dense": {0}, "out": {1}}
    level.enter(("block",))
    level.select(["dense"])
    view.group()
    assert document.weights.fingerprint == first.fingerprint, "the window does not wait"
    assert moved(view, qtbot) == ["", ""]
    assert level.selection == {"block"}
    assert where() == {"block/block/dense/dense": {0}, "out": {1}}
    view.expand()
    moved(view, qtbot)
    assert where() == {"block/dense/dense": {0}, "out": {1}}
    level.enter(())
    view.expand("block")
    moved(view, qtbot)
    view.expand("dense")
    moved(view, qtbot)
    (id,) = where().keys() - {"out"}
    assert where() == {id: {0}, "out": {1}}
    assert "/" not in id
    for _ in range(4):
        level.undo_stack.undo()
    assert document.weights.fingerprint == first.fingerprint
    assert where() == {"block/dense/dense": {0}, "out": {1}}


def test_layers_whose_weights_are_on_their_way_stay_where_an_edit_comes_first(
    view, level, weighty, qtbot
):
    said = []
    weighty.noted.connect(lambda text, kind: said.append(text))
    view.refused.connect(said.append)
    view.expand("block")
    view.expand("block")
    assert "are on their way" in said.pop()
    view.nudge(8, 0)
    level.select(["out"])
    view.nudge(8, 0)
    edited = weighty.graph
    moved(view, qtbot)
    assert said == ["The project has changed meanwhile. The layers stay where they are."]
    assert weighty.graph is edited
    view.expand("block")
    view.moving.dialog.canceled.emit()
    moved(view, qtbot)
    assert said[1:] == ["The layers stay where they are."]
    assert weighty.graph is edited


def test_what_cannot_be_grouped_is_said(view, level):
    said = []
    view.refused.connect(said.append)
    level.select(["in"])
    view.group()
    assert "nothing to group" in said[0]
    assert level.undo_stack.count() == 0


def test_a_copy_of_a_call_elsewhere_has_what_is_inside(view, level):
    level.select(["again"])
    assert view.copy()
    level.document.open(Project(), None)
    view.paste()
    (node,) = level.graph.nodes.values()
    assert (node.shares, node.inside) == (None, whole().nodes["block"].inside)
    QApplication.clipboard().clear()


def test_another_project_is_shown_from_its_outside(view, level):
    level.enter(("block",))
    inside = set_params(block(), ["dense"], {"units": 3})
    other = with_level(whole(), ("block", "dense"), inside)
    level.document.open(Project(graph=other), None)
    assert level.path == ()
    assert shown(view) == ["again", "block", "in", "out"]
