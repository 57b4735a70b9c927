"""One training in memory: what was trained, and everything measured meanwhile."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from bnstudio.histogram import NOT_ALWAYS, Histogram
from bnstudio.lazy import np
from bnstudio.runs import thinning
from bnstudio.runs.table import Table
from bnstudio.training.messages import (
    Died,
    Epoch,
    Failed,
    Finished,
    Histograms,
    LearningRateChanged,
    Paused,
    Resumed,
    Started,
    Steps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.project import Project

State = Literal[
    "waiting", "running", "paused", "stopping",
    "completed", "stopped", "early", "diverged", "failed", "died",
]  # fmt: skip

LIVE: frozenset[State] = frozenset({"waiting", "running", "paused", "stopping"})
"""The states of a run that is not over."""

STATE_NAMES: dict[State, str] = {
    "waiting": "Waiting for the engine",
    "running": "Training",
    "paused": "Paused",
    "stopping": "Stopping",
    "completed": "Completed",
    "stopped": "Stopped, kept",
    "early": "Stopped early",
    "diverged": "Diverged",
    "failed": "Failed",
    "died": "Engine lost",
}

KEPT = 60
"""Measurements of the activations that a run keeps, spread evenly over its time."""

RATE = "learning_rate"
"""The column of the epochs that is a setting, and no measure of how good they are."""

_HIGHER = ("acc", "auc", "precision", "recall", "f1", "fbeta", "r2", "iou", "sensitivity",
           "specificity", "positives", "negatives")  # fmt: skip
_LOWER = ("false_positives", "false_negatives")


def higher_is_better(name: str) -> bool:
    """Whether a log of this name improves upwards: accuracies do, losses and errors do not."""
    name = name.removeprefix("val_").lower()
    return not name.startswith(_LOWER) and any(part in name for part in _HIGHER)


class History:
    """The measurements of a run, thinned evenly as they become too many; the last always kept.

    Attributes:
        figures: The newest of each node, with what is measured now and then as it last was.
        seen: The step at which that was, by node and name of the figure.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._stride = 1
        self._items: list[Histograms] = []
        self._steps: list[int] = []
        self._last: Histograms | None = None
        self.figures: dict[str, Histogram] = {}
        self.seen: dict[tuple[str, str], int] = {}

    def add(self, measured: Histograms) -> None:
        """Takes the next measurement in."""
        self._see(measured)
        if self.count % self._stride == 0:
            self._items.append(measured)
            if len(self._items) >= self._kept:
                self._items = self._items[::2]
                self._stride *= 2
        self._last = measured
        self._steps.append(measured.step)

    def places(self, count: int) -> list[int]:
        """Which of ``count`` measurements are kept once all are taken in; the last always."""
        places = list(range(0, count, self._thinned(count)))
        return places if not count or places[-1] == count - 1 else [*places, count - 1]

    def fill(self, measured: Sequence[Histograms], steps: Sequence[int]) -> None:
        """Takes in many measurements at once: their steps, and those that ``places`` names."""
        self._stride, self._steps = self._thinned(len(steps)), list(steps)
        self._items = list(measured[: len(range(0, len(steps), self._stride))])
        self._last = measured[-1] if measured else None
        for entry in measured:
            self._see(entry)

    def _thinned(self, count: int) -> int:
        stride = 1
        while len(range(0, count, stride)) >= self._kept:
            stride *= 2
        return stride

    def before(self, step: int) -> History:
        """A history of its own, up to the last kept measurement before a step."""
        cut = History(self._kept)
        cut._stride = self._stride
        cut._items = [measured for measured in self._items if measured.step < step]
        if self._last is not None and self._last.step < step:
            cut._steps, cut._last = list(self._steps), self._last
        elif cut._items:
            cut._steps = self._steps[: (len(cut._items) - 1) * self._stride + 1]
            cut._last = cut._items[-1]
        for measured in cut.kept():
            cut._see(measured)
        return cut

    def _see(self, measured: Histograms) -> None:
        self.figures = measured.over(self.figures)
        for layer in measured.layers:
            for name in NOT_ALWAYS:
                if layer.port == 0 and getattr(layer, name) is not None:
                    self.seen[layer.node, name] = measured.step

    @property
    def count(self) -> int:
        """How many were taken in; it grows with each, so it says whether anything is new."""
        return len(self._steps)

    @property
    def steps(self) -> Sequence[int]:
        """The step of each measurement that was taken in, kept or not; not to be changed."""
        return self._steps

    @property
    def last(self) -> Histograms | None:
        """The newest measurement."""
        return self._last

    def nearest(self, place: int) -> tuple[int, Histograms] | None:
        """The kept measurement that is nearest to one that was taken in, and which it is."""
        if self._last is None:
            return None
        before = min(max(0, place) // self._stride, len(self._items) - 1)
        known = {self.count - 1: self._last}
        for kept in range(max(0, before), min(before + 2, len(self._items))):
            known[kept * self._stride] = self._items[kept]
        return min(known.items(), key=lambda entry: abs(entry[0] - place))

    def kept(self) -> list[Histograms]:
        """The kept measurements, oldest first."""
        if self._last is None or (self._items and self._items[-1] is self._last):
            return list(self._items)
        return [*self._items, self._last]

    def of(self, node: str) -> list[tuple[int, Histogram]]:
        """The kept histograms of one node with their steps, oldest first."""
        return [
            (measured.step, layer)
            for measured in self.kept()
            for layer in measured.layers
            if layer.node == node and layer.port == 0
        ]


@dataclass(eq=False)
class Run:
    """A training and what it has brought so far.

    Attributes:
        id: Of the run and of its record.
        title: Shown; may be changed.
        text: The project file's text as it was trained.
        project: The same as a value; None for a run of an earlier session until it is asked for.
        source: The data set's name.
        number: Counts runs; chooses the colour.
        created: When it was started, in seconds since the epoch.
        state: What it is doing or how it ended.
        total_epochs: How many were asked for.
        steps_per_epoch: 0 until the engine says.
        nodes: The measured nodes in graph order.
        steps: ``step``, ``elapsed`` and the logs, a row a step; of a very long run it is thinned.
        epochs: ``epoch``, ``step``, ``elapsed`` and the logs, a row an epoch.
        rates: ``step``, ``elapsed`` and ``learning_rate``, a row each time that it was set by hand.
        history: The activations over time.
        elapsed: Seconds of training, pauses left out.
        message: Why it failed, died or diverged.
        node: The node at fault.
        model: The path of the kept model; empty for none.
        loaded: False while the logs of an earlier session's run are still on disk only.
        learning_rate: That of the next step, while it goes on; None where it is not known.
        scheduled: Whether that follows a schedule.
        tags: Words of the user's own, to find it by.
        versions: Of what trained it, by name: keras, tensorflow, python, bnstudio, and the packages
            of layers that are not of this program.
        data: The fingerprint of the rows it was trained on; empty while it is not known.
    """

    id: str
    title: str
    text: str
    project: Project | None = None
    source: str = ""
    number: int = 0
    created: float = field(default_factory=time.time)
    state: State = "waiting"
    total_epochs: int = 0
    steps_per_epoch: int = 0
    train_rows: int = 0
    validation_rows: int = 0
    parameters: int = 0
    nodes: tuple[str, ...] = ()
    steps: Table = field(default_factory=Table)
    epochs: Table = field(default_factory=Table)
    rates: Table = field(default_factory=Table)
    history: History = field(default_factory=History)
    elapsed: float = 0.0
    message: str = ""
    node: str = ""
    model: str = ""
    loaded: bool = True
    learning_rate: float | None = None
    scheduled: bool = False
    tags: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    data: str = ""

    @property
    def live(self) -> bool:
        """Whether it is not over."""
        return self.state in LIVE

    @property
    def done_steps(self) -> int:
        """Steps that are finished, as far as the logs tell."""
        steps = int(self.steps["step"][-1]) + 1 if len(self.steps) else 0
        epochs = int(self.epochs["step"][-1]) if len(self.epochs) else 0
        return max(steps, epochs)

    @property
    def total_steps(self) -> int:
        """Steps of the whole run if nothing stops it; 0 while unknown."""
        return self.total_epochs * self.steps_per_epoch

    @property
    def progress(self) -> float:
        """The share that is done, from 0 to 1."""
        if self.state == "completed":
            return 1.0
        return min(1.0, self.done_steps / self.total_steps) if self.total_steps else 0.0

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of what is logged, without the ``val_`` ones: the loss first.

        The learning rate is the last of them, once it has changed.
        """
        names = dict.fromkeys((*self.steps, *self.epochs))
        found = [
            name
            for name in names
            if name not in {"step", "epoch", "elapsed"} and not name.startswith("val_")
        ]
        if RATE in found and not self._rate_varies:
            found.remove(RATE)
        return tuple(sorted(found, key=lambda name: (name == RATE) - (name == "loss")))

    @property
    def _rate_varies(self) -> bool:
        rates = self.epochs[RATE]
        known = rates[np.isfinite(rates)]
        return bool(len(self.rates)) or bool((known[1:] != known[:-1]).any())

    def best(self, metric: str = "loss") -> tuple[int, float] | None:
        """The epoch, from 0, with the best validation value of ``metric``, and that value.

        Where nothing was held out it is the training value's; None before the first epoch.
        """
        name = f"val_{metric}" if f"val_{metric}" in self.epochs else metric
        if name not in self.epochs or name == RATE:
            return None
        values = self.epochs[name]
        finite = np.flatnonzero(np.isfinite(values))
        if not len(finite):
            return None
        pick = np.argmax if higher_is_better(metric) else np.argmin
        row = int(finite[pick(values[finite])])
        return int(self.epochs["epoch"][row]), float(values[row])

    def apply(self, event: object) -> bool:
        """Takes in what the engine says of this run; False for what changes nothing.

        Steps that were seen before are dropped, and values that are missing are NaN: a run's
        record stays in order whatever arrives.
        """
        match event:
            case Started():
                self.total_epochs, self.steps_per_epoch = max(0, event.epochs), max(0, event.steps)
                self.train_rows, self.validation_rows = event.train_rows, event.validation_rows
                self.nodes, self.parameters = event.nodes, event.parameters
                self.learning_rate, self.scheduled = event.learning_rate, event.scheduled
                self.data = event.data
                if self.state == "waiting":
                    self.state = "running"
            case Steps():
                return self._add_steps(event)
            case Epoch():
                return self._add_epoch(event)
            case Histograms():
                if (last := self.history.last) is not None and event.step < last.step:
                    return False
                self.history.add(event)
            case LearningRateChanged():
                self.learning_rate = event.value
                place = {"step": (event.step,), "elapsed": (self.elapsed,)}
                self.rates.extend(1, {**place, RATE: (event.value,)})
            case Paused():
                return self._turn("paused", "running")
            case Resumed():
                return self._turn("running", "paused")
            case Finished() if self.live:
                self.state = event.reason
                self.elapsed = _later(self.elapsed, event.elapsed)
                self.message, self.node, self.model = event.message, event.node, event.model
            case Failed() if self.live:
                self.state, self.message, self.node = "failed", event.message, event.node
            case Died() if self.live:
                self.state, self.message = "died", event.message
            case _:
                return False
        return True

    def unload(self) -> None:
        """Lets the steps and the activations go, which ``RunStore.load`` reads again."""
        self.steps, self.history, self.loaded = Table(), History(), False
        self.rates = Table()

    def rewind(self, told: Sequence[Epoch]) -> None:
        """Goes back to the end of the last of these epochs, to wait for what follows it.

        ``told`` are all that it has had until then; those that a crash has kept from the record
        are taken in. The tables are new ones.
        """
        last = told[-1]
        self.steps = self.steps.cut(_below(self.steps, last.steps_done))
        self.epochs = self.epochs.cut(_below(self.epochs, last.epoch + 1, "epoch"))
        self.history = self.history.before(last.steps_done)
        rates = _below(self.rates, last.steps_done)
        # One that was set right after the last step may have come before that epoch's end or after.
        if len(self.rates) > rates and self.rates["step"][rates] == last.steps_done:
            rates += self.rates[RATE][rates] == last.learning_rate
        self.rates = self.rates.cut(rates)
        self.elapsed = 0.0
        for event in told:
            self._add_epoch(event)
        self.elapsed = _later(0.0, last.elapsed)
        self.state, self.message, self.node = "waiting", "", ""

    def _turn(self, to: State, expected: State) -> bool:
        if self.state != expected:
            return False
        self.state = to
        return True

    def _add_steps(self, event: Steps) -> bool:
        rows = max((len(values) for values in event.logs.values()), default=0)
        first = max(0, event.first)
        skip = max(0, min(rows, self._next_step() - first))
        if rows == skip:
            return False
        # From the step before, not from ``elapsed``: a record without its epochs reads the same.
        before = float(self.steps["elapsed"][-1]) if len(self.steps) else 0.0
        now = _later(before, event.elapsed)
        self.elapsed = _later(self.elapsed, now)
        count = rows - skip
        times = np.linspace(before, now, count + 1)[1:]
        steps = np.arange(first + skip, first + rows, dtype=float)
        logs = {name: values[skip:] for name, values in event.logs.items()}
        place = {"step": steps, "elapsed": times}
        # First for the order of the columns, last so that no log takes their names.
        self.steps.extend(count, {**place, **logs, **place})
        if len(self.steps) > thinning.MOST_STEPS:
            self.steps = self.steps.keep(thinning.kept_steps(self.steps, self._next_step()))
        return True

    def _next_step(self) -> int:
        return int(self.steps["step"][-1]) + 1 if len(self.steps) else 0

    def _add_epoch(self, event: Epoch) -> bool:
        if event.epoch < 0 or (len(self.epochs) and event.epoch <= self.epochs["epoch"][-1]):
            return False
        self.elapsed = _later(self.elapsed, event.elapsed)
        row = {name: (value,) for name, value in event.logs.items()}
        if event.learning_rate is not None:
            self.learning_rate = event.learning_rate
            row.setdefault(RATE, (event.learning_rate,))
        place = {
            "epoch": (event.epoch,), "step": (event.steps_done,), "elapsed": (self.elapsed,)
        }  # fmt: skip
        self.epochs.extend(1, {**place, **row, **place})
        return True


def _below(table: Table, limit: int, counted: str = "step") -> int:
    """How many rows there are before a limit; what is counted rises."""
    return int(np.searchsorted(table[counted], limit)) if counted in table else 0


def _later(before: float, now: float) -> float:
    return now if math.isfinite(now) and now > before else before
