"""Whose weights a model may have: a run's, as long as the model is still the one it trained."""

from dataclasses import replace

import pytest

from bnstudio.graph import Graph, Node, Wire, move, rename, set_params
from bnstudio.project import dumps, samples
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.runs.weights import weights_of
from bnstudio.training.checkpoint import BEST, LAST, Checkpoint, head, write
from bnstudio.training.messages import Finished
from tests.ui.training.fakes import epoch

PROJECT = {sample.name: sample.project for sample in samples()}["xor"]
WIRE = Wire("i", 0, "d", 0)


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def run(store):
    """A run that is over, with a model and two checkpoints."""
    run = Run("r", "Run 1", dumps(PROJECT), number=1, state="running")
    recorder = store.begin(run)
    for name, epochs in ((BEST, 2), (LAST, 3)):
        told = tuple(epoch("r", number, number + 1, 1.0) for number in range(epochs))
        write(recorder.folder / name, Checkpoint(head(epochs, epochs, 1.0), told, {}))
    model = recorder.folder / "model.keras"
    model.write_bytes(b"a model")
    run.apply(Finished("r", "completed", 3, 1.0, model=str(model)))
    recorder.finish(run)
    return run


def changed(graph):
    return replace(PROJECT, graph=graph)


def test_a_run_has_left_its_end_its_best_and_its_last_epoch(store, run):
    found = weights_of(store, run, PROJECT)
    assert [weights.moment for weights in found] == ["end", "best", "last"]
    assert [weights.title for weights in found] == [
        "Run 1, as it ended",
        "Run 1, at the end of its best epoch (2)",
        "Run 1, at the end of its last whole epoch (3)",
    ]


def test_what_is_gone_or_damaged_is_not_offered(store, run):
    from pathlib import Path

    Path(run.model).unlink()
    store.checkpoint(run, BEST).write_bytes(b"no checkpoint")
    assert [weights.moment for weights in weights_of(store, run, PROJECT)] == ["last"]
    run.text = "no project"
    assert weights_of(store, run, PROJECT) == []


def test_another_model_is_given_none_of_its_weights(store, run):
    graph = PROJECT.graph
    dense = next(id for id, node in graph.nodes.items() if node.type == "Dense")
    assert weights_of(store, run, changed(move(graph, {dense: (500.0, 500.0)})))
    assert not weights_of(store, run, changed(set_params(graph, [dense], {"units": 5})))
    assert not weights_of(store, run, changed(rename(graph, dense, "other")))
    assert not weights_of(store, run, changed(Graph()))


def test_a_model_that_is_another_inside_is_another_model(store, run):
    def project(activation):
        node = Node("d", "Dense", "d", {"units": 4, "activation": activation})
        inside = Graph({"i": Node("i", "Input", "i", {"shape": (4,)}), "d": node}, (WIRE,))
        model = Node("d", "Functional", "m", inside=inside)
        return changed(Graph({"i": inside.nodes["i"], "d": model}, (WIRE,)))

    run.text, run.project = dumps(project("relu")), None
    assert weights_of(store, run, project("relu"))
    assert not weights_of(store, run, project("tanh"))
