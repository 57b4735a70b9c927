"""``bnstudio runs``: the runs beside a project, for people and for programs."""

import json
from pathlib import Path

import pytest

from bnstudio.main import main
from bnstudio.project import Project, save
from bnstudio.runs import store as run_store
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from tests.ui.training.fakes import ROWS, whole_run


@pytest.fixture(autouse=True)
def users_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(run_store, "default_folder", lambda: tmp_path / "user" / "runs")


@pytest.fixture
def net(tmp_path) -> Path:
    """A project with two runs beside it."""
    save(Project(), path := tmp_path / "net.bnstudio")
    store = RunStore()
    store.follow(path)
    for number, end in ((1, "completed"), (2, "stopped")):
        run = Run(f"run{number}", f"Run {number}", "{}", number=number, tags=("a", "b\x1b[31m"))
        recorder = store.begin(run)
        for event in whole_run(run.id, ("a",), epochs=1 + number, end=end):
            run.apply(event)
            if run.live:
                recorder.add(run, event)
        recorder.finish(run)
    store.close()
    return path


def test_a_table_for_people(net, capsys):
    assert main(["runs", str(net)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "\x1b" not in out
    header, _rule, *rows = out.splitlines()
    assert header.split() == ["#", "Run", "State", "Tags", "Epochs", "Metric", "Last", "Best"]
    assert rows[0].split() == [
        "1", "Run", "1", "Completed", "a,", "b\\x1b[31m", "2/2", "loss", "0.6", "0.6",
    ]  # fmt: skip
    assert rows[1].split() == ["accuracy", "0.5", "0.5"]
    assert len(rows) == 4


def test_json_for_programs(net, capsys):
    assert main(["runs", str(net), "--format", "json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["runs"]
    assert (first["number"], first["state"], first["epochs"]) == (1, "completed", 2)
    assert (second["id"], second["state"], second["tags"]) == (
        "run2",
        "stopped",
        ["a", "b\x1b[31m"],
    )
    assert first["data"] == second["data"] == ROWS
    assert second["best"]["loss"] == second["last"]["loss"] == pytest.approx(1 / 3 + 0.1)


def test_a_project_without_runs(tmp_path, capsys):
    save(Project(), path := tmp_path / "net.bnstudio")
    assert main(["runs", str(path)]) == 0
    assert capsys.readouterr() == ("", "No run is kept for it yet.\n")
    assert main(["runs", str(path), "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"runs": []}
    assert main(["runs", str(path), "--tensorboard", str(tmp_path / "logs")]) == 0
    assert capsys.readouterr() == ("", "No run is kept for it yet.\n")
    assert not (tmp_path / "logs").exists()


def test_what_cannot_be_read_is_told(net, tmp_path, capsys):
    assert main(["runs", str(tmp_path / "gone.bnstudio")]) == 2
    assert "gone.bnstudio" in capsys.readouterr().err
    (tmp_path / "net.runs" / "runs.db").write_bytes(b"no database" * 20)
    assert main(["runs", str(net)]) == 2
    assert "its runs cannot be read" in capsys.readouterr().err


def test_runs_of_a_model_file(net, tmp_path, capsys):
    model = tmp_path / "net.keras"
    assert main(["runs", str(model)]) == 2
    assert "there is no such file" in capsys.readouterr().err
    model.write_bytes(b"PK\x03\x04\xff")
    assert main(["runs", str(model), "--format", "json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 2
