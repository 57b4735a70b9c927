"""When Python looks for garbage: not while the window opens, and later only among what is new.

Reference counts free nearly everything at once; the collector is there for cycles. With a window
open, a full collection visits 100,000 objects of the libraries that never become garbage: it
took 55 ms, three frames, in the middle of whatever the user was doing, and 2 ms without them. The
collections during start-up took a seventh of it. While a drawing of 10,000 nodes is made, each
would visit what there is of it so far: a fifth of the time to open one.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def wait() -> None:
    """Looks for none until ``settle``."""
    gc.disable()


def settle() -> None:
    """Takes what is alive now as there for good, and goes on as usual with what comes after."""
    gc.collect()
    gc.freeze()
    gc.enable()


@contextmanager
def later() -> Iterator[None]:
    """Looks for none until what is done inside is done."""
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()
