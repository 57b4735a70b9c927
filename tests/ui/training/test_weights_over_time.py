"""The weights of every layer among the pictures of activations: over time, large, and exported."""

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bnstudio.runs.run import Run
from bnstudio.training.messages import Histograms, Started
from bnstudio.ui.plots import tables
from bnstudio.ui.plots.multiple import KINDS
from tests.ui.training.pictures import measured, set_behind, settle, train

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def wall(panel):
    """The places of the weights."""
    panel.view.setCurrentText("Weights")
    settle()
    return panel.multiples


def dense(desk) -> list[str]:
    return [node.name for node in desk.document.graph.nodes.values() if node.type == "Dense"]


def test_each_weight_has_a_place_with_what_was_measured_of_it(desk, wall):
    names = [f"{name} / {weight}" for name in dense(desk) for weight in ("kernel", "bias")]
    assert [multiple.name for multiple in wall.multiples] == names
    for multiple in wall.multiples:
        assert multiple.steps == [10, 30]
        history = desk.session.run.history.of(multiple.node)
        measured = [found.weights[multiple.weight] for _, found in history if found.weights]
        assert list(multiple.history) == measured


def test_a_moment_shows_them_as_they_last_were(desk, panel, wall):
    moments, first = desk.session.moments, wall.multiples[0]
    for step, shown in ((40, 30), (30, 30), (20, 10), (10, 10)):
        moments.go_to_step(step)
        settle()
        assert first.current is first.history[first.steps.index(shown)], step
    panel.open((first.node,), first.weight)
    moments.go_to_step(20)
    settle()
    (shape,) = panel.large.shapes()
    assert (shape.title, shape.histogram) == ("kernel", first.history[0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_has_them(panel, wall, kind):
    panel.kind.choose(kind)
    settle()
    image = wall.multiples[1].picture.toImage()
    colours = {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(30, 120, 3)}
    assert len(colours) > 4


def test_the_weights_of_one_layer_are_gone_through_and_one_is_opened(desk, panel, wall):
    said = set()
    wall.setFocus()
    QTest.mouseClick(wall, LEFT, pos=wall.place(0).center())
    for place in range(3):
        assert desk.document.selection == {wall.multiples[place].node}
        said.add(wall.accessibleDescription())
        picture = wall.grab().toImage()
        QTest.keyClick(wall, Qt.Key.Key_Right)
        assert wall.grab().toImage() != picture, "it is seen which one is met"
    assert len(said) == 3
    QTest.keyClick(wall, Qt.Key.Key_Return)
    (layer,) = panel.large.layers
    assert layer.source == wall.multiples[3].source
    QTest.keyClick(panel.large, Qt.Key.Key_Escape)
    QTest.mouseDClick(wall, LEFT, pos=wall.place(2).center())
    assert [layer.source for layer in panel.large.layers] == [wall.multiples[2].source]


def test_the_same_weight_of_two_layers_lies_over_each_other(panel, wall):
    QTest.mouseClick(wall, LEFT, pos=wall.place(1).center())
    assert not panel.overlay.isEnabled()
    QTest.mouseClick(wall, LEFT, CTRL, pos=wall.place(3).center())
    QTest.mouseClick(panel.overlay, LEFT)
    assert [layer.weight for layer in panel.large.layers] == ["kernel", "kernel"]
    assert len({layer.node for layer in panel.large.layers}) == 2


def test_those_of_another_run_lie_behind(desk, panel, wall, qtbot):
    train(desk)
    set_behind(desk, panel, qtbot, desk.session.runs[0])
    for multiple in wall.multiples:
        (ghost,) = multiple.ghosts
        assert list(ghost.steps) == [10, 30]
        assert ghost.history[0] == multiple.history[0]


def test_they_are_read_again_from_the_disk(desk, panel, wall, new_desk, qtbot):
    desk.session.store.close()
    later = new_desk()
    later.session.list_runs()
    later.session._list_some()
    (run,) = later.session.runs
    later.session.store.load(run)
    assert isinstance(run, Run)
    kept = run.history.of(wall.multiples[0].node)
    assert [found.weights for _, found in kept] == [
        found.weights for _, found in desk.session.run.history.of(wall.multiples[0].node)
    ]


def test_a_table_tells_weights_from_outputs(panel, wall):
    _, rows = tables.bars(wall.multiples)
    assert {row[3] for row in rows} == {""}
    assert {row[2] for row in rows} == {multiple.name for multiple in wall.multiples}
    assert len(rows) == 64 * 2 * len(wall.multiples)


def test_a_run_without_them_says_so(desk, panel, wall):
    desk.finish_run()
    settle()
    assert panel._empty.isVisible()
    assert "No weights were measured" in panel._empty.text()


def test_further_outputs_have_places_of_their_own(desk, panel):
    run, graph = desk.train(), desk.document.graph
    desk.tick(Started(run, 4, 10, 80, 20, tuple(graph.nodes), 1))
    for step in (10, 20):
        layers = measured(graph, run, step).layers
        second = msgspec.structs.replace(layers[1], port=1, mean=float(step))
        desk.tick(Histograms(run, step, (*layers[:2], second, *layers[2:])))
    settle()
    wall = panel.multiples
    name = graph.nodes[layers[1].node].name
    assert [multiple.name for multiple in wall.multiples[1:3]] == [name, f"{name}, output 2"]
    place = wall.multiples[2]
    assert [found.mean for found in place.history] == [10, 20]
    desk.session.moments.go(0)
    settle()
    assert place.current.mean == 10
    QTest.mouseDClick(wall, LEFT, pos=wall.place(2).center())
    (large,) = panel.large.layers
    assert large.source == (layers[1].node, ":1")
    assert panel.large.shapes()[0].histogram.mean == 10
