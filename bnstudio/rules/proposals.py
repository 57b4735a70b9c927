"""Sensible settings for the data and the drawing at hand, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bnstudio.data.prepare import split_rows
from bnstudio.rules.loss import BINARY, CATEGORICAL, SPARSE
from bnstudio.settings import Choice, EarlyStopping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.data import DataFacts
    from bnstudio.project import Project
    from bnstudio.rules.diagnostics import Case

TITLES = {
    "source.targets": "Targets",
    "settings.optimizer": "Optimizer",
    "settings.loss": "Loss",
    "settings.metrics": "Metrics",
    "settings.batch_size": "Batch size",
    "settings.epochs": "Epochs",
    "settings.validation_split": "Validation split",
    "settings.early_stopping": "Early stopping",
}
"""The fields that are proposed, in the order in which they are, and what people call them."""

STEPS = 2000
"""About how many steps a first run should take: enough to see a curve, over in seconds."""


@dataclass(frozen=True)
class Proposal:
    """A value for one field of the project, and why.

    Attributes:
        field: Where it goes, such as ``settings.loss`` or ``source.targets``.
        value: What to put there.
        reason: One sentence for people.
    """

    field: str
    value: object
    reason: str

    @property
    def title(self) -> str:
        """What people call the field."""
        return TITLES[self.field]

    def current(self, project: Project) -> object:
        """What the project has in that place."""
        part, name = self.field.split(".")
        found: object = getattr(getattr(project, part), name)
        return found

    def changes(self, project: Project) -> bool:
        """Whether the project has something else there."""
        return self.current(project) != self.value

    def apply(self, project: Project) -> Project:
        """The project with the proposed value."""
        part, name = self.field.split(".")
        changed: Any = replace(getattr(project, part), **{name: self.value})
        return replace(project, **{part: changed})


def propose(case: Case) -> tuple[Proposal, ...]:
    """Settings that suit the data and the end of the model; they go together.

    Empty where nothing is known of the data.
    """
    if case.data is None:
        return ()
    found = [*_loss(case, case.data), *_schedule(case, case.data)]
    order = list(TITLES)
    return tuple(sorted(found, key=lambda proposal: order.index(proposal.field)))


def apply_all(project: Project, proposals: tuple[Proposal, ...]) -> Project:
    """The project with all of these applied."""
    for proposal in proposals:
        project = proposal.apply(project)
    return project


def _loss(case: Case, data: DataFacts) -> Iterator[Proposal]:
    """Loss, encoding and metrics, which only make sense together."""
    head = case.head
    activation = head.activation if head else None
    units = head.units if head else None
    if data.task == "regression":
        yield Proposal(
            "settings.loss",
            Choice("MeanSquaredError"),
            "The target is a quantity: the mean squared error is the usual measure of a miss.",
        )
        yield Proposal(
            "settings.metrics",
            ("mean_absolute_error",),
            "The mean absolute error is in the unit of the target, so it can be read.",
        )
        return
    logits = activation == "linear"
    tail = " The last layer has no activation, so the loss applies it." if logits else ""
    params = {"from_logits": True} if logits else {}
    if units == 1:
        yield Proposal(
            "settings.loss",
            Choice(BINARY, params),
            "One output answers yes or no: binary cross-entropy." + tail,
        )
        yield Proposal("source.targets", "integer", "One output needs one label per row, 0 or 1.")
        yield Proposal(
            "settings.metrics",
            ("accuracy",),
            "The share of rows on the right side.",
        )
        return
    if activation == "sigmoid":
        yield Proposal(
            "settings.loss",
            Choice(BINARY),
            "Sigmoid outputs answer each class apart: binary cross-entropy of each.",
        )
        yield Proposal(
            "source.targets", "one_hot", "Each sigmoid output needs a 0 or 1 of its own."
        )
        yield Proposal(
            "settings.metrics",
            ("categorical_accuracy",),
            "The share of rows whose most likely class is the right one.",
        )
        return
    one_hot = data.targets == "one_hot"
    yield Proposal(
        "source.targets",
        "one_hot" if one_hot else "integer",
        "One-hot rows are what categorical cross-entropy compares with."
        if one_hot
        else "A class number a row is the least there is to keep.",
    )
    yield Proposal(
        "settings.loss",
        Choice(CATEGORICAL if one_hot else SPARSE, params),
        f"{data.classes} classes that exclude one another, "
        f"{'one-hot' if one_hot else 'given as numbers'}.{tail}",
    )
    yield Proposal(
        "settings.metrics", ("accuracy",), "The share of rows whose class is predicted right."
    )


def _schedule(case: Case, data: DataFacts) -> Iterator[Proposal]:
    """How many rows are held out, how many a step takes, how long, and when to stop."""
    rows = max(data.rows, 1)
    split = 0.1 if rows >= 10_000 else 0.2
    yield Proposal(
        "settings.validation_split",
        split,
        f"{split:.0%} of {rows} rows are {split_rows(rows, split)[1]}: enough to judge by.",
    )
    training = max(split_rows(rows, split)[0], 1)
    size = _batch_size(case, training)
    yield Proposal(
        "settings.batch_size",
        size,
        f"{training} training rows make {-(-training // size)} steps an epoch"
        + (
            "; batch normalization wants at least 16 rows a batch."
            if case.by_type.get("BatchNormalization")
            else "."
        ),
    )
    steps = -(-training // size)
    epochs = min(100, max(10, 10 * round(STEPS / steps / 10)))
    yield Proposal(
        "settings.epochs",
        epochs,
        f"About {epochs * steps:,} steps: enough to see where the curves go.",
    )
    patience = max(5, epochs // 10)
    yield Proposal(
        "settings.early_stopping",
        EarlyStopping(patience=patience),
        f"Stops when the validation loss has not improved for {patience} epochs, and keeps the "
        "best weights.",
    )
    yield Proposal(
        "settings.optimizer",
        Choice("Adam"),
        "Adam at its default rate of 0.001 works for most networks without tuning.",
    )


def _batch_size(case: Case, rows: int) -> int:
    """A power of two that gives some thirty steps an epoch, from 16 to 256."""
    size = 16
    while size < 256 and rows / (2 * size) >= 30:
        size *= 2
    least = 16 if case.by_type.get("BatchNormalization") else 8
    while size > least and rows / size < 4:
        size //= 2
    return size
