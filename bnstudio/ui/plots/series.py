"""Long series made fit for the screen: thinning to a few points a pixel, and smoothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.lazy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_BLOCK = 1024


def envelope(
    x: Floats, y: Floats, pixels: int, left: float = -np.inf, right: float = np.inf
) -> tuple[Floats, Floats]:
    """The part of a series in [left, right], thinned so that its drawing looks the same.

    Where there are more than a few points a pixel, each pixel keeps its least and its largest
    value. One point beyond each end is kept, so that lines run out of the picture.

    Args:
        x: In ascending order.
        y: As long as ``x``; NaN for a gap.
        pixels: How many pixels wide the drawing is.
        left: The least ``x`` that is seen.
        right: The largest ``x`` that is seen.
    """
    first = max(0, int(np.searchsorted(x, left)) - 1)
    last = min(len(x), int(np.searchsorted(x, right, side="right")) + 1)
    x, y = x[first:last], y[first:last]
    pixels = max(1, pixels)
    size = len(x) // pixels
    if size < 4:
        return x, y
    whole = size * pixels
    rows = y[:whole].reshape(pixels, size)
    thin_y = np.empty(2 * pixels)
    # fmin and fmax pass over NaN; a pixel without a number stays NaN.
    thin_y[0::2] = np.fmin.reduce(rows, axis=1)
    thin_y[1::2] = np.fmax.reduce(rows, axis=1)
    thin_x = np.repeat(x[:whole:size], 2)
    if whole == len(x):
        return thin_x, thin_y
    rest = y[whole:]
    ends = (np.fmin.reduce(rest), np.fmax.reduce(rest))
    return np.append(thin_x, (x[whole], x[-1])), np.append(thin_y, ends)


class Smoother:
    """The running average of a growing series, without the pull of its start.

    It is the exponential average with bias correction: entry ``i`` is the weighted mean of the
    entries up to ``i``, each counting ``weight`` times as much as the one after it. Values that
    are not finite are passed over. Only what is new is computed.
    """

    def __init__(self, weight: float) -> None:
        self.weight = weight
        self._sum = 0.0
        self._mass = 0.0
        self._done = 0
        self._out: Floats = np.empty(0)

    def of(self, values: Floats) -> Floats:
        """The smoothed series. ``values`` is the last call's, with more at its end."""
        if self.weight <= 0:
            return values
        if len(values) < self._done:
            self._sum, self._mass, self._done = 0.0, 0.0, 0
        if len(values) > len(self._out):
            out = np.empty(max(len(values), 2 * len(self._out)))
            out[: self._done] = self._out[: self._done]
            self._out = out
        if len(values) > self._done:
            self._out[self._done : len(values)] = self._extend(values[self._done :])
            self._done = len(values)
        return self._out[: self._done]

    def _extend(self, new: Floats) -> Floats:
        finite = np.isfinite(new)
        result = np.full(len(new), np.nan)
        if finite.any():
            result[finite] = self._average(new[finite])
        return result

    def _average(self, new: Floats) -> Floats:
        """Both sums of the average, block by block: columns in Python, rows in numpy."""
        width = min(_BLOCK, max(1, round(len(new) ** 0.5)))
        blocks = -(-len(new) // width)
        sums = np.zeros(blocks * width)
        sums[: len(new)] = (1 - self.weight) * new
        sums = np.ascontiguousarray(sums.reshape(blocks, width).T)
        for column in range(1, width):
            sums[column] += self.weight * sums[column - 1]
        powers = self.weight ** np.arange(1, width + 1)
        carried = np.empty(blocks)
        carry = self._sum
        for block, end in enumerate(sums[-1].tolist()):
            carried[block] = carry
            carry = end + float(powers[-1]) * carry
        sums += powers[:, None] * carried
        flat = sums.T.ravel()[: len(new)]
        averaged: Floats = flat.copy()
        # The correction is gone after a while; powers are dear.
        young = min(len(new), int(np.ceil(np.log(1e-17) / np.log(self.weight))))
        if self._mass < 1:
            missing = (1 - self._mass) * self.weight ** np.arange(1, young + 1)
            averaged[:young] /= 1 - missing
            self._mass = 1 - float(missing[-1]) if young == len(new) else 1.0
        self._sum = float(flat[-1])
        return averaged


def robust_range(*series: Floats, tail: float = 0.01) -> tuple[float, float] | None:
    """The range that holds all but the outermost ``tail`` of long series; None without a number."""
    ends: list[float] = []
    for values in series:
        values = values[np.isfinite(values)]
        if len(values) > 50:
            ends.extend(np.quantile(values, (tail, 1 - tail)).tolist())
        elif len(values):
            ends.extend((float(values.min()), float(values.max())))
    return (min(ends), max(ends)) if ends else None
