"""What is measured of one node, part by part: what it gives out at each port, and its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bnstudio.histogram import Histogram
    from bnstudio.training.messages import Histograms

Source = tuple[str, str]
"""A node and a part of it: empty for its first output, ``:1`` for the second and so on, else one of
its layer's weights by its name."""

PORT = ":"
"""What a part that is a port begins with, and no name of a weight."""


def parts(layers: Iterable[Histogram]) -> Iterator[tuple[Source, Histogram]]:
    """All that one measurement has."""
    for layer in layers:
        yield (layer.node, f"{PORT}{layer.port}" if layer.port else ""), layer
        for weight, found in (layer.weights or {}).items():
            yield (layer.node, weight), found


def part(measured: Histograms | None, source: Source) -> Histogram | None:
    """What it has of one part; None where it has nothing."""
    layers = measured.layers if measured is not None else ()
    found = parts(layer for layer in layers if layer.node == source[0])
    return next((histogram for where, histogram in found if where == source), None)


def further_outputs(measured: Histograms | None) -> dict[str, list[str]]:
    """The parts of each node that are its outputs after the first."""
    found: dict[str, list[str]] = {}
    for layer in measured.layers if measured is not None else ():
        if layer.port:
            found.setdefault(layer.node, []).append(f"{PORT}{layer.port}")
    return found
