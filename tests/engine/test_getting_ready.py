"""Compiling what measures is paid for as measuring is: of a large model it comes later."""

import pytest

from bnstudio.engine.budget import ONCE
from tests.engine.test_budget import clock, made, run

__all__ = ["clock", "made"]

SHARE, BEAT = 0.05, 0.08


@pytest.fixture
def large(made, clock, monkeypatch):
    """Makes probes of a model that takes so long to measure where nothing is compiled."""

    def make(plain):
        probes, _ = made([0.0, 0.0], BEAT, SHARE)
        taken, compiled = [], set()

        def measure(thorough):
            cost = 0.02 * plain if probes._compiled else plain
            for what, wanted, times in (
                ("usual", probes._compiled, 12),
                ("thorough", thorough, 20),
            ):
                if wanted and what not in compiled:
                    compiled.add(what)
                    cost += times * plain
            taken.append((clock.now, cost, sorted(compiled)))
            clock.now += cost
            return iter(())

        monkeypatch.setattr(probes, "_measure", measure)
        return probes, taken

    return make


def test_a_small_one_is_ready_at_once(large, clock):
    probes, taken = large(0.03)
    run(probes, clock, 3)
    assert [compiled for *_, compiled in taken[:3]] == [[], ["usual"], ["thorough", "usual"]]
    assert (len(taken) - 3) / (3 - taken[3][0]) > 10


@pytest.mark.parametrize("plain", [0.3, 0.6, 2.5])
def test_a_large_one_keeps_to_its_share_of_any_run(large, clock, plain):
    probes, taken = large(plain)
    run(probes, clock, 5_000, step=0.02)
    spent = 0.0
    for when, cost, _ in taken:
        spent += cost
        assert spent <= ONCE + SHARE * when + 4 * plain, when
    assert taken[-1][2] == ["thorough", "usual"], "in the end it is worth it"
    assert len([when for when, *_ in taken if when > 4_900]) >= 95, "and quicker"


def test_the_end_of_a_short_run_compiles_nothing_large(large, clock):
    probes, _ = large(0.6)
    run(probes, clock, 20, step=0.01)
    assert not probes.ready
    probes, _ = large(0.03)
    probes.take()
    assert probes.ready
