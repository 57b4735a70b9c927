"""A histogram counts every value once, and shows the shape whatever the scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bnstudio.engine.histogram import measure
from bnstudio.training.messages import BINS

FLOATS = arrays.arrays(
    st.sampled_from([np.float16, np.float32, np.float64]),
    arrays.array_shapes(max_dims=3, max_side=12),
    elements=st.one_of(
        st.floats(width=16), st.sampled_from([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
    ),
)
EXTREME = arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(allow_nan=False))


@given(FLOATS | EXTREME)
def test_every_value_is_counted_once(values):
    found = measure("n", values)
    assert sum(found.counts) + found.below + found.above + found.bad == values.size
    assert len(found.counts) == BINS
    assert min(found.counts) >= 0
    assert found.bad == values.size - np.isfinite(values).sum()
    assert found.zeros == (values == 0).sum() / values.size
    assert np.isfinite([found.low, found.high, found.mean, found.std]).all()
    assert found.low < found.high


@given(FLOATS)
def test_moments_are_those_of_the_finite_values(values):
    found = measure("n", values)
    finite = values[np.isfinite(values)].astype(np.float64)
    if finite.size:
        assert found.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-12)
        assert found.std == pytest.approx(finite.std(), rel=1e-9, abs=1e-12)
        assert found.below == (finite < found.low).sum()
        assert found.above == (finite > found.high).sum()


@given(EXTREME.filter(lambda values: np.isfinite(values).all()))
def test_the_mean_lies_among_the_values(values):
    found = measure("n", values)
    assert values.min() <= found.mean <= values.max()


@pytest.mark.parametrize(
    ("centre", "spread"), [(0, 1), (1000, 1e-6), (-3e7, 1e-3), (1e-30, 1e-33), (1e200, 1e190)]
)
def test_a_bell_is_a_bell_wherever_it_stands(centre, spread):
    draw = np.random.default_rng(0).normal(size=20_000)
    found, plain = measure("n", centre + spread * draw), measure("n", draw)
    assert found.mean == pytest.approx(centre, abs=0.1 * spread)
    assert found.std == pytest.approx(spread, rel=0.05)
    assert (found.high - found.low) / (plain.high - plain.low) == pytest.approx(spread, rel=0.05)
    assert np.abs(np.subtract(found.counts, plain.counts)).sum() < 0.02 * draw.size
    assert sum(count > 0 for count in found.counts) > BINS * 0.8


def test_a_spike_among_float32_numbers_shows_its_steps():
    values = np.float32(1000) + np.arange(-3, 4, dtype=np.float32) * np.float32(2**-13)
    found = measure("n", np.repeat(values, 10))
    assert sorted(count for count in found.counts if count) == [10] * 7


def test_outliers_do_not_squash_the_rest():
    draw = np.random.default_rng(0).normal(size=10_000)
    draw[:3] = [1e6, 1e7, -1e8]
    found = measure("n", draw)
    assert -10 < found.low < -2 < 2 < found.high < 10
    assert (found.below, found.above) == (1, 2)


def test_dead_units_do_not_hide_the_living():
    values = np.zeros(10_000)
    values[:20] = np.linspace(1, 2, 20)
    found = measure("n", values)
    assert found.zeros == 0.998
    assert (found.low, found.high) == (0.0, 2.0)
    assert sum(count > 0 for count in found.counts) > 10


@pytest.mark.parametrize("value", [0.0, 1.0, -5.5, 1e-320, 1e308, -1e308, 3e38])
def test_equal_values_stand_in_one_bar_with_room_beside_it(value):
    found = measure("n", np.full(100, value))
    assert max(found.counts) == 100
    assert found.low <= value <= found.high
    assert found.mean == pytest.approx(value)
    assert found.std <= abs(value) * 1e-12


def test_nothing_finite_is_only_counted():
    found = measure("n", np.array([np.nan, np.inf]))
    assert (sum(found.counts), found.bad, found.mean, found.std) == (0, 2, 0.0, 0.0)


@pytest.mark.parametrize("dtype", [bool, np.int32, np.uint8])
def test_other_numbers_are_measured_too(dtype):
    found = measure("n", np.array([[0, 1], [1, 1]], dtype))
    assert (found.mean, found.zeros, sum(found.counts)) == (0.75, 0.25, 4)
