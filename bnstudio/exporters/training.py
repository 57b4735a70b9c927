"""The lines of a script that train its model: the weights it begins with, compile, and fit."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.exporters.constructors import arguments, is_class_name
from bnstudio.exporters.source import Bracket, comment, flat, lay, literal, named, text
from bnstudio.settings import CALLBACKS, LOSSES, OPTIMIZERS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bnstudio.exporters.source import Expression
    from bnstudio.layers.params import Spec
    from bnstudio.project import Project
    from bnstudio.settings import Choice, ClassWeight, EarlyStopping, Settings


def begun(project: Project, initial: Expression) -> list[str]:
    """What reads the weights that the model begins with, from the file that ``initial`` names."""
    begin = project.weights
    of = f" of {begin.origin}" if begin is not None and begin.origin else ""
    return [
        comment(f"It begins with the weights{of}, which lie beside it.", 4),
        *lay(Bracket("model.load_weights(", (initial,)), 4),
    ]


def compiled(settings: Settings) -> list[str]:
    """The call of ``compile``."""
    given = [
        named("optimizer", _object("optimizers", OPTIMIZERS, settings.optimizer)),
        named("loss", _object("losses", LOSSES, settings.loss)),
    ]
    if settings.metrics:
        given.append(Bracket("metrics=[", tuple(map(text, settings.metrics)), "]"))
    return lay(Bracket("model.compile(", tuple(given)), 4, spread=True)


def fitted(project: Project, remarks: Sequence[str]) -> list[str]:
    """The call of ``fit``, behind the remarks on it."""
    settings = project.settings
    balance = data.class_weight_code(project.source, settings.class_weight)
    given: list[str | Bracket] = ["x_train", "y_train", "batch_size=BATCH_SIZE", "epochs=EPOCHS"]
    if settings.validation_split > 0:
        given.append("validation_data=(x_val, y_val)")
    if callbacks := _callbacks(settings):
        given.append(Bracket("callbacks=[", callbacks, "]"))
    if settings.class_weight is not None:
        given.append(_class_weight(settings.class_weight))
    given.append("verbose=2")
    return [
        *(f"    {line}" for line in balance.splitlines()),
        *(comment(remark, 4) for remark in remarks),
        *lay(Bracket("model.fit(", tuple(given)), 4, "history = ", spread=True),
    ]


def _object(module: str, specs: Mapping[str, Spec], choice: Choice) -> Expression:
    """An optimizer or a loss; a name that can be no class is left for Keras to make out."""
    spec = specs.get(choice.name)
    if not is_class_name(choice.name):
        return text(choice.name)
    by_name = {param.name: param for param in spec.params} if spec else {}
    return Bracket(f"keras.{module}.{choice.name}(", tuple(arguments(by_name, choice.params)))


def _callbacks(settings: Settings) -> tuple[Bracket, ...]:
    found = []
    if settings.early_stopping is not None:
        found.append(_early_stopping(settings.early_stopping))
    if settings.reduce_lr is not None:
        by_name = {param.name: param for param in CALLBACKS["ReduceLROnPlateau"].params}
        given = tuple(arguments(by_name, asdict(settings.reduce_lr)))
        found.append(Bracket("keras.callbacks.ReduceLROnPlateau(", given))
    return tuple(found)


def _class_weight(weights: ClassWeight) -> Expression:
    if not isinstance(weights, tuple):
        return "class_weight=class_weight"
    items = (f"{label}: {flat(literal(weight))}" for label, weight in enumerate(weights))
    return Bracket("class_weight={", tuple(items), "}")


def _early_stopping(early: EarlyStopping) -> Bracket:
    items = [f"monitor={text(early.monitor)}"]
    if early.min_delta:
        items.append(f"min_delta={flat(literal(early.min_delta))}")
    items.append(f"patience={early.patience}")
    if early.restore_best_weights:
        items.append("restore_best_weights=True")
    return Bracket("keras.callbacks.EarlyStopping(", tuple(items))
