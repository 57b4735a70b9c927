"""``bnstudio train``: with a scripted engine, and once with a real one that is interrupted."""

import json
import os
import signal
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from bnstudio.cli import training
from bnstudio.main import main
from bnstudio.project import Project, load, loads, samples, save
from bnstudio.runs import store as run_store
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import (
    Died,
    Epoch,
    Failed,
    Finished,
    Histograms,
    Ready,
    Silent,
    Started,
    Steps,
    Train,
)
from bnstudio.weights import place
from tests.ui.training.fakes import histogram

SAMPLES = {sample.name: sample for sample in samples()}
BEGIN = [Ready("3", "2"), Started("cli", 2, 3, 400, 100, ("hidden",), 33)]
EPOCHS = [
    Steps("cli", 0, {"accuracy": (0.5, 0.6), "loss": (0.7, 0.6)}, 0.1),
    Epoch("cli", 0, 3, {"accuracy": 0.5, "val_loss": 0.625, "loss": 0.75}, 0.2),
    Silent(5.0, "It has not answered for 5 seconds."),
    Epoch("cli", 1, 6, {"accuracy": 0.9, "val_loss": 0.25, "loss": 0.5}, 0.4),
]
DONE = Finished("cli", "completed", 2, 0.4)


@pytest.fixture(autouse=True)
def users_runs(monkeypatch, tmp_path):
    """The user's own folder for runs, which is the test's."""
    monkeypatch.setattr(run_store, "default_folder", lambda: tmp_path / "user" / "runs")
    return tmp_path / "user" / "runs"


@pytest.fixture
def xor(tmp_path) -> str:
    """A project in a folder of its own."""
    save(SAMPLES["xor"].project, path := tmp_path / "xor.bnstudio")
    return str(path)


def kept(project: str) -> list[Run]:
    """The runs beside a project, as a window would list them."""
    store = RunStore()
    store.follow(Path(project))
    found = list(store.runs())
    for run in found:
        store.load(run)
    return found


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


def test_a_run_prints_a_line_an_epoch(engine, capsys, xor):
    engine.events[:] = [*BEGIN, *EPOCHS, DONE]
    assert main(["train", xor, "--epochs", "2", "--seed", "77"]) == 0
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


def test_a_run_begins_with_the_weights_of_the_project(engine, tmp_path, stored_model, monkeypatch):
    monkeypatch.setattr(place, "default_folder", lambda: tmp_path / "user" / "weights")
    out = tmp_path / "net.bnstudio"
    assert main(["convert", str(stored_model), str(out)]) == 0
    project = replace(SAMPLES["xor"].project, weights=load(out).weights)
    for start, path in (("weights", str(tmp_path / "net.weights")), ("new", "")):
        engine.asked.clear()
        engine.events[:] = [*BEGIN, *EPOCHS, DONE]
        save(replace(project, settings=replace(project.settings, start=start)), out)
        assert main(["train", str(out), "--no-record"]) == 0
        assert engine.asked[0].weights == path


def test_weights_that_are_gone_are_said(engine, tmp_path, stored_model, monkeypatch, capsys):
    monkeypatch.setattr(place, "default_folder", lambda: tmp_path / "user" / "weights")
    out = tmp_path / "net.bnstudio"
    assert main(["convert", str(stored_model), str(out)]) == 0
    save(replace(SAMPLES["xor"].project, weights=load(out).weights), out)
    (tmp_path / "net.weights").unlink()
    engine.events[:] = [*BEGIN, *EPOCHS, DONE]
    capsys.readouterr()
    assert main(["train", str(out), "--no-record"]) == 0
    assert "every layer begins with new ones" in capsys.readouterr().err
    assert main(["convert", str(out), str(tmp_path / "a.keras"), "--weights", "project"]) == 2
    assert "the file with its weights is not there" in capsys.readouterr().err


def test_events_and_model_are_written(engine, tmp_path, xor):
    engine.events[:] = [
        *BEGIN,
        *EPOCHS,
        Finished("cli", "early", 2, 0.4, model=str(tmp_path / "kept")),
    ]
    (tmp_path / "kept").write_bytes(b"weights")
    events, model = tmp_path / "events.jsonl", tmp_path / "model.keras"
    assert main(["train", xor, "--events", str(events), "--model", str(model)]) == 0
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
def test_a_run_that_fails_ends_with_status_1_and_says_why(engine, capsys, xor, end, said):
    engine.events[:] = [*BEGIN, end]
    assert main(["train", xor]) == 1
    assert said in capsys.readouterr().err
    (run,) = kept(xor)
    assert (run.state, run.message) == (
        getattr(end, "reason", type(end).__name__.lower()),
        end.message,
    )


