"""What is packed is unpacked to the bit, and what is no such blob is refused."""

import math
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.histogram import Histogram
from bnstudio.runs.pack import MAX_ROWS, PackError, pack, pack_histograms, unpack, unpack_histograms
from bnstudio.training.messages import Histograms

FLOATS = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 1e308, 1e-320])
NARROW = st.floats(width=32)
NAMES = st.text(max_size=8)


@st.composite
def tables(draw):
    rows = draw(st.integers(1, 30))
    column = st.sampled_from([FLOATS, NARROW]).flatmap(
        lambda kind: st.lists(kind, min_size=rows, max_size=rows)
    )
    counted = st.integers(0, 2**40).map(lambda first: [float(first + n) for n in range(rows)])
    columns = draw(st.dictionaries(NAMES, column | counted, max_size=5))
    return rows, {name: np.array(values) for name, values in columns.items()}


@given(tables())
def test_columns_survive_to_the_bit(table):
    rows, columns = table
    found = unpack(pack(columns), rows)
    assert list(found) == list(columns)
    for name, values in columns.items():
        np.testing.assert_array_equal(found[name], values)
        np.testing.assert_array_equal(
            np.signbit(found[name]) | np.isnan(values), np.signbit(values) | np.isnan(values)
        )


@given(st.integers(0, 2**31), st.lists(FLOATS, min_size=6, max_size=6))
def test_measurements_survive(step, values):
    low, high, mean, std, zeros, _ = values
    layer = Histogram("a", (1, 2, 2**40), low, high, 1, 2, mean, std, zeros, 3)
    found = unpack_histograms(pack_histograms(Histograms("r", step, (layer,))))
    assert repr(found) == repr(Histograms("r", step, (layer,)))


@given(st.binary(max_size=200), st.integers(-2, 50))
def test_any_bytes_are_columns_or_refused(blob, rows):
    for read in (lambda: unpack(blob, rows), lambda: unpack_histograms(blob)):
        with suppress(PackError):
            read()


@given(st.data())
def test_a_blob_that_is_cut_or_changed_is_read_or_refused(data):
    columns = {"step": np.arange(20.0), "loss": np.linspace(1, 0, 20), "x": np.full(20, np.nan)}
    blob = bytearray(pack(columns))
    place = data.draw(st.integers(0, len(blob) - 1))
    if data.draw(st.booleans()):
        blob = blob[:place]
    else:
        blob[place] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack(bytes(blob), 20)
    except PackError:
        return
    assert all(len(values) == 20 for values in found.values())


def test_sizes_are_not_believed():
    blob = pack({"loss": np.zeros(1_000_000)})
    assert len(blob) < 50_000
    for rows in (5, 999_999, 1_000_001, MAX_ROWS + 1, -1):
        with pytest.raises(PackError):
            unpack(blob, rows)


def test_curves_of_keras_take_half_the_room():
    rng = np.random.default_rng(0)
    loss = (np.exp(-np.arange(4000) / 900) + rng.normal(0, 0.05, 4000)).astype("f4")
    assert len(pack({"loss": loss.astype(float)})) < 0.5 * 8 * 4000
