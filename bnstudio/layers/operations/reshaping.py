"""Operations that put the numbers of one tensor into another shape or order."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import ShapeError, show_shape
from bnstudio.layers.operands import DTYPES, Operand
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.rules import (
    DTYPE,
    axes_of,
    axis_of,
    broadcast,
    free,
    known_size,
    times,
)
from bnstudio.layers.params import REQUIRED, Choice, Float, Int, Ints
from bnstudio.layers.ranges import PairList
from bnstudio.layers.shapes import all_known, spreads

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: shapes"
_SOME_AXES = Ints("axis", None, scalar=True, optional=True, help="The axis or axes; None for all.")


@operation(
    "reshape",
    Ints("newshape", REQUIRED, initial=(-1,), min=-1,
         help="The shape with the batch first; -1, once, for what is left."),
    category=_CATEGORY,
    flops=free,
)  # fmt: skip
def reshape(x: Shape, *, newshape: tuple[int, ...], **_: Any) -> Shape:
    """The same numbers in another shape, the batch included.

    Where the batch is not known, -1 stands for it.
    """
    if newshape.count(-1) > 1:
        raise ShapeError(f"ops.reshape can work out one -1, and {newshape!r} has several.")
    if not all_known(x):
        return tuple(None if size == -1 else size for size in newshape)
    count, rest = prod(x), prod(size for size in newshape if size != -1)
    if -1 not in newshape and count == rest:
        return newshape
    if -1 not in newshape or not rest or count % rest:
        raise ShapeError(
            f"ops.reshape cannot make {newshape!r} of {show_shape(x)}, which has {count} numbers."
        )
    return tuple(count // rest if size == -1 else size for size in newshape)


@operation("ravel", category=_CATEGORY, flops=free)
def ravel(x: Shape, **_: Any) -> Shape:
    """All numbers in one row, those of the batch too."""
    return (known_size(x),)


@operation(
    "transpose",
    Ints("axes", None, optional=True, help="Which axis comes where; None turns the order round."),
    category=_CATEGORY,
    flops=free,
)
def transpose(x: Shape, *, axes: tuple[int, ...] | None, **_: Any) -> Shape:
    """Puts the dimensions in another order, the batch included."""
    if axes is None:
        return x[::-1]
    places = axes_of("ops.transpose", axes, len(x))
    if sorted(places) != list(range(len(x))):
        raise ShapeError(f"ops.transpose needs each axis of {show_shape(x)} once, got {axes!r}.")
    return tuple(x[place] for place in places)


@operation(
    "swapaxes",
    Int("axis1", REQUIRED, initial=1, help="One axis."),
    Int("axis2", REQUIRED, initial=-1, help="The other."),
    category=_CATEGORY,
    flops=free,
)
def swapaxes(x: Shape, *, axis1: int, axis2: int, **_: Any) -> Shape:
    """Exchanges two dimensions."""
    one, two = axes_of("ops.swapaxes", (axis1, axis2), len(x))
    found = list(x)
    found[one], found[two] = x[two], x[one]
    return tuple(found)


@operation(
    "moveaxis",
    Ints("source", REQUIRED, initial=1, scalar=True, shortest=1, help="The axes that are moved."),
    Ints("destination", REQUIRED, initial=-1, scalar=True, shortest=1, help="Where each goes."),
    category=_CATEGORY,
    flops=free,
)
def moveaxis(x: Shape, *, source: Any, destination: Any, **_: Any) -> Shape:
    """Moves dimensions to other places; the others keep their order."""
    rank = len(x)
    places = axes_of("ops.moveaxis", source, rank), axes_of("ops.moveaxis", destination, rank)
    moved = dict(zip(places[1], places[0], strict=False))
    if (
        len(places[0]) != len(places[1])
        or len(set(places[0])) < len(moved)
        or len(moved) < len(places[1])
    ):
        raise ShapeError(
            f"ops.moveaxis needs one place for each of different axes, got {source!r} and "
            f"{destination!r} for {show_shape(x)}."
        )
    rest = iter([axis for axis in range(rank) if axis not in places[0]])
    return tuple(x[moved[at] if at in moved else next(rest)] for at in range(rank))


@operation(
    "expand_dims",
    Ints("axis", REQUIRED, initial=-1, scalar=True, shortest=1,
         help="Where the new dimension goes, or each of several."),
    category=_CATEGORY,
    flops=free,
)  # fmt: skip
def expand_dims(x: Shape, *, axis: Any, **_: Any) -> Shape:
    """Adds a dimension of size 1: ops.expand_dims(x, axis=-1)."""
    given = axis if isinstance(axis, tuple) else (axis,)
    rank = len(x) + len(given)
    places = axes_of("ops.expand_dims", given, rank)
    if len(set(places)) < len(places):
        raise ShapeError(f"ops.expand_dims adds each axis once, got {axis!r}.")
    rest = iter(x)
    return tuple(1 if at in places else next(rest) for at in range(rank))


@operation("squeeze", _SOME_AXES, category=_CATEGORY, flops=free)
def squeeze(x: Shape, *, axis: Any, **_: Any) -> Shape:
    """Takes dimensions of size 1 away."""
    if axis is None:
        return tuple(size for size in x if size != 1)
    places = axes_of("ops.squeeze", axis, len(x))
    if any(x[place] != 1 for place in places) or len(set(places)) < len(places):
        raise ShapeError(
            f"ops.squeeze takes dimensions of size 1 away, got axis {axis!r} of {show_shape(x)}."
        )
    return tuple(size for at, size in enumerate(x) if at not in places)


@operation("flip", _SOME_AXES, category=_CATEGORY, flops=free)
def flip(x: Shape, *, axis: Any, **_: Any) -> Shape:
    """Turns the order round along axes."""
    axes_of("ops.flip", axis, len(x))
    return x


@operation("fliplr", category=_CATEGORY, flops=free)
def fliplr(x: Shape, **_: Any) -> Shape:
    """Turns the order round along the second axis."""
    axis_of("ops.fliplr", 1, len(x))
    return x


@operation("flipud", category=_CATEGORY, flops=free)
def flipud(x: Shape, **_: Any) -> Shape:
    """Turns the order round along the first axis, the batch."""
    axis_of("ops.flipud", 0, len(x))
    return x


@operation(
    "roll",
    Ints("shift", REQUIRED, initial=1, scalar=True, shortest=1, help="By how many places."),
    _SOME_AXES,
    category=_CATEGORY,
    flops=free,
)
def roll(x: Shape, *, shift: Any, axis: Any, **_: Any) -> Shape:
    """Moves the numbers along axes; what leaves at one end comes in at the other."""
    if axis is not None:
        axes_of("ops.roll", axis, len(x))
    return x


@operation(
    "rot90",
    Int("k", 1, help="How many quarter turns."),
    Ints("axes", (0, 1), length=2, help="The plane that is turned."),
    category=_CATEGORY,
    inputs=("array",),
    flops=free,
)
def rot90(x: Shape, *, k: int, axes: tuple[int, int], **_: Any) -> Shape:
    """Turns the numbers in a plane by a quarter."""
    if len(x) < 2:
        raise ShapeError(f"ops.rot90 needs two dimensions, got {show_shape(x)}.")
    one, two = axes_of("ops.rot90", axes, len(x))
    if one == two:
        raise ShapeError(f"ops.rot90 needs two different axes, got {axes!r}.")
    found = list(x)
    found[one], found[two] = x[two], x[one]
    return tuple(found)


@operation(
    "repeat",
    Ints("repeats", REQUIRED, initial=2, min=0, scalar=True, shortest=1,
         help="How often each comes; one number, or one for each."),
    Int("axis", None, optional=True, help="The axis; None for all numbers in one row."),
    category=_CATEGORY,
    flops=free,
)  # fmt: skip
def repeat(x: Shape, *, repeats: Any, axis: int | None, **_: Any) -> Shape:
    """Repeats each number or part, one after the other."""
    each = repeats if isinstance(repeats, tuple) else (repeats,)
    at = None if axis is None else axis_of("ops.repeat", axis, len(x))
    length = known_size(x) if at is None else x[at]
    if length is not None and len(each) not in (1, length):
        raise ShapeError(
            f"ops.repeat needs one number, or one for each of {length}, got {repeats!r}."
        )
    made = None if length is None else length * each[0] if len(each) == 1 else sum(each)
    return (made,) if at is None else (*x[:at], made, *x[at + 1 :])


@operation(
    "tile",
    Ints("repeats", REQUIRED, initial=(1, 2), min=0, scalar=True, shortest=1,
         help="How often along each axis, the last number for the last axis."),
    category=_CATEGORY,
    flops=free,
)  # fmt: skip
def tile(x: Shape, *, repeats: Any, **_: Any) -> Shape:
    """Repeats the whole along axes."""
    each = repeats if isinstance(repeats, tuple) else (repeats,)
    rank = max(len(x), len(each))
    sizes = (*(1,) * (rank - len(x)), *x)
    counts = (*(1,) * (rank - len(each)), *each)
    return tuple(times(size, count) for size, count in zip(sizes, counts, strict=True))


@operation(
    "broadcast_to",
    Ints("shape", REQUIRED, initial=(1,), min=0, help="The shape, the batch first."),
    category=_CATEGORY,
    flops=free,
)
def broadcast_to(x: Shape, *, shape: tuple[int, ...], **_: Any) -> Shape:
    """Repeats what has size 1 until the shape is reached."""
    broadcast("ops.broadcast_to", [x, shape])
    return shape


@operation(
    "pad",
    PairList("pad_width", REQUIRED, initial=((0, 0), (1, 1)),
             help="How much before and after each axis, such as ((0, 0), (1, 2))."),
    Choice("mode", "constant", ("constant", "reflect", "symmetric"),
           help="What is put there: a constant, or the numbers mirrored."),
    Float("constant_values", None, optional=True, help="The constant; None for 0."),
    category=_CATEGORY,
    called=("x", "constant_values"),
    tells=("pad_width",),
    flops=free,
)  # fmt: skip
def pad(x: Shape, *, pad_width: Any, **_: Any) -> Shape:
    """Puts numbers before and after along each axis, the batch included."""
    pairs = PairList.pairs_of(pad_width)
    if len(pairs) != len(x):
        raise ShapeError(
            f"ops.pad needs a pair for each of {len(x)} dimensions of {show_shape(x)}, got "
            f"{len(pairs)}."
        )
    return tuple(
        None if size is None else size + sum(pair) for size, pair in zip(x, pairs, strict=True)
    )


@operation(
    "cast",
    Choice("dtype", REQUIRED, DTYPES, initial="float32", help="The dtype of the result."),
    category=_CATEGORY,
    flops=free,
)
def cast(x: Shape, **_: Any) -> Shape:
    """The same numbers in another dtype."""
    return x


@operation(
    "saturate_cast",
    Choice("dtype", REQUIRED, DTYPES, initial="uint8", help="The dtype of the result."),
    category=_CATEGORY,
    flops=free,
)
def saturate_cast(x: Shape, **_: Any) -> Shape:
    """The same numbers in another dtype; what does not fit becomes the nearest that does."""
    return x


@operation("ones_like", DTYPE, category=_CATEGORY, flops=free)
def ones_like(x: Shape, **_: Any) -> Shape:
    """Ones in the shape of a tensor."""
    return x


@operation("zeros_like", DTYPE, category=_CATEGORY, flops=free)
def zeros_like(x: Shape, **_: Any) -> Shape:
    """Zeros in the shape of a tensor."""
    return x


@operation(
    "full_like",
    Operand("fill_value", REQUIRED, initial=0.0, help="The number that is put everywhere."),
    DTYPE,
    category=_CATEGORY,
    called=("x", "fill_value"),
    flops=free,
)
def full_like(x: Shape, *, fill_value: Any, **_: Any) -> Shape:
    """One number in the shape of a tensor."""
    if not spreads(Operand.shape_of(fill_value), x):
        raise ShapeError(f"ops.full_like cannot spread its fill_value over {show_shape(x)}.")
    return x
