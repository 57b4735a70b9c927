"""Arguments that several layers have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.layers.objects import Constraint, Initializer, Regularizer
from bnstudio.layers.params import Bool, Choice

if TYPE_CHECKING:
    from bnstudio.layers.params import Param

USE_BIAS = Bool(
    "use_bias",
    True,
    help="Whether a bias is added; before BatchNormalization it is of no use.",
)

ACTIVITY_REGULARIZER = Regularizer(
    "activity_regularizer", None, optional=True, help="A penalty on what the layer puts out."
)

DATA_FORMAT = Choice(
    "data_format",
    None,
    (None, "channels_last", "channels_first"),
    help="Where the channels are; None for last, as (rows, columns, channels).",
)


def padding(*more: str) -> Choice:
    """The argument that says what is done at the border."""
    causal = " 'causal' pads the past only, for sequences." if more else ""
    help = f"'valid' adds nothing; 'same' pads so that stride 1 keeps the size.{causal}"
    return Choice("padding", "valid", ("valid", "same", *more), help=help)


def initializer(weight: str, default: str) -> Initializer:
    """The argument that says how ``weight`` starts."""
    return Initializer(f"{weight}_initializer", default, help=f"How {_words(weight)} starts.")


def regularizer(weight: str) -> Regularizer:
    """The argument that says how large values of ``weight`` are penalized."""
    return Regularizer(
        f"{weight}_regularizer", None, optional=True, help=f"A penalty on {_words(weight)}."
    )


def constraint(weight: str) -> Constraint:
    """The argument that says what ``weight`` is held to."""
    return Constraint(
        f"{weight}_constraint", None, optional=True, help=f"What {_words(weight)} is held to."
    )


def kernel_and_bias() -> tuple[Param, ...]:
    """The tail of arguments that Dense and the convolutions end with."""
    return (
        USE_BIAS,
        initializer("kernel", "glorot_uniform"),
        initializer("bias", "zeros"),
        regularizer("kernel"),
        regularizer("bias"),
        ACTIVITY_REGULARIZER,
        constraint("kernel"),
        constraint("bias"),
    )


def _words(weight: str) -> str:
    return f"the {weight.replace('_', ' ')}"
