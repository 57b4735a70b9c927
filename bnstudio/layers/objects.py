"""Initializers, regularizers, constraints and activations: the objects that layers take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from bnstudio.layers.params import (
    REQUIRED,
    Activation,
    Bool,
    Choice,
    Float,
    Int,
    Ints,
    Object,
    Spec,
)

if TYPE_CHECKING:
    from bnstudio.graph import Value

ACTIVATIONS = (
    None, "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish",
    "mish", "sigmoid", "hard_sigmoid", "hard_silu", "hard_swish", "log_sigmoid", "tanh",
    "hard_tanh", "tanh_shrink", "hard_shrink", "soft_shrink", "sparse_plus", "sparse_sigmoid",
    "squareplus", "softplus", "softsign", "softmax", "log_softmax", "sparsemax", "exponential",
)  # fmt: skip
"""The activations that a layer can apply by name.

Two that ``keras.activations`` has are not among them: ``threshold`` cannot be called without
arguments, and ``glu`` halves the last axis where every layer's shape says it is kept.
"""


def activation(
    name: str = "activation",
    default: str | None = None,
    help: str = "The function applied to the output; None for none.",
) -> Activation:
    """The argument that takes an activation's name."""
    return Activation(name, default, ACTIVATIONS, help=help)


SEED = Int(
    "seed", None, optional=True,
    help="A number that makes the draw the same each time; None draws anew.",
)  # fmt: skip

_AXES = (
    Ints("input_axes", None, optional=True,
         help="Which axes of the weight count as inputs; None for all but the last."),
    Ints("output_axes", None, optional=True,
         help="Which axes of the weight count as outputs; None for the last."),
)  # fmt: skip


def _scaled(name: str, help: str) -> Spec:
    return Spec(name, (SEED, *_AXES), help)


