"""The operations of ``keras.ops`` that can stand between layers, one entry each.

They are read in when one is first looked up, or when the palette has time.
"""

from bnstudio.layers.catalogue import OPERATION_CATEGORIES
from bnstudio.layers.operations import (
    arithmetic,
    decompositions,
    diagonals,
    functions,
    indexing,
    joining,
    linear_algebra,
    neural,
    reductions,
    reshaping,
    signals,
    windows,
)
from bnstudio.layers.operations.operation import OPERATIONS, Constant, Operation

ALIASES = {
    "absolute": "abs",
    "conj": "conjugate",
    "hard_swish": "hard_silu",
    "swish": "silu",
}
"""Other names that ``keras.ops`` has, and the operation each makes."""

for _name in sorted(
    OPERATIONS, key=lambda name: OPERATION_CATEGORIES.index(OPERATIONS[name].category)
):
    OPERATIONS[_name] = OPERATIONS.pop(_name)  # by category, then as the category's file has them

__all__ = [
    "ALIASES",
    "OPERATIONS",
    "Constant",
    "Operation",
    "arithmetic",
    "decompositions",
    "diagonals",
    "functions",
    "indexing",
    "joining",
    "linear_algebra",
    "neural",
    "reductions",
    "reshaping",
    "signals",
    "windows",
]
