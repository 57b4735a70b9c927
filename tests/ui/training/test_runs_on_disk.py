"""Runs kept on disk: what is read is what was measured, and nothing corrupt does harm."""

import math

import msgspec
import numpy as np
import pytest

from bnstudio.training.messages import Epoch, Started, Steps
from bnstudio.ui.panels.runs import csv_text
from bnstudio.ui.run_store import RunStore
from tests.ui.training.fakes import steps


def listed(desk) -> list:
    return list(RunStore(desk.store.folder).runs())


def test_a_run_is_read_back_as_it_was(desk):
    desk.finish_run()
    was = desk.session.run
    (run,) = listed(desk)
    assert not run.loaded
    for name in ("id", "title", "text", "source", "number", "state", "elapsed", "nodes", "model"):
        assert getattr(run, name) == getattr(was, name)
    assert run.best("loss") == was.best("loss")
    assert len(run.steps) == 0
    desk.store.load(run)
    assert set(run.steps) == set(was.steps)
    for name in was.steps:
        np.testing.assert_array_equal(run.steps[name], was.steps[name])
    assert run.history.kept() == was.history.kept()


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


def test_measurements_of_an_earlier_version_are_read(desk):
    desk.finish_run()
    was = desk.session.run.history.kept()
    path = desk.store.path(desk.session.run) / "activations.msgpack"
    written = msgspec.msgpack.decode(path.read_bytes())
    fields = {"type", "node", "counts", "low", "high", "below", "above", "mean", "std"}
    fields |= {"zeros", "bad"}
    for measured in written:
        for layer in measured["layers"]:
            assert layer.keys() > fields
            for name in layer.keys() - fields:
                del layer[name]
    path.write_bytes(msgspec.msgpack.encode(written))
    (run,) = listed(desk)
    desk.store.load(run)
    assert run.history.kept() == was


def test_a_run_without_a_record_stays_in_memory(desk):
    desk.store.folder.parent.mkdir(exist_ok=True)
    desk.store.folder.write_text("a file where the folder should be")
    desk.finish_run()
    first = desk.session.run
    desk.finish_run()
    assert len(first.steps)


def test_values_that_are_not_finite_survive(desk):
    run = desk.train()
    desk.tick(
        Started(run, 3, 10, 80, 20, (), 1),
        Steps(run, 0, {"loss": (1.0, math.nan)}, 0.1),
        Epoch(run, 0, 2, {"loss": math.nan, "val_loss": 2.0}, 0.2),
    )
    desk.session.close()
    (read,) = listed(desk)
    desk.store.load(read)
    assert read.state == "stopped"
    assert math.isnan(read.steps["loss"][1])
    assert math.isnan(read.epochs["loss"][0])
    assert read.best("loss") == (0, 2.0)


def test_a_run_that_the_studio_did_not_survive_is_listed_as_lost(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    (read,) = listed(desk)
    assert read.state == "died"
    assert read.message


def test_numbers_go_on_across_sessions(new_desk):
    new_desk().finish_run()
    second = new_desk()
    second.finish_run()
    assert second.session.run.title == "Run 2"
    second.session.list_runs()
    second.session._list_some()
    assert [run.title for run in second.session.runs] == ["Run 1", "Run 2"]


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
def test_an_entry_that_cannot_be_read_is_left_alone(desk, file, content):
    desk.finish_run()
    folder = desk.store.path(desk.session.run)
    desk.finish_run()
    (folder / file).write_bytes(content)
    store = RunStore(desk.store.folder)
    assert [run.title for run in store.runs()] == ["Run 2"]
    assert store.unreadable == [folder]
    assert (folder / file).read_bytes() == content


@pytest.mark.parametrize("file", ["steps.jsonl", "epochs.jsonl", "activations.msgpack"])
def test_logs_are_read_as_far_as_they_go(desk, file):
    desk.finish_run()
    path = desk.store.path(desk.session.run) / file
    path.write_bytes(path.read_bytes()[:-20] + b"\n\xff{}\n[1]\n")
    (run,) = listed(desk)
    desk.store.load(run)
    assert run.state == "completed"
    path.unlink()
    (run,) = listed(desk)
    desk.store.load(run)
    assert run.loaded


def test_stray_files_are_no_runs(desk):
    desk.finish_run()
    (desk.store.folder / "notes.txt").write_text("mine")
    (desk.store.folder / "mine").mkdir()
    assert len(listed(desk)) == 1


def test_a_run_that_copies_another_is_not_listed_twice(desk):
    desk.finish_run()
    folder = desk.store.path(desk.session.run)
    copy = folder.with_name("00007-" + desk.session.run.id)
    copy.mkdir()
    for file in folder.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    assert len(listed(desk)) == 1


def test_csv_holds_every_epoch_and_every_step(desk):
    desk.finish_run()
    lines = csv_text(desk.session.run).splitlines()
    assert lines[0].split(",")[:4] == ["of", "epoch", "step", "elapsed"]
    assert [line.split(",")[0] for line in lines].count("epoch") == 3
    assert [line.split(",")[0] for line in lines].count("step") == 30
