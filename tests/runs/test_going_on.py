"""A run goes on in its own record; what came after the checkpoint is taken back first."""

import numpy as np
import pytest

from bnstudio.project import Project, ProjectError, dumps, loads
from bnstudio.runs.database import changing
from bnstudio.runs.going_on import NOT_KEPT, CannotGoOnError, go_on, standing
from bnstudio.runs.run import Run
from bnstudio.runs.script import remarks, script
from bnstudio.runs.store import RunStore
from bnstudio.settings import Settings
from bnstudio.training.checkpoint import LAST, Checkpoint, head, write
from bnstudio.training.messages import Epoch, Finished, LearningRateChanged, Started
from tests.ui.training.fakes import epoch, measurement, steps

PER_EPOCH, EPOCHS, NODES = 10, 5, ("a", "b")


def told(number: int) -> Epoch:
    found = epoch("r", number, (number + 1) * PER_EPOCH, float(number + 1))
    rate = 0.1 if number < 2 else 0.05
    return Epoch("r", number, found.steps_done, found.logs, found.elapsed, rate)


def messages(first: int, last: int) -> list:
    """What is told of the epochs from ``first`` on and before ``last``."""
    found: list = [Started("r", EPOCHS, PER_EPOCH, 80, 20, NODES, 5)]
    found += [measurement("r", NODES, first * PER_EPOCH)]
    for number in range(first, last):
        start = number * PER_EPOCH
        if number == 2:
            found.append(LearningRateChanged("r", start, 0.05))
        found += [steps("r", start + at, 5, number + at / 10 + 0.5) for at in (0, 5)]
        found += [measurement("r", NODES, start + PER_EPOCH), told(number)]
    return found


class Desk:
    """A store, and a run that is written to it."""

    def __init__(self, folder):
        self.store = RunStore(folder)
        self.run = Run("r", "Run 1", dumps(Project(settings=Settings(epochs=EPOCHS))), number=1)
        self.recorder = self.store.begin(self.run)
        assert self.recorder is not None

    def take(self, events) -> None:
        for event in events:
            self.run.apply(event)
            self.recorder.add(self.run, event)

    def keep(self, epochs: int) -> None:
        """The engine's checkpoint after so many epochs."""
        last = told(epochs - 1)
        kept = head(epochs, last.steps_done, last.elapsed)
        write(self.recorder.folder / LAST, Checkpoint(kept, tuple(map(told, range(epochs))), {}))

    def end(self, state="stopped") -> None:
        self.run.apply(Finished("r", state, len(self.run.epochs), self.run.elapsed))
        self.recorder.finish(self.run)

    def read(self) -> Run:
        """The record as another process finds it, when this one is over."""
        self.store.close()
        with changing(self.store.home.path) as connection:
            connection.execute("UPDATE runs SET writer = '1:0.00'")
        store = RunStore(self.store.home.folder)
        (run,) = store.runs()
        store.load(run)
        return run


def tables(run: Run) -> dict:
    return {
        (name, column): table[column].tolist()
        for name, table in (("steps", run.steps), ("epochs", run.epochs), ("rates", run.rates))
        for column in table
    }


@pytest.mark.parametrize("lag", [0, 1], ids=["the record is ahead", "the record lags"])
@pytest.mark.parametrize("kept", [1, 2, 3, 4])
def test_a_record_that_goes_on_is_that_of_an_unbroken_run(kept, lag, tmp_path):
    whole = Desk(tmp_path / "whole")
    whole.take(messages(0, EPOCHS))
    whole.end("completed")
    wanted = whole.read()

    broken = Desk(tmp_path / "broken")
    broken.take(messages(0, kept + 1 - lag)[: -1 if lag else None])
    broken.keep(kept)
    broken.end()
    assert standing(broken.store, broken.run).epochs == kept
    broken.recorder, path = go_on(broken.store, broken.run, EPOCHS)
    assert path == broken.recorder.folder / LAST
    assert broken.run.state == "waiting"
    assert len(broken.run.epochs) == kept
    assert broken.run.done_steps == kept * PER_EPOCH
    assert broken.run.elapsed == kept
    broken.take(messages(kept, EPOCHS))
    broken.end("completed")
    found = broken.read()
    assert tables(found) == tables(wanted)
    assert [m.step for m in found.history.kept()] == [m.step for m in wanted.history.kept()]
    assert (found.state, found.number, found.elapsed) == ("completed", 1, wanted.elapsed)
    assert found.id == wanted.id


