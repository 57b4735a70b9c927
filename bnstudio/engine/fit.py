"""One training run: data, model, ``compile`` and ``fit`` in the exported script's own order."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bnstudio.engine.bad import Bad, first_bad
from bnstudio.engine.callbacks import make_callbacks, stopped_early
from bnstudio.engine.checkpoints import open_checkpoint
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import JobError, explain
from bnstudio.engine.kept import keep
from bnstudio.engine.recorder import Diverged, Recorder
from bnstudio.engine.setup import prepare, set_up
from bnstudio.engine.weights import open_side_file, put
from bnstudio.training.messages import Finished, Noted

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.data import Prepared
    from bnstudio.engine.builder import Built
    from bnstudio.engine.setup import Setup
    from bnstudio.project import Project
    from bnstudio.training.checkpoint import Checkpoint
    from bnstudio.training.messages import Event


@dataclass(frozen=True)
class Job:
    """What is to be trained and how it is watched; the fields are those of ``Train``."""

    run: str
    project: Project
    probe_seconds: float = 0.08
    keep: str = ""
    checkpoint: str = ""
    weights: str = ""


def run_job(
    job: Job,
    send: Callable[[Event], None],
    control: Control,
    begin_with: Callable[[Project, Prepared], Setup] = set_up,
) -> Finished:
    """Trains a project's model, tells of it through ``send``, and returns how it ended.

    ``begin_with`` sets it up, or has done so before.

    Raises:
        JobError: If it cannot be trained; the message is for people.
        Stopped: If the user stopped it before it began.
    """
    prepared = prepare(job.project)
    begin = open_checkpoint(job.checkpoint)
    epochs = job.project.settings.epochs
    if begin and begin.head.epochs > epochs:
        raise JobError(
            f"There is nothing left to train: {begin.head.epochs} epochs are done, and {epochs} "
            "are asked for. Ask for more."
        )
    control.hold()
    return train(job, begin_with(job.project, prepared), send, control, begin)


def train(
    job: Job,
    setup: Setup,
    send: Callable[[Event], None],
    control: Control,
    begin: Checkpoint | None = None,
) -> Finished:
    """Does what ``run_job`` does with a model that is set up."""
    project, built = job.project, setup.built
    if job.weights and begin is None:
        for said in put(built, project.graph, open_side_file(job.weights)):
            send(Noted(job.run, said))
    recorder = Recorder(job, setup, send, control, begin)
    callbacks = make_callbacks(project.settings)
    reason: Literal["completed", "stopped", "early", "diverged"] = "completed"
    bad, message = None, ""
    try:
        recorder.fit([*callbacks, recorder])
        if stopped_early(callbacks):
            reason = "early"
    except Stopped:
        reason = "stopped"
        built.model.optimizer.finalize_variable_values(built.model.trainable_weights)
    except Diverged as diverged:
        reason = "diverged"
        bad = first_bad(built, diverged.batches) or Bad(setup.plan.outputs[0].node, "loss")
        message = _remedy(diverged.message, bad, project, built)
    except JobError:
        raise
    except Exception as error:
        raise explain(error, setup.plan, project.settings.batch_size) from error
    recorder.end(waited_for=reason == "stopped")
    path = keep(built.model, Path(job.keep)) if job.keep else ""
    return Finished(
        job.run,
        reason,
        recorder.epochs_done,
        recorder.elapsed,
        bad.node if bad else "",
        message,
        path,
        bad.tensor if bad else "",
    )


def _remedy(seen: str, bad: Bad, project: Project, built: Built) -> str:
    name = project.graph.nodes[bad.node].name
    where = f"The first layer to go bad is {name!r}: {bad}."
    if bad.tensor == "loss":
        where = f"All that the model computes is finite, but not the loss of the output {name!r}."
    advice = ["lower the learning rate"]
    with contextlib.suppress(AttributeError, TypeError, ValueError):  # not every one has a rate
        advice[0] += f" (it is {float(built.model.optimizer.learning_rate):g})"
    if project.source.scaling == "none":
        advice.append("scale the features")
    if not {"clipnorm", "clipvalue", "global_clipnorm"} & set(project.settings.optimizer.params):
        advice.append("set the optimizer's clipnorm to 1")
    return f"{seen} {where} What may help: {', or '.join(advice)}."
