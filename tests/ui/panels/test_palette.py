"""The palette: search, read, add, drag."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from bnstudio.layers import (
    CATEGORIES,
    LAYERS,
    OPERATION_CATEGORIES,
    LayerType,
    all_operations,
    offered,
)
from bnstudio.ui.document import Document
from bnstudio.ui.panels.palette import LAYER_MIME, Palette

ALL = len(offered()) + len(CATEGORIES) + len(OPERATION_CATEGORIES)
"""The rows of a new palette: operations are under folded headings."""


@pytest.fixture
def panel(qtbot):
    document = Document()
    panel = Palette(document)
    qtbot.addWidget(panel)
    panel.resize(220, 700)
    panel.show()
    yield panel
    document.deleteLater()


def rows(panel: Palette) -> list[str]:
    model = panel.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def place(panel: Palette, name: str) -> QPoint:
    model = panel.list.model()
    index = model.index(rows(panel).index(name), 0)
    panel.list.scrollTo(index)
    return panel.list.visualRect(index).center()


def test_every_layer_is_under_its_category(panel):
    model = panel.list.model()
    under: dict[str, list[str]] = {}
    heading = ""
    for row in range(model.rowCount()):
        entry = model.index(row, 0).data(Qt.ItemDataRole.UserRole)
        if isinstance(entry, LayerType):
            under[heading].append(entry.name)
        else:
            heading = entry
            under[heading] = []
    assert tuple(under) == (*CATEGORIES, *OPERATION_CATEGORIES)
    assert {name: category for category, names in under.items() for name in names} == {
        name: entry.category for name, entry in offered().items()
    }


def test_search_finds_by_letters_and_enter_adds_the_best(panel, qtbot):
    panel.search.setFocus()
    QTest.keyClicks(panel.search, "bnorm")
    assert rows(panel)[0] == "BatchNormalization"
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.keyClick(panel.search, Qt.Key.Key_Return)
    assert chosen.args == ["BatchNormalization"]


def test_escape_clears_the_search(panel):
    QTest.keyClicks(panel.search, "zzz")
    assert rows(panel) == []
    assert "No layer" in panel.description.text()
    QTest.keyClick(panel.search, Qt.Key.Key_Escape)
    assert len(rows(panel)) == ALL


def test_a_click_describes_and_a_double_click_adds(panel, qtbot):
    viewport = panel.list.viewport()
    where = place(panel, "Dropout")
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=where)
    assert panel.description.text() == LAYERS["Dropout"].summary
    with qtbot.waitSignal(panel.chosen) as chosen:
        QTest.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=where)
    assert chosen.args == ["Dropout"]


def test_a_click_on_a_heading_hides_its_layers_and_another_shows_them(panel):
    viewport = panel.list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(panel, "Pooling"))
    assert len(rows(panel)) < ALL
    assert "MaxPooling2D" not in rows(panel)
    assert "Conv2D" in rows(panel)
    assert "Enter shows them" in panel.description.text()
    QTest.keyClicks(panel.search, "MaxPooling2D")
    assert rows(panel)[0] == "MaxPooling2D", "what is hidden is found"
    panel.search.clear()
    assert "MaxPooling2D" not in rows(panel)
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(panel, "Pooling"))
    assert len(rows(panel)) == ALL


def test_headings_are_folded_by_the_keyboard(panel):
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.list.model().index(rows(panel).index("Core"), 0))
    for key, open_ in (
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Left, False),
        (Qt.Key.Key_Right, True),
        (Qt.Key.Key_Return, False),
        (Qt.Key.Key_Return, True),
    ):
        QTest.keyClick(panel.list, key)
        assert ("Dense" in rows(panel)) == open_
        assert panel.list.currentIndex().data() == "Core"
        said = panel.list.currentIndex().data(Qt.ItemDataRole.AccessibleDescriptionRole)
        assert said == f"Category, {'open' if open_ else 'folded'}"


def test_headings_cannot_be_chosen(panel, qtbot):
    with qtbot.assertNotEmitted(panel.chosen):
        QTest.mouseDClick(
            panel.list.viewport(), Qt.MouseButton.LeftButton, pos=place(panel, CATEGORIES[0])
        )


def test_a_drag_carries_the_layer_type(panel):
    model = panel.list.model()
    index = model.index(rows(panel).index("Dense"), 0)
    assert isinstance(index.data(Qt.ItemDataRole.UserRole), LayerType)
    assert bytes(model.mimeData([index]).data(LAYER_MIME).data()) == b"Dense"


def test_operations_are_folded_until_wanted_and_found_after_the_layers(panel):
    heading = OPERATION_CATEGORIES[4]
    assert "ops.mean" not in rows(panel)
    viewport = panel.list.viewport()
    QTest.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(panel, heading))
    under = [name for name, entry in all_operations().items() if entry.category == heading]
    assert rows(panel)[rows(panel).index(heading) + 1 :][: len(under)] == under
    assert f"{len(under)} operations" in panel.description.text()
    QTest.keyClicks(panel.search, "add")
    assert rows(panel)[0] == "Add"
    assert next(name for name in rows(panel) if name.startswith("ops.")) == "ops.add"
    panel.search.clear()
    QTest.keyClicks(panel.search, "ops.mean")
    assert rows(panel)[0] == "ops.mean"
    panel.search.clear()
    QTest.keyClicks(panel.search, "conv")
    assert rows(panel)[0] == "Conv2D"
