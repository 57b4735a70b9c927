"""Settings that cannot be used are refused in words."""

from dataclasses import replace

import pytest

from bnstudio.settings import (
    Choice,
    EarlyStopping,
    Measuring,
    ReduceLROnPlateau,
    Settings,
    check,
    problems,
)

GOOD = Settings()
COSINE = {
    "class_name": "CosineDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 100},
}
SCHEDULED = Choice("SGD", {"learning_rate": COSINE})


def test_the_defaults_can_be_used():
    assert check(GOOD) == []
    assert check(replace(GOOD, early_stopping=EarlyStopping())) == []
    assert check(replace(GOOD, reduce_lr=ReduceLROnPlateau(), class_weight="balanced")) == []
    assert check(replace(GOOD, optimizer=SCHEDULED, class_weight=(0.5, 2))) == []


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"optimizer": Choice("adam")}, "optimizer", "Did you mean 'Adam'"),
        ({"optimizer": Choice("Adam", {"lr": 0.1})}, "optimizer.lr", "no argument 'lr'"),
        (
            {"optimizer": Choice("Adam", {"learning_rate": -1.0})},
            "optimizer.learning_rate",
            "at least 0, got -1.0",
        ),
        (
            {"optimizer": Choice("Adam", {"learning_rate": 1})},
            "optimizer.learning_rate",
            "1.0 instead of 1",
        ),
        (
            {"optimizer": Choice("SGD", {"clipnorm": 1.0, "clipvalue": 1.0})},
            "optimizer.clipvalue",
            "Only one of",
        ),
        ({"loss": Choice("MSE")}, "loss", "no loss 'MSE'"),
        ({"loss": Choice("Huber", {"delta": 0})}, "loss.delta", "more than 0, got 0"),
        ({"metrics": ("acuracy",)}, "metrics", "Did you mean 'accuracy'"),
        ({"metrics": ("mae", "mae")}, "metrics", "twice"),
        ({"batch_size": 0}, "batch_size", "at least 1, got 0"),
        ({"batch_size": True}, "batch_size", "whole number, got True"),
        ({"epochs": 1.5}, "epochs", "whole number, got 1.5"),
        ({"seed": -1}, "seed", "at least 0, got -1"),
        ({"seed": 2**32}, "seed", "at most 4294967295"),
        ({"validation_split": 1.0}, "validation_split", "below 1, got 1.0"),
        ({"validation_split": float("nan")}, "validation_split", "got nan"),
        (
            {"validation_split": 0.0, "early_stopping": EarlyStopping()},
            "early_stopping.monitor",
            "validation split is 0",
        ),
        (
            {"early_stopping": EarlyStopping("val_auc")},
            "early_stopping.monitor",
            "there is loss, accuracy",
        ),
        ({"early_stopping": EarlyStopping(patience=-1)}, "early_stopping.patience", "at least 0"),
        (
            {"early_stopping": EarlyStopping(min_delta=-0.1)},
            "early_stopping.min_delta",
            "at least 0, got -0.1",
        ),
        (
            {"metrics": ("true_positives",), "early_stopping": EarlyStopping("true_positives")},
            "early_stopping.monitor",
            "rise or fall",
        ),
        (
            {"optimizer": Choice("SGD", {"learning_rate": {"class_name": "Cosine"}})},
            "optimizer.learning_rate",
            "a number or a schedule of Keras's",
        ),
        (
            {"optimizer": SCHEDULED, "reduce_lr": ReduceLROnPlateau()},
            "reduce_lr",
            "follows a schedule",
        ),
        ({"reduce_lr": ReduceLROnPlateau(factor=1.0)}, "reduce_lr.factor", "less than 1"),
        ({"reduce_lr": ReduceLROnPlateau(mode="up")}, "reduce_lr.mode", "'auto', 'min', 'max'"),
        ({"reduce_lr": ReduceLROnPlateau(patience=-1)}, "reduce_lr.patience", "at least 0"),
        ({"reduce_lr": ReduceLROnPlateau(cooldown=0.5)}, "reduce_lr.cooldown", "whole number"),
        ({"reduce_lr": ReduceLROnPlateau(min_lr=-1.0)}, "reduce_lr.min_lr", "at least 0"),
        (
            {"validation_split": 0.0, "reduce_lr": ReduceLROnPlateau()},
            "reduce_lr.monitor",
            "validation split is 0",
        ),
        ({"reduce_lr": ReduceLROnPlateau("auc")}, "reduce_lr.monitor", "there is loss, accuracy"),
        (
            {"metrics": ("true_positives",), "reduce_lr": ReduceLROnPlateau("val_true_positives")},
            "reduce_lr.mode",
            "min or max",
        ),
        ({"measuring": Measuring(budget=1.5)}, "measuring.budget", "from 0 to 1, got 1.5"),
        ({"measuring": Measuring(budget="all")}, "measuring.budget", "got 'all'"),
        ({"measuring": Measuring(rows=0)}, "measuring.rows", "at least 1"),
        ({"class_weight": "even"}, "class_weight", "'balanced' or a weight a class"),
        ({"class_weight": (1.0, -1.0)}, "class_weight", "at least 0, got -1.0"),
        ({"class_weight": (1.0, float("nan"))}, "class_weight", "got nan"),
        ({"class_weight": (0.0, 0.0)}, "class_weight", "nothing is learned"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(changes, place, words):
    found = problems(replace(GOOD, **changes))
    assert list(found) == [place]
    assert words in found[place]
    assert check(replace(GOOD, **changes)) == [f"{place}: {found[place]}"]
