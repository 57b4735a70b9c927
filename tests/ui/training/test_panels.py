"""The panels on a run that a fake engine feeds: what they show, change and keep."""

import dataclasses
import gc

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QToolButton

from bnstudio.data import SOURCES, Source
from bnstudio.project import samples
from bnstudio.settings import OPTIMIZERS, Choice, EarlyStopping
from bnstudio.training.messages import Died, Failed, Paused, Previewed, Started, Steps
from bnstudio.training.messages import Histograms as Measured
from bnstudio.ui import theme
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.data import Data
from bnstudio.ui.panels.histograms import Histograms
from bnstudio.ui.panels.runs import Runs
from bnstudio.ui.panels.settings import SettingsPanel
from bnstudio.ui.plots import export
from bnstudio.ui.plots.look import Look
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.train_bar import TrainBar, duration
from bnstudio.ui.verbatim import in_html
from tests.ui.training.fakes import histogram, measurement, steps, whole_run

PANELS = (Curves, Histograms, Runs, SettingsPanel, Data, TrainBar)


@pytest.mark.parametrize("panel_type", PANELS)
@pytest.mark.parametrize("appearance", ["light", "dark"])
def test_every_panel_shows_a_run_in_both_themes(desk, show, panel_type, appearance):
    theme.force(appearance)
    panel = show(panel_type)
    desk.finish_run()
    desk.finish_run(end="")
    pacer().flush()
    image = panel.grab().toImage()
    colours = {
        image.pixel(x, y) for x in range(0, image.width(), 7) for y in range(0, image.height(), 5)
    }
    assert len(colours) > 3


@pytest.mark.parametrize("panel_type", PANELS)
def test_hidden_panels_do_no_work(desk, qtbot, panel_type):
    panel = panel_type(desk.document, desk.session)
    qtbot.addWidget(panel)
    desk.finish_run()
    assert not pacer()._jobs


