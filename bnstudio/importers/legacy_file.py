"""``.h5``: the HDF5 files of Keras 1 and 2, opened by a child process that may die of it."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from typing import Any

from bnstudio import child
from bnstudio.importers.importer import Described, Importer
from bnstudio.importers.reading import MAX_TEXT, open_file
from bnstudio.project import ProjectError

PATIENCE = 10.0
"""Seconds after which a child that has not answered is ended. At work it ends itself sooner."""

_LONGEST_ANSWER = 4 * MAX_TEXT

_STARTS = b"\x89HDF\r\n\x1a\n"


def describe(path: str) -> Described:
    """The description in an HDF5 file.

    Raises:
        ProjectError: If it cannot be read, or holds no model.
    """
    with open_file(path) as file:
        head = file.read(len(_STARTS))
    if head != _STARTS:
        raise ProjectError("this is no HDF5 file: it begins otherwise", path)
    answer = _ask(path)
    if "refused" in answer:
        raise ProjectError(str(answer["refused"]), path)
    texts = [answer.get(key) for key in ("model", "training", "version")]
    if not all(isinstance(text, str) for text in texts):
        raise ProjectError("the HDF5 file cannot be read: what it holds is no text", path)
    model, training, version = map(str, texts)
    return Described(model, training, version, answer.get("weights") is True)


def _ask(path: str) -> dict[str, Any]:
    """What the child answers."""
    with _spawn(path) as process:
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


def _spawn(path: str) -> subprocess.Popen[bytes]:
    arguments = [os.path.abspath(path), str(MAX_TEXT)]
    return subprocess.Popen(
        child.command("engine.unpack", "--unpack", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child.environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


IMPORTER = Importer("Legacy Keras models", (".h5", ".hdf5"), (_STARTS,), describe)
