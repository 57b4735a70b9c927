"""What the settings refuse in words, Keras refuses; and a scheduled model can be loaded again."""

import keras
import numpy as np
import pytest

from bnstudio.engine.callbacks import make_callbacks, stopped_early
from bnstudio.engine.objects import make_optimizer
from bnstudio.settings import (
    UNDIRECTED,
    Choice,
    EarlyStopping,
    ReduceLROnPlateau,
    Settings,
    check,
)

RATES = {
    "class_name": "PiecewiseConstantDecay",
    "config": {"boundaries": (2, 4), "values": (0.1, 0.01, 0.001)},
}
SCHEDULED = Choice("SGD", {"learning_rate": RATES})
X, Y = np.ones((8, 2), "float32"), np.array([0, 1] * 4)


def fit(settings, **options):
    """A few epochs of a tiny model under these settings."""
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")])
    model.compile(
        make_optimizer(settings.optimizer), "binary_crossentropy", metrics=list(settings.metrics)
    )
    model.fit(X, Y, epochs=3, verbose=0, callbacks=make_callbacks(settings), **options)
    return model


STUCK = ReduceLROnPlateau("loss", patience=0, min_delta=10.0)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (Settings(SCHEDULED, reduce_lr=STUCK), TypeError),
        (Settings(Choice("SGD", {"clipnorm": 1.0, "clipvalue": 1.0})), ValueError),
        (Settings(Choice("SGD", {"clipnorm": 1.0, "global_clipnorm": 1.0})), ValueError),
        (Settings(reduce_lr=ReduceLROnPlateau(UNDIRECTED[0]), metrics=UNDIRECTED), ValueError),
        (Settings(early_stopping=EarlyStopping(UNDIRECTED[0]), metrics=UNDIRECTED), ValueError),
        (Settings(reduce_lr=ReduceLROnPlateau("nothing")), ValueError),
    ],
)
def test_what_is_refused_in_words_keras_refuses(settings, error):
    assert check(settings)
    with pytest.raises(error):
        fit(settings)


def test_without_validation_rows_keras_only_warns():
    settings = Settings(reduce_lr=ReduceLROnPlateau(), validation_split=0.0)
    assert list(check(settings))
    with pytest.warns(UserWarning, match="which is not available"):
        fit(settings)


def test_a_mode_says_what_keras_cannot_tell():
    settings = Settings(reduce_lr=ReduceLROnPlateau(UNDIRECTED[0], mode="max"), metrics=UNDIRECTED)
    assert check(settings) == []
    fit(settings)


def test_only_early_stopping_stops():
    both = make_callbacks(Settings(reduce_lr=STUCK, early_stopping=EarlyStopping("loss")))
    assert [type(callback).__name__ for callback in both] == ["EarlyStopping", "ReduceLROnPlateau"]
    assert not stopped_early(both)
    both[0].stopped_epoch = 3
    assert stopped_early(both)
    assert make_callbacks(Settings()) == []


def test_a_model_that_followed_a_schedule_is_loaded_with_it(tmp_path):
    model = fit(Settings(SCHEDULED))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert float(loaded.optimizer.learning_rate) == pytest.approx(0.01)
