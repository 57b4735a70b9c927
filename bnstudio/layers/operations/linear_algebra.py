"""Operations on vectors and matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, ShapeError, show_shape
from bnstudio.layers.operations.arithmetic import one_constant, operand, operands
from bnstudio.layers.operations.operation import operation
from bnstudio.layers.operations.reductions import reduced
from bnstudio.layers.operations.rules import (
    AXES,
    KEEPDIMS,
    axes_of,
    axis_of,
    broadcast,
    known_size,
    per_number,
    times,
)
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Text
from bnstudio.layers.ranges import AxisPairs
from bnstudio.layers.shapes import alike, all_known, size

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape

_CATEGORY = "Operations: linear algebra"
_TWO = ("x1", "x2")


def _refuse(name: str, *shapes: Shape) -> MergeError:
    listed = " and ".join(map(show_shape, shapes))
    return MergeError(f"{name} needs sizes that go together, got {listed}.")


def _products(x: Any, y: Shape, **_: Any) -> int:
    """A multiply-add for each number that comes out and each along the last axis."""
    first = x.get("x1") or x.get("x2")
    return 2 * size(y) * (first[-1] if first else 1)


@operation(
    "matmul", operand("x1"), operand("x2"),
    category=_CATEGORY, inputs=_TWO, symbol="@", flops=_products, conflicts=one_constant,
)  # fmt: skip
def matmul(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Multiplies matrices, those of a batch one by one: x1 @ x2."""
    one, two = operands(shapes, params)
    if not one or not two:
        raise _refuse("ops.matmul", one, two)
    rows = one if len(one) > 1 else (1, *one)
    columns = two if len(two) > 1 else (*two, 1)
    if not alike(rows[-1], columns[-2]):
        raise _refuse("ops.matmul", one, two)
    batch = broadcast("ops.matmul", [rows[:-2], columns[:-2]])
    return (
        *batch,
        *((rows[-2],) if len(one) > 1 else ()),
        *((columns[-1],) if len(two) > 1 else ()),
    )


