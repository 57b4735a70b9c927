"""A long run's measurements: even from the start on, whole at the end, and never too many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.runs import record, thinning
from bnstudio.runs.database import reading
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.runs.thinning import Thinning
from tests.ui.training.fakes import measurement

PAGE = 4096


def after(sizes: list[int], pause: float, room: int, recent: float = 60.0) -> list[int]:
    """Which of many measurements are kept, when one came each ``pause`` seconds."""
    thinner, kept = Thinning(room, recent), {}
    for number, size in enumerate(sizes):
        now = number * pause
        thinner.add(number + 10, size, now)
        kept[number + 10] = number
        for row in thinner.overdue(now):
            del kept[row]  # a row that is said twice, or never came, is a KeyError
    return list(kept.values())


@given(
    sizes=st.lists(st.integers(1, 20_000), min_size=1, max_size=400),
    pause=st.floats(0.1, 30.0),
    pages=st.integers(1, 60),
)
def test_the_last_minute_is_whole_and_the_rest_is_even_and_fits(sizes, pause, pages):
    kept = after(sizes, pause, pages * PAGE)
    last = len(sizes) - 1
    recent = [number for number in range(len(sizes)) if (last - number) * pause <= 60.0]
    earlier = kept[: len(kept) - len(recent)]
    assert kept[len(earlier) :] == recent
    if earlier:
        assert earlier[0] == 0, "the model as it was drawn is the last that is given up"
        stride = earlier[1] if len(earlier) > 1 else last + 1
        assert earlier == [*range(0, recent[0], stride)]
    held = [-(-(sizes[number] + 64) // PAGE) for number in earlier]
    assert sum(held) <= pages or len(earlier) == 1


def test_what_fits_is_not_thinned():
    assert after([3000] * 500, 1.0, 500 * PAGE) == [*range(500)]


def test_no_more_is_given_up_than_has_to_be():
    kept = after([3000] * 1000, 1.0, 200 * PAGE)
    assert len(kept) - 61 > 100


def test_a_record_is_thinned_while_it_is_written_and_read_evenly(tmp_path, monkeypatch):
    monkeypatch.setattr(thinning, "ROOM", 50 * PAGE)
    monkeypatch.setattr(thinning, "RECENT", -1.0)  # nothing is recent
    monkeypatch.setattr(record, "INTERVAL", 0.001)
    monkeypatch.setattr(record, "_DELETED", 7)
    store = RunStore(tmp_path)
    other, run = (Run(id, id, "{}", number=number) for number, id in enumerate("ab", 1))
    store.begin(other).add(other, measurement("a", ("n",), 0))
    recorder = store.begin(run)
    for step in range(400):
        recorder.add(run, measurement("b", ("n",), step))
        while recorder._measured:
            recorder._done.wait(0.001)
    run.state = other.state = "completed"
    recorder.finish(run)
    store.close()
    with reading(store.home.path) as connection:
        found = connection.execute("SELECT run, step FROM histograms ORDER BY id").fetchall()
    steps = [step for name, step in found if name == "b"]
    assert ("a", 0) in found, "another run's are left alone"
    # Some that were overdue at the end may be left.
    assert 25 <= len(steps) <= 80
    assert steps[0] == 0
    even = [step for step in steps if step % 8 == 0]
    np.testing.assert_array_equal(np.diff(even), 8)
