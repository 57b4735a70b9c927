"""Operations on two tensors, number by number, either of which may be a constant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.operations.operands import Operand
from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import broadcast, per_number

if TYPE_CHECKING:
    from bnstudio.layers.catalogue import Shape
    from bnstudio.layers.params import Param

_ARITHMETIC = "Operations: arithmetic"
_LOGIC = "Operations: comparison and logic"


def one_constant(**params: Any) -> Any:
    """Refuses an operation on constants alone."""
    *_, last = params
    if None not in params.values():
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
) -> Operation:
    """Enters an operation whose operands are repeated to each other's shape."""

    def rule(shapes: dict[str, Shape], **params: Any) -> Shape:
        return broadcast(f"ops.{function}", operands(shapes, params))

    rule.__doc__ = help
    params: list[Param] = [operand(name) for name in names]
    return operation(
        function, *params, category=category, inputs=names, symbol=symbol,
        keras_class=keras_class, flops=per_number(cost), conflicts=one_constant,
    )(rule)  # fmt: skip


_binary("add", "Adds two tensors, or a constant to one: `x1 + x2`.", symbol="+")
_binary("subtract", "Takes the second from the first: `x1 - x2`.", symbol="-")
_binary("multiply", "Multiplies two tensors, or one by a constant: `x1 * x2`.", symbol="*")
_binary("divide", "Divides the first by the second, as true_divide does.")
_binary("true_divide", "Divides the first by the second: `x1 / x2`.", symbol="/")
_binary("divide_no_nan", "Divides, and gives 0 where the second is 0.")
_binary("floor_divide", "Divides and rounds down: `x1 // x2`.", symbol="//")
_binary("mod", "What is left of a division, with the sign of the second: `x1 % x2`.", symbol="%")
_binary("fmod", "What is left of a division, with the sign of the first.")
_binary("power", "The first raised to the second: `x1 ** x2`.", symbol="**")
_binary("maximum", "The larger of each two numbers.")
_binary("minimum", "The smaller of each two numbers.")
_binary("fmax", "The larger of each two numbers, leaving out what is not a number.")
_binary("fmin", "The smaller of each two numbers, leaving out what is not a number.")
_binary("arctan2", "The angle of the point whose heights are x1 and whose widths are x2.")
_binary("hypot", "The long side of the right triangle with these two sides.", cost=3)
_binary("logaddexp", "The logarithm of the sum of two exponentials, without overflow.", cost=4)
_binary("logaddexp2", "The same to the base 2.", cost=4)
_binary("heaviside", "0 below zero, 1 above it, and the second at zero.")
_binary("nextafter", "The number after the first in the direction of the second.")
_binary("gcd", "The greatest common divisor of whole numbers.")
_binary("lcm", "The least common multiple of whole numbers.")
_binary("ldexp", "The first times 2 to the power of the second.", cost=2)
