"""A program that is killed while it records loses the last second at most, and nothing is broken.

The moments are random on purpose: what is promised has to hold at any.
"""

import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from bnstudio.runs.database import reading
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from tests.runs.busy import BATCH

LOST = 1.0
"""Seconds of measurements that may be missing."""


def record_and_kill(folder, after: float) -> list[tuple[str, float, int, int]]:
    """What a busy process has said it handed over, until it was killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.runs.busy", str(folder)], stdout=subprocess.PIPE, text=True
    )
    said = []
    try:
        begun = process.stdout.readline()
        assert begun, "it never began"
        said.append(begun)
        timer = threading.Timer(after, process.kill)
        timer.start()
        said += process.stdout.readlines()
        timer.join()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    words = [line.split() for line in said if line.endswith("\n")]
    return [(run, float(at), int(steps), int(count)) for run, at, steps, count in words]


def survives(folder, kills: int, longest: float) -> None:
    """Five processes at a time record into one database, and each is killed when it comes."""
    for done in range(5, kills + 1, 5):
        with ThreadPoolExecutor(5) as pool:
            moments = [random.uniform(0.0, longest) for _ in range(5)]
            told = list(pool.map(lambda moment: record_and_kill(folder, moment), moments))
        store = RunStore(folder)
        with reading(store.home.path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        runs = {run.id: run for run in store.runs()}
        assert len(runs) == done
        assert not store.unreadable
        for said in told:
            compare(store, runs[said[0][0]], said)
        store.close()


def compare(store: RunStore, run: Run, said: list[tuple[str, float, int, int]]) -> None:
    assert run.state == "died"
    store.load(run)
    # What the recorder had a second before it was killed is there, and nothing out of order.
    _, died, handed, measured = said[-1]
    due = [entry for entry in said if entry[1] <= died - LOST]
    _, _, least, least_measured = due[-1] if due else ("", 0.0, 0, 0)
    assert least <= len(run.steps) <= handed + BATCH
    assert least_measured <= run.history.count <= measured + 1
    if len(run.steps):
        np.testing.assert_array_equal(run.steps["step"], np.arange(len(run.steps)))
        np.testing.assert_array_equal(run.steps["loss"], 1.0 / (1 + run.steps["step"]))


def test_ten_kills(tmp_path):
    survives(tmp_path / "runs", 10, 2.0)


@pytest.mark.deep
def test_fifty_kills(tmp_path):
    survives(tmp_path / "runs", 50, 4.0)


def test_a_kill_before_the_first_commit_leaves_a_folder_to_go_on_with(tmp_path):
    """Whatever of the new file was written, the next run finds its place."""
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.runs.busy", str(tmp_path / "runs")],
            stdout=subprocess.DEVNULL,
        )
        path = tmp_path / "runs" / "runs.db"
        deadline = time.monotonic() + 30
        while not path.exists() and time.monotonic() < deadline and process.poll() is None:
            pass
        process.kill()
        process.wait()
        assert record_and_kill(tmp_path / "runs", 0.0)
        store = RunStore(tmp_path / "runs")
        assert list(store.runs())
        assert not store.unreadable
        for left in (tmp_path / "runs").glob("runs.db*"):
            left.unlink()
