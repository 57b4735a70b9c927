"""A model that was set up before anybody asked for it trains to the very same numbers."""

import random
from dataclasses import replace

import keras
import numpy as np
import pytest

from bnstudio.engine import ahead as module
from bnstudio.engine import setup
from bnstudio.engine.ahead import Ahead
from bnstudio.engine.control import Control
from bnstudio.engine.fit import Job, run_job
from bnstudio.project import dumps
from bnstudio.training.messages import Epoch, Steps
from tests.engine.projects import PROJECTS

SHORT = PROJECTS["batch_norm"]


def trained(project, folder, take=setup.set_up):
    """What a run says of its numbers, and the weights that it keeps."""
    events = []
    ended = run_job(Job("r", project, keep=str(folder)), events.append, Control(), take)
    kept = keras.models.load_model(ended.model, compile=False)
    said = [event.logs for event in events if isinstance(event, Epoch)]
    losses = [x for event in events if isinstance(event, Steps) for x in event.logs["loss"]]
    return said, losses, [np.asarray(weight).tobytes() for weight in kept.weights]


def made(project):
    ahead = Ahead()
    ahead.want(dumps(project))
    ahead.make()
    return ahead


@pytest.fixture
def counted(monkeypatch):
    """How often something is set up."""
    calls = []

    def set_up(*given):
        calls.append(given[0])
        return setup.set_up(*given)

    monkeypatch.setattr(module, "set_up", set_up)
    return calls


@pytest.mark.parametrize(
    "name",
    [
        "batch_norm",
        *(pytest.param(name, marks=pytest.mark.deep) for name in PROJECTS if name != "batch_norm"),
    ],
)
def test_a_run_of_it_is_the_run_that_it_would_have_been(name, tmp_path, counted):
    project = PROJECTS[name]
    fresh = trained(project, tmp_path)
    ahead = made(project)
    random.random(), np.random.rand()  # somebody draws meanwhile
    assert trained(project, tmp_path, ahead.take) == fresh
    assert len(counted) == 1
    assert ahead._kept is None, "it is used once"


def test_it_is_used_for_what_it_was_made_of_alone(counted, monkeypatch):
    ahead = made(SHORT)
    ahead.make()
    assert len(counted) == 1, "it is there"
    node = next(iter(SHORT.graph.nodes))
    nodes = {**SHORT.graph.nodes, node: replace(SHORT.graph.nodes[node], x=999.0)}
    moved = replace(SHORT, graph=replace(SHORT.graph, nodes=nodes))
    more = replace(SHORT, settings=replace(SHORT.settings, epochs=99))
    for same in (moved, more):
        rows = setup.prepare(same)
        kept = ahead._kept
        assert ahead.take(same, rows) is kept[0]
        ahead._kept = kept
    monkeypatch.setattr(module, "set_up", lambda project, rows: project)
    for other in (
        replace(SHORT, settings=replace(SHORT.settings, batch_size=32)),
        replace(SHORT, settings=replace(SHORT.settings, class_weight="balanced")),
        replace(SHORT, source=replace(SHORT.source, scaling="none")),
        replace(SHORT, settings=replace(SHORT.settings, seed=6)),
    ):
        ahead._kept = kept
        assert ahead.take(other, rows) is other
        assert ahead._kept is None
    ahead._kept = kept
    changed = replace(rows, x_train=rows.x_train + np.float32(1))
    assert ahead.take(SHORT, changed) is SHORT, "the rows are others"


def test_what_is_no_longer_wanted_is_given_up_and_what_fails_is_silent(counted, monkeypatch):
    ahead = Ahead()

    def prepare(project):
        ahead.want("")  # Train for another project has come
        return setup.prepare(project)

    monkeypatch.setattr(module, "prepare", prepare)
    ahead.want(dumps(SHORT))
    ahead.make()
    assert ahead._kept is None
    assert counted == []
    monkeypatch.setattr(module, "prepare", setup.prepare)
    unfit = replace(SHORT, source=replace(SHORT.source, targets="integer"))
    for text in ("not a project", "", dumps(unfit)):
        ahead.want(text)
        ahead.make()
        assert ahead._kept is None
