"""The action table: one entry a command, and every entry alive."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from bnstudio.resources import resource
from bnstudio.ui import theme
from bnstudio.ui.actions import ACTIONS, MENUS
from bnstudio.ui.picker import Picker
from bnstudio.ui.search import rank
from tests.ui.conftest import settle


def test_ids_are_unique():
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


def test_no_two_actions_share_a_shortcut():
    taken: dict[str, str] = {}
    for action in ACTIONS:
        for key in action.keys:
            name = QKeySequence(key).toString()
            assert name, f"{key!r} of {action.id} is no key"
            assert name not in taken, f"{name} is both {taken[name]} and {action.id}"
            taken[name] = action.id


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)
def test_an_entry_says_what_it_does_and_where_it_is(action):
    assert action.help.endswith("."), "a help is a sentence"
    assert action.menu.split("/")[0] in MENUS
    assert not action.icon or resource("icons", f"{action.icon}.svg").exists()


def test_every_call_and_condition_exists(window):
    for action in ACTIONS:
        target = window
        for name in action.call.split("."):
            target = getattr(target, name)
        assert callable(target), action.id
        assert not action.when or action.when in window.conditions
        assert not action.checked or window.preferences[action.checked] is not None


def test_every_action_is_in_a_menu_and_has_a_tooltip(window):
    listed = {
        action
        for menu in window.findChildren(QMenu)
        for action in menu.actions()
        if not action.isSeparator()
    }
    for id, action in window.actions_.by_id.items():
        assert action in listed, f"{id} is in no menu"
        assert action.toolTip(), id


def test_single_letters_belong_to_the_canvas():
    for action in ACTIONS:
        if any(len(key) == 1 or key in ("Tab", "Del", "Backspace") for key in action.keys):
            assert action.scope == "canvas", action.id


def test_undo_and_redo_by_the_keyboard(window):
    before = window.document.graph
    window.add_layer("Dropout")
    after = window.document.graph
    assert len(after.nodes) == len(before.nodes) + 1
    assert "Dropout" in window.actions_.by_id["edit.undo"].text()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.graph == before
    QTest.keyClick(
        window,
        Qt.Key.Key_Z,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    assert window.document.graph == after


def test_conditions_enable_and_disable(window):
    actions = window.actions_.by_id
    window.document.select(())
    assert not actions["edit.delete"].isEnabled()
    assert not actions["edit.undo"].isEnabled()
    window.document.select(list(window.document.graph.nodes)[:1])
    assert actions["edit.delete"].isEnabled()
    assert not actions["train.stop"].isEnabled()


def test_the_command_list_finds_and_runs(window, qtbot):
    QTest.keyClick(
        window,
        Qt.Key.Key_P,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    picker = window.findChild(Picker)
    assert picker is not None
    assert len(picker.matches) == len(ACTIONS)
    QTest.keyClicks(picker.field, "dark")
    assert picker.matches[0].text == "Dark"
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    assert theme.current().dark
    assert window.preferences["appearance"] == "dark"


def test_find_selects_the_layer(window):
    window.find_node()
    picker = window.findChild(Picker)
    name = next(iter(window.document.graph.nodes.values())).name
    QTest.keyClicks(picker.field, name)
    QTest.keyClick(picker.field, Qt.Key.Key_Return)
    (chosen,) = window.document.selection
    assert window.document.graph.nodes[chosen].name == name


def test_escape_closes_the_list_and_changes_nothing(window):
    before = window.document.project
    window.show_commands()
    picker = window.findChild(Picker)
    QTest.keyClick(picker.field, Qt.Key.Key_Escape)
    QApplication.processEvents()
    assert not [p for p in window.findChildren(Picker) if p.isVisible()]
    assert window.document.project is before


@pytest.mark.parametrize(
    ("query", "texts", "first"),
    [
        ("zs", ["Horizons", "Zoom to Selection"], "Zoom to Selection"),
        ("dense", ["Condense", "Dense"], "Dense"),
        ("bn", ["BatchNormalization", "Dense"], "BatchNormalization"),
        ("tra", ["Train", "Stop and Restart a run"], "Train"),
    ],
)
def test_the_best_match_comes_first(query, texts, first):
    assert rank(query, texts, lambda text: (text,))[0] == first


def test_what_does_not_occur_does_not_match():
    assert rank("xyz", ["Dense"], lambda text: (text,)) == []
    assert rank("esned", ["Dense"], lambda text: (text,)) == []
    assert rank("", ["Dense", "Add"], lambda text: (text,)) == ["Dense", "Add"]


def test_a_list_outlives_the_field_that_had_the_focus(window):
    field = QLineEdit(window)
    field.show()
    window.activateWindow()
    field.setFocus()
    window.show_commands()
    field.deleteLater()
    del field
    settle()
    picker = window.findChild(Picker)
    QTest.keyClick(picker.field, Qt.Key.Key_Escape)
    assert not picker.isVisible()
