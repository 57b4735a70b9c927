"""A run begins with the weights of the project, as the script does that loads them."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.engine.builder import build
from bnstudio.engine.control import Control
from bnstudio.engine.errors import JobError
from bnstudio.engine.fit import Job, run_job
from bnstudio.engine.weights import arrays, put
from bnstudio.exporters.keras_script import UNNAMED, render
from bnstudio.graph import rename, set_params, with_level
from bnstudio.importers import group
from bnstudio.plan import plan
from bnstudio.project import InitialWeights, Project
from bnstudio.runs.handing_on import hand_on
from bnstudio.settings import Settings
from bnstudio.training.checkpoint import LAST
from bnstudio.training.messages import Epoch, Noted
from bnstudio.weights import match, place, write
from tests.engine.projects import chain

GRAPH = chain(
    ("Input", {"shape": (2,)}),
    "Normalization",
    ("Dense", {"units": 4, "activation": "tanh"}),
    "BatchNormalization",
    ("Dropout", {"rate": 0.5}),
    ("Dense", {"units": 3}),
    ("Dense", {"units": 2, "activation": "softmax"}),
)
SETTINGS = Settings(epochs=2, batch_size=64, seed=4)
FIRST, CHANGED, FINAL = [id for id in GRAPH.nodes if id.startswith("dense")]


def built(graph, seed):
    keras.utils.set_random_seed(seed)
    return build(plan(analyze(graph)))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Weights of that graph that no seed gives."""
    made = built(GRAPH, 1)
    for weight in made.model.weights:
        weight.assign(np.random.default_rng(5).uniform(1.2, 1.7, weight.shape))
    path = tmp_path_factory.mktemp("weights") / "net.weights"
    return write(path, arrays(made, GRAPH), "model.keras")


def project_of(weights, graph=GRAPH):
    begin = InitialWeights(weights.fingerprint, weights.origin)
    return Project(graph, Source("xor"), SETTINGS, weights=begin)


def epochs(project, **job):
    events = []
    run_job(Job("r", project, probe_seconds=0, **job), events.append, Control())
    losses = [event.logs["loss"] for event in events if isinstance(event, Epoch)]
    return losses, [event.message for event in events if isinstance(event, Noted)]


def test_weights_are_put_as_they_were_taken(weights):
    fresh = built(GRAPH, 2)
    assert put(fresh, GRAPH, weights) == []
    for weight in fresh.model.weights:
        expected = np.random.default_rng(5).uniform(1.2, 1.7, weight.shape).astype(weight.dtype)
        assert np.array_equal(weight.numpy(), expected)
    assert match(analyze(GRAPH), weights.layers).fitting.keys() == weights.layers.keys()


def losses_of_script(project, folder):
    """What the script learns, if it lies in that folder; the working directory is another."""
    keras.backend.clear_session()
    names = {"__name__": "script", "__file__": str(folder / "net.py")}
    exec(compile(render(project).text, "<script>", "exec"), names)
    return names["main"]()["loss"]


def test_a_run_and_a_script_that_begin_with_weights_learn_the_same(weights, tmp_path):
    # One layer has another shape, and so another one after it: they begin as the seed draws them.
    graph = set_params(GRAPH, [CHANGED], {"units": 5})
    project = project_of(weights, graph)
    losses, said = epochs(project, weights=str(weights.path), keep=str(tmp_path))
    assert said == [
        "These layers begin with new weights, for those of model.keras have other shapes: "
        f"{GRAPH.nodes[CHANGED].name}, {GRAPH.nodes[FINAL].name}."
    ]
    assert losses != epochs(project)[0]
    again = built(graph, SETTINGS.seed)
    put(again, graph, weights)
    again.model.save_weights(tmp_path / UNNAMED)
    assert losses_of_script(project, tmp_path) == losses
    # What it has learned can be begun with in turn.
    handed_on, left_out = hand_on(
        tmp_path / LAST, graph, tmp_path / "learned.weights", "Run 1, last epoch"
    )
    assert left_out == ()
    learned = keras.models.load_model(tmp_path / "model.keras", compile=False)
    for id in handed_on.layers:
        theirs = learned.get_layer(graph.nodes[id].name).get_weights()
        for one, two in zip(handed_on.read(id), theirs, strict=True):
            assert np.array_equal(one.values, two)
    assert len(handed_on.layers) == 5


def test_layers_in_models_begin_with_weights_and_hand_theirs_on(weights, tmp_path):
    _, *rest, _ = GRAPH.nodes
    graph, inner = group(analyze(GRAPH), rest[1:3])
    graph, outer = group(analyze(graph), [rest[0], inner])
    graph, other = group(analyze(graph), rest[3:])
    # Names need only be different within a model.
    inside = rename(graph.nodes[other].inside, rest[4], GRAPH.nodes[rest[1]].name)
    graph = with_level(graph, (other,), inside)
    moved = {rest[0]: f"{outer}/{rest[0]}"}
    moved |= {id: f"{outer}/{inner}/{id}" for id in rest[1:3]}
    moved |= {id: f"{other}/{id}" for id in rest[3:]}
    begin = place.follow(weights, moved, tmp_path)
    short = replace(SETTINGS, epochs=1)
    project = replace(project_of(begin, graph), settings=short)
    losses, said = epochs(project, weights=str(begin.path), keep=str(tmp_path))
    assert said == []
    # Which models they are in changes nothing of what they compute.
    flat = replace(project_of(weights), settings=short)
    assert losses == epochs(flat, weights=str(weights.path))[0]
    again = built(graph, SETTINGS.seed)
    put(again, graph, begin)
    again.model.save_weights(tmp_path / UNNAMED)
    assert losses_of_script(project, tmp_path) == losses
    handed_on, left_out = hand_on(tmp_path / LAST, graph, tmp_path / "learned.weights", "Run 1")
    assert left_out == ()
    assert handed_on.layers.keys() == begin.layers.keys()
    made = built(graph, 3)
    put(made, graph, handed_on)
    learned = keras.models.load_model(tmp_path / "model.keras", compile=False)
    rows = np.random.default_rng(1).normal(size=(4, 2)).astype("f4")
    assert np.array_equal(made.model(rows), learned(rows))


def test_weights_that_are_gone_are_an_error_in_words(weights, tmp_path):
    with pytest.raises(JobError, match="with the project's weights"):
        epochs(project_of(weights), weights=str(tmp_path / "gone.weights"))
