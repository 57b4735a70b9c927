"""The client, against programs that play the engine: honest, dying, babbling or deaf."""

import re
import subprocess
import sys
import threading
import time

import psutil
import pytest

from bnstudio.training import client as module
from bnstudio.training.client import Client
from bnstudio.training.messages import (
    MAX_FRAME,
    Beat,
    Died,
    Epoch,
    Paused,
    Preview,
    Ready,
    Silent,
    Stop,
    Train,
)

PROLOGUE = """
import sys, time, os
from bnstudio.training.frames import encode, requests
from bnstudio.training.messages import *
out = os.fdopen(os.dup(1), "wb", buffering=0)
def say(*messages):
    for message in messages: out.write(encode(message))
"""
READY = "say(Ready('3', '2'))\n"
ECHO = (
    "for got in iter(requests(sys.stdin.buffer).read, None): say(Paused(got[0].__class__.__name__))"
)
SERVE = "sys.stdin.buffer.read()"
DEAF = "time.sleep(600)"


@pytest.fixture
def start(monkeypatch):
    """Starts a client whose engine runs the given lines."""
    clients, threads = [], threading.active_count()

    def begin(lines):
        def spawn():
            return subprocess.Popen(
                [sys.executable, "-c", PROLOGUE + lines],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )

        monkeypatch.setattr(module, "_spawn", spawn)
        clients.append(Client())
        return clients[-1]

    yield begin
    for client in clients:
        client.close()
    assert threading.active_count() == threads


def until(client, kind, seconds=20.0):
    """The events up to and with the first of a kind."""
    found, deadline = [], time.monotonic() + seconds
    while not any(isinstance(event, kind) for event in found):
        assert time.monotonic() < deadline, found
        found += client.wait(1.0)
    return found


def test_requests_go_out_and_events_come_in_in_order(start):
    client = start(READY + ECHO)
    for _ in range(50):
        client.send(Stop())
    client.send(Train("last", "project"))
    found = []
    while Paused("Train") not in found:
        found += until(client, Paused)
    assert found == [Ready("3", "2"), *[Paused("Stop")] * 50, Paused("Train")]
    assert client.ready == Ready("3", "2")
    assert client.alive
    assert client.poll() == []


def test_signs_of_life_are_not_passed_on(start):
    client = start("say(Beat(), Ready('3', '2'), Beat(), Paused('r'))\n" + SERVE)
    assert until(client, Paused) == [Ready("3", "2"), Paused("r")]


def test_a_job_that_is_too_long_to_be_sent_fails_in_words(start):
    client = start(READY + ECHO)
    until(client, Ready)
    for job, request in (("r", Train("r", "x" * MAX_FRAME)), ("p", Preview("p", "x" * MAX_FRAME))):
        client.send(request)
        (failed,) = client.poll()
        assert failed.run == job
        assert "too large" in failed.message
    client.send(Stop())
    assert until(client, Paused) == [Paused("Stop")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("sys.exit(7)", "exit code 7"),
        ("os.kill(os.getpid(), 9)", "SIGKILL.*memory"),
        ("os.kill(os.getpid(), 11)", "SIGSEGV"),
        ("raise ValueError('told')", "exit code 1"),
    ],
)
def test_a_death_is_told_in_words_within_a_second(start, lines, words):
    client = start(READY + "sys.stdin.buffer.read(1)\n" + lines)
    until(client, Ready)
    began = time.monotonic()
    client.send(Stop())
    (died,) = until(client, Died)
    assert time.monotonic() - began < 1

    assert re.search(words, died.message)
    assert "The project is safe" in died.message
    assert ("ValueError: told" in died.detail) == ("told" in lines)
    assert not client.alive
    assert client.wait(0.1) == []
    client.send(Stop())  # is lost, and that is all


@pytest.mark.parametrize(
    "lines",
    [
        "out.write(b'hello, this is a library that prints')",
        "out.write(b'\\xff\\xff\\xff\\xff')",
        "out.write(b'\\x00\\x00\\x00\\x02ab')",
        "out.write(encode(Paused('r'))[:-1]); sys.exit()",
        "out.write(encode(Train('r', 'a request is not an event')))",
    ],
)
def test_what_is_no_message_ends_the_engine(start, lines):
    client = start(READY + lines + "\n" + SERVE)
    *_, died = until(client, Died)
    assert "sent something unreadable" in died.message
    assert not psutil.pid_exists(client.pid) or client._process.returncode is not None


