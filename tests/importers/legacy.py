"""Configurations as Keras 2 wrote them, and what they were compiled with."""

import json


def variance(mode="fan_avg", distribution="uniform"):
    config = {"scale": 1.0, "mode": mode, "distribution": distribution, "seed": None}
    return {"class_name": "VarianceScaling", "config": config}


def named(class_name, **config):
    return {"class_name": class_name, "config": config}


def dense(name, units, **config):
    """A Dense layer as tf.keras 2.11 writes it."""
    return {
        "class_name": "Dense",
        "config": {
            "name": name, "trainable": True, "dtype": "float32", "units": units,
            "activation": "linear", "use_bias": True,
            "kernel_initializer": named("GlorotUniform", seed=None),
            "bias_initializer": named("Zeros"), "kernel_regularizer": None,
            "bias_regularizer": None, "activity_regularizer": None, "kernel_constraint": None,
            "bias_constraint": None, **config,
        },
    }  # fmt: skip


SEQUENTIAL_2_2 = {
    "class_name": "Sequential",
    "config": [
        {
            "class_name": "Conv2D",
            "config": {
                "name": "conv2d_1", "trainable": True, "batch_input_shape": [None, 8, 8, 1],
                "dtype": "float32", "filters": 4, "kernel_size": [3, 3], "strides": [1, 1],
                "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1],
                "activation": "relu", "use_bias": True, "kernel_initializer": variance(),
                "bias_initializer": named("Zeros"),
                "kernel_regularizer": named("L1L2", l1=0.0, l2=0.009999999776482582),
                "bias_regularizer": None, "activity_regularizer": None,
                "kernel_constraint": None, "bias_constraint": None,
            },
        },
        {
            "class_name": "BatchNormalization",
            "config": {
                "name": "batch_normalization_1", "trainable": True, "axis": -1,
                "momentum": 0.99, "epsilon": 0.001, "center": True, "scale": True,
                "beta_initializer": named("Zeros"), "gamma_initializer": named("Ones"),
                "moving_mean_initializer": named("Zeros"),
                "moving_variance_initializer": named("Ones"), "beta_regularizer": None,
                "gamma_regularizer": None, "beta_constraint": None, "gamma_constraint": None,
            },
        },
        {"class_name": "LeakyReLU", "config": {
            "name": "leaky", "trainable": True, "alpha": 0.10000000149011612}},
        {"class_name": "MaxPooling2D", "config": {
            "name": "pool", "trainable": True, "pool_size": [2, 2], "padding": "valid",
            "strides": [2, 2], "data_format": "channels_last"}},
        {"class_name": "Flatten", "config": {
            "name": "flat", "trainable": True, "data_format": "channels_last"}},
        dense("out", 3, activation="softmax"),
    ],
    "keras_version": "2.2.0",
    "backend": "tensorflow",
}  # fmt: skip

FUNCTIONAL_2_11 = {
    "class_name": "Functional",
    "config": {
        "name": "model",
        "trainable": True,
        "layers": [
            {"class_name": "InputLayer", "config": {
                "batch_input_shape": [None, 6], "dtype": "float32", "sparse": False,
                "ragged": False, "name": "a"}, "name": "a", "inbound_nodes": []},
            {"class_name": "InputLayer", "config": {
                "batch_input_shape": [None, 6], "dtype": "float32", "sparse": False,
                "ragged": False, "name": "b"}, "name": "b", "inbound_nodes": []},
            {**dense("twice", 4, activation="tanh"), "name": "twice",
             "inbound_nodes": [[["a", 0, 0, {}]], [["b", 0, 0, {}]]]},
            {"class_name": "Concatenate", "config": {
                "name": "joined", "trainable": True, "dtype": "float32", "axis": -1},
             "name": "joined",
             "inbound_nodes": [[["twice", 0, 0, {}], ["twice", 1, 0, {}], ["b", 0, 0, {}]]]},
            {"class_name": "BatchNormalization", "config": {
                "name": "norm", "trainable": True, "dtype": "float32", "axis": [1],
                "momentum": 0.9, "epsilon": 0.001, "center": True, "scale": True,
                "beta_initializer": named("Zeros"), "gamma_initializer": named("Ones"),
                "moving_mean_initializer": named("Zeros"),
                "moving_variance_initializer": named("Ones"), "beta_regularizer": None,
                "gamma_regularizer": None, "beta_constraint": None, "gamma_constraint": None},
             "name": "norm", "inbound_nodes": [[["joined", 0, 0, {}]]]},
            {**dense("out", 2), "name": "out", "inbound_nodes": [[["norm", 0, 0, {}]]]},
        ],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["out", 0, 0]],
    },
    "keras_version": "2.11.0",
    "backend": "tensorflow",
}  # fmt: skip

