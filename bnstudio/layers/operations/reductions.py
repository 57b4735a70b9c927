"""Operations that make one number of several, along axes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import ShapeError, show_shape
from bnstudio.layers.operands import Operand, flat, parted
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import AXES, DTYPE, KEEPDIMS, axes_of, axis_of, known_size
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Wired
from bnstudio.layers.shapes import alike, size

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape
    from bnstudio.layers.params import Param

_CATEGORY = "Operations: reductions"


def reduced(name: str, x: Shape, axis: Any, keepdims: bool = False) -> Shape:
    """A shape without these axes, or with 1 in their places."""
    gone = axes_of(name, axis, len(x))
    if len(set(gone)) < len(gone):
        raise ShapeError(f"{name} takes each axis once, got {axis!r} for {show_shape(x)}.")
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


_INITIAL = Float(
    "initial", None, optional=True, help="A value that takes part in it; None for none."
)
_METHOD = Choice(
    "method", "linear", ("linear", "lower", "higher", "midpoint", "nearest"),
    help="What is taken where the place falls between two numbers.",
)  # fmt: skip

_reduction("sum", "The sum along axes.")
_reduction("mean", "The mean along axes.")
_reduction("max", "The largest number along axes.", _INITIAL)
_reduction("min", "The smallest number along axes.", _INITIAL)
_reduction("amax", "The largest number along axes, as max gives it.")
_reduction("amin", "The smallest number along axes, as min gives it.")
_reduction("prod", "The product along axes.", DTYPE)
_reduction("std", "The standard deviation along axes.", cost=4)
_reduction("var", "The variance along axes: the mean squared distance from the mean.", cost=3)
_reduction("median", "The number in the middle along axes.")
_reduction("ptp", "How far the largest is from the smallest along axes.", cost=2)
_reduction("all", "Whether all are true along axes.")
_reduction("any", "Whether one at least is true along axes.")
_reduction("count_nonzero", "How many numbers along axes are not 0.", last=False)
_reduction("logsumexp", "The logarithm of the sum of exponentials along axes.", cost=3)
for _function, _of in {
    "nanmax": "largest number", "nanmin": "smallest number", "nansum": "sum", "nanmean": "mean",
    "nanprod": "product", "nanstd": "standard deviation", "nanvar": "variance",
    "nanmedian": "number in the middle",
}.items():  # fmt: skip
    _reduction(_function, f"The {_of} along axes, leaving out what is not a number.")

_ONE_AXIS = Int(
    "axis", None, optional=True, help="The axis along which it is done; None for all numbers."
)


def _place(function: str, help: str) -> Operation:
    """Enters an operation that finds a place along one axis."""

    def rule(x: Shape, *, axis: int | None, keepdims: bool, **_: Any) -> Shape:
        return reduced(f"ops.{function}", x, axis, keepdims)

    rule.__doc__ = help
    return operation(
        function, _ONE_AXIS, KEEPDIMS, category=_CATEGORY, tells=("axis",),
        flops=lambda x, y, **_: size(x),
    )(rule)  # fmt: skip


_place("argmax", "At which place the largest number is.")
_place("argmin", "At which place the smallest number is.")
_place("nanargmax", "At which place the largest number is, leaving out what is not a number.")
_place("nanargmin", "At which place the smallest number is, leaving out what is not a number.")


def _running(function: str, help: str) -> Operation:
    """Enters an operation whose every number sums up those before it."""

    def rule(x: Shape, *, axis: int | None, **_: Any) -> Shape:
        if axis is None:
            return (known_size(x),)
        axis_of(f"ops.{function}", axis, len(x))
        return x

    rule.__doc__ = help
    return operation(
        function, _ONE_AXIS, DTYPE, category=_CATEGORY, tells=("axis",),
        flops=lambda x, y, **_: size(x),
    )(rule)  # fmt: skip


_running("cumsum", "The sum of all numbers up to each along an axis.")
_running("cumprod", "The product of all numbers up to each along an axis.")
_running("nancumsum", "The sum of all up to each, leaving out what is not a number.")
_running("nancumprod", "The product of all up to each, leaving out what is not a number.")


def _quantile(function: str, help: str, most: float) -> Operation:
    """Enters an operation that finds the number below which a share of all lies."""

    def rule(shapes: dict[str, Shape], *, q: Any, axis: Any, keepdims: bool, **_: Any) -> Shape:
        places = shapes.get("q", ()) if q is None else Operand.shape_of(q)
        if len(places) > 1:
            raise ShapeError(f"ops.{function} takes one q or a list of them, got {places}.")
        return (*places, *reduced(f"ops.{function}", shapes["x"], axis, keepdims))

    def within(*, q: Any, **_: Any) -> Any:
        shares = [] if q is None else [float(str(each)) for each in flat(parted(q)[0])]
        if not all(0 <= share <= most for share in shares):
            yield "q", f"Expected numbers from 0 to {most}, got {Operand.text_of(q)}."

    rule.__doc__ = help
    share = Operand("q", None, help=f"The share, from 0 to {most}, or several; None for a wire.")
    return operation(
        function, share, AXES, _METHOD, KEEPDIMS, category=_CATEGORY, inputs=("x", "q"),
        tells=("q", "axis"), conflicts=within, flops=lambda x, y, **_: size(x["x"]),
    )(rule)  # fmt: skip


_quantile("quantile", "The number below which a share of those along axes lies.", 1)
_quantile("percentile", "The number below which so many percent of those along axes lie.", 100)
_quantile("nanquantile", "A quantile, leaving out what is not a number.", 1)
_quantile("nanpercentile", "A percentile, leaving out what is not a number.", 100)


@operation(
    "average",
    _ONE_AXIS,
    Wired("weights", False, help="Whether each number's weight comes in."),
    category=_CATEGORY,
    inputs=("x", "weights"),
    order=("x",),
    flops=lambda x, y, **_: 2 * size(x["x"]),
)
def average(shapes: dict[str, Shape], *, axis: int | None, **_: Any) -> Shape:
    """The mean along an axis, in which some numbers may weigh more than others."""
    x = shapes["x"]
    weights = shapes.get("weights")
    if weights is not None and axis is not None and len(weights) == 1 and len(x) != 1:
        if not alike(x[axis_of("ops.average", axis, len(x))], weights[0]):
            raise ShapeError(
                f"ops.average needs as many weights as there are along axis {axis}, got "
                f"{show_shape(weights)} for {show_shape(x)}."
            )
    elif weights is not None and (len(x) != len(weights) or not all(map(alike, x, weights))):
        raise ShapeError(
            f"ops.average needs a weight for each number, got {show_shape(weights)} for "
            f"{show_shape(x)}."
        )
    return reduced("ops.average", x, axis)


@operation(
    "moments",
    replace(AXES, name="axes", default=REQUIRED, initial=-1, optional=False),
    KEEPDIMS,
    Bool("synchronized", False, help="Whether several devices compute it together."),
    category=_CATEGORY,
    tells=("axes",),
    outputs=lambda **_: 2,
    flops=lambda x, y, **_: 4 * size(x),
)
def moments(x: Shape, *, axes: Any, keepdims: bool, **_: Any) -> list[Shape]:
    """The mean and the variance along axes: two outputs."""
    return [reduced("ops.moments", x, axes, keepdims)] * 2
