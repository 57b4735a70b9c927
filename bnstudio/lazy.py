"""Packages that are imported when something of them is first used.

networkx takes longer to import than Qt does and numpy half as long, and the window's first frame
has no need of either. Nor does opening a drawing need networkx: the first layout, cycle or wire
that is tried does.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
else:

    class _Package:
        """Stands for a package; every name is the package's own."""

        def __init__(self, package: str) -> None:
            self.__package = package

        def __getattr__(self, name: str) -> object:
            # Kept as an attribute of this one, so that the next use finds it at once.
            value = getattr(importlib.import_module(self.__package), name)
            setattr(self, name, value)
            return value

    nx, np = _Package("networkx"), _Package("numpy")


def warm_up() -> None:
    """Imports networkx at a quiet moment, so that the first use need not stop for that."""
    importlib.import_module("networkx")


__all__ = ["np", "nx", "warm_up"]
