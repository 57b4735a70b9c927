"""Pictures of activations: three kinds, one layer large, and several over each other."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtTest import QTest

from bnstudio.runs.run import KEPT
from bnstudio.training.messages import Started
from bnstudio.ui import theme
from bnstudio.ui.detail import MOST
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.panels.histograms import Histograms as Panel
from bnstudio.ui.plots import picture, small_curve
from bnstudio.ui.plots.multiple import KINDS
from bnstudio.ui.plots.pace import pacer
from tests.ui.training.fakes import whole_run
from tests.ui.training.pictures import (
    STEPS,
    measured,
    norm,
    place_of,
    set_behind,
    settle,
    train,
)

CTRL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


class TestKinds:
    def test_the_keyboard_chooses_the_kind(self, panel):
        seen = {}
        panel.kind.buttons["ridge"].setFocus()
        for kind in KINDS:
            assert panel.multiples.kind == kind == panel.kind.value
            pacer().flush()
            seen[kind] = panel.multiples.multiples[0].picture.toImage()
            QTest.keyClick(panel.kind.buttons[kind], Qt.Key.Key_Right)
        assert seen["ridge"] != seen["heat"] != seen["bands"] != seen["ridge"]

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("view", [0, 1])
    def test_one_range_for_all_and_for_pairs(self, panel, kind, view):
        panel.kind.choose(kind)
        panel.view.setCurrentIndex(view)
        pacer().flush()
        places = panel.multiples.multiples
        spans = [picture.plane(m, kind, QRectF(0, 0, 200, 150)).values for m in places]
        if view:
            assert spans[::2] == spans[1::2]
        else:
            assert len(set(spans)) > 1
        panel.same_range.setChecked(True)
        pacer().flush()
        spans = {picture.plane(m, kind, QRectF(0, 0, 200, 150)).values for m in places}
        assert len(spans) == 1
        ((low, high),) = spans
        assert low <= min(m.history[-1].low for m in places)
        assert high >= max(m.history[-1].high for m in places)

    @pytest.mark.parametrize("kind", ["heat", "bands"])
    def test_hover_tells_the_moment_under_the_mouse(self, panel, kind):
        panel.kind.choose(kind)
        wall = panel.multiples
        multiple = wall.multiples[2]
        within = picture.plane(multiple, kind, QRectF(wall.place(2)))
        for place, step in enumerate(STEPS):
            told = wall.told(2, round(float(within.x(step))), round(within.area.center().y()))
            found = multiple.history[place]
            assert f"step {step}" in told
            assert f"deviation {found.std:.3g}" in told
            assert f"{found.quantiles[4]:.3g}" in told
            assert f"zeros {found.zeros:.1%}" in told
            assert "of 400 values" in told

    def test_hover_over_ridges_tells_the_moment_that_is_shown(self, desk, panel):
        wall = panel.multiples
        at = wall.place(0).center().toTuple()
        assert "step 40<br>" in wall.told(0, *at)
        desk.session.moments.go(1)
        pacer().flush()
        assert "step 20<br>" in wall.told(0, *at)
        assert f"deviation {wall.multiples[0].history[1].std:.3g}" in wall.told(0, *at)

    def test_pictures_are_kept_until_their_numbers_change(self, desk, panel):
        wall = panel.multiples
        kept = [m.picture for m in wall.multiples]
        assert kept[0] is not None
        desk.session.moments.go(1)
        desk.session.runs_changed.emit()
        pacer().flush()
        assert [m.picture for m in wall.multiples] == kept, "the mark is painted over them"
        assert wall.multiples[0].step == 20
        assert wall.multiples[0].current is desk.session.latest[wall.multiples[0].node]
        run, graph = desk.train(), desk.document.graph
        desk.tick(Started(run, 1, 1, 1, 1, tuple(graph.nodes), 1), measured(graph, run, 10))
        pacer().flush()
        assert wall.multiples[0].picture not in kept

    def test_the_moment_is_marked_in_every_kind(self, desk, panel):
        for kind in KINDS:
            panel.kind.choose(kind)
            pacer().flush()
            before = panel.multiples.grab().toImage()
            desk.session.moments.go(1)
            pacer().flush()
            past = panel.multiples.grab().toImage()
            desk.session.moments.follow()
            pacer().flush()
            assert past != before, kind
            assert panel.multiples.grab().toImage() == before, kind


class TestLarge:
    def test_a_double_click_and_enter_open_and_escape_and_back_leave(self, desk, panel):
        wall = panel.multiples
        QTest.mouseDClick(wall, LEFT, pos=wall.place(1).center())
        assert panel.large.isVisible()
        assert [layer.node for layer in panel.large.layers] == [wall.multiples[1].node]
        assert panel.back.isVisible()
        assert not panel.view.isVisible()
        QTest.keyClick(panel.large, Qt.Key.Key_Escape)
        assert not panel.large.isVisible()
        desk.document.select((wall.multiples[3].node,))
        QTest.keyClick(wall, Qt.Key.Key_Return)
        assert [layer.node for layer in panel.large.layers] == [wall.multiples[3].node]
        QTest.mouseClick(panel.back, LEFT)
        assert wall.isVisible()

    def test_training_mode_lies_over_inference_mode(self, desk, panel):
        node = norm(desk)
        panel.open((node,))
        pacer().flush()
        inference, training = panel.large.shapes()
        assert inference.histogram is desk.session.run.history.last.by_node()[node]
        assert training.title == "training mode, step 30", "the newest measurement has none"
        assert training.histogram.std == pytest.approx(
            2 * desk.session.run.history.of(node)[2][1].std
        )
        assert inference.pen.dashPattern() != training.pen.dashPattern()
        assert inference.pen.color() != training.pen.color()
        desk.session.moments.go(1)
        pacer().flush()
        assert panel.large.shapes()[1].title == "training mode, step 10"

    def test_the_gap_figures_of_a_batchnorm_are_curves(self, desk, panel):
        panel.open((norm(desk),))
        pacer().flush()
        curves = {curve.title: curve for curve in panel.large.curves()}
        assert list(curves)[:4] == ["Mean", "Mean gap", "Log variance gap", "Variance ratio"]
        np.testing.assert_allclose(curves["Mean gap"].lines[0].values, [1 / s for s in STEPS])
        assert curves["Variance ratio"].value_at(None) == pytest.approx(1 + 1 / 40)
        assert curves["Log variance gap"].value_at(21) == pytest.approx(2 / 20)
        other = next(n for n in desk.document.graph.nodes if n != norm(desk))
        panel.open((other,))
        assert [curve.title for curve in panel.large.curves()] == ["Mean"]

    def test_every_figure_can_be_drawn_over_time(self, desk, panel):
        panel.open((norm(desk),))
        history = desk.session.run.history.of(norm(desk))
        for place, measure in enumerate(MEASURES):
            panel.measure.setCurrentIndex(place)
            pacer().flush()
            curve = panel.large.curves()[0]
            assert curve.title == measure.name
            wanted = [measure.value(found) for _, found in history]
            np.testing.assert_array_equal(
                curve.lines[0].values, [np.nan if value is None else value for value in wanted]
            )

    def test_a_click_on_the_steps_and_the_arrows_go_to_a_moment(self, desk, panel):
        moments = desk.session.moments
        panel.kind.choose("bands")
        panel.open((norm(desk),))
        pacer().flush()
        (within,) = panel.large.planes()
        at = QPoint(round(float(within.x(20))), round(within.area.center().y()))
        QTest.mouseClick(panel.large, LEFT, pos=at)
        assert moments.step == 20
        QTest.keyClick(panel.large, Qt.Key.Key_Left)
        assert moments.step == 10
        for _ in STEPS:
            QTest.keyClick(panel.large, Qt.Key.Key_Right)
        assert not moments.past
        area = panel.large._areas().curves[0]
        curve = small_curve.plane(panel.large.curves()[0], area, panel.large.times)
        at = QPoint(round(float(curve.x(30))), round(curve.area.center().y()))
        QTest.mouseClick(panel.large, LEFT, pos=at)
        assert moments.step == 30

    @pytest.mark.parametrize("size", [(1030, 240), (520, 230), (1500, 700)])
    @pytest.mark.parametrize("appearance", ["light", "dark"])
    def test_every_part_has_its_room(self, desk, panel, size, appearance):
        theme.force(appearance)
        panel.resize(*size)
        panel.open((norm(desk),))
        for kind in KINDS:
            panel.kind.choose(kind)
            settle()
            self.look_at_parts(panel)

    def look_at_parts(self, panel):
        whole = QRectF(panel.large.rect())
        areas = panel.large._areas()
        parts = [areas.main, areas.shape, *areas.curves]
        assert len(areas.curves) == 4
        for place, part in enumerate(parts):
            assert whole.contains(part), place
            assert not any(part.intersects(other) for other in parts[place + 1 :]), place
        for within in panel.large.planes():
            assert areas.main.adjusted(-1, -1, 1, 1).contains(within.area)
        image = panel.large.grab().toImage()
        colours = {
            image.pixel(x, y)
            for x in range(0, image.width(), 9)
            for y in range(0, image.height(), 9)
        }
        assert len(colours) > 5

    def test_it_has_more_moments_than_memory_keeps(self, desk, panel, qtbot):
        run, graph = desk.train(), desk.document.graph
        desk.tick(Started(run, 1, 1, 1, 1, tuple(graph.nodes), 1))
        desk.tick(*(measured(graph, run, step) for step in range(1, 301)))
        desk.tick(whole_run(run, ())[-1])
        settle()
        node = norm(desk)
        with qtbot.waitSignal(panel._detail.changed):
            panel.open((node,))
            assert len(panel.large.layers[0].history) <= KEPT
        settle()
        (layer,) = panel.large.layers
        assert len(layer.steps) == MOST
        assert layer.steps[0] == 1
        assert layer.steps[-1] == 300
        assert max(np.diff(layer.steps)) <= 2
        wanted = measured(graph, run, layer.steps[77]).by_node()[node]
        assert layer.history[77] == wanted
        panel.kind.choose("heat")
        settle()
        assert layer.range == panel.multiples.multiples[place_of(panel, node)].range

    def test_it_tells_the_figures_under_the_mouse(self, desk, panel):
        panel.kind.choose("heat")
        panel.open((norm(desk),))
        pacer().flush()
        (within,) = panel.large.planes()
        told = panel.large.told(QPointF(float(within.x(30)), within.area.center().y()))
        assert "step 30" in told
        assert "deviation" in told
        area = panel.large._areas().curves[1]
        curve = small_curve.plane(panel.large.curves()[1], area, panel.large.times)
        told = panel.large.told(QPointF(float(curve.x(20)), curve.area.center().y()))
        assert "Mean gap" in told
        assert "0.05" in told
        assert panel.large.told(QPointF(1, 1)) == ""


class TestOverlays:
    def test_two_layers_are_chosen_with_ctrl_and_laid_over_each_other(self, desk, panel):
        wall = panel.multiples
        QTest.mouseClick(wall, LEFT, pos=wall.place(0).center())
        assert not panel.overlay.isEnabled()
        QTest.mouseClick(wall, LEFT, CTRL, pos=wall.place(2).center())
        assert desk.document.selection == {wall.multiples[0].node, wall.multiples[2].node}
        assert panel.overlay.isEnabled()
        QTest.mouseClick(wall, LEFT, CTRL, pos=wall.place(3).center())
        assert not panel.overlay.isEnabled(), "three are too many"
        QTest.mouseClick(wall, LEFT, CTRL, pos=wall.place(3).center())
        QTest.mouseClick(panel.overlay, LEFT)
        pacer().flush()
        names = [wall.multiples[0].name, wall.multiples[2].name]
        assert [layer.name for layer in panel.large.layers] == names
        one, other = panel.large.shapes()
        assert (one.title, other.title) == tuple(names)
        assert one.pen.color() != other.pen.color()
        assert one.pen.dashPattern() != other.pen.dashPattern()
        (curve,) = (c for c in panel.large.curves() if c.title == "Mean")
        assert len(curve.lines) == 2
        for kind, planes in (("ridge", 2), ("heat", 2), ("bands", 1)):
            panel.kind.choose(kind)
            assert len(panel.large.planes()) == planes
            assert len({plane.values for plane in panel.large.planes()}) == 1

    def test_two_layers_are_chosen_with_the_keyboard(self, desk, panel):
        wall = panel.multiples
        desk.document.select((wall.multiples[1].node,))
        wall.setFocus()
        QTest.keyClick(wall, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
        assert desk.document.selection == {m.node for m in wall.multiples[1:3]}
        assert wall.multiples[2].name in wall.accessibleDescription()
        panel.overlay.setFocus()
        QTest.keyClick(panel.overlay, Qt.Key.Key_Space)
        assert [layer.name for layer in panel.large.layers] == [m.name for m in wall.multiples[1:3]]

    def test_other_runs_lie_behind_matched_by_id_and_by_name(self, desk, panel, qtbot):
        first = desk.session.runs[0]
        graph = desk.document.graph
        ids = list(graph.nodes)
        renamed = {f"new_{id}": node for id, node in graph.nodes.items()}
        run = desk.train()
        desk.tick(Started(run, 1, 1, 1, 1, tuple(graph.nodes), 1), measured(graph, run, 10))
        set_behind(desk, panel, qtbot, first)
        assert len(panel.multiples.multiples) == len(ids)
        for multiple in panel.multiples.multiples:
            (ghost,) = multiple.ghosts
            assert ghost.title == "Run 1"
            assert list(ghost.steps) == list(STEPS)
            assert ghost.history[-1].node == multiple.node
            assert ghost.at(11).mean == ghost.history[0].mean
            assert multiple.times == (10.0, 40.0)
        nodes = [
            type(node)(id, node.type, node.name, node.params, node.x, node.y)
            for id, node in renamed.items()
        ]
        found = panel._ghosts.of(nodes)
        assert [found[f"new_{id}", ""][0].history[-1].node for id in ids] == ids
        assert "dashed: Run 1" in panel._caption.text()

    def test_a_ghost_of_an_earlier_session_is_read_while_the_window_goes_on(
        self, desk, panel, new_desk, qtbot
    ):
        later = new_desk()
        later.tick()
        later.session.list_runs()
        later.session._list_some()
        other = Panel(later.document, later.session)
        qtbot.addWidget(other)
        other.show()
        train(later)
        (ghost, _) = later.session.runs
        with qtbot.waitSignal(other._ghosts.changed):
            later.session.set_ghosts((ghost,))
            pacer().flush()
            assert other.multiples.multiples[0].ghosts == ()
        pacer().flush()
        (track,) = other.multiples.multiples[0].ghosts
        assert list(track.history) == [
            found for _, found in desk.session.run.history.of(other.multiples.multiples[0].node)
        ]
        assert not ghost.loaded, "its steps stay on the disk"

    def test_ghosts_come_and_go_in_every_kind(self, desk, panel, qtbot):
        train(desk)
        for kind in KINDS:
            panel.kind.choose(kind)
            desk.session.set_ghosts(())
            pacer().flush()
            without = panel.multiples.grab().toImage()
            set_behind(desk, panel, qtbot, desk.session.runs[0])
            assert panel.multiples.grab().toImage() != without, kind
