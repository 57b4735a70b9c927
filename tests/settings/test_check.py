"""Settings that cannot be used are refused in words."""

from dataclasses import replace

import pytest

from bnstudio.settings import Choice, EarlyStopping, Settings, check, problems

GOOD = Settings()


def test_the_defaults_can_be_used():
    assert check(GOOD) == []
    assert check(replace(GOOD, early_stopping=EarlyStopping())) == []


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
    ],
)
def test_what_is_wrong_is_said_where_it_is(changes, place, words):
    found = problems(replace(GOOD, **changes))
    assert list(found) == [place]
    assert words in found[place]
    assert check(replace(GOOD, **changes)) == [f"{place}: {found[place]}"]