RECURRENT_2_2 = {
    "class_name": "Sequential",
    "config": {
        "name": "sequential_1",
        "layers": [
            {"class_name": "Embedding", "config": {
                "name": "words", "trainable": True, "batch_input_shape": [None, 7],
                "dtype": "float32", "input_dim": 20, "output_dim": 5,
                "embeddings_initializer": named(
                    "RandomUniform", minval=-0.05, maxval=0.05, seed=None),
                "embeddings_regularizer": None, "activity_regularizer": None,
                "embeddings_constraint": None, "mask_zero": False, "input_length": 7}},
            {"class_name": "LSTM", "config": {
                "name": "memory", "trainable": True, "return_sequences": False,
                "return_state": False, "go_backwards": False, "stateful": False,
                "unroll": False, "units": 4, "activation": "tanh",
                "recurrent_activation": "hard_sigmoid", "use_bias": True,
                "kernel_initializer": variance(),
                "recurrent_initializer": named("Orthogonal", gain=1.0, seed=None),
                "bias_initializer": named("Zeros"), "unit_forget_bias": True,
                "kernel_regularizer": None, "recurrent_regularizer": None,
                "bias_regularizer": None, "activity_regularizer": None,
                "kernel_constraint": None, "recurrent_constraint": None,
                "bias_constraint": None, "dropout": 0.2, "recurrent_dropout": 0.0,
                "implementation": 1}},
        ],
    },
    "keras_version": "2.2.4",
    "backend": "tensorflow",
}  # fmt: skip

