"""HDF5 files, asked in a child process that opens them; it may die of one."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from typing import Any

from bnstudio import child
from bnstudio.importers.reading import MAX_TEXT
from bnstudio.project import ProjectError

PATIENCE = 10.0
"""Seconds after which a child that has not answered is ended. At work it ends itself sooner."""

_LONGEST_ANSWER = 4 * MAX_TEXT


def ask(path: str, *numbers: int) -> dict[str, Any]:
    """What the child answers on an HDF5 file; ``numbers`` are its other arguments.

    Raises:
        ProjectError: If it does not come to an answer.
    """
    with _spawn(path, numbers) as process:
        assert process.stdout
        end = threading.Timer(PATIENCE, process.kill)
        end.daemon = True
        end.start()
        try:
            # Whatever comes, it is read no further than an answer can be long.
            out = process.stdout.read(_LONGEST_ANSWER)
        finally:
            process.kill()
            process.wait()
            end.cancel()
            end.join()
    try:
        answer = json.loads(out)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise _gave_up(path)
    return answer


def _gave_up(path: str) -> ProjectError:
    return ProjectError(
        "the HDF5 file is damaged, or was made to do harm: reading it did not come to an end", path
    )


def _spawn(path: str, numbers: tuple[int, ...]) -> subprocess.Popen[bytes]:
    arguments = [os.path.abspath(path), *map(str, numbers)]
    return subprocess.Popen(
        child.command("engine.unpack", "--unpack", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child.environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
