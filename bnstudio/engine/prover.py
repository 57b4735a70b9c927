"""The engine's hold on the fresh process that proves what it has written."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from typing import Any

from bnstudio import child


class Prover:
    """A process of ``engine.prove``, started at once, so that it is ready when the file is."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._process = self._spawn()

    def ask(self, job: dict[str, Any]) -> dict[str, Any]:
        """What it answers; that it died of the file is a fault of the file."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError:
            line = b""
        if not line:
            self._end()
            code = self._process.returncode
            self._process = self._spawn()
            return {"fault": f"the process that opened it ended with code {code}"}
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Prover:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._end()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            child.command("engine.prove", "--prove", self._suffix),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child.environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )

    def _end(self) -> None:
        process = self._process
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(OSError):  # what was left to flush has nowhere to go
                    stream.close()
