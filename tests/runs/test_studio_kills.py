"""The window and its engine are killed while they train: little is lost and nothing is broken.

After each kill the database is sound, what was told a second before is in it, the project file is
as it was, no engine is left, and the next start lists the run as lost and trains.
"""

import json
import os
import random
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from bnstudio.project import samples, save
from bnstudio.runs.database import reading
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from tests.runs.test_kills import LOST

pytestmark = pytest.mark.engine

PATIENCE = 300.0
"""Seconds; an engine, whose priority is low, takes long to start where others are busy."""


class Studio:
    """A window in a process of its own, and what it has said."""

    def __init__(self, project: Path, runs: int) -> None:
        home = str(project.parent / "home")
        environment = {f"XDG_{name}_HOME": home for name in ("CONFIG", "DATA", "STATE", "CACHE")}
        self.said: list[dict] = []
        self._news = threading.Condition()
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.runs.studio",
                str(project),
                str(runs),
            ],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment, "QT_QPA_PLATFORM": "offscreen"},
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def wait(self, what: str, since: int = 0) -> dict:
        """The first thing of this kind that is said after the first ``since`` things."""
        with self._news:
            self._news.wait_for(lambda: self._first(what, since) or self._ended(), PATIENCE)
            found = self._first(what, since)
        assert found, f"no {what!r} after {self.said[-3:]}; there are {self._family()}"
        return found

    def _family(self) -> list[str]:
        """What its processes are doing."""
        try:
            parent = psutil.Process(self._process.pid)
            family = [parent, *parent.children(recursive=True)]
            return [f"{p.pid} {p.status()} {p.cpu_times()}" for p in family]
        except psutil.Error as error:
            return [str(error)]

    def kill(self) -> None:
        """Ends it, and sees that no process of its own is left a few seconds later."""
        if not self._reader.is_alive():
            return
        own = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        _, left = psutil.wait_procs(own, timeout=5)
        left = [process for process in left if not is_over(process)]
        for process in left:
            process.kill()
        self._reader.join()
        self._process.wait()
        self._process.stdout.close()
        assert not left, "an engine has outlived its window"

    def _first(self, what: str, since: int) -> dict | None:
        return next((told for told in self.said[since:] if told["say"] == what), None)

    def _ended(self) -> bool:
        return not self._reader.is_alive() or self._process.poll() is not None

    def _read(self) -> None:
        for line in self._process.stdout:
            if line.endswith("\n"):  # the last may be cut short
                with self._news:
                    self.said.append(json.loads(line))
                    self._news.notify_all()
        with self._news:
            self._news.notify_all()


def is_over(process: psutil.Process) -> bool:
    """Whether a process has ended, though nobody may have asked yet how it did."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def pass_some_time(studio: Studio, draw: random.Random, since: int) -> None:
    """Until a random moment: of the start in one of four cases, of the training in the others."""
    if draw.random() < 0.75:
        studio.wait("got", since)
    time.sleep(draw.uniform(0.0, 2.5))


def kill_engine(studio: Studio, draw: random.Random, store: RunStore) -> None:
    """The run, if it had begun, is lost; another engine is started, and the next run is trained."""
    since = len(studio.said)
    pass_some_time(studio, draw, since)
    before = len(studio.said)
    psutil.Process(studio.said[-1]["engine"]).kill()
    died = studio.wait("died", before)
    if died["state"] == "waiting":  # the run is kept for the next engine
        return
    ended = studio.wait("ended", before)
    assert ended["state"] == "died"
    studio.wait("train", before)
    run = read(store)[ended["run"]]
    assert run.state == "died"
    found = len(run.steps), len(run.epochs), run.history.count
    assert found == (ended["steps"], ended["epochs"], ended["measured"]), "nothing is lost"


def kill_window(studio: Studio, draw: random.Random, store: RunStore) -> None:
    """The run counts as lost, and has all that was told a second before."""
    pass_some_time(studio, draw, len(studio.said))
    studio.kill()
    told = [entry for entry in studio.said if entry["say"] in ("train", "got")]
    last = told[-1]
    told = [entry for entry in told if entry["run"] == last["run"]]
    run = read(store)[last["run"]]
    assert run.state == "died"
    due = [entry for entry in told if entry["at"] <= last["at"] - LOST]
    for name, found in (
        ("steps", len(run.steps)),
        ("epochs", len(run.epochs)),
        ("measured", run.history.count),
    ):
        assert found >= (due[-1][name] if due else 0), name
    if len(run.steps):
        np.testing.assert_array_equal(run.steps["step"], np.arange(len(run.steps)))


def read(store: RunStore) -> dict[str, Run]:
    """The runs beside the project, whose database is sound."""
    with reading(store.folder / "runs.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    runs = {run.id: run for run in store.runs()}
    assert not store.unreadable
    for run in runs.values():
        store.load(run)
    return runs


def survives(folder: Path, windows: int, engines: int, seed: int | None) -> None:
    """So many windows are killed, and so many engines of each before that."""
    draw = random.Random(seed)
    sample = {sample.name: sample.project for sample in samples()}["batchnorm_between"]
    settings = replace(sample.settings, epochs=1_000_000, early_stopping=None)
    save(replace(sample, settings=settings), path := folder / "net.bnstudio")
    content = path.read_bytes()
    store = RunStore(folder / "user")
    store.follow(path)
    lost: dict[str, str] = {}
    for _ in range(windows):
        studio = Studio(path, len(lost))
        try:
            assert studio.wait("listed")["runs"] == lost
            studio.wait("train")
            for _ in range(engines):
                kill_engine(studio, draw, store)
            kill_window(studio, draw, store)
        finally:
            studio.kill()
        assert path.read_bytes() == content
        lost = dict.fromkeys(read(store), "died")
        store.close()
    last = Studio(path, len(lost))
    try:
        assert last.wait("listed")["runs"] == lost
    finally:
        last.kill()


def test_two_engines_and_a_window(tmp_path):
    survives(tmp_path, windows=1, engines=2, seed=5)


@pytest.mark.deep
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("fifth", range(5))
def test_fifty_engines_and_fifty_windows(tmp_path, fifth):
    """A fifth of them each, so that it is seen how far it has come: a start takes seconds."""
    survives(tmp_path, windows=10, engines=1, seed=None)
