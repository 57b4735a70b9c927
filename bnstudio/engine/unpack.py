"""Reads what an HDF5 file says of a model, or where its weights lie; a process of its own.

A damaged or hostile HDF5 file can send the library round in a loop or have it ask for any amount of
memory, so it is opened here, where that ends a child and nothing more: it answers within half a
second of processor time (of weights a second or a little more) and a gigabyte, or dies. Links are
not followed, no filter is loaded.

``python -m bnstudio.engine.unpack FILE LIMIT`` prints one JSON object: ``model``, ``training``,
``version`` and ``weights``, or ``refused`` with the reason. With ``FILE START LENGTH`` it says of
the HDF5 file in that part of the other where its ``arrays`` are; see ``unpack_weights``.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any

MEMORY = 2**30
SECONDS, SECONDS_OF_WEIGHTS = 0.5, 1.0

LARGE = 2**25
"""Bytes of weights for which there is a second more, up to five: a large model has many arrays."""


def main(path: str, *numbers: int) -> None:
    """Prints what the file's attributes say, texts of up to so many bytes each.

    Of a part of a file, given as start and length, it prints where the arrays are.
    """
    os.environ["HDF5_PLUGIN_PRELOAD"] = "::"  # no filter is looked for on the disk
    os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"
    import h5py

    from bnstudio.engine import unpack_weights

    described = len(numbers) == 1
    _bound(SECONDS if described else SECONDS_OF_WEIGHTS + min(5, numbers[1] / LARGE))
    try:
        answer = (_read if described else unpack_weights.read)(h5py, path, *numbers)
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, MemoryError) as error:
        said = " ".join(str(error).split())[:200] or type(error).__name__
        answer = {"refused": f"the HDF5 file cannot be read: {said}"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    # A damaged file can hang in being closed, too.
    os._exit(0)


def _bound(seconds: float = SECONDS) -> None:
    """Holds the rest of this process to its time and memory, where the system can."""
    if sys.platform == "win32":
        return
    import resource
    import signal

    for kind, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_FSIZE, 2**20)):
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
    # Unlike a limit in whole seconds it counts from here; what it sends ends the process.
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _read(h5py: Any, path: str, limit: int) -> dict[str, Any]:
    with h5py.File(path, "r") as file:
        model = _text(h5py, file, "model_config", limit)
        if model is None:
            weights = h5py.h5a.exists(file.id, b"layer_names")
            why = "it holds weights alone" if weights else "it is an HDF5 file of something else"
            return {"refused": f"there is no model in it (no model_config): {why}"}
        return {
            "model": model,
            "training": _text(h5py, file, "training_config", limit) or "",
            "version": _text(h5py, file, "keras_version", 100) or "",
            # Whether the link is there; where it leads is not looked at.
            "weights": bool(file.id.links.exists(b"model_weights")),
        }


def _text(h5py: Any, file: Any, name: str, limit: int) -> str | None:
    """An attribute of the file that is one text; None where there is none."""
    if not h5py.h5a.exists(file.id, name.encode()):
        return None
    found = h5py.h5a.open(file.id, name.encode())
    kind, space = found.get_type(), found.get_space()
    if kind.get_class() != h5py.h5t.STRING or space.get_simple_extent_npoints() != 1:
        raise ValueError(f"its {name} is not a text")
    if not kind.is_variable_str() and kind.get_size() > limit:
        raise ValueError(f"its {name} is larger than {limit // 1024} KiB")
    value = file.attrs[name]
    content = value if isinstance(value, bytes) else str(value).encode(errors="surrogateescape")
    if len(content) > limit:
        raise ValueError(f"its {name} is larger than {limit // 1024} KiB")
    return content.decode()


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:4]))
