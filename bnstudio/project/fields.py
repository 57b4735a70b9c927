"""What a project file holds, field by field, in the order in which it is written.

These are the bounds of each field by itself. What must hold between fields is for the reader.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from bnstudio.project.strict import MAX_INT

SUFFIX = ".bnstudio"
VERSION = 2
"""Written where there is a model in the model; without any, a file is as it was in version 1."""
PROJECT, FRAGMENT = "bnstudio project", "bnstudio fragment"

MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_WIRES = 400_000
MAX_TEXT = 65_536

Name = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Port = Annotated[int, Meta(ge=0, le=MAX_WIRES)]
Position = Annotated[float, Meta(ge=-1e9, le=1e9)]
Params = dict[str, Any]


class Part(msgspec.Struct, forbid_unknown_fields=True):
    """The base of all parts: no field that is not named here."""


class Node(Part):
    """A node; ``inside`` names the model in ``models`` that it is."""

    id: Name
    type: Name
    name: Text
    params: Params = {}
    x: Position = 0.0
    y: Position = 0.0
    shares: Name | None = None
    inside: Name | None = None


class Wire(Part, array_like=True):
    """A wire, written as a list of four."""

    source: Name
    source_port: Port
    target: Name
    target_port: Port


class Model(Part):
    """The drawing inside a node."""

    nodes: Annotated[list[Node], Meta(max_length=MAX_NODES)]
    wires: Annotated[list[Wire], Meta(max_length=MAX_WIRES)] = []


class Choice(Part):
    """An optimizer or a loss, with its arguments."""

    name: Name
    params: Params = {}


class EarlyStopping(Part):
    """Keras's callback of this name."""

    monitor: Text = "val_loss"
    min_delta: float = 0.0
    patience: Annotated[int, Meta(ge=0, le=MAX_INT)] = 5
    restore_best_weights: bool = True


class ReduceLROnPlateau(Part):
    """Keras's callback of this name."""

    monitor: Text = "val_loss"
    factor: Annotated[float, Meta(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Meta(ge=0, le=MAX_INT)] = 10
    mode: Literal["auto", "min", "max"] = "auto"
    min_delta: float = 0.0001
    cooldown: Annotated[int, Meta(ge=0, le=MAX_INT)] = 0
    min_lr: float = 0.0


class Measuring(Part):
    """What is measured while it trains."""

    budget: Annotated[float, Meta(ge=0, le=1)] = 0.05
    rows: Annotated[int, Meta(ge=1, le=MAX_INT)] = 256
    left_out: Annotated[list[Name], Meta(max_length=MAX_NODES)] = []


class Settings(Part):
    """How the model is trained."""

    optimizer: Choice
    loss: Choice
    metrics: Annotated[list[Name], Meta(max_length=1000)]
    batch_size: Annotated[int, Meta(ge=1, le=MAX_INT)]
    epochs: Annotated[int, Meta(ge=1, le=MAX_INT)]
    validation_split: Annotated[float, Meta(ge=0, lt=1)]
    seed: Annotated[int, Meta(ge=0, lt=2**32)]
    early_stopping: EarlyStopping | None = None
    reduce_lr: ReduceLROnPlateau | None = None
    class_weight: (
        Literal["balanced"] | Annotated[list[float], Meta(min_length=1, max_length=1000)] | None
    ) = None
    measuring: Measuring = msgspec.field(default_factory=Measuring)
    start: Literal["weights", "new"] = "weights"


class Source(Part):
    """Where the rows come from, and how they are prepared."""

    name: Name
    params: Params = {}
    scaling: Literal["none", "standard", "minmax"] = "standard"
    targets: Literal["integer", "one_hot", "value"] = "integer"
    shape: Annotated[list[Annotated[int, Meta(ge=1, le=MAX_INT)]], Meta(max_length=16)] | None = (
        None
    )


class Weights(Part):
    """The file beside the project that the layers begin with, by its fingerprint."""

    fingerprint: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    origin: Annotated[str, Meta(max_length=1000)] = ""


class Fragment(Part):
    """A piece of a drawing, as it lies on the clipboard."""

    format: str
    version: int
    nodes: Annotated[list[Node], Meta(max_length=MAX_NODES)]
    wires: Annotated[list[Wire], Meta(max_length=MAX_WIRES)] = []
    models: dict[Name, Model] = {}


class Project(Part):
    """The whole file."""

    format: str
    version: int
    data: Source
    settings: Settings
    nodes: Annotated[list[Node], Meta(max_length=MAX_NODES)]
    wires: Annotated[list[Wire], Meta(max_length=MAX_WIRES)] = []
    models: dict[Name, Model] = {}
    title: Text = ""
    about: Text = ""
    weights: Weights | None = None


# msgspec learns a type when it first meets it, and two threads that bring it the same new type at
# once crash the process. A decoder makes it learn: here, in the one thread that imports this.
for _kind_of_file in (Fragment, Project):
    msgspec.json.Decoder(_kind_of_file)
