"""All that comes before the first step: rows, model, ``compile``, and a step to be repeated.

In the exported script's own order. What is random is drawn from the project's seed, so whoever
sets it up, and whenever, gets the same model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import DataError
from bnstudio.engine.builder import build
from bnstudio.engine.errors import JobError, explain, say
from bnstudio.engine.execution import Execution, training_step
from bnstudio.engine.objects import make_loss, make_optimizer
from bnstudio.engine.watch import Watch
from bnstudio.plan import plan
from bnstudio.settings import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from bnstudio.data import Prepared
    from bnstudio.engine.builder import Built
    from bnstudio.plan import Plan
    from bnstudio.project import Project


@dataclass(frozen=True)
class Setup:
    """A model that can be trained at once.

    Attributes:
        project: What was set up.
        prepared: The rows.
        plan: What the model was built from.
        built: The model, compiled and with all its variables, and what in it comes from where.
        watch: Sees the loss of each training step.
        execution: The training steps; nothing is traced before the first of them.
    """

    project: Project
    prepared: Prepared
    plan: Plan
    built: Built
    watch: Watch
    execution: Execution


def prepare(project: Project) -> Prepared:
    """The project's rows, as they are fed.

    Raises:
        JobError: If the settings cannot be used or the source gives no rows.
    """
    settings = project.settings
    if problems := check(settings):
        raise JobError("The training settings cannot be used. " + " ".join(problems))
    try:
        return data.prepare(project.source, settings.seed, settings.validation_split)
    except DataError as error:
        raise JobError(str(error)) from error
    except (ValueError, MemoryError) as error:
        raise JobError(f"The data could not be prepared: {say(error)}") from error


def set_up(project: Project, prepared: Prepared, heed: Callable[[], None] = lambda: None) -> Setup:
    """Builds and compiles the project's model; ``heed`` is called between two parts of that.

    From here to the end of ``fit`` every random number is drawn as the exported script draws it.

    Raises:
        JobError: If Keras refuses it; the message is for people.
    """
    # Without looking for garbage, which takes a fifth of a second: the run before has done that.
    keras.backend.clear_session(free_memory=False)
    settings = project.settings
    keras.utils.set_random_seed(settings.seed)
    calls = plan(analyze(project.graph))
    built = build(calls)
    heed()
    compile_model(built, project)
    model, batch = built.model, settings.batch_size
    watch = Watch(model)
    rows: tuple[NDArray[Any], ...] = (prepared.x_train, prepared.y_train)
    weights = data.row_weights(settings.class_weight, prepared.y_train)
    rows += () if weights is None else (weights,)
    try:
        # What ``fit`` builds by a first look at the data, which are not what it is given here.
        model._symbolic_build(data_batch=tuple(part[:batch] for part in rows))
        changed = [*model.variables, *model.optimizer.variables]
        step = training_step(model, watch)
        execution = Execution(step, rows, batch, model.jit_compile, changed)
    except Exception as error:
        raise explain(error, calls, batch) from error
    heed()
    return Setup(project, prepared, calls, built, watch, execution)


def compile_model(built: Built, project: Project) -> None:
    """Compiles the model as the project's settings say.

    Raises:
        JobError: If Keras refuses the settings, or the model is none for such rows.
    """
    settings = project.settings
    if len(built.model.inputs) != 1 or len(built.model.outputs) != 1:
        raise JobError(
            f"The model has {len(built.model.inputs)} inputs and {len(built.model.outputs)} "
            "outputs; the data has one of each. Join or remove the others."
        )
    try:
        built.model.compile(
            optimizer=make_optimizer(settings.optimizer),
            loss=make_loss(settings.loss),
            metrics=list(settings.metrics),
        )
    except Exception as error:
        raise JobError(f"Keras does not accept the training settings: {say(error)}") from error
