"""Saves models with Keras 2 and writes down what they compute; see README.md.

``python make.py NAME`` with TF-Keras, ``python make.py NAME tensorflow`` with the Keras in a
TensorFlow before 2.16.
"""

import sys
from importlib import import_module

import numpy as np

NAME = sys.argv[1]
tf = import_module("tensorflow")
keras = tf.keras if sys.argv[2:] else import_module("tf_keras")
layers = keras.layers


def functions():
    """Functions of TensorFlow, operators, indices, inputs by name, sizes of a batch."""
    x, y = keras.Input((4, 6), name="x"), keras.Input((4, 6), name="y")
    z = tf.math.squared_difference(x * 2.0 - 1.0, 3.0 / (y * y + 1.0))
    z = tf.matmul(z, tf.nn.relu6(y), transpose_b=True) + tf.reduce_mean(x, axis=-1, keepdims=True)
    z = tf.concat([z[:, ::2], tf.transpose(z, [0, 2, 1])[:, 1:3]], axis=1)
    attended = layers.MultiHeadAttention(2, 3, name="block/attention")(z, value=z)
    z = tf.nn.softmax(tf.math.add_n([z, attended]), axis=1)
    z = tf.reshape(z, (tf.shape(z)[0], 2, 8))
    one, two = tf.split(z, [3, 5], axis=-1)
    z = tf.where(one[:, 0] > 0.5, tf.math.l2_normalize(one[:, 0], axis=-1), -one[:, 1])
    z = tf.pad(tf.stack([z, tf.reverse(z, [1])], axis=1), [[0, 0], [1, 0], [0, 1]])
    z = tf.clip_by_value(
        tf.keras.backend.batch_flatten(z) if sys.argv[2:] else layers.Flatten()(z), -1, 1
    )
    z = layers.Dense(3, name="block/dense")(tf.concat([z, tf.norm(two, axis=2)], -1))
    return keras.Model([x, y], [z, tf.cast(tf.argmax(two, axis=-1), "float32")])


def encoder(name):
    picture = keras.Input((6, 6, 1))
    z = layers.SeparableConv2D(3, 2)(picture)
    z = layers.BatchNormalization(fused=False, momentum=0.9)(z)
    z = layers.LeakyReLU(alpha=0.1)(layers.Conv2DTranspose(2, 2)(z))
    return keras.Model(picture, layers.Dense(4)(layers.Flatten()(z)), name=name)


def twins():
    """A model in the model that is called twice, states, masks, shared layers."""
    a, b, words = keras.Input((6, 6, 1)), keras.Input((6, 6, 1)), keras.Input((5,))
    coded = encoder("encoder")
    z = layers.ThresholdedReLU(0.1)(tf.abs(coded(a) - coded(b)))
    w = layers.Embedding(7, 4, mask_zero=True, input_length=5)(words)
    w, h, c = layers.LSTM(4, return_sequences=True, return_state=True)(w)
    w = layers.Bidirectional(layers.GRU(2, reset_after=False))(w)
    memory = layers.LSTM(4)(layers.RepeatVector(3)(z), initial_state=[h, c])
    model = keras.Model([a, b, words], layers.Dense(2)(layers.concatenate([z, w, memory])))
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 100, 0.5)
    loss = keras.losses.MeanSquaredError()
    model.compile(keras.optimizers.SGD(schedule, momentum=0.9), loss, metrics=["mae"])
    return model


def save(model, name):
    random = np.random.default_rng(2)
    for weight in model.weights:
        positive = "variance" in weight.name or "gamma" in weight.name
        low = 0.5 if positive else -0.6
        weight.assign(random.uniform(low, low + 1.2, weight.shape))
    given = [
        random.integers(0, 7, (2, 5)).astype("float32")
        if tensor.shape[1:] == (5,)
        else random.normal(size=(2, *tensor.shape[1:])).astype("float32")
        for tensor in model.inputs
    ]
    made = tf.nest.flatten(model(given, training=False))
    arrays = {f"in{at}": array for at, array in enumerate(given)}
    arrays |= {f"out{at}": array.numpy() for at, array in enumerate(made)}
    np.savez_compressed(f"{name}.npz", **arrays)
    for kind in (".h5", ".keras"):
        model.save(f"{name}{kind}")


if __name__ == "__main__":
    save(functions(), f"functions_{NAME}")
    save(twins(), f"twins_{NAME}")
