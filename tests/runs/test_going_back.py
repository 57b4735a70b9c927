"""A run and its record are taken back to its best epoch, and train on from there."""

import pytest

from bnstudio.runs.going_on import NO_BETTER, CannotGoOnError, go_back, go_on, standing
from bnstudio.training.checkpoint import BEST, LAST, Checkpoint, head, read_head, write
from tests.runs.test_going_on import EPOCHS, PER_EPOCH, Desk, messages, told


@pytest.fixture
def desk(tmp_path):
    """A run that is over, with its last and its second epoch kept."""
    desk = Desk(tmp_path / "runs")
    desk.take(messages(0, EPOCHS))
    desk.keep(EPOCHS)
    keep_best(desk, 2)
    desk.end("completed")
    return desk


def keep_best(desk, epochs):
    last = told(epochs - 1)
    kept = Checkpoint(
        head(epochs, last.steps_done, last.elapsed), tuple(map(told, range(epochs))), {}
    )
    write(desk.recorder.folder / BEST, kept)


def test_it_stands_as_after_that_epoch(desk):
    assert standing(desk.store, desk.run).best == 2
    desk.recorder, path = go_back(desk.store, desk.run)
    assert read_head(path).epochs == 2
    assert path.name == LAST
    run = desk.run
    assert (run.state, run.total_epochs, len(run.epochs)) == ("waiting", 2, 2)
    assert len(run.steps) == 2 * PER_EPOCH
    assert run.project.settings.epochs == 2
    desk.end("completed")
    found = desk.read()
    assert (len(found.epochs), len(found.steps)) == (2, 2 * PER_EPOCH)
    assert [m.step for m in found.history.kept()] == [0, 10]
    now = standing(desk.store, found)
    assert (now.epochs, now.best, now.complete) == (2, 0, True)


def test_it_can_be_trained_on_from_there(desk):
    with pytest.raises(CannotGoOnError, match="number 2, later than 1"):
        go_back(desk.store, desk.run, 1)
    go_back(desk.store, desk.run, 4)
    assert (desk.run.total_epochs, len(desk.run.epochs)) == (4, 2)


def test_a_crash_before_the_record_is_taken_back_harms_nothing(desk, monkeypatch):
    def locked(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bnstudio.runs.record.rewind", locked)
        with pytest.raises(CannotGoOnError, match="No space left"):
            go_back(desk.store, desk.run)
    assert len(desk.run.epochs) == EPOCHS
    assert standing(desk.store, desk.run).epochs == 2
    go_on(desk.store, desk.run, 3)
    assert len(desk.run.epochs) == 2


def test_what_has_no_better_epoch_says_so(desk):
    path = desk.recorder.folder / BEST
    whole = path.read_bytes()
    for content in (whole[:-40], b""):
        path.write_bytes(content)
        assert standing(desk.store, desk.run).best == 0
        assert not standing(desk.store, desk.run).reason
    keep_best(desk, EPOCHS)
    with pytest.raises(CannotGoOnError, match="Its best epoch is its last one"):
        go_back(desk.store, desk.run)
    path.unlink()
    with pytest.raises(CannotGoOnError) as raised:
        go_back(desk.store, desk.run)
    assert NO_BETTER in str(raised.value)
    assert read_head(desk.recorder.folder / LAST).epochs == EPOCHS


def test_early_stopping_leaves_a_run_that_can_be_trained_on(desk):
    desk.run.state = "early"
    assert standing(desk.store, desk.run).early
    assert standing(desk.store, desk.run).complete
    go_on(desk.store, desk.run, EPOCHS + 1)
    assert desk.run.state == "waiting"
