"""Where the panels are at first, and that they can be read there."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTabBar


def test_the_edges_have_their_first_sizes(window):
    QApplication.processEvents()
    assert abs(window.docks["Palette"].width() - 216) <= 2
    assert abs(window.docks["Inspector"].width() - 348) <= 2
    assert window.canvas.width() > 600


def test_the_smallest_window_shows_every_tab(window):
    window.resize(window.minimumSize())
    QApplication.processEvents()
    window._docking.settle()
    for bar in window.findChildren(QTabBar):
        if bar.isVisible() and bar.parent() is window:
            inside = [bar.rect().contains(bar.tabRect(place)) for place in range(bar.count())]
            assert all(inside), [bar.tabText(place) for place in range(bar.count())]


def test_a_panel_alone_has_a_title_and_a_tab_has_none(window):
    QApplication.processEvents()
    assert window.docks["Palette"].titleBarWidget().height() > 10
    assert window.docks["Problems"].titleBarWidget().height() == 0


def test_a_panel_that_was_closed_comes_back_by_its_command(window):
    window.docks["Palette"].close()
    assert not window.panels["Palette"].isVisible()
    window.actions_.by_id["view.palette"].trigger()
    QApplication.processEvents()
    assert window.panels["Palette"].isVisible()


def test_the_command_of_a_panel_puts_the_keys_where_they_are_of_use(window, qtbot):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    for title, panel in window.panels.items():
        window.show_panel(title)
        QApplication.processEvents()
        assert panel.isAncestorOf(QApplication.focusWidget()), title
    window.show_panel("Palette")
    QTest.keyClicks(QApplication.focusWidget(), "leaky")
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert "LeakyReLU" in [node.type for node in window.document.graph.nodes.values()]


@pytest.mark.parametrize(("front", "after"), [("Problems", "Curves"), ("Layers", "Layers")])
def test_a_run_brings_its_curves_before_the_problems_and_before_nothing_else(
    window, qtbot, front, after
):
    window.show_panel(front)
    qtbot.waitUntil(window.panels[front].isVisible)
    window.session.run_started.emit(None)
    qtbot.waitUntil(window.panels[after].isVisible)
    shown = {name for name in ("Problems", "Curves", "Layers") if window.panels[name].isVisible()}
    assert shown == {after}
