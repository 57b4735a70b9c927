"""The numbers in the weights of every layer: described as they are, now and then."""

from math import gcd

import keras
import numpy as np
import pytest

from bnstudio.engine import weighed as module
from bnstudio.engine.passes import MOST_LOOKED_AT
from bnstudio.engine.probes import WEIGHTS_EVERY, Probes
from bnstudio.engine.weighed import Weighed
from tests.engine.projects import PROJECTS, chain
from tests.engine.test_probes import ROWS, built_of


def size(histogram) -> int:
    return sum(histogram.counts) + histogram.below + histogram.above


def test_every_weight_is_described_by_its_name():
    built = built_of(PROJECTS["batch_norm"].graph)
    layer = built.layers["dense"]
    kernel = np.arange(np.prod(layer.kernel.shape), dtype="float32").reshape(layer.kernel.shape)
    layer.kernel.assign(kernel)
    found = Weighed(built.layers.items()).take()
    assert found.keys() == {node for node, layer in built.layers.items() if layer.weights}
    for node, weights in found.items():
        assert list(weights) == [weight.name for weight in built.layers[node].weights]
        for weight, histogram in zip(built.layers[node].weights, weights.values(), strict=True):
            values = np.asarray(weight.value)
            assert size(histogram) == values.size
            assert histogram.mean == pytest.approx(values.mean(), abs=1e-6)
            assert histogram.std == pytest.approx(values.std(), abs=1e-6)
            assert (histogram.node, histogram.dead, histogram.units) == (node, None, 0)
    bars = found["dense"]["kernel"].counts
    assert max(bars) - min(bars) <= 2, "evenly spread numbers"
    assert found["batch_normalization"].keys() == {
        "gamma", "beta", "moving_mean", "moving_variance",
    }  # fmt: skip
    assert len(found["batch_normalization"]["beta"].counts) < len(bars), "few have few bars"


def test_a_shared_layer_has_its_weights_once_and_a_model_those_of_its_layers():
    built = built_of(PROJECTS["shared"].graph)
    found = {layer.node: layer.weights for layer in Probes(built, ROWS, 1).take()}
    assert found["twice"].keys() == {"kernel", "bias"}
    assert found["again"] is None
    built = built_of(PROJECTS["nested"].graph)
    found = {layer.node: layer.weights for layer in Probes(built, ROWS, 1).take() if layer.weights}
    numbers = sum(size(weight) for weights in found.values() for weight in weights.values())
    assert numbers == sum(np.prod(weight.shape) for weight in built.model.weights)
    assert found["block/path/dense"].keys() == {"kernel", "bias"}
    assert "block" not in found


def test_what_has_no_numbers_of_a_float_is_left_out():
    graph = chain(("Input", {"shape": (30,)}), ("Dropout", {"rate": 0.5}), ("Dense", {"units": 2}))
    built = built_of(graph)
    assert Weighed(built.layers.items()).take().keys() == {"dense"}, "a seed is no weight"
    wrapped = keras.layers.Bidirectional(keras.layers.LSTM(2, name="lstm"))
    wrapped.build((None, 3, 4))
    names = Weighed([("wrapped", wrapped)]).take()["wrapped"]
    assert "forward_lstm/lstm_cell/kernel" in names


@pytest.mark.parametrize("shape", [(3, 3, 512, 32), (4096, 64), (2**20 + 1,)])
def test_of_a_large_weight_an_even_sample_is_looked_at(shape, monkeypatch):
    layer = keras.layers.Layer()
    layer.add_weight(shape=shape, name="large")
    seen = []
    plain = module.measure
    monkeypatch.setattr(
        module, "measure", lambda place, values: seen.append(values) or plain(place, values)
    )
    (variable,) = layer.weights
    whole = int(np.prod(shape))
    variable.assign(np.arange(whole, dtype="float32").reshape(shape))
    ((found,),) = ([*weights.values()] for weights in Weighed([("a", layer)]).take().values())
    (values,) = seen
    step = int(values[1] - values[0])
    assert gcd(step, whole) == 1
    assert 0.5 * MOST_LOOKED_AT < size(found) == len(values) <= MOST_LOOKED_AT
    for length in shape:  # every channel is met
        assert len(np.unique(values.astype(int) % length)) == min(length, len(values))


def test_they_are_looked_at_now_and_then_and_by_a_thorough_measurement():
    built = built_of(PROJECTS["batch_norm"].graph)
    probes = Probes(built, ROWS, 1)
    has = [any(layer.weights for layer in probes.take(False)) for _ in range(2 * WEIGHTS_EVERY)]
    assert has == 2 * [True, *(WEIGHTS_EVERY - 1) * [False]]
    probes.take(False)
    assert any(layer.weights for layer in probes.take(True))
