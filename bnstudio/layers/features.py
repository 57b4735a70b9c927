"""Layers that make numbers to learn from of categories, counts and measurements."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from bnstudio.layers.catalogue import COMMON, FLOATING, layer
from bnstudio.layers.layer_type import MergeError, Shape, ShapeError, show_shape
from bnstudio.layers.params import REQUIRED, Bool, Choice, Floats, Int, Ints
from bnstudio.layers.shapes import alike, known

if TYPE_CHECKING:
    from collections.abc import Iterator

SPARSE = Bool("sparse", False, help="Whether it comes out as a sparse tensor.")
MODE_HELP = (
    "What comes out: 'int' the number, 'one_hot' a one in its place, 'multi_hot' a one in the "
    "place of each number of a row, 'count' how often each comes up in a row."
)
MODES = ("int", "one_hot", "multi_hot", "count")
_WHOLE = Choice(
    "dtype",
    None,
    (*FLOATING, "int32", "int64"),
    help="The dtype of what comes out; None for int64 of numbers, and else the global one.",
)


def _sparse_conflicts(*, output_mode: str, sparse: bool, **_: Any) -> Iterator[tuple[str, str]]:
    if sparse and output_mode == "int":
        yield "sparse", "Plain numbers cannot be sparse; output_mode='multi_hot' can."


def need_table(name: str, x: Shape) -> None:
    """Refuses a batch of single numbers, which would be taken for one row.

    Raises:
        ShapeError: In words, with the shape.
    """
    if len(x) < 2:
        raise ShapeError(
            f"{name} needs the numbers of each row, (batch, numbers); got {show_shape(x)}."
        )


def need_square(name: str, output_mode: str, x: Shape) -> None:
    """Refuses an input of which Keras counts along another axis than it says.

    Raises:
        ShapeError: In words, with the shape.
    """
    if not all(alike(one, other) for one, other in pairwise(x[1:])):
        raise ShapeError(
            f"{name} counts along axis 1 with output_mode={output_mode!r}, which Keras takes for "
            f"the last; it needs (batch, numbers), got {show_shape(x)}."
        )


_HALF = ("float16", "bfloat16")


def _need_width(name: str, output_mode: str, x: Shape, dtype: str) -> None:
    """Refuses to count rows in half precision: TensorFlow can where what comes out is sparse only.

    Raises:
        ShapeError: In words.
    """
    if dtype in _HALF and len(x) == 2 and output_mode in ("multi_hot", "count"):
        raise ShapeError(
            f"{name} cannot work in {dtype} with output_mode={output_mode!r}; float32 can."
        )


def _need_sizes(name: str, output_mode: str, x: Shape, sparse: bool) -> None:
    """Refuses ones that are to be sparse where a size, that of the batch too, is not known.

    Raises:
        ShapeError: In words, with the shape.
    """
    if sparse and None in x and (output_mode == "one_hot" or len(x) > 2):
        raise ShapeError(
            f"{name} can be sparse with output_mode={output_mode!r} only where every size is "
            f"known, the batch's too; got {show_shape(x)}."
        )


@layer(
    "CategoryEncoding",
    Int("num_tokens", REQUIRED, initial=10, min=1, help="How many categories there are."),
    Choice("output_mode", "multi_hot", MODES[1:], help=MODE_HELP),
    SPARSE,
    category="Preprocessing",
    tells=("num_tokens", "output_mode"),
)
def category_encoding(
    x: Shape, *, num_tokens: int, output_mode: str, sparse: bool, dtype: str | None, **_: Any
) -> Shape:
    """Makes ones and zeros, or counts, of whole numbers that stand for categories.

    Takes (batch, numbers), each from 0 to num_tokens less one.
    """
    _need_sizes("CategoryEncoding", output_mode, x, sparse)
    if output_mode == "one_hot":
        return (*(x[:-1] if x[-1] == 1 and len(x) > 1 else x), num_tokens)
    need_table("CategoryEncoding", x)
    need_square("CategoryEncoding", output_mode, x)
    if sparse and len(x) == 2:
        raise ShapeError(
            f"Inside a model Keras cannot make {output_mode!r} of rows sparse, got {show_shape(x)}."
        )
    _need_width("CategoryEncoding", output_mode, x, dtype or "")
    return (*x[:-1], num_tokens)


def _rising(
    *, bin_boundaries: tuple[float, ...], output_mode: str, sparse: bool, **_: Any
) -> Iterator[tuple[str, str]]:
    yield from _sparse_conflicts(output_mode=output_mode, sparse=sparse)
    if any(one > other for one, other in pairwise(bin_boundaries)):
        yield "bin_boundaries", f"Boundaries must rise, got {bin_boundaries!r}."


@layer(
    "Discretization",
    Floats(
        "bin_boundaries",
        REQUIRED,
        initial=(0.0, 1.0),
        shortest=1,
        help="Where one bin ends and the next begins, rising.",
    ),
    Choice("output_mode", "int", MODES, help=MODE_HELP),
    SPARSE,
    category="Preprocessing",
    tells=("output_mode",),
    conflicts=_rising,
    common=COMMON[1:],
)
def discretization(
    x: Shape,
    *,
    bin_boundaries: tuple[float, ...],
    output_mode: str,
    sparse: bool,
    dtype: str | None,
    **_: Any,
) -> Shape:
    """Puts each measurement into a bin, and gives the bin's number or a one in its place."""
    bins = len(bin_boundaries) + 1
    if output_mode == "int":
        return x
    _need_sizes("Discretization", output_mode, x, sparse)
    if output_mode == "one_hot":
        return (*(x[:-1] if x[-1] == 1 and len(x) > 1 else x), bins)
    need_table("Discretization", x)
    if not sparse:
        _need_width("Discretization", output_mode, x, (dtype or "").removeprefix("mixed_"))
    return (x[0], *x[2:], bins)


