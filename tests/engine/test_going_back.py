"""A run that early stopping ended is trained on, and one goes back to its best epoch."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from bnstudio.engine.control import Control
from bnstudio.engine.fit import Job, run_job
from bnstudio.settings import EarlyStopping
from bnstudio.training.checkpoint import BEST, LAST, copy, read
from bnstudio.training.messages import Epoch, Started
from tests.engine.projects import PROJECTS

# Nothing improves by so much: the first epoch is the best.
NEVER = EarlyStopping("val_loss", 10.0, 2, restore_best_weights=False)


def project(epochs, **settings):
    nested = PROJECTS["nested"]
    return replace(nested, settings=replace(nested.settings, epochs=epochs, **settings))


def train(project, folder, checkpoint=""):
    events = []
    job = Job("r", project, probe_seconds=0, keep=str(folder), checkpoint=str(checkpoint))
    ended = run_job(job, events.append, Control())
    kept = keras.models.load_model(ended.model, compile=False)
    return events, ended, [variable.numpy() for variable in kept.variables]


def same(variables, path):
    """Whether a model that was saved has what a checkpoint holds of it, seeds aside."""
    arrays = read(path).arrays
    for place, variable in enumerate(variables):
        if variable.dtype == np.float32:
            np.testing.assert_array_equal(variable, arrays[f"variables/{place}"])


def epochs(events):
    return [event.epoch + 1 for event in events if isinstance(event, Epoch)]


@pytest.fixture(scope="module")
def early(tmp_path_factory):
    """The folder of a run that early stopping has ended after three epochs, and what it told."""
    folder = tmp_path_factory.mktemp("early")
    events, ended, _ = train(project(9, early_stopping=NEVER), folder)
    assert (ended.reason, epochs(events)) == ("early", [1, 2, 3])
    return folder, events


def logs(events):
    return [event.logs for event in events if isinstance(event, Epoch)]


def test_from_its_best_epoch_it_goes_on_as_the_unbroken_run_did(early, tmp_path):
    early, whole = early
    copy(early / BEST, tmp_path / LAST)
    again = project(9, early_stopping=NEVER)
    rest, ended, weights = train(again, tmp_path, tmp_path / LAST)
    assert (ended.reason, logs(rest)) == ("early", logs(whole)[1:])
    same(weights, early / LAST)


def test_early_stopping_has_its_patience_anew(early, tmp_path):
    early, _ = early
    events, ended, _ = train(project(4, early_stopping=NEVER), tmp_path, early / LAST)
    assert (ended.reason, epochs(events)) == ("completed", [4])
    events, ended, _ = train(project(9, early_stopping=NEVER), tmp_path, early / LAST)
    assert (ended.reason, epochs(events)) == ("early", [4, 5]), "the best is still the first epoch"


def test_the_best_epoch_has_its_weights_back_and_none_is_trained(early, tmp_path):
    early, _ = early
    copy(early / BEST, tmp_path / LAST)
    events, ended, weights = train(project(1, early_stopping=NEVER), tmp_path, tmp_path / LAST)
    assert (ended.reason, ended.epochs, epochs(events)) == ("completed", 1, [])
    (started,) = [event for event in events if isinstance(event, Started)]
    assert started.epochs_done == 1
    same(weights, early / BEST)
