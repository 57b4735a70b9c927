"""An engine made of lists, and the messages of a run that never was."""

import math

import numpy as np

from bnstudio.data import FINGERPRINT
from bnstudio.histogram import BINS, Histogram
from bnstudio.training.messages import Epoch, Finished, Histograms, Ready, Started, Steps

ROWS = f"{FINGERPRINT}{7:032x}"


class FakeEngine:
    """Says what it is told to say, and remembers what it was sent."""

    def __init__(self, ready: bool = True) -> None:
        self.sent: list = []
        self.coming: list = [Ready("3.15.1", "2.21.0")] if ready else []
        self.silent = False
        self.closed = self.killed = False

    def send(self, request) -> None:
        self.sent.append(request)

    def poll(self) -> list:
        coming, self.coming = self.coming, []
        return coming

    def close(self) -> None:
        self.closed = True

    def kill(self) -> None:
        self.killed = True


def histogram(node: str, spread: float = 1.0, zeros: float = 0.0, bad: int = 0) -> Histogram:
    places = np.linspace(-3, 3, BINS)
    counts = tuple(int(1000 * math.exp(-(x**2) / 2)) for x in places)
    return Histogram(node, counts, -3 * spread, 3 * spread, 5, 5, 0.1, spread, zeros, bad)


def measurement(run: str, nodes: tuple[str, ...], step: int) -> Histograms:
    return Histograms(run, step, tuple(histogram(node, 1 + step / 100) for node in nodes))


def steps(run: str, first: int, count: int, elapsed: float) -> Steps:
    values = tuple(1.0 / (1 + first + place) for place in range(count))
    return Steps(run, first, {"accuracy": values, "loss": values}, elapsed)


def epoch(run: str, number: int, done: int, elapsed: float) -> Epoch:
    loss = 1.0 / (number + 1)
    logs = {"loss": loss, "val_loss": loss + 0.1, "accuracy": 1 - loss, "val_accuracy": 0.5}
    return Epoch(run, number, done, logs, elapsed)


def whole_run(
    run: str, nodes: tuple[str, ...], epochs: int = 3, per_epoch: int = 10, end: str = "completed"
) -> list:
    messages: list = [Started(run, epochs, per_epoch, 80, 20, nodes, 123, data=ROWS)]
    elapsed = 0.0
    for number in range(epochs):
        for half in range(2):
            elapsed += 0.5
            first = number * per_epoch + half * per_epoch // 2
            messages.append(steps(run, first, per_epoch // 2, elapsed))
        messages.append(measurement(run, nodes, (number + 1) * per_epoch))
        messages.append(epoch(run, number, (number + 1) * per_epoch, elapsed))
    if end:
        messages.append(Finished(run, end, epochs, elapsed, model="/kept/model.keras"))
    return messages
