"""A histogram counts every value once, and shows the shape whatever the scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bnstudio.engine import measure as module
from bnstudio.engine.measure import Place
from bnstudio.histogram import BINS, QUANTILES
from tests.engine import reference

FLOATS = arrays.arrays(
    st.sampled_from([np.float16, np.float32, np.float64]),
    arrays.array_shapes(max_dims=3, max_side=12),
    elements=st.one_of(
        st.floats(width=16), st.sampled_from([0.0, -0.0, 1.0, np.inf, -np.inf, np.nan])
    ),
)
ANY = arrays.arrays(
    st.sampled_from([np.float16, np.float32, np.float64, np.int32, np.uint8, bool]),
    arrays.array_shapes(max_dims=4, max_side=12),
)
EXTREME = arrays.arrays(np.float64, st.integers(1, 60), elements=st.floats(allow_nan=False))


def measure(node, values, **known):
    return module.measure(Place(node, **known), values)


@given(FLOATS | EXTREME | ANY)
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
        peak = np.abs(finite).max()
        assert found.mean == pytest.approx(finite.mean(), rel=1e-9, abs=1e-12 + 1e-12 * peak)
        assert found.std == pytest.approx(finite.std(), rel=1e-5, abs=1e-12 + 1e-7 * peak)
        assert found.below == (finite < found.low).sum()
        assert found.above == (finite > found.high).sum()


@given(FLOATS | EXTREME | ANY)
def test_it_agrees_with_the_plain_definitions(values):
    found, plain = measure("n", values), reference.measure("n", values)
    assert (found.bad, found.zeros) == (plain.bad, plain.zeros)
    span = plain.high - plain.low
    if np.isfinite(span):
        # The one may have left out what is just at the edge and the other not.
        assert found.low >= plain.low - 0.6 * span
        assert found.high <= plain.high + 0.6 * span
    assert found.below <= max(0.006 * values.size, plain.below) + 1


@given(arrays.arrays(np.float32, st.integers(2, 400), elements=st.floats(-100, 100, width=32)))
def test_quantiles_are_a_bin_off_at_most(values):
    found = measure("n", values)
    bin = (found.high - found.low) / module.FINE
    exact = values.astype(np.float64)
    for share, quantile in zip(QUANTILES, found.quantiles, strict=True):
        around = [quantile - 1.01 * bin, quantile + 1.01 * bin]
        assert (exact <= around[1]).sum() >= share * (values.size - 1)
        assert (exact < around[0]).sum() <= share * (values.size - 1) + 1
    assert list(found.quantiles) == sorted(found.quantiles)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("centre", "spread"), [(0, 1), (1000, 0.5), (-1e-25, 1e-26), (1e30, 1e29)])
def test_shape_is_told_by_skewness_and_kurtosis(dtype, centre, spread):
    draw = np.random.default_rng(0).exponential(size=5000)
    found = measure("n", (centre + spread * draw).astype(dtype))
    off = draw - draw.mean()
    assert found.skewness == pytest.approx((off**3).mean() / draw.std() ** 3, rel=2e-3)
    assert found.kurtosis == pytest.approx((off**4).mean() / draw.var() ** 2 - 3, rel=2e-3)
    assert found.quantiles == pytest.approx(
        centre + spread * np.quantile(draw, QUANTILES), abs=0.02 * spread
    )


def test_a_bell_has_no_skewness_and_no_excess():
    found = measure("n", np.random.default_rng(0).normal(size=(2000, 50)).astype("float32"))
    assert found.skewness == pytest.approx(0, abs=0.03)
    assert found.kurtosis == pytest.approx(0, abs=0.06)
    assert found.quantiles == pytest.approx((-1.645, -0.674, 0, 0.674, 1.645), abs=0.02)


def test_a_unit_is_dead_that_is_zero_everywhere():
    values = np.ones((4, 3, 5), np.float32)
    values[:, :, 1] = 0
    values[:, 1:, 2] = 0
    values[:3, :, 3] = -0.0
    values[:, :, 4] = [0, 0, np.nan]
    found = measure("n", values)
    assert (found.units, found.dead) == (5, 1)
    first = measure("n", np.moveaxis(values, -1, 1), axis=1)
    assert (first.units, first.dead) == (5, 1)
    assert measure("n", np.zeros((4, 7))).dead == 7
    assert measure("n", np.zeros(4)).dead == 1
    assert measure("n", np.array([0, 1])).dead == 0


def test_saturated_is_what_lies_in_the_outer_hundredth_of_the_range():
    values = np.array([[-1, -0.985, 0.0, 0.98], [0.999, 1.0, np.nan, 0.5]], np.float32)
    assert measure("n", values, bounds=(-1.0, 1.0)).saturated == 3 / 8
    assert measure("n", (values + 1) / 2, bounds=(0.0, 1.0)).saturated == 3 / 8
    assert measure("n", values).saturated is None


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
    assert (found.quantiles, found.skewness, found.kurtosis) == ((), None, None)


@pytest.mark.parametrize("dtype", [bool, np.int32, np.uint8])
def test_other_numbers_are_measured_too(dtype):
    found = measure("n", np.array([[0, 1], [1, 1]], dtype))
    assert (found.mean, found.zeros, sum(found.counts)) == (0.75, 0.25, 4)
