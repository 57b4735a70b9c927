"""Layers of packages in the window: confirmed in the dialog, drawn, trained, and off again."""

import sys

import pytest
from PySide6.QtCore import Qt

from bnstudio import extensions
from bnstudio.data import Source
from bnstudio.layers import LAYERS
from bnstudio.layers.foreign import CUSTOM
from bnstudio.layers.params import Json
from bnstudio.project import Project
from bnstudio.settings import Settings
from bnstudio.ui.app import create_window
from bnstudio.ui.custom_layers import CustomLayers
from bnstudio.ui.editors import editor_for
from tests.engine.projects import chain
from tests.extensions.package import PACKAGE, at_hand
from tests.ui.conftest import close_window

pytestmark = pytest.mark.engine
SCALE = f"{PACKAGE}:Scale"


@pytest.fixture
def installed(tmp_path):
    with at_hand(tmp_path / "site") as folder:
        yield folder


@pytest.fixture
def window(qtbot, installed, warm_engines):
    graph = chain(("Input", {"shape": (30,)}), ("Dense", {"units": 2, "activation": "softmax"}))
    settings = Settings(epochs=1, batch_size=128)
    window = create_window(Project(graph, Source("breast_cancer"), settings))
    window.resize(1280, 800)
    window.show()
    yield window
    close_window(window)


def dialog_of(window):
    window.show_custom_layers()
    return window.findChildren(CustomLayers)[-1]


def listed(dialog):
    (package,) = [dialog.tree.topLevelItem(at) for at in range(dialog.tree.topLevelItemCount())
                  if PACKAGE in dialog.tree.topLevelItem(at).text(0)]  # fmt: skip
    layers = [package.child(at) for at in range(package.childCount())]
    return package, {layer.text(0): layer.text(1) for layer in layers}


def test_a_layer_of_a_confirmed_package_is_drawn_and_trained(window, qtbot):
    dialog = dialog_of(window)
    package, layers = listed(dialog)
    assert package.checkState(0) == Qt.CheckState.Unchecked
    assert layers["Scale"] == "sample_layers.code:Scale"
    assert "two layers of the name" in layers["Twice"]
    assert SCALE not in LAYERS
    package.setCheckState(0, Qt.CheckState.Checked)
    qtbot.waitUntil(lambda: extensions.confirmed() == {PACKAGE})
    qtbot.waitUntil(lambda: not window.extensions.busy, timeout=60_000)
    _, layers = listed(dialog)
    assert layers["Scale"].endswith("Multiplies each feature by a number that is learned.")
    assert "No module named" in layers["Missing"]
    dialog.close()

    palette = window.panels["Palette"]
    assert CUSTOM in palette._model.entries
    assert LAYERS[SCALE] in palette._model.entries
    document = window.document
    document.select(["input"])
    palette.chosen.emit(SCALE)
    (id,) = [node.id for node in document.graph.nodes.values() if node.type == SCALE]
    assert {d.code for d in document.diagnostics if d.node == id} == {"EXT02"}
    assert "the engine is being asked" in window.session.blocked()
    qtbot.waitUntil(lambda: document.analysis.shape(id) == (None, 30), timeout=60_000)
    assert document.analysis.facts[id].trainable == 30
    drawn = window.canvas.drawing.nodes
    assert drawn[id].facts is document.analysis.facts[id]
    assert drawn["dense"].facts.outputs == ((None, 2),)
    assert "sample_layers" not in sys.modules
    qtbot.waitUntil(lambda: window.session.ready, timeout=60_000)
    with qtbot.waitSignal(window.session.run_ended, timeout=60_000) as ended:
        window.session.train()
    assert ended.args[0].state == "completed", ended.args[0].message

    window.extensions.confirm(PACKAGE, False)
    (finding,) = [d for d in document.diagnostics if d.node == id]
    assert finding.code == "EXT01"
    assert "off until you confirm it" in finding.message
    assert document.graph.nodes[id].type == SCALE
    assert CUSTOM not in palette._model.entries


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("[1, [2.5]]", (1, (2.5,))),
        ('{"a": [true]}', {"a": (True,)}),
        ("same", "same"),
        ('"1"', "1"),
        ("1", 1),
        ("True", True),
        ("", None),
        ("[1,", "[1,"),
    ],
)
def test_an_argument_of_no_known_kind_is_typed_as_json(qtbot, typed, value):
    editor = editor_for(Json("note", None))
    qtbot.addWidget(editor)
    with qtbot.waitSignal(editor.edited) as edited:
        editor.field.textEdited.emit(typed)
    assert edited.args == [value]
    editor.show_value(value)
    again = editor.field.text()
    with qtbot.waitSignal(editor.edited) as edited:
        editor.field.textEdited.emit(again)
    assert edited.args == [value]


def test_a_number_that_json_cannot_write_is_refused(qtbot):
    editor = editor_for(Json("note", None))
    qtbot.addWidget(editor)
    with qtbot.waitSignal(editor.refused) as refused:
        editor.field.textEdited.emit("[NaN]")
    assert "finite" in refused.args[0]
