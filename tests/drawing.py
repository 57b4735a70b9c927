"""Hypothesis strategies for the arguments of the catalogue's entries, by their kind, and inputs."""

from functools import singledispatch

import numpy as np
from hypothesis import strategies as st

from bnstudio.layers.nested import Nested
from bnstudio.layers.params import (
    Bool,
    Choice,
    Float,
    Floats,
    Int,
    Ints,
    Numbers,
    Object,
    Text,
    Texts,
)
from bnstudio.settings import LearningRate

SIZES = (1, 2, 3, 4, 6, 8)

SUITABLE = {
    **dict.fromkeys(
        (
            "Conv1D",
            "LSTM",
            "GRU",
            "SimpleRNN",
            "SpatialDropout1D",
            "Attention",
            "AdditiveAttention",
            "MultiHeadAttention",
            "GroupQueryAttention",
        ),
        (2, 12, 4),
    ),
    **dict.fromkeys(("TimeDistributed", "Bidirectional", "RNN"), (2, 6, 4)),
    **dict.fromkeys(
        (
            "Conv2D",
            "MaxPooling2D",
            "AveragePooling2D",
            "GlobalAveragePooling2D",
            "SpatialDropout2D",
        ),
        (2, 8, 8, 4),
    ),
    "SpatialDropout3D": (2, 4, 4, 4, 3),
    "ConvLSTM1D": (2, 3, 6, 2),
    "STFTSpectrogram": (2, 300, 2),
    "HashedCrossing": (2,),
    "TextVectorization": (2,),
    "MelSpectrogram": (2, 2000),
    "ConvLSTM2D": (2, 3, 5, 4, 2),
    "ConvLSTM3D": (2, 3, 3, 3, 4, 2),
    "GroupNormalization": (2, 32),
}
"""An input for each layer type that insists on a rank; the others take a table."""

WHOLE = {
    **dict.fromkeys(("CategoryEncoding", "Hashing", "HashedCrossing"), "int32"),
    "IntegerLookup": "int64",
    "StringLookup": "string",
    "TextVectorization": "string",
}
"""The dtype of the inputs of layers that take whole numbers or texts only."""

INSIDE = (
    ("Dense", {"units": 3}),
    ("Dense", {"units": 1, "activation": "relu", "use_bias": False, "trainable": False}),
    ("Dense", {"units": 2, "kernel_regularizer": "orthogonal_regularizer"}),
    ("Dense", {"units": 2, "lora_rank": 1}),
    ("Embedding", {"input_dim": 5, "output_dim": 2}),
    ("BatchNormalization", {"renorm": True}),
    ("Dropout", {"rate": 0.5}),
    ("Conv1D", {"filters": 2, "kernel_size": 2}),
    ("Conv2D", {"filters": 2, "kernel_size": (2, 1)}),
    ("Flatten", {}),
    ("TimeDistributed", {"layer": {"class_name": "Softmax", "config": {}}}),
    ("SimpleRNN", {"units": 2, "return_state": True}),
    ("LSTM", {"units": 2, "return_sequences": True}),
    ("LSTM", {"units": 3, "return_state": True, "dropout": 0.5}),
    ("GRU", {"units": 2, "go_backwards": True, "return_sequences": True}),
    ("GRU", {"units": 1}),
    ("RNN", {"cell": {"class_name": "GRUCell", "config": {"units": 2}}}),
    ("SimpleRNNCell", {"units": 2, "use_bias": False}),
    ("LSTMCell", {"units": 3, "recurrent_initializer": "identity"}),
    ("LSTMCell", {"units": 2, "dropout": 0.5}),
    ("GRUCell", {"units": 2, "reset_after": False}),
)
"""Layers to be put into others."""

