"""The weights of an opened model: those that Keras reads from the same file, layer by layer."""

import pytest

from bnstudio import importers
from bnstudio.project import dumps
from tests.importers import models

MODULE = models.__name__
QUICK = (models.sequential, models.shared, models.wrapped, models.nested)
REST = tuple(make for make in (*models.SOUND, *models.WRAPPED, *models.KEPT) if make not in QUICK)


def check(keras, saved, tmp_path, name):
    taken = []
    for kind in (".keras", ".h5"):
        path, told = saved / f"{name}{kind}", []
        imported = importers.load(path)
        target = tmp_path / f"net{kind}.weights"
        found = imported.weights.take(target, lambda *done, told=told: told.append(done))
        assert found.notes == ()
        assert found.weights.origin == path.name
        assert told[0][0] == 0
        assert told[-1][0] == told[-1][1] > 0
        taken.append(str(target))
    whole = saved / f"{name}.keras"
    text = dumps(importers.load(whole).project)
    assert keras.ask(f"{MODULE}:kept_weights", str(whole), text, taken) == []


@pytest.mark.engine
@pytest.mark.parametrize("make", QUICK)
def test_weights_are_those_that_keras_reads(keras, saved, tmp_path, make):
    check(keras, saved, tmp_path, make.__name__)


@pytest.mark.deep
@pytest.mark.engine
@pytest.mark.parametrize("make", REST)
def test_weights_of_every_model_are_those_that_keras_reads(keras, saved, tmp_path, make):
    check(keras, saved, tmp_path, make.__name__)
