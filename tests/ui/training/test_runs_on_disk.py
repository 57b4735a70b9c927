"""Runs kept on disk: what is read is what was measured, and nothing corrupt does harm."""

import json
import math
import sqlite3
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bnstudio.histogram import BINS, Histogram
from bnstudio.runs.csv_text import csv_text
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Epoch, Finished, Histograms, Started, Steps
from tests.ui.training.fakes import ROWS, steps, whole_run


def listed(desk) -> list:
    return list(RunStore(desk.store.home.folder).runs())


def listed_by_another_process(desk) -> list:
    """What a later start finds: the process that wrote is over."""
    change(desk, "UPDATE runs SET writer = '1:0.00'")
    return listed(desk)


def list_all(desk) -> None:
    """Lists what the session would in a few ticks."""
    for _ in range(10):
        desk.session._list_some()


def change(desk, statement: str, *values) -> None:
    connection = sqlite3.connect(desk.store.home.path)
    with connection:
        connection.execute(statement, values)
    connection.close()


def test_a_run_is_read_back_as_it_was(desk):
    desk.finish_run()
    was = desk.session.run
    (run,) = listed(desk)
    assert not run.loaded
    for name in (
        "id", "title", "text", "source", "number", "created", "state", "total_epochs",
        "steps_per_epoch", "train_rows", "validation_rows", "parameters", "nodes", "elapsed",
        "message", "node", "model", "tags", "versions", "data",
    ):  # fmt: skip
        assert getattr(run, name) == getattr(was, name), name
    assert run.versions.keys() == {"keras", "tensorflow", "bnstudio", "python"}
    assert run.best("loss") == was.best("loss")
    assert len(run.steps) == 0
    desk.store.load(run)
    for before, after in ((was.steps, run.steps), (was.epochs, run.epochs)):
        assert list(before) == list(after)
        for name in before:
            np.testing.assert_array_equal(after[name], before[name])
    assert run.history.kept() == was.history.kept()


def test_what_was_trained_can_be_queried_without_the_studio(desk):
    desk.finish_run()
    desk.finish_run()
    connection = sqlite3.connect(desk.store.home.path)
    rows = connection.execute(
        "SELECT settings, data, text FROM runs JOIN projects ON project = hash"
    ).fetchall()
    (texts,) = connection.execute("SELECT count(*) FROM projects").fetchone()
    connection.close()
    project = json.loads(desk.session.run.text)
    assert texts == 1, "runs of one drawing share its text"
    assert rows[0] == rows[1]
    settings, mark, text = rows[0]
    assert json.loads(settings) == project["settings"]
    assert json.loads(text) == project
    assert mark == ROWS


def test_the_mark_that_an_earlier_version_made_of_the_source_is_none_of_the_rows(desk):
    desk.finish_run()
    change(desk, "UPDATE runs SET data = ?", "0" * 64)
    (run,) = listed(desk)
    assert run.data == ""


def test_an_earlier_run_is_left_to_the_disk_until_it_is_looked_at(desk):
    session = desk.session
    desk.finish_run()
    first = session.run
    losses, measured = first.steps["loss"].copy(), first.history.kept()
    desk.finish_run()
    second = session.run
    assert (len(first.steps), first.history.count) == (0, 0)
    assert first.best("loss"), "what the list shows stays"
    session.set_ghosts((second,))
    desk.finish_run()
    assert len(second.steps), "it is drawn behind the current one"
    assert session.show(first)
    np.testing.assert_array_equal(first.steps["loss"], losses)
    assert first.history.kept() == measured


def test_a_run_without_a_record_stays_in_memory(desk):
    desk.store.home.folder.write_text("a file where the folder should be")
    desk.finish_run()
    first = desk.session.run
    desk.finish_run()
    assert len(first.steps)
    assert desk.session.delete(first)
    desk.session.undelete(first)
    assert first in desk.session.runs


def test_values_that_are_not_finite_survive(desk):
    run = desk.train()
    desk.tick(
        Started(run, 3, 10, 80, 20, (), 1),
        Steps(run, 0, {"loss": (1.0, math.nan, math.inf)}, 0.1),
        Epoch(run, 0, 3, {"loss": math.nan, "val_loss": 2.0}, 0.2),
    )
    desk.session.close()
    (read,) = listed(desk)
    desk.store.load(read)
    assert read.state == "stopped"
    assert np.isnan(read.steps["loss"][1])
    assert np.isposinf(read.steps["loss"][2])
    assert math.isnan(read.epochs["loss"][0])
    assert read.best("loss") == (0, 2.0)