@dataclass(frozen=True)
class Initializer(Object):
    """How a weight's first values are drawn."""

    group: ClassVar[str] = "Initializers"
    specs: ClassVar[tuple[Spec, ...]] = (
        _scaled("GlorotUniform", "Uniform, scaled to inputs and outputs; suits tanh and sigmoid."),
        _scaled("GlorotNormal", "Normal, scaled to inputs and outputs; suits tanh and sigmoid."),
        _scaled("HeUniform", "Uniform, scaled to the inputs; suits ReLU."),
        _scaled("HeNormal", "Normal, scaled to the inputs; suits ReLU."),
        _scaled("LecunUniform", "Uniform, scaled to the inputs; suits SELU."),
        _scaled("LecunNormal", "Normal, scaled to the inputs; suits SELU."),
        Spec("Zeros", help="All zeros."),
        Spec("Ones", help="All ones."),
        # Keras has a default, 0.0, but cannot make the object by name without a value.
        Spec("Constant", (Float("value", REQUIRED, initial=0.0),), "One value everywhere."),
        Spec(
            "RandomNormal",
            (Float("mean", 0.0), Float("stddev", 0.05, min=0), SEED),
            "Normal with a given mean and deviation.",
        ),
        Spec(
            "TruncatedNormal",
            (Float("mean", 0.0), Float("stddev", 0.05, min=0), SEED),
            "Normal without what lies beyond two deviations.",
        ),
        Spec(
            "RandomUniform",
            (Float("minval", -0.05), Float("maxval", 0.05), SEED),
            "Uniform between two values.",
        ),
        Spec(
            "VarianceScaling",
            (
                Float("scale", 1.0, above=0),
                Choice("mode", "fan_in", ("fan_in", "fan_out", "fan_avg")),
                Choice(
                    "distribution",
                    "truncated_normal",
                    ("truncated_normal", "untruncated_normal", "uniform", "normal"),
                ),
                SEED,
                *_AXES,
            ),
            "The family that the Glorot, He and LeCun initializers belong to.",
        ),
        Spec(
            "Orthogonal",
            (Float("gain", 1.0), SEED),
            "A rotation: keeps lengths, which suits recurrent weights.",
        ),
        Spec("Identity", (Float("gain", 1.0),), "Ones on the diagonal, for square kernels."),
        Spec(
            "STFT",
            (
                Choice("side", "real", ("real", "imag")),
                Choice(
                    "window",
                    "hann",
                    ("hann", "hamming", "blackman", "bartlett", "boxcar", "cosine", None),
                ),
                Choice("scaling", "density", ("density", "spectrum", None)),
                Bool("periodic", False),
            ),
            "Makes a Conv1D kernel a short-time Fourier transform.",
        ),
    )
    aliases: ClassVar[Mapping[str, str]] = {
        "glorot_uniform": "GlorotUniform",
        "glorot_normal": "GlorotNormal",
        "he_uniform": "HeUniform",
        "he_normal": "HeNormal",
        "lecun_uniform": "LecunUniform",
        "lecun_normal": "LecunNormal",
        "zeros": "Zeros",
        "zero": "Zeros",
        "ones": "Ones",
        "one": "Ones",
        "constant": "Constant",
        "random_normal": "RandomNormal",
        "normal": "RandomNormal",
        "truncated_normal": "TruncatedNormal",
        "random_uniform": "RandomUniform",
        "uniform": "RandomUniform",
        "variance_scaling": "VarianceScaling",
        "orthogonal": "Orthogonal",
        "OrthogonalInitializer": "Orthogonal",
        "identity": "Identity",
        "IdentityInitializer": "Identity",
        "stft": "STFT",
        "STFTInitializer": "STFT",
    }

    def misfit(self, value: Value, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Why such a weight cannot be drawn by ``value``, as a clause."""
        spec = self.spec(value)
        if spec is None:
            return None
        if spec.name == "Identity" and len(shape) != 2:
            return "Identity fills two-dimensional weights only"
        if spec.name == "Orthogonal" and len(shape) < 2:
            return "Orthogonal fills weights of two dimensions or more only"
        if spec.name == "Orthogonal" and dtype == "bfloat16":
            return "Orthogonal cannot be drawn in bfloat16, but in mixed_bfloat16 or float32"
        if spec.name == "STFT" and (len(shape) != 3 or shape[1] != 1 or shape[2] == 1):
            return "STFT fills weights of shape (length, 1, bins) only, with two bins or more"
        config = _config(value)
        inputs, outputs = config.get("input_axes"), config.get("output_axes")
        if isinstance(inputs, tuple) and isinstance(outputs, tuple):
            # Keras reads neither unless both are given.
            return _beyond((*inputs, *outputs), len(shape))
        return None


@dataclass(frozen=True)
class Regularizer(Object):
    """A penalty on a weight's or an output's size, added to the loss."""

    group: ClassVar[str] = "Regularizers"
    while_training: ClassVar[bool] = True
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec("L1", (Float("l1", 0.01, min=0),), "The sum of absolute values; makes weights zero."),
        Spec("L2", (Float("l2", 0.01, min=0),), "The sum of squares; keeps weights small."),
        Spec("L1L2", (Float("l1", 0.0, min=0), Float("l2", 0.0, min=0)), "Both at once."),
        Spec(
            "OrthogonalRegularizer",
            (Float("factor", 0.01, min=0, point=True), Choice("mode", "rows", ("rows", "columns"))),
            "Pushes the rows or columns of a matrix to be at right angles.",
        ),
    )
    aliases: ClassVar[Mapping[str, str]] = {
        "l1": "L1",
        "l2": "L2",
        "l1l2": "L1L2",
        "orthogonal_regularizer": "OrthogonalRegularizer",
    }

    def misfit(self, value: Value, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Why a tensor of this shape cannot be penalized so, as a clause."""
        spec = self.spec(value)
        if spec is None or spec.name != "OrthogonalRegularizer":
            return None
        if len(shape) != 2:
            return "OrthogonalRegularizer takes two dimensions only"
        if dtype != "float32":
            return f"OrthogonalRegularizer works in float32 only, and this is {dtype}"
        if shape[1 if _config(value).get("mode") == "columns" else 0] is None:
            return "OrthogonalRegularizer needs to know how many rows or columns it compares"
        return None


_NORM_AXIS = Ints(
    "axis", 0, scalar=True, shortest=1, distinct=True,
    help="Along which axes of the weight the norm is taken; 0 for one norm a unit of a Dense.",
)  # fmt: skip


@dataclass(frozen=True)
class Constraint(Object):
    """A bound that a weight is put back into after each step."""

    group: ClassVar[str] = "Constraints"
    while_training: ClassVar[bool] = True
    specs: ClassVar[tuple[Spec, ...]] = (
        Spec("MaxNorm", (Float("max_value", 2, min=0), _NORM_AXIS), "The norm stays bounded."),
        Spec(
            "MinMaxNorm",
            (
                Float("min_value", 0.0, min=0),
                Float("max_value", 1.0, min=0),
                Float("rate", 1.0, min=0, max=1),
                _NORM_AXIS,
            ),
            "The norm stays between two bounds.",
        ),
        Spec("UnitNorm", (_NORM_AXIS,), "The norm stays one."),
        Spec("NonNeg", help="No weight is below zero."),
    )
    aliases: ClassVar[Mapping[str, str]] = {
        "max_norm": "MaxNorm",
        "min_max_norm": "MinMaxNorm",
        "unit_norm": "UnitNorm",
        "non_neg": "NonNeg",
    }

    def misfit(self, value: Value, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Why a weight of this shape cannot be bounded so, as a clause."""
        spec = self.spec(value)
        if spec is None or not spec.params:
            return None
        axis = _config(value).get("axis", 0)
        return _beyond(axis if isinstance(axis, tuple) else (axis,), len(shape), distinct=True)


def _config(value: Value) -> Mapping[str, Value]:
    config = value.get("config", {}) if isinstance(value, Mapping) else {}
    return config if isinstance(config, Mapping) else {}


def _beyond(axes: tuple[Value, ...], rank: int, distinct: bool = False) -> str | None:
    for axis in axes:
        if isinstance(axis, int) and not -rank <= axis < rank:
            return f"its axis {axis} is beyond the {rank} dimensions"
    if distinct and len({axis % rank for axis in axes if isinstance(axis, int)}) < len(axes):
        return f"its axes {axes} name one of the {rank} dimensions twice"
    return None


__all__ = [
    "ACTIVATIONS",
    "SEED",
    "Constraint",
    "Initializer",
    "Regularizer",
    "activation",
]