def test_a_crash_right_after_the_rewind_leaves_the_rewound_run(tmp_path):
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, 4))
    desk.keep(2)
    desk.end()
    go_on(desk.store, desk.run, EPOCHS)
    found = desk.read()
    assert (found.state, len(found.epochs), len(found.steps)) == ("died", 2, 2 * PER_EPOCH)
    assert found.steps["step"].tolist() == list(range(2 * PER_EPOCH))
    assert found.rates.get("step") is None
    assert [m.step for m in found.history.kept()] == [0, 10]


def test_more_epochs_are_written_into_the_projects_text(tmp_path):
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, EPOCHS))
    desk.keep(EPOCHS)
    desk.end("completed")
    assert standing(desk.store, desk.run).complete
    before = tables(desk.run)
    with pytest.raises(CannotGoOnError, match="done 5 epochs; to go on it needs more than 5"):
        go_on(desk.store, desk.run, EPOCHS)
    go_on(desk.store, desk.run, 12)
    found = desk.read()
    assert (found.total_epochs, loads(found.text).settings.epochs) == (12, 12)
    assert tables(found) == before


def test_what_cannot_go_on_says_why_and_stays_as_it_is(tmp_path, monkeypatch):
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, 4))
    assert standing(desk.store, desk.run).reason == "It is still going on."
    desk.keep(2)
    desk.end()
    path = desk.recorder.folder / LAST
    kept = path.read_bytes()
    path.unlink()
    assert standing(desk.store, desk.run).reason == NOT_KEPT
    path.write_bytes(kept)
    before, state = tables(desk.run), vars(desk.run).copy()

    def locked(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bnstudio.runs.record.rewind", locked)
        with pytest.raises(CannotGoOnError, match="No space left"):
            go_on(desk.store, desk.run, EPOCHS)
    desk.run.text = "no project"
    with pytest.raises(CannotGoOnError, match="Run 1 cannot go on"):
        go_on(desk.store, desk.run, EPOCHS)
    desk.run.text = state["text"]
    assert vars(desk.run) == state
    path.write_bytes(b"PK no checkpoint")
    with pytest.raises(CannotGoOnError, match="cannot be read"):
        go_on(desk.store, desk.run, EPOCHS)
    assert tables(desk.read()) == before


def test_a_piece_that_cannot_be_read_does_not_stop_the_rest(tmp_path):
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, 2))
    desk.recorder._write()
    desk.take(messages(2, 4))
    desk.keep(1)
    desk.end()
    desk.store.close()
    with changing(desk.store.home.path) as connection:
        connection.execute(
            "UPDATE logs SET columns = x'00' WHERE id = "
            "(SELECT max(id) FROM logs WHERE kind = 'step')"
        )
    go_on(desk.store, desk.run, EPOCHS)
    found = desk.read()
    np.testing.assert_array_equal(found.steps["step"], np.arange(PER_EPOCH))


def test_the_script_of_a_run_says_what_was_done_by_hand(tmp_path):
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, 2))
    assert remarks(desk.run) == ()
    plain = script(desk.run)
    desk.take(messages(2, 3))
    text = script(desk.run)
    added = [line for line in text.splitlines() if line not in plain.splitlines()]
    assert added == [
        "    # The run was not this alone: its learning rate was set by hand while it trained.",
        "    # From step 21 on, in epoch 3: 0.05.",
    ]
    compile(text, "script", "exec")
    for step in range(30, 60):
        desk.run.apply(LearningRateChanged("r", step, 0.5))
    assert remarks(desk.run)[-1] == "And 11 times more."
    desk.run.text = "no project"
    with pytest.raises(ProjectError):
        script(desk.run)
