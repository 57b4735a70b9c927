"""The inspector: it edits what is selected, alone or together, and refuses in words."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bnstudio.graph import add, set_params
from bnstudio.layers import LAYERS
from bnstudio.project import Project
from bnstudio.ui.document import Document
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.panels.type_page import TypePage
from tests.ui.panels.names import unnamed


@pytest.fixture
def document(qapp, sample):
    document = Document(sample)
    yield document
    document.deleteLater()


@pytest.fixture
def panel(qtbot, document):
    panel = Inspector(document, None)
    qtbot.addWidget(panel)
    panel.resize(348, 800)
    panel.show()
    return panel


def of_type(document: Document, type: str) -> list[str]:
    return [node.id for node in document.graph.nodes.values() if node.type == type]


def retype(field, text: str) -> None:
    field.selectAll()
    QTest.keyClicks(field, text)


def test_nothing_selected_sums_the_project_up(panel, document):
    assert panel.page is None
    text = panel.summary.facts.text().replace("\u200b", "")
    assert f"{document.analysis.trainable:,}" in text
    assert document.project.settings.loss.name in text


def test_the_summary_follows_when_the_edits_pause(panel, document, qtbot):
    dense = of_type(document, "Dense")[0]
    document.edit(set_params(document.graph, [dense], {"units": 77}), "Set units")
    wanted = f"{document.analysis.trainable:,}"
    qtbot.waitUntil(lambda: wanted in panel.summary.facts.text())


def test_typing_is_one_edit_and_follows_at_once(panel, document):
    dense = of_type(document, "Dense")[0]
    document.select((dense,))
    before = document.project
    retype(panel.page.form.rows["units"].editor.field, "12")
    assert document.graph.nodes[dense].params["units"] == 12
    assert "(None,\u00a012)" in panel.page.facts.text()
    document.undo_stack.undo()
    assert document.project == before, "one visit to a field is one undo step"
    assert panel.page.form.rows["units"].editor.field.lineEdit().text() == "64"


def test_a_bad_value_is_refused_under_its_field_and_not_applied(panel, document):
    dropout = of_type(document, "Dropout")[0]
    document.select((dropout,))
    row = panel.page.form.rows["rate"]
    before = document.project
    row.editor.field.selectAll()
    row.editor.field.lineEdit().insert("x")
    row.editor.field.lineEdit().textEdited.emit("x")
    assert row.reason.isVisible()
    assert "number" in row.reason.text()
    assert document.project is before
    retype(row.editor.field, "0.3")
    assert not row.reason.isVisible()
    assert document.graph.nodes[dropout].params["rate"] == 0.3


def test_the_beginning_of_a_bad_value_is_taken_back(panel, document):
    first, second = of_type(document, "Dropout")
    document.select((first,))
    before, field = document.project, panel.page.form.rows["rate"].editor.field
    retype(field, "0.75x")
    assert panel.page.form.rows["rate"].reason.isVisible()
    assert field.lineEdit().text() == "0.75x", "what is typed is left to be mended"
    assert document.project == before
    assert document.undo_stack.count() == 0
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    assert document.graph.nodes[first].params["rate"] == 0.75
    QTest.keyClicks(field, "x")
    assert document.project == before
    QTest.keyClick(field, Qt.Key.Key_Backspace)
    document.select((second,))  # by a key: the focus stays
    QTest.keyClicks(field, "x")
    assert document.graph.nodes[first].params["rate"] == 0.75
    assert document.graph.nodes[second] is before.graph.nodes[second]


def test_several_layers_of_a_type_are_edited_at_once(panel, document):
    ids = of_type(document, "Dense")
    document.select(ids)
    rows = panel.page.form.rows
    units = {document.graph.nodes[id].params["units"] for id in ids}
    assert len(units) > 1
    assert rows["units"].editor.field.lineEdit().text() == ""
    assert rows["units"].editor.field.lineEdit().placeholderText() == "Mixed"
    QTest.keyClicks(rows["units"].editor.field, "5")
    assert {document.graph.nodes[id].params["units"] for id in ids} == {5}
    document.undo_stack.undo()
    assert {document.graph.nodes[id].params["units"] for id in ids} == units


def test_layers_of_several_types_say_so(panel, document):
    document.select(document.graph.nodes)
    assert panel.page is None
    assert "types" in panel.note._heading.text()


def test_an_unknown_type_is_kept_and_said(panel, document):
    graph, id = add(document.graph, "Imaginary", params={"x": 1})
    document.edit(graph, "Add")
    document.select((id,))
    assert panel.page is None
    assert "Imaginary" in panel.note._heading.text()


def test_a_bad_value_from_a_file_is_shown_with_its_reason(panel, document):
    dense = of_type(document, "Dense")[0]
    document.edit(set_params(document.graph, (dense,), {"units": "lots"}), "Break")
    document.select((dense,))
    row = panel.page.form.rows["units"]
    assert "lots" in row.editor.field.lineEdit().text()
    assert "lots" in row.reason.text()


def test_renaming(panel, document):
    first, second = of_type(document, "Dense")[:2]
    document.select((first,))
    retype(panel.page.name, "encoder")
    assert document.graph.nodes[first].name == "encoder"
    taken = document.graph.nodes[second].name
    panel.page.name.setText(taken)
    panel.page.name.textEdited.emit(taken)
    assert document.graph.nodes[first].name == "encoder"
    assert taken in panel.page.name_reason.text()
    for bad in ("", "a/b"):
        panel.page.name.setText(bad)
        panel.page.name.textEdited.emit(bad)
        assert panel.page.name_reason.isVisible()
    assert document.graph.nodes[first].name == "encoder"


def test_reset_returns_to_the_default(panel, document):
    dense = of_type(document, "Dense")[0]
    document.select((dense,))
    row = panel.page.form.rows["use_bias"]
    QTest.keyClick(row.editor.box, Qt.Key.Key_Space)
    assert document.graph.nodes[dense].params["use_bias"] is False
    QTest.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert "use_bias" not in document.graph.nodes[dense].params


def test_undo_reaches_the_document_from_within_a_field(window):
    document = window.document
    dense = of_type(document, "Dense")[0]
    window.docks["Inspector"].raise_()
    document.select((dense,))
    before = document.project
    field = window.panels["Inspector"].page.form.rows["units"].editor.field
    field.setFocus()
    retype(field, "9")
    assert document.project != before
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.project == before


def test_a_finding_leads_to_its_argument(panel, document):
    dense = of_type(document, "Dense")[0]
    panel.activateWindow()
    document.reveal(dense, "bias_initializer")
    assert document.selection == {dense}
    assert panel.page.form.rows["bias_initializer"].isVisible()


def test_the_argument_in_hand_is_explained(panel, document):
    dense = of_type(document, "Dense")[0]
    document.select((dense,))
    panel.page.form.rows["units"].pointed.emit("units")
    assert LAYERS["Dense"].by_name["units"].help in panel.page.help.text()


def test_pages_are_reused(panel, document):
    ids = of_type(document, "Dense")
    document.select(ids[:1])
    first = panel.page
    document.select(ids[1:2])
    assert panel.page is first


@pytest.mark.parametrize("type", LAYERS)
def test_every_layers_page_fits_the_panel_and_has_names_for_its_controls(qapp, type):
    graph, id = add(Project().graph, type, params=LAYERS[type].initial)
    document = Document(Project(graph=graph))
    page = TypePage(LAYERS[type], document)
    page.resize(348, 800)
    page.show_nodes([graph.nodes[id]])
    for fold in page.form.folds.values():
        fold.set_open(True)
    page.show()
    qapp.processEvents()
    assert page.widget().minimumSizeHint().width() <= page.viewport().width()
    assert unnamed(page) == []
    page.close()
    page.deleteLater()
    document.deleteLater()
