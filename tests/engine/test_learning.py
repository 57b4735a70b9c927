"""What is measured of learning itself, against Keras and TensorFlow by hand."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from bnstudio.analysis import analyze
from bnstudio.engine.budget import Budget
from bnstudio.engine.builder import build
from bnstudio.engine.probes import Probes
from bnstudio.engine.update import Update
from bnstudio.plan import plan
from bnstudio.settings import Measuring
from tests.engine.projects import PROJECTS, Drawing, chain

RANDOM = np.random.default_rng(0)


def built_of(graph, optimizer="sgd", loss="categorical_crossentropy"):
    keras.utils.set_random_seed(3)
    built = build(plan(analyze(graph)))
    built.model.compile(optimizer, loss)
    return built


def batch(built, rows=64):
    """Rows and targets that a model takes."""
    draw = RANDOM.normal(size=(rows, *built.model.inputs[0].shape[1:])).astype("float32")
    classes = built.model.outputs[0].shape[-1]
    return draw, np.eye(classes, dtype="float32")[RANDOM.integers(0, classes, rows)]


def taken(probes):
    probes.take()
    return {layer.node: layer for layer in probes.take(True)}


def embedding():
    return chain(
        ("Input", {"shape": (6,)}),
        ("Embedding", {"input_dim": 5, "output_dim": 3}),
        "GlobalAveragePooling1D",
        ("Dense", {"units": 2, "activation": "softmax"}),
    )


GRAPHS = {name: PROJECTS[name].graph for name in ("batch_norm", "residual", "shared", "recurrent")}


@pytest.mark.parametrize("name", [*GRAPHS, "embedding"])
def test_gradients_are_those_of_the_loss(name):
    built = built_of(GRAPHS.get(name) or embedding())
    rows, targets = batch(built)
    rows = np.abs(rows * 3).clip(0, 4).round() if name == "embedding" else rows
    found = taken(Probes(built, rows, 1, targets=targets))
    model = built.model
    variables = [weight.value for weight in model.trainable_weights]
    with tf.GradientTape() as tape:
        given = model(rows, training=True)
        # Keras's own cross entropy goes by the logits; the penalties are in ``losses``.
        loss = tf.reduce_mean(-tf.reduce_sum(targets * tf.math.log(given), axis=-1))
        loss += tf.add_n([0.0, *map(tf.convert_to_tensor, model.losses)])
    gradients = dict(zip(map(id, variables), tape.gradient(loss, variables), strict=True))
    for node, layer in built.layers.items():
        own = [gradients[id(weight.value)] for weight in layer.trainable_weights]
        norm = np.sqrt(sum((tf.convert_to_tensor(g).numpy() ** 2).sum() for g in own))
        expected = pytest.approx(norm, rel=1e-3, abs=1e-6) if own else None
        assert found[node].gradient_norm == expected, node
    assert any(layer.gradient_norm for layer in found.values())


def test_without_targets_there_are_no_gradients():
    built = built_of(PROJECTS["shared"].graph)
    rows, _ = batch(built)
    assert {layer.gradient_norm for layer in taken(Probes(built, rows, 1)).values()} == {None}


def test_an_update_is_compared_with_the_weights_before_it():
    built = built_of(PROJECTS["shared"].graph, keras.optimizers.SGD(0.5))
    rows, targets = batch(built)
    probes = Probes(built, rows, 1, targets=targets)
    probes.take()
    kept = [weight.numpy() for weight in built.model.trainable_weights]
    probes.update.wanted = True
    probes.update.before()
    with tf.GradientTape() as tape:
        given = built.model(rows, training=True)
        loss = tf.reduce_mean(-tf.reduce_sum(targets * tf.math.log(given), axis=-1))
    for weight, gradient in zip(
        built.model.trainable_weights,
        tape.gradient(loss, [weight.value for weight in built.model.trainable_weights]),
        strict=True,
    ):
        weight.assign_sub(0.5 * gradient)
    probes.update.after()
    assert probes.update.known
    assert not probes.update.wanted
    moved = [weight.numpy() for weight in built.model.trainable_weights]
    changes = {
        id(weight): (before, after)
        for weight, before, after in zip(built.model.trainable_weights, kept, moved, strict=True)
    }
    found = {layer.node: layer for layer in probes.take(True)}
    for node, layer in built.layers.items():
        pairs = [changes[id(weight)] for weight in layer.trainable_weights]
        if not pairs:
            assert found[node].update_ratio is None
            continue
        change = np.sqrt(sum(((after - before) ** 2).sum() for before, after in pairs))
        size = np.sqrt(sum((before**2).sum() for before, _ in pairs))
        assert found[node].update_ratio == pytest.approx(change / size, rel=1e-4)
    assert found["twice"].update_ratio == found["again"].update_ratio > 0
    # Of the step after that nothing is known.
    assert {layer.update_ratio for layer in probes.take(True)} == {None}


def test_weights_that_were_zero_have_no_ratio():
    weight = keras.Variable([0.0, 0.0])
    layer = SimpleNamespace(trainable_weights=[weight])
    update = Update([layer], Budget(0.05, 0.09))
    update.before()
    weight.assign([3.0, 4.0])
    update.after()
    assert update.take() == [None]
    update.before()
    weight.assign([0.0, 0.0])
    update.after()
    assert update.take() == [pytest.approx(1.0)]


def test_a_model_without_weights_is_measured_all_the_same():
    built = built_of(chain(("Input", {"shape": (3,)}), ("Dropout", {"rate": 0.5})), loss="mse")
    rows = np.ones((64, 3), "float32")
    probes = Probes(built, rows, 1, targets=rows)
    probes.update.before()
    probes.update.after()
    assert probes.update.known
    found = taken(probes)
    assert found["dropout"].training
    assert {(layer.gradient_norm, layer.update_ratio) for layer in found.values()} == {(None, None)}


def dropped(*before):
    return chain(
        ("Input", {"shape": (40,)}),
        *before,
        "BatchNormalization",
        ("Dense", {"units": 2, "activation": "softmax"}),
    )


@pytest.mark.parametrize(
    ("before", "shift"),
    [
        # Li et al. 2018: (E[x^2] / keep - mean^2) / variance.
        ([("Dropout", {"rate": 0.5})], 2.0),
        ([("Dropout", {"rate": 0.2})], 1.25),
        (["ReLU", ("Dropout", {"rate": 0.5})], 2.467),
        (["ReLU", ("Dropout", {"rate": 0.2})], 1.367),
        ([("GaussianNoise", {"stddev": 1.0})], 2.0),
        (["ReLU"], None),
    ],
)
def test_dropout_before_a_normalization_shifts_its_variance(before, shift):
    built = built_of(dropped(*before))
    rows = RANDOM.normal(size=(4000, 40)).astype("float32")
    measuring = Probes(built, rows, 1, Measuring(rows=4000))
    gap = taken(measuring)["batch_normalization"].batch_norm
    assert gap.variance_shift == (shift and pytest.approx(shift, rel=0.03))
    # Without training mode nothing is known of it.
    (again,) = (layer.batch_norm for layer in measuring.take(False) if layer.batch_norm)
    assert again.variance_shift is None
    assert again.mean == gap.mean


def test_the_shift_is_known_where_what_comes_before_is_left_out():
    built = built_of(dropped(("Dropout", {"rate": 0.5})))
    rows = RANDOM.normal(size=(256, 40)).astype("float32")
    whole = taken(Probes(built, rows, 1))
    found = taken(Probes(built, rows, 1, Measuring(left_out=("dropout", "input", "dense"))))
    assert found == {"batch_normalization": whole["batch_normalization"]}


def test_each_step_takes_from_the_share_of_the_start():
    built = built_of(dropped())
    rows, targets = batch(built)
    probes = Probes(built, rows, 1)
    node = "batch_normalization"
    assert taken(probes)[node].batch_norm.initial_share == 1.0
    for _ in range(3):
        built.model.train_on_batch(rows, targets)
    assert taken(probes)[node].batch_norm.initial_share == pytest.approx(0.99**3)
    built.model.optimizer.iterations.assign(69)
    assert taken(probes)[node].batch_norm.initial_share == pytest.approx(0.5, abs=0.001)


def twice_normalized(**params):
    drawing = Drawing()
    source = drawing.add("Input", shape=(8,))
    first = drawing.add("BatchNormalization", source, momentum=0.9, name="first", **params)
    wide = drawing.add("Rescaling", source, scale=3.0)
    again = drawing.add("BatchNormalization", wide, shares=first, momentum=0.9, name="again",
                        **params)  # fmt: skip
    drawing.add("Concatenate", first, again)
    drawing.add("Dense", units=2, activation="softmax")
    return drawing.graph


def test_a_shared_normalization_is_updated_at_each_of_its_calls():
    built = built_of(twice_normalized())
    rows, targets = batch(built)
    start = [value.numpy() for value in built.layers["first"].weights]
    built.layers["first"].moving_mean.assign(start[2] + 7.0)
    for _ in range(2):
        built.model.train_on_batch(0 * rows, targets)
    found = taken(Probes(built, rows, 1))
    share = found["first"].batch_norm.initial_share
    # Of rows that are all 0, what is left of the 7 is the share of the start.
    moved = built.layers["first"].moving_mean.numpy()
    assert share == pytest.approx(float(moved.mean()) / 7.0) == pytest.approx(0.9**4)
    assert found["again"].batch_norm.initial_share == share
    # Each call is compared with the statistics by itself.
    ratio = found["again"].batch_norm.variance_ratio / found["first"].batch_norm.variance_ratio
    assert ratio == pytest.approx(9.0, rel=0.05)


def test_a_frozen_normalization_has_no_share_and_no_gradient():
    built = built_of(twice_normalized(trainable=False))
    rows, targets = batch(built)
    found = taken(Probes(built, rows, 1, targets=targets))
    assert found["first"].batch_norm.initial_share is None
    assert found["first"].batch_norm.mean > 0
    assert found["first"].gradient_norm is None
