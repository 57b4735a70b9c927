"""Schedules, callbacks, clipping and class weights in the Settings panel, edited by keys."""

from dataclasses import replace

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel

from bnstudio.data import Source
from bnstudio.graph import Graph, Node, Wire
from bnstudio.layers.params import Floats
from bnstudio.settings import (
    Choice,
    EarlyStopping,
    LearningRate,
    Measuring,
    ReduceLROnPlateau,
    Settings,
)
from bnstudio.training.messages import Epoch
from bnstudio.ui.editors import editor_for
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.settings import SettingsPanel
from bnstudio.ui.plots.pace import pacer
from tests.ui.panels.test_editors import choose, retype
from tests.ui.training.fakes import whole_run


@pytest.fixture
def wine(new_desk):
    """A desk with three classes of wine, and nothing set but SGD."""
    desk = new_desk(sample="wine")
    settings = replace(desk.document.project.settings, optimizer=Choice("SGD"), early_stopping=None)
    desk.document.edit(replace(desk.document.project, settings=settings), "Begin")
    return desk


@pytest.fixture
def panel(wine, qtbot):
    panel = SettingsPanel(wine.document, wine.session)
    qtbot.addWidget(panel)
    panel.resize(330, 900)
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def settings(panel):
    return panel._document.project.settings


def press(box):
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)


def rate_row(panel):
    return panel.optimizer.form.rows["learning_rate"]


def leave(field):
    """Is done with a field: what is typed next is another value."""
    QTest.keyClick(field, Qt.Key.Key_Return)


def undo_all(panel):
    while panel._document.undo_stack.canUndo():
        panel._document.undo_stack.undo()


def test_a_fixed_rate_is_typed_as_before(panel):
    row = rate_row(panel)
    assert row.editor.number.isVisible()
    assert row.editor.combo.currentText() == "Constant"
    retype(row.editor.number, "0.25")
    assert settings(panel).optimizer.params == {"learning_rate": 0.25}
    leave(row.editor.number)
    retype(row.editor.number, "-1")
    assert "at least 0" in row.reason.text()
    assert settings(panel).optimizer.params == {"learning_rate": 0.25}
    QTest.keyClick(row.editor.number, Qt.Key.Key_Up)
    retype(row.editor.number, "1")
    assert repr(settings(panel).optimizer.params["learning_rate"]) == "1.0"


@pytest.mark.parametrize("name", [spec.name for spec in LearningRate.specs])
def test_every_schedule_is_chosen_by_keys_and_begins_where_the_rate_is(panel, name):
    editor = rate_row(panel).editor
    retype(editor.number, "0.5")
    choose(editor.combo, name)
    rate = settings(panel).optimizer.params["learning_rate"]
    assert rate["class_name"] == name
    config = rate["config"]
    assert config.get("initial_learning_rate", config.get("values", (0,))[0]) == 0.5
    assert not editor.number.isVisible()
    assert editor.form.isVisible()
    assert panel.problem.text() == ""
    choose(editor.combo, "Constant")
    assert settings(panel).optimizer.params == {"learning_rate": 0.5}
    assert editor.number.isVisible()
    assert editor.form is None


def test_a_schedules_arguments_are_typed_and_undone(panel):
    editor = rate_row(panel).editor
    choose(editor.combo, "CosineDecay")
    retype(editor.form.rows["decay_steps"].editor.field, "250")
    retype(editor.form.rows["initial_learning_rate"].editor.field, "0.2")
    config = settings(panel).optimizer.params["learning_rate"]["config"]
    assert config == {"initial_learning_rate": 0.2, "decay_steps": 250}
    leave(editor.form.rows["decay_steps"].editor.field)
    retype(editor.form.rows["decay_steps"].editor.field, "0")
    assert "at least 1" in editor.form.rows["decay_steps"].reason.text()
    assert settings(panel).optimizer.params["learning_rate"]["config"] == config
    undo_all(panel)
    assert not rate_row(panel).editor.number.isHidden()


def test_a_boundary_waits_for_its_value(panel):
    row = rate_row(panel)
    choose(row.editor.combo, "PiecewiseConstantDecay")
    boundaries, values = (row.editor.form.rows[n].editor for n in ("boundaries", "values"))
    before = settings(panel)
    press(boundaries.more)
    assert "one more than the 2 boundaries" in row.reason.text()
    retype(boundaries.fields[1], "2000")
    assert settings(panel) == before
    press(values.more)
    retype(values.fields[2], "0.0005")
    rate = settings(panel).optimizer.params["learning_rate"]
    assert rate["config"] == {"boundaries": (1000, 2000), "values": (0.01, 0.001, 0.0005)}
    assert row.reason.text() == ""


