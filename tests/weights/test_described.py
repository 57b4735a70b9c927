"""What is said of kept weights is what numpy says of them, in however many parts they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bnstudio.histogram import BINS
from bnstudio.weights.described import describe

NUMBERS = st.floats(-1e6, 1e6, width=32, allow_subnormal=False) | st.just(0.0)


@given(
    arrays.arrays("f4", st.integers(1, 300), elements=NUMBERS), st.integers(1, 5), st.integers(0, 3)
)
def test_it_is_what_numpy_says(values, parts, bad):
    whole = np.concatenate([values, np.full(bad, np.nan, "f4")])
    found = describe(lambda: np.array_split(whole, parts))
    exact = values.astype("f8")
    assert found.bad == bad
    assert found.zeros == np.count_nonzero(exact == 0) / len(whole)
    scale = np.abs(exact).max()
    assert found.mean == pytest.approx(exact.mean(), rel=1e-9, abs=1e-9 * scale)
    assert found.std == pytest.approx(exact.std(), rel=1e-6, abs=1e-6 * scale)
    assert 2 <= len(found.counts) <= BINS
    assert sum(found.counts) + found.below + found.above == len(values)
    assert found.low < found.high
    assert found.below == np.count_nonzero(exact < found.low)
    assert found.above == np.count_nonzero(exact > found.high)


def test_an_outlier_does_not_squash_the_others():
    values = np.append(np.random.default_rng(0).normal(size=10_000), 1e6)
    found = describe(lambda: [values])
    assert found.above == 1
    assert found.high < 1e6
    assert found.mean == pytest.approx(values.mean())


@pytest.mark.parametrize("values", [[], [np.nan, np.inf]])
def test_without_a_finite_value_there_is_nothing_to_draw(values):
    found = describe(lambda: [np.array(values)])
    assert (sum(found.counts), found.bad) == (0, len(values))


def test_values_that_are_all_alike_are_in_one_bar():
    for value in (0.0, 1.0, -3e5):
        found = describe(lambda value=value: [np.full(7, value, "f4")])
        assert max(found.counts) == 7
        assert found.low < value < found.high
        assert (found.mean, found.std) == (value, 0.0)
