"""Hypothesis strategies for the arguments of the catalogue's entries, by their kind, and inputs."""

from functools import singledispatch

import numpy as np
from hypothesis import strategies as st

from bnstudio.layers import ShapeError
from bnstudio.layers.einsum import EquationText
from bnstudio.layers.nested import Nested
from bnstudio.layers.operands import Index, Operand
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
from bnstudio.layers.ranges import AxisPairs, PairList, Pairs, Range
from bnstudio.settings import LearningRate
from tests.suitable import FITTING, INSIDE, SUITABLE, TOGETHER, WHOLE

SIZES = (1, 2, 3, 4, 6, 8)


_MADE = {}


def values(param):
    """Values that ``param.check`` accepts, mostly small."""
    # Hypothesis takes longer to look through what a strategy is made of than to draw from it, and
    # arguments that are equal may differ: 1 is True.
    if id(param) not in _MADE:
        _MADE[id(param)] = param, _values(param)
    return _MADE[id(param)][1]


@singledispatch
def _values(param):
    raise TypeError(f"No strategy for {type(param).__name__}.")


def _maybe(strategy, optional):
    return st.none() | strategy if optional else strategy


@_values.register
def _(param: Bool):
    return _maybe(st.booleans(), param.optional)


@_values.register
def _(param: Int):
    low = -5 if param.min is None else param.min
    high = max(low, 5 if low <= 5 else low) if param.max is None else param.max
    small = st.integers(max(low, -5), min(high, max(low, 0) + 6))
    ends = st.sampled_from([edge for edge in (param.min, param.max) if edge is not None] or [0])
    far = ends if param.min is not None and param.max is not None else small
    return _maybe(small | far, param.optional)


@_values.register
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


@_values.register
def _(param: Text):
    return _maybe(st.sampled_from(["c", "y", "cd"]) | st.text(max_size=5), param.optional)


@_values.register
def _(param: EquationText):
    letters = st.text("abcd", min_size=1, max_size=3)
    parts = st.tuples(letters, letters, letters, st.sampled_from(["{},{}->{}", "...{},{}->...{}"]))
    any_ = parts.map(lambda part: part[3].format(*part[:3])).filter(
        lambda text: param.check(text) is None
    )
    good = ("ab,bc->ac", "...x,xy->...y", "abc,cd->abd", "ab...,bc->ac...", "abc,bcd->ad")
    return st.sampled_from(good) | st.sampled_from(good) | any_


@_values.register
def _(param: Operand):
    number = st.sampled_from([-1, 0, 2, 0.5, True]) if param.name != "q" else st.just(0.5)
    rows = st.sampled_from([(1.0, 2.0, 3.0), (1, 2), ((1.0,), (2.0,)), (True, False, True)])
    wide = st.sampled_from([{"value": (1.5, 2.0, 3.5), "dtype": "float64"}])
    values = number | number | rows | wide
    return values.filter(lambda value: param.check(value) is None)


@_values.register
def _(param: Index):
    part = st.sampled_from([":", "...", "None", "0", "-1", "2", "1:", ":2", "::2", "::-1", "1:9"])
    several = st.lists(part, min_size=1, max_size=4).map(", ".join)
    return several.filter(lambda value: param.check(value) is None)


@_values.register
def _(param: PairList):
    edge = st.integers(0, 2)
    pair = st.tuples(edge, edge)
    return edge | pair | st.lists(pair, min_size=1, max_size=3).map(tuple)


@_values.register
def _(param: AxisPairs):
    axes = st.lists(st.integers(-2, 2), max_size=2).map(tuple)
    return st.integers(0, 3) | st.tuples(axes, axes)


@_values.register
def _(param: Texts):
    return st.lists(st.sampled_from("abcde"), min_size=1, max_size=4, unique=True).map(tuple)


@_values.register
def _(param: Choice):
    return st.sampled_from(param.options)


@_values.register
def _(param: Ints):
    low = -4 if param.min is None else param.min
    entry = st.sampled_from([size for size in (-1, 0, *SIZES) if size >= low])
    if param.min is None:
        entry = st.integers(-4, 4)
    if param.scalar and param.length and low >= 0:
        # A window, a stride: what fits into a small image more often.
        entry = st.sampled_from([size for size in (0, 1, 1, 1, 2, 2, 3, 4, 6) if size >= low])
    if param.unknown:
        entry = entry | st.none()
    length = (param.shortest, 4) if param.length is None else (param.length, param.length)
    several = st.lists(entry, min_size=length[0], max_size=length[1], unique=param.distinct)
    if param.distinct and param.min == 1:  # an order of dimensions, of two more often
        several = st.permutations((1, 2)) | st.integers(1, 4).flatmap(
            lambda count: st.permutations(range(1, count + 1))
        )
    strategy = several.map(tuple)
    if param.scalar:
        strategy = strategy | entry
    return _maybe(strategy, param.optional)


@_values.register
def _(param: Floats):
    number = st.floats(-2.0 if param.min is None else param.min, 2.0, width=32)
    several = st.lists(number, min_size=param.shortest, max_size=4).map(tuple)
    return _maybe(several | number if param.scalar else several, param.optional)


@_values.register
def _(param: Pairs):
    edge = st.integers(param.min, param.min + 2)
    each = st.tuples(*[edge | st.tuples(edge, edge)] * len(param.places))
    return edge | each


@_values.register
def _(param: Range):
    low = -2.0 if param.min is None else param.min
    high = low + 4.0 if param.max is None else param.max
    number = st.floats(low, high, width=32) | st.sampled_from([low, high, int(high)])
    if param.whole:
        number = st.integers(low, high)
    strategy = st.tuples(number, number)
    strategy = number | strategy if param.scalar else strategy
    return _maybe(strategy.filter(lambda value: param.check(value) is None), param.optional)


@_values.register
def _(param: LearningRate):
    fixed = st.floats(0.0, 2.0, width=32)
    schedule = st.sampled_from(param.specs).flatmap(
        lambda spec: schedules(spec).map(lambda config: {"class_name": spec.name, "config": config})
    )
    return fixed | schedule


@_values.register
def _(param: Numbers):
    return st.none() | st.dictionaries(st.sampled_from(param.keys), st.sampled_from([-1, 0.5, 3.0]))


@_values.register
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


@_values.register
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


@st.composite
def together(draw, entry, often=4):
    """Some of a layer type's arguments, and an input that suits it more often than not."""
    suits = [({}, SUITABLE.get(entry.name, (2, 8)))]
    more, shape = draw(st.sampled_from(TOGETHER.get(entry.name, suits)))
    return {**draw(fitting_arguments(entry, often)), **more}, shape


def shape_at(entry, params, inputs, port):
    """A shape for a named input that goes with those of the inputs before, by their names."""
    if port.endswith(" state"):
        without = {**params, "initial_state": False, "return_state": True}
        try:
            return entry.output_shapes([inputs["sequences"]], without)[-1]
        except (ShapeError, TypeError):
            return (None, 3)
    query, value = inputs["query"], inputs.get("value", inputs["query"])
    rest = {"value": query, "key": value, "query_mask": query[:-1], "value_mask": value[:-1]}
    rest |= {"key_mask": value[:-1], "attention_mask": (*query[:-1], *value[1:-1])}
    return rest[port] or (None,)
