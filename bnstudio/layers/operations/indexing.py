"""Operations that pick numbers out of a tensor by place."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.catalogue import Shape, ShapeError, show_shape
from bnstudio.layers.operations.operands import Index, entries
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.rules import free
from bnstudio.layers.params import REQUIRED

_CATEGORY = "Operations: indexing and sorting"


@operation(
    "get_item",
    Index(
        "key", REQUIRED, initial=":, 0",
        help="What stands in the brackets, such as `:, 0` or `..., 2:4`; None adds a dimension.",
    ),
    category=_CATEGORY,
    called=("x", "key"),
    symbol="[]",
    flops=free,
)  # fmt: skip
def get_item(x: Shape, *, key: str, **_: Any) -> Shape:
    """Picks out a part by place, as Python writes it: `x[:, 0]`.

    The first place is the batch: `:` keeps it whole.
    """
    parts = entries(key)
    if ... not in parts:
        parts.append(...)
    taken = len(parts) - 1 - parts.count(None)
    if taken > len(x):
        raise ShapeError(f"x[{key}] takes {taken} dimensions, and {show_shape(x)} has {len(x)}.")
    found: list[int | None] = []
    rest = list(x)
    for at, part in enumerate(parts):
        if part is ...:
            after = parts[at + 1 :]
            kept = len(rest) - (len(after) - after.count(None))
            found += rest[:kept]
            rest = rest[kept:]
        elif part is None:
            found.append(1)
        else:
            length = rest.pop(0)
            if isinstance(part, slice):
                found.append(None if length is None else len(range(*part.indices(length))))
            elif length is not None and not -length <= part < length:
                raise ShapeError(
                    f"x[{key}] takes number {part} of a dimension of {length} in {show_shape(x)}."
                )
    return tuple(found)