class TestCurves:
    def test_every_step_and_every_epoch_is_a_point(self, desk, show):
        panel = show(Curves)
        desk.finish_run()
        pacer().flush()
        assert tuple(panel.plots) == ("loss", "accuracy")
        plot = panel.plots["loss"]
        run = desk.session.run
        x, y = plot.lines["batch"].item.getData()
        np.testing.assert_array_equal(y, run.steps["loss"])
        np.testing.assert_allclose(x, (run.steps["step"] + 1) / 10)
        for kind, name in (("train", "loss"), ("validation", "val_loss")):
            x, y = plot.lines[kind].item.getData()
            np.testing.assert_array_equal(y, run.epochs[name])
            assert x.tolist() == [1, 2, 3]
        assert plot.lines["validation"].item.opts["pen"].dashPattern()
        assert not plot.lines["train"].item.opts["pen"].dashPattern()

    def test_axes_log_and_smoothing(self, desk, show):
        panel = show(Curves)
        desk.finish_run()
        panel.set_look(Look(0.0, "step", True))
        pacer().flush()
        x, y = panel.plots["loss"].lines["train"].item.getData()
        assert x.tolist() == [10, 20, 30]
        np.testing.assert_allclose(y, np.log10([1, 1 / 2, 1 / 3]))
        panel.axis.setCurrentIndex(panel.axis.findData("time"))
        panel.log.setChecked(False)
        panel.smoothing.setValue(50)
        pacer().flush()
        x, y = panel.plots["loss"].lines["train"].item.getData()
        np.testing.assert_allclose(x, [1, 2, 3])
        assert y[1] == pytest.approx((0.5 * 1 + 0.5) / 1.5, rel=1e-6)

    def test_items_are_used_again(self, desk, show):
        panel = show(Curves)
        desk.finish_run()
        pacer().flush()
        plot = panel.plots["loss"]
        count = len(plot.plot.item.items)
        for _ in range(5):
            desk.finish_run()
            desk.session.set_ghosts(tuple(desk.session.runs[:1]))
            pacer().flush()
        assert panel.plots["loss"] is plot
        assert len(plot.plot.item.items) == count + 2

    def test_ghosts_are_drawn_behind(self, desk, show):
        panel = show(Curves)
        desk.finish_run()
        desk.finish_run(epochs=2)
        desk.session.set_ghosts((desk.session.runs[0],))
        pacer().flush()
        (pair,) = panel.plots["loss"]._ghost_lines
        assert len(pair[0].x) == 3
        desk.session.set_ghosts(())
        pacer().flush()
        assert len(pair[0].x) == 0

    def test_the_crosshair_tells_values_in_every_plot(self, desk, show):
        panel = show(Curves)
        desk.finish_run()
        pacer().flush()
        panel.plots["accuracy"].crossed.emit(2.1)
        texts = dict(panel.plots["loss"].header.entries)
        assert texts["train"] == "train 0.5"
        assert texts["validation"] == "val 0.6"
        assert panel.plots["loss"].header.note == "epoch 2.1"
        panel.plots["accuracy"].crossed.emit(None)
        assert panel.plots["loss"].header.note == "best 0.4333, epoch 3"

    def test_values_that_are_not_finite_leave_a_gap(self, desk, show):
        panel = show(Curves)
        run = desk.train()
        nan = float("nan")
        desk.tick(Started(run, 2, 4, 8, 2, (), 1), Steps(run, 0, {"loss": (nan, 1.0, nan, 2.0)}, 1))
        panel.set_look(Look(0.5, "step", True))
        pacer().flush()
        panel.grab()
        assert len(panel.plots["loss"].lines["batch"].x) == 4

    def test_zoom_stays_until_everything_is_asked_for(self, desk, show):
        panel = show(Curves)
        desk.finish_run(end="")
        pacer().flush()
        plot = panel.plots["loss"].plot
        plot.box.setRange(xRange=(1, 2), yRange=(0, 1), padding=0)
        plot.box.sigRangeChangedManually.emit((True, True))
        desk.tick(steps(desk.session.run.id, 30, 5, 9.0))
        pacer().flush()
        assert plot.box.viewRange()[0] == pytest.approx([1, 2])
        plot.show_all()
        pacer().flush()
        assert plot.box.viewRange()[0][1] == pytest.approx(3.5, rel=0.02)

    def test_export_in_every_form(self, desk, show, tmp_path, monkeypatch):
        panel = show(Curves)
        desk.finish_run()
        pacer().flush()
        plot = panel.plots["loss"].plot
        assert export.png(plot).startswith(b"\x89PNG")
        assert b"<svg" in export.svg(plot, "loss")
        text = export.table_text(plot._table())
        assert text.splitlines()[0] == "run,series,step,seconds,loss"
        assert text.count(",batch,") == 30
        target = tmp_path / "loss.csv"
        chosen = lambda *_: (str(target), "")  # noqa: E731
        monkeypatch.setattr(QFileDialog, "getSaveFileName", chosen)
        assert export.ask_and_write(plot, "loss", ".csv", text.encode) == target
        assert target.read_text() == text


