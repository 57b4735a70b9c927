"""The real engine process, through its client: jobs, control, and death at any moment."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from random import Random

import psutil
import pytest

from bnstudio.project import Project, dumps
from bnstudio.training.client import Client
from bnstudio.training.messages import (
    Died,
    Epoch,
    Export,
    Exported,
    Exporting,
    Failed,
    Finished,
    Histograms,
    Pause,
    Paused,
    Preview,
    Previewed,
    Ready,
    Resume,
    Resumed,
    Started,
    Steps,
    Stop,
    Train,
)
from tests.engine.projects import CANCER, PROJECTS, chain

pytestmark = pytest.mark.engine

SHORT = PROJECTS["batch_norm"]
ENDLESS = replace(SHORT, settings=replace(SHORT.settings, epochs=10_000, batch_size=8))


def until(client, kind, seconds=60.0):
    """The events up to and with the first of a kind."""
    found, deadline = [], time.monotonic() + seconds
    while not any(isinstance(event, kind) for event in found):
        assert time.monotonic() < deadline, found[-5:]
        found += client.wait(1.0)
    return found


@pytest.fixture(scope="module")
def engine():
    with Client() as client:
        until(client, Ready)
        yield client


def test_a_run_is_told_from_start_to_end(engine, tmp_path):
    engine.send(Train("r", dumps(SHORT), keep=str(tmp_path)))
    events = until(engine, Finished)
    kinds = [type(event) for event in events]
    assert kinds[0] == Started
    assert {Steps, Epoch, Histograms} <= set(kinds)
    assert events[-1].model == str(tmp_path / "model.keras")
    assert all(event.run == "r" for event in events)


def test_an_export_is_proven_by_a_process_of_its_own(engine, tmp_path):
    small = Project(chain(("Input", {"shape": (3,)}), ("Dense", {"units": 2})))
    path = tmp_path / "model.onnx"  # the form whose proof starts the soonest
    engine.send(Export("e", dumps(small), ".onnx", str(path)))
    *told, done = until(engine, Exported)
    assert [event.request for event in told if isinstance(event, Exporting)] == ["e"] * 3
    assert (done.request, done.rows) == ("e", (1, 2, 5))
    assert done.difference < 1e-6
    assert path.exists()


def test_a_run_can_be_paused_resumed_and_stopped_beside_other_wishes(engine):
    engine.send(Resume())  # without a run these are nothing
    engine.send(Stop())
    engine.send(Train("r", dumps(ENDLESS)))
    until(engine, Steps)
    engine.send(Pause())
    until(engine, Paused)
    engine.send(Train("other", dumps(SHORT)))
    engine.send(Export("export", dumps(SHORT), ".json", "model.json"))
    engine.send(Preview("p", dumps(SHORT), 10))
    events = until(engine, Previewed)
    refused = {event.run: event.message for event in events if isinstance(event, Failed)}
    assert refused.keys() == {"other", "export"}
    assert "Another run" in refused["other"]
    assert "Another job" in refused["export"]
    assert not any(isinstance(event, Steps | Epoch) for event in events)
    engine.send(Resume())
    until(engine, Resumed)
    until(engine, Epoch)
    began = time.monotonic()
    engine.send(Stop())
    assert until(engine, Finished)[-1].reason == "stopped"
    assert time.monotonic() - began < 1


def test_the_engine_survives_what_cannot_be_done(engine):
    broken = replace(SHORT, source=replace(CANCER, targets="integer"))
    for text in ("not a project", dumps(Project()), dumps(broken)):
        engine.send(Train("bad", text))
        failed = until(engine, Failed)[-1]
        assert failed.run == "bad"
        assert len(failed.message) > 20
    engine.send(Preview("bad", "not a project"))
    assert until(engine, Failed)[-1].run == "bad"
    engine.send(Train("good", dumps(SHORT)))
    assert until(engine, Finished)[-1].run == "good"


def test_the_engine_steps_back_behind_the_window(engine):
    if os.name == "nt":
        expected = psutil.BELOW_NORMAL_PRIORITY_CLASS
    else:
        expected = max(psutil.Process().nice(), 10)
    assert psutil.Process(engine.pid).nice() == expected


def die(client):
    """Kills a client's engine and sees that it is told in time."""
    began = time.monotonic()
    psutil.Process(client.pid).kill()
    died = until(client, Died)[-1]
    assert time.monotonic() - began < 1
    if os.name != "nt":
        assert "SIGKILL" in died.message
    assert not client.alive


def test_death_during_the_start_is_told_within_a_second():
    with Client() as client:
        assert client.wait(0.3) == []
        die(client)


@pytest.mark.deep
@pytest.mark.timeout(1200)
def test_death_at_any_moment_is_told_within_a_second():
    random = Random(0)
    for moment in (None, Ready, Started, Steps, Histograms, Epoch) * 4:
        with Client() as client:
            client.send(Train("r", dumps(ENDLESS)))
            if moment:
                until(client, moment)
            time.sleep(random.random() * (0.3 if moment else 6))
            die(client)


def test_an_engine_ends_in_the_middle_of_a_fit_with_the_programs_end_of_the_pipe(engine):
    """That is all that is left of a program that was killed, whatever the engine is doing."""
    engine.send(Train("r", dumps(ENDLESS)))
    until(engine, Epoch)
    began = time.monotonic()
    engine._outbox.put(None)  # the writing thread closes the pipe
    until(engine, Died)
    assert time.monotonic() - began < 1


PARENT = """
import sys
from bnstudio.training.client import Client
from bnstudio.training.messages import *
client = Client()
client.send(Train("r", sys.stdin.read()))
print(client.pid, flush=True)
client.wait(600)
"""


def test_an_engine_does_not_outlive_its_program():
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with parent:
        parent.stdin.write(dumps(ENDLESS))
        parent.stdin.close()
        orphan = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        orphan.wait(3)


def test_what_is_no_request_ends_the_engine():
    done = subprocess.run(
        [sys.executable, "-m", "bnstudio.engine"],
        input=b"GET / HTTP/1.1",
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    assert b"The request cannot be read" in done.stderr


def test_what_a_library_prints_is_not_on_the_pipe():
    """``model.summary`` and the like write to standard output."""
    code = (
        "import os, sys\n"
        "from bnstudio.engine.surroundings import take_pipe\n"
        "source, sink = take_pipe()\n"
        "print('printed', flush=True); os.write(1, b'written'); sink.write(b'said'); sink.flush()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"said"
    assert b"printed" in done.stderr
    assert b"written" in done.stderr
