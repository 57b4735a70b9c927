"""A net whose steps last almost a beat is measured ten times a second, in a time made here."""

from types import SimpleNamespace

from bnstudio.engine import budget as module
from bnstudio.engine.budget import Budget
from bnstudio.engine.probes import _width

SHAPES = [(64, 64, 3), (62, 62, 32), (31, 31, 32), (29, 29, 64), (64,), (10,)]
"""What the compute-bound net of the benchmarks gives out."""

STEP = 0.08


def cost(rows):
    """Seconds that a measurement of that net was seen to take."""
    return 0.0022 + 0.00055 * rows


def test_a_compute_bound_net_is_measured_ten_times_a_second(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    budget, width, taken = Budget(0.05, 0.08), _width(SHAPES, 256, 64), 0
    while clock.now < 60:
        clock.now += STEP
        if budget.due:
            began = clock.now
            clock.now += cost(width.rows)
            seconds = budget.spend(began)
            width.keep(seconds, budget.room)
            budget.schedule(began, seconds)
            taken += 1
    assert width.rows == 2
    assert taken / 60 > 11
    assert budget.spent / 60 < 0.05