def test_a_run_that_goes_on_in_another_window_is_not_listed_until_it_is_over(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    assert listed(desk) == []
    desk.tick(Finished(run, "stopped", 0, 1.0))
    assert [found.id for found in listed(desk)] == [run]


def test_a_run_that_the_studio_did_not_survive_is_listed_as_lost(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    (read,) = listed_by_another_process(desk)
    assert read.state == "died"
    assert read.message


def test_numbers_go_on_across_sessions(new_desk):
    new_desk().finish_run()
    second = new_desk()
    second.finish_run()
    assert second.session.run.title == "Run 2"
    second.session.list_runs()
    list_all(second)
    assert [run.title for run in second.session.runs] == ["Run 1", "Run 2"]


def test_the_model_that_the_engine_leaves_gets_the_name_of_its_run(desk):
    run = desk.train()
    left = Path(desk.engine.sent[-1].keep) / "model.keras"
    left.write_bytes(b"learned")
    desk.tick(Finished(run, "completed", 1, 1.0, model=str(left)))
    model = desk.store.folder / "models" / f"{run}.keras"
    assert desk.session.run.model == str(model)
    assert model.read_bytes() == b"learned"
    assert list(model.parent.iterdir()) == [model]
    (read,) = listed(desk)
    assert read.model == str(model)
    moved = desk.store.folder.rename(desk.store.folder.with_name("elsewhere"))
    (read,) = RunStore(moved).runs()
    assert Path(read.model).read_bytes() == b"learned"
    store = RunStore(moved)
    (read,) = store.runs()
    store.hide(read)
    store.close()
    assert list((moved / "models").iterdir()) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "unheard of"),
        ("state", b"\xff"),
        ("title", b"5"),
        ("number", "many"),
        ("number", -4),
        ("created", 1e300),
        ("tags", "{"),
        ("tags", "[1]"),
        ("nodes", "[" * 100_000),
        ("id", "../../../etc/passwd"),
        ("id", b"\x00"),
    ],
)
def test_an_entry_that_cannot_be_read_is_left_alone(desk, column, value):
    desk.finish_run()
    desk.finish_run()
    change(desk, f"UPDATE runs SET {column} = ? WHERE number = 1", value)
    store = RunStore(desk.store.home.folder)
    assert [run.title for run in store.runs()] == ["Run 2"]
    assert len(store.unreadable) == 1
    assert not store.faults
    connection = sqlite3.connect(desk.store.home.path)
    (found,) = connection.execute(f"SELECT count(*) FROM runs WHERE {column} = ?", (value,))
    connection.close()
    assert found == (1,)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE logs SET columns = x'00'",
        "UPDATE logs SET columns = substr(columns, 1, 40)",
        "UPDATE logs SET columns = zeroblob(1000)",
        "UPDATE logs SET columns = 'text'",
        "UPDATE logs SET rows = 10000000000",
        "UPDATE logs SET rows = -1",
        "UPDATE logs SET rows = 'x'",
        "UPDATE logs SET kind = 'step'",
        "INSERT INTO logs SELECT id + 100, run, kind, rows, columns FROM logs",
        "UPDATE histograms SET layers = x'ff'",
        "UPDATE histograms SET layers = 7",
        "DELETE FROM logs",
        "DROP TABLE histograms",
        "DELETE FROM projects",
    ],
)
def test_logs_are_read_as_far_as_they_go(desk, statement):
    desk.finish_run()
    change(desk, statement)
    store = RunStore(desk.store.home.folder)
    (run,) = store.runs()
    store.load(run)
    assert run.state == "completed"
    assert run.loaded
    assert len(run.steps) in (0, 30)
    assert len(run.epochs) in (0, 3)
    assert run.progress == 1.0


def test_stray_files_are_no_runs(desk):
    desk.finish_run()
    (desk.store.folder / "notes.txt").write_text("mine")
    (desk.store.folder / "mine").mkdir()
    assert len(listed(desk)) == 1


def test_runs_lie_beside_a_saved_project_and_earlier_ones_stay_listed(new_desk, tmp_path):
    desk = new_desk()
    session = desk.session
    desk.finish_run()
    desk.document.set_path(tmp_path / "net.bnstudio")
    desk.finish_run()
    assert session.run.title == "Run 2"
    beside = tmp_path / "net.runs"
    assert Path(desk.engine.sent[-1].keep).parent == beside / "models"
    desk.document.set_path(tmp_path / "other.bnstudio")
    desk.finish_run()
    assert [run.title for run in RunStore(beside).runs()] == ["Run 2"]
    session.rename(session.runs[1], "wide")
    assert [run.title for run in RunStore(beside).runs()] == ["wide"]
    session.show(session.runs[1])
    assert len(session.run.steps) == 30
    later = new_desk()
    later.document.set_path(tmp_path / "net.bnstudio")
    later.session.list_runs()
    list_all(later)
    assert [run.title for run in later.session.runs] == ["Run 1", "wide"]
    later.document.set_path(tmp_path / "other.bnstudio")
    list_all(later)
    assert [run.title for run in later.session.runs] == ["Run 1", "wide", "Run 3"]


def test_where_the_project_s_folder_refuses_the_run_is_kept_in_the_user_s(desk, tmp_path):
    (tmp_path / "net.runs").write_text("a file")
    desk.document.set_path(tmp_path / "net.bnstudio")
    desk.finish_run()
    assert [run.title for run in listed(desk)] == ["Run 1"]
    assert [kind for kind, _ in desk.notes] == ["warning", "good"]
    assert "instead" in desk.notes[0][1]


