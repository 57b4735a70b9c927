"""What is measured where, how often, and that nothing of it stays in the model."""

import random

import keras
import numpy as np
import pytest

from bnstudio.analysis import analyze
from bnstudio.engine import probes as module
from bnstudio.engine.bad import first_bad
from bnstudio.engine.builder import build
from bnstudio.engine.probes import Probes
from bnstudio.graph import Wire, connect, set_params
from bnstudio.plan import plan
from bnstudio.settings import Measuring
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


def test_what_is_inside_a_model_is_measured_by_the_ids_that_lead_there():
    built = built_of(PROJECTS["nested"].graph)
    weights = [np.asarray(weight.value) for weight in built.model.weights]
    probes = Probes(built, ROWS, 1)
    found = by_place([*probes.take(), *probes.take(True)])
    assert {"block", "block/path", "block/path/dense", "block/add", "again"} <= set(probes.nodes)
    inner = built.inside["block"].inside["path"].model
    given = keras.Model(built.model.inputs, built.layers["dense"].output)([ROWS])
    activations = keras.Model(inner.inputs, inner.get_layer("dense").output)([given])
    assert found["block/path/dense", 0].mean == pytest.approx(np.asarray(activations).mean(), 1e-4)
    assert found["block/path/dense", 0].weight_norm > 0
    assert found["block/path/batch_normalization", 0].batch_norm is not None
    for before, after in zip(weights, built.model.weights, strict=True):
        assert np.array_equal(before, np.asarray(after.value))
    left_out = Probes(built, ROWS, 1, Measuring(left_out=("block",)))
    assert set(left_out.nodes) == {"input", "dense", "again", "dense_1"}
    left_out = Probes(built, ROWS, 1, Measuring(left_out=("block/path",)))
    assert set(left_out.nodes) == {
        node for node in probes.nodes if not node.startswith("block/path")
    }


def test_a_chain_that_holds_a_model_is_measured():
    block = chain(("Input", {"shape": (4,)}), ("Dense", {"units": 4}))
    drawing = Drawing()
    drawing.add("Input", shape=(30,))
    drawing.add("Dense", units=4)
    drawing.add("Functional", inside=block, name="block")
    drawing.add("Dense", units=1)
    built = built_of(drawing.graph)
    assert isinstance(built.model, keras.Sequential)
    found = by_place(Probes(built, ROWS, 1).take())
    assert found["block", 0].mean == found["block/dense", 0].mean


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
    variables += model.metrics_variables
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


def spectral():
    """A layer that sets its own kernel whenever it is called in training mode."""
    inner = {"class_name": "Dense", "config": {"units": 16}}
    return chain(
        ("Input", {"shape": (30,)}),
        ("SpectralNormalization", {"layer": inner}),
        ("Dense", {"units": 2, "activation": "softmax"}),
    )


@pytest.mark.parametrize(
    ("graph", "shape"), [(noisy(), (30,)), (recurrent(), (8, 8)), (spectral(), (30,))]
)
def test_measuring_changes_no_state(graph, shape):
    keras.utils.set_random_seed(1)
    built = built_of(graph)
    built.model.compile("adam", "mse")
    rows = np.random.default_rng(0).normal(size=(32, *shape)).astype("float32")
    targets = np.zeros((32, built.model.outputs[0].shape[-1]), "float32")
    built.model.train_on_batch(rows, targets)
    before, lost = everything(built.model), len(built.model.losses)
    probes = Probes(built, rows, 1, targets=targets)
    probes.take()
    first, plain = probes.take(True), probes.take()
    for _ in range(3):
        probes.take(False)
        again = probes.take(True)
    assert everything(built.model) == before
    assert len(built.model.losses) == lost
    assert first == again
    assert {layer.gradient_norm is None for layer in first if layer.weight_norm} == {False}
    assert {layer.gradient_norm for layer in plain} == {None}
    first_bad(built, [(rows, True), (rows, False)])
    assert everything(built.model) == before


def test_what_differs_in_training_is_measured_in_it_too():
    built = built_of(noisy())
    layers = {layer.name: layer for layer in built.layers.values()}
    probes = Probes(built, 3 * ROWS, 1)
    assert not any(layer.training for layer in probes.take(False))
    found = by_place(probes.take(True))
    differ = {node for (node, _), layer in found.items() if layer.training}
    norm, dropout = layers["batch_normalization"].name, layers["dropout"].name
    assert differ == set(probes.nodes) - {"input", "dense"}
    # The moving statistics are at their start, the batch's are the batch's.
    assert found[norm, 0].training.std == pytest.approx(1, abs=0.02)
    assert found[norm, 0].std > 1.5
    assert found[dropout, 0].training.zeros == pytest.approx(0.5, abs=0.1)
    assert found[dropout, 0].zeros == 0
    assert not any(layer.training for layer in probes.take(False))


