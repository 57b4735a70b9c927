"""``bnstudio train``: with a scripted engine, and once with a real one that is interrupted."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import ClassVar

import pytest

from bnstudio.cli import training
from bnstudio.main import main
from bnstudio.project import Project, loads, samples, save
from bnstudio.training.messages import (
    Died,
    Epoch,
    Failed,
    Finished,
    Ready,
    Silent,
    Started,
    Steps,
)

SAMPLES = {sample.name: sample for sample in samples()}
XOR = str(SAMPLES["xor"].path)
BEGIN = [Ready("3", "2"), Started("cli", 2, 3, 400, 100, ("hidden",), 33)]
EPOCHS = [
    Steps("cli", 0, {"accuracy": (0.5, 0.6), "loss": (0.7, 0.6)}, 0.1),
    Epoch("cli", 0, 3, {"accuracy": 0.5, "val_loss": 0.625, "loss": 0.75}, 0.2),
    Silent(5.0, "It has not answered for 5 seconds."),
    Epoch("cli", 1, 6, {"accuracy": 0.9, "val_loss": 0.25, "loss": 0.5}, 0.4),
]
DONE = Finished("cli", "completed", 2, 0.4)


@pytest.fixture
def engine(monkeypatch, tmp_path):
    """An engine that says what it is told to say; it keeps what it was asked."""

    class Scripted:
        events: ClassVar = []
        asked: ClassVar = []

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def send(self, request):
            self.asked.append(request)

        def wait(self, _timeout):
            events, self.events[:] = [*self.events], []
            assert events, "the run should be over"
            keep = self.asked[0].keep
            if keep:
                Path(keep, "model.keras").write_bytes(b"weights")
            return events

    Scripted.asked.clear()
    monkeypatch.setattr(training, "Client", Scripted)
    return Scripted


def test_a_run_prints_a_line_an_epoch(engine, capsys):
    engine.events[:] = [*BEGIN, *EPOCHS, DONE]
    assert main(["train", XOR, "--epochs", "2", "--seed", "77"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "epoch 1/2  loss 0.75  accuracy 0.5  val_loss 0.625",
        "epoch 2/2  loss 0.5  accuracy 0.9  val_loss 0.25",
    ]
    assert "Trained 2 epochs in 0.4 s." in err
    assert "It has not answered" in err
    project = loads(engine.asked[0].project)
    assert (project.settings.epochs, project.settings.seed) == (2, 77)
    assert project.graph == SAMPLES["xor"].project.graph


def test_events_and_model_are_written(engine, tmp_path):
    engine.events[:] = [
        *BEGIN,
        *EPOCHS,
        Finished("cli", "early", 2, 0.4, model=str(tmp_path / "kept")),
    ]
    (tmp_path / "kept").write_bytes(b"weights")
    events, model = tmp_path / "events.jsonl", tmp_path / "model.keras"
    assert main(["train", XOR, "--events", str(events), "--model", str(model)]) == 0
    written = [json.loads(line) for line in events.read_text().splitlines()]
    kinds = [event["type"] for event in written]
    assert kinds == ["Started", "Steps", "Epoch", "Epoch", "Finished"]
    assert written[2]["logs"]["loss"] == 0.75
    assert model.read_bytes() == b"weights"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (Failed("cli", "The layer does not fit.", detail="Traceback"), "The layer does not fit."),
        (Died("The engine was ended by SIGKILL."), "SIGKILL"),
        (Finished("cli", "diverged", 1, 0.1, "hidden", "The loss is NaN."), "The loss is NaN."),
    ],
    ids=["failed", "died", "diverged"],
)
def test_a_run_that_fails_ends_with_status_1_and_says_why(engine, capsys, tmp_path, end, said):
    engine.events[:] = [*BEGIN, end]
    assert main(["train", XOR]) == 1
    assert said in capsys.readouterr().err


def test_nothing_is_overwritten_by_a_run_that_never_begins(engine, tmp_path):
    events = tmp_path / "events.jsonl"
    events.write_text("mine")
    engine.events[:] = [BEGIN[0], Died("gone")]
    assert main(["train", XOR, "--events", str(events)]) == 1
    assert events.read_text() == "mine"


def test_a_project_with_errors_is_refused_with_its_diagnostics(engine, capsys):
    assert main(["train", str(SAMPLES["batchnorm_unconnected"].path)]) == 1
    out, err = capsys.readouterr()
    assert "error STR01" in out
    assert "cannot be trained" in err
    assert engine.asked == []


def test_an_empty_drawing_is_refused_in_words(engine, capsys, tmp_path):
    save(Project(), path := tmp_path / "net.bnstudio")
    assert main(["train", str(path)]) == 1
    said = f"{path}: the drawing is empty: there is nothing to train.\n"
    assert capsys.readouterr() == ("", said)
    assert engine.asked == []


@pytest.mark.engine
def test_an_interrupt_stops_the_run_and_keeps_what_was_learnt(tmp_path):
    command = [sys.executable, "-m", "bnstudio.main", "train", XOR, "--epochs", "100000"]
    outs = ["--events", str(tmp_path / "e.jsonl"), "--model", str(tmp_path / "m.keras")]
    with subprocess.Popen(
        [*command, *outs], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        first = process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert first.startswith("epoch 1/100000  loss ")
    assert process.returncode == 0, err
    assert "Stopped, and kept what was learned in" in err
    last = json.loads((tmp_path / "e.jsonl").read_text().splitlines()[-1])
    assert (last["type"], last["reason"]) == ("Finished", "stopped")
    assert "config.json" in zipfile.ZipFile(tmp_path / "m.keras").namelist()