class TestHistograms:
    def test_a_place_a_layer_in_graph_order(self, desk, show):
        panel = show(Histograms)
        desk.finish_run()
        pacer().flush()
        nodes = tuple(desk.document.graph.nodes)
        assert tuple(m.node for m in panel.multiples.multiples) == nodes
        assert all(len(m.history) == 3 for m in panel.multiples.multiples)
        assert panel.multiples.multiples[0].picture is not None

    def test_pairs_put_each_batchnorm_beside_its_input(self, desk, show):
        panel = show(Histograms)
        desk.finish_run()
        panel.view.setCurrentIndex(1)
        pacer().flush()
        graph = desk.document.graph
        norms = [node.id for node in graph.nodes.values() if node.type == "BatchNormalization"]
        places = panel.multiples.multiples
        assert [m.node for m in places[1::2]] == norms
        assert [m.node for m in places[::2]] == [graph.predecessors(id)[0] for id in norms]
        assert all(a.span == b.span for a, b in zip(places[::2], places[1::2], strict=True))

    def test_one_range_for_all(self, desk, show):
        panel = show(Histograms)
        desk.finish_run()
        panel.same_range.setChecked(True)
        pacer().flush()
        assert len({m.span for m in panel.multiples.multiples}) == 1

    def test_a_click_selects_and_a_selection_shows(self, desk, show):
        panel = show(Histograms)
        desk.finish_run()
        pacer().flush()
        wall = panel.multiples
        QTest.mouseClick(wall, Qt.MouseButton.LeftButton, pos=wall.place(1).center())
        node = wall.multiples[1].node
        assert desk.document.selection == {node}
        QTest.keyClick(wall, Qt.Key.Key_Right)
        assert desk.document.selection == {wall.multiples[2].node}

    def test_hover_tells_the_numbers(self, desk, show):
        panel = show(Histograms)
        run = desk.train()
        node = next(iter(desk.document.graph.nodes))
        desk.tick(
            Started(run, 1, 1, 1, 1, (node,), 1),
            Measured(run, 1, (histogram(node, zeros=0.25, bad=3),)),
        )
        pacer().flush()
        place = panel.multiples.place(0)
        told = panel.multiples.told(0, *place.center().toTuple())
        assert "25.0%" in told
        assert "3 values are NaN or infinite" in told
        assert " of " in told
        assert panel.multiples.at(place.center()) == 0
        assert panel.multiples.at(QPoint(-5, -5)) is None

    def test_odd_measurements_are_painted_as_far_as_they_go(self, desk, show):
        panel = show(Histograms)
        run = desk.train()
        ids = tuple(desk.document.graph.nodes)[:5]
        nan, inf = float("nan"), float("inf")
        odd = (
            dataclasses_replace(histogram(ids[0]), counts=()),
            dataclasses_replace(histogram(ids[1]), low=nan, high=nan),
            dataclasses_replace(histogram(ids[2]), low=2.0, high=2.0),
            dataclasses_replace(histogram(ids[3]), low=-inf, high=inf, mean=nan, std=inf),
            dataclasses_replace(histogram(ids[4]), counts=(0,) * 64, low=3.0, high=-3.0),
        )
        desk.tick(Started(run, 1, 1, 1, 1, ids, 1), Measured(run, 1, odd), Measured(run, 2, odd))
        pacer().flush()
        panel.grab()
        for index in range(5):
            assert panel.multiples.told(index, *panel.multiples.place(index).center().toTuple())

    def test_only_places_in_sight_are_painted(self, desk, show):
        panel = show(Histograms, (440, 260))
        desk.finish_run()
        pacer().flush()
        painted = [m for m in panel.multiples.multiples if m.picture is not None]
        assert 0 < len(painted) < len(panel.multiples.multiples)


