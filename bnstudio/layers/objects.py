"""Initializers, regularizers, constraints and activations: the objects that layers take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bnstudio.layers.params import REQUIRED, Activation, Float, Int, Object, Spec

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIVATIONS = (
    None, "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish",
    "mish", "sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "log_sigmoid", "tanh",
    "hard_tanh", "tanh_shrink", "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid",
    "squareplus", "softplus", "softsign", "softmax", "log_softmax", "sparsemax", "exponential",
    "threshold", "glu",
)  # fmt: skip
"""Every name that ``keras.activations.get`` takes in Keras 3.15."""


def activation(
    name: str = "activation", default: str | None = None, help: str = "Applied to the output."
) -> Activation:
    """The argument that takes an activation's name."""
    return Activation(name, default, ACTIVATIONS, help=help)


_SEED = Int("seed", None, optional=True, help="Makes the draw repeatable.")


@dataclass(frozen=True)
class Initializer(Object):
    """How a weight's first values are drawn."""

    group: ClassVar[str] = "Initializers"
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec("GlorotUniform", (_SEED,)),
        Spec("Zeros"),
        Spec("Ones"),
        Spec("Constant", (Float("value", 0.0),)),
        Spec("RandomNormal", (Float("mean", 0.0), Float("stddev", 0.05, min=0), _SEED)),
    )
    aliases: ClassVar[Mapping[str, str]] = {
        "glorot_uniform": "GlorotUniform",
        "zeros": "Zeros",
        "ones": "Ones",
        "constant": "Constant",
        "random_normal": "RandomNormal",
    }


@dataclass(frozen=True)
class Regularizer(Object):
    """A penalty on a weight's or an output's size, added to the loss."""

    group: ClassVar[str] = "Regularizers"
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec("L1", (Float("l1", 0.01, min=0),)),
        Spec("L2", (Float("l2", 0.01, min=0),)),
        Spec("L1L2", (Float("l1", 0.0, min=0), Float("l2", 0.0, min=0))),
    )
    aliases: ClassVar[Mapping[str, str]] = {"l1": "L1", "l2": "L2", "l1_l2": "L1L2"}


@dataclass(frozen=True)
class Constraint(Object):
    """A bound that a weight is put back into after each step."""

    group: ClassVar[str] = "Constraints"
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec("MaxNorm", (Int("max_value", 2), Int("axis", 0))),
        Spec("NonNeg"),
    )
    aliases: ClassVar[Mapping[str, str]] = {"max_norm": "MaxNorm", "non_neg": "NonNeg"}


__all__ = ["ACTIVATIONS", "REQUIRED", "Constraint", "Initializer", "Regularizer", "activation"]
