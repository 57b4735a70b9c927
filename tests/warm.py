"""Processes that have imported Keras already: each is forked from one that did so once.

The import takes longer than most of what tests ask of a fresh Python. What comes before it is not
proven here, so ``tests/engine/test_process.py`` starts engines as the program does. Run as a
program, this is the process that is forked; where a process cannot be (it is one thread, before
TensorFlow has started any, and only Linux hands it over), a fresh Python does the same, slower.
"""

import contextlib
import ctypes
import gc
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading


def _forks():
    """Whether this is a Linux that hands processes over and can wait for one of any parent."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


FORKS = _forks()
HEARS_ORPHANS = 36
"""``PR_SET_CHILD_SUBREAPER``: who has it is the parent of what its children leave behind."""


class Warm:
    """Starts Python programs that find Keras imported."""

    def __init__(self):
        self._source = None
        self._lock = threading.Lock()

    def start(self, module, *arguments, stderr=subprocess.PIPE, group=None):
        """The program ``python -P -m module arguments``, at the end of pipes as of ``Popen``'s."""
        if not FORKS:
            return subprocess.Popen(
                [sys.executable, "-P", "-m", module, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                process_group=group if os.name == "posix" else None,
            )
        (inner, stdin), (stdout, out) = os.pipe(), os.pipe()
        errors, err = os.pipe() if stderr else (None, os.dup(2))
        job = [[module, *arguments], group, os.getcwd(), dict(os.environ)]
        with self._lock:
            self._ready()
            prctl = ctypes.CDLL(None, use_errno=True).prctl
            prctl(HEARS_ORPHANS, 1, 0, 0, 0)
            socket.send_fds(self._pipe, [json.dumps(job).encode()], [inner, out, err])
            answer = self._pipe.recv(20)
            prctl(HEARS_ORPHANS, 0, 0, 0, 0)
        if not answer:
            raise RuntimeError("The process that has imported Keras has died.")
        for theirs in (inner, out, err):
            os.close(theirs)
        files = os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), errors and os.fdopen(errors, "rb")
        return Child(int(answer), *files)

    def run(self, module, *arguments, given=b""):
        """What such a program wrote on its standard output; fails if it failed."""
        process = self.start(module, *arguments)
        said = []
        reader = threading.Thread(target=lambda: said.append(process.stderr.read()))
        reader.start()
        with contextlib.suppress(BrokenPipeError), process.stdin:
            process.stdin.write(given)
        with process.stdout, process.stderr:
            out = process.stdout.read()
            code = process.wait()
            reader.join()
        assert code == 0, said[0].decode()[-3000:]
        return out.decode()

    def close(self):
        """Ends the process that is forked; its children live on."""
        if self._source:
            self._pipe.close()
            self._source.wait()

    def _ready(self):
        if self._source is None:
            self._pipe, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                command = [sys.executable, "-P", "-W", "ignore", "-m", __name__]
                self._source = subprocess.Popen(
                    [*command, str(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                )


class Child:
    """A forked process, as far as ``subprocess.Popen`` is used of it."""

    def __init__(self, pid, stdin, stdout, stderr):
        self.pid, self.returncode = pid, None
        self.stdin, self.stdout, self.stderr = stdin, stdout, stderr
        self._descriptor = os.pidfd_open(pid)
        self._lock = threading.Lock()

    def wait(self, timeout=None):
        if not select.select([self._descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(self.pid, timeout)
        with self._lock:
            if self.returncode is None:
                try:
                    status = os.waitpid(self.pid, 0)[1]
                except ChildProcessError:  # somebody else has seen to it
                    status = 0
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def terminate(self):
        self._signal(signal.SIGTERM)

    def kill(self):
        self._signal(signal.SIGKILL)

    def _signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def __del__(self):
        os.close(self._descriptor)


def _serve(pipe):
    """Forks for every job that comes; returns it where it is to be done."""
    while True:
        text, descriptors, *_ = socket.recv_fds(pipe, 2**18, 3)
        if not text:
            return None
        source, sink = os.pipe()
        # The one in the middle ends at once, and who asked becomes the parent of its child.
        middle = os.fork()
        if middle == 0:
            pid = os.fork()
            if pid:
                os.write(sink, str(pid).encode())
                os._exit(0)
            pipe.close()
            for place, descriptor in enumerate(descriptors):
                os.dup2(descriptor, place)
            os.closerange(3, max(*descriptors, source, sink) + 1)
            return json.loads(text)
        os.waitpid(middle, 0)
        pipe.send(os.read(source, 20))
        for descriptor in (source, sink, *descriptors):
            os.close(descriptor)


def _become(command, group, folder, environment):
    """Goes on as the program ``python -P -m command``."""
    import numpy as np

    if group is not None:
        os.setpgid(0, group)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    path = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))
    sys.path[:0] = [folder for folder in path if folder not in sys.path]
    random.seed()
    np.random.seed()
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


def knows_keras():
    """Whether this process has imported Keras without having been asked to."""
    return "keras" in sys.modules


def main():
    import keras  # noqa: F401
    import sklearn.datasets  # noqa: F401  # the engine's other slow one

    gc.freeze()
    job = _serve(socket.socket(fileno=int(sys.argv[1])))
    if job is not None:
        _become(*job)


if __name__ == "__main__":
    main()