def test_a_damaged_database_is_set_aside_and_told_once(desk):
    desk.store.folder.mkdir()
    desk.store.home.path.write_bytes(b"no database" * 1000)
    desk.finish_run()
    desk.finish_run()
    warnings = [text for kind, text in desk.notes if kind == "warning"]
    assert len(warnings) == 1
    assert "runs.db.damaged-1" in warnings[0]
    aside = desk.store.home.path.with_name("runs.db.damaged-1")
    assert aside.read_bytes() == b"no database" * 1000
    assert len(listed(desk)) == 2


def test_tags_last(desk):
    desk.finish_run()
    run = desk.session.run
    desk.session.tag(run, [" good  one", "", "wide", "wide", "\ud800"])
    assert run.tags == ("good one", "wide", "?")
    (read,) = listed(desk)
    assert read.tags == run.tags


def old_folder(desk, number: int = 3, end: str = "completed") -> Path:
    """A run as earlier versions have kept it."""
    folder = desk.store.home.folder / f"{number:05}-old{number}"
    folder.mkdir(parents=True)
    summary = {
        "version": 1, "id": f"old{number}", "title": f"Run {number}", "source": "moons",
        "number": number, "created": 1.7e9, "state": end, "total_epochs": 3,
    }  # fmt: skip
    (folder / "run.json").write_text(json.dumps(summary))
    (folder / "project.bnstudio").write_text("{}")
    with (folder / "steps.jsonl").open("w") as logs, (folder / "epochs.jsonl").open("w") as epochs:
        for event in whole_run(f"old{number}", ("a",), end=""):
            match event:
                case Steps():
                    line = {"first": event.first, "elapsed": event.elapsed, "logs": event.logs}
                    print(json.dumps(line), file=logs)
                case Epoch():
                    line = {"epoch": event.epoch, "step": event.steps_done}
                    line |= {"elapsed": event.elapsed, "logs": event.logs}
                    print(json.dumps(line), file=epochs)
        logs.write('{"first": 30, "ela')
    return folder


class TestOldFolders:
    def test_they_are_listed_and_read_where_they_lie(self, desk):
        old_folder(desk)
        desk.finish_run()
        assert desk.session.run.title == "Run 4"
        store = RunStore(desk.store.home.folder)
        old, new = store.runs()
        assert (old.title, new.title) == ("Run 3", "Run 4")
        assert old.best("loss") == new.best("loss")
        store.load(old)
        assert len(old.steps) == 30

    def test_they_are_renamed_and_deleted_like_others(self, desk):
        folder = old_folder(desk)
        store = RunStore(desk.store.home.folder)
        (run,) = store.runs()
        run.title, run.tags = "wide", ("good",)
        store.describe(run)
        (run,) = store.runs()
        assert (run.title, run.tags) == ("wide", ("good",))
        store.hide(run)
        assert list(store.runs()) == []
        store.unhide(run)
        store.hide(run)
        store.close()
        assert not folder.exists()

    @pytest.mark.parametrize(
        ("file", "content"),
        [
            ("run.json", b""),
            ("run.json", b"{"),
            ("run.json", b"[" * 100_000),
            ("run.json", b'{"version": 99}'),
            ("run.json", b"\xff\xfe\x00"),
            ("project.bnstudio", b"\xff\xfe"),
        ],
    )
    def test_one_that_cannot_be_read_is_left_alone(self, desk, file, content):
        folder = old_folder(desk)
        old_folder(desk, 4)
        (folder / file).write_bytes(content)
        store = RunStore(desk.store.home.folder)
        assert [run.title for run in store.runs()] == ["Run 4"]
        assert store.unreadable == [folder]
        assert (folder / file).read_bytes() == content


def test_csv_holds_every_epoch_and_every_step(desk):
    desk.finish_run()
    lines = csv_text(desk.session.run).splitlines()
    assert lines[0].split(",")[:4] == ["of", "epoch", "step", "elapsed"]
    assert [line.split(",")[0] for line in lines].count("epoch") == 3
    assert [line.split(",")[0] for line in lines].count("step") == 30


def test_measurements_of_an_earlier_version_are_read(desk):
    folder = old_folder(desk)
    layer = Histogram("a", (1,) * BINS, 0.0, 1.0, 2, 3, 0.5, 0.25, 0.125, 4)
    fields = ("node", "counts", "low", "high", "below", "above", "mean", "std", "zeros", "bad")
    written = {"type": "Histogram"} | {name: getattr(layer, name) for name in fields}
    store = RunStore(desk.store.home.folder)
    (run,) = store.runs()
    measured = {"type": "Histograms", "run": run.id, "step": 1, "layers": [written]}
    (folder / "activations.msgpack").write_bytes(msgspec.msgpack.encode([measured]))
    store.load(run)
    assert run.history.kept() == [Histograms(run.id, 1, (layer,))]
    assert store.moments(run, [1, 2]) == [Histograms(run.id, 1, (layer,)), None]
    assert store.history(run).kept() == run.history.kept()
    assert list(store.history(run).steps) == [1]
