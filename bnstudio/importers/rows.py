"""The data that an opened model begins with: rows that it can take, where there are any."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import SOURCES, Source

if TYPE_CHECKING:
    from bnstudio.graph import Graph


def source_for(graph: Graph) -> Source | None:
    """The first source whose rows have the sizes of the one Input, given its shape.

    One with as many classes as the model has outputs is preferred. None where no source fits.
    """
    analysis = analyze(graph)
    inputs, outputs = analysis.structure.inputs, analysis.structure.outputs
    shape = analysis.shape(inputs[0]) if len(inputs) == 1 else None
    rows = tuple(size for size in (shape or ())[1:] if size is not None)
    if shape is None or len(rows) != len(shape) - 1:
        return None
    last = analysis.shape(outputs[0]) if outputs else None
    classes = last[-1] if last else None
    found = []
    for name in SOURCES:
        facts = data.facts(Source(name))
        if facts is not None and prod(facts.input_shape) == prod(rows):
            as_it_is = facts.input_shape == rows
            source = Source(name, shape=None if as_it_is else rows)
            found.append((facts.classes != classes, not as_it_is, source))
    return min(found, key=lambda each: each[:2])[2] if found else None