@pytest.mark.parametrize("graph", [PROJECTS["shared"].graph, recurrent()])
def test_where_training_changes_nothing_nothing_is_said_of_it(graph):
    """A recurrent layer heeds the mode, but does the same in both without dropout."""
    for node in graph.nodes.values():
        graph = set_params(graph, [node.id], {"dropout": 0.0}) if node.type == "LSTM" else graph
    built = built_of(graph)
    rows = np.random.default_rng(0).normal(size=(40, *built.model.inputs[0].shape[1:]))
    probes = Probes(built, rows.astype("float32"), 1)
    for _ in range(2):
        assert not any(layer.training for layer in probes.take(True))


def test_what_begins_to_differ_later_is_noticed():
    graph = chain(("Input", {"shape": (30,)}), ("Dense", {"units": 4}), ("Dropout", {"rate": 0.5}))
    built = built_of(graph)
    kernel, _ = built.layers["dense"].weights
    kept = kernel.numpy()
    kernel.assign(0 * kept)
    probes = Probes(built, ROWS, 1)
    assert not any(layer.training for layer in probes.take(True))
    kernel.assign(kept)
    assert by_place(probes.take(True))["dropout", 0].training


def test_what_is_left_out_is_neither_measured_nor_asked_for():
    built = built_of(PROJECTS["batch_norm"].graph)
    whole = by_place(Probes(built, ROWS, 1).take())
    left_out = ("dense", "dropout", "dense_2", "gone")
    probes = Probes(built, ROWS, 1, Measuring(left_out=left_out))
    found = by_place(probes.take())
    assert found == {place: layer for place, layer in whole.items() if place[0] not in left_out}
    assert probes.nodes == tuple(node for node in built.inputs if node not in left_out)
    outputs = [id(tensor) for tensor in probes._passes._outputs.outputs]
    # What the BatchNormalization is given is of use to it, and the last output to the loss.
    unused = {key.node for key, tensor in built.tensors.items() if id(tensor) not in outputs}
    assert unused == {"dropout"}
    weights = {id(layer) for layer in probes._passes._layers}
    assert id(built.layers["dense"]) not in weights


def test_with_everything_left_out_nothing_is_ever_due():
    built = built_of(PROJECTS["batch_norm"].graph)
    probes = Probes(built, ROWS, 1, Measuring(left_out=tuple(built.inputs)))
    assert (probes.nodes, probes.due, probes.budget.given) == ((), False, False)
    assert not Probes(built, ROWS, 1, Measuring(budget=0.0)).due
    assert not Probes(built, ROWS, 0).due
    assert Probes(built, ROWS, 1).due


def test_no_more_rows_are_measured_than_are_wanted():
    built = built_of(PROJECTS["shared"].graph)
    found = Probes(built, ROWS, 1, Measuring(rows=7)).take()
    assert {sum(h.counts) + h.below + h.above for h in found} == {7 * 30, 7 * 2}


def test_what_not_all_rows_were_asked_for_is_not_said(monkeypatch):
    built = built_of(PROJECTS["batch_norm"].graph)
    row = sum(sum(h.counts) + h.below + h.above for h in Probes(built, ROWS[:1], 1).take())
    monkeypatch.setattr(module, "MOST_VALUES", 10 * row)
    monkeypatch.setattr(module, "FEWEST_VALUES", 1)
    probes = Probes(built, ROWS, 1, step=40)
    few, all = by_place(probes.take(False)), by_place(probes.take(True))
    for found, rows in ((few, 10), (all, 32)):
        histogram = found["input", 0]
        assert sum(histogram.counts) + histogram.below + histogram.above == 30 * rows
    assert {layer.dead for layer in few.values()} == {None}
    assert None not in {layer.dead for layer in all.values()}
    assert not any(layer.batch_norm for layer in few.values())
    assert any(layer.batch_norm for layer in all.values())


@pytest.mark.parametrize("graph", [PROJECTS["convolution"].graph, recurrent()])
def test_the_first_measurement_is_like_the_others_but_long_sequences_are_compiled(
    graph, monkeypatch
):
    built = built_of(graph)
    rows = np.random.default_rng(0).normal(size=(40, *built.model.inputs[0].shape[1:]))
    probes = Probes(built, rows.astype("float32"), 1)
    asked, plain = [], probes._passes.inference

    def inference(count, compiled=True):
        asked.append(compiled)
        return plain(count, compiled)

    monkeypatch.setattr(probes._passes, "inference", inference)
    monkeypatch.setattr(probes.budget, "covers", lambda _: True)
    first, second = probes.take(False), probes.take(False)
    assert asked == ["lstm" in built.layers, True]
    for one, other in zip(first, second, strict=True):
        assert one.mean == pytest.approx(other.mean, rel=1e-4, abs=1e-5)
        assert one.weight_norm == (other.weight_norm and pytest.approx(other.weight_norm))
        assert (one.batch_norm is None) == (other.batch_norm is None)
