"""A layer that the installed Keras has and the catalogue lacks is drawn and trained."""

import pytest

from bnstudio import extensions
from bnstudio import project as projects
from bnstudio.data import Source
from bnstudio.exporters import keras_script
from bnstudio.layers import LAYERS, foreign
from bnstudio.layers.foreign import KERAS, NEWER
from bnstudio.project import Project
from bnstudio.settings import Settings
from bnstudio.training import client
from bnstudio.training.client import Client
from bnstudio.training.examine import describe_all, settle
from bnstudio.training.messages import Failed, Finished, Train
from tests.engine.projects import chain
from tests.extensions.package import at_hand

pytestmark = [pytest.mark.engine, pytest.mark.deep]
SHINY = f"{KERAS}:Shiny"


@pytest.fixture
def newer(warm, tmp_path, monkeypatch):
    with at_hand(tmp_path / "site"):
        start = "tests.extensions.newer_keras"
        monkeypatch.setattr(client, "_spawn", lambda: warm.start(start, group=0))
        yield


def test_a_layer_of_a_newer_keras_is_a_node(newer):
    with Client() as engine:
        while engine.ready is None:
            engine.wait(60)
        assert engine.ready.beyond == (SHINY,)
        describe_all(engine.ready.beyond)
        extensions.put_in_place()
        entry = LAYERS[SHINY]
        assert (entry.category, entry.params[0].default) == (NEWER, 1.0)
        last = ("Dense", {"units": 2, "activation": "softmax"})
        graph = chain(("Input", {"shape": (30,)}), (SHINY, {"amount": 0.5}), last)
        assert settle(graph).shape("shiny") == (None, 30)
        project = Project(graph, Source("breast_cancer"), Settings(epochs=1, batch_size=128))
        assert "layers.Shiny(amount=0.5" in keras_script.render(project).text
        engine.send(Train("run", projects.dumps(project), probe_seconds=0))
        events = []
        while not events or not isinstance(events[-1], Finished | Failed):
            events += engine.wait(60)
    assert isinstance(events[-1], Finished), events[-1]
    foreign.register(foreign.Registered())
