"""What the program and its engine say to each other: typed, validated, plain data.

A frame on the pipe is a length (4 bytes, big-endian) and that many bytes of MessagePack. Neither
side trusts the other: an unknown message, a wrong type or an oversized frame ends the connection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec

from bnstudio.histogram import Histogram
from bnstudio.layers.foreign import Answer, Form, Question

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_FRAME = 64 * 2**20
"""A frame longer than this many bytes is a fault, not a message."""

RATES = (1e-30, 1e30)
"""The bounds of a learning rate, so that in single precision it is neither 0 nor infinite."""


class Message(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The base of all messages; the class name is the tag."""


# From the program to the engine.


class Train(Message, frozen=True):
    """Train a model. One run at a time; a second is answered with ``Failed``.

    Attributes:
        run: Chosen by the sender and repeated in every answer.
        project: The text of the project file: graph, data and settings.
        probe_seconds: How often the layers are measured, as far as the project's settings allow;
            0 for never.
        keep: An existing folder where the trained model is written as ``model.keras``, and the
            checkpoints beside it while it trains; empty to keep none.
        checkpoint: The path of one that this run has left, to go on from; empty to begin anew.
        weights: The path of the weights that the layers begin with; empty for new ones.
    """

    run: str
    project: str
    probe_seconds: float = 0.08
    keep: str = ""
    checkpoint: str = ""
    weights: str = ""


class Prepare(Message, frozen=True):
    """Get ready to train a project, so that a run of it begins at once. Nothing answers.

    It is done only while the engine has nothing else to do, for one project at a time.

    Attributes:
        project: The text of the project file; empty to forget what was got ready.
    """

    project: str


class Preview(Message, frozen=True):
    """Load a project's data source and describe it."""

    request: str
    project: str
    rows: int = 400


class Export(Message, frozen=True):
    """Write a project's model as a file of another form, and prove it. A job like ``Train``.

    ``Exporting`` tells how far it is; ``Exported`` or ``Failed`` answers.

    Attributes:
        suffix: The form, as the exporters name it.
        path: Where the file, or the folder, is made; what else is needed goes beside it.
        weights: The path of a checkpoint or of a kept model of this very model, or of the file
            beside the project; empty for the first weights, as the project's seed draws them.
        fold: The nodes of batch normalizations that are folded into the layers before them.
        origin: Where these weights come from, for people: the file beside a project says it.
    """

    request: str
    project: str
    suffix: str
    path: str
    weights: str = ""
    fold: tuple[str, ...] = ()
    origin: str = ""


class Describe(Message, frozen=True):
    """Say what a layer that is not of this program looks like; ``Described`` answers.

    Attributes:
        layer: Its type, of a package that the user has confirmed or of Keras.
    """

    request: str
    layer: str


class Examine(Message, frozen=True):
    """Say what comes out of such a layer; ``Examined`` answers.

    Its code may be anybody's: it may take for ever, or take the process with it.
    """

    request: str
    question: Question


class Pause(Message, frozen=True):
    """Hold the run after the step in progress."""


class Resume(Message, frozen=True):
    """Go on with a paused run."""


class Stop(Message, frozen=True):
    """End the run after the step in progress and keep what it has learned."""


class LearningRate(Message, frozen=True):
    """Go on with another learning rate, from the next step on.

    ``LearningRateChanged`` answers, or ``Noted`` where it follows a schedule.
    """

    value: Annotated[float, msgspec.Meta(ge=RATES[0], le=RATES[1])]


Request = (
    Train | Prepare | Preview | Export | Describe | Examine | Pause | Resume | Stop | LearningRate
)


# From the engine to the program.


class Ready(Message, frozen=True):
    """Keras is imported and a job can start at once.

    Attributes:
        beyond: The layers of this Keras that the catalogue lacks, by type.
    """

    keras: str
    tensorflow: str
    devices: tuple[str, ...] = ()
    beyond: tuple[str, ...] = ()


class Beat(Message, frozen=True):
    """The engine is alive; sent every second from a thread of its own, from the start."""


