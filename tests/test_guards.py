"""The guards that hold for every test do hold."""

import socket
import subprocess
import sys

import psutil
import pytest

from tests.conftest import left_running

# From a block that is kept for documentation: nobody can answer there.
AWAY = ("192.0.2.1", 80)


def test_a_test_cannot_reach_the_network():
    with socket.socket() as sock, pytest.raises(RuntimeError, match=r"no network.*192\.0\.2\.1"):
        sock.connect(AWAY)
    with pytest.raises(RuntimeError, match=r"no network.*example"):
        socket.getaddrinfo("example.org", 443)


def test_a_process_that_a_test_starts_cannot_either():
    code = f"import socket; socket.socket().connect({AWAY})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert "NetworkRefusedError" in done.stderr


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


def test_a_process_left_running_is_found():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert any("input()" in line for line in left_running(0))
    finally:
        child.communicate(b"\n")
    assert not psutil.pid_exists(child.pid)
