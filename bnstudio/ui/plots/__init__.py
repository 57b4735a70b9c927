"""What all plots share: a themed base, thinning and smoothing, pacing, and export."""

from __future__ import annotations

import importlib


def warm_up() -> None:
    """Imports pyqtgraph at a quiet moment, so that the first plot need not stop for that.

    Never on a thread of its own: it makes Qt's classes known to Python, and while the window
    paints on another thread that has ended the process.
    """
    importlib.import_module("pyqtgraph")


__all__ = ["warm_up"]
