"""The small parts of a run: what is merged, what is held, what is said."""

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.engine import stream as streaming
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import culprit, say
from bnstudio.engine.preview import plane, preview
from bnstudio.engine.stream import Stream
from bnstudio.plan import plan
from bnstudio.project import Project
from bnstudio.training.messages import Steps
from tests.engine.projects import chain


def test_fast_steps_are_merged_and_none_is_lost(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(streaming, "time", SimpleNamespace(monotonic=lambda: now[0]))
    sent = []
    stream = Stream("r", sent.append)
    for step in range(100):
        now[0] += 0.01
        stream.take({"loss": [float(step)]}, now[0])
    stream.flush()
    stream.flush()
    assert [value for event in sent for value in event.logs["loss"]] == list(range(100))
    assert [event.first for event in sent] == [0, *range(1, 100, 4)][: len(sent)]
    assert len(sent) <= 1 / streaming.INTERVAL + 2
    assert stream.steps_done == 100


def test_what_is_logged_may_change():
    sent = []
    stream = Stream("r", sent.append)
    stream.take({"loss": [1.0]}, 0.1)
    stream.take({"loss": [2.0], "accuracy": [0.5]}, 0.2)
    stream.flush()
    assert sent == [
        Steps("r", 0, {"loss": (1.0,)}, 0.1),
        Steps("r", 1, {"loss": (2.0,), "accuracy": (0.5,)}, 0.2),
    ]


def test_a_held_run_waits_and_the_wait_is_left_out():
    control = Control()
    control.hold()
    control.pause()
    assert control.held
    threading.Timer(0.1, control.resume).start()
    began = time.monotonic()
    control.hold()
    assert control.paused_seconds == pytest.approx(time.monotonic() - began, abs=0.05)
    assert control.paused_seconds > 0.05
    assert not control.held


def test_a_paused_run_can_be_stopped():
    control = Control()
    control.pause()
    threading.Timer(0.05, control.stop).start()
    with pytest.raises(Stopped):
        control.hold()
    with pytest.raises(Stopped):
        control.hold()


def test_preview_describes_classes():
    project = Project(source=Source("wine", targets="one_hot"))
    found = preview("p", project, 50)
    assert (found.request, found.rows, found.shape) == ("p", 178, (13,))
    assert found.counts == (59, 71, 48)
    assert found.edges == ()
    assert len(found.features) == len(found.targets) == len(found.plane) == 50
    assert set(found.targets) == {0.0, 1.0, 2.0}


def test_preview_describes_values_and_planes():
    found = preview("p", Project(source=Source("diabetes")), 400)
    assert len(found.features) == 353
    assert sum(found.counts) == 442
    assert (found.edges[0], found.edges[-1], len(found.edges)) == (25.0, 346.0, 21)
    moons = preview("p", Project(source=Source("moons")), 10)
    assert moons.plane == moons.features


def test_the_plane_keeps_the_most():
    rows = np.random.default_rng(0).normal(size=(100, 4)) * [1, 9, 0.1, 3]
    assert plane(rows).var(axis=0) == pytest.approx(sorted(rows.var(axis=0))[:1:-1], rel=0.05)
    assert plane(rows[:, :1]).shape == (100, 2)
    assert plane(rows[:0]).shape == (0, 2)


def test_what_keras_says_is_cut_to_what_tells():
    error = ValueError(
        "Exception encountered when calling Dense.call().\n\n\x1b[1mShapes (3,)\nand (4,) differ"
        ".\x1b[0m\n\nArguments received by Dense.call():\n  • inputs=..."
    )
    assert say(error) == "Shapes (3,) and (4,) differ."
    assert say(KeyError()) == "KeyError"
    assert len(say(ValueError("x" * 9999))) == 400


def test_the_node_is_found_in_what_keras_says():
    calls = plan(
        analyze(chain(("Input", {"shape": (4,)}), ("Dense", {"units": 2}), ("Dense", {"units": 3})))
    )
    assert culprit(ValueError('Input 0 of layer "dense_1" is odd'), calls) == "dense_1"
    assert culprit(ValueError("Detected at node sequential_1/dense_1/MatMul"), calls) == "dense_1"
    assert culprit(ValueError("dense things"), calls) == ""
