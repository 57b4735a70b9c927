"""When it is measured and on how many rows, in a time that the test makes."""

from types import SimpleNamespace

import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine import budget as module
from bnstudio.engine import probes as probing
from bnstudio.engine.budget import Budget, Width
from bnstudio.engine.builder import build
from bnstudio.engine.probes import SELDOM, THOROUGH_EVERY, Probes
from bnstudio.plan import plan
from bnstudio.settings import Measuring
from tests.engine.projects import PROJECTS


@pytest.fixture
def clock(monkeypatch):
    """The time, which stands until the test moves it."""
    clock = SimpleNamespace(now=0.0)
    time = SimpleNamespace(monotonic=lambda: clock.now, thread_time=lambda: clock.now)
    monkeypatch.setattr(module, "time", time)
    monkeypatch.setattr(probing, "time", time)
    return clock


@pytest.fixture
def made(clock, monkeypatch):
    """Makes probes whose measurements take as long as ``cost`` says: usual or thorough ones."""
    graph = PROJECTS["convolution"].graph

    def make(cost, beat=0.09, share=0.05):
        probes = Probes(
            build(plan(analyze(graph))), np.zeros((64, 8, 8, 1), "float32"), beat, Measuring(share)
        )

        def measure(thorough):
            taken.append((clock.now, thorough))
            clock.now += cost[thorough]
            return iter(())

        monkeypatch.setattr(probes, "_measure", measure)
        taken = []
        return probes, taken

    return make


def run(probes, clock, until, step=0.001):
    while clock.now < until:
        if probes.due:
            probes.take()
        clock.now += step


@pytest.mark.parametrize(("share", "cost"), [(0.05, 0.01), (0.2, 0.1), (1.0, 0.3)])
def test_measuring_keeps_to_its_budget(clock, made, share, cost):
    probes, taken = made([cost, cost], 0.1, share)
    run(probes, clock, 60)
    spent = (len(taken) - 3) * cost  # the first ones have made ready
    assert spent / 60 <= share * 1.02
    assert spent / 60 >= min(share, cost / 0.1) * 0.9
    assert probes.budget.spent == pytest.approx(len(taken) * cost)


def test_a_costly_measurement_is_paid_for_before_the_next(clock, made):
    cost = [0.001, 0.001]
    probes, _ = made(cost, 0.5)
    run(probes, clock, 5)
    for each, wait in ((0.001, 0.5 - 0.001), (9.0, 169.0)):
        while not probes.due:
            clock.now += 0.001
        cost[:] = [each, each]
        probes.take()
        clock.now += wait - 0.01
        assert not probes.due
        clock.now += 0.02
        assert probes.due


def test_what_a_measurement_costs_the_first_time_is_not_held_against_it(clock, made):
    cost = [0.1, 0.1]
    probes, taken = made(cost)
    assert probes.due
    for _ in range(3):
        probes.take()
        assert not probes.due
        clock.now += 0.09
        assert probes.due
    assert [thorough for _, thorough in taken] == [False, False, True]


def test_thorough_ones_wait_until_they_can_be_afforded(clock, made):
    probes, taken = made([0.003, 0.009])
    run(probes, clock, 30)
    places = [place for place, (_, thorough) in enumerate(taken) if thorough]
    assert places[0] == 2
    gaps = np.diff(places)
    assert gaps.min() >= THOROUGH_EVERY
    assert gaps.max() <= 10  # each beat saves 1.5 ms
    times = [when for when, _ in taken]
    assert np.diff(times[3:]).max() < 0.1
    assert len(taken) / 30 > 10


def test_thorough_ones_are_seldom_where_they_cannot_be_afforded(clock, made):
    probes, taken = made([0.003, 0.3])
    run(probes, clock, 60)
    places = [place for place, (_, thorough) in enumerate(taken) if thorough]
    # What the first one takes is no measure of the second, but that is one of the third.
    assert places[:2] == [2, 2 + THOROUGH_EVERY]
    assert set(np.diff(places[1:])) == {SELDOM}


def test_rows_are_given_up_for_the_beat_and_come_back():
    width = Width(256, 32, 256)
    cost = [0.5e-3, 10e-6]  # a part that does not depend on the rows, and one row's
    budget = Budget(0.05, 0.09)
    assert budget.room == pytest.approx(0.0036)
    for expected, each in ((256, 10e-6), (128, 20e-6), (32, 200e-6), (256, 1e-6)):
        cost[1] = each
        for _ in range(50):
            width.keep(cost[0] + width.rows * cost[1], budget.room)
        assert width.rows == expected
    for _ in range(2):
        width.keep(1.0, budget.room)
    assert width.rows == 256  # something else may have had the machine
    width.keep(1.0, budget.room)
    assert width.rows == 128


def test_long_steps_leave_room_for_more(clock):
    budget = Budget(0.05, 0.09)
    for _ in range(3):
        budget.schedule(clock.now, 0.002)
        clock.now += 0.5
    assert budget.room == pytest.approx(0.8 * 0.05 * 0.5)


@pytest.mark.parametrize("values", [10, 64])
def test_a_large_model_is_measured_on_fewer_rows(monkeypatch, values):
    built = build(plan(analyze(PROJECTS["convolution"].graph)))
    rows = np.zeros((200, 8, 8, 1), "float32")

    def looked_at(probes):
        found = probes.take()
        return sum(sum(h.counts) + h.above + h.below for h in found)

    row = looked_at(Probes(built, rows[:1], 1))
    monkeypatch.setattr(probing, "MOST_VALUES", values * row)
    monkeypatch.setattr(probing, "FEWEST_VALUES", 1)
    assert looked_at(Probes(built, rows, 1)) == values * row
    monkeypatch.setattr(probing, "MOST_VALUES", 1)
    assert looked_at(Probes(built, rows, 1)) == probing.FEWEST_ROWS * row
    assert looked_at(Probes(built, rows[:2], 1)) == 2 * row