class Started(Message, frozen=True):
    """The model is built and training begins.

    Attributes:
        steps: Steps an epoch.
        nodes: The nodes that are measured, in graph order.
        parameters: Of the built Keras model, trainable or not.
        data: The fingerprint of the prepared rows; see ``data.fingerprint``.
        epochs_done: How many there were before, where it goes on from a checkpoint.
        steps_done: Likewise.
        learning_rate: That of the next step.
        scheduled: Whether it follows a schedule, and so cannot be set by hand.
    """

    run: str
    epochs: int
    steps: int
    train_rows: int
    validation_rows: int
    nodes: tuple[str, ...]
    parameters: int
    data: str = ""
    epochs_done: int = 0
    steps_done: int = 0
    learning_rate: float | None = None
    scheduled: bool = False


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

    ``epoch`` counts from 0; ``steps_done`` is over the whole run. ``learning_rate`` is that of the
    step that would come next, whatever sets it.
    """

    run: str
    epoch: int
    steps_done: int
    logs: dict[str, float]
    elapsed: float
    learning_rate: float | None = None


class Histograms(Message, frozen=True):
    """Every output of every node at one step, in graph order; inference mode, validation rows.

    What differs in training mode is measured in it too, on the same rows, now and then.

    Attributes:
        step: How many steps were done before.
        cost: The share of the run's time that went into measuring so far, in [0, 1]. None before
            the first step, or recorded by an earlier version.
    """

    run: str
    step: int
    layers: tuple[Histogram, ...]
    cost: float | None = None

    def by_node(self) -> dict[str, Histogram]:
        """The first output of each node."""
        return {layer.node: layer for layer in self.layers if layer.port == 0}

    def over(self, before: Mapping[str, Histogram]) -> dict[str, Histogram]:
        """The same, where what was not measured this time is as it was in ``before``."""
        return {node: layer.over(before.get(node)) for node, layer in self.by_node().items()}


class Paused(Message, frozen=True):
    """The run holds."""

    run: str


class Resumed(Message, frozen=True):
    """The run goes on."""

    run: str


class LearningRateChanged(Message, frozen=True):
    """The learning rate is another one, because the user wants it.

    Attributes:
        step: The number of the first step that is done with it, from 0 over the whole run.
    """

    run: str
    step: int
    value: float


class Noted(Message, frozen=True):
    """What people should know of the run, which goes on as it was."""

    run: str
    message: str


class Finished(Message, frozen=True):
    """The run is over and its model is kept.

    Attributes:
        reason: ``completed`` all epochs, ``stopped`` by the user, ``early`` by early stopping,
            ``diverged`` when the loss was no longer finite.
        epochs: How many epochs were completed.
        node: For ``diverged``, the first node in graph order whose output or weights went bad.
        message: For ``diverged``, what happened and what may help.
        tensor: For ``diverged``, what of that node went bad: a weight's name such as ``kernel``,
            ``output``, or ``output 2`` for the second of several; ``loss`` where the model's
            outputs are finite and only the loss of them is not.
        model: The path of the kept model; empty if none was asked for.
    """

    run: str
    reason: Literal["completed", "stopped", "early", "diverged"]
    epochs: int
    elapsed: float
    node: str = ""
    message: str = ""
    model: str = ""
    tensor: str = ""


class Failed(Message, frozen=True):
    """A job could not be done. The engine goes on.

    Attributes:
        run: The run, or the request of another job.
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


class Described(Message, frozen=True):
    """What a layer looks like; without a form, why that cannot be said."""

    request: str
    layer: str
    form: Form | None = None
    reason: str = ""


class Examined(Message, frozen=True):
    """What comes out of a layer."""

    request: str
    question: Question
    answer: Answer


class Exporting(Message, frozen=True):
    """An export goes on.

    Attributes:
        stage: What is being done, for people.
        share: How much of the whole is done, in [0, 1].
    """

    request: str
    stage: str
    share: float


class Exported(Message, frozen=True):
    """The file is written, and a fresh process has found that it is the model.

    Attributes:
        difference: The largest one between the file's outputs and the model's, each relative to the
            model's where that is above 1. 0 for a file without numbers.
        rows: How many rows there were in each of the batches that were compared.
        notes: What people should know of the file.
        folded: What folding batch normalizations has changed in the outputs, measured likewise;
            None where none was folded.
        alike: How much the outputs vary from row to row, measured likewise, where that is so little
            that the comparison says hardly anything; None where it says enough.
    """

    request: str
    difference: float
    rows: tuple[int, ...]
    notes: tuple[str, ...] = ()
    folded: float | None = None
    alike: float | None = None


Event = (
    Ready | Beat | Started | Steps | Epoch | Histograms | Paused | Resumed | LearningRateChanged
    | Noted | Finished | Failed | Previewed | Described | Examined | Exporting | Exported
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
