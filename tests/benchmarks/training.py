"""Is a run that is watched faster than Keras's ``fit`` that nobody watches?

Both train the same model from the same seed in one process, in turns: plain ``fit`` without a
callback, and the engine with every curve and the activations of every layer streaming. From the
compiled model to the end of the last epoch, tracing included. The weights must come out the same.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import replace

import numpy as np

from bnstudio.data import Prepared, Source
from bnstudio.data import prepare as prepare_rows
from bnstudio.project import Project
from bnstudio.settings import Choice, Settings
from bnstudio.training.messages import Histograms, Started, Steps
from tests.benchmarks.measure import QUICK, report, row, timed
from tests.engine.projects import chain

RATE = 10
"""Measurements of all layers a second, at least."""


def batch_norm():
    """The net of 14 features with normalization after every Dense, on 6,900 rows."""
    block = [
        ("Dense", {"units": 64}),
        ("BatchNormalization", {}),
        ("Activation", {"activation": "tanh"}),
        ("Dropout", {"rate": 0.5}),
    ]
    head = [
        ("Dense", {"units": 2}),
        ("BatchNormalization", {}),
        ("Activation", {"activation": "softmax"}),
    ]
    settings = Settings(
        Choice("SGD", {"learning_rate": 0.01}), batch_size=16, epochs=5 if QUICK else 20
    )
    return [("Input", {"shape": (14,)}), *block, *block, *head], random((6_900, 14), 2), settings


def small_convolution():
    """A small net on the 8x8 digits."""
    layers = [
        ("Input", {"shape": (8, 8, 1)}),
        ("Conv2D", {"filters": 16, "kernel_size": 3, "activation": "relu"}),
        ("Conv2D", {"filters": 16, "kernel_size": 3, "activation": "relu"}),
        ("Flatten", {}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ]
    settings = Settings(batch_size=16, epochs=5 if QUICK else 20, validation_split=0.0)
    return layers, prepare_rows(Source("digits"), 0, 0.0), settings


def large_convolution():
    """A net that is bound by what it computes."""
    layers = [
        ("Input", {"shape": (64, 64, 3)}),
        ("Conv2D", {"filters": 32, "kernel_size": 3, "activation": "relu"}),
        ("MaxPooling2D", {}),
        ("Conv2D", {"filters": 64, "kernel_size": 3, "activation": "relu"}),
        ("GlobalAveragePooling2D", {}),
        ("Dense", {"units": 10, "activation": "softmax"}),
    ]
    settings = Settings(batch_size=64, epochs=2 if QUICK else 12)
    return layers, random((1_024, 64, 64, 3), 10), settings


CASES = (
    ("14-64-64-2 with BatchNorm, 6,900 rows, batch 16", batch_norm, 0.5),
    ("Conv2D on the digits, batch 16", small_convolution, 0.8),
    ("Conv2D on 64x64x3, batch 64", large_convolution, 1.05),
)


def random(shape, classes):
    """Rows of noise with labels."""
    draw = np.random.default_rng(0)
    labels = draw.integers(0, classes, shape[0])
    return Prepared(draw.normal(size=shape).astype(np.float32), labels)


def compiled(project):
    """The model as the engine builds and compiles it."""
    import keras

    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.setup import compile_model
    from bnstudio.plan import plan

    keras.backend.clear_session()
    keras.utils.set_random_seed(project.settings.seed)
    built = build(plan(analyze(project.graph)))
    compile_model(built, project)
    return built.model


def plain(project, prepared):
    """Seconds that Keras's own ``fit`` takes, and its weights."""
    model, settings = compiled(project), project.settings

    def fit():
        model.fit(
            prepared.x_train,
            prepared.y_train,
            batch_size=settings.batch_size,
            epochs=settings.epochs,
            verbose=0,
        )

    return timed(fit), [np.asarray(weight) for weight in model.weights]


def watched(project, prepared):
    """The same of the engine, from the built model to its last word before it saves."""
    import keras

    from bnstudio.engine.control import Control
    from bnstudio.engine.fit import Job, train
    from bnstudio.engine.setup import set_up

    said = []
    with tempfile.TemporaryDirectory() as folder:
        ended = train(
            Job("run", project, keep=folder),
            set_up(project, prepared),
            lambda event: said.append((time.perf_counter(), event)),
            Control(),
        )
        kept = keras.models.load_model(ended.model, compile=False)
    first = next(when for when, event in said if isinstance(event, Started))
    measured = [when for when, event in said if isinstance(event, Histograms)]
    steps = sum(len(event.logs["loss"]) for _, event in said if isinstance(event, Steps))
    if steps != settings_steps(project, prepared):
        raise SystemExit(f"{steps} losses have come.")
    # Once compiled: the first measurement and the first step are where that happens.
    rate = (len(measured) - 2) / (measured[-1] - measured[1])
    return said[-1][0] - first, [np.asarray(weight) for weight in kept.weights], rate


def settings_steps(project, prepared):
    """How many steps there are in a whole run."""
    settings = project.settings
    return settings.epochs * -(-len(prepared.x_train) // settings.batch_size)


def main() -> None:
    """Lets both train in turns."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    rows = []
    for name, case, target in CASES:
        layers, prepared, settings = case()
        project = Project(chain(*layers), settings=settings)
        # Whoever comes first pays for what is done once in a process.
        brief = replace(project, settings=replace(settings, epochs=1))
        few = Prepared(prepared.x_train[:128], prepared.y_train[:128])
        plain(brief, few), watched(brief, few)
        ratios, rates = [], []
        for _ in range(1 if QUICK else 3):
            seconds, weights = plain(project, prepared)
            ours, kept, rate = watched(project, prepared)
            if any(a.tobytes() != b.tobytes() for a, b in zip(weights, kept, strict=True)):
                raise SystemExit(f"{name}: the weights differ.")
            ratios.append(ours / seconds)
            rates.append(rate)
        ratio, rate = statistics.median(ratios), statistics.median(rates)
        rows += [
            row(f"Training {name}: watched / plain fit, equal weights", f"{ratio:.2f}",
                f"at most {target}", ratio <= target),
            row(f"Training {name}: measurements of all layers", f"{rate:.1f} a second",
                f"at least {RATE}", rate >= RATE),
        ]  # fmt: skip
    report(rows)


if __name__ == "__main__":
    main()
