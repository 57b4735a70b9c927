"""The weights of an opened model: in the project once they are read, beside it once it is saved."""

import threading
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bnstudio.graph import Graph, Node, Wire, set_params
from bnstudio.project import InitialWeights, Project, load
from bnstudio.ui import folding, taking
from bnstudio.weights import array_of, place, write


@pytest.fixture
def model(stored_model):
    return stored_model


@pytest.fixture
def opened(open_window, model, qtbot):
    """A window on that model, its weights taken over."""
    window = open_window()
    assert window.files.open_path(model)
    take_over(window, qtbot)
    return window


def take_over(window, qtbot):
    with qtbot.waitSignal(window.files.taking.ended) as waited:
        pass
    return waited.args


def codes(window):
    return {diagnostic.code for diagnostic in window.document.diagnostics}


def test_a_model_is_drawn_before_its_weights_are_read(open_window, model, qtbot):
    window = open_window()
    assert window.files.open_path(model)
    document = window.document
    assert list(document.graph.nodes) == ["in", "d"]
    assert document.project.weights is None
    text, kind = take_over(window, qtbot)
    assert (text, kind) == ("10 weights of stored.keras are taken over.", "good")
    assert window.files.taking is None
    assert document.project.weights.origin == "stored.keras"
    assert document.weights.path.parent == place.default_folder()
    assert set(document.match.fitting) == {"d"}
    window.undo()
    assert document.weights is None
    window.redo()
    assert document.weights is not None


def test_saved_weights_lie_beside_the_project_and_are_found_again(opened, open_window, tmp_path):
    document = opened.document
    assert opened.files._write(tmp_path / "net.bnstudio")
    assert document.weights.path == tmp_path / "net.weights"
    assert load(tmp_path / "net.bnstudio") == document.project
    assert opened.files._write(tmp_path / "copy.bnstudio")
    assert (tmp_path / "copy.weights").exists()
    for kept in place.default_folder().iterdir():
        kept.unlink()
    other = open_window()
    assert other.files.open_path(tmp_path / "net.bnstudio")
    assert other.document.weights.path == tmp_path / "net.weights"
    (tmp_path / "net.weights").unlink()
    (tmp_path / "copy.weights").unlink()
    assert other.files.open_path(tmp_path / "net.bnstudio")
    assert other.document.weights is None
    assert "WGT02" in codes(other)


def test_a_project_whose_weights_cannot_be_saved_is_not_saved(opened, tmp_path):
    (tmp_path / "net.weights").mkdir()
    assert not opened.files._write(tmp_path / "net.bnstudio")
    assert not (tmp_path / "net.bnstudio").exists()
    assert "cannot be saved" in opened.toasts.page()


def test_a_layer_of_another_shape_is_said_and_fits_again_after_an_undo(opened):
    document = opened.document
    document.edit(set_params(document.graph, ["d"], {"units": 3}), "Edit")
    assert "WGT01" in codes(opened)
    assert set(document.match.changed) == {"d"}
    opened.undo()
    assert "WGT01" not in codes(opened)


@pytest.mark.parametrize("opens", [False, True])
def test_weights_can_be_given_up(open_window, model, sample, qtbot, monkeypatch, opens):
    window, begun, go_on = open_window(), threading.Event(), threading.Event()
    at_once = taking.of_model

    def slowly(unread):
        def take(told):
            begun.set()
            go_on.wait(10)
            return at_once(unread)(told)

        return take

    monkeypatch.setattr(taking, "of_model", slowly)
    assert window.files.open_path(model)
    begun.wait(10)
    job = window.files.taking
    with qtbot.waitSignal(job.ended) as waited:
        if opens:
            window.document.open(sample, None)
        else:
            job.dialog.canceled.emit()
        go_on.set()
    assert waited.args[0] == ("" if opens else (
        "The weights were not taken over: layers begin with new ones."))  # fmt: skip
    assert window.document.project.weights is None


def test_a_window_that_closes_waits_for_no_weights(open_window, model, qtbot):
    window = open_window()
    assert window.files.open_path(model)
    window.document.undo_stack.setClean()
    window.close()
    assert not window.files.taking._thread.is_alive()


def test_weights_that_cannot_be_read_are_said(open_window, model, tmp_path, qtbot):
    window, path = open_window(), tmp_path / "cut.keras"
    content = model.read_bytes()
    at = content.index(b"\x89HDF")
    path.write_bytes(content.replace(content[at : at + 8], b"\x89HDG\r\n\x1a\n"))
    assert window.files.open_path(path)
    text, kind = take_over(window, qtbot)
    assert text.startswith("The weights are not taken over. ")
    assert kind == "error"
    assert not list(place.default_folder().iterdir())


