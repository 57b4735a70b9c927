"""A very long run's steps: never too many, the curve's outline kept, and the epochs whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.runs import record, thinning
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.runs.thinning import kept_steps
from bnstudio.training.messages import Finished, Started, Steps
from tests.ui.training.fakes import epoch

MOST, NEWEST, PIECE = 256, 32, 50


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(thinning, "MOST_STEPS", MOST)
    monkeypatch.setattr(thinning, "NEWEST_STEPS", NEWEST)


losses = st.lists(
    st.one_of(st.floats(-1e3, 1e3), st.just(float("nan")), st.just(0.5)), max_size=3_000
)


@given(loss=losses, more=st.integers(0, 3_000))
def test_the_outline_is_kept_and_no_more_than_fit(loss, more):
    thinning.MOST_STEPS, thinning.NEWEST_STEPS = MOST, NEWEST
    table = {"step": np.arange(len(loss), dtype=float), "loss": np.array(loss, float)}
    done = len(loss) + more
    rows = kept_steps(table, done)
    kept = {name: values[rows] for name, values in table.items()}
    assert len(kept["step"]) <= MOST // 2 + NEWEST + 3
    if not loss:
        return
    assert kept["step"][-1] == len(loss) - 1
    newest = [step for step in range(len(loss)) if step >= done - NEWEST]
    assert set(newest) <= set(kept["step"].tolist())
    span = next(2**k for k in range(40) if 4 * done // 2**k <= MOST)
    for first in range(0, len(loss), span):
        here = (kept["step"] >= first) & (kept["step"] < first + span)
        whole = table["loss"][first : first + span]
        assert here.any()
        if np.isfinite(whole).any():
            assert np.nanmin(kept["loss"][here]) == np.nanmin(whole)
            assert np.nanmax(kept["loss"][here]) == np.nanmax(whole)
    assert kept_steps(kept, done).all(), "twice is once"


def test_a_long_run_is_bounded_in_memory_and_on_the_disk_and_reads_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(record, "_ROWS", 64)
    monkeypatch.setattr(record, "INTERVAL", 0.001)
    store = RunStore(tmp_path / "runs")
    run = Run("r", "Run 1", "{}", number=1)
    recorder = store.begin(run)
    draw = np.random.default_rng(0)
    loss = draw.normal(size=100 * PIECE)
    loss[1234], loss[4321] = 50.0, -50.0

    def take(event):
        run.apply(event)
        recorder.add(run, event)

    take(Started("r", 100, PIECE, 80, 20, ("a",), 5))
    for number in range(100):
        first = number * PIECE
        values = tuple(loss[first : first + PIECE].tolist())
        take(Steps("r", first, {"loss": values, "accuracy": values}, number + 1.0))
        take(epoch("r", number, first + PIECE, number + 1.0))
        assert len(run.steps) <= MOST
        if number % 20 == 19:
            while recorder._pieces:  # the disk has its turn
                recorder._done.wait(0.001)
    take(Finished("r", "completed", 100, 100.0))
    recorder.finish(run)
    store.close()
    reader = RunStore(tmp_path / "runs")
    (found,) = reader.runs()
    reader.load(found)
    assert found.done_steps == run.done_steps == 5_000
    assert len(found.epochs) == len(run.epochs) == 100
    for kept in (run, found):
        assert len(kept.steps) <= 2 * MOST
        assert kept.steps["loss"].max() == 50.0
        assert kept.steps["loss"].min() == -50.0
        steps = kept.steps["step"].astype(int)
        np.testing.assert_allclose(kept.steps["loss"], loss[steps])
        assert steps[-NEWEST:].tolist() == [*range(5_000 - NEWEST, 5_000)]
