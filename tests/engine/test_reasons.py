"""What is said of layers (bnstudio.health.reasons) holds for Keras's own."""

import keras
import numpy as np
import pytest

from bnstudio.health.reading import BOUNDED, CUTTING

RNG = np.random.default_rng(5)
TABLE = RNG.normal(0, 2, (64, 8)).astype("float32")
IMAGES = RNG.normal(0, 2, (8, 8, 8, 3)).astype("float32")
WALK = RNG.normal(0, 5, (16, 12, 4)).astype("float32")


def out(layer, values, **options):
    return np.asarray(layer(values, **options))


@pytest.mark.parametrize("name", sorted(CUTTING - {"threshold"}))
def test_what_cuts_off_is_zero_with_a_slope_of_zero_over_a_range(name):
    values = np.linspace(-12, 12, 4001)
    outputs = np.asarray(keras.activations.get(name)(values))
    zeros = outputs == 0
    assert zeros.sum() > 100
    assert (np.diff(outputs)[zeros[:-1] & zeros[1:]] == 0).all()


@pytest.mark.parametrize("name", BOUNDED)
def test_what_is_bounded_has_a_flat_end_on_either_side(name):
    low, high = BOUNDED[name]
    outputs = np.asarray(keras.activations.get(name)(np.linspace(-1e4, 1e4, 2001)))
    assert low <= outputs.min() <= low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) <= outputs.max() <= high


@pytest.mark.parametrize(
    "type", ["Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout", "SpatialDropout1D"]
)
def test_dropout_and_noise_do_nothing_at_inference(type):
    layer = getattr(keras.layers, type)(0.5)
    np.testing.assert_array_equal(out(layer, WALK, training=False), WALK)
    assert (out(layer, WALK, training=True) != WALK).any()


@pytest.mark.parametrize(
    ("type", "arguments"), [("Flatten", ()), ("Reshape", ((-1,),)), ("Permute", ((3, 1, 2),))]
)
def test_flatten_and_reshape_change_no_value(type, arguments):
    layer = getattr(keras.layers, type)(*arguments)
    np.testing.assert_array_equal(np.sort(out(layer, IMAGES).ravel()), np.sort(IMAGES.ravel()))


def test_masking_sets_masked_steps_to_0():
    steps = WALK.copy()
    steps[:, 4:] = 7.0
    outputs = out(keras.layers.Masking(7.0), steps)
    assert (outputs[:, 4:] == 0).all()
    np.testing.assert_array_equal(outputs[:, :4], steps[:, :4])


def test_pooling_takes_a_value_of_the_window_or_one_between_them():
    largest = out(keras.layers.MaxPooling2D(2), IMAGES)
    assert np.isin(largest, IMAGES).all()
    windows = IMAGES.reshape(8, 4, 2, 4, 2, 3)
    np.testing.assert_array_equal(largest, windows.max(axis=(2, 4)))
    mean = out(keras.layers.AveragePooling2D(2), IMAGES)
    assert (mean <= windows.max(axis=(2, 4))).all()
    assert (mean >= windows.min(axis=(2, 4))).all()


@pytest.mark.parametrize("type", ["LSTM", "GRU"])
def test_gates_keep_a_state_between_minus_one_and_one(type):
    made = getattr(keras.layers, type)(6, return_sequences=True, kernel_initializer="he_normal")
    outputs = out(made, 20 * WALK)
    assert np.abs(outputs).max() <= 1
    assert np.abs(outputs).max() > 0.7, "or nothing would have held it back"


def test_an_embedding_gives_out_its_weights():
    layer = keras.layers.Embedding(10, 4)
    outputs = out(layer, np.arange(10).reshape(2, 5))
    np.testing.assert_array_equal(outputs.reshape(10, 4), np.asarray(layer.embeddings))


def test_a_concatenation_has_all_values_of_its_branches():
    both = out(keras.layers.Concatenate(), [TABLE, TABLE[:, :3]])
    assert both.mean() == pytest.approx((8 * TABLE.mean() + 3 * TABLE[:, :3].mean()) / 11, rel=1e-5)


def test_layer_normalization_brings_each_row_to_mean_0_and_deviation_1():
    rows = out(keras.layers.LayerNormalization(epsilon=1e-9), TABLE)
    np.testing.assert_allclose(rows.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(rows.std(axis=1), 1, atol=1e-5)


def test_layer_normalization_does_so_at_each_position_of_a_sequence():
    steps = out(keras.layers.LayerNormalization(epsilon=1e-9), WALK)
    np.testing.assert_allclose(steps.mean(axis=-1), 0, atol=1e-5)
    np.testing.assert_allclose(steps.std(axis=-1), 1, atol=1e-3)


def test_spectral_normalization_divides_the_kernel_in_training_alone():
    layer = keras.layers.SpectralNormalization(keras.layers.Dense(6), power_iterations=30)
    layer.build(TABLE.shape)
    before = np.asarray(layer.kernel)
    out(layer, TABLE, training=False)
    np.testing.assert_array_equal(np.asarray(layer.kernel), before)
    out(layer, TABLE, training=True)
    after = np.asarray(layer.kernel)
    assert np.linalg.svd(after)[1][0] == pytest.approx(1, rel=0.05)
    np.testing.assert_allclose(after, before / np.linalg.svd(before)[1][0], rtol=0.05)


@pytest.mark.parametrize(("interpolation", "new"), [("nearest", False), ("bicubic", True)])
def test_interpolation_makes_new_numbers_but_the_nearest(interpolation, new):
    outputs = out(keras.layers.UpSampling2D(2, interpolation=interpolation), IMAGES)
    assert np.isin(outputs, IMAGES).all() != new


def test_batch_normalization_keeps_the_skewness_of_each_channel():
    layer = keras.layers.BatchNormalization()
    relu = np.maximum(TABLE, 0)
    layer.build(relu.shape)
    layer.gamma.assign(RNG.normal(0, 2, 8))
    outputs = out(layer, relu, training=True).astype("float64")
    for given, found, gamma in zip(relu.T, outputs.T, np.asarray(layer.gamma), strict=True):
        assert _skewness(found) == pytest.approx(np.sign(gamma) * _skewness(given), abs=1e-3)


def _skewness(values):
    off = np.asarray(values, "float64") - values.mean()
    return (off**3).mean() / (off**2).mean() ** 1.5
