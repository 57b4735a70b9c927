"""What an engine was to get ready for is told to the one that relieves it."""

from bnstudio.training.messages import Died, Finished, Prepare, Ready, Train
from tests.training.test_relay import READY, Stage


def test_the_relief_gets_ready_for_the_same_project():
    stage = Stage()
    stage.say(0, READY)
    stage.grow(0)
    stage.relay.send(Prepare("before"))
    stage.relay.send(Prepare("now"))
    stage.rest()
    assert len(stage.clients) == 2, "getting ready wears an engine too"
    stage.take_over(1)
    assert stage.clients[1].sent == [Prepare("now")]


def test_what_a_run_has_used_is_not_made_again():
    stage = Stage()
    stage.say(0, READY)
    stage.relay.send(Prepare("now"))
    stage.relay.send(Train("r", "now"))
    stage.say(0, Finished("r", "completed", 1, 0.1))
    stage.grow(0)
    stage.rest()
    stage.take_over(1)
    assert stage.clients[1].sent == []


def test_a_dead_engine_is_not_looked_at():
    stage = Stage()
    stage.say(0, Ready("3", "2"))
    stage.relay.send(Prepare("now"))
    stage.grow(0)
    stage.say(0, Died("gone"))
    stage.rest()
    assert len(stage.clients) == 1
