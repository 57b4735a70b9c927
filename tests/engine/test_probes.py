"""What is measured where, how often, and that nothing of it stays in the model."""

import random
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine import probes as module
from bnstudio.engine.builder import build
from bnstudio.engine.probes import TRAINING_EVERY, Probes
from bnstudio.graph import Wire, connect
from bnstudio.plan import plan
from tests.engine.projects import PROJECTS, Drawing, chain, recurrent

ROWS = np.random.default_rng(0).normal(size=(64, 30)).astype("float32")


def built_of(graph):
    return build(plan(analyze(graph)))


def by_place(found):
    return {(layer.node, layer.port): layer for layer in found}


def test_every_output_of_every_call_is_measured():
    drawing = Drawing()
    source = drawing.add("Input", shape=(8, 8))
    lstm = drawing.add("LSTM", source, units=6, return_state=True)
    graph = drawing.graph
    drawing.add("Concatenate", lstm)
    graph = connect(drawing.graph, Wire(lstm, 2, drawing.last, 1))
    probes = Probes(built_of(graph), np.ones((5, 8, 8), "float32"), 1)
    found = by_place(probes.take())
    assert {place for place in found if place[0] == lstm} == {(lstm, 0), (lstm, 1), (lstm, 2)}
    assert probes.nodes == tuple(dict.fromkeys(node for node, _ in found))
    assert found[lstm, 0].mean == found[lstm, 1].mean != found[lstm, 2].mean
    assert found[lstm, 2].units == 6


def test_calls_of_a_shared_layer_are_told_apart():
    built = built_of(PROJECTS["shared"].graph)
    found = by_place(Probes(built, ROWS, 1).take())
    first, second = found["twice", 0], found["again", 0]
    assert first.mean != second.mean
    assert first.weight_norm == second.weight_norm > 0


def test_weights_and_saturation_are_those_of_the_layer():
    built = built_of(PROJECTS["batch_norm"].graph)
    found = by_place(Probes(built, 50 * ROWS, 1).take())
    for node, layer in built.layers.items():
        weights = [np.asarray(weight.value) for weight in layer.trainable_weights]
        norm = np.sqrt(sum((weight**2).sum() for weight in weights)) if weights else None
        assert found[node, 0].weight_norm == (norm and pytest.approx(norm, rel=1e-5))
    bounded = {node for (node, _), layer in found.items() if layer.saturated is not None}
    assert bounded == {"activation"}
    values = keras.Model(built.model.inputs[0], built.tensors["activation", 0])(50 * ROWS).numpy()
    assert found["activation", 0].saturated == (np.abs(values) > 0.99).mean() > 0


@pytest.mark.parametrize(("type", "known"), [("SimpleRNN", True), ("LSTM", False), ("GRU", False)])
def test_what_a_gate_multiplies_is_not_bounded_by_its_activation(type, known):
    graph = chain(("Input", {"shape": (4, 3)}), (type, {"units": 2}))
    *_, last = Probes(built_of(graph), np.ones((2, 4, 3), "float32"), 1).take()
    assert (last.saturated is not None) == known


@pytest.mark.parametrize("graph", [PROJECTS["batch_norm"].graph, PROJECTS["convolution"].graph])
def test_moving_statistics_are_compared_with_the_batch(graph):
    built = built_of(graph)
    shape = built.model.inputs[0].shape[1:]
    rows = np.random.default_rng(1).normal(1, 2, size=(128, *shape)).astype("float32")
    node, layer = next((n, x) for n, x in built.layers.items() if "normalization" in x.name)
    source = built.inputs[node][0]
    given = keras.Model(built.model.inputs[0], built.tensors[source])(rows).numpy()
    flat = given.reshape(-1, given.shape[-1]).astype("float64")
    moving_mean = np.linspace(-1, 1, flat.shape[1])
    moving = np.linspace(0.5, 2, flat.shape[1])
    layer.moving_mean.assign(moving_mean)
    layer.moving_variance.assign(moving)
    found = by_place(Probes(built, rows, 1).take())
    gap = found[node, 0].batch_norm
    eps = layer.epsilon
    apart = (flat.mean(axis=0) - moving_mean) / np.sqrt(moving + eps)
    ratio = np.log((flat.var(axis=0) + eps) / (moving + eps))
    assert gap.mean == pytest.approx(np.sqrt((apart**2).mean()), rel=1e-4)
    assert gap.log_variance == pytest.approx(np.abs(ratio).mean(), rel=1e-4)
    assert gap.variance_ratio == pytest.approx(np.exp(ratio.mean()), rel=1e-4)
    assert [place[0] for place, layer in found.items() if layer.batch_norm] == [node]
    layer.moving_mean.assign(flat.mean(axis=0))
    layer.moving_variance.assign(flat.var(axis=0))
    gap = by_place(Probes(built, rows, 1).take())[node, 0].batch_norm
    assert (gap.mean, gap.log_variance) == pytest.approx((0, 0), abs=1e-4)
    assert gap.variance_ratio == pytest.approx(1, abs=1e-4)


