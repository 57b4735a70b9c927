"""What is measured of the layers while they learn, and how much that may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measuring:
    """What a run records of its layers; it changes nothing of what is learned.

    Attributes:
        budget: The share of a run's time that measuring may take, in [0, 1]; 0 measures nothing.
        rows: On how many validation rows the layers are measured, or training rows where none are
            held out; a large model is measured on fewer.
        left_out: The ids of nodes that are not measured.
    """

    budget: float = 0.05
    rows: int = 256
    left_out: tuple[str, ...] = ()
