"""The operations of ``keras.ops`` that can stand between layers, one entry each.

They are read in when one is first looked up, or when the palette has time.
"""

from bnstudio.layers.catalogue import OPERATION_CATEGORIES
from bnstudio.layers.operations import arithmetic, indexing, reductions
from bnstudio.layers.operations.operation import OPERATIONS, Constant, Operation

for _name in sorted(
    OPERATIONS, key=lambda name: OPERATION_CATEGORIES.index(OPERATIONS[name].category)
):
    OPERATIONS[_name] = OPERATIONS.pop(_name)  # by category, then as the category's file has them

__all__ = ["OPERATIONS", "Constant", "Operation", "arithmetic", "indexing", "reductions"]