FITTING = {
    "Conv1D": {"groups": (1,), "dilation_rate": (1,)},
    "Conv2D": {"groups": (1,), "dilation_rate": (1,)},
    "GroupNormalization": {"groups": (-1, 1, 2, 3)},
    "Reshape": {"target_shape": ((-1,), (2, -1), (-1, 2))},
    **{
        f"ConvLSTM{rank}D": {
            "stateful": (False,),
            "dilation_rate": (1,),
            "filters": (1, 2),
            "initial_state": (True, False),
            "kernel_size": (1, 2),
        }
        for rank in (1, 2, 3)
    },
    "STFTSpectrogram": {
        "frame_length": (2, 3, 4),
        "frame_step": (1, 2),
        "fft_length": (None, 4, 8),
    },
    "MelSpectrogram": {
        "fft_length": (4, 6, 7),
        "sequence_stride": (1, 2, 3),
        "sequence_length": (None, 3, 4),
        "num_mel_bins": (1, 2, 5),
    },
    "Discretization": {"bin_boundaries": ((0.5,), (-1.0, 0.0, 2.5))},
    "IntegerLookup": {
        "vocabulary": ((1, 2, 3), (7,)),
        "invert": (False,),
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "salt": (None,),
    },
    "StringLookup": {
        "invert": (False,),
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "encoding": ("utf-8",),
    },
    "TextVectorization": {
        "max_tokens": (None, 9),
        "pad_to_max_tokens": (False,),
        "encoding": ("utf-8",),
        "output_sequence_length": (None,),
        "sparse": (False,),
    },
    "Hashing": {"dtype": (None,)},
    "Bidirectional": {"backward_layer": (None,)},
    "RNN": {"stateful": (False,)},
    "SimpleRNN": {"stateful": (False,)},
    "ReversibleEmbedding": {"output_dim": (4, 6, 8)},
    "LSTM": {"stateful": (False,), "initial_state": (True, False)},
    "GRU": {"stateful": (False,), "initial_state": (True, False)},
    "MultiHeadAttention": {"attention_axes": (None,), "flash_attention": (None, False)},
    "GroupQueryAttention": {
        "num_query_heads": (4,),
        "num_key_value_heads": (1, 2, 4),
        "flash_attention": (None, False),
    },
}
"""Values of arguments that go with small inputs, where the default or most of what is drawn does
not; they are drawn more often."""


@singledispatch
def values(param):
    """Values that ``param.check`` accepts, mostly small."""
    raise TypeError(f"No strategy for {type(param).__name__}.")


def _maybe(strategy, optional):
    return st.none() | strategy if optional else strategy


@values.register
def _(param: Bool):
    return _maybe(st.booleans(), param.optional)


@values.register
def _(param: Int):
    low = -5 if param.min is None else param.min
    high = max(low, 5 if low <= 5 else low) if param.max is None else param.max
    small = st.integers(max(low, -5), min(high, max(low, 0) + 6))
    ends = st.sampled_from([edge for edge in (param.min, param.max) if edge is not None] or [0])
    far = ends if param.min is not None and param.max is not None else small
    return _maybe(small | far, param.optional)


@values.register
def _(param: Float):
    low = next((x for x in (param.min, param.above) if x is not None), -2.0)
    high = next((x for x in (param.max, param.below) if x is not None), max(low, 0.0) + 2.0)
    # Of the numbers that Keras's float32 has, so that it computes with what was drawn; bounds such
    # as 0.99 are none of them, and the nearest one may lie outside.
    numbers = st.floats(
        float(np.float32(low)), float(np.float32(high)), allow_nan=False, width=32
    ).filter(lambda value: param.check(value) is None)
    if not param.point:
        numbers = numbers | st.sampled_from([param.default, 0, 1, 2]).filter(
            lambda value: value is not None and param.check(value) is None
        )
    return _maybe(numbers, param.optional)


@values.register
def _(param: Text):
    return _maybe(st.text(max_size=5), param.optional)


@values.register
def _(param: Texts):
    return st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True).map(tuple)


@values.register
def _(param: Choice):
    return st.sampled_from(param.options)


