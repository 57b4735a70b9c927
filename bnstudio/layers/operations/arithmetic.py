"""Operations on two tensors, number by number, either of which may be a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.layer_type import MergeError, show_shape
from bnstudio.layers.operands import Operand, flat, parted
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import broadcast, per_number
from bnstudio.layers.params import Bool, Float
from bnstudio.layers.shapes import spreads

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape
    from bnstudio.layers.params import Param

_ARITHMETIC = "Operations: arithmetic"
_LOGIC = "Operations: comparison and logic"


def one_constant(**params: Any) -> Any:
    """Refuses an operation on constants alone."""
    first, last = list(params)[:2]
    if params[first] is not None and params[last] is not None:
        yield last, "Expected a tensor on one side at least; None leaves it to a wire."


def operand(name: str) -> Operand:
    """The argument that is a wire, or a constant."""
    return Operand(
        name, None, help="A number or an array in the place of the tensor; None for a wire."
    )


def operands(shapes: dict[str, Shape], params: dict[str, Any]) -> list[Shape]:
    """The shapes of tensors and constants, in the order of ``params``."""
    return [shapes[key] if key in shapes else Operand.shape_of(params[key]) for key in params]


def _binary(
    function: str,
    help: str,
    *,
    category: str = _ARITHMETIC,
    names: tuple[str, str] = ("x1", "x2"),
    symbol: str = "",
    keras_class: str = "",
    cost: int = 1,
    constants: tuple[str, ...] | None = None,
) -> Operation:
    """Enters an operation whose operands are repeated to each other's shape.

    ``constants`` are the operands that Keras takes a number for, both unless given.
    """

    def rule(shapes: dict[str, Shape], **params: Any) -> Shape:
        return broadcast(f"ops.{function}", operands(shapes, dict.fromkeys(names) | params))

    rule.__doc__ = help
    able = names if constants is None else constants
    params: list[Param] = [operand(name) for name in names if name in able]
    return operation(
        function, *params, category=category, inputs=names, symbol=symbol,
        keras_class=keras_class, flops=per_number(cost),
        conflicts=one_constant if len(params) > 1 else None,
    )(rule)  # fmt: skip


_binary("add", "Adds two tensors, or a constant to one: x1 + x2.", symbol="+")
_binary("subtract", "Takes the second from the first: x1 - x2.", symbol="-")
_binary("multiply", "Multiplies two tensors, or one by a constant: x1 * x2.", symbol="*")
_binary("divide", "Divides the first by the second, as true_divide does.")
_binary("true_divide", "Divides the first by the second: x1 / x2.", symbol="/")
_binary("divide_no_nan", "Divides, and gives 0 where the second is 0.")
_binary("floor_divide", "Divides and rounds down: x1 // x2.", symbol="//")
_binary("mod", "What is left of a division, with the sign of the second: x1 % x2.", symbol="%")
_binary("fmod", "What is left of a division, with the sign of the first.")
_binary("power", "The first raised to the second: x1 ** x2.", symbol="**")
_binary("maximum", "The larger of each two numbers.")
_binary("minimum", "The smaller of each two numbers.")
_binary("fmax", "The larger of each two numbers, leaving out what is not a number.")
_binary("fmin", "The smaller of each two numbers, leaving out what is not a number.")
_binary("arctan2", "The angle of the point whose heights are x1 and whose widths are x2.")
_binary("hypot", "The long side of the right triangle with these two sides.",
        cost=3, constants=())  # fmt: skip
_binary("logaddexp", "The logarithm of the sum of two exponentials, without overflow.", cost=4)
_binary("logaddexp2", "The same to the base 2.", cost=4)
_binary("heaviside", "0 below zero, 1 above it, and the second at zero.", constants=())
_binary("nextafter", "The number after the first in the direction of the second.")
_binary("gcd", "The greatest common divisor of whole numbers.")
_binary("lcm", "The least common multiple of whole numbers.")
_binary("ldexp", "The first times 2 to the power of the second.", cost=2, constants=())

_COMPARED = "Whether the first is {}: x1 {} x2."
_binary("equal", "Whether two numbers are equal.", category=_LOGIC)
_binary("not_equal", "Whether two numbers differ: x1 != x2.", category=_LOGIC, symbol="!=")
_binary("less", _COMPARED.format("the smaller", "<"), category=_LOGIC, symbol="<")
_binary("less_equal", _COMPARED.format("not the larger", "<="), category=_LOGIC, symbol="<=")
_binary("greater", _COMPARED.format("the larger", ">"), category=_LOGIC, symbol=">")
_binary("greater_equal", _COMPARED.format("not the smaller", ">="), category=_LOGIC, symbol=">=")
_binary("logical_and", "Whether both are true: x1 & x2.", category=_LOGIC, symbol="&")
_binary("logical_or", "Whether one at least is true: x1 | x2.", category=_LOGIC, symbol="|")
_binary("logical_xor", "Whether exactly one is true: x1 ^ x2.", category=_LOGIC, symbol="^")


def _bitwise(function: str, help: str, *params: Param) -> None:
    """Enters an operation on bits, to which Keras gives the shape of the first operand."""

    def rule(shapes: dict[str, Shape], **params: Any) -> Shape:
        x, y = operands(shapes, {"x": None, "y": None} | params)
        if not spreads(y, x):
            raise MergeError(
                f"ops.{function} cannot repeat {show_shape(y)} to {show_shape(x)}, which Keras "
                "takes for the shape of the result."
            )
        return x

    rule.__doc__ = help
    operation(
        function, *params, category=_LOGIC, inputs=("x", "y"), flops=per_number(),
        conflicts=_whole_numbers if params else None,
    )(rule)  # fmt: skip


def _whole_numbers(*, y: Any, **_: Any) -> Any:
    """Refuses to move bits by half a place."""
    if y is not None and not all(type(each) is int for each in flat(parted(y)[0])):
        yield "y", f"Expected whole numbers, got {Operand.text_of(y)}."


_bitwise("bitwise_and", "The bits that both have.")
_bitwise("bitwise_or", "The bits that one at least has.")
_bitwise("bitwise_xor", "The bits that exactly one has.")
_bitwise("bitwise_left_shift", "The bits moved to the left by so many places.", operand("y"))
_bitwise("bitwise_right_shift", "The bits moved to the right by so many places.", operand("y"))
_bitwise("left_shift", "The bits moved to the left, as bitwise_left_shift does.", operand("y"))
_bitwise("right_shift", "The bits moved to the right, as bitwise_right_shift does.", operand("y"))


def _close(shapes: dict[str, Shape], *, x1: Any, x2: Any, **_: Any) -> Shape:
    """Whether two numbers are equal but for a small difference."""
    return broadcast("ops.isclose", operands(shapes, {"x1": x1, "x2": x2}))


_TOLERANCES = (
    Float("rtol", 1e-5, min=0, help="The difference allowed, as a share of the second."),
    Float("atol", 1e-8, min=0, help="The difference allowed besides."),
    Bool("equal_nan", False, help="Whether two that are not a number are equal."),
)

operation(
    "isclose", operand("x1"), operand("x2"), *_TOLERANCES,
    category=_LOGIC, inputs=("x1", "x2"), called=("x1", "x2", "rtol", "atol"),
    flops=per_number(4), conflicts=one_constant,
)(_close)  # fmt: skip


@operation(
    "allclose", operand("x1"), operand("x2"), *_TOLERANCES,
    category=_LOGIC, inputs=("x1", "x2"), keras_class="AllClose",
    flops=per_number(), conflicts=one_constant,
)  # fmt: skip
def allclose(shapes: dict[str, Shape], *, x1: Any, x2: Any, **_: Any) -> Shape:
    """Whether two tensors are equal everywhere but for small differences: one answer."""
    broadcast("ops.allclose", operands(shapes, {"x1": x1, "x2": x2}))
    return ()


@operation(
    "where", operand("condition"), operand("x1"), operand("x2"),
    category=_LOGIC, inputs=("condition", "x1", "x2"), tells=("x1", "x2"),
    flops=per_number(0),
)  # fmt: skip
def where(shapes: dict[str, Shape], **params: Any) -> Shape:
    """The numbers of one tensor where a condition holds, and of another where it does not."""
    return broadcast("ops.where", operands(shapes, params))
