"""Operations on the diagonals of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import ShapeError, show_shape
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.rules import (
    axes_of,
    free,
    known_size,
    per_number,
)
from bnstudio.layers.params import Int

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: shapes"

_K = Int("k", 0, help="Which diagonal: 0 for the main one, above it positive, below negative.")
_PLANE = (
    Int("offset", 0, help="Which diagonal: 0 for the main one, above it positive."),
    Int("axis1", 0, help="The axis of the rows."),
    Int("axis2", 1, help="The axis of the columns."),
)


def _along(rows: int | None, columns: int | None, offset: int) -> int | None:
    """How long a diagonal is."""
    if rows is None or columns is None:
        return None
    rest = columns - offset if offset > 0 else rows + offset
    return max(0, min(rest, rows, columns))


@operation("diag", _K, category=_CATEGORY, flops=free)
def diag(x: Shape, *, k: int, **_: Any) -> Shape:
    """The diagonal of a matrix, or the matrix with this diagonal."""
    if len(x) == 1:
        side = None if x[0] is None else x[0] + abs(k)
        return (side, side)
    if len(x) != 2:
        raise ShapeError(f"ops.diag needs one or two dimensions, got {show_shape(x)}.")
    return (_along(x[0], x[1], k),)


@operation("diagflat", _K, category=_CATEGORY, flops=free)
def diagflat(x: Shape, *, k: int, **_: Any) -> Shape:
    """The matrix with all numbers on its diagonal."""
    count = known_size(x)
    side = None if count is None else count + abs(k)
    return (side, side)


@operation("diagonal", *_PLANE, category=_CATEGORY, flops=free)
def diagonal(x: Shape, *, offset: int, axis1: int, axis2: int, **_: Any) -> Shape:
    """The diagonal of each matrix in two axes, as the last dimension."""
    if len(x) < 2:
        raise ShapeError(f"ops.diagonal needs two dimensions, got {show_shape(x)}.")
    one, two = axes_of("ops.diagonal", (axis1, axis2), len(x))
    if one == two:
        raise ShapeError(f"ops.diagonal needs two different axes, got {axis1} twice.")
    rest = [size for at, size in enumerate(x) if at not in (one, two)]
    return (*rest, _along(x[one], x[two], offset))


@operation("trace", *_PLANE, category=_CATEGORY, flops=per_number())
def trace(x: Shape, *, axis1: int, axis2: int, **_: Any) -> Shape:
    """The sum of the diagonal of each matrix in two axes."""
    one, two = axes_of("ops.trace", (axis1, axis2), len(x))
    if one == two:
        raise ShapeError(f"ops.trace needs two different axes, got {axis1} and {axis2}.")
    return tuple(size for at, size in enumerate(x) if at not in (one, two))


@operation("tril", _K, category=_CATEGORY, flops=free)
def tril(x: Shape, **_: Any) -> Shape:
    """Each matrix with zeros above a diagonal."""
    return _matrix("ops.tril", x)


@operation("triu", _K, category=_CATEGORY, flops=free)
def triu(x: Shape, **_: Any) -> Shape:
    """Each matrix with zeros below a diagonal."""
    return _matrix("ops.triu", x)


def _matrix(name: str, x: Shape) -> Shape:
    if len(x) < 2:
        raise ShapeError(f"{name} needs two dimensions, got {show_shape(x)}.")
    return x
