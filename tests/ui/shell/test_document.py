"""The one door: edits, merging, undo, selection, and what is said of them."""

import pytest
import shiboken6
from PySide6.QtWidgets import QWidget

from bnstudio.graph import Graph, add, heal, rename, set_params
from bnstudio.project import Project
from bnstudio.resources import resource
from bnstudio.ui import theme
from bnstudio.ui.document import Document


@pytest.fixture
def full(qapp, sample):
    document = Document(sample)
    yield document
    document.deleteLater()


def test_an_edit_that_changes_nothing_is_none(full):
    assert not full.edit(full.project, "Nothing")
    assert not full.modified


def test_one_merge_key_is_one_step(full):
    id = next(n.id for n in full.graph.nodes.values() if n.type == "Dense")
    before = full.project
    for units in (1, 2, 3):
        full.edit(set_params(full.graph, (id,), {"units": units}), "Set units", merge="a")
    full.edit(set_params(full.graph, (id,), {"units": 4}), "Set units", merge="b")
    assert full.undo_stack.count() == 2
    full.undo_stack.undo()
    assert full.graph.nodes[id].params["units"] == 3
    full.undo_stack.undo()
    assert full.project == before


def test_everything_is_current_when_a_change_is_told(full):
    seen = []
    full.changed.connect(
        lambda _before, after: seen.append(
            full.project is after and full.analysis.graph is after.graph
        )
    )
    graph, _ = add(full.graph, "Dropout")
    full.edit(graph, "Add")
    full.undo_stack.undo()
    assert seen == [True, True]


def test_no_view_meets_a_selected_node_that_is_gone(full):
    full.select(full.graph.nodes)
    met = []
    full.changed.connect(lambda *_: met.append(full.selection <= full.graph.nodes.keys()))
    told = []
    full.selection_changed.connect(told.append)
    gone = next(iter(full.graph.nodes))
    full.edit(heal(full.graph, (gone,)), "Delete")
    assert met == [True]
    assert [gone in selection for selection in told] == [False]


def test_opening_forgets_history_and_selection(full):
    full.edit(rename(full.graph, next(iter(full.graph.nodes)), "other"), "Rename")
    full.select(full.graph.nodes)
    full.open(Project(), None)
    assert full.project == Project()
    assert not full.modified
    assert not full.undo_stack.canUndo()
    assert full.selection == frozenset()


def test_recovered_work_is_not_saved_work(full, tmp_path):
    full.open(Project(title="Found"), tmp_path / "a.bnstudio", saved=False)
    assert full.modified
    full.set_path(tmp_path / "a.bnstudio")
    assert not full.modified


def test_reveal_selects_and_tells(full):
    told = []
    full.revealed.connect(lambda *place: told.append(place))
    id = next(iter(full.graph.nodes))
    full.reveal(id, "units")
    assert full.selection == {id}
    assert told == [(id, "units")]


@pytest.mark.parametrize("now", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_the_fixed_icons_have_the_themes_colours(now):
    for name, colour in (
        ("arrow-down", now.muted),
        ("arrow-up", now.muted),
        ("arrow-right", now.muted),
        ("tick", now.on_accent),
        ("dash", now.on_accent),
    ):
        assert colour in resource("icons", f"{name}-{now.name}.svg").read_text(encoding="utf-8")


def contrast(first: str, second: str) -> float:
    """The WCAG contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("now", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_text_can_be_read(now):
    for ground in (now.window, now.surface, now.raised, now.canvas, now.hover):
        assert contrast(now.text, ground) >= 7, ground
        for ink in ("muted", "accent", "error", "warning", "info", "good"):
            assert contrast(getattr(now, ink), ground) >= 4.5, (ink, ground)
    assert contrast(now.on_accent, now.accent) >= 4.5
    for role, colour in now.code.items():
        assert contrast(colour, now.surface) >= 4.5, role


def test_a_history_that_is_destroyed_tells_nobody(qtbot, full):
    window = QWidget()
    document = Document(full.project, window)
    heard = []
    document.history_changed.connect(lambda: heard.append("history"))
    document.modified_changed.connect(heard.append)
    document.edit(Graph(), "Empty")
    assert heard == ["history", True]
    shiboken6.delete(window)
    assert heard == ["history", True]
