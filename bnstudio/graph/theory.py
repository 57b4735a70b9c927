"""networkx, imported when something of it is first used.

It takes longer to import than Qt does, and the window's first frame has no need of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx
else:

    class _Networkx:
        """Stands for the package; every name is the package's own."""

        def __getattr__(self, name: str) -> object:
            import networkx

            return getattr(networkx, name)

    nx = _Networkx()

__all__ = ["nx"]
