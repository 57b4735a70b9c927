"""In the window: a run goes on from its last whole epoch, and its learning rate is changed."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QInputDialog, QWidget

from bnstudio.training.checkpoint import LAST, Checkpoint, head, write
from bnstudio.training.messages import (
    Epoch,
    Finished,
    LearningRate,
    LearningRateChanged,
    Noted,
    Paused,
    Started,
    Train,
)
from bnstudio.ui import going_on
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.runs import Runs
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.train_bar import TrainBar
from bnstudio.ui.verbatim import in_html
from tests.ui.training.fakes import measurement, steps

PER_EPOCH, EPOCHS = 10, 4


def told(run, number) -> Epoch:
    done = (number + 1) * PER_EPOCH
    return Epoch(run, number, done, {"loss": 1.0 / done, "val_loss": 2.0}, number + 1.0, 0.01)


def started(run, done=0, **more) -> Started:
    counts = {"epochs_done": done, "steps_done": done * PER_EPOCH}
    return Started(
        run, EPOCHS, PER_EPOCH, 80, 20, ("a",), 1, **{"learning_rate": 0.01} | more, **counts
    )


def epochs(run, first, last) -> list:
    found = []
    for number in range(first, last):
        start = number * PER_EPOCH
        found += [steps(run, start, PER_EPOCH, number + 0.9), measurement(run, ("a",), start)]
        found.append(told(run, number))
    return found


def keep(desk, done) -> None:
    """What the engine writes after so many epochs."""
    last = told("r", done - 1)
    kept = head(done, last.steps_done, last.elapsed)
    path = desk.session._recorder.folder / LAST
    write(path, Checkpoint(kept, tuple(told("r", number) for number in range(done)), {}))


def stopped(desk, done=2) -> str:
    """A run that was stopped in the middle of an epoch."""
    run = desk.train()
    desk.tick(started(run), *epochs(run, 0, done), steps(run, done * PER_EPOCH, 3, done + 0.4))
    keep(desk, done)
    desk.tick(Finished(run, "stopped", done, done + 0.4))
    return run


def test_a_stopped_run_goes_on_as_the_same_run(desk):
    run = stopped(desk)
    assert len(desk.session.run.steps) == 23
    standing = desk.session.standing()
    project = desk.session.run.project
    assert (standing.epochs, standing.total, standing.reason) == (
        2,
        desk.session.run.total_epochs,
        "",
    )
    desk.document.edit(type(project)(), "Clear")
    begun = []
    desk.session.run_started.connect(begun.append)
    desk.session.go_on()
    desk.session._timer.stop()
    request = desk.engine.sent[-1]
    assert isinstance(request, Train)
    assert (request.run, request.project) == (run, desk.session.run.text)
    assert request.checkpoint == str(desk.store.checkpoint(desk.session.run))
    assert begun == [desk.session.run]
    assert len(desk.session.run.steps) == 20
    assert ("info", "Run 1 goes on from the end of epoch 2.") in desk.notes
    assert desk.session.standing().reason == "A run is going on."
    desk.tick(started(run, 2), *epochs(run, 2, EPOCHS), Finished(run, "completed", EPOCHS, 4.0))
    (listed,) = desk.session.runs
    assert listed is desk.session.run
    assert listed.state == "completed"
    assert listed.epochs["epoch"].tolist() == [0, 1, 2, 3]
    assert listed.steps["step"].tolist() == list(range(40))
    assert listed.project.graph == project.graph


def test_what_cannot_go_on_is_refused_in_words(desk):
    desk.session.go_on()
    assert desk.notes[-1] == ("error", "There is no run.")
    desk.finish_run()
    desk.session.go_on()
    kind, text = desk.notes[-1]
    assert (kind, text[:21]) == ("error", "Run 1 cannot go on. N")
    desk.train()
    desk.session.go_on(desk.session.runs[0])
    assert desk.notes[-1] == ("error", "A run is going on.")


def test_a_lost_run_goes_on_with_the_next_engine_and_can_be_stopped_before(desk):
    run = desk.train()
    desk.tick(started(run), *epochs(run, 0, 2))
    keep(desk, 2)
    desk.session.restart()
    desk.session._timer.stop()
    assert desk.session.run.state == "died"
    desk.session.go_on()
    desk.session._timer.stop()
    assert desk.session.run.state == "waiting"
    desk.session.stop()
    assert desk.session.run.state == "stopped"
    assert desk.session.standing().epochs == 2
    assert len(desk.session.run.epochs) == 2


class TestTheBar:
    def test_it_offers_to_go_on(self, desk, show):
        bar = show(TrainBar)
        assert not bar.go_on.isVisible()
        stopped(desk)
        assert bar.go_on.isVisible()
        assert bar.go_on.text() == "Continue"
        assert "from the end of epoch 2 of" in bar.go_on.toolTip()
        bar.go_on.click()
        desk.session._timer.stop()
        assert desk.session.run.state == "waiting"
        assert not bar.go_on.isVisible()

    def test_it_asks_how_many_more_epochs(self, desk, show, qtbot):
        bar = show(TrainBar)
        run = stopped(desk)
        desk.session.run.total_epochs = 2
        desk.session.runs_changed.emit()
        assert bar.go_on.text() == "Train more\u2026"
        bar.go_on.click()
        dialog = bar.findChild(QInputDialog)
        dialog.setIntValue(7)
        dialog.accept()
        desk.session._timer.stop()
        assert desk.session.run.total_epochs == 9
        assert desk.session.run.project.settings.epochs == 9
        assert desk.engine.sent[-1].run == run

    def test_the_rate_is_shown_and_changed(self, desk, show):
        bar = show(TrainBar)
        assert not bar.rate.isVisible()
        run = desk.train()
        assert not bar.rate.isEnabled()
        desk.tick(started(run))
        assert (bar.rate.isVisible(), bar.rate.text()) == (True, "0.01")
        bar.rate.edit_rate()
        QTest.keyClicks(bar.rate, "2e-3")
        desk.tick(*epochs(run, 0, 1))
        assert bar.rate.text() == "2e-3"
        QTest.keyClick(bar.rate, Qt.Key.Key_Return)
        assert desk.engine.sent[-1] == LearningRate(0.002)
        desk.tick(LearningRateChanged(run, 10, 0.002))
        assert bar.rate.text() == "0.002"
        assert desk.session.run.rates["step"].tolist() == [10]
        desk.tick(Paused(run))
        assert bar.rate.isEnabled()

    @pytest.mark.parametrize("typed", ["0", "-1", "nan", "inf", "1e40", "much"])
    def test_no_rate_is_refused_in_words(self, desk, show, typed):
        bar = show(TrainBar)
        run = desk.train()
        desk.tick(started(run))
        before = list(desk.engine.sent)
        bar.rate.edit_rate()
        QTest.keyClicks(bar.rate, typed)
        QTest.keyClick(bar.rate, Qt.Key.Key_Return)
        assert desk.engine.sent == before
        assert bar.rate.property("refused")
        assert "Expected a number" in bar.rate.accessibleDescription()
        QTest.keyClick(bar.rate, Qt.Key.Key_Escape)
        assert bar.rate.text() == "0.01"
        assert not bar.rate.property("refused")

    def test_a_schedule_is_only_shown(self, desk, show):
        bar = show(TrainBar)
        run = desk.train()
        desk.tick(started(run, scheduled=True), Noted(run, "It follows a schedule."))
        assert bar.rate.isReadOnly()
        assert "schedule" in bar.rate.toolTip()
        assert ("warning", "It follows a schedule.") in desk.notes


class TestTheList:
    def test_it_has_the_selected_run_go_on(self, desk, show):
        panel = show(Runs)
        stopped(desk)
        desk.finish_run()
        pacer().flush()
        button = panel._actions["go_on"]
        for run in desk.session.runs:
            panel.view.clearSelection()
            row = panel.table.index(panel.table.runs.index(run), 0)
            panel._select(panel._sorted.mapFromSource(row))
            standing = desk.session.standing(run)
            assert button.isEnabled() == (not standing.reason)
            assert button.toolTip() == in_html(going_on.tip(run, standing))
        panel.view.clearSelection()
        first = panel.table.index(panel.table.runs.index(desk.session.runs[0]), 0)
        panel._select(panel._sorted.mapFromSource(first))
        button.click()
        desk.session._timer.stop()
        assert desk.session.run is desk.session.runs[0]
        assert desk.session.run.state == "waiting"


def test_a_rate_that_changes_is_drawn_and_the_moment_is_marked(desk, show):
    panel = show(Curves)
    run = desk.train()
    desk.tick(started(run), *epochs(run, 0, 2))
    pacer().flush()
    assert list(panel.plots) == ["loss", "accuracy"]
    desk.tick(LearningRateChanged(run, 20, 0.002), Paused(run))
    panel._mark()
    pacer().flush()
    assert list(panel.plots) == ["loss", "accuracy", "learning_rate"]
    (line,) = panel.plots["loss"]._changes
    assert line.value() == 2.0
    assert desk.session.run.best("learning_rate") is None


def test_a_dialog_is_none_of_a_stopped_run(desk, qtbot):
    parent = QWidget()
    qtbot.addWidget(parent)
    stopped(desk)
    going_on.go_on(parent, desk.session)
    desk.session._timer.stop()
    assert parent.findChild(QInputDialog) is None
    assert desk.session.run.state == "waiting"
