"""Steps that are done many at a call: which rows they get, what comes back, and how they end."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnstudio.engine import execution as module
from bnstudio.engine.execution import Execution
from bnstudio.engine.mark import Mark

ROWS = np.arange(23, dtype=np.float32)


class Sum:
    """Adds up the rows it is given; its loss is NaN once the sum has passed a limit."""

    def __init__(self, limit=np.inf):
        self.variable = keras.Variable(0.0)
        self.total = self.variable.value
        self.limit = limit

    def __call__(self, batch):
        (rows,) = batch
        loss = tf.where(self.total > self.limit, np.nan, tf.reduce_sum(rows))
        self.total.assign_add(loss)
        return {"total": self.total.read_value(), "rows": tf.stack([0, 2 * tf.size(rows)])}, loss


@pytest.fixture(params=[1, 3, 100])
def executions(request, monkeypatch):
    """Executions of at most so many steps, and as many as that once one was done."""

    def keep(pace, count, seconds):
        pace.count = request.param

    monkeypatch.setattr(module._Pace, "keep", keep)


@pytest.mark.parametrize("batch", [1, 5, 23, 100])
def test_every_row_comes_once_and_in_order(executions, batch):
    step = Sum()
    order = np.random.default_rng(batch).permutation(23)
    taken = list(Execution(step, (ROWS,), batch).epoch(tf.constant(order)))
    losses = np.concatenate([part.losses for part in taken])
    batches = [ROWS[order[start : start + batch]] for start in range(0, 23, batch)]
    assert losses.tolist() == [rows.sum() for rows in batches]
    assert all(part.sound for part in taken)
    totals = np.concatenate([part.logs["total"] for part in taken])
    assert totals.tolist() == np.cumsum(losses).tolist()
    # One figure a step, also of what Keras gives several of.
    assert np.concatenate([part.logs["rows"] for part in taken]).tolist() == list(map(len, batches))


@pytest.mark.parametrize("pause", [0.0, 1e9])
def test_a_step_that_goes_bad_is_undone(executions, monkeypatch, pause):
    """Whether the variables were copied just before or at the beginning of the epoch."""
    monkeypatch.setattr(module, "Mark", lambda variables: _paused(Mark(variables), pause))
    step = Sum(limit=253.0 + 14)
    execution = Execution(step, (ROWS,), 2, variables=[step.variable])
    order = tf.constant(np.arange(23))
    assert all(taken.sound for taken in execution.epoch(order))
    assert float(step.total) == 253.0
    *sound, bad = execution.epoch(order)
    assert all(taken.sound for taken in sound)
    assert not bad.sound
    losses = np.concatenate([taken.losses for taken in [*sound, bad]])
    assert losses[:-1].tolist() == [1.0, 5.0, 9.0]
    assert np.isnan(losses[-1])
    assert float(step.total) == 253.0 + 15


def _paused(mark, pause):
    mark._pause = pause
    return mark


def test_executions_are_as_long_as_they_may_be():
    pace = module._Pace()
    pace.keep(1, 5.0)
    assert pace.count == 1  # the time to compile says nothing
    lengths = []
    for _ in range(20):
        lengths.append(pace.count)
        pace.keep(pace.count, 0.001 * pace.count)
    assert lengths[:6] == [1, 2, 4, 8, 16, 30]
    assert set(lengths[6:]) == {30}
    pace.keep(30, 30.0)
    assert pace.count == 1


class Watched:
    """Wants every other execution to be one step alone, and keeps what it saw around it."""

    def __init__(self, step):
        self.step, self.wanted = step, False
        self.began, self.seen = None, []

    def before(self):
        self.began = float(self.step.total)

    def after(self):
        self.seen.append(float(self.step.total) - self.began)
        self.wanted = False


def test_a_step_that_is_wanted_is_done_alone(executions):
    step, order = Sum(), np.arange(23)
    watched = Watched(step)
    losses = []
    for taken in Execution(step, (ROWS,), 2).epoch(tf.constant(order), watched):
        if watched.seen and taken.losses.tolist() == watched.seen[-1:]:
            assert not watched.wanted
        else:
            watched.wanted = True
        losses += taken.losses.tolist()
    assert losses == [ROWS[start : start + 2].sum() for start in range(0, 23, 2)]
    assert watched.seen
    assert set(watched.seen) <= set(losses)
    assert len(watched.seen) == len(set(watched.seen))


def test_a_wanted_step_that_goes_bad_is_not_compared(executions):
    step = Sum(limit=5.0)
    watched = Watched(step)
    execution = Execution(step, (ROWS,), 2, variables=[step.variable])
    for _ in execution.epoch(tf.constant(np.arange(23)), watched):
        watched.wanted = True
    assert 9.0 not in watched.seen
    assert float(step.total) == 6.0
