"""Thinning and smoothing, against the plain definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.runs.run import History, higher_is_better
from bnstudio.runs.table import Table
from bnstudio.training.messages import Histograms
from bnstudio.ui.plots.series import Smoother, envelope, robust_range


def slow_average(values, weight):
    """The definition: a debiased exponential average, value by value."""
    total = mass = 0.0
    out = []
    for value in values:
        if not np.isfinite(value):
            out.append(np.nan)
            continue
        total = weight * total + (1 - weight) * value
        mass = weight * mass + (1 - weight)
        out.append(total / mass)
    return np.array(out)


@given(
    st.lists(st.floats(-1e3, 1e3) | st.just(float("nan")), max_size=200),
    st.sampled_from([0.1, 0.6, 0.9, 0.99]),
    st.lists(st.integers(0, 200), max_size=5),
)
def test_smoothing_in_any_portions_is_the_definition(values, weight, cuts):
    series = np.array(values, dtype=float)
    smoother = Smoother(weight)
    for cut in sorted(min(cut, len(series)) for cut in cuts):
        smoother.of(series[:cut])
    got = smoother.of(series)
    np.testing.assert_allclose(got, slow_average(series, weight), rtol=1e-9, atol=1e-9)


def test_without_weight_nothing_is_smoothed():
    series = np.arange(5.0)
    assert Smoother(0.0).of(series) is series


@given(st.integers(0, 5000), st.integers(1, 300))
def test_thinning_keeps_extremes_and_order(count, pixels):
    rng = np.random.default_rng(count)
    x, y = np.arange(count, dtype=float), rng.normal(size=count)
    thin_x, thin_y = envelope(x, y, pixels)
    assert len(thin_x) == len(thin_y) <= max(4 * pixels, 2 * pixels + 2)
    assert (np.diff(thin_x) >= 0).all()
    if count:
        assert thin_y.min() == y.min()
        assert thin_y.max() == y.max()
        assert thin_x[0] == 0


def test_thinning_shows_the_part_in_view_and_one_point_beyond():
    x = np.arange(100.0)
    thin_x, _ = envelope(x, x, 1000, 10.5, 19.5)
    assert thin_x.tolist() == list(np.arange(10.0, 21.0))


def test_thinning_passes_over_gaps():
    y = np.full(10_000, np.nan)
    y[5000] = 7.0
    _, thin = envelope(np.arange(10_000.0), y, 100)
    assert np.nanmax(thin) == 7.0


def test_robust_range_leaves_outliers_out():
    series = np.append(np.linspace(0, 1, 1000), 1e9)
    low, high = robust_range(series)
    assert 0 <= low < 0.05
    assert 0.95 < high <= 1
    assert robust_range(np.array([np.nan])) is None


def test_a_table_grows_and_fills_gaps():
    table = Table()
    table.extend(2, {"a": (1.0, 2.0)})
    table.extend(3000, {"a": np.arange(3000.0), "b": (5.0,)})
    assert len(table) == 3002
    assert table["a"][-1] == 2999
    assert np.isnan(table["b"][:2]).all()
    assert table["b"][2] == 5.0
    assert np.isnan(table["b"][3:]).all()
    table.extend(5000, {"b": np.arange(4000.0), "c": (7.0,)})
    assert np.isnan(table["a"][3002:]).all()
    np.testing.assert_array_equal(table["a"][:3002], [1.0, 2.0, *range(3000)])
    np.testing.assert_array_equal(table["b"][3002:7002], np.arange(4000.0))
    assert np.isnan(table["b"][7002:]).all()
    assert np.isnan(table["c"]).sum() == 8001
    with pytest.raises(ValueError, match="read-only"):
        table["a"][0] = 1.0


@given(st.integers(1, 2000))
def test_history_is_bounded_even_and_current(count):
    history = History(kept=60)
    for step in range(count):
        history.add(Histograms("r", step, ()))
    kept = [entry.step for entry in history.kept()]
    assert len(kept) <= 61
    assert kept[0] == 0
    assert kept[-1] == count - 1
    gaps = np.diff(kept[:-1])
    assert len(set(gaps.tolist())) <= 1
    assert len(kept) >= min(count, 25)


@pytest.mark.parametrize(
    ("name", "higher"),
    [
        ("accuracy", True),
        ("val_accuracy", True),
        ("auc", True),
        ("loss", False),
        ("mean_absolute_error", False),
        ("false_positives", False),
        ("r2_score", True),
    ],
)
def test_which_way_is_better(name, higher):
    assert higher_is_better(name) is higher


@given(st.integers(0, 400), st.integers(0, 400), st.integers(0, 100))
def test_a_history_that_is_cut_is_one_of_what_came_before(count, step, more):
    history = History(kept=8)
    for at in range(count):
        history.add(Histograms("r", at, ()))
    cut = history.before(step)
    expected = list(range(min(count, step)))
    assert list(cut.steps) == expected[: len(cut.steps)]
    assert [measured.step for measured in cut.kept()] == [
        measured.step for measured in history.kept() if measured.step < step
    ]
    assert (cut.last.step if cut.last else -1) == (cut.steps[-1] if cut.steps else -1)
    for at in range(more):
        cut.add(Histograms("r", step + at, ()))
    assert all(
        cut.nearest(place)[1].step == cut.steps[cut.nearest(place)[0]] for place in range(cut.count)
    )
    assert len(history.steps) == count
