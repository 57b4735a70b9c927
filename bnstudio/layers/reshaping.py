"""Layers that put the same numbers into another shape."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import DATA_FORMAT
from bnstudio.layers.catalogue import COMMON_TO_MOVERS, layer
from bnstudio.layers.layer_type import Shape, ShapeError, show_shape
from bnstudio.layers.params import REQUIRED, Int, Ints
from bnstudio.layers.shapes import all_known, need_rank

if TYPE_CHECKING:
    from collections.abc import Iterator


def _need_rows(type: str, x: Shape) -> None:
    if not x:
        raise ShapeError(f"{type} needs rows, (batch, ...); got (), one number of all of them.")


@layer("Flatten", DATA_FORMAT, category="Reshaping", common=COMMON_TO_MOVERS)
def flatten(x: Shape, **_: Any) -> Shape:
    """Makes each row one long vector, as Dense expects it."""
    _need_rows("Flatten", x)
    rest = x[1:]
    return (x[0], prod(rest) if all_known(rest) else None)


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
    _need_rows("Reshape", x)
    rest = x[1:]
    if not all_known(rest):
        return (x[0], *(None if size == -1 else size for size in target_shape))
    total, asked = prod(rest), prod(size for size in target_shape if size != -1)
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


def _permute_conflicts(*, dims: tuple[int, ...], **_: Any) -> Iterator[tuple[str, str]]:
    if sorted(dims) != list(range(1, len(dims) + 1)):
        yield "dims", f"Expected each number from 1 to {len(dims)} once, got {dims!r}."


@layer(
    "Permute",
    Ints(
        "dims",
        REQUIRED,
        initial=(2, 1),
        shortest=1,
        distinct=True,
        min=1,
        help="Which dimension comes to each place, counted from 1, without the batch.",
    ),
    category="Reshaping",
    tells=("dims",),
    conflicts=_permute_conflicts,
    common=COMMON_TO_MOVERS,
)
def permute(x: Shape, *, dims: tuple[int, ...], **_: Any) -> Shape:
    """Puts the dimensions of each row into another order, as turning a table on its side does."""
    if len(x) != len(dims) + 1:
        raise ShapeError(
            f"Permute orders {len(dims)} dimensions and the batch, "
            f"but {show_shape(x)} has {len(x)}."
        )
    return (x[0], *(x[at] for at in dims))


@layer(
    "RepeatVector",
    Int("n", REQUIRED, initial=8, min=1, help="How many times."),
    category="Reshaping",
    tells=("n",),
    common=COMMON_TO_MOVERS,
)
def repeat_vector(x: Shape, *, n: int, **_: Any) -> Shape:
    """Makes a sequence of one vector, the same at each step.

    What a decoder of sequences starts from: (batch, features) becomes (batch, n, features).
    """
    need_rank("RepeatVector", x, 2, "(batch, features)")
    return (x[0], n, x[1])
