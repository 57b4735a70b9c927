"""A run in which every layer differs, for pictures of its activations."""

import numpy as np
from PySide6.QtWidgets import QApplication

from bnstudio.histogram import QUANTILES, BatchNormGap, Histogram
from bnstudio.training.messages import Histograms, Started
from bnstudio.ui.plots.pace import pacer
from tests.ui.training.fakes import whole_run

STEPS = (10, 20, 30, 40)


def of_values(node: str, values, **more) -> Histogram:
    """The histogram of some values, as a measurement would have it."""
    low, high = float(np.min(values)), float(np.max(values))
    counts, _ = np.histogram(values, 64, (low, high))
    marks = tuple(np.quantile(values, QUANTILES).tolist())
    return Histogram(
        node, tuple(counts.tolist()), low, high, 0, 0, float(np.mean(values)),
        float(np.std(values)), float(np.mean(np.asarray(values) == 0)), 0, quantiles=marks, **more,
    )  # fmt: skip


def measured(graph, run: str, step: int) -> Histograms:
    """A measurement in which every layer differs, and BatchNorms have all that they can have."""
    layers = []
    for place, node in enumerate(graph.nodes.values()):
        spread = np.linspace(-1, 1, 400) * (1 + place + step / 10)
        more = {}
        if node.type == "BatchNormalization":
            more["batch_norm"] = BatchNormGap(1.0 / step, 2.0 / step, 1 + 1.0 / step)
            if step in (10, 30):
                more["training"] = of_values(node.id, spread * 2)
        if node.type == "Dense" and step in (10, 30):
            more["weights"] = {
                "kernel": of_values(node.id, spread / 9),
                "bias": of_values(node.id, spread / 50),
            }
        layers.append(of_values(node.id, spread + place, **more))
    return Histograms(run, step, tuple(layers))


def train(desk, *, end: bool = True) -> str:
    """A run of four measurements."""
    run, graph = desk.train(), desk.document.graph
    desk.tick(Started(run, 4, 10, 80, 20, tuple(graph.nodes), 1))
    desk.tick(*(measured(graph, run, step) for step in STEPS))
    if end:
        desk.tick(whole_run(run, ())[-1])
    return run


def settle() -> None:
    """Lets widgets take their places, and plots be drawn."""
    for _ in range(3):
        QApplication.processEvents()
        pacer().flush()


def set_behind(desk, panel, qtbot, *ghosts) -> None:
    """Puts runs behind the current one, and waits until they are read."""
    desk.session.set_ghosts(ghosts)
    settle()
    nodes = desk.document.graph.nodes
    qtbot.waitUntil(lambda: {node for node, _ in panel._ghosts.of(nodes.values())} == nodes.keys())
    settle()


def norm(desk) -> str:
    return next(n.id for n in desk.document.graph.nodes.values() if n.type == "BatchNormalization")


def place_of(panel, node: str) -> int:
    return next(i for i, m in enumerate(panel.multiples.multiples) if m.node == node)