@values.register
def _(param: Ints):
    low = -4 if param.min is None else param.min
    entry = st.sampled_from([size for size in (-1, 0, *SIZES) if size >= low])
    if param.min is None:
        entry = st.integers(-4, 4)
    if param.unknown:
        entry = entry | st.none()
    length = (param.shortest, 4) if param.length is None else (param.length, param.length)
    several = st.lists(entry, min_size=length[0], max_size=length[1], unique=param.distinct)
    strategy = several.map(tuple)
    if param.scalar:
        strategy = strategy | entry
    return _maybe(strategy, param.optional)


@values.register
def _(param: Floats):
    number = st.floats(-2.0 if param.min is None else param.min, 2.0, width=32)
    return st.lists(number, min_size=param.shortest, max_size=4).map(tuple)


@values.register
def _(param: LearningRate):
    fixed = st.floats(0.0, 2.0, width=32)
    schedule = st.sampled_from(param.specs).flatmap(
        lambda spec: schedules(spec).map(lambda config: {"class_name": spec.name, "config": config})
    )
    return fixed | schedule


@values.register
def _(param: Numbers):
    return st.none() | st.dictionaries(st.sampled_from(param.keys), st.sampled_from([-1, 0.5, 3.0]))


@values.register
def _(param: Nested):
    inside = [{"class_name": name, "config": config} for name, config in INSIDE]
    fitting = [value for value in inside if param.check(value) is None]
    cells = st.just([])
    if "StackedRNNCells" in param.fits:
        # Those of an LSTM in a stack have states that cannot be wired.
        flat = [cell for cell in fitting if cell["class_name"] != "LSTMCell"]
        cells = st.lists(st.sampled_from(flat), min_size=1, max_size=3)
    stacked = cells.filter(bool).map(
        lambda several: {"class_name": "StackedRNNCells", "config": {"cells": tuple(several)}}
    )
    one = (
        st.sampled_from(fitting) | stacked
        if "StackedRNNCells" in param.fits
        else (st.sampled_from(fitting))
    )
    return _maybe(one, param.optional)


@values.register
def _(param: Object):
    known = [spec.name for spec in param.specs] + list(param.aliases)
    names = st.sampled_from([name for name in known if param.check(name) is None])
    configured = st.sampled_from(param.specs).flatmap(
        lambda spec: arguments(spec.params).map(
            lambda config: {"class_name": spec.name, "config": config}
        )
    )
    return _maybe(names | configured, param.optional)


@st.composite
def schedules(draw, spec):
    """The arguments of a learning-rate schedule, with as many values as there are stretches."""
    config = draw(arguments(spec.params))
    if spec.name == "PiecewiseConstantDecay":
        steps = draw(st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True))
        rates = st.lists(
            st.floats(0.0, 2.0, width=32), min_size=len(steps) + 1, max_size=len(steps) + 1
        )
        config = {"boundaries": tuple(sorted(steps)), "values": tuple(draw(rates))}
    return config


@st.composite
def arguments(draw, params, often=4):
    """Some of these arguments, the required ones always; one in ``often`` of the others."""
    drawn = {}
    for param in params:
        if param.required or draw(st.integers(1, often)) == 1:
            drawn[param.name] = draw(values(param))
    return drawn


@st.composite
def fitting_arguments(draw, entry, often=4, tame=4):
    """Some of a layer type's arguments; all but one in ``tame`` suit small inputs."""
    drawn = draw(arguments(entry.params, often))
    for name, fitting in FITTING.get(entry.name, {}).items():
        if draw(st.integers(1, tame)) > 1:
            drawn[name] = draw(st.sampled_from(fitting))
    return drawn


def call_of(entry, params, inputs):
    """What to ask Keras about a layer: its arguments, its inputs and their dtype, and its call."""
    called = {param.name for param in entry.call}
    made = {key: value for key, value in params.items() if key not in called}
    given = tuple(entry.arrange(range(len(inputs)), params)) if inputs else None
    dtype = "int64" if params.get("invert") else WHOLE.get(entry.name, "float32")
    return entry.name, made, inputs, given, dtype
