"""A project can be read by several threads of a new process at once."""

import subprocess
import sys

from bnstudio.project import samples

CODE = """
import sys, threading
sys.setswitchinterval(1e-6)
from bnstudio import project

text = open(sys.argv[1], encoding="utf-8").read()
start = threading.Barrier(4)

def read():
    start.wait()
    assert project.loads(text).graph.nodes
    print("read")

threads = [threading.Thread(target=read) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def test_four_threads_read_at_once():
    path = samples()[0].path
    for _ in range(
        5
    ):  # a crash is a matter of chance: about every second time, where it can happen
        done = subprocess.run(
            [sys.executable, "-c", CODE, path], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("read") == 4
