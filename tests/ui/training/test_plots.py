"""What plots are painted with: planes, ticks, densities, and colours that every eye can read."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from bnstudio.histogram import QUANTILES, Histogram
from bnstudio.ui import theme
from bnstudio.ui.plots import bands, heat, ridge
from bnstudio.ui.plots.frame import Frame
from bnstudio.ui.plots.multiple import nearest
from bnstudio.ui.plots.ticks import step_text, ticks, value_text

finite = st.floats(-1e9, 1e9, allow_nan=False)


def histogram(counts, low: float, high: float) -> Histogram:
    return Histogram("a", tuple(counts), low, high, 0, 0, 0.0, 1.0, 0.0, 0)


class TestTicks:
    @given(finite, st.floats(1e-6, 1e9), st.integers(1, 12), st.booleans())
    def test_they_are_few_even_and_within(self, low, width, most, whole):
        high = low + width
        found = ticks(low, high, most, whole=whole)
        assert 1 <= len(found) <= max(most, 1)
        slack = 1e-6 * max(width, abs(low), abs(high))
        assert all(low - slack <= tick <= high + slack for tick in found)
        gaps = np.diff(found)
        if len(gaps):
            assert np.ptp(gaps) <= 1e-6 * max(abs(low), abs(high), width)
            digit = gaps[0] / 10 ** math.floor(math.log10(gaps[0]) + 1e-6)
            assert min(abs(digit - nice) for nice in (1, 2, 5, 10)) < 1e-3
            assert not whole or gaps[0] >= 1 - 1e-6

    def test_an_axis_has_round_numbers(self):
        assert ticks(-4.5, 4.7, 5) == [-4, -2, 0, 2, 4]
        assert ticks(10, 40, 3) == [10, 20, 30, 40][:3] or ticks(10, 40, 3) == [20, 40]
        assert ticks(0, 3, 12, whole=True) == [0, 1, 2, 3]
        assert ticks(2, 2, 5) == [2]

    @pytest.mark.parametrize(
        ("step", "text"), [(0, "0"), (950, "950"), (12_000, "12k"), (1_500_000, "1.5M")]
    )
    def test_steps_are_short(self, step, text):
        assert step_text(step) == text

    def test_values_have_a_true_minus(self):
        assert value_text(-0.12345) == "\u22120.123"
        assert value_text(-0.0) == "0"


class TestFrame:
    frame = Frame(QRectF(30, 10, 200, 100), (5.0, 105.0), (-2.0, 2.0))

    @given(st.floats(5, 105), st.floats(-2, 2))
    def test_a_place_and_what_is_there_are_one(self, step, value):
        assert self.frame.step_at(float(self.frame.x(step))) == pytest.approx(step)
        assert self.frame.value_at(float(self.frame.y(value))) == pytest.approx(value, abs=1e-9)

    @given(finite, finite)
    def test_nothing_is_painted_outside(self, step, value):
        assert 30 <= float(self.frame.x(step)) <= 230
        assert 10 <= float(self.frame.y(value)) <= 110

    @given(st.lists(st.integers(0, 1000), min_size=1, unique=True), st.floats(-10, 1010))
    def test_the_nearest_step(self, steps, step):
        steps = sorted(steps)
        found = abs(steps[nearest(steps, step)] - step)
        assert found == min(abs(other - step) for other in steps)


class TestDensities:
    @given(
        st.lists(st.integers(0, 1000), min_size=1, max_size=64).filter(any),
        st.floats(-5, 5),
        st.floats(0, 3),
        st.integers(2, 200),
    )
    def test_all_values_in_the_range_are_counted_once(self, counts, low, width, places):
        found = histogram(counts, low, low + width)
        half = 10.0 / places
        at = np.linspace(-10 + half, 10 - half, places)
        row = ridge.density(found, at)
        assert row.min() >= 0
        assert row.sum() * 2 * half == pytest.approx(1.0)
        mean = float((row * at).sum() / row.sum())
        bars = low + (np.arange(len(counts)) + 0.5) * width / len(counts)
        assert mean == pytest.approx(np.average(bars, weights=counts), abs=half)

    def test_it_is_numpy_s_where_bars_and_places_agree(self):
        values = np.random.default_rng(0).normal(size=1000)
        counts, edges = np.histogram(values, 50, (-3, 3))
        wanted, _ = np.histogram(values, 50, (-3, 3), density=True)
        row = ridge.density(histogram(counts, -3, 3), (edges[1:] + edges[:-1]) / 2)
        np.testing.assert_allclose(row, wanted)


def lightness(rgb) -> np.ndarray:
    """CIE L* of sRGB colours."""
    channels = np.asarray(rgb) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


# Viénot, Brettel and Mollon 1999: what eyes without red or without green cones see, linear RGB.
BLIND = {
    "none": np.eye(3),
    "protan": np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]]),
    "deutan": np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]]),
}


@pytest.mark.parametrize("appearance", ["light", "dark"])
class TestColours:
    @pytest.mark.parametrize("eye", BLIND)
    def test_more_is_further_from_the_ground_for_every_eye(self, appearance, eye):
        found = heat.colours(appearance)
        linear = (found / 255.0) ** 2.2
        seen = (np.clip(linear @ BLIND[eye].T, 0, 1) ** (1 / 2.2)) * 255
        steps = np.diff(lightness(seen)[::8])
        assert (steps > 0).all() if appearance == "dark" else (steps < 0).all()

    def test_equal_steps_look_equal(self, appearance):
        steps = np.abs(np.diff(lightness(heat.colours(appearance))[::16]))
        assert steps.min() > 0.5 * steps.mean()
        assert steps.max() < 1.6 * steps.mean()

    def test_nothing_is_the_panel_itself(self, appearance):
        ground = theme.DARK.surface if appearance == "dark" else theme.LIGHT.surface
        wanted = QColor(ground)
        assert np.abs(heat.colours(appearance)[0] - np.array(wanted.getRgb()[:3])).max() <= 1


class TestHeatMap:
    def painted(self, qapp, steps, histograms, values=(-4.0, 4.0)) -> np.ndarray:
        """The lightness of a map of 80 by 40 pixels; the first row is on top."""
        image = QImage(80, 40, QImage.Format.Format_RGB32)
        image.fill(QColor("magenta"))
        painter = QPainter(image)
        frame = Frame(QRectF(0, 0, 80, 40), (float(steps[0]), float(steps[-1])), values)
        heat.paint_heat(painter, frame, steps, histograms)
        painter.end()
        return np.array(
            [[lightness(image.pixelColor(x, y).getRgb()[:3]) for x in range(80)] for y in range(40)]
        )

    def test_a_column_is_the_nearest_moment_and_a_row_is_its_value(self, qapp):
        early = histogram([1] * 64, -4.0, -2.0)
        late = histogram([1] * 64, 2.0, 4.0)
        found = self.painted(qapp, [0, 100], [early, late])
        full = found.min()
        assert (found[30:, :39] == full).all()
        assert (found[:30, :39] > full).all()
        assert (found[:10, 41:] == full).all()
        assert (found[10:, 41:] > full).all()

    def test_a_narrow_heap_is_seen_whatever_the_height(self, qapp):
        counts = [10] * 64
        counts[31] = 3000
        for span in (8.0, 80.0, 800.0):
            shown = histogram(counts, -4.0, 4.0)
            found = self.painted(qapp, [0, 10], [shown, shown], (-span / 2, span / 2))
            dark = found.min(axis=0)
            assert (dark < found.max() - 20).all()

    def test_what_cannot_be_painted_leaves_the_ground(self, qapp):
        odd = Histogram("a", (), 0, 0, 0, 0, 0, 0, 0, 9)
        heat.paint_heat(QPainter(), Frame(QRectF(0, 0, 9, 9), (0, 1), (0, 1)), [1], [odd])
        good = histogram([1] * 64, -4.0, 4.0)
        assert np.ptp(self.painted(qapp, [0, 1, 2], [good, odd, good])) < 1


@pytest.mark.parametrize("seed", range(4))
def test_quantiles_that_were_not_recorded_are_read_off_the_bars(seed):
    values = np.random.default_rng(seed).gamma(2.0, 3.0, 5000) - 4
    low, high = np.quantile(values, (0.01, 0.99))
    counts, _ = np.histogram(values, 64, (low, high))
    found = Histogram(
        "a", tuple(counts.tolist()), low, high, int((values < low).sum()),
        int((values > high).sum()), 0.0, 1.0, 0.0, 0,
    )  # fmt: skip
    wanted = np.quantile(values, QUANTILES)
    np.testing.assert_allclose(bands.quantiles(found), wanted, atol=1.01 * (high - low) / 64)
    assert bands.quantiles(Histogram("a", (0,) * 64, 0, 1, 0, 0, 0, 0, 0, 9)) == ()
