"""Projects to train in tests, as values."""

from dataclasses import replace

from bnstudio import graph
from bnstudio.data import Source
from bnstudio.graph import Graph, Wire
from bnstudio.project import Project
from bnstudio.settings import Choice, Settings


class Drawing:
    """Grows a graph node by node; ``add`` wires the new node to the ones it comes after.

    One that it comes after is an id, or an id and a port.
    """

    def __init__(self):
        self.graph = Graph()
        self.last = None

    def add(self, type, *after, shares=None, inside=None, name=None, **params):
        self.graph, id = graph.add(self.graph, type, params=params, name=name)
        if shares or inside:
            node = replace(self.graph.nodes[id], shares=shares, inside=inside)
            self.graph = replace(self.graph, nodes={**self.graph.nodes, id: node})
        for port, source in enumerate(after or ([self.last] if self.last else [])):
            start = source if isinstance(source, tuple) else (source, 0)
            self.graph = graph.connect(self.graph, Wire(*start, id, port))
        self.last = id
        return id


def chain(*layers):
    """Layers one after the other: names, or (name, arguments)."""
    drawing = Drawing()
    for entry in layers:
        type, params = (entry, {}) if isinstance(entry, str) else entry
        drawing.add(type, **params)
    return drawing.graph


def batch_norm_chain():
    return chain(
        ("Input", {"shape": (30,)}),
        ("Dense", {"units": 16, "use_bias": False, "kernel_regularizer": "l2"}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("Activation", {"activation": "tanh"}),
        ("Dropout", {"rate": 0.5}),
        ("Dense", {"units": 8, "activation": "relu", "activity_regularizer": "l1"}),
        ("GaussianNoise", {"stddev": 0.1}),
        ("Dense", {"units": 2, "activation": "softmax"}),
    )


def residual():
    drawing = Drawing()
    drawing.add("Input", shape=(30,))
    trunk = drawing.add("Dense", units=12, activation="relu", name="trunk")
    drawing.add("Dense", units=12)
    drawing.add("BatchNormalization")
    added = drawing.add("Add", drawing.last, trunk)
    joined = drawing.add("Concatenate", added, trunk)
    drawing.add("Dropout", joined, rate=0.25)
    drawing.add("Dense", units=2, activation="softmax")
    return drawing.graph


def shared():
    drawing = Drawing()
    source = drawing.add("Input", shape=(30,))
    left = drawing.add("Dense", source, units=30, activation="tanh", name="twice")
    again = drawing.add("Dense", left, shares=left, units=30, activation="tanh", name="again")
    drawing.add("Average", left, again)
    drawing.add("Dense", units=2, activation="softmax")
    return drawing.graph


def convolution():
    return chain(
        ("Input", {"shape": (8, 8, 1)}),
        ("Conv2D", {"filters": 4, "kernel_size": (3, 3), "padding": "same", "use_bias": False}),
        "BatchNormalization",
        "ReLU",
        "MaxPooling2D",
        ("Conv2D", {"filters": 4, "kernel_size": 3}),
        "GlobalAveragePooling2D",
        ("Dense", {"units": 10, "activation": "softmax"}),
    )


def recurrent():
    normal = {"class_name": "RandomNormal", "config": {"stddev": 0.2}}
    return chain(
        ("Input", {"shape": (8, 8)}),
        ("LSTM", {"units": 6, "return_sequences": True, "dropout": 0.2}),
        ("GRU", {"units": 5, "recurrent_initializer": normal, "kernel_initializer": normal}),
        "LayerNormalization",
        ("Dense", {"units": 10, "bias_initializer": normal, "activation": "softmax"}),
    )


def attention():
    drawing = Drawing()
    source = drawing.add("Input", shape=(8, 8))
    read = drawing.add("GRU", source, units=6, return_sequences=True, return_state=True)
    said = drawing.add(
        "GRU", source, (read, 1), units=6, return_sequences=True, initial_state=True, name="said"
    )
    seen = drawing.add(
        "MultiHeadAttention", said, read, read, num_heads=2, key_dim=3, key=True, dropout=0.1,
        use_causal_mask=True,
    )  # fmt: skip
    drawing.add("Attention", seen, read)
    gru = {"class_name": "GRUCell", "config": {"units": 3}}
    drawing.add(
        "RNN",
        cell={"class_name": "StackedRNNCells", "config": {"cells": (gru, gru)}},
        return_sequences=True,
    )
    drawing.add(
        "Bidirectional",
        layer={
            "class_name": "LSTM",
            "config": {"units": 3, "return_sequences": True, "dropout": 0.1},
        },
    )
    drawing.add("TimeDistributed", layer={"class_name": "Dense", "config": {"units": 5}})
    drawing.add("RMSNormalization")
    drawing.add("Flatten")
    drawing.add("Dense", units=10, activation="softmax")
    return drawing.graph


def nested():
    """A block called twice, in which there is another; each has a BatchNormalization."""
    inner = chain(
        ("Input", {"shape": (12,)}),
        ("Dense", {"units": 12, "activation": "relu"}),
        ("BatchNormalization", {"momentum": 0.9}),
        ("Dropout", {"rate": 0.25}),
    )
    block = Drawing()
    source = block.add("Input", shape=(12,))
    within = block.add("Sequential", source, inside=inner, name="path")
    block.add("Add", within, source)
    block.add("BatchNormalization")
    drawing = Drawing()
    drawing.add("Input", shape=(30,))
    first = drawing.add("Dense", units=12)
    first = drawing.add("Functional", first, inside=block.graph, name="block")
    drawing.add("Functional", first, shares="block", name="again")
    drawing.add("Dense", units=2, activation="softmax")
    return drawing.graph


CANCER = Source("breast_cancer", targets="one_hot")
DIGITS = Source("digits")
LABELS, ONE_HOT = Choice("SparseCategoricalCrossentropy"), Choice("CategoricalCrossentropy")
BRIEF = Settings(loss=ONE_HOT, epochs=3, batch_size=64, seed=5)

PROJECTS = {
    "batch_norm": Project(batch_norm_chain(), CANCER, BRIEF),
    # 455 rows: every batch is a whole one, and then Keras gives TensorFlow their size.
    "whole_batches": Project(batch_norm_chain(), CANCER, replace(BRIEF, batch_size=35)),
    "residual": Project(residual(), CANCER, BRIEF),
    "shared": Project(shared(), CANCER, BRIEF),
    "nested": Project(nested(), CANCER, BRIEF),
    "convolution": Project(convolution(), DIGITS, Settings(loss=LABELS, epochs=2, seed=3)),
    "recurrent": Project(
        recurrent(), Source("digits", shape=(8, 8)), Settings(loss=LABELS, epochs=2, batch_size=128)
    ),
    "attention": Project(
        attention(), Source("digits", shape=(8, 8)), Settings(loss=LABELS, epochs=1, batch_size=256)
    ),
}
