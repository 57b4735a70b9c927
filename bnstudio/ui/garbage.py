"""When Python looks for garbage: not while the window opens, and later only among what is new.

Reference counts free nearly everything at once; the collector is there for cycles. With a window
open, a full collection visits 100,000 objects of the libraries that never become garbage: it
took 55 ms, three frames, in the middle of whatever the user was doing, and 2 ms without them. The
collections during start-up took a seventh of it.
"""

from __future__ import annotations

import gc


def wait() -> None:
    """Looks for none until ``settle``."""
    gc.disable()


def settle() -> None:
    """Takes what is alive now as there for good, and goes on as usual with what comes after."""
    gc.collect()
    gc.freeze()
    gc.enable()