def test_an_engine_that_closes_its_pipe_is_ended(start):
    client = start(READY + "out.close(); os.close(1)\n" + SERVE)
    *_, died = until(client, Died)
    assert "closed its connection" in died.message


def test_only_the_end_of_what_it_wrote_is_kept(start):
    client = start("sys.stderr.write('x' * 10**6 + 'the end'); sys.stderr.flush(); sys.exit(1)")
    (died,) = until(client, Died)
    assert died.detail.endswith("xthe end")
    assert len(died.detail) <= 8192


def test_silence_is_told_once_and_only_after_ready(start, monkeypatch):
    monkeypatch.setattr(module, "SILENCE", 0.3)
    client = start(
        "sys.stdin.buffer.read(1)\n" + READY + "sys.stdin.buffer.read(1)\nsay(Beat())\n" + SERVE
    )
    deadline = time.monotonic() + 0.8
    while time.monotonic() < deadline:
        assert client.wait(0.05) == []  # it may take its time to start
    client.send(Stop())
    found = []
    deadline = time.monotonic() + 10
    while not any(isinstance(event, Silent) for event in found):
        assert time.monotonic() < deadline
        found += client.wait(0.05)
    assert isinstance(found[-1], Silent)
    assert "has not answered" in found[-1].message
    for _ in range(10):
        assert client.wait(0.05) == []
    assert client.alive


def test_a_program_that_was_held_up_itself_does_not_blame_the_engine(start, monkeypatch):
    client = start(READY + SERVE)
    until(client, Ready)
    client._heard -= 60
    client._polled -= 60
    assert client.poll() == []


def test_a_deaf_engine_does_not_block_sending_nor_closing(start):
    client = start(READY + DEAF)
    until(client, Ready)
    began = time.monotonic()
    for _ in range(100):
        client.send(Train("r", "x" * 10**6))
    assert time.monotonic() - began < 1
    client.close()
    assert time.monotonic() - began < 4


def test_an_engine_that_will_not_end_is_killed(start):
    client = start("import signal; signal.signal(15, signal.SIG_IGN)\n" + READY + DEAF)
    until(client, Ready)
    client.close()
    assert client._process.returncode  # not 0: it did not end by itself, nor by being asked to


def test_a_flood_is_held_back(start, monkeypatch):
    monkeypatch.setattr(module, "MAX_FRAME", 100_000)
    client = start(READY + "while True: say(Paused('r' * 1000))")
    until(client, Ready)
    deadline = time.monotonic() + 10
    while client._inbox._held < 95_000:
        assert time.monotonic() < deadline
    held = sum(len(event.run) for event in client.poll() if isinstance(event, Paused))
    assert 0 < held <= 100_000
    assert client.wait(1.0)


def test_closing_twice_or_before_the_start_is_nothing():
    client = Client(start=False)
    assert client.pid is None
    assert not client.alive
    assert client.poll() == []
    client.kill()
    client.close()
    client.close()


def test_a_client_starts_one_engine(start):
    client = start(READY + SERVE)
    with pytest.raises(RuntimeError, match="new client"):
        client.start()


def test_nothing_is_left_of_a_client(start):
    process = psutil.Process()
    open_before = process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
    for _ in range(5):
        client = start(READY + ECHO)
        until(client, Ready)
        pid = client.pid
        client.close()
        assert not psutil.pid_exists(pid)
        assert client.poll() == []
    assert (
        process.num_fds() if hasattr(process, "num_fds") else process.num_handles()
    ) <= open_before


def test_kill_is_followed_by_died(start):
    client = start(READY + SERVE)
    until(client, Ready)
    client.kill()
    (died,) = until(client, Died)
    assert "SIGKILL" in died.message or "exit code" in died.message
    assert Beat() not in client.poll()


def test_a_compiling_engine_may_be_silent_for_longer(start, monkeypatch):
    monkeypatch.setattr(module, "SILENCE", 0.1)
    monkeypatch.setattr(module, "SILENCE_AT_START", 0.6)
    ready = "sys.stdin.buffer.read(1)\n"
    client = start(READY + ready + "say(Epoch('r', 0, 1, {}, 0.1))\n" + SERVE)
    until(client, Ready)
    client._compiling = True
    client._heard = client._polled = time.monotonic() - 0.3
    assert not any(isinstance(event, Silent) for event in client.poll())
    client.send(Stop())
    until(client, Epoch)
    assert not client._compiling
    client.send(Train("r", "project"))
    assert client._compiling
