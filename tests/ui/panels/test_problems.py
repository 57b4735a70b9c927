"""The list of problems: select, mend, keep up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from bnstudio.graph import Graph, add, set_params
from bnstudio.look.geometry import PITCH
from bnstudio.project import Project, samples
from bnstudio.rules import Diagnostic, Fix, Severity
from bnstudio.ui import document as document_module
from bnstudio.ui.document import Document
from bnstudio.ui.findings_list import button_rect
from bnstudio.ui.panels.problems import Problems


def small(project: Project) -> Project:
    return replace(project, graph=set_params(project.graph, ["dense"], {"units": 1}))


def findings(case) -> tuple[Diagnostic, ...]:
    """A stand-in for the rules: one error until units is 1, and always a note."""
    note = Diagnostic("BN04", Severity.INFO, "A note", contested=True, source="Ioffe 2015")
    if case.graph.nodes["dense"].params["units"] == 1:
        return (note,)
    fix = Fix("Set units to 1", small)
    return (
        Diagnostic("LOSS07", Severity.ERROR, "Too many", "Use one.", node="dense", fix=fix),
        note,
    )


@pytest.fixture
def document(qtbot, monkeypatch):
    monkeypatch.setattr(document_module, "diagnose", findings)
    document = Document(Project(add(Graph(), "Dense", params={"units": 64})[0]))
    yield document
    document.deleteLater()


@pytest.fixture
def panel(qtbot, document):
    panel = Problems(document)
    qtbot.addWidget(panel)
    panel.resize(900, 240)
    panel.show()
    return panel


def row(panel: Problems, place: int):
    return panel.list.visualRect(panel.list.model().index(place, 0))


def test_a_click_selects_the_node_and_asks_to_see_it(panel, document, qtbot):
    with qtbot.waitSignal(panel.shown) as seen:
        middle = QPoint(60, row(panel, 0).center().y())
        QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert seen.args == ["dense"]
    assert document.selection == {"dense"}


def test_the_button_mends_it_in_one_undo_step(panel, document):
    place = button_rect(panel.list, row(panel, 0), "Set units to 1").center()
    QTest.mouseClick(panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert document.graph.nodes["dense"].params == {"units": 1}
    assert [d.code for d in panel.diagnostics] == ["BN04"]
    assert document.undo_stack.count() == 1
    document.undo_stack.undo()
    assert [d.code for d in panel.diagnostics] == ["LOSS07", "BN04"]


def test_keyboard_shows_and_mends(panel, document):
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(0, 0))
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert document.selection == {"dense"}
    QTest.keyClick(panel.list, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert document.graph.nodes["dense"].params == {"units": 1}


def test_selecting_a_node_shows_its_problem_in_full(panel, document):
    document.select(["dense"])
    assert "LOSS07" in panel.details.text()
    assert "Use one." in panel.details.text()


def test_the_title_counts(panel, document):
    assert panel.windowTitle() == "Problems 2"
    document.edit(small(document.project), "Mend")
    assert panel.windowTitle() == "Problems 1"


def test_a_contested_finding_says_so(panel):
    panel.list.setCurrentIndex(panel.list.model().index(1, 0))
    assert "contested" in panel.details.text()
    assert "Ioffe 2015" in panel.details.text()


def test_a_layer_that_a_fix_wires_in_is_put_where_it_belongs(qtbot):
    (project,) = (sample.project for sample in samples() if sample.name == "batchnorm_unconnected")
    document = Document(project)
    panel = Problems(document)
    qtbot.addWidget(panel)
    place = next(i for i, d in enumerate(panel.diagnostics) if d.code == "STR01")
    loose = panel.diagnostics[place].node
    panel.list.fix_wanted.emit(place)
    graph = document.graph
    (before,), (after,) = graph.predecessors(loose), graph.successors(loose)
    ends = [(graph.nodes[id].x, graph.nodes[id].y) for id in (before, loose, after)]
    x, y = ends[0]
    assert ends == [(x, y), (x, y + PITCH), (x, y + 2 * PITCH)]
    assert document.undo_stack.count() == 1
    document.deleteLater()


def test_the_page_of_another_finding_is_laid_out_when_the_edits_pause(panel, document, qtbot):
    assert "LOSS07" in panel.details.text()
    document.edit(small(document.project), "Mend")
    qtbot.waitUntil(lambda: "BN04" in panel.details.text())


def many(case) -> tuple[Diagnostic, ...]:
    """A stand-in for the rules: ten notes, the third of which tells the units."""
    units = case.graph.nodes["dense"].params["units"]
    return tuple(
        Diagnostic("BN01", Severity.INFO, f"Note {n}" + f": {units}" * (n == 2), node="dense")
        for n in range(10)
    )


def test_rows_that_say_the_same_are_neither_announced_nor_painted_again(
    document, panel, monkeypatch
):
    monkeypatch.setattr(document_module, "diagnose", many)
    document.edit(set_params(document.graph, ["dense"], {"units": 2}), "Set units")
    panel.list.grab()
    rows = []
    model = panel.list.model()
    model.dataChanged.connect(lambda first, last: rows.append((first.row(), last.row())))
    document.edit(set_params(document.graph, ["dense"], {"units": 3}), "Set units")
    assert rows == [(2, 2)]
    shown = panel.list.viewport().grab().toImage()
    panel.list.itemDelegate()._pictures.clear()
    assert shown == panel.list.viewport().grab().toImage()
