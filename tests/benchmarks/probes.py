"""What one measurement of a model costs, and what other ways to take it would.

``python -m tests.benchmarks.probes`` prints milliseconds, of the clock and of the processor. Every
call has other rows: on the same ones the processor foresees each branch of a sort, and it looks
five times as fast as it is.
"""

from __future__ import annotations

import os
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

import keras
import numpy as np
import tensorflow as tf

from bnstudio.analysis import analyze
from bnstudio.engine.builder import build
from bnstudio.engine.measure import FINE, Place, measure
from bnstudio.engine.probes import Probes
from bnstudio.histogram import QUANTILES
from bnstudio.plan import plan
from bnstudio.project import samples
from tests.engine import reference
from tests.engine.projects import chain

NORMALIZED = "BatchNormalization", ("Activation", {"activation": "tanh"})
GRAPHS = {
    "14-64-64-2": chain(
        ("Input", {"shape": (14,)}),
        ("Dense", {"units": 64, "use_bias": False}),
        *NORMALIZED,
        ("Dense", {"units": 64, "use_bias": False}),
        *NORMALIZED,
        ("Dense", {"units": 2}),
        ("Activation", {"activation": "softmax"}),
    ),
    "digits_cnn": {each.name: each.project.graph for each in samples()}["digits_cnn"],
}
ROWS, TIMES = 256, 60


def in_graph(tensor):
    """About the same figures from TensorFlow's own operations, without a robust range."""
    x = tf.cast(tf.reshape(tensor, [-1]), tf.float32)
    finite = tf.math.is_finite(x)
    x = tf.where(finite, x, 0.0)
    size = tf.cast(tf.size(x), tf.float32)

    def fine(low, high):
        places = tf.cast((x - low) * (FINE / tf.maximum(high - low, 1e-30)), tf.int32)
        bins = tf.clip_by_value(places, 0, FINE - 1)
        counts = tf.math.bincount(bins, minlength=FINE, maxlength=FINE)
        return tf.cumsum(tf.cast(counts, tf.float32))

    low, high = tf.reduce_min(x), tf.reduce_max(x)
    tails = tf.searchsorted(fine(low, high), tf.constant([0.005, 0.995]) * size)
    tails = low + tf.cast(tails, tf.float32) * (high - low) / FINE
    counts = fine(tails[0], tails[1])
    mean = tf.reduce_mean(x)
    off = x - mean
    square = off * off
    zero = tf.equal(tensor, 0)
    return tf.concat(
        [
            counts,
            tails,
            tf.cast(tf.searchsorted(counts, tf.constant(QUANTILES) * size), tf.float32),
            [
                mean,
                tf.reduce_mean(square),
                tf.reduce_mean(square * off),
                tf.reduce_mean(square * square),
                tf.reduce_mean(tf.cast(zero, tf.float32)),
                size - tf.reduce_sum(tf.cast(finite, tf.float32)),
            ],
            tf.cast(tf.reduce_all(zero, axis=tuple(range(len(tensor.shape) - 1))), tf.float32),
        ],
        0,
    )


def sort(tensor):
    return tf.sort(tf.reshape(tensor, [-1]))


def compare(name, graph):
    """Prints a line for each way."""
    built = build(plan(analyze(graph)))
    shape = (ROWS, *built.model.inputs[0].shape[1:])
    random = np.random.default_rng(0)
    draws = [tf.constant(random.normal(size=shape).astype("float32")) for _ in range(TIMES)]
    outputs = keras.Model(built.model.inputs, list(built.tensors.values()))

    def compiled(each, **options):
        def run(rows):
            return tf.concat([each(output) for output in outputs(rows, training=False)], 0)

        return tf.function(run, autograph=False, **options)

    forward = tf.function(lambda rows: outputs(rows, training=False), autograph=False)

    def fetched(each):
        return lambda rows: [each(output.numpy()) for output in forward(rows)]

    ways = {
        "the model alone": forward,
        "numpy on what is fetched": fetched(lambda values: measure(Place("n"), values)),
        "numpy.sort, nothing else": fetched(lambda values: np.sort(values, axis=None)),
        "by definition, in double precision": fetched(lambda v: reference.measure("n", v)),
        "in the graph, binned twice": compiled(in_graph),
        "tf.sort, nothing else": compiled(sort),
        "tf.sort by XLA, nothing else": compiled(sort, jit_compile=True),
    }
    for way, call in ways.items():
        call(draws[0])
        report(name, way, lambda rows, call=call: call(rows), draws)
    model = built.model
    model.compile("sgd", "mse")
    targets = np.zeros((ROWS, *model.outputs[0].shape[1:]), "float32")
    probes = Probes(built, draws[0].numpy(), 1, targets=targets)
    for thorough in (False, False, True):
        probes.take(thorough)
    report(name, "Probes, a usual measurement", lambda _: probes.take(False), draws)
    report(name, "Probes, a thorough one", lambda _: probes.take(True), draws)


def report(name, way, call, draws):
    clock, processor = [], []
    for rows in draws:
        began, used = time.perf_counter(), time.process_time()
        call(rows)
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    figures = [1e3 * figure for figure in (min(clock), np.median(clock), np.mean(processor))]
    print(f"{name:12} {way:38}" + "{:9.2f} {:9.2f} {:9.2f}".format(*figures), flush=True)


if __name__ == "__main__":
    print(f"{'':51}{'least':>9} {'median':>9} {'CPU':>9}")
    for name, graph in GRAPHS.items():
        compare(name, graph)
