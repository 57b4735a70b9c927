"""Processes that are forked from one with Keras are as good as new ones."""

import os
import signal
import subprocess

import pytest

from tests.oracle import Oracle
from tests.warm import FORKS


@pytest.mark.engine
def test_each_is_a_child_of_this_one_with_a_chance_of_its_own(warm):
    oracles = Oracle(warm), Oracle(warm)
    try:
        for answer in ("os:getpid", "random:random", "numpy.random:random"):
            one, other = (oracle.ask(answer) for oracle in oracles)
            assert one != other, answer
        assert {oracle.ask("os:getppid") for oracle in oracles} == {os.getpid()}
        assert oracles[0].ask("tests.warm:knows_keras") == FORKS
    finally:
        for oracle in oracles:
            oracle.close()


@pytest.mark.engine
def test_how_one_ends_is_known(warm):
    process = warm.start("tests.no_such_program")
    with process.stdin, process.stdout, process.stderr:
        assert b"No module named tests.no_such_program" in process.stderr.read()
        assert process.wait(10) == 1
    process = warm.start("tests.oracle")
    with process.stdin, process.stdout, process.stderr:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0)
        process.kill()
        assert process.wait(10) == -signal.SIGKILL
        process.kill()  # of one that has ended it is nothing
