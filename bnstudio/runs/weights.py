"""The weights that a run has left for the model that is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bnstudio import project as projects
from bnstudio.analysis import analyze
from bnstudio.plan import Tensor, plan
from bnstudio.training.checkpoint import BEST, LAST, CheckpointError, read_head

if TYPE_CHECKING:
    from bnstudio.graph import Graph
    from bnstudio.plan import Plan
    from bnstudio.project import Project
    from bnstudio.runs.run import Run
    from bnstudio.runs.store import RunStore
    from bnstudio.weights import Weights

Moment = Literal["end", "best", "last", "first"]


@dataclass(frozen=True)
class WeightsChoice:
    """Weights that a model may be given.

    Attributes:
        title: What they are, for people.
        moment: When in the run: at its end, at the end of its best or of its last whole epoch; or
            before any run.
        path: The file that has them; empty for those that the project's seed draws.
    """

    title: str
    moment: Moment
    path: str = ""


_CHECKPOINTS: tuple[tuple[str, Moment, str], ...] = (
    (BEST, "best", "best"), (LAST, "last", "last whole"),
)  # fmt: skip

FRESH = WeightsChoice("New ones, as the seed draws them", "first")


def of_project(held: Weights) -> WeightsChoice:
    """Those that a project begins with, from the file beside it."""
    return WeightsChoice(f"Those of {held.origin or 'the project'}", "first", str(held.path))


def weights_of(store: RunStore, run: Run, project: Project) -> list[WeightsChoice]:
    """What a run has left, the most likely one first; none where its model is not the project's."""
    try:
        trained = run.project or projects.loads(run.text)
    except projects.ProjectError:
        return []
    if run.live or not _same_model(trained.graph, project.graph):
        return []
    found = []
    if run.model and Path(run.model).is_file():
        found.append(WeightsChoice(f"{run.title}, as it ended", "end", run.model))
    for name, moment, which in _CHECKPOINTS:
        path = store.checkpoint(run, name)
        if path is None or not path.is_file():
            continue
        try:
            epoch = read_head(path).epochs
        except CheckpointError:
            continue
        title = f"{run.title}, at the end of its {which} epoch ({epoch})"
        found.append(WeightsChoice(title, moment, str(path)))
    return found


def _same_model(one: Graph, other: Graph) -> bool:
    """Whether two drawings are the same calls of layers of the same names."""
    return one is other or _calls(plan(analyze(one))) == _calls(plan(analyze(other)))


def _calls(calls: Plan) -> object:
    """The calls of a model and of those in it, without the ids of nodes."""
    number = {call.node: place for place, call in enumerate(calls.calls)}

    def place(tensor: Tensor) -> tuple[int, int]:
        return number[tensor.node], tensor.port

    return (
        [
            (
                call.type,
                call.name,
                call.params,
                [place(tensor) for tensor in call.inputs],
                number.get(call.reuses or ""),
                call.options,
                _calls(call.inside) if call.inside else None,
            )
            for call in calls.calls
        ],
        [number[id] for id in calls.inputs],
        [place(tensor) for tensor in calls.outputs],
    )
