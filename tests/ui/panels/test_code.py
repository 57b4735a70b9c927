"""The script, live: what is selected marks its lines, a line selects what it makes."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from bnstudio.exporters import keras_script
from bnstudio.graph import rename
from bnstudio.project import Project
from bnstudio.ui.document import Document
from bnstudio.ui.panels import code
from tests.exporters.repeated import residual


@pytest.fixture
def document(qtbot):
    return Document(Project(residual()))


@pytest.fixture
def panel(qtbot, document):
    panel = code.Code(document)
    qtbot.addWidget(panel)
    panel.resize(700, 900)
    panel.show()
    qtbot.waitUntil(lambda: "def build_model" in panel.text)
    return panel


def number_of(panel, text):
    """The line that says this, from 0."""
    return next(at for at, line in enumerate(panel.text.split("\n")) if text in line)


def click(panel, text):
    block = panel.editor.document().findBlockByNumber(number_of(panel, text))
    panel.editor.verticalScrollBar().setValue(block.blockNumber() - 2)
    place = panel.editor.blockBoundingGeometry(block).translated(panel.editor.contentOffset())
    button, pos = Qt.MouseButton.LeftButton, QPoint(60, round(place.center().y()))
    QTest.mouseClick(panel.editor.viewport(), button, pos=pos)


def marked(panel):
    """The lines that are marked."""
    lines = panel.text.split("\n")
    return [
        lines[selection.cursor.blockNumber()].strip()
        for selection in panel.editor.extraSelections()
    ]


def test_a_layer_of_a_function_marks_the_function_and_its_call(document, panel):
    document.select(["stage1_block2_1_relu"])
    assert marked(panel) == [
        'x = layers.Activation("relu", name=f"{name}_1_relu")(x)',
        "x = dense_layers(inputs, units, name=name)",
        'x = residual_block(x, 16, name="stage1_block2")',
    ]


def test_a_line_of_a_function_selects_every_layer_that_it_makes(document, panel):
    click(panel, 'name=f"{name}_1_relu"')
    relus = {id for id in document.graph.nodes if id.endswith("_1_relu")}
    assert len(document.selection) > 1
    assert document.selection <= relus
    click(panel, 'name="stage1_block2")')
    block = {id for id in document.graph.nodes if id.startswith("stage1_block2_")}
    assert document.selection == block
    click(panel, "layers.Dense(3,")
    assert document.selection == {"answer"}


def test_a_large_script_is_made_bit_by_bit_and_an_edit_begins_anew(
    qtbot, monkeypatch, document, panel
):
    monkeypatch.setattr(code, "_BUDGET", 0.0)  # no more than one bit at a time
    bits, held = [], [True]
    drafts = keras_script.drafts

    def slow(*given, **named):
        bits.append(1)
        while held:
            yield None  # as long as it is not ready
        yield from drafts(*given, **named)

    monkeypatch.setattr(keras_script, "drafts", slow)
    before = panel.text
    document.edit(rename(document.graph, "answer", "first"), "Rename")
    document.edit(rename(document.graph, "answer", "second"), "Rename")
    qtbot.waitUntil(lambda: bool(bits))
    assert panel.text == before
    document.edit(rename(document.graph, "answer", "third"), "Rename")
    held.clear()
    qtbot.waitUntil(lambda: 'name="third"' in panel.text)
    assert panel.text == keras_script.render(document.project).text
    document.edit(rename(document.graph, "answer", "fourth"), "Rename")
    panel.copy()
    assert 'name="fourth"' in panel.text  # what is copied is what is drawn
