"""Operations that make one number of several, along axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import AXES, KEEPDIMS, axes_of
from bnstudio.layers.shapes import size

if TYPE_CHECKING:
    from bnstudio.layers.catalogue import Shape
    from bnstudio.layers.params import Param

_CATEGORY = "Operations: reductions"


def reduced(name: str, x: Shape, axis: Any, keepdims: bool = False) -> Shape:
    """A shape without these axes, or with 1 in their places."""
    gone = axes_of(name, axis, len(x))
    if keepdims:
        return tuple(1 if at in gone else length for at, length in enumerate(x))
    return tuple(length for at, length in enumerate(x) if at not in gone)


def _reduction(
    function: str, help: str, *more: Param, cost: int = 1, last: bool = True
) -> Operation:
    """Enters an operation that takes axes away."""

    def rule(x: Shape, *, axis: Any, keepdims: bool = False, **_: Any) -> Shape:
        return reduced(f"ops.{function}", x, axis, keepdims)

    rule.__doc__ = help
    params = (AXES, KEEPDIMS, *more) if last else (AXES, *more)
    return operation(
        function, *params, category=_CATEGORY, tells=("axis", *(p.name for p in more)),
        flops=lambda x, y, **_: cost * size(x),
    )(rule)  # fmt: skip


_reduction("mean", "The mean along axes: `ops.mean(x, axis=1)`.")
_reduction("sum", "The sum along axes.")