@operation(
    "dot", operand("x1"), operand("x2"),
    category=_CATEGORY, inputs=_TWO, flops=_products, conflicts=one_constant,
)  # fmt: skip
def dot(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Multiplies and sums up along the last axis of the first and the last but one of the second.

    Where both have a batch, every row of one meets every row of the other: matmul is what is meant
    mostly.
    """
    one, two = operands(shapes, params)
    if not one or not two:
        return one or two
    if len(two) == 1:
        if not alike(one[-1], two[0]) or (len(one) > 1 and one[-1] != two[0]):
            raise _refuse("ops.dot", one, two)
        return one[:-1]
    if not alike(one[-1], two[-2]):
        raise _refuse("ops.dot", one, two)
    return (*one[:-1], *two[:-2], two[-1])


@operation(
    "inner", operand("x1"), operand("x2"),
    category=_CATEGORY, inputs=_TWO, flops=_products, conflicts=one_constant,
)  # fmt: skip
def inner(shapes: dict[str, Shape], **params: Any) -> Shape:
    """Multiplies and sums up along the last axis of both."""
    one, two = operands(shapes, params)
    if not one or not two:
        return one or two
    if not alike(one[-1], two[-1]):
        raise _refuse("ops.inner", one, two)
    return (*one[:-1], *two[:-1])


@operation("vdot", category=_CATEGORY, inputs=_TWO, flops=lambda x, y, **_: 2 * size(x["x1"]))
def vdot(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Multiplies all numbers with their counterparts and sums up: one number."""
    one, two = (known_size(shapes[name]) for name in _TWO)
    if not alike(one, two):
        raise _refuse("ops.vdot", *shapes.values())
    return ()


@operation("outer", category=_CATEGORY, inputs=_TWO, flops=lambda x, y, **_: size(y))
def outer(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Every number of the first times every number of the second."""
    return tuple(known_size(shapes[name]) for name in _TWO)


@operation("kron", category=_CATEGORY, inputs=_TWO, flops=per_number())
def kron(shapes: dict[str, Shape], **_: Any) -> Shape:
    """Each number of the first replaced by the second multiplied by it."""
    one, two = shapes["x1"], shapes["x2"]
    if len(one) != len(two):
        raise _refuse("ops.kron", one, two)
    return tuple(times(a, b) for a, b in zip(one, two, strict=True))


@operation(
    "tensordot",
    AxisPairs("axes", 2, help="How many axes are summed over; or which of the first, and of the "
                              "second."),
    category=_CATEGORY, inputs=_TWO,
)  # fmt: skip
def tensordot(shapes: dict[str, Shape], *, axes: Any, **_: Any) -> Shape:
    """Multiplies and sums up along several axes of each."""
    one, two = shapes["x1"], shapes["x2"]
    if isinstance(axes, int):
        if axes > min(len(one), len(two)):
            raise _refuse("ops.tensordot", one, two)
        first = tuple(range(len(one) - axes, len(one)))
        second = tuple(range(axes))
    else:
        first, second = (
            axes_of("ops.tensordot", each, len(shape))
            for each, shape in zip(axes, (one, two), strict=True)
        )
    if (
        len(set(first)) < len(first)
        or len(set(second)) < len(second)
        or len(first) != len(second)
        or not all(alike(one[a], two[b]) for a, b in zip(first, second, strict=True))
    ):
        raise _refuse("ops.tensordot", one, two)
    rest = [length for at, length in enumerate(one) if at not in first]
    return (*rest, *(length for at, length in enumerate(two) if at not in second))


@operation(
    "einsum",
    Text("subscripts", REQUIRED, initial="ij,jk->ik",
         help="A letter for each axis of each input, and those of the output after ->."),
    category=_CATEGORY, inputs=("operands",), order=("subscripts", "*operands"),
    called=("*operands",), several=(1, None),
    conflicts=lambda subscripts, **_: _unreadable(subscripts),
)  # fmt: skip
def einsum(shapes: tuple[Shape, ...], *, subscripts: str, **_: Any) -> Shape:
    """Multiplies tensors and sums up over the axes whose letters do not come out."""
    terms, _arrow, result = subscripts.partition("->")
    specs = terms.split(",")
    if len(specs) != len(shapes):
        raise ShapeError(
            f"ops.einsum reads {len(specs)} inputs in {subscripts!r}, and {len(shapes)} come in."
        )
    sizes: dict[str, int | None] = {}
    wild: list[Shape] = []
    for spec, shape in zip(specs, shapes, strict=True):
        before, dots, after = spec.partition("...")
        letters = before + after
        if len(letters) > len(shape) or (not dots and len(letters) != len(shape)):
            raise ShapeError(f"ops.einsum cannot read {show_shape(shape)} as {spec!r}.")
        ends = (*shape[: len(before)], *shape[len(shape) - len(after) :])
        if dots:
            wild.append(shape[len(before) : len(shape) - len(after)])
        for letter, length in zip(letters, ends, strict=True):
            known = sizes.get(letter, length)
            if not alike(known, length):
                raise ShapeError(
                    f"ops.einsum reads {letter!r} of {subscripts!r} as {known} and as {length}."
                )
            sizes[letter] = length if known is None else known
    rest = broadcast("ops.einsum", wild) if wild else ()
    before, dots, after = result.partition("...")
    return (
        *(sizes[letter] for letter in before),
        *(rest if dots else ()),
        *(sizes[letter] for letter in after),
    )


def _unreadable(subscripts: str) -> Any:
    """Why these cannot be read, or give what depends on the inputs."""
    terms, arrow, result = subscripts.partition("->")
    letters = terms.replace("...", "").replace(",", "")
    out = result.replace("...", "", 1)
    if (
        not arrow
        or not all(each.isascii() and each.islower() for each in letters + out)
        or not set(out) <= set(letters)
        or len(set(out)) < len(out)
        or any(spec.count("...") > 1 or len(set(spec.replace("...", ""))) <
               len(spec.replace("...", "")) for spec in terms.split(","))
        or ("..." in terms) != ("..." in result)
    ):  # fmt: skip
        yield (
            "subscripts",
            f"Expected small letters for each input, ->, and some of them; got {subscripts!r:.60}.",
        )


@operation(
    "cross",
    Int("axisa", -1, help="The axis of the vectors in the first."),
    Int("axisb", -1, help="The axis of the vectors in the second."),
    Int("axisc", -1, help="The axis of the vectors in the result."),
    Int("axis", None, optional=True, help="One axis in the place of all three."),
    category=_CATEGORY, inputs=_TWO, flops=per_number(3),
)  # fmt: skip
def cross(
    shapes: dict[str, Shape], *, axisa: int, axisb: int, axisc: int, axis: int | None, **_: Any
) -> Shape:
    """The vector at right angles to two vectors of three numbers, or two."""
    if axis is not None:
        axisa = axisb = axisc = axis
    one, two = shapes["x1"], shapes["x2"]
    a, b = axis_of("ops.cross", axisa, len(one)), axis_of("ops.cross", axisb, len(two))
    if one[a] not in (None, 2, 3) or two[b] not in (None, 2, 3):
        raise ShapeError(
            f"ops.cross needs vectors of 2 or 3 numbers, got {show_shape(one)} and "
            f"{show_shape(two)}."
        )
    rest = broadcast("ops.cross", [(*one[:a], *one[a + 1 :]), (*two[:b], *two[b + 1 :])])
    made = (3,) if 3 in (one[a], two[b]) else ()
    c = axis_of("ops.cross", axisc, len(rest) + len(made))
    return (*rest[:c], *made, *rest[c:])


@operation(
    "norm",
    Choice("ord", None, (None, "fro", "nuc"), help="Which norm; None for the root of squares."),
    AXES,
    KEEPDIMS,
    category=_CATEGORY, flops=lambda x, y, **_: 2 * size(x), tells=("axis",),
)  # fmt: skip
def norm(x: Shape, *, ord: str | None, axis: Any, keepdims: bool, **_: Any) -> Shape:
    """The length of vectors along an axis, or the norm of matrices in two axes."""
    axes = axes_of("ops.norm", axis, len(x))
    if ord is not None and len(axes) != 2:
        raise ShapeError(f"ops.norm takes {ord!r} of two axes, got {len(axes)} of {show_shape(x)}.")
    return reduced("ops.norm", x, axis, keepdims)


@operation(
    "normalize",
    Int("axis", -1, help="The axis along which vectors lie."),
    Float("order", 2, above=0, help="Which norm becomes 1: 2 for the root of squares."),
    Float("epsilon", None, optional=True, above=0, help="What is divided by at least."),
    category=_CATEGORY, flops=per_number(3), tells=("axis",),
)  # fmt: skip
def normalize(x: Shape, *, axis: int, **_: Any) -> Shape:
    """Scales vectors to length 1."""
    axis_of("ops.normalize", axis, len(x))
    return x


@operation("cdist", category=_CATEGORY, inputs=("x", "y"), keras_class="CDist",
           flops=lambda x, y, **_: 3 * size(y) * x["x"][-1])  # fmt: skip
def cdist(shapes: dict[str, Shape], **_: Any) -> Shape:
    """How far each point of one set is from each point of another."""
    one, two = shapes["x"], shapes["y"]
    if min(len(one), len(two)) < 2 or not alike(one[-1], two[-1]):
        raise _refuse("ops.cdist", one, two)
    return (*broadcast("ops.cdist", [one[:-2], two[:-2]]), one[-2], two[-2])


@operation(
    "diff",
    Int("n", 1, min=0, help="How often."),
    Int("axis", -1, help="The axis along which neighbours are compared."),
    category="Operations: arithmetic", inputs=("a",), flops=per_number(),
)  # fmt: skip
def diff(x: Shape, *, n: int, axis: int, **_: Any) -> Shape:
    """How far each number is from the one before."""
    at = axis_of("ops.diff", axis, len(x))
    length = x[at]
    return (*x[:at], None if length is None else max(0, length - n), *x[at + 1 :])


@operation(
    "trapezoid",
    Float("dx", 1.0, help="How far the places are apart."),
    Int("axis", -1, help="The axis along which is summed."),
    category="Operations: reductions", inputs=("y",),
    flops=lambda x, y, **_: 3 * size(x),
)  # fmt: skip
def trapezoid(x: Shape, *, axis: int, **_: Any) -> Shape:
    """The area under a curve whose heights these are."""
    at = axis_of("ops.trapezoid", axis, len(x))
    return (*x[:at], *x[at + 1 :])


@operation(
    "correlate", Choice("mode", "valid", ("valid", "same", "full"), help="How far they slide."),
    category=_CATEGORY, inputs=_TWO, flops=lambda x, y, **_: 2 * y[0] * min(x["x1"][0], x["x2"][0]),
)  # fmt: skip
def correlate(shapes: dict[str, Shape], *, mode: str, **_: Any) -> Shape:
    """How alike two rows of numbers are as one slides along the other."""
    one, two = shapes["x1"], shapes["x2"]
    lengths = (*one, *two)
    if len(one) != 1 or len(two) != 1 or not all_known(lengths):
        raise _refuse("ops.correlate", one, two)
    long, short = max(lengths), min(lengths)
    if mode == "same":
        return (long,)
    return (long + short - 1 if mode == "full" else long - short + 1,)


@operation(
    "vander",
    Int("N", None, min=1, optional=True, help="How many powers; None for as many as numbers."),
    Bool("increasing", False, help="Whether the powers rise."),
    category=_CATEGORY, flops=per_number(),
)  # fmt: skip
def vander(x: Shape, *, N: int | None, **_: Any) -> Shape:
    """The powers of each number, from the highest to 0."""
    if len(x) != 1:
        raise ShapeError(f"ops.vander needs one dimension, got {show_shape(x)}.")
    return (x[0], N or x[0])


@operation("corrcoef", category=_CATEGORY, flops=lambda x, y, **_: 2 * size(y) * size(x))
def corrcoef(x: Shape, **_: Any) -> Shape:
    """How much each two rows go together, from -1 to 1."""
    if x and (len(x) != 2 or not alike(x[0], x[1])):
        raise ShapeError(
            f"ops.corrcoef is given by Keras the shape of its input, which is right for as many "
            f"rows as columns only; got {show_shape(x)}."
        )
    return x
