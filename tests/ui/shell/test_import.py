"""Model files in the window: opened as new projects, dropped, and pasted as text."""

import json

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox

from bnstudio import importers
from bnstudio.ui import files as file_commands
from tests.importers.hostile import functional, layer
from tests.importers.legacy import NESTED_2_11
from tests.ui.shell.dropped import drop

MODEL = functional(
    layer("Dense", "hidden", "in", units=8, activation="relu"),
    layer("Map", "each", "hidden", module="keras.src.ops.core"),
    layer("Dense", "out", "each", units=3),
)


@pytest.fixture
def window(open_window, sample):
    return open_window(sample)


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.json"
    path.write_text(json.dumps(MODEL), "utf-8")
    return path


def names(window):
    return [node.name for node in window.document.graph.nodes.values()]


def test_a_model_file_is_opened_as_a_new_project_that_is_not_saved(window, model, monkeypatch):
    asked = []

    def choose(*arguments):
        asked.append(arguments)
        return str(model), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    window.files.open()
    assert "*.keras *.h5 *.hdf5 *.json" in asked[0][3]
    assert names(window) == ["in", "hidden", "each", "out"]
    assert window.document.path is None
    assert window.document.modified
    said = window.toasts.shown[-1].note.text
    assert said.startswith("model.json is opened as a new project. 1 layer that")
    assert "ops.Map" in said
    assert window.preferences["recent"][0] == str(model)
    assert QGuiApplication.overrideCursor() is None
    window.document.undo_stack.setClean()


def test_unsaved_work_is_asked_for_before_a_model_takes_its_place(window, model, monkeypatch):
    window.add_layer("Dropout")
    before = window.document.project

    def cancel(box):
        box.deleteLater()
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(file_commands, "ask", cancel)
    assert not window.files.open_path(model)
    assert window.document.project == before
    window.document.undo_stack.setClean()


def test_a_file_that_holds_no_model_is_explained_and_changes_nothing(window, tmp_path, sample):
    path = tmp_path / "broken.keras"
    path.write_bytes(b"no archive")
    assert not window.files.open_path(path)
    assert window.document.project == sample
    assert "broken.keras: this is not a .keras file" in window.toasts.shown[-1].note.text
    assert QGuiApplication.overrideCursor() is None


def test_a_model_dropped_on_the_window_opens(window, model):
    assert drop(window, model)
    assert names(window) == ["in", "hidden", "each", "out"]
    window.document.undo_stack.setClean()


def test_the_text_of_a_configuration_is_pasted_as_layers_in_one_step(window):
    QGuiApplication.clipboard().setText(json.dumps(MODEL, indent=2))
    before = window.document.graph
    window.canvas.paste()
    pasted = window.document.selection
    graph = window.document.graph
    assert [graph.nodes[id].type for id in graph.nodes if id in pasted] == [
        "Input", "Dense", "ops.Map", "Dense"
    ]  # fmt: skip
    assert len(graph.wires) == len(before.wires) + 3
    assert "ops.Map" in window.toasts.shown[-1].note.text
    window.document.undo_stack.undo()
    assert window.document.graph == before


def test_a_configuration_that_cannot_be_drawn_is_explained(window):
    text = json.dumps(MODEL).replace('"in", 0, 0', '"gone", 0, 0', 1)
    QGuiApplication.clipboard().setText(text)
    before = window.document.graph
    window.canvas.paste()
    assert window.document.graph == before
    assert "there is no layer 'gone'" in window.toasts.shown[-1].note.text


def test_a_model_in_a_model_is_expanded_by_a_command(window):
    graph = importers.loads(json.dumps(NESTED_2_11)).project.graph
    window.document.edit(graph, "Put")
    action = window.actions_.by_id["graph.expand"]
    window.document.select(["x"])
    assert not action.isEnabled()
    window.document.select(["inner"])
    assert action.isEnabled()
    action.trigger()
    assert names(window) == ["x", "deep", "deep_1", "out"]
    assert window.document.selection == {"deep", "deep_1"}
    window.document.undo_stack.undo()
    assert window.document.graph == graph
    window.document.undo_stack.setClean()


def test_a_layer_that_is_kept_as_described_says_so(window, model):
    window.files.open_path(model)
    window.document.select(["each"])
    said = [label.text() for label in window.panels["Inspector"].note.findChildren(QLabel)]
    assert said[0] == "ops.Map"
    assert "kept word for word" in said[1]
    window.document.undo_stack.setClean()