def _hashing_conflicts(
    *, output_mode: str, sparse: bool, dtype: str | None, **_: Any
) -> Iterator[tuple[str, str]]:
    yield from _sparse_conflicts(output_mode=output_mode, sparse=sparse)
    if output_mode == "int" and dtype not in (None, "int32", "int64"):
        yield "dtype", f"Plain numbers come out as int32 or int64, not as {dtype}."


@layer(
    "Hashing",
    Int("num_bins", REQUIRED, initial=32, min=1, help="How many bins values are hashed into."),
    Int(
        "mask_value",
        None,
        optional=True,
        help="A number that goes into bin 0, which then has no other; None for none.",
    ),
    Ints(
        "salt",
        None,
        length=2,
        scalar=True,
        optional=True,
        help="Hashes differently for each; None for the fast hash without one.",
    ),
    Choice("output_mode", "int", MODES, help=MODE_HELP),
    SPARSE,
    category="Preprocessing",
    tells=("num_bins", "output_mode"),
    conflicts=_hashing_conflicts,
    common=(COMMON[0], _WHOLE),
)
def hashing(
    x: Shape, *, num_bins: int, output_mode: str, sparse: bool, dtype: str | None, **_: Any
) -> Shape:
    """Hashes whole numbers or texts into bins, however many different ones there are.

    Needs no vocabulary; two values may fall into one bin.
    """
    if output_mode == "int":
        return x
    need_table("Hashing", x)
    _need_sizes("Hashing", output_mode, x, sparse)
    if not sparse:
        _need_width("Hashing", output_mode, x, dtype or "")
    if output_mode != "one_hot":
        need_square("Hashing", output_mode, x)
    elif known("Hashing", x, -1) != 1 or (len(x) > 2 and x[-2] == 1):
        raise ShapeError(
            f"Hashing with output_mode='one_hot' needs one value a row, (batch, 1); got "
            f"{show_shape(x)}."
        )
    return (*x[:-1], num_bins)


@layer(
    "HashedCrossing",
    Int("num_bins", REQUIRED, initial=32, min=1, help="How many bins pairs are hashed into."),
    Choice(
        "output_mode",
        "int",
        ("int", "one_hot"),
        help="What comes out: the number of the bin, or a one in its place.",
    ),
    SPARSE,
    category="Preprocessing",
    tells=("num_bins", "output_mode"),
    inputs=(2, 2),
    common=(_WHOLE,),
)
def hashed_crossing(
    shapes: tuple[Shape, ...], *, num_bins: int, output_mode: str, **_: Any
) -> Shape:
    """Hashes pairs of whole numbers or texts into bins, so that their combination counts.

    Takes two inputs of one value a row each, (batch, 1).
    """
    first, second = shapes
    told = f"{show_shape(first)} and {show_shape(second)}"
    if first != second:
        raise MergeError(f"HashedCrossing needs two inputs of one shape, got {told}.")
    if len(first) > 2 or (len(first) == 2 and first[-1] != 1):
        raise ShapeError(f"HashedCrossing needs one value a row, (batch, 1); got {told}.")
    if output_mode == "int":
        return first
    if first == (1,):
        raise ShapeError(f"HashedCrossing takes a batch of one row for one value; got {told}.")
    return (*(first if first[-1] != 1 else first[:-1]), num_bins)