def everything(model):
    """Every number that training goes on from, in bytes."""
    variables = [*model.variables, *model.optimizer.variables, *model.non_trainable_variables]
    seeds = keras.src.backend.common.global_state.get_global_attribute("global_seed_generator")
    return (
        [np.asarray(variable.value).tobytes() for variable in variables],
        None if seeds is None else np.asarray(seeds.state.value).tobytes(),
        random.getstate(),
        [
            part.tobytes() if isinstance(part, np.ndarray) else part
            for part in np.random.get_state()
        ],
    )


def noisy():
    return chain(
        ("Input", {"shape": (30,)}),
        ("Dense", {"units": 16, "activity_regularizer": "l1"}),
        ("BatchNormalization", {"momentum": 0.5}),
        ("GaussianNoise", {"stddev": 0.1}),
        ("Dropout", {"rate": 0.5}),
        ("Dense", {"units": 2, "activation": "softmax"}),
    )


@pytest.mark.parametrize(("graph", "shape"), [(noisy(), (30,)), (recurrent(), (8, 8))])
def test_measuring_changes_no_state(graph, shape):
    keras.utils.set_random_seed(1)
    built = built_of(graph)
    built.model.compile("adam", "mse")
    rows = np.random.default_rng(0).normal(size=(32, *shape)).astype("float32")
    targets = np.zeros((32, built.model.outputs[0].shape[-1]), "float32")
    built.model.train_on_batch(rows, targets)
    before, lost = everything(built.model), len(built.model.losses)
    probes = Probes(built, rows, 1)
    first = probes.take()
    for _ in range(2 * TRAINING_EVERY):
        again = probes.take()
    assert everything(built.model) == before
    assert len(built.model.losses) == lost
    assert first == again
    probes.first_bad(rows)
    assert everything(built.model) == before


@pytest.mark.parametrize(("budget", "cost"), [(0.05, 0.01), (0.2, 0.2), (1.0, 0.3)])
def test_measuring_keeps_to_its_budget(budget, cost, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    probes = Probes(built_of(noisy()), ROWS, 0.1, budget)
    spent, each = 0.0, [60.0]

    def slow(self):
        now[0] += each[0]
        return iter(())

    monkeypatch.setattr(Probes, "_measure", slow)
    probes.take()
    began, each[0] = now[0], cost
    while now[0] < began + 60:
        if probes.due:
            probes.take()
            spent += cost
        now[0] += 0.001
    assert spent / 60 <= budget * 1.02
    assert spent / 60 >= min(budget, cost / 0.1) * 0.9


def test_what_differs_in_training_is_measured_in_it_too():
    built = built_of(noisy())
    layers = {layer.name: layer for layer in built.layers.values()}
    probes = Probes(built, 3 * ROWS, 1)
    taken = [by_place(probes.take()) for _ in range(TRAINING_EVERY + 1)]
    differ = {node for (node, _), layer in taken[0].items() if layer.training}
    norm, dropout = layers["batch_normalization"].name, layers["dropout"].name
    assert differ == set(probes.nodes) - {"input", "dense"}
    for found in taken[1:-1]:
        assert not any(layer.training for layer in found.values())
    assert {node for (node, _), layer in taken[-1].items() if layer.training} == differ
    # The moving statistics are at their start, the batch's are the batch's.
    assert taken[0][norm, 0].training.std == pytest.approx(1, abs=0.02)
    assert taken[0][norm, 0].std > 1.5
    assert taken[0][dropout, 0].training.zeros == pytest.approx(0.5, abs=0.1)
    assert taken[0][dropout, 0].zeros == 0


def test_where_training_changes_nothing_it_is_not_looked_at(monkeypatch):
    probes = Probes(built_of(PROJECTS["shared"].graph), ROWS, 1)
    assert not any(layer.training for layer in probes.take())
    monkeypatch.setattr(probes, "_run_training", None)
    for _ in range(TRAINING_EVERY):
        probes.take()
