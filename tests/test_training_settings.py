"""Schedules, callbacks, clipping and class weights: the script prints the numbers of the run."""

from dataclasses import replace

import numpy as np
import pytest

from bnstudio import data
from bnstudio.data import Source
from bnstudio.exporters.keras_script import render
from bnstudio.project import Project
from bnstudio.settings import (
    Choice,
    EarlyStopping,
    LearningRate,
    ReduceLROnPlateau,
    Settings,
    check,
)
from bnstudio.training.client import Client
from tests.engine.projects import chain
from tests.test_samples import PATIENCE, in_one_python, same, train

BATCH, ROWS, EPOCHS = 32, 142, 4
DROPPED = ("Dense", {"units": 8, "activation": "relu"}), ("Dropout", {"rate": 0.3})
GROWERS = chain(
    ("Input", {"shape": (13,)}), *DROPPED, ("Dense", {"units": 3, "activation": "softmax"})
)
ANSWER = chain(
    ("Input", {"shape": (30,)}), *DROPPED, ("Dense", {"units": 1, "activation": "sigmoid"})
)
LABELS, ONE_HOT = Choice("SparseCategoricalCrossentropy"), Choice("CategoricalCrossentropy")
PLAIN = Project(
    GROWERS,
    Source("wine"),
    Settings(Choice("SGD"), LABELS, batch_size=BATCH, epochs=EPOCHS, seed=11),
)
BINARY = Project(
    ANSWER,
    Source("breast_cancer"),
    replace(PLAIN.settings, loss=Choice("BinaryCrossentropy"), batch_size=128),
)


def following(name, **config):
    rate = {"class_name": name, "config": config}
    return PLAIN, {"optimizer": Choice("SGD", {"learning_rate": rate})}


def one_hot(**changes):
    source = replace(PLAIN.source, targets="one_hot")
    return replace(PLAIN, source=source), {"loss": ONE_HOT, **changes}


START = {"initial_learning_rate": 0.5, "decay_steps": 8}
CUT = ReduceLROnPlateau("val_loss", factor=0.3, patience=1, min_delta=10.0)
ADAM = Choice("Adam", {"learning_rate": 0.05})
CASES = {
    "ExponentialDecay": following("ExponentialDecay", **START, decay_rate=0.2, staircase=True),
    "PiecewiseConstantDecay": following(
        "PiecewiseConstantDecay", boundaries=(4, 9), values=(0.5, 0.05, 0.0)
    ),
    "PolynomialDecay": following("PolynomialDecay", **START, power=2.0, cycle=True),
    "InverseTimeDecay": following("InverseTimeDecay", **START, decay_rate=3.0),
    "CosineDecay": following("CosineDecay", **START, warmup_target=0.8, warmup_steps=3),
    "CosineDecayRestarts": following(
        "CosineDecayRestarts", initial_learning_rate=0.5, first_decay_steps=3
    ),
    "a plateau": (PLAIN, {"optimizer": ADAM, "reduce_lr": CUT}),
    "a plateau with a floor": (
        PLAIN,
        {"reduce_lr": replace(CUT, monitor="loss", mode="min", cooldown=1, min_lr=0.004)},
    ),
    "a plateau and an early stop": (
        replace(PLAIN, settings=replace(PLAIN.settings, epochs=30)),
        {"reduce_lr": CUT, "early_stopping": EarlyStopping(min_delta=10.0, patience=3)},
    ),
    "no validation rows": (
        PLAIN,
        {
            "validation_split": 0.0,
            "reduce_lr": replace(CUT, monitor="loss"),
            "class_weight": "balanced",
        },
    ),
    "clipnorm": (PLAIN, {"optimizer": Choice("SGD", {"clipnorm": 0.1})}),
    "clipvalue": (PLAIN, {"optimizer": Choice("SGD", {"clipvalue": 0.01})}),
    "global_clipnorm": (PLAIN, {"optimizer": Choice("SGD", {"global_clipnorm": 0.1})}),
    "balanced": (PLAIN, {"class_weight": "balanced"}),
    "balanced, one-hot": one_hot(class_weight="balanced"),
    "balanced, binary": (BINARY, {"class_weight": "balanced"}),
    "balanced, values": (
        replace(BINARY, source=replace(BINARY.source, targets="value")),
        {"class_weight": "balanced"},
    ),
    "weights": (PLAIN, {"class_weight": (0.2, 3.0, 1.0)}),
    "weights, one-hot": one_hot(class_weight=(0.2, 3.0, 1.0)),
    "weights, binary": (BINARY, {"class_weight": (5.0, 0.5)}),
    "all of it": one_hot(
        optimizer=Choice("Adam", {"learning_rate": 0.05, "clipnorm": 0.5}),
        reduce_lr=CUT,
        early_stopping=EarlyStopping(),
        class_weight="balanced",
    ),
}
PROJECTS = {
    name: replace(project, settings=replace(project.settings, **changes))
    for name, (project, changes) in CASES.items()
}