def test_a_run_is_kept_beside_its_project_as_the_window_keeps_it(engine, capsys, tmp_path, xor):
    measured = Histograms("cli", 3, (histogram("hidden"),))
    engine.events[:] = [*BEGIN, *EPOCHS[:2], measured, *EPOCHS[2:], DONE]
    assert main(["train", xor, "--epochs", "2"]) == 0
    assert f"It is kept as Run 1 in {tmp_path / 'xor.runs'}." in capsys.readouterr().err
    (run,) = kept(xor)
    (asked,) = engine.asked
    assert (run.id, run.text) == (asked.run, asked.project)
    assert (run.state, run.title, run.number, run.elapsed) == ("completed", "Run 1", 1, 0.4)
    assert run.versions.keys() == {"keras", "tensorflow", "python", "bnstudio"}
    assert run.steps["loss"].tolist() == [0.7, 0.6]
    assert run.epochs["val_loss"].tolist() == [0.625, 0.25]
    assert run.history.kept() == [measured]
    assert asked.probe_seconds == Train("", "").probe_seconds, "as often as in the window"
    engine.events[:] = [*BEGIN, DONE]
    assert main(["train", xor]) == 0
    assert [run.title for run in kept(xor)] == ["Run 1", "Run 2"]


def test_the_model_lies_with_its_record(engine, tmp_path, xor, monkeypatch):
    def wait(self, _timeout):
        model = Path(self.asked[0].keep, "model.keras")
        model.write_bytes(b"weights")
        return [*BEGIN, msgspec.structs.replace(DONE, model=str(model))]

    monkeypatch.setattr(engine, "wait", wait)
    assert main(["train", xor, "--model", str(tmp_path / "mine.keras")]) == 0
    (run,) = kept(xor)
    assert Path(run.model) == tmp_path / "xor.runs" / "models" / f"{run.id}.keras"
    assert Path(run.model).read_bytes() == (tmp_path / "mine.keras").read_bytes() == b"weights"


def test_no_record_leaves_nothing(engine, tmp_path, xor, capsys):
    engine.events[:] = [*BEGIN, *EPOCHS, DONE]
    assert main(["train", xor, "--no-record"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["xor.bnstudio"]
    assert "kept as" not in capsys.readouterr().err
    assert engine.asked[0].probe_seconds == 0


def test_a_run_that_is_broken_off_counts_as_stopped(engine, xor, monkeypatch):
    monkeypatch.setattr(engine, "wait", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert main(["train", xor]) == 130
    (run,) = kept(xor)
    assert run.state == "stopped"


def test_where_the_folder_refuses_the_record_goes_to_the_user_s(
    engine, tmp_path, xor, capsys, users_runs
):
    (tmp_path / "xor.runs").write_text("a file")
    engine.events[:] = [*BEGIN, DONE]
    assert main(["train", xor]) == 0
    err = capsys.readouterr().err
    assert "instead. The run itself goes on." in err
    assert f"It is kept as Run 1 in {users_runs}." in err


def test_a_sample_s_runs_are_the_user_s(engine, users_runs):
    engine.events[:] = [*BEGIN, DONE]
    path = SAMPLES["xor"].path
    assert main(["train", str(path)]) == 0
    assert [run.title for run in RunStore(users_runs).runs()] == ["Run 1"]
    assert not path.with_suffix(".runs").exists()


def test_nothing_is_overwritten_by_a_run_that_never_begins(engine, tmp_path, xor):
    events = tmp_path / "events.jsonl"
    events.write_text("mine")
    engine.events[:] = [BEGIN[0], Died("gone")]
    assert main(["train", xor, "--events", str(events)]) == 1
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
def test_an_interrupt_stops_the_run_and_keeps_what_was_learnt(tmp_path, xor):
    command = [sys.executable, "-m", "bnstudio.main", "train", xor, "--epochs", "100000"]
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
    (run,) = kept(xor)
    assert (run.state, len(run.epochs)) == ("stopped", last["epochs"])
    assert run.history.count
    assert Path(run.model).read_bytes() == (tmp_path / "m.keras").read_bytes()
