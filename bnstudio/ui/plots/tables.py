"""What pictures of activations show, as tables for export: a row a bar, or a row a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.histogram import QUANTILES
from bnstudio.ui.gaps import GAPS
from bnstudio.ui.measures import MEASURES
from bnstudio.ui.plots import bands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bnstudio.histogram import Histogram
    from bnstudio.ui.plots.export import Table
    from bnstudio.ui.plots.multiple import Kind, Multiple

_PLACE = ["run", "step", "layer"]


def table(kind: Kind, multiples: Sequence[Multiple]) -> Table:
    """The numbers of pictures of a kind: bars for ridges and heat maps, quantiles for bands."""
    return quantiles(multiples) if kind == "bands" else bars(multiples)


def bars(multiples: Iterable[Multiple]) -> Table:
    """Every bar of every moment that is shown; in training mode too, where it was measured."""
    rows: list[list[str]] = []
    for place, weight, found in _moments(multiples):
        usual = "" if weight else "inference"
        for mode, histogram in ((usual, found), ("training", found.training)):
            if histogram is not None:
                rows.extend(
                    [*place, mode, _number(left), _number(right), str(count)]
                    for left, right, count in _edges(histogram)
                )
    return [*_PLACE, "mode", "from", "to", "count"], rows


def shapes(histograms: Iterable[tuple[str, Histogram]]) -> Table:
    """Every bar of some histograms of one moment, by what they are called."""
    rows = [
        [name, _number(left), _number(right), str(count)]
        for name, histogram in histograms
        for left, right, count in _edges(histogram)
    ]
    return ["histogram", "from", "to", "count"], rows


def quantiles(multiples: Iterable[Multiple]) -> Table:
    """The quantiles of every moment that is shown, with mean, deviation and zeros."""
    names = [f"q{round(100 * share):02}" for share in QUANTILES]
    rows = [
        [
            *place,
            *(_number(mark) for mark in bands.quantiles(found) or [None] * len(QUANTILES)),
            *(_number(number) for number in (found.mean, found.std, found.zeros)),
        ]
        for place, _, found in _moments(multiples)
    ]
    return [*_PLACE, *names, "mean", "std", "zeros"], rows


def figures(multiples: Iterable[Multiple]) -> Table:
    """Every figure of every moment that is shown, those of BatchNormalizations too."""
    # By name: what is a figure of a table already has one column all the same.
    values = {entry.name: entry.value for entry in (*GAPS, *MEASURES)}
    rows = [
        [*place, *(_number(value(found)) for value in values.values())]
        for place, _, found in _moments(multiples)
    ]
    return [*_PLACE, *(name.lower() for name in values)], rows


def _moments(multiples: Iterable[Multiple]) -> Iterator[tuple[list[str], str, Histogram]]:
    """Each measurement once, even where a layer stands in two places; with the weight it is of."""
    told = set()
    for multiple in multiples:
        if multiple.source in told:
            continue
        told.add(multiple.source)
        others = ((ghost.title, ghost.steps, ghost.history) for ghost in multiple.ghosts)
        for run, steps, history in ((multiple.run, multiple.steps, multiple.history), *others):
            for step, found in zip(steps, history, strict=True):
                yield [run, str(step), multiple.name], multiple.weight, found


def _edges(histogram: Histogram) -> Iterator[tuple[float, float, int]]:
    """From where to where each bar goes, and its count."""
    width = (histogram.high - histogram.low) / max(1, len(histogram.counts))
    for bar, count in enumerate(histogram.counts):
        yield histogram.low + bar * width, histogram.low + (bar + 1) * width, count


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"