NESTED_2_11 = {
    "class_name": "Functional",
    "config": {
        "name": "outer",
        "layers": [
            {"class_name": "InputLayer", "config": {
                "batch_input_shape": [None, 6], "dtype": "float32", "name": "x"},
             "name": "x", "inbound_nodes": []},
            {"class_name": "Sequential", "config": {"name": "inner", "layers": [
                {"class_name": "InputLayer", "config": {
                    "batch_input_shape": [None, 6], "dtype": "float32", "name": "y"}},
                dense("deep", 6)]},
             "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]]},
            {**dense("out", 2), "name": "out", "inbound_nodes": [[["inner", 2, 0, {}]]]},
        ],
        "input_layers": [["x", 0, 0]],
        "output_layers": [["out", 0, 0]],
    },
    "keras_version": "2.11.0",
    "backend": "tensorflow",
}  # fmt: skip


def function(name, path, inbound):
    """A function of TensorFlow's as tf.keras 2.11 writes it."""
    slicing = path == "__operators__.getitem"
    return {
        "class_name": "SlicingOpLambda" if slicing else "TFOpLambda",
        "config": {"name": name, "trainable": True, "dtype": "float32", "function": path},
        "name": name,
        "inbound_nodes": [inbound],
    }


def graph_operation(name, op, inbound, constants):
    """An operation of a graph as tf.keras 2.3 writes it."""
    node = {"name": name, "op": op, "input": [], "attr": {"T": {"type": "DT_FLOAT"}}}
    return {
        "class_name": "TensorFlowOpLayer",
        "config": {
            "name": name, "trainable": True, "dtype": "float32", "constants": constants,
            "node_def": json.dumps(node),
        },
        "name": name,
        "inbound_nodes": [inbound],
    }  # fmt: skip


_EVERY = {"start": None, "stop": None, "step": None}

OPERATIONS_2_11 = {
    "class_name": "Functional",
    "config": {
        "name": "model",
        "trainable": True,
        "layers": [
            {"class_name": "InputLayer", "config": {
                "batch_input_shape": [None, 6, 4], "dtype": "float32", "name": "a"},
             "name": "a", "inbound_nodes": []},
            function("scaled", "math.multiply", ["a", 0, 0, {"y": 2.0, "name": None}]),
            function("shifted", "__operators__.add", ["scaled", 0, 0, {"y": 3.0, "name": None}]),
            function("relu6", "nn.relu6", ["shifted", 0, 0, {"name": None}]),
            function("gate", "math.multiply",
                     ["relu6", 0, 0, {"y": ["scaled", 0, 0], "name": None}]),
            function("turned", "math.subtract",
                     ["_CONSTANT_VALUE", -1, 2.0, {"y": ["gate", 0, 0], "name": None}]),
            function("first", "__operators__.getitem",
                     ["turned", 0, 0, {"slice_spec": [_EVERY, 0, {**_EVERY, "stop": 3}]}]),
            function("mean", "math.reduce_mean", ["turned", 0, 0, {"axis": 1, "keepdims": False}]),
            function("joined", "concat",
                     [["first", 0, 0, {"axis": -1}], ["mean", 0, 0, {"axis": -1}]]),
            graph_operation("halved", "Mul", [["joined", 0, 0, {}]], {"0": 0.5}),
            {**dense("out", 2), "name": "out", "inbound_nodes": [[["halved", 0, 0, {}]]]},
        ],
        "input_layers": [["a", 0, 0]],
        "output_layers": [["out", 0, 0]],
    },
    "keras_version": "2.11.0",
    "backend": "tensorflow",
}  # fmt: skip

SOUND = {
    "operations": OPERATIONS_2_11,
    "sequential": SEQUENTIAL_2_2,
    "functional": FUNCTIONAL_2_11,
    "recurrent": RECURRENT_2_2,
}

TRAINING = {
    "optimizer_config": named(
        "SGD", lr=0.009999999776482582, momentum=0.8999999761581421,
        decay=9.999999974752427e-07, nesterov=True),
    "loss": "categorical_crossentropy",
    "metrics": ["acc", "mse"],
    "sample_weight_mode": None,
    "loss_weights": None,
}  # fmt: skip


def reference(name):
    """The same models as one writes them for Keras 3, which refuses most of these texts."""
    import keras
    from keras import layers

    uniform = keras.initializers.VarianceScaling(1.0, "fan_avg", "uniform")
    if name == "sequential":
        l2 = keras.regularizers.L1L2(0.0, 0.01)
        return keras.Sequential(
            [
                keras.Input((8, 8, 1)),
                layers.Conv2D(
                    4, 3, activation="relu", kernel_initializer=uniform, kernel_regularizer=l2,
                    name="conv2d_1",
                ),
                layers.BatchNormalization(name="batch_normalization_1"),
                layers.LeakyReLU(0.1, name="leaky"),
                layers.MaxPooling2D(name="pool"),
                layers.Flatten(name="flat"),
                layers.Dense(3, "softmax", name="out"),
            ]
        )  # fmt: skip
    if name == "recurrent":
        return keras.Sequential(
            [
                keras.Input((7,)),
                layers.Embedding(
                    20, 5, name="words", embeddings_initializer=keras.initializers.RandomUniform()
                ),
                layers.LSTM(
                    4, recurrent_activation="hard_sigmoid", kernel_initializer=uniform,
                    dropout=0.2, name="memory",
                ),
            ]
        )  # fmt: skip
    if name == "operations":
        a = keras.Input((6, 4), name="a")
        scaled = a * 2.0
        x = 2.0 - keras.ops.relu6(scaled + 3.0) * scaled
        x = keras.ops.concatenate([x[:, 0, :3], keras.ops.mean(x, axis=1)], axis=-1)
        return keras.Model(a, layers.Dense(2, name="out")(0.5 * x))
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b")
    twice = layers.Dense(4, "tanh", name="twice")
    x = layers.Concatenate(name="joined")([twice(a), twice(b), b])
    x = layers.BatchNormalization(axis=1, momentum=0.9, name="norm")(x)
    return keras.Model([a, b], layers.Dense(2, name="out")(x))


def compare(name, project):
    """What differs between such a model and what the engine makes of a project's text."""
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.plan import plan
    from bnstudio.project import loads
    from tests.importers.models import differences

    made = build(plan(analyze(loads(project).graph))).model
    return differences(reference(name), made)


def unlike(project, weights, recorded):
    """What a project with its weights computes otherwise than Keras 2 has, as it wrote down."""
    from pathlib import Path

    import numpy as np

    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.weights import put
    from bnstudio.plan import plan
    from bnstudio.project import loads
    from bnstudio.weights import open_weights

    graph = loads(project).graph
    built = build(plan(analyze(graph)))
    found = put(built, graph, open_weights(Path(weights)))
    arrays = np.load(recorded)
    inputs, outputs = (
        [arrays[name] for name in sorted(arrays.files) if name.startswith(side)]
        for side in ("in", "out")
    )
    made = built.model(inputs, training=False)
    made = made if isinstance(made, list) else [made]
    if len(made) != len(outputs):
        return [*found, f"{len(outputs)} outputs became {len(made)}"]
    far = [float(np.abs(np.asarray(x) - y).max()) for x, y in zip(made, outputs, strict=True)]
    return found + [f"output {at} is {by} away" for at, by in enumerate(far) if by > 2e-6]
