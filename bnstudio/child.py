"""How the program starts processes of its own: the interpreter, or itself where it is frozen."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import bnstudio


def command(module: str, flag: str, *arguments: str) -> list[str]:
    """What starts ``python -m bnstudio.<module>``; a frozen program is given ``flag`` instead."""
    if _frozen():
        return [sys.executable, flag, *arguments]
    # -P: what lies in the current folder must not pass for a module of ours.
    return [sys.executable, "-P", "-m", f"bnstudio.{module}", *arguments]


def environment() -> dict[str, str]:
    """The environment in which such a process finds this package, wherever it lies."""
    found = dict(os.environ)
    root = str(Path(bnstudio.__file__).parent.parent)
    if not _frozen() and root not in sysconfig.get_paths().values():
        found["PYTHONPATH"] = os.pathsep.join(filter(None, [root, found.get("PYTHONPATH")]))
    return found


def _frozen() -> bool:
    return bool(getattr(sys, "frozen", False))
