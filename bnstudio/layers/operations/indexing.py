"""Operations that pick numbers out of a tensor by place."""

from __future__ import annotations

from typing import Any

from bnstudio.layers.layer_type import Shape, ShapeError, show_shape
from bnstudio.layers.operands import Index, Operand, entries
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.rules import DTYPE, axis_of, broadcast, free, known_size, per_number
from bnstudio.layers.params import REQUIRED, Bool, Choice, Int, Ints
from bnstudio.layers.shapes import alike, size

_CATEGORY = "Operations: indexing and sorting"


@operation(
    "get_item",
    Index(
        "key", REQUIRED, initial=":, 0",
        help="What stands in the brackets, such as :, 0 or ..., 2:4; None adds a dimension.",
    ),
    category=_CATEGORY,
    called=("x", "key"),
    symbol="[]",
    flops=free,
)  # fmt: skip
def get_item(x: Shape, *, key: str, **_: Any) -> Shape:
    """Picks out a part by place, as Python writes it: x[:, 0].

    The first place is the batch: : keeps it whole.
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


_INDICES = Operand(
    "indices", None, help="Which places, whole numbers; None for a wire that brings them."
)
_AXIS = Int("axis", None, optional=True, help="The axis; None for all numbers in one row.")
_LAST = Int("axis", -1, optional=True, help="The axis; None for all numbers in one row.")


@operation(
    "take", _INDICES, _AXIS,
    category=_CATEGORY, inputs=("x", "indices"), tells=("indices", "axis"), flops=free,
)  # fmt: skip
def take(shapes: dict[str, Shape], *, indices: Any, axis: int | None, **_: Any) -> Shape:
    """The parts at some places along an axis."""
    x = shapes["x"]
    places = shapes.get("indices", ()) if indices is None else Operand.shape_of(indices)
    if axis is None:
        return places
    at = axis_of("ops.take", axis, len(x))
    return (*x[:at], *places, *x[at + 1 :])


@operation(
    "take_along_axis", _AXIS,
    category=_CATEGORY, inputs=("x", "indices"), flops=free,
)  # fmt: skip
def take_along_axis(shapes: dict[str, Shape], *, axis: int | None, **_: Any) -> Shape:
    """The numbers at the places that a tensor of as many dimensions says, along an axis."""
    x, places = shapes["x"], shapes["indices"]
    if axis is None:
        x = (known_size(x),)
    if len(x) != len(places):
        raise ShapeError(
            "ops.take_along_axis needs as many dimensions in both, got "
            f"{show_shape(x)} and {show_shape(places)}."
        )
    at = 0 if axis is None else axis_of("ops.take_along_axis", axis, len(x))
    return broadcast("ops.take_along_axis", [(*x[:at], places[at], *x[at + 1 :]), places])


@operation("sort", _LAST, category=_CATEGORY, flops=per_number())
def sort(x: Shape, *, axis: int | None, **_: Any) -> Shape:
    """The numbers in order along an axis, the smallest first."""
    return _ordered("ops.sort", x, axis)


@operation("argsort", _LAST, category=_CATEGORY, flops=per_number())
def argsort(x: Shape, *, axis: int | None, **_: Any) -> Shape:
    """The places of the numbers in order along an axis."""
    return _ordered("ops.argsort", x, axis)


@operation(
    "argpartition",
    Int("kth", REQUIRED, initial=0, help="Which place in the order is exact."),
    _LAST,
    category=_CATEGORY,
    flops=per_number(),
)
def argpartition(x: Shape, *, kth: int, axis: int | None, **_: Any) -> Shape:
    """The places of the numbers, those before the k-th in order first."""
    return _ordered("ops.argpartition", x, axis)


def _ordered(name: str, x: Shape, axis: int | None) -> Shape:
    if axis is None:
        return (known_size(x),)
    axis_of(name, axis, len(x))
    return x


@operation(
    "top_k",
    Int("k", REQUIRED, initial=1, min=1, help="How many."),
    Bool("sorted", True, help="Whether the largest comes first."),
    category=_CATEGORY, tells=("k",), outputs=lambda **_: 2,
    flops=lambda x, y, **_: size(x),
)  # fmt: skip
def top_k(x: Shape, *, k: int, **_: Any) -> list[Shape]:
    """The largest numbers along the last axis, and their places: two outputs."""
    length = x[axis_of("ops.top_k", -1, len(x))]
    if length is not None and k > length:
        raise ShapeError(f"ops.top_k cannot take {k} out of {length} in {show_shape(x)}.")
    return [(*x[:-1], k)] * 2


@operation(
    "in_top_k",
    Int("k", REQUIRED, initial=1, min=1, help="How many count."),
    category=_CATEGORY, inputs=("targets", "predictions"),
    flops=lambda x, y, **_: size(x["predictions"]),
)  # fmt: skip
def in_top_k(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Whether each target is among the largest predictions of its row."""
    return shapes["targets"]


