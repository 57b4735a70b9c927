"""What all plots share: a themed base, thinning and smoothing, pacing, and export."""

from __future__ import annotations

import sys
import threading


def warm_up() -> None:
    """Imports pyqtgraph beside the window, so that the first plot need not stop it for that."""
    if "pyqtgraph" not in sys.modules:
        threading.Thread(target=_import_plots, name="warm-up", daemon=True).start()


def _import_plots() -> None:
    import pyqtgraph  # noqa: F401


__all__ = ["warm_up"]
