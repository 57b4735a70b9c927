"""Operations that make one tensor of several, and several of one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import axis_of, free, known_size, total
from bnstudio.layers.params import REQUIRED, Choice, Int, Ints
from bnstudio.layers.shapes import alike

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: joining and splitting"
_SEVERAL = (1, None)


def _joined(name: str, shapes: tuple[Shape, ...], axis: int) -> Shape:
    """Shapes put one after the other along an axis."""
    first = shapes[0]
    for shape in shapes:
        same = len(shape) == len(first) and all(
            at == axis or alike(one, other)
            for at, (one, other) in enumerate(zip(first, shape, strict=False))
        )
        if not same:
            listed = ", ".join(map(show_shape, shapes))
            raise MergeError(f"{name} needs sizes that are equal but along axis {axis}: {listed}.")
    return (*first[:axis], total(shape[axis] for shape in shapes), *first[axis + 1 :])


@operation(
    "concatenate",
    Int("axis", 0, help="The axis along which they are put; 0 is the batch."),
    category=_CATEGORY, inputs=("xs",), several=_SEVERAL, flops=free,
)  # fmt: skip
def concatenate(shapes: tuple[Shape, ...], *, axis: int, **_: Any) -> Shape:
    """Puts tensors one after the other along an axis."""
    return _joined("ops.concatenate", shapes, axis_of("ops.concatenate", axis, len(shapes[0])))


@operation(
    "stack",
    Int("axis", 0, help="Where the new dimension goes; 0 is before the batch."),
    category=_CATEGORY, inputs=("x",), several=_SEVERAL, flops=free,
)  # fmt: skip
def stack(shapes: tuple[Shape, ...], *, axis: int, **_: Any) -> Shape:
    """Puts tensors of one shape beside each other, in a new dimension."""
    first = shapes[0]
    at = axis_of("ops.stack", axis, len(first) + 1)
    _joined("ops.stack", tuple((*shape, 1) for shape in shapes), len(first))
    return (*first[:at], len(shapes), *first[at:])


@operation("vstack", category=_CATEGORY, inputs=("xs",), several=_SEVERAL, flops=free)
def vstack(shapes: tuple[Shape, ...], **_: Any) -> Shape:
    """Puts tensors one after the other along the first axis, the batch."""
    if not shapes[0]:
        raise MergeError("ops.vstack needs a dimension, got ().")
    return _joined("ops.vstack", shapes, 0)


@operation("hstack", category=_CATEGORY, inputs=("xs",), several=_SEVERAL, flops=free)
def hstack(shapes: tuple[Shape, ...], **_: Any) -> Shape:
    """Puts tensors one after the other along the second axis."""
    if len(shapes[0]) < 2:
        raise MergeError(f"ops.hstack needs two dimensions, got {show_shape(shapes[0])}.")
    return _joined("ops.hstack", shapes, 1)


@operation("dstack", category=_CATEGORY, inputs=("xs",), several=_SEVERAL, flops=free)
def dstack(shapes: tuple[Shape, ...], **_: Any) -> Shape:
    """Puts tensors one after the other along the third axis, which they get if need be."""
    deep: list[Shape] = []
    for x in shapes:
        deep.append((1, *x, 1) if len(x) == 1 else (*x, 1) if len(x) == 2 else x or (1, 1, 1))
    return _joined("ops.dstack", tuple(deep), 2)


@operation(
    "append",
    Int("axis", None, optional=True, help="The axis; None puts all numbers in one row."),
    category=_CATEGORY, inputs=("x1", "x2"), flops=free,
)  # fmt: skip
def append(shapes: dict[str, Shape], *, axis: int | None, **_: Any) -> Shape:
    """Puts the second tensor after the first."""
    one, two = shapes["x1"], shapes["x2"]
    if axis is None:
        return (total(map(known_size, (one, two))),)
    at = axis_of("ops.append", axis, len(one))
    if one[at] is None or (len(two) == len(one) and two[at] is None):
        raise MergeError(
            f"ops.append needs to know axis {axis}, got {show_shape(one)} and {show_shape(two)}."
        )
    return _joined("ops.append", (one, two), at)


@operation(
    "meshgrid",
    Choice("indexing", "xy", ("xy", "ij"), help="Whether columns come first, or rows."),
    category=_CATEGORY, inputs=("x",), order=("*x",), called=("*x",), several=(2, 2),
    flops=free, outputs=lambda **_: 2,
)  # fmt: skip
def meshgrid(shapes: tuple[Shape, ...], *, indexing: str, **_: Any) -> list[Shape]:
    """The coordinates of a grid, of the places along each of its two axes."""
    sizes = [known_size(shape) for shape in shapes]
    return [tuple(sizes if indexing == "ij" else sizes[::-1])] * 2


_PARTS = Ints(
    "indices_or_sections", REQUIRED, initial=2, min=1, scalar=True, shortest=1,
    help="How many equal parts; or the places where each but the first begins.",
)  # fmt: skip


MOST_PARTS = 1_000
"""Outputs of a node, of which each can be wired; a file may ask for any number."""


def _too_many(*, indices_or_sections: Any, **_: Any) -> list[tuple[str, str]]:
    if _count(indices_or_sections=indices_or_sections) <= MOST_PARTS:
        return []
    return [("indices_or_sections", f"Expected at most {MOST_PARTS:,} parts.")]


def _count(*, indices_or_sections: Any, **_: Any) -> int:
    parts = indices_or_sections
    return len(parts) + 1 if isinstance(parts, tuple) else parts


def _cut(name: str, x: Shape, parts: Any, at: int) -> list[Shape]:
    """The shapes of the parts of a tensor along an axis."""
    length = x[at]
    if not isinstance(parts, tuple):
        if length is not None and length % parts:
            raise ShapeError(
                f"{name} cannot cut axis {at} of {show_shape(x)} into {parts} equal parts."
            )
        sizes: list[int | None] = [None if length is None else length // parts] * parts
    else:
        if list(parts) != sorted(parts) or (length is not None and parts[-1] > length):
            raise ShapeError(f"{name} cannot begin parts of {show_shape(x)} at {parts!r}.")
        sizes = [end - start for start, end in itertools.pairwise((0, *parts))]
        sizes.append(None if length is None else length - parts[-1])
    return [(*x[:at], size, *x[at + 1 :]) for size in sizes]


@operation(
    "split", _PARTS, Int("axis", 0, help="The axis that is cut; 0 is the batch."),
    category=_CATEGORY, outputs=_count, flops=free, conflicts=_too_many,
)  # fmt: skip
def split(x: Shape, *, indices_or_sections: Any, axis: int, **_: Any) -> list[Shape]:
    """Cuts a tensor along an axis: an output for each part."""
    return _cut("ops.split", x, indices_or_sections, axis_of("ops.split", axis, len(x)))


def _split_at(function: str, axis: int, help: str) -> Operation:
    """Enters a split along a fixed axis."""

    def rule(x: Shape, *, indices_or_sections: Any, **_: Any) -> list[Shape]:
        at = 0 if function == "hsplit" and len(x) == 1 else axis
        axis_of(f"ops.{function}", at, len(x))
        if function == "vsplit" and len(x) < 2:
            raise ShapeError(f"ops.vsplit needs two dimensions, got {show_shape(x)}.")
        return _cut(f"ops.{function}", x, indices_or_sections, at)

    rule.__doc__ = help
    return operation(
        function, _PARTS, category=_CATEGORY, outputs=_count, flops=free, conflicts=_too_many
    )(rule)


_split_at("vsplit", 0, "Cuts along the first axis, the batch.")
_split_at("hsplit", 1, "Cuts along the second axis.")
_split_at("dsplit", 2, "Cuts along the third axis.")


@operation(
    "array_split",
    Int("indices_or_sections", REQUIRED, initial=2, min=1, help="How many parts."),
    Int("axis", 0, help="The axis that is cut; 0 is the batch."),
    category=_CATEGORY, outputs=_count, flops=free, conflicts=_too_many,
)  # fmt: skip
def array_split(x: Shape, *, indices_or_sections: int, axis: int, **_: Any) -> list[Shape]:
    """Cuts into parts that are as equal as can be: the first ones are longer by one."""
    at = axis_of("ops.array_split", axis, len(x))
    length, count = x[at], indices_or_sections
    sizes = [
        None if length is None else length // count + (part < length % count)
        for part in range(count)
    ]
    return [(*x[:at], size, *x[at + 1 :]) for size in sizes]


@operation(
    "unstack",
    Int("num", None, min=1, optional=True, help="How many outputs: the size of the axis."),
    Int("axis", 0, help="The axis that is taken apart; 0 is the batch."),
    category=_CATEGORY, outputs=lambda num, **_: num or 1, flops=free,
    conflicts=lambda num, **_: [] if num and num <= MOST_PARTS else [
        ("num", f"Expected the size of the axis, {MOST_PARTS:,} at most: a drawing has to know its "
         "outputs.")
    ],
)  # fmt: skip
def unstack(x: Shape, *, num: int | None, axis: int, **_: Any) -> list[Shape]:
    """Takes an axis apart: an output for each place along it."""
    at = axis_of("ops.unstack", axis, len(x))
    if num is None or x[at] not in (None, num):
        raise ShapeError(f"ops.unstack needs num={x[at]} for axis {axis} of {show_shape(x)}.")
    return [(*x[:at], *x[at + 1 :])] * num
