"""What a process of Keras needs around it: a low priority, and a pipe that nobody prints into."""

from __future__ import annotations

import os
import sys
from typing import BinaryIO

_NICE = 10
"""The priority on POSIX, where 0 is the usual one and 19 the lowest."""


def step_back() -> None:
    """Lowers the priority, which keeps the window smooth at no cost while the cores are free."""
    if sys.platform == "win32":
        import psutil

        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        # No further than that: who runs the whole program at this priority has done it already.
        os.setpriority(os.PRIO_PROCESS, 0, max(_NICE, os.getpriority(os.PRIO_PROCESS, 0)))


def take_pipe() -> tuple[BinaryIO, BinaryIO]:
    """The pipe, moved off the standard descriptors so that no library can print into it."""
    source, sink = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(source, "rb"), os.fdopen(sink, "wb")