class TestRuns:
    def test_a_row_a_run_newest_first(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        desk.finish_run(end="early", epochs=2)
        pacer().flush()
        texts = [
            [panel.table.data(panel.table.index(row, column)) for column in range(7)]
            for row in range(2)
        ]
        assert texts[0] == [
            "Run 2", "\u2713 Stopped early", "Breast cancer", "2/2", "0.6000",
            "accuracy 0.5000", "0:02",
        ]  # fmt: skip
        assert texts[1][0] == "Run 1"

    def test_a_check_mark_makes_a_ghost(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        pacer().flush()
        index = panel.table.index(0, 0)
        on, off = Qt.CheckState.Checked, Qt.CheckState.Unchecked
        panel.table.setData(index, on.value, Qt.ItemDataRole.CheckStateRole)
        assert desk.session.ghosts == (desk.session.run,)
        assert panel.table.data(index, Qt.ItemDataRole.CheckStateRole) == on
        panel.table.setData(index, off.value, Qt.ItemDataRole.CheckStateRole)
        assert desk.session.ghosts == ()

    def test_delete_and_undo(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        pacer().flush()
        panel.view.selectRow(0)
        panel._actions["delete"].click()
        assert desk.session.runs == []
        assert panel._undo.isVisible()
        panel._undo.click()
        assert [run.title for run in desk.session.runs] == ["Run 1"]
        assert not panel._undo.isVisible()

    def test_an_earlier_run_is_shown_with_its_activations(self, new_desk, qtbot):
        first = new_desk()
        first.finish_run()
        desk = new_desk()
        desk.tick()
        desk.session.list_runs()
        desk.session._list_some()
        (run,) = desk.session.runs
        assert desk.session.show(run)
        assert desk.session.run is run
        assert len(run.steps) == 30
        assert desk.session.latest.keys() == first.session.latest.keys()

    def test_renaming_lasts(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        pacer().flush()
        panel.table.setData(panel.table.index(0, 0), "  wide   net ")
        assert desk.session.run.title == "wide net"
        assert [run.title for run in desk.store.runs()] == ["wide net"]

    def test_a_filter_leaves_the_runs_with_each_word(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        desk.session.tag(desk.session.run, ["wide", "good one"])
        desk.finish_run(end="diverged")
        desk.session.tag(desk.session.run, ["good"])
        pacer().flush()

        def listed(text):
            panel.search.clear()
            QTest.keyClicks(panel.search, text)
            return [panel._sorted.index(row, 0).data() for row in range(panel._sorted.rowCount())]

        assert listed("") == ["Run 2", "Run 1"]
        assert listed("run 1") == ["Run 1"]
        assert listed("DIVERGED") == ["Run 2"]
        assert listed("#wide breast") == ["Run 1"]
        assert listed("good") == ["Run 2", "Run 1"]
        assert listed(".*") == []
        assert panel._note.text() == "0 of 2"
        assert panel.search.accessibleName()

    def test_a_selected_run_that_the_filter_takes_away_is_no_longer_acted_on(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        desk.finish_run()
        pacer().flush()
        panel.view.selectAll()
        panel.search.setText("run 1")
        desk.session.rename(desk.session.runs[1], "another")
        pacer().flush()
        assert [run.title for run in panel.chosen()] == ["Run 1"]
        panel.delete()
        assert [run.title for run in desk.session.runs] == ["another"]

    def test_tags_are_typed_with_the_keyboard_and_last(self, desk, show, qtbot):
        panel = show(Runs)
        desk.finish_run()
        pacer().flush()
        panel.view.selectRow(0)
        panel._actions["tags"].click()
        editor = panel.view.findChild(QLineEdit)
        QTest.keyClicks(editor, "wide, good  one,,wide")
        QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: desk.session.run.tags == ("wide", "good one"))
        assert panel.table.index(0, 8).data() == "wide, good one"
        assert [run.tags for run in desk.store.runs()] == [("wide", "good one")]

    def test_two_selected_runs_are_compared_and_it_is_copied(self, desk, show):
        panel = show(Runs)
        desk.finish_run()
        project = desk.document.project
        settings = dataclasses.replace(project.settings, epochs=77)
        desk.document.edit(dataclasses.replace(project, settings=settings), "Set epochs")
        desk.finish_run()
        pacer().flush()
        panel.view.selectRow(0)
        assert panel._pane.isHidden()
        panel.view.setFocus()
        QTest.keyClick(panel.view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert panel._pane.isVisible()
        text = panel.differences.toPlainText()
        assert text.splitlines()[0] == "Run 1 \u2192 Run 2"
        assert f"  epochs: {project.settings.epochs} \u2192 77" in text.splitlines()
        assert text.splitlines()[-2:] == ["Data", "  the same rows in the same order"]
        QTest.keyClick(panel.view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        assert QGuiApplication.clipboard().text() == text
        panel.view.selectRow(1)
        assert panel._pane.isHidden()


class TestTrainBar:
    def test_it_says_why_it_cannot_train(self, desk, show):
        bar = show(TrainBar)
        assert bar.train.isEnabled()
        desk.document.edit(type(desk.document.project)(), "Clear")
        assert not bar.train.isEnabled()
        assert bar.train.toolTip() == in_html(desk.session.blocked())

    def test_it_follows_a_run(self, desk, show):
        bar = show(TrainBar)
        desk.tick()
        bar.train.click()
        desk.session._timer.stop()
        run = desk.session.run.id
        assert not bar.train.isVisible()
        assert "Building" in bar.status.text()
        desk.tick(*whole_run(run, ("a",), epochs=3, end="")[:5])
        assert bar.status.text().startswith("epoch 2/3")
        assert bar.numbers.text() == "loss 1.0000"
        assert 300 <= bar.progress.value() <= 334
        desk.tick(Paused(run))
        assert bar.hold.accessibleName() == "Resume"
        bar.stop.click()
        assert not bar.stop.isEnabled()
        desk.tick(Died("The engine was ended by SIGKILL."))
        assert bar.train.isVisible()
        assert "Engine lost" in bar.status.text()

    def test_a_silent_engine_can_be_restarted_from_it(self, desk, show):
        bar = show(TrainBar)
        desk.train()
        assert not bar.restart.isVisible()
        desk.session._set_answering(False)
        assert bar.restart.isVisible()
        assert bar.status.text() == "Engine not answering"
        bar.restart.click()
        desk.session._timer.stop()
        assert not bar.restart.isVisible()
        assert desk.engines[0].killed

    def test_the_keys_are_never_handed_to_a_button_that_undoes_or_stops(self, desk, show):
        bar = show(TrainBar)
        desk.tick()
        QTest.mouseClick(bar.train, Qt.MouseButton.LeftButton)
        assert QApplication.focusWidget() is not bar.stop
        desk.session._timer.stop()
        run = desk.session.run.id
        desk.tick(*whole_run(run, ("a",), end="stopped"))
        bar.train.setFocus()
        QTest.keyClick(bar.train, Qt.Key.Key_Space)
        desk.session._timer.stop()
        assert bar.source.hasFocus()
        bar.stop.setFocus()
        run = desk.session.run.id
        desk.tick(*whole_run(run, ("a",), epochs=3, end="")[:5])
        assert bar.stop.hasFocus()
        QTest.keyClick(bar.stop, Qt.Key.Key_Space)
        assert bar.source.hasFocus()

    @pytest.mark.parametrize(
        ("seconds", "text"), [(0, "0:00"), (7.4, "0:07"), (75, "1:15"), (3750, "1:02:30")]
    )
    def test_durations(self, seconds, text):
        assert duration(seconds) == text


class TestSettings:
    def test_each_edit_is_one_undo_step(self, desk, show):
        panel = show(SettingsPanel)
        before = desk.document.project
        assert before.settings.optimizer.name == "SGD"
        panel.optimizer.combo.setCurrentText("RMSprop")
        panel.optimizer.combo.activated.emit(0)
        assert desk.document.project.settings.optimizer.name == "RMSprop"
        assert desk.document.undo_stack.count() == 1
        panel.optimizer.form.edited.emit("momentum", 0.9, "m")
        assert desk.document.project.settings.optimizer.params["momentum"] == 0.9
        panel.optimizer.form.edited.emit("momentum", ..., "n")
        assert "momentum" not in desk.document.project.settings.optimizer.params
        panel.schedule.edited.emit("epochs", 7, "e")
        assert desk.document.project.settings.epochs == 7
        panel.early.box.click()
        stopping = desk.document.project.settings.early_stopping
        assert (stopping is None) == (before.settings.early_stopping is not None)
        while desk.document.undo_stack.canUndo():
            desk.document.undo_stack.undo()
        assert desk.document.project == before

    def test_metrics_come_and_go(self, desk, show):
        panel = show(SettingsPanel)
        panel.metrics._append("auc")
        assert desk.document.project.settings.metrics[-1] == "auc"
        panel.metrics._fill()
        assert "auc" not in [action.text() for action in panel.metrics.menu.actions()]
        button = next(
            button
            for button in panel.metrics.findChildren(QToolButton)
            if button.accessibleName() == f"Remove {panel.metrics._shown[0]}"
        )
        button.click()
        assert desk.document.project.settings.metrics == ("auc",)
        count = desk.document.undo_stack.count()
        button.click()  # its row is gone
        assert desk.document.project.settings.metrics == ("auc",)
        assert desk.document.undo_stack.count() == count

    def test_proposals_are_used_at_once_or_one_by_one(self, desk, show):
        panel = show(SettingsPanel)
        settings = dataclasses.replace(
            desk.document.project.settings, loss=Choice("MeanSquaredError"), batch_size=1
        )
        desk.document.edit(dataclasses.replace(desk.document.project, settings=settings), "Spoil")
        fields = [proposal.field for proposal in panel.proposals.shown]
        assert "settings.loss" in fields
        assert "settings.batch_size" in fields
        count = desk.document.undo_stack.count()
        panel.proposals.used.emit(panel.proposals.shown[:1])
        assert len(panel.proposals.shown) == len(fields) - 1
        panel.proposals.all.click()
        assert panel.proposals.shown == ()
        assert not panel.proposals.isVisible()
        assert desk.document.undo_stack.count() == count + 2

    @pytest.mark.parametrize("name", list(OPTIMIZERS))
    def test_every_optimizer_has_a_form(self, desk, show, name):
        panel = show(SettingsPanel)
        panel._set_choice("optimizer", Choice(name), "Use", "")
        assert set(panel.optimizer.form.rows) == {p.name for p in OPTIMIZERS[name].params}

    def test_settings_that_nobody_knows_are_shown_as_they_are(self, desk, show):
        panel = show(SettingsPanel)
        stopping = EarlyStopping(monitor="val_nothing")
        panel._edit(
            "Spoil", optimizer=Choice("Nadamax"), metrics=("nonsense",), early_stopping=stopping
        )
        assert "Nadamax" in panel.problem.text()
        assert panel.early.form.rows["monitor"].editor is not None


class TestData:
    def answer(self, desk, **changes):
        facts = {
            "request": desk.session.preview_id, "rows": 569,
            "features": ((0.1, 0.2),) * 20, "targets": (0.0, 1.0) * 10,
            "plane": ((0.0, 1.0), (2.0, 3.0)) * 10, "shape": (2,), "counts": (212, 357),
        }  # fmt: skip
        desk.tick(Previewed(**{**facts, **changes}))

    def test_it_asks_for_the_rows_and_shows_them(self, desk, show):
        desk.tick()
        panel = show(Data, (340, 900))
        assert panel._timer.isActive()
        panel._timer.stop()
        panel._ask()
        desk.session._timer.stop()
        assert panel._state.isVisible()
        self.answer(desk)
        assert not panel._state.isVisible()
        assert panel.balance.counts == (212, 357)
        assert panel.balance.labels == ("malignant", "benign")
        assert panel.rows.rowCount() == 12
        assert len(panel.scatter._points.data) == 20

    def test_images_are_shown_as_images(self, desk, show):
        panel = show(Data, (340, 900))
        panel._edit(Source("digits"), "Use")
        panel._timer.stop()
        panel._ask()
        desk.tick()
        self.answer(desk, features=((0.5,) * 64,) * 20, shape=(8, 8, 1), counts=(1,) * 10)
        assert panel.pictures.isVisible()
        assert not panel.rows.isVisible()

    @pytest.mark.parametrize("name", list(SOURCES))
    def test_every_source_can_be_chosen(self, desk, show, name):
        panel = show(Data, (340, 900))
        before = desk.document.project
        panel.source.setCurrentIndex(panel.source.findData(name))
        panel.source.activated.emit(0)
        panel._timer.stop()
        assert desk.document.project.source.name == name
        entry = SOURCES[name]
        assert (panel.form is not None) == bool(entry.params)
        assert panel.preparation.rows["targets"].isVisible() == (entry.task != "regression")
        if name != before.source.name:
            desk.document.undo_stack.undo()
        assert desk.document.project == before

    def test_a_failure_is_told_and_can_be_tried_again(self, desk, show):
        desk.tick()
        panel = show(Data, (340, 900))
        panel._ask()
        desk.tick(Failed(desk.session.preview_id, "There is not enough memory."))
        assert "memory" in panel._state.text()
        panel._timer.stop()
        first = desk.session.preview_id
        panel._retry.click()
        assert desk.session.preview_id != first

    def test_edits_elsewhere_ask_for_nothing(self, desk, show):
        desk.tick()
        panel = show(Data, (340, 900))
        panel._timer.stop()
        panel._ask()
        desk.document.edit(dataclasses.replace(desk.document.project, title="Other"), "Rename")
        assert not panel._timer.isActive()


def test_panels_leave_nothing_behind_when_runs_come_and_go(desk, show):
    panel = show(Histograms)
    for _ in range(3):
        desk.finish_run()
        pacer().flush()
    gc.collect()
    pictures = [m.picture for m in panel.multiples.multiples if m.picture is not None]
    assert len(pictures) <= len(desk.document.graph.nodes)


def test_samples_all_show_their_activations(new_desk, qtbot):
    for sample in samples():
        desk = new_desk(sample=sample.name)
        if desk.session.blocked():
            continue  # the one that shows what an error looks like
        panel = Histograms(desk.document, desk.session)
        qtbot.addWidget(panel)
        panel.show()
        run = desk.train()
        nodes = tuple(desk.document.graph.nodes)
        desk.tick(Started(run, 1, 1, 1, 1, nodes, 1), measurement(run, nodes, 1))
        pacer().flush()
        assert len(panel.multiples.multiples) == len(nodes), sample.name
        panel.view.setCurrentIndex(1)
        pacer().flush()


def dataclasses_replace(message, **changes):
    """A message with other fields."""
    fields = {name: getattr(message, name) for name in type(message).__struct_fields__}
    return type(message)(**{**fields, **changes})
