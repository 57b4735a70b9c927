"""What the program and its engine say to each other: typed, validated, plain data.

A frame on the pipe is a length (4 bytes, big-endian) and that many bytes of MessagePack. Neither
side trusts the other: an unknown message, a wrong type or an oversized frame ends the connection.
"""

from __future__ import annotations

from typing import Literal

import msgspec

MAX_FRAME = 64 * 2**20
"""A frame longer than this many bytes is a fault, not a message."""

BINS = 64
"""Bars in an activation histogram."""


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of all messages; the class name is the tag."""


# From the program to the engine.


class Train(Message, frozen=True):
    """Train a model. One run at a time; a second is answered with ``Failed``.

    Attributes:
        run: Chosen by the sender and repeated in every answer.
        project: The text of the project file: graph, data and settings.
        probe_seconds: How often activations are measured; 0 for never.
        probe_rows: How many validation rows they are measured on.
        keep: An existing folder where the trained model is written as ``model.keras``; empty to
            keep none.
    """

    run: str
    project: str
    probe_seconds: float = 0.5
    probe_rows: int = 256
    keep: str = ""


class Preview(Message, frozen=True):
    """Load a project's data source and describe it."""

    request: str
    project: str
    rows: int = 400


class Pause(Message, frozen=True):
    """Hold the run after the step in progress."""


class Resume(Message, frozen=True):
    """Go on with a paused run."""


class Stop(Message, frozen=True):
    """End the run after the step in progress and keep what it has learned."""


Request = Train | Preview | Pause | Resume | Stop


# From the engine to the program.


class Ready(Message, frozen=True):
    """Keras is imported and a job can start at once."""

    keras: str
    tensorflow: str
    devices: tuple[str, ...] = ()


class Beat(Message, frozen=True):
    """The engine is alive; sent every second from a thread of its own, from the start."""


class Started(Message, frozen=True):
    """The model is built and training begins.

    Attributes:
        steps: Steps an epoch.
        nodes: The nodes that are measured, in graph order.
        parameters: Of the built Keras model, trainable or not.
    """

    run: str
    epochs: int
    steps: int
    train_rows: int
    validation_rows: int
    nodes: tuple[str, ...]
    parameters: int


class Steps(Message, frozen=True):
    """Some consecutive steps, merged into one message.

    Attributes:
        first: The number of the first of them, from 0 over the whole run.
        logs: For the loss and each metric, its value a step: of that batch alone for the loss, the
            running value of the epoch (as Keras reports it) for a metric.
        elapsed: Seconds of training so far, pauses left out.
    """

    run: str
    first: int
    logs: dict[str, tuple[float, ...]]
    elapsed: float


class Epoch(Message, frozen=True):
    """An epoch has ended. ``logs`` are Keras's own, ``val_`` ones included.

    ``epoch`` counts from 0; ``steps_done`` is over the whole run.
    """

    run: str
    epoch: int
    steps_done: int
    logs: dict[str, float]
    elapsed: float


class Histogram(Message, frozen=True):
    """The activations of one node's output at one moment.

    Attributes:
        node: The node's id.
        counts: ``BINS`` counts over [low, high]; a robust range, so outliers do not squash it.
        low: The left edge of the first bar.
        high: The right edge of the last bar.
        below: How many values lie left of the range.
        above: How many lie right of it.
        mean: Of all finite values.
        std: Of all finite values.
        zeros: The share of exact zeros, in [0, 1].
        bad: How many values are NaN or infinite.
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


class Histograms(Message, frozen=True):
    """Every measured node at one step, in graph order; inference mode, validation rows."""

    run: str
    step: int
    layers: tuple[Histogram, ...]


class Paused(Message, frozen=True):
    """The run holds."""

    run: str


class Resumed(Message, frozen=True):
    """The run goes on."""

    run: str


class Finished(Message, frozen=True):
    """The run is over and its model is kept.

    Attributes:
        reason: ``completed`` all epochs, ``stopped`` by the user, ``early`` by early stopping,
            ``diverged`` when the loss was no longer finite.
        epochs: How many epochs were completed.
        node: For ``diverged``, the first node in graph order whose output or weights went bad.
        message: For ``diverged``, what happened and what may help.
        model: The path of the kept model; empty if none was asked for.
    """

    run: str
    reason: Literal["completed", "stopped", "early", "diverged"]
    epochs: int
    elapsed: float
    node: str = ""
    message: str = ""
    model: str = ""


class Failed(Message, frozen=True):
    """A job could not be done. The engine goes on.

    Attributes:
        run: The run or the preview request.
        message: What happened, for people.
        node: The node at fault, where one is known.
        detail: The end of the traceback, for a report.
    """

    run: str
    message: str
    node: str = ""
    detail: str = ""


class Previewed(Message, frozen=True):
    """What a data source looks like.

    Attributes:
        rows: All rows of the source.
        features: A sample of rows, flattened, after preparation.
        targets: The sample's labels or target values.
        plane: The sample in two dimensions (its two columns, or the first two principal
            components), for a scatter plot.
        shape: The shape of one row.
        counts: Rows a class, or a 20-bar histogram of the target for regression.
        edges: The bars' edges for regression; empty for classification.
    """

    request: str
    rows: int
    features: tuple[tuple[float, ...], ...]
    targets: tuple[float, ...]
    plane: tuple[tuple[float, float], ...]
    shape: tuple[int, ...]
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()


Event = (
    Ready | Beat | Started | Steps | Epoch | Histograms | Paused | Resumed | Finished | Failed
    | Previewed
)  # fmt: skip


# Said by the client itself, never sent.


class Died(Message, frozen=True):
    """The engine process has ended on its own.

    Attributes:
        message: What happened, for people: the signal or exit code and what may be behind it.
        detail: The last lines that the process wrote.
    """

    message: str
    detail: str = ""


class Silent(Message, frozen=True):
    """The engine process runs but has not answered for a while; said once each time.

    Attributes:
        seconds: Since it was last heard.
        message: What that may mean and what can be done, for people.
    """

    seconds: float
    message: str