@pytest.fixture(scope="module")
def runs():
    """The logs and the end of each run, from one engine."""
    with Client() as client:
        plain = {"plain": PLAIN, "plain, binary": BINARY}
        yield {name: train(client, project) for name, project in {**plain, **PROJECTS}.items()}


@pytest.mark.engine
@pytest.mark.timeout(4 * PATIENCE)
def test_the_script_of_each_setting_prints_the_numbers_of_the_run(runs, tmp_path):
    numbered = {f"{place}.py": project for place, project in enumerate(PROJECTS.values())}
    results = in_one_python(numbered, tmp_path).values()
    for name, result in zip(PROJECTS, results, strict=True):
        same(runs[name][0], result["history"])


@pytest.mark.engine
@pytest.mark.timeout(4 * PATIENCE)
def test_each_setting_changes_the_run(runs):
    for name, project in PROJECTS.items():
        plain = runs["plain, binary" if project.graph is ANSWER else "plain"][0]
        logs, end = runs[name]
        if project.settings.epochs == EPOCHS:
            assert end.reason == "completed"
            assert logs["loss"] != plain["loss"], name
        else:
            assert (end.reason, end.epochs) == ("early", 4)


@pytest.mark.engine
@pytest.mark.timeout(4 * PATIENCE)
def test_a_plateau_cuts_the_rate_and_the_run_tells_it(runs):
    assert runs["a plateau"][0]["learning_rate"] == pytest.approx([0.05, 0.05, 0.015, 0.0045])
    floor = runs["a plateau with a floor"][0]["learning_rate"]
    assert floor[-1] == pytest.approx(0.004)
    assert "learning_rate" not in runs["CosineDecay"][0]


def test_every_case_can_be_used_and_every_schedule_is_among_them():
    for name, project in PROJECTS.items():
        assert check(project.settings) == [], name
    assert {spec.name for spec in LearningRate.specs} <= set(PROJECTS)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("balanced")])
def test_balanced_weights_are_those_of_scikit_learn_and_of_the_scripts_lines(name):
    from sklearn.utils.class_weight import compute_class_weight

    project = PROJECTS[name]
    rows = data.prepare(project.source, 11, 0.2)
    given = data.class_weights("balanced", rows.y_train)
    labels = rows.y_train.argmax(axis=-1) if "one-hot" in name else rows.y_train.ravel()
    classes = np.unique(labels)
    expected = compute_class_weight("balanced", classes=classes, y=labels)
    assert list(given) == classes.tolist()
    np.testing.assert_allclose(list(given.values()), expected, rtol=1e-12)
    names = {"np": np, "y_train": rows.y_train}
    exec(data.class_weight_code(project.source, "balanced"), names)
    assert names["class_weight"] == given


def test_weights_that_are_given_stand_in_the_call():
    script = render(PROJECTS["weights"]).text
    assert "class_weight={0: 0.2, 1: 3.0, 2: 1.0}," in script
    assert "np." not in script
    assert data.class_weights((0.2, 3.0), np.zeros(3)) == {0: 0.2, 1: 3.0}
    assert data.class_weights(None, np.zeros(3)) is None
    assert "class_weight" not in render(PLAIN).text