def test_settings_say_what_training_starts_from(opened):
    opened.show_panel("Settings")
    QApplication.processEvents()
    document, field = opened.document, opened.panels["Settings"].start
    assert field.isVisible()
    assert field.told.text() == "10 weights of stored.keras in 1 layer."
    QTest.mouseClick(field.choice.buttons["new"], Qt.MouseButton.LeftButton)
    assert document.project.settings.start == "new"
    assert "are kept and not used" in field.told.text()
    opened.undo()
    assert field.choice.value == "weights"
    document.edit(set_params(document.graph, ["d"], {"units": 3}), "Edit")
    assert field.told.text() == (
        "0 weights of stored.keras in 0 layers. New ones in d, whose shape is another by now."
    )
    opened.undo()
    opened.undo()
    assert not field.isVisible()


def test_the_inspector_shows_what_a_layer_begins_with(opened, qtbot):
    opened.show_panel("Inspector")
    document, inspector = opened.document, opened.panels["Inspector"]
    document.select(["d"])
    card = inspector.page.weights
    qtbot.waitUntil(lambda: card.rows[0].told != "is being read")
    assert card.isVisible()
    assert card.heading.text() == "Begins with \u00b7 stored.keras"
    assert [row.accessibleName() for row in card.rows] == ["kernel (4, 2)", "bias (2,)"]
    assert [row.accessibleDescription() for row in card.rows] == [
        "mean 1 \u00b7 deviation 0", "mean 0 \u00b7 deviation 0 \u00b7 all zeros",
    ]  # fmt: skip
    assert card.grab().toImage().size().height() > 100
    document.edit(set_params(document.graph, ["d"], {"units": 3}), "Edit")
    assert "begins with new weights: its kernel is (4, 3)" in card.note.text()
    assert card.heading.text() == "Kept, not used \u00b7 stored.keras"
    document.select(["in"])
    assert not card.isVisible()
    opened.undo()
    opened.undo()
    document.select(["d"])
    assert not card.isVisible()


def test_inside_a_model_the_inspector_shows_the_weights_of_that_layer(open_window, tmp_path, qtbot):
    layers = ("in", "Input", {"shape": (4,)}), ("d", "Dense", {"units": 2})
    inner = Graph({id: Node(id, type, id, params) for id, type, params in layers})
    inner = replace(inner, wires=(Wire("in", 0, "d", 0),))
    outer = inner.nodes | {
        "m": Node("m", "Functional", "m", {}, inside=inner),
        "d": Node("d", "Dense", "d", {"units": 3}),
    }
    graph = Graph(outer, (Wire("in", 0, "m", 0), Wire("m", 0, "d", 0)))
    arrays = {"m/d": ((4, 2), (2,)), "d": ((2, 3), (3,))}
    held = {
        id: [array_of(np.full(shape, number, "f4")) for shape in shapes]
        for number, (id, shapes) in enumerate(arrays.items(), 1)
    }
    found = place.adopt(write(place.room(), held.items(), "kept").path)
    begin = InitialWeights(found.fingerprint, found.origin)
    window = open_window(Project(graph=graph, weights=begin))
    window.show_panel("Inspector")
    window.document.level.enter(("m",))
    window.document.level.select(["d"])
    card = window.panels["Inspector"].page.weights
    qtbot.waitUntil(lambda: card.rows[0].told != "is being read")
    assert [row.accessibleName() for row in card.rows] == ["kernel (4, 2)", "bias (2,)"]
    assert card.rows[0].told == "mean 1 \u00b7 deviation 0"
    window.document.level.go("d")
    qtbot.waitUntil(lambda: card.rows[0].told == "mean 2 \u00b7 deviation 0")
    assert card.rows[0].accessibleName() == "kernel (2, 3)"


def test_folding_waits_for_weights_that_are_being_read(open_window, model, qtbot, monkeypatch):
    window, asked = open_window(), []
    monkeypatch.setattr(folding, "ask", lambda *given: asked.append(window.document.weights))
    assert window.files.open_path(model)
    job = window.files.taking
    window.fold_batchnorm()
    window.fold_batchnorm()
    assert asked == []
    assert "once they are there" in window.toasts.log[-1].text
    with qtbot.waitSignal(job.ended):
        pass
    (weights,) = asked
    assert weights.origin == "stored.keras"
    window.fold_batchnorm()
    assert len(asked) == 2, "nothing is waited for any more"
