"""The map in the corner, and the far view of large drawings."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from bnstudio.graph import Graph, Node, Wire
from bnstudio.look.geometry import PITCH, Point
from bnstudio.ui import theme
from bnstudio.ui.canvas.minimap import ABOVE
from tests.ui.canvas.hand import Hand, chain

LEFT = Qt.MouseButton.LeftButton


def long_chain(count: int) -> Graph:
    nodes = {
        f"n{i}": Node(f"n{i}", "Dense", f"n{i}", {"units": 4}, 0.0, i * PITCH) for i in range(count)
    }
    return Graph(nodes, tuple(Wire(f"n{i}", 0, f"n{i + 1}", 0) for i in range(count - 1)))


@pytest.mark.parametrize(("count", "seen"), [(ABOVE, False), (ABOVE + 1, True)])
def test_the_map_is_there_for_large_drawings_only(show, count, seen):
    view = show(long_chain(count))
    assert view.minimap.isVisible() == seen


def test_a_press_on_the_map_goes_there(show, qtbot):
    view = show(long_chain(100))
    view.camera.centre(view.drawing.nodes["n0"].centre)
    qtbot.waitUntil(lambda: view.minimap.ready)
    place = QPoint(view.minimap.width() // 2, view.minimap.height() - 12)
    QTest.mouseClick(view.minimap, LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert view.camera.shown.bottom > 95 * PITCH
    QTest.mouseDClick(view.minimap, LEFT, Qt.KeyboardModifier.NoModifier, place)
    assert view.popup is None
    assert view.document.selection == set()


def test_a_press_on_the_search_does_not_close_it(show):
    view = show()
    view.open_search()
    QTest.mouseClick(view.popup, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(3, 3))
    assert view.popup is not None
    Hand(view).click((0, 0))
    assert view.popup is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_from_afar_a_node_is_its_category(show, name):
    theme.force(name)
    view = show(chain("Input", "Dense", "BatchNormalization"))
    view.set_zoom(0.1)
    view.camera.centre(view.drawing.nodes["c"].centre)
    picture = view.grab().toImage()
    at = view.camera.to_view(view.drawing.nodes["c"].centre).toPoint()
    assert picture.pixelColor(at) == theme.current().category("Normalization")
    assert picture.pixelColor(10, 10) == QColor(theme.current().canvas)


def test_an_edit_is_seen_from_afar(show):
    view = show(chain("Input", "Dense"))
    view.set_zoom(0.1)
    view.camera.centre(view.drawing.nodes["b"].centre)
    at = view.camera.to_view(view.drawing.nodes["b"].centre).toPoint()
    assert view.grab().toImage().pixelColor(at) == theme.current().category("Core")
    view.document.select(["b"])
    view.delete()
    QApplication.processEvents()
    assert view.viewport().grab().toImage().pixelColor(at) == QColor(theme.current().canvas)


def test_a_selection_is_seen_from_afar_and_goes_with_its_node(show):
    view = show(chain("Input", "Dense", "Dense"))
    view.set_zoom(0.1)
    view.camera.centre(view.drawing.nodes["b"].centre)

    def outlined(id):
        box = view.drawing.nodes[id].box
        edge = view.camera.to_view(Point(box.centre.x, box.top - 14)).toPoint()
        picture = view.viewport().grab().toImage()
        colours = {picture.pixelColor(edge.x() + 3, edge.y() + dy).name() for dy in (-1, 0, 1)}
        return QColor(theme.current().accent).name() in colours

    assert not outlined("b")
    view.document.select(["b"])
    assert outlined("b")
    assert not outlined("c")
    view.nudge(600, 0)
    assert outlined("b")
    view.document.select(["c"])
    assert outlined("c")
    assert not outlined("b")
    view.delete()
    assert view.document.selection == set()
    assert not outlined("b")


def test_the_theme_changes_the_picture(show):
    view = show(chain("Input", "Dense"))
    before = view.grab().toImage()
    theme.force("dark")
    QApplication.processEvents()
    after = view.grab().toImage()
    assert before != after
    assert after.pixelColor(5, 5) == QColor(theme.DARK.canvas)
