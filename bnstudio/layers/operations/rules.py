"""What several shape rules of operations need: axes, sizes, and refusals in words."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operands import DTYPES
from bnstudio.layers.params import Bool, Choice, Ints
from bnstudio.layers.shapes import all_known, size, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bnstudio.layers.layer_type import Shape

AXES = Ints(
    "axis", None, scalar=True, optional=True, shortest=1,
    help="The axis or axes that disappear; None for all. 0 is the batch.",
)  # fmt: skip
KEEPDIMS = Bool("keepdims", False, help="Whether they stay as dimensions of size 1.")
DTYPE = Choice("dtype", None, (None, *DTYPES), help="The dtype of the result; None keeps it.")


def axis_of(name: str, axis: int, rank: int) -> int:
    """An axis counted from 0.

    Raises:
        ShapeError: If there is none of that number.
    """
    if not -rank <= axis < rank:
        raise ShapeError(f"{name} works on axis {axis}, but there are {rank} dimensions.")
    return axis % rank


def axes_of(name: str, axis: int | tuple[int, ...] | None, rank: int) -> tuple[int, ...]:
    """Axes counted from 0; all of them for None.

    Raises:
        ShapeError: If one of them does not exist.
    """
    if axis is None:
        return tuple(range(rank))
    given = axis if isinstance(axis, tuple) else (axis,)
    return tuple(axis_of(name, each, rank) for each in given)


def known_size(x: Shape) -> int | None:
    """How many numbers a tensor has, the batch included; None where a size is not known."""
    return times(*x)


def times(*sizes: int | None) -> int | None:
    """The product of sizes; None where one is not known."""
    return prod(sizes) if all_known(sizes) else None


def broadcast(name: str, shapes: Sequence[Shape]) -> Shape:
    """The shape that all of these are repeated to together.

    Raises:
        MergeError: If there is none.
    """
    result, *others = shapes
    for shape in others:
        found = union(result, shape)
        if found is None:
            listed = " and ".join(map(show_shape, shapes))
            raise MergeError(f"{name} needs sizes that are equal or 1, got {listed}.")
        result = found
    return result


def per_number(cost: int = 1) -> Any:
    """Counts so many operations for each number that comes out."""
    return lambda x, y, **_: cost * (size(y) if y else 1)


def free(*_: Any, **__: Any) -> int:
    """Of what only moves numbers."""
    return 0


def total(sizes: Iterable[int | None]) -> int | None:
    """The sum of sizes; None where one is not known."""
    found = list(sizes)
    return sum(found) if all_known(found) else None
