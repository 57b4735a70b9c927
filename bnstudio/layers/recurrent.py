"""Layers that read a sequence step by step and remember."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bnstudio.layers.arguments import (
    ACTIVITY_REGULARIZER,
    USE_BIAS,
    constraint,
    initializer,
    regularizer,
)
from bnstudio.layers.catalogue import layer
from bnstudio.layers.kernels import recurrent_needs
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import SEED, Regularizer, activation
from bnstudio.layers.params import REQUIRED, Bool, Choice, Float, Int, Wired
from bnstudio.layers.ports import Port
from bnstudio.layers.shapes import activates, known, need_rank, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bnstudio.graph import Value

    Inputs = Mapping[str, Shape]

UNITS = Int("units", REQUIRED, initial=32, min=1, help="How many numbers it remembers and gives.")
ACTIVATION = activation("activation", "tanh", "What the new memory goes through.")
GATES = activation("recurrent_activation", "sigmoid", "What opens and closes the gates.")
UNIT_FORGET_BIAS = Bool(
    "unit_forget_bias", True, help="Whether the forget gate's bias starts at one."
)
RESET_AFTER = Bool(
    "reset_after",
    True,
    help="Whether the reset gate works after the matrix product, as GPUs do it.",
)
INITIALIZERS = (
    USE_BIAS,
    initializer("kernel", "glorot_uniform"),
    initializer("recurrent", "orthogonal"),
    initializer("bias", "zeros"),
)
REGULARIZERS = (regularizer("kernel"), regularizer("recurrent"), regularizer("bias"))
CONSTRAINTS = (constraint("kernel"), constraint("recurrent"), constraint("bias"))
DROPOUT = (
    Float("dropout", 0.0, min=0, max=1, help="The share of each step's inputs set to zero."),
    Float(
        "recurrent_dropout",
        0.0,
        min=0,
        max=1,
        help="The share of the memory set to zero at each step; slow on a GPU.",
    ),
)
OUTPUTS = (
    Bool(
        "return_sequences",
        False,
        help="Whether every step comes out, as the next recurrent layer needs; else the last only.",
    ),
    Bool("return_state", False, help="Whether the memory comes out too, as further outputs."),
    Bool("go_backwards", False, help="Whether the sequence is read from its end."),
    Bool(
        "stateful",
        False,
        help="Whether the memory goes on from batch to batch; needs a fixed batch size.",
    ),
)
UNROLL = Bool(
    "unroll", False, help="Whether the steps are written out: faster for short sequences."
)
_CUDNN = Choice(
    "use_cudnn", "auto", ("auto", True, False), help="Whether the GPU's own routine is used."
)


@dataclass(frozen=True)
class _Unused(Regularizer):
    """An argument that Keras takes and does not use."""

    def misfit(self, value: Value, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """Nothing: whatever is given is never applied."""
        return None


INITIAL_STATE = Wired(
    "initial_state",
    False,
    help="Whether its first memory comes in by wires, as a decoder's does from its encoder.",
)


def ports(*states: str) -> tuple[Port, ...]:
    """The inputs of a recurrent layer with these states."""
    begin = [
        Port(state, "initial_state", place, "initial_state") for place, state in enumerate(states)
    ]
    return (Port("sequences", "sequences"), *begin)


_HIDDEN = ports("hidden state")
_HIDDEN_AND_CELL = ports("hidden state", "cell state")


def need_fixed_batch(name: str, x: Shape) -> None:
    """Refuses a stateful layer whose batch size varies.

    Raises:
        ShapeError: In words, with the shape.
    """
    if x[0] is None:
        raise ShapeError(
            f"{name} is stateful and needs a fixed batch size, got {show_shape(x)}; "
            "the Input's batch_size sets it."
        )


def need_states(name: str, inputs: Inputs, state: Shape) -> None:
    """Refuses initial states that are not of the shape of the layer's own.

    Raises:
        ShapeError: In words, with both shapes.
    """
    for port, shape in inputs.items():
        if port == "sequences":
            continue
        fits = len(shape) == len(state) and all(
            None in (one, other) or one == other for one, other in zip(shape, state, strict=True)
        )
        if not fits:
            raise ShapeError(
                f"{name} needs a {port} of {show_shape(state)}, got {show_shape(shape)}."
            )


def _sequence(
    name: str,
    inputs: Inputs,
    *,
    units: int,
    return_sequences: bool,
    return_state: bool,
    stateful: bool,
    unroll: bool,
    states: int,
    **_: Any,
) -> list[Shape]:
    x = inputs["sequences"]
    need_rank(name, x, 3, "(batch, steps, features)")
    known(name, x, -1)
    batch, steps, _features = x
    if stateful:
        need_fixed_batch(name, x)
    if unroll and steps is None:
        raise ShapeError(f"{name} cannot unroll a sequence of unknown length, {show_shape(x)}.")
    need_states(name, inputs, (batch, units))
    output = (batch, steps, units) if return_sequences else (batch, units)
    return [output, *[(batch, units)] * states] if return_state else [output]


def _steps(x: Shape) -> int:
    (steps,) = sizes([x[1]])
    return steps


def simple_weights(x: Shape, *, units: int, use_bias: bool, **_: Any) -> Iterator[Weight]:
    """The variables of a plain recurrent cell on inputs whose last axis is that of ``x``."""
    yield Weight("kernel", (known("SimpleRNN", x, -1), units))
    yield Weight("recurrent_kernel", (units, units))
    if use_bias:
        yield Weight("bias", (units,))


def simple_flops(x: Shape, *, units: int, use_bias: bool, activation: str | None, **_: Any) -> int:
    """The operations of one step."""
    # The sum of both products; a bias; an activation.
    return units * (2 * (known("SimpleRNN", x, -1) + units) + use_bias + activates(activation))


@layer(
    "SimpleRNN",
    UNITS,
    ACTIVATION,
    *INITIALIZERS,
    *REGULARIZERS,
    _Unused(
        "activity_regularizer", None, optional=True, help="Keras takes it and does not use it."
    ),
    *CONSTRAINTS,
    *DROPOUT,
    *OUTPUTS,
    UNROLL,
    SEED,
    category="Recurrent",
    tells=("units", "return_sequences"),
    ports=_HIDDEN,
    call=(INITIAL_STATE,),
    weights=lambda inputs, **params: simple_weights(inputs["sequences"], **params),
    flops=lambda inputs, _y, **params: (
        _steps(inputs["sequences"]) * simple_flops(inputs["sequences"], **params)
    ),
    outputs=lambda *, return_state, **_: 2 if return_state else 1,
)
def simple_rnn(inputs: Inputs, **params: Any) -> list[Shape]:
    """The plain recurrent layer: what comes out of a step goes into the next.

    Takes (batch, steps, features). Forgets what lies more than some ten steps back, where LSTM
    and GRU remember.
    """
    return _sequence("SimpleRNN", inputs, states=1, **params)


def lstm_weights(x: Shape, *, units: int, use_bias: bool, **_: Any) -> Iterator[Weight]:
    """The variables of an LSTM cell on inputs whose last axis is that of ``x``."""
    yield Weight("kernel", (known("LSTM", x, -1), 4 * units))
    yield Weight("recurrent_kernel", (units, 4 * units))
    if use_bias:
        yield Weight("bias", (4 * units,))


def lstm_flops(x: Shape, *, units: int, use_bias: bool, **_: Any) -> int:
    """The operations of one step."""
    # Four gates; five activations, and four additions and products that make the new memory.
    gates = 4 * units * (2 * (known("LSTM", x, -1) + units) + use_bias)
    return gates + 9 * units


@layer(
    "LSTM",
    UNITS,
    ACTIVATION,
    GATES,
    *INITIALIZERS,
    UNIT_FORGET_BIAS,
    *REGULARIZERS,
    ACTIVITY_REGULARIZER,
    *CONSTRAINTS,
    *DROPOUT,
    SEED,
    *OUTPUTS,
    UNROLL,
    _CUDNN,
    category="Recurrent",
    tells=("units", "return_sequences"),
    ports=_HIDDEN_AND_CELL,
    call=(INITIAL_STATE,),
    weights=lambda inputs, **params: lstm_weights(inputs["sequences"], **params),
    flops=lambda inputs, _y, **params: (
        _steps(inputs["sequences"]) * lstm_flops(inputs["sequences"], **params)
    ),
    outputs=lambda *, return_state, **_: 3 if return_state else 1,
    gpu=recurrent_needs,
)
def lstm(inputs: Inputs, **params: Any) -> list[Shape]:
    """Long short-term memory: reads a sequence and decides what to keep and what to forget.

    Takes (batch, steps, features). Its states are the output and the memory cell.
    """
    return _sequence("LSTM", inputs, states=2, **params)


def gru_weights(
    x: Shape, *, units: int, use_bias: bool, reset_after: bool, **_: Any
) -> Iterator[Weight]:
    """The variables of a GRU cell on inputs whose last axis is that of ``x``."""
    yield Weight("kernel", (known("GRU", x, -1), 3 * units))
    yield Weight("recurrent_kernel", (units, 3 * units))
    if use_bias:
        yield Weight("bias", (2, 3 * units) if reset_after else (3 * units,))


def gru_flops(x: Shape, *, units: int, use_bias: bool, reset_after: bool, **_: Any) -> int:
    """The operations of one step."""
    # Three gates; three activations, the reset product, and the mix of old and new.
    biases = use_bias * (2 if reset_after else 1)
    gates = 3 * units * (2 * (known("GRU", x, -1) + units) + biases)
    return gates + 8 * units


@layer(
    "GRU",
    UNITS,
    ACTIVATION,
    GATES,
    *INITIALIZERS,
    *REGULARIZERS,
    ACTIVITY_REGULARIZER,
    *CONSTRAINTS,
    *DROPOUT,
    SEED,
    *OUTPUTS,
    UNROLL,
    RESET_AFTER,
    _CUDNN,
    category="Recurrent",
    tells=("units", "return_sequences"),
    ports=_HIDDEN,
    call=(INITIAL_STATE,),
    weights=lambda inputs, **params: gru_weights(inputs["sequences"], **params),
    flops=lambda inputs, _y, **params: (
        _steps(inputs["sequences"]) * gru_flops(inputs["sequences"], **params)
    ),
    outputs=lambda *, return_state, **_: 2 if return_state else 1,
    gpu=recurrent_needs,
)
def gru(inputs: Inputs, **params: Any) -> list[Shape]:
    """Gated recurrent unit: like LSTM with two gates and one state, so smaller and faster.

    Takes (batch, steps, features).
    """
    return _sequence("GRU", inputs, states=1, **params)
