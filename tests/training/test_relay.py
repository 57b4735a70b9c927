"""The relay, with engines made of lists: when it looks, whom it asks, and what it never loses."""

import os

import pytest

from bnstudio.training import relay as module
from bnstudio.training.messages import (
    Died,
    Failed,
    Finished,
    Preview,
    Previewed,
    Ready,
    Steps,
    Stop,
    Train,
)
from bnstudio.training.relay import REST, WORN, Relay

READY = Ready("3", "2")
SEEN = Previewed("p", 0, (), (), (), (), ())


class Fake:
    """A client that says what it is told to say."""

    def __init__(self, pid):
        self.pid, self.ready, self.silent = pid, None, False
        self.coming, self.sent = [], []
        self.closed = self.killed = False

    def send(self, request):
        self.sent.append(request)

    def poll(self):
        coming, self.coming = self.coming, []
        self.ready = next((event for event in coming if isinstance(event, Ready)), self.ready)
        return coming

    def kill(self):
        self.killed = True

    def close(self):
        self.closed = True


class Stage:
    """A relay, every engine that it started, and the clock and the memory that it sees."""

    def __init__(self):
        self.now, self.clients, self.memory = 0.0, [], {}
        self.relay = Relay(self.start, lambda pid: self.memory.get(pid, 100), lambda: self.now)

    def start(self):
        self.clients.append(Fake(len(self.clients) + 1))
        return self.clients[-1]

    def say(self, client, *events):
        self.clients[client].coming += events
        return self.relay.poll()

    def grow(self, client):
        self.memory[self.clients[client].pid] = 100 + WORN + 1

    def run(self, client, name="r"):
        self.relay.send(Train(name, ""))
        return self.say(client, Finished(name, "completed", 1, 0.1))

    def rest(self):
        self.now += REST
        return self.relay.poll()

    def take_over(self, client):
        found = self.say(client, READY)
        for thread in self.relay._leaving:
            thread.join()
        return found


@pytest.fixture
def stage():
    stage = Stage()
    assert stage.say(0, READY) == [READY]
    return stage


def test_a_worn_engine_is_replaced_once_the_next_is_ready(stage):
    stage.grow(0)
    assert stage.run(0) == [Finished("r", "completed", 1, 0.1)]
    assert len(stage.clients) == 1  # it may still tidy up
    stage.rest()
    old, new = stage.clients
    assert not old.closed
    assert stage.relay.pid == old.pid
    assert stage.take_over(1) == []  # that there is another is nobody's concern
    assert old.closed
    assert not old.killed
    assert stage.relay.pid == new.pid
    stage.relay.send(Train("next", ""))
    assert new.sent == [Train("next", "")]
    assert stage.say(1, Steps("next", 0, {}, 0.1)) == [Steps("next", 0, {}, 0.1)]


def test_an_engine_that_has_not_grown_much_stays(stage):
    stage.memory[1] = 100 + WORN
    for _ in range(50):
        stage.run(0)
        stage.rest()
    assert len(stage.clients) == 1


def test_growth_is_counted_from_each_engines_own_start(stage):
    stage.grow(0)
    stage.run(0)
    stage.memory[2] = 10 * WORN
    stage.rest()
    stage.take_over(1)
    stage.run(1)
    stage.rest()
    assert len(stage.clients) == 2


@pytest.mark.parametrize(
    ("request_", "end"),
    [
        (Train("r", ""), Finished("r", "stopped", 1, 0.1)),
        (Train("r", ""), Failed("r", "no")),
        (Preview("p", ""), SEEN),
        (Preview("p", ""), Failed("p", "no")),
    ],
)
def test_a_job_is_done_by_the_engine_that_was_given_it(stage, request_, end):
    stage.grow(0)
    stage.run(0, "first")
    stage.rest()
    stage.relay.send(request_)
    stage.take_over(1)
    old, new = stage.clients
    stage.relay.send(Stop())
    assert old.sent[-2:] == [request_, Stop()]
    assert not old.closed
    assert stage.say(0, end) == [end]
    assert stage.relay.pid == new.pid
    assert new.sent == []


def test_a_busy_engine_is_not_looked_at(stage):
    stage.grow(0)
    stage.run(0)
    stage.relay.send(Train("second", ""))
    stage.rest()
    assert len(stage.clients) == 1
    stage.say(0, Finished("second", "completed", 1, 0.1))
    stage.rest()
    assert len(stage.clients) == 2


def test_a_relief_that_dies_is_unseen_and_tried_again_after_the_next_job(stage):
    stage.grow(0)
    stage.run(0)
    stage.rest()
    assert stage.say(1, Died("no memory")) == []
    assert stage.clients[1].closed
    stage.rest()
    assert len(stage.clients) == 2
    stage.run(0)
    stage.rest()
    stage.take_over(2)
    assert stage.relay.pid == 3


def test_a_relief_that_cannot_be_started_is_unseen(stage, monkeypatch):
    def fail():
        raise OSError("no more processes")

    monkeypatch.setattr(stage.relay, "_start", fail)
    stage.grow(0)
    stage.run(0)
    assert stage.rest() == []
    assert stage.relay.pid == 1


def test_a_death_is_passed_on_and_closing_ends_both(stage):
    stage.grow(0)
    stage.run(0)
    stage.rest()
    stage.relay.send(Train("lost", ""))
    assert stage.say(0, Died("killed")) == [Died("killed")]
    stage.relay.kill()
    stage.relay.close()
    assert stage.clients[0].killed
    assert all(client.closed for client in stage.clients)


def test_memory_is_that_of_the_process():
    assert module.memory_of(os.getpid()) > 10 * 2**20
    assert module.memory_of(None) == 0
    assert module.memory_of(2**22 + 1) == 0
