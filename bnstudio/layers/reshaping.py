"""Layers that put the same numbers into another shape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import COMMON_TO_MOVERS, Shape, ShapeError, layer, show_shape
from bnstudio.layers.params import REQUIRED, Ints

if TYPE_CHECKING:
    from collections.abc import Iterator


@layer("Flatten", DATA_FORMAT, category="Reshaping", common=COMMON_TO_MOVERS)
def flatten(x: Shape, **_: Any) -> Shape:
    """Makes each row one long vector, as Dense expects it."""
    rest = x[1:]
    return (x[0], None if None in rest else prod(rest))  # type: ignore[arg-type]


def _reshape_conflicts(*, target_shape: tuple[int, ...], **_: Any) -> Iterator[tuple[str, str]]:
    if target_shape.count(-1) > 1:
        yield "target_shape", f"Only one size can be left open with -1, got {target_shape!r}."
    if 0 in target_shape:
        yield "target_shape", f"No size can be 0, got {target_shape!r}."


@layer(
    "Reshape",
    Ints(
        "target_shape",
        REQUIRED,
        initial=(-1,),
        min=-1,
        help="The shape of one row, without the batch; -1 once for whatever is left.",
    ),
    category="Reshaping",
    tells=("target_shape",),
    conflicts=_reshape_conflicts,
    common=COMMON_TO_MOVERS,
)
def reshape(x: Shape, *, target_shape: tuple[int, ...], **_: Any) -> Shape:
    """Puts the numbers of each row into another shape, in the same order."""
    rest = x[1:]
    if None in rest:
        return (x[0], *(None if size == -1 else size for size in target_shape))
    total, asked = prod(rest), prod(size for size in target_shape if size != -1)  # type: ignore[arg-type]
    if -1 in target_shape:
        if total % asked:
            raise ShapeError(
                f"Reshape cannot put the {total} numbers of {show_shape(x)} into "
                f"{show_shape(target_shape)}: {asked} does not divide them."
            )
        return (x[0], *(total // asked if size == -1 else size for size in target_shape))
    if total != asked:
        raise ShapeError(
            f"Reshape cannot put the {total} numbers of {show_shape(x)} into "
            f"{show_shape(target_shape)}, which holds {asked}."
        )
    return (x[0], *target_shape)
