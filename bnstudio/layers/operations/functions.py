"""Operations on one tensor, number by number, which leave its shape as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bnstudio.layers.operations.operation import Operation, operation
from bnstudio.layers.operations.rules import per_number
from bnstudio.layers.params import REQUIRED, Bool, Float, Int

if TYPE_CHECKING:
    from bnstudio.layers.layer_type import Shape
    from bnstudio.layers.params import Param

_FUNCTIONS = "Operations: functions"
_ACTIVATIONS = "Operations: activations"
_LOGIC = "Operations: comparison and logic"


def elementwise(
    function: str,
    help: str,
    *params: Param,
    category: str = _FUNCTIONS,
    keras_class: str = "",
    symbol: str = "",
    cost: int = 1,
    argument: str = "x",
) -> Operation:
    """Enters an operation that computes each number from the one in its place."""

    def rule(x: Shape, **_: Any) -> Shape:
        return x

    rule.__doc__ = help
    return operation(
        function, *params, category=category, keras_class=keras_class, symbol=symbol,
        flops=per_number(cost), inputs=(argument,),
    )(rule)  # fmt: skip


elementwise("negative", "Turns the sign of each number: -x.", symbol="-")
elementwise("abs", "Each number without its sign.", keras_class="Absolute")
elementwise("fabs", "Each number without its sign, as a floating-point number.")
elementwise("sign", "-1, 0 or 1, as each number is below, at or above zero.")
elementwise("square", "Each number times itself.")
elementwise("sqrt", "The square root of each number.")
elementwise("rsqrt", "1 divided by the square root of each number.", cost=2)
elementwise("cbrt", "The cube root of each number.")
elementwise("reciprocal", "1 divided by each number.")
elementwise("exp", "e to the power of each number.")
elementwise("exp2", "2 to the power of each number.")
elementwise("expm1", "e to the power of each number, minus 1; exact for small ones.", cost=2)
elementwise("log", "The natural logarithm of each number.")
elementwise("log1p", "The natural logarithm of 1 plus each number; exact for small ones.", cost=2)
elementwise("log2", "The logarithm to the base 2.")
elementwise("log10", "The logarithm to the base 10.")
elementwise("sin", "The sine of each number, in radians.")
elementwise("cos", "The cosine of each number, in radians.")
elementwise("tan", "The tangent of each number, in radians.")
elementwise("arcsin", "The angle whose sine each number is.")
elementwise("arccos", "The angle whose cosine each number is.")
elementwise("arctan", "The angle whose tangent each number is.")
elementwise("sinh", "The hyperbolic sine.", cost=4)
elementwise("cosh", "The hyperbolic cosine.", cost=4)
elementwise("arcsinh", "The inverse of the hyperbolic sine.", cost=4)
elementwise("arccosh", "The inverse of the hyperbolic cosine.", cost=4)
elementwise("arctanh", "The inverse of the hyperbolic tangent.", cost=4)
elementwise("sinc", "sin(pi x) / (pi x), and 1 at zero.", cost=3)
elementwise("deg2rad", "Degrees in radians.")
elementwise("rad2deg", "Radians in degrees.")
elementwise("angle", "The angle of each complex number, in radians.")
elementwise("floor", "The whole number at or below each number.")
elementwise("ceil", "The whole number at or above each number.")
elementwise("trunc", "Each number without what follows the point.")
elementwise(
    "round",
    "The nearest whole number, the even one of two as near.",
    Int("decimals", 0, help="How many places after the point are kept."),
)
elementwise(
    "clip",
    "Each number, or the bound that it lies beyond.",
    Float("x_min", REQUIRED, initial=0.0, help="The least that comes out."),
    Float("x_max", REQUIRED, initial=1.0, help="The most that comes out."),
    cost=2,
)
elementwise(
    "nan_to_num",
    "Finite numbers as they are, and others in the place of the rest.",
    Float("nan", 0.0, help="What takes the place of what is not a number."),
    Float("posinf", None, optional=True, help="Of infinity; None for the largest finite number."),
    Float("neginf", None, optional=True, help="Of minus infinity; None for the smallest one."),
)
elementwise("erf", "The error function, the integral of the bell curve.")
elementwise("erfc", "1 minus the error function; exact where that is near 1.")
elementwise("erfinv", "The inverse of the error function.")
elementwise("i0", "The modified Bessel function of the first kind, of order 0.")
elementwise("real", "The real part of each complex number.")
elementwise("imag", "The imaginary part of each complex number.")
elementwise("conjugate", "Each complex number with the sign of its imaginary part turned.")
elementwise("copy", "The same numbers, as a tensor of its own.", cost=0)
elementwise("stop_gradient", "The same numbers; training does not reach what made them.",
            cost=0, argument="variable")  # fmt: skip

elementwise("relu", "Each number, or 0 where it is negative.", category=_ACTIVATIONS)
elementwise("relu6", "Each number between 0 and 6, and the bound beyond them.",
            category=_ACTIVATIONS, cost=2)  # fmt: skip
elementwise(
    "leaky_relu",
    "Each number, multiplied by a slope where it is negative.",
    Float("negative_slope", 0.2, help="The slope below zero."),
    category=_ACTIVATIONS,
    cost=2,
)
elementwise(
    "elu",
    "Each number; below zero an exponential that levels off.",
    Float("alpha", 1.0, help="Minus the level that it approaches."),
    category=_ACTIVATIONS,
    cost=3,
)
elementwise("selu", "ELU with the scale at which activations normalize themselves.",
            category=_ACTIVATIONS, cost=4)  # fmt: skip
elementwise(
    "celu",
    "ELU whose slope has no break, whatever alpha is.",
    Float("alpha", 1.0, help="Minus the level that it approaches."),
    category=_ACTIVATIONS,
    cost=4,
)
elementwise(
    "gelu",
    "Each number times the share of the bell curve below it.",
    Bool("approximate", True, help="Whether a quicker formula with tanh is used."),
    category=_ACTIVATIONS,
    cost=8,
)
elementwise("sigmoid", "Squeezes each number between 0 and 1.", category=_ACTIVATIONS, cost=4)
elementwise("hard_sigmoid", "A sigmoid of three straight pieces.", category=_ACTIVATIONS, cost=4)
elementwise("sparse_sigmoid", "A sigmoid that reaches 0 and 1.", category=_ACTIVATIONS, cost=4)
elementwise("log_sigmoid", "The logarithm of the sigmoid.", category=_ACTIVATIONS, cost=4)
elementwise("silu", "Each number times its sigmoid; swish is another name.",
            category=_ACTIVATIONS, cost=5)  # fmt: skip
elementwise("hard_silu", "Each number times its hard sigmoid; hard_swish is another name.",
            category=_ACTIVATIONS, cost=5)  # fmt: skip
elementwise("tanh", "Squeezes each number between -1 and 1.", category=_ACTIVATIONS, cost=4)
elementwise("hard_tanh", "Each number between -1 and 1, and the bound beyond them.",
            category=_ACTIVATIONS, cost=2)  # fmt: skip
elementwise("tanh_shrink", "Each number minus its tanh.", category=_ACTIVATIONS, cost=5)
elementwise(
    "hard_shrink",
    "Each number, or 0 where it is near zero.",
    Float("threshold", 0.5, help="How near."),
    category=_ACTIVATIONS,
)
elementwise(
    "soft_shrink",
    "Each number moved towards zero, and 0 where it is near.",
    Float("threshold", 0.5, help="How far it is moved."),
    category=_ACTIVATIONS,
    cost=2,
)
elementwise("softplus", "A smooth ReLU.", category=_ACTIVATIONS, cost=3)
elementwise("sparse_plus", "A smooth ReLU that reaches 0.", category=_ACTIVATIONS, cost=4)
elementwise(
    "squareplus",
    "A smooth ReLU without exponentials.",
    Float("b", 4, help="How smooth it is."),
    category=_ACTIVATIONS,
    cost=5,
)
elementwise("softsign", "Each number divided by 1 plus its size.", category=_ACTIVATIONS, cost=3)
elementwise(
    "threshold",
    "Each number above a threshold, and another value for the rest.",
    Float("threshold", REQUIRED, initial=0.0, help="What it has to be above."),
    Float("default_value", REQUIRED, initial=0.0, help="What comes out for the others."),
    category=_ACTIVATIONS,
)

elementwise("logical_not", "True for False and 0, False for all else: ~x.",
            category=_LOGIC, symbol="~")  # fmt: skip
elementwise("bitwise_not", "Every bit turned over.", category=_LOGIC)
elementwise("bitwise_invert", "Every bit turned over, as bitwise_not does.", category=_LOGIC)
elementwise("isfinite", "Whether each number is finite.", category=_LOGIC)
elementwise("isinf", "Whether each number is infinite.", category=_LOGIC)
elementwise("isnan", "Whether each is not a number.", category=_LOGIC)
elementwise("isneginf", "Whether each number is minus infinity.", category=_LOGIC)
elementwise("isposinf", "Whether each number is plus infinity.", category=_LOGIC)
elementwise("isreal", "Whether each number has no imaginary part.", category=_LOGIC)
elementwise("signbit", "Whether the sign of each number is set.", category=_LOGIC)