def test_a_rate_of_neither_kind_is_shown_as_it_is(panel):
    panel._edit("Spoil", optimizer=Choice("SGD", {"learning_rate": {"class_name": "Cosine"}}))
    editor = rate_row(panel).editor
    assert "Cosine" in editor.combo.placeholderText()
    assert not editor.number.isVisible()
    assert "schedule of Keras's" in panel.problem.text()


@pytest.mark.parametrize("name", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_is_set_under_more_arguments(panel, name):
    panel.optimizer.form.focus(name)
    retype(panel.optimizer.form.rows[name].editor.field, "0.5")
    assert settings(panel).optimizer.params == {name: 0.5}


def test_two_ways_of_clipping_are_refused_in_words(panel):
    panel._edit("Clip", optimizer=Choice("SGD", {"clipnorm": 1.0}))
    panel.optimizer.form.focus("clipvalue")
    retype(panel.optimizer.form.rows["clipvalue"].editor.field, "0.5")
    assert "Only one of clipnorm, clipvalue" in panel.problem.text()
    assert "TRN08" in {found.code for found in panel._document.diagnostics}


def test_a_plateau_is_turned_on_set_and_turned_off(panel):
    press(panel.reduce.box)
    assert settings(panel).reduce_lr == ReduceLROnPlateau()
    rows = panel.reduce.form.rows
    retype(rows["factor"].editor.field, "0.5")
    retype(rows["patience"].editor.field, "3")
    retype(rows["cooldown"].editor.field, "1")
    retype(rows["min_lr"].editor.field, "0.0001")
    choose(rows["mode"].editor.combo, "max")
    choose(rows["monitor"].editor.combo, "val_accuracy")
    assert settings(panel).reduce_lr == ReduceLROnPlateau(
        "val_accuracy", 0.5, 3, "max", cooldown=1, min_lr=0.0001
    )
    retype(rows["factor"].editor.field, "1")
    assert "less than 1" in rows["factor"].reason.text()
    rows["factor"].reset.click()
    assert settings(panel).reduce_lr.factor == 0.1
    press(panel.reduce.box)
    assert settings(panel).reduce_lr is None
    assert not panel.reduce.form.isVisible()
    undo_all(panel)
    assert settings(panel).reduce_lr is None


def test_a_plateau_and_a_schedule_are_refused_in_words(panel):
    press(panel.reduce.box)
    choose(rate_row(panel).editor.combo, "ExponentialDecay")
    assert "follows a schedule" in panel.problem.text()
    (found,) = [found for found in panel._document.diagnostics if found.code == "TRN07"]
    panel._document.edit(found.fix.apply(panel._document.project), found.fix.label)
    assert settings(panel).reduce_lr is None
    assert panel.problem.text() == ""


def test_what_can_be_watched_follows_the_settings(panel):
    press(panel.early.box)
    press(panel.reduce.box)
    assert settings(panel).early_stopping == EarlyStopping()
    retype(panel.schedule.rows["validation_split"].editor.field, "0")
    for field in (panel.early, panel.reduce):
        combo = field.form.rows["monitor"].editor.combo
        assert [combo.itemText(place) for place in range(combo.count())] == [
            "loss", "accuracy", "val_loss",
        ]  # fmt: skip
    assert panel.problem.text().count("needs validation rows") == 2
    choose(panel.reduce.form.rows["monitor"].editor.combo, "loss")
    assert settings(panel).reduce_lr.monitor == "loss"


def test_classes_are_weighed(panel):
    choose(panel.weights.combo, "Balanced")
    assert settings(panel).class_weight == "balanced"
    choose(panel.weights.combo, "By class")
    assert settings(panel).class_weight == (1.0, 1.0, 1.0)
    names = tuple(panel.weights.form.rows)
    retype(panel.weights.form.rows[names[1]].editor.field, "2.5")
    assert settings(panel).class_weight == (1.0, 2.5, 1.0)
    retype(panel.weights.form.rows[names[1]].editor.field, "-2")
    assert "at least 0" in panel.weights.form.rows[names[1]].reason.text()
    panel.weights.form.rows[names[1]].reset.click()
    assert settings(panel).class_weight == (1.0, 1.0, 1.0)
    choose(panel.weights.combo, "None")
    assert settings(panel).class_weight is None
    assert not panel.weights.form.isVisible()
    undo_all(panel)


def test_a_quantity_has_no_classes_to_weigh(panel):
    project = panel._document.project
    panel._document.edit(replace(project, source=Source("diabetes")), "Use diabetes")
    assert not panel.weights.isVisible()
    panel._edit("Spoil", class_weight=(1.0, 2.0))
    assert panel.weights.isVisible()
    assert tuple(panel.weights.form.rows) == ("class 0", "class 1")
    assert "TRN09" in {found.code for found in panel._document.diagnostics}


def test_the_curves_show_a_learning_rate_that_is_cut(wine, qtbot):
    panel = Curves(wine.document, wine.session)
    qtbot.addWidget(panel)
    panel.resize(900, 420)
    with qtbot.waitExposed(panel):
        panel.show()
    run = wine.train()
    messages = whole_run(run, tuple(wine.document.graph.nodes))
    wine.tick(
        *(
            msgspec.structs.replace(event, logs={**event.logs, "learning_rate": 0.1**event.epoch})
            if isinstance(event, Epoch)
            else event
            for event in messages
        )
    )
    pacer().flush()
    assert set(panel.plots) == {"loss", "accuracy", "learning_rate"}
    _, rates = panel.plots["learning_rate"].lines["train"].item.getData()
    assert rates.tolist() == pytest.approx([1.0, 0.1, 0.01])


def test_a_list_of_decimals_grows_and_shrinks(qtbot):
    editor = editor_for(Floats("values", (0.1, 0.01), shortest=2, min=0, point=True))
    qtbot.addWidget(editor)
    offered = []
    editor.edited.connect(offered.append)
    editor.show_value((0.1, 0.01))
    editor.show()
    press(editor.more)
    assert offered[-1] == (0.1, 0.01, 0.01)
    retype(editor.fields[2], "0.001")
    assert offered[-1] == (0.1, 0.01, 0.001)
    press(editor.less)
    assert offered[-1] == (0.1, 0.01)
    assert not editor.less.isVisible()


def test_what_measuring_may_cost_is_typed_and_undone(panel):
    rows = panel.measuring.form.rows
    retype(rows["budget in %"].editor.field, "7")
    retype(rows["rows"].editor.field, "64")
    assert settings(panel).measuring == Measuring(0.07, 64)
    assert rows["budget in %"].editor.field.text() == "7"
    assert panel._document.undo_stack.undoText() == "Set the rows of measuring"
    leave(rows["budget in %"].editor.field)
    retype(rows["budget in %"].editor.field, "-1")
    assert "at least 0" in rows["budget in %"].reason.text()
    assert settings(panel).measuring.budget == 0.07
    rows["budget in %"].reset.click()
    assert settings(panel).measuring == Measuring(rows=64)
    undo_all(panel)
    assert settings(panel).measuring == Measuring()


def test_layers_that_are_left_out_are_named_and_brought_back(panel):
    field = panel.measuring
    assert "Every layer is recorded" in field.left_out.text()
    assert not field.all.isVisible()
    nodes = panel._document.graph.nodes
    ids = tuple(nodes)[:5]
    panel._edit("Leave out", measuring=Measuring(left_out=ids))
    named = ", ".join(nodes[id].name for id in ids[:3])
    assert field.left_out.text() == f"Not recorded: {named} and 2 more."
    press(field.all)
    assert settings(panel).measuring == Measuring()
    assert not field.all.isVisible()


BREAK = "\u200b"


def test_the_longest_proposal_leaves_room_for_what_uses_it(panel):
    document = panel._document
    ends = {
        "d": Node("d", "Dense", "d", {"units": 64}),
        "in": Node("in", "Input", "in", {"shape": (13,)}),
    }
    graph = Graph({id: ends[id] for id in ("in", "d")}, (Wire("in", 0, "d", 0),))
    begin = Settings()
    document.edit(replace(document.project, graph=graph, settings=begin), "Draw")
    shown = [proposal.title for proposal in panel.proposals.shown]
    assert "Loss" in shown
    QApplication.processEvents()
    labels = panel.proposals.findChildren(QLabel)
    (loss,) = [label for label in labels if "SparseCategorical" in label.text().replace(BREAK, "")]
    assert loss.minimumSizeHint().width() < 250
