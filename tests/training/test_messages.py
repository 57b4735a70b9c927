"""What a measurement leaves open is filled in from the one before."""

import msgspec
from msgspec.structs import replace

from bnstudio.histogram import BatchNormGap, Histogram
from bnstudio.training.messages import Histograms

PLAIN = Histogram("n", (0,) * 64, 0.0, 1.0, 0, 0, 0.5, 1.0, 0.0, 0, weight_norm=2.0)
GAP = BatchNormGap(0.1, 0.2, 1.1, 2.0, 0.5)
THOROUGH = replace(
    PLAIN,
    mean=0.25,
    dead=3,
    gradient_norm=0.5,
    update_ratio=1e-3,
    batch_norm=GAP,
    training=PLAIN,
)


def test_what_was_not_measured_is_as_it_was():
    filled = PLAIN.over(THOROUGH)
    assert filled == replace(THOROUGH, mean=PLAIN.mean)
    assert PLAIN.over(None) == PLAIN == PLAIN.over(PLAIN)


def test_what_was_measured_is_new():
    newer = replace(THOROUGH, dead=0, gradient_norm=0.0, training=THOROUGH)
    assert newer.over(THOROUGH) == newer
    gap = replace(GAP, mean=0.7, variance_shift=None, initial_share=0.25)
    filled = replace(PLAIN, batch_norm=gap).over(THOROUGH).batch_norm
    assert filled == replace(gap, variance_shift=2.0)


def test_outputs_are_filled_in_node_by_node():
    before = Histograms("r", 1, (THOROUGH, replace(THOROUGH, port=1, dead=9))).by_node()
    after = Histograms("r", 2, (PLAIN, replace(PLAIN, port=1), replace(PLAIN, node="m")))
    assert after.over(before) == {"n": PLAIN.over(THOROUGH), "m": replace(PLAIN, node="m")}


def test_a_measurement_of_an_earlier_version_is_read():
    gap = {"type": "BatchNormGap", "mean": 0.1, "log_variance": 0.2, "variance_ratio": 1.1}
    found = msgspec.convert(gap, BatchNormGap)
    assert (found.variance_shift, found.initial_share) == (None, None)