@operation(
    "searchsorted",
    Choice("side", "left", ("left", "right"), help="On which side of an equal number."),
    category=_CATEGORY, inputs=("sorted_sequence", "values"), keras_class="SearchSorted",
    flops=per_number(),
)  # fmt: skip
def searchsorted(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Where each value would stand in a sorted row of numbers."""
    if len(shapes["sorted_sequence"]) != 1:
        raise ShapeError(
            "ops.searchsorted needs one dimension in the sorted sequence, got "
            f"{show_shape(shapes['sorted_sequence'])}."
        )
    if len(shapes["values"]) != 1:
        raise ShapeError(
            f"ops.searchsorted needs one dimension of values, got {show_shape(shapes['values'])}."
        )
    return shapes["values"]


@operation(
    "digitize",
    Operand("bins", None, help="The bounds of the bins, rising; None for a wire."),
    category=_CATEGORY, inputs=("x", "bins"), flops=per_number(),
)  # fmt: skip
def digitize(shapes: dict[str, Shape], *, bins: Any, **_: Any) -> Shape:
    """In which bin each number falls."""
    bounds = shapes.get("bins", ()) if bins is None else Operand.shape_of(bins)
    if len(bounds) != 1:
        raise ShapeError(f"ops.digitize needs one dimension of bins, got {show_shape(bounds)}.")
    return shapes["x"]


@operation(
    "one_hot",
    Int("num_classes", REQUIRED, initial=2, min=1, help="How many classes there are."),
    Int("axis", -1, min=-1, help="Where the new dimension goes; -1 is the last."),
    DTYPE,
    Bool("sparse", False, help="Whether a sparse tensor comes out."),
    category=_CATEGORY, tells=("num_classes",), flops=free,
)  # fmt: skip
def one_hot(x: Shape, *, num_classes: int, axis: int, **_: Any) -> Shape:
    """A row of zeros with a one at the place of each class."""
    if axis == -1:
        return (*x, num_classes)
    if axis >= len(x):
        raise ShapeError(f"ops.one_hot can put axis {axis} before one of {show_shape(x)} only.")
    return (*x[:axis], num_classes, *x[axis:])


@operation(
    "unravel_index",
    Ints("shape", REQUIRED, initial=(2, 2), shortest=1, min=1, help="The shape they count in."),
    category=_CATEGORY, inputs=("indices",), outputs=lambda shape, **_: len(shape), flops=free,
)  # fmt: skip
def unravel_index(x: Shape, *, shape: tuple[int, ...], **_: Any) -> list[Shape]:
    """The coordinates of places that are counted through: an output for each axis."""
    return [x] * len(shape)


@operation(
    "slice",
    Ints("start_indices", REQUIRED, initial=(0, 0), min=0, help="Where it begins on each axis."),
    Ints("shape", REQUIRED, initial=(1, 1), min=-1, help="How much is taken; -1 for the rest."),
    category=_CATEGORY, inputs=("inputs",), called=("inputs", "start_indices"), flops=free,
)  # fmt: skip
def slice_(x: Shape, *, start_indices: tuple[int, ...], shape: tuple[int, ...], **_: Any) -> Shape:
    """A box of so many numbers along each axis."""
    if not len(x) == len(start_indices) == len(shape):
        raise ShapeError(
            f"ops.slice needs a start and a size for each dimension of {show_shape(x)}, got "
            f"{start_indices!r} and {shape!r}."
        )
    found: list[int | None] = []
    for length, start, taken in zip(x, start_indices, shape, strict=True):
        if length is not None and start + max(taken, 0) > length:
            raise ShapeError(f"ops.slice takes more than there is in {show_shape(x)}.")
        found.append(taken if taken != -1 else None if length is None else length - start)
    return tuple(found)


@operation(
    "slice_update",
    Ints("start_indices", REQUIRED, initial=(0, 0), min=0, help="Where it begins on each axis."),
    category=_CATEGORY, inputs=("inputs", "updates"),
    order=("inputs", "start_indices", "updates"), called=("inputs", "start_indices", "updates"),
    flops=free,
)  # fmt: skip
def slice_update(shapes: dict[str, Shape], *, start_indices: tuple[int, ...], **_: Any) -> Shape:
    """A tensor with a box of its numbers replaced by another tensor."""
    x, box = shapes["inputs"], shapes["updates"]
    fits = len(x) == len(box) == len(start_indices) and all(
        length is None or part is None or part <= length
        for length, part in zip(x, box, strict=True)
    )
    if not fits:  # a start too far on is moved back
        raise ShapeError(
            f"ops.slice_update cannot put {show_shape(box)} at {start_indices!r} of "
            f"{show_shape(x)}."
        )
    return x


@operation(
    "scatter",
    Ints("shape", REQUIRED, initial=(1,), min=1, help="The shape of the result."),
    category=_CATEGORY, inputs=("indices", "values"), flops=free,
)  # fmt: skip
def scatter(shapes: dict[str, Shape], *, shape: tuple[int, ...], **_: Any) -> Shape:
    """Zeros, with values added at the places that come in."""
    places, values = shapes["indices"], shapes["values"]
    depth = places[-1] if places else None
    fits = bool(places)
    if depth is not None:
        wanted = (*places[:-1], *shape[depth:])
        fits = depth <= len(shape) and len(values) == len(wanted)
        fits = fits and all(map(alike, values, wanted))
    if not fits:
        raise ShapeError(
            f"ops.scatter cannot put values {show_shape(values)} at indices {show_shape(places)} "
            f"into {show_shape(shape)}."
        )
    return shape


for _function, _what in {
    "segment_sum": "The sum", "segment_max": "The largest", "segment_min": "The smallest",
    "segment_prod": "The product",
}.items():  # fmt: skip

    def _rule(
        shapes: dict[str, Shape], *, num_segments: int | None, function: str = _function, **_: Any
    ) -> Shape:
        data, ids = shapes["data"], shapes["segment_ids"]
        if not data or len(ids) != 1 or not alike(data[0], ids[0]):
            raise ShapeError(
                f"ops.{function} needs the number of a segment for each row, got "
                f"{show_shape(ids)} for {show_shape(data)}."
            )
        return (num_segments, *data[1:])

    _rule.__doc__ = f"{_what} of the rows of each segment."
    operation(
        _function,
        Int("num_segments", None, min=1, optional=True, help="How many there are; None to count."),
        Bool("sorted", False, help="Whether the numbers of the segments rise."),
        category=_CATEGORY, inputs=("data", "segment_ids"), tells=("num_segments",),
        flops=lambda x, y, **_: size(x["data"]),
    )(_rule)  # fmt: skip
