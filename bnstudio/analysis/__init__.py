"""What follows from a drawing: order, shapes, counts, failures; computed without Keras."""

from bnstudio.analysis.analyze import analyze, count_inputs
from bnstudio.analysis.calls import called, entry_count
from bnstudio.analysis.connections import next_port, why_not
from bnstudio.analysis.inside import entries, exits, output_count
from bnstudio.analysis.layout import tidy
from bnstudio.analysis.memory import Memory, memory
from bnstudio.analysis.structure import Structure, knots, onward
from bnstudio.analysis.value import Analysis, Failure, NodeFacts

__all__ = [
    "Analysis",
    "Failure",
    "Memory",
    "NodeFacts",
    "Structure",
    "analyze",
    "called",
    "count_inputs",
    "entries",
    "entry_count",
    "exits",
    "knots",
    "memory",
    "next_port",
    "onward",
    "output_count",
    "tidy",
    "why_not",
]
