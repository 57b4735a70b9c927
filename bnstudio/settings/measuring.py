"""What is measured of the layers while they learn, and how much that may cost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Container


@dataclass(frozen=True)
class Measuring:
    """What a run records of its layers; it changes nothing of what is learned.

    Attributes:
        budget: The share of a run's time that measuring may take, in [0, 1]; 0 measures nothing.
        rows: On how many validation rows the layers are measured, or training rows where none are
            held out; a large model is measured on fewer.
        left_out: The keys of nodes that are not measured, nor is anything inside them.
    """

    budget: float = 0.05
    rows: int = 256
    left_out: tuple[str, ...] = ()

    def record(self, ids: Collection[str], on: bool) -> Measuring:
        """The same with these nodes measured, or left out."""
        kept = tuple(id for id in self.left_out if id not in ids)
        return replace(self, left_out=kept if on else (*kept, *ids))

    def among(self, nodes: Container[str]) -> Measuring:
        """The same without nodes that have gone: another one may get the id, and is measured."""
        kept = tuple(id for id in self.left_out if id in nodes)
        return self if kept == self.left_out else replace(self, left_out=kept)
