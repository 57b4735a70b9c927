"""HDF5 files, asked in a child process that opens them; it may die of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any

from bnstudio import child
from bnstudio.importers.reading import MAX_TEXT
from bnstudio.project import ProjectError

PATIENCE = 10.0 if sys.platform == "win32" else 60.0
"""Seconds after which a child that has not answered is ended. It ends itself much sooner, by the
time that it has worked and not by the clock, for the machine may be busy; on Windows it cannot."""

_LONGEST_ANSWER = 4 * MAX_TEXT


def ask(path: str, *numbers: int) -> dict[str, Any]:
    """What the child answers on an HDF5 file; ``numbers`` are its other arguments.

    Raises:
        ProjectError: If it does not come to an answer.
    """
    with _spawn(path, numbers) as process:
        assert process.stdout
        late = threading.Event()

        def give_up() -> None:
            late.set()
            process.kill()

        end = threading.Timer(PATIENCE, give_up)
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
    if isinstance(answer, dict):
        return answer
    if late.is_set():
        raise ProjectError(
            f"the HDF5 file has not been read in {PATIENCE:g} seconds: is the machine busy? Open "
            "it again later",
            path,
        )
    raise ProjectError(
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
