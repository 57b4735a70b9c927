"""The child process in which HDF5 files are opened; it may die of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any

import bnstudio
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
    with _spawn(path, numbers) as child:
        assert child.stdout
        end = threading.Timer(PATIENCE, child.kill)
        end.daemon = True
        end.start()
        try:
            # Whatever comes, it is read no further than an answer can be long.
            out = child.stdout.read(_LONGEST_ANSWER)
        finally:
            child.kill()
            child.wait()
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
    environment = dict(os.environ)
    if getattr(sys, "frozen", False):
        command = [sys.executable, "--unpack", *arguments]
    else:
        # -P: what lies in the current folder must not pass for a module of ours.
        command = [sys.executable, "-P", "-m", "bnstudio.engine.unpack", *arguments]
        root = str(Path(bnstudio.__file__).parent.parent)
        if root not in sysconfig.get_paths().values():
            paths = [root, *filter(None, [environment.get("PYTHONPATH")])]
            environment["PYTHONPATH"] = os.pathsep.join(paths)
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
