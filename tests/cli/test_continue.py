"""``bnstudio train --continue``: a kept run goes on, from its last epoch or its best one."""

from pathlib import Path

import msgspec
import pytest

from bnstudio.main import main
from bnstudio.project import loads, save
from bnstudio.training.checkpoint import BEST, LAST, Checkpoint, head, write
from bnstudio.training.messages import Epoch, Finished, Started
from tests.cli.test_train import SAMPLES, engine, kept, users_runs, xor

__all__ = ["engine", "users_runs", "xor"]


def started(done=0, epochs=3):
    return Started("", epochs, 3, 400, 100, ("hidden",), 33, epochs_done=done, steps_done=3 * done)


def epoch(number):
    return Epoch("", number, 3 * number + 3, {"loss": 1.0 / (number + 1)}, number + 1.0)


def trained(engine, xor, done, state="stopped", best=1):
    """A run that ended after so many of three epochs, as ``train`` and the engine keep it."""
    engine.events[:] = [started(), *map(epoch, range(done)), Finished("", state, done, 1.0)]
    asked = len(engine.asked)
    main(["train", xor, "--epochs", "3"])
    for name, epochs in ((LAST, done), (BEST, best)):
        keep(engine.asked[asked].keep, name, epochs)


def keep(folder, name, epochs):
    """What the engine leaves after so many epochs."""
    path = Path(folder, name)
    path.parent.mkdir(exist_ok=True)
    told = tuple(map(epoch, range(epochs)))
    write(path, Checkpoint(head(epochs, 3 * epochs, 1.0), told, {}))


@pytest.fixture
def said(engine, monkeypatch):
    """Has every message be of the run that was asked for."""

    def rename(self, _timeout):
        events, self.events[:] = [*self.events], []
        return [msgspec.structs.replace(event, run=self.asked[-1].run) for event in events]

    monkeypatch.setattr(engine, "wait", rename)
    return engine


def test_the_newest_run_goes_on_from_its_last_epoch(said, xor, capsys):
    trained(said, xor, 1)
    trained(said, xor, 2)
    said.events[:] = [started(2), epoch(2), Finished("", "completed", 3, 2.0)]
    save(SAMPLES["wine"].project, xor)  # it goes on as what it was
    assert main(["train", xor, "--continue"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("epoch 3/3")
    request = said.asked[-1]
    assert request.run == said.asked[-2].run
    assert request.checkpoint.endswith(LAST)
    assert loads(request.project).source.name == "xor"
    runs = kept(xor)
    assert [(run.state, len(run.epochs)) for run in runs] == [("stopped", 1), ("completed", 3)]


@pytest.mark.parametrize("which", ["1", "Run 1"])
def test_one_is_named_and_goes_on_for_more_or_from_its_best(said, xor, which):
    trained(said, xor, 3, "completed")
    trained(said, xor, 2)
    said.events[:] = [started(1, 5), epoch(1), Finished("", "stopped", 2, 2.0)]
    assert main(["train", xor, "--continue", which, "--from-best", "--epochs", "5"]) == 0
    assert said.asked[-1].run == said.asked[0].run
    assert loads(said.asked[-1].project).settings.epochs == 5
    assert {(run.number, len(run.epochs), run.total_epochs) for run in kept(xor)} == {
        (1, 2, 5),
        (2, 2, 3),
    }
    keep(said.asked[-1].keep, LAST, 2)
    said.events[:] = [started(1, 1), Finished("", "completed", 1, 2.0)]
    assert main(["train", xor, "--continue", which, "--from-best"]) == 0
    assert loads(said.asked[-1].project).settings.epochs == 1


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--continue"], "no run is kept for it yet"),
        (["--continue", "7"], "there is no run '7'"),
        (["--from-best"], "add --continue"),
        (["--continue", "--seed", "1"], "its own seed"),
        (["--continue", "--no-record"], "goes on in its record"),
    ],
)
def test_what_cannot_be_is_refused_in_words(engine, xor, capsys, arguments, reason):
    assert main(["train", xor, *arguments]) == 2
    assert reason in capsys.readouterr().err
    assert engine.asked == []


def test_a_run_that_is_complete_wants_more_epochs(said, xor, capsys):
    trained(said, xor, 3, "completed", best=3)
    assert main(["train", xor, "--continue"]) == 2
    assert "has done 3 epochs; to go on it needs more than 3" in capsys.readouterr().err
    assert main(["train", xor, "--continue", "--from-best"]) == 2
    assert "best epoch is its last one" in capsys.readouterr().err
