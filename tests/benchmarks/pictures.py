"""How long does the Histograms panel take, with 60 layers and 60 measurements of each?

What is timed is the longest that the window is held at once: a new measurement taken in, one
picture of each kind painted, the panel painted again from what is kept, and a moment gone to.
"""

from __future__ import annotations

import statistics

import numpy as np

from bnstudio.histogram import BINS, QUANTILES, Histogram
from bnstudio.runs.run import Run
from bnstudio.training.messages import Histograms
from tests.benchmarks.measure import QUICK, chain, draw, milliseconds, report, row, timed, window

LAYERS = MOMENTS = 60
TARGET = 0.016
TIMES = 5 if QUICK else 25


def measurement(nodes: tuple[str, ...], step: int) -> Histograms:
    """Every layer's outputs, normally distributed and wider with each step."""
    random = np.random.default_rng(step)
    layers = []
    for node in nodes:
        values = random.normal(0, 1 + step / 2000, 2000)
        counts, edges = np.histogram(values, BINS, np.quantile(values, (0.005, 0.995)))
        marks = np.quantile(values, QUANTILES)
        layers.append(
            Histogram(
                node, tuple(counts.tolist()), float(edges[0]), float(edges[-1]), 10, 10,
                float(values.mean()), float(values.std()), 0.0, 0, quantiles=tuple(marks.tolist()),
            )
        )  # fmt: skip
    return Histograms("run", step, tuple(layers))


def main() -> None:
    """Shows a run without an engine, and times each thing that is done with it."""
    from bnstudio.ui.plots.multiple import KINDS
    from bnstudio.ui.plots.pace import pacer

    shown = window()
    session, graph = shown.session, chain(LAYERS)
    shown.document.open(type(shown.document.project)(graph=graph), None)
    run = Run("run", "Run 1", "", shown.document.project, number=1, nodes=tuple(graph.nodes))
    for moment in range(MOMENTS - 1):
        run.apply(measurement(run.nodes, 40 * (moment + 1)))
    session.run = run
    session.runs.append(run)
    session.moments.restart(run)
    session.latest = run.history.last.by_node()
    shown.show_panel("Histograms")
    panel = shown.panels["Histograms"]

    def settle() -> None:
        for _ in range(3):
            draw(shown)
            pacer().flush()

    def paint_one() -> None:
        first = panel.multiples.multiples[0]
        first.stale = first.unmarked = True
        panel.multiples._render_one(0)

    rows = []
    settle()

    def add(what: str, act) -> None:
        took = statistics.median(timed(act) for _ in range(TIMES))
        rows.append(row(what, milliseconds(took), "under 16 ms", took < TARGET))

    add(f"{LAYERS} layers, {MOMENTS} measurements: taken in", panel._refresh)
    panel.same_range.setChecked(True)
    settle()
    add("The same over one range", panel._refresh)
    panel.same_range.setChecked(False)
    for kind, (name, _) in KINDS.items():
        panel.kind.choose(kind)
        settle()
        add(f"{name}: one picture", paint_one)
        add(f"{name}: the panel from what is kept", panel.multiples.repaint)
        panel.open((run.nodes[1],))
        settle()
        add(f"{name}: one layer large", panel.large._render)
        panel.close_large()
        settle()
    places = iter(range(1, 10_000))

    def scrub() -> None:
        session.moments.go(next(places) % 50)
        draw(shown)

    add("Another moment in the whole window, drawn", scrub)
    session.close()
    report(rows)


if __name__ == "__main__":
    main()
