"""The histogram of a tensor, with the figures that go with it: activations, or weights.

The engine measures it and sends it, a run keeps it, the window draws it; so it is plain data, and
stands below all three.
"""

from __future__ import annotations

import msgspec

BINS = 64
"""Bars of a histogram."""

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The shares of values that lie below a histogram's ``quantiles``."""


class _Measured(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of both: as records have them, the class name is the tag."""


class BatchNormGap(_Measured, frozen=True):
    """How far a BatchNormalization's moving statistics are from those of the probe batch.

    All are pure numbers. The moving statistics are what the layer uses at inference, the batch's
    are what it would use in training; epsilon is added to both variances.

    Attributes:
        mean: The difference of the means in moving deviations, as root mean square over channels.
            0 where they agree.
        log_variance: The mean over channels of the absolute natural logarithm of the batch's
            variance to the moving one. 0 where they agree.
        variance_ratio: The geometric mean over channels of the batch's variance to the moving one.
            1 where they agree.
        variance_shift: The geometric mean over channels of the variance of what the layer is given
            in training mode to that in inference mode, of the same rows: 2 with Dropout of a half
            right before it and inputs around 0 (Li et al. 2018, arXiv:1801.05134). None where the
            mode makes no difference before the layer, or was not looked at this time.
        initial_share: The share of the initial mean 0 and variance 1 that is still in the moving
            statistics: the momentum to the power of the updates so far, 1 before the first. None
            where they are frozen.
    """

    mean: float
    log_variance: float
    variance_ratio: float
    variance_shift: float | None = None
    initial_share: float | None = None


class Histogram(_Measured, frozen=True):
    """The activations at one output of a node at one moment, or the numbers of an array.

    What a measurement does not have is None: it does not apply, is not defined, or was recorded
    by an earlier version.

    Attributes:
        node: The node's id; empty for an array.
        counts: ``BINS`` counts over [low, high], fewer of a small array; a robust range, so
            outliers do not squash it. All are 0 where no value is finite.
        low: The left edge of the first bar.
        high: The right edge of the last bar.
        below: How many values lie left of the range.
        above: How many lie right of it.
        mean: Of all finite values.
        std: Of all finite values.
        zeros: The share of exact zeros, in [0, 1].
        bad: How many values are NaN or infinite.
        port: Which of the node's outputs.
        units: How many units (features or channels) the output has; 0 if not recorded.
        quantiles: Of the finite values at ``QUANTILES``, between neighbours where need be; empty
            if there are none. Of a large output they are those of an even sample.
        skewness: The third standardized moment of the finite values; None if all are equal.
        kurtosis: The fourth one less 3, so that a normal distribution has 0; None likewise.
        dead: How many units are exactly 0 in every probe row and at every position; None where
            not all rows were looked at this time.
        saturated: The share of values in the outer hundredth of the range of a bounded activation,
            half of it at either end, in [0, 1]; None where the activation is not bounded.
        weight_norm: The Euclidean norm of all trainable weights of the node's layer; None without.
        gradient_norm: The Euclidean norm of the loss's gradient with respect to those weights, in
            training mode on the probe rows and their targets. None without trainable weights.
        update_ratio: By how much one step of training has changed those weights: the Euclidean
            norm of the change to that of the weights before. None likewise, and where they were 0.
        batch_norm: For a BatchNormalization alone; None where not all rows were looked at.
        training: The same output of the same rows in training mode, where that differs. Not every
            measurement has it, and with it ``gradient_norm`` and ``update_ratio``.
        weights: The numbers in each weight of the node's layer, statistics that are not trained
            too, by Keras's name in the layer: ``kernel``, ``forward_lstm/lstm_cell/bias``. Of a
            large one they are an even sample. None without weights, where another node of the same
            layer has them, and for most measurements.
    """

    node: str
    counts: tuple[int, ...]
    low: float
    high: float
    below: int
    above: int
    mean: float
    std: float
    zeros: float
    bad: int
    port: int = 0
    units: int = 0
    quantiles: tuple[float, ...] = ()
    skewness: float | None = None
    kurtosis: float | None = None
    dead: int | None = None
    saturated: float | None = None
    weight_norm: float | None = None
    gradient_norm: float | None = None
    update_ratio: float | None = None
    batch_norm: BatchNormGap | None = None
    training: Histogram | None = None
    weights: dict[str, Histogram] | None = None

    def over(self, before: Histogram | None) -> Histogram:
        """The same with what was not measured this time as it was ``before``."""
        if before is None:
            return self
        kept = {
            name: value
            for name in NOT_ALWAYS
            if getattr(self, name) is None and (value := getattr(before, name)) is not None
        }
        gap, old = self.batch_norm, before.batch_norm
        if gap is not None and old is not None and gap.variance_shift is None:
            gap = msgspec.structs.replace(gap, variance_shift=old.variance_shift)
            kept["batch_norm"] = gap
        return msgspec.structs.replace(self, **kept) if kept else self


NOT_ALWAYS = ("dead", "gradient_norm", "update_ratio", "batch_norm", "training", "weights")
"""What only some measurements have."""
