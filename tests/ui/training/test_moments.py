"""The past of a run: any measurement can be shown again, wherever it is kept."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from bnstudio.project import samples
from bnstudio.runs.run import KEPT, History
from bnstudio.training.messages import Started
from bnstudio.ui.moments import Moments
from tests.ui.training.fakes import FakeEngine, measurement, whole_run

COUNT = 200


@pytest.fixture
def long_desk(desk):
    """A run that is over, of more measurements than memory keeps."""
    run = desk.train()
    nodes = tuple(desk.document.graph.nodes)
    desk.tick(Started(run, 1, COUNT, 80, 20, nodes, 1))
    desk.tick(*(measurement(run, nodes, 5 * (place + 1)) for place in range(COUNT)))
    desk.tick(*whole_run(run, nodes, epochs=1)[-1:])
    return desk


def reach(desk, qtbot, place: int) -> None:
    """Goes to a moment and waits until it is shown."""
    with qtbot.waitSignal(desk.session.measured):
        desk.session.moments.go(place)


@pytest.mark.parametrize("place", [0, 1, 77, COUNT - 2])
def test_every_measurement_can_be_shown_again(long_desk, qtbot, place):
    session = long_desk.session
    assert len(session.run.history.kept()) <= KEPT
    reach(long_desk, qtbot, place)
    assert session.moments.place == place
    assert session.moments.step == 5 * (place + 1)
    for histogram in session.latest.values():
        assert histogram.std == pytest.approx(1 + 5 * (place + 1) / 100)


def test_an_earlier_session_s_run_has_all_its_moments(long_desk, new_desk, qtbot):
    later = new_desk()
    later.tick()
    later.session.list_runs()
    later.session._list_some()
    (run,) = later.session.runs
    assert later.session.show(run)
    assert list(later.session.moments.steps) == [5 * (place + 1) for place in range(COUNT)]
    reach(later, qtbot, 33)
    assert later.session.latest == measurement(run.id, run.nodes, 5 * 34).by_node()


def test_a_record_that_has_more_than_memory_knows_of_is_searched_by_step(long_desk):
    session = long_desk.session
    found = session.store.moments(session.run, [5, 105, 500, 25, 21])
    assert [each and each.step for each in found] == [5, 105, 500, 25, None]


def test_live_follows_and_the_past_stays(desk, qtbot):
    session, moments = desk.session, desk.session.moments
    run = desk.train()
    desk.tick(Started(run, 9, 10, 80, 20, ("a",), 1))
    desk.tick(*(measurement(run, ("a",), step) for step in (10, 20, 30)))
    assert session.latest["a"].std == pytest.approx(1.3)
    moments.go(0)
    told = []
    session.measured.connect(told.append)
    desk.tick(measurement(run, ("a",), 40))
    assert session.latest["a"].std == pytest.approx(1.1)
    assert told == [], "what is shown has not changed"
    assert list(moments.steps) == [10, 20, 30, 40]
    moments.follow()
    assert session.latest["a"].std == pytest.approx(1.4)
    desk.tick(measurement(run, ("a",), 50))
    assert session.latest["a"].std == pytest.approx(1.5)
    moments.go(4)
    assert not moments.past, "the last one is the newest"


def test_a_run_that_begins_is_followed(long_desk, qtbot):
    reach(long_desk, qtbot, 3)
    long_desk.train()
    assert not long_desk.session.moments.past
    assert long_desk.session.moments.step is None


def test_without_a_record_the_nearest_in_memory_is_shown(desk, qtbot):
    desk.store.home.folder.write_text("a file where the folder should be")
    run = desk.train()
    desk.tick(*(measurement(run, ("a",), step) for step in range(1, COUNT + 1)))
    moments = desk.session.moments
    with qtbot.waitSignals([moments.moved, moments.moved]):
        moments.go(21)
    kept = [measured.step for measured in desk.session.run.history.kept()]
    assert moments.step in kept
    assert abs(moments.step - 22) <= 4
    assert desk.session.latest["a"].std == pytest.approx(1 + moments.step / 100)


@pytest.mark.parametrize(("step", "place"), [(-3, 0), (5, 0), (8, 1), (501, 99), (10**9, None)])
def test_the_moment_nearest_to_a_step(long_desk, step, place):
    long_desk.session.moments.go_to_step(step)
    assert long_desk.session.moments.place == place


@pytest.mark.parametrize("count", [1, 2, 59, 60, 61, 500])
def test_memory_gives_the_nearest_that_it_has(count):
    history = History()
    for step in range(count):
        history.add(measurement("run", (), step))
    kept = {measured.step for measured in history.kept()}
    for place in range(count):
        found, measured = history.nearest(place)
        assert measured.step == found
        assert abs(found - place) == min(abs(step - place) for step in kept)
    assert np.array_equal(history.steps, range(count))


class TestWindow:
    @pytest.fixture
    def window(self, open_window):
        window = open_window({s.name: s.project for s in samples()}["batchnorm_between"])
        session = window.session
        nodes = tuple(window.document.graph.nodes)
        session._connect = FakeEngine
        session.train()
        run = session.run
        session._timer.stop()
        for message in (
            Started(run.id, 1, 10, 80, 20, nodes, 1),
            *(measurement(run.id, nodes, 10 * (place + 1)) for place in range(5)),
        ):
            session._take(message)
            session._say_merged()
        window.show_panel("Histograms")
        yield window
        session.stop()

    def test_the_slider_moves_the_whole_window(self, window, qtbot):
        moments = window.session.moments
        slider = window.panels["Histograms"].scrubber.slider
        node = next(iter(window.document.graph.nodes))
        qtbot.waitUntil(lambda: window.canvas.drawing.nodes[node].histogram is not None)
        slider.setFocus()
        assert slider.value() == 4
        QTest.keyClick(slider, Qt.Key.Key_Left)
        QTest.keyClick(slider, Qt.Key.Key_Left)
        assert moments.step == 30
        first = window.session.latest[node]
        qtbot.waitUntil(lambda: window.canvas.drawing.nodes[node].histogram is first)
        window.show_panel("Layers")
        assert window.panels["Layers"]._table.latest[node] is first
        assert window.past.isVisible()
        assert window.past.label.text() == "Step 30 \u00b7 moment 3 of 5"
        window.show_panel("Histograms")
        QTest.keyClick(slider, Qt.Key.Key_Home)
        assert moments.step == 10
        QTest.keyClick(slider, Qt.Key.Key_End)
        assert not moments.past
        assert not window.past.isVisible()
        assert window.panels["Histograms"].scrubber.live.isEnabled() is False

    def test_escape_on_the_canvas_goes_back_to_the_newest(self, window, qtbot):
        moments = window.session.moments
        moments.go(1)
        window.document.select(list(window.document.graph.nodes)[:1])
        QTest.keyClick(window.canvas, Qt.Key.Key_Escape)
        assert not moments.past
        assert window.document.selection, "that takes a second press"
        moments.go(1)
        QTest.mouseClick(window.past.live, Qt.MouseButton.LeftButton)
        assert not moments.past

    def test_playing_goes_through_all_moments_to_the_end(self, window, qtbot):
        moments = window.session.moments
        scrubber = window.panels["Histograms"].scrubber
        scrubber.speed.setItemData(0, 0.2)
        scrubber.speed.setCurrentIndex(0)
        shown = []
        moments.moved.connect(lambda: shown.append(moments.place))
        QTest.mouseClick(scrubber.play, Qt.MouseButton.LeftButton)
        assert scrubber.playing
        assert scrubber.play.accessibleName() == "Pause playing"
        qtbot.waitUntil(lambda: not scrubber.playing)
        assert shown[0] == 0
        assert shown[-1] is None
        assert sorted(shown[:-1]) == shown[:-1]
        QTest.mouseClick(scrubber.play, Qt.MouseButton.LeftButton)
        QTest.mouseClick(scrubber.play, Qt.MouseButton.LeftButton)
        assert not scrubber.playing
        assert moments.past, "a pause stays where it is"

    def test_a_moment_of_another_document_is_not_shown_on_it(self, window):
        window.session.moments.go(1)
        window.document.open(window.document.project, None)
        assert not window.session.moments.past
        assert not window.past.isVisible()


def test_a_moment_that_is_no_longer_wanted_is_not_shown(long_desk, qtbot):
    moments = long_desk.session.moments
    assert isinstance(moments, Moments)
    newest = long_desk.session.latest
    moments.go(34)
    moments.follow()
    qtbot.waitUntil(lambda: not moments.reading._timer.isActive())
    assert long_desk.session.latest == newest
