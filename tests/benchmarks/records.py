"""Keeping runs: what the window pays while one is recorded, a long one, and a list of many."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from bnstudio.histogram import Histogram
from bnstudio.project import dumps, samples
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Epoch, Finished, Histograms, Started, Steps
from tests.benchmarks.measure import QUICK, milliseconds, report, row

STEPS = 100_000 if QUICK else 1_000_000
RUNS = 50 if QUICK else 500
MERGED = 250
METRICS = ("loss", "accuracy", "auc", "mae")


def main() -> None:
    """Records a long run and many short ones, and reads them again."""
    with tempfile.TemporaryDirectory() as folder:
        rows = [*long_run(Path(folder) / "long"), *many_runs(Path(folder) / "many")]
    report(rows)


def long_run(folder: Path) -> list[dict]:
    """Steps as the engine sends them, but as fast as they can be taken in."""
    store = RunStore(folder)
    run = Run("long", "Run 1", dumps(samples()[0].project), number=1)
    begun, recorder = timed(lambda: store.begin(run))
    random = np.random.default_rng(0)
    taken = []
    start = time.perf_counter()
    for first in range(0, STEPS, MERGED):
        values = random.random((len(METRICS), MERGED), dtype="f4").astype(float).tolist()
        logs = {name: tuple(column) for name, column in zip(METRICS, values, strict=True)}
        event = Steps(run.id, first, logs, first / 1e4)
        run.apply(event)
        taken.append(timed(lambda event=event: recorder.add(run, event))[0])
    run.apply(Finished(run.id, "completed", 1, STEPS / 1e4))
    ended = timed(lambda: recorder.finish(run))[0]
    store.close()
    whole = time.perf_counter() - start
    store = RunStore(folder)
    (read,) = store.runs()
    loaded = timed(lambda: store.load(read))[0]
    if len(read.steps) != STEPS:
        raise SystemExit("Steps are missing.")
    size = store.home.path.stat().st_size / 1e6
    return [
        row("A record is begun", milliseconds(begun)),
        row(f"{MERGED} steps are handed over", milliseconds(statistics.median(taken))),
        row("The longest of these", milliseconds(max(taken))),
        row("A record is ended, with all that waits", milliseconds(ended)),
        row(f"{STEPS:,} steps of {len(METRICS)} metrics are kept", f"{whole:.1f} s, {size:.1f} MB"),
        row("They are read again", milliseconds(loaded)),
    ]


def many_runs(folder: Path) -> list[dict]:
    """A list that has grown for a while."""
    store = RunStore(folder)
    text = dumps(samples()[0].project)
    for number in range(1, RUNS + 1):
        run = Run(f"run{number}", f"Run {number}", text, number=number)
        recorder = store.begin(run)
        for event in short_run(run.id):
            run.apply(event)
            if run.live:
                recorder.add(run, event)
        recorder.finish(run)
    store.close()
    found = RunStore(folder).runs()
    first = timed(lambda: next(found))[0]
    rest, runs = timed(lambda: list(found))
    if len(runs) != RUNS - 1:
        raise SystemExit("Runs are missing.")
    return [
        row(f"The first of {RUNS} runs is listed", milliseconds(first)),
        row(f"{RUNS} runs of 50 epochs are listed", milliseconds(first + rest)),
    ]


def short_run(run: str) -> list:
    """Fifty epochs of ten steps, measured once each."""
    events: list = [Started(run, 50, 10, 80, 20, ("a", "b"), 100)]
    for epoch in range(50):
        values = tuple(1 / (1 + epoch * 10 + step) for step in range(10))
        logs = dict.fromkeys(METRICS, values)
        layers = tuple(
            Histogram(node, tuple(range(64)), -1.0, 1.0, 0, 0, 0.0, 1.0, 0.0, 0) for node in "ab"
        )
        events += [
            Steps(run, epoch * 10, logs, epoch + 1.0),
            Histograms(run, epoch * 10, layers),
            Epoch(run, epoch, epoch * 10 + 10, dict.fromkeys(METRICS, values[-1]), epoch + 1.0),
        ]
    return [*events, Finished(run, "completed", 50, 50.0)]


def timed(act):
    """Seconds that something took, and what it gave."""
    start = time.perf_counter()
    result = act()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    main()
