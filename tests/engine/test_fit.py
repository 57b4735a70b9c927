"""A run in the studio is Keras's own ``fit``, bit by bit, measured or not."""

import functools
from dataclasses import replace

import keras
import numpy as np
import pytest

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.engine import kept, probes
from bnstudio.engine.builder import build
from bnstudio.engine.control import Control, Stopped
from bnstudio.engine.errors import JobError
from bnstudio.engine.fit import Job, run_job
from bnstudio.engine.kept import keep
from bnstudio.exporters.keras_script import render
from bnstudio.plan import plan
from bnstudio.project import Project
from bnstudio.settings import Choice, EarlyStopping, Measuring, Settings
from bnstudio.training.messages import (
    Epoch,
    Finished,
    Histograms,
    Paused,
    Resumed,
    Started,
    Steps,
)
from tests.engine.projects import CANCER, PROJECTS, chain


def train(project, *, on=lambda event, control: None, **job):
    """Runs a project and returns its events and how it ended."""
    events, control = [], Control()

    def send(event):
        events.append(event)
        on(event, control)

    ended = run_job(Job("r", project, **job), send, control)
    return events, ended


def train_and_keep(project, folder, **options):
    """The same, with the weights of the model that was kept."""
    events, ended = train(project, keep=str(folder), **options)
    kept = keras.models.load_model(ended.model, compile=False)
    return events, ended, [np.asarray(weight) for weight in kept.weights]


def measured_on(project, rows):
    settings = replace(project.settings, measuring=Measuring(rows=rows))
    return replace(project, settings=settings)


def steps(events, name):
    return [value for event in events if isinstance(event, Steps) for value in event.logs[name]]


@functools.cache
def plain(name):
    """Plain Keras, as the exported script trains: its history and weights."""
    project = PROJECTS[name]
    settings = project.settings
    names = {"__name__": "script"}
    exec(compile(render(project).text, "<script>", "exec"), names)
    keras.utils.set_random_seed(settings.seed)
    prepared = data.prepare(project.source, settings.seed, settings.validation_split)
    model = names["build_model"]()
    model.compile(
        optimizer=getattr(keras.optimizers, settings.optimizer.name)(**settings.optimizer.params),
        loss=getattr(keras.losses, settings.loss.name)(**settings.loss.params),
        metrics=list(settings.metrics),
    )
    history = model.fit(
        prepared.x_train,
        prepared.y_train,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        validation_data=(prepared.x_val, prepared.y_val),
        verbose=0,
    )
    return history.history, [np.asarray(weight) for weight in model.weights]


def same(left, right):
    return len(left) == len(right) and all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(left, right, strict=True)
    )


@pytest.mark.parametrize("name", PROJECTS)
def test_a_measured_run_is_plain_keras_to_the_bit(name, tmp_path, monkeypatch):
    monkeypatch.setattr(probes, "THOROUGH_EVERY", 1)
    project = PROJECTS[name]
    history, weights = plain(name)
    busy = replace(project.settings, measuring=Measuring(budget=1.0, rows=40))
    events, ended, measured = train_and_keep(
        replace(project, settings=busy), tmp_path, probe_seconds=1e-6
    )
    epochs = [event for event in events if isinstance(event, Epoch)]
    for key, values in history.items():
        assert [event.logs[key] for event in epochs] == values
    assert same(measured, weights)
    assert ended.reason == "completed"
    found = [event for event in events if isinstance(event, Histograms)]
    # Between executions, of which a fast machine has few; gradients and updates included.
    assert len(found) >= 3
    assert any(layer.update_ratio for event in found for layer in event.layers)
    for event in found:
        assert (event.cost is None) == (event.step == 0)
        for layer in event.layers:
            assert layer.update_ratio is None or layer.gradient_norm > 0
    assert 0 < found[-1].cost <= 1


def test_events_tell_the_run():
    project = PROJECTS["batch_norm"]
    events, ended = train(measured_on(project, 50))
    calls = plan(analyze(project.graph))
    started = events[0]
    prepared = data.prepare(
        project.source, project.settings.seed, project.settings.validation_split
    )
    nodes = tuple(call.node for call in calls.calls)
    rate = float(np.float32(0.001))
    mark = data.fingerprint(prepared)
    assert started == Started("r", 3, 8, 455, 114, nodes, 698, data=mark, learning_rate=rate)
    losses, accuracy = steps(events, "loss"), steps(events, "accuracy")
    assert len(losses) == len(accuracy) == 3 * 8
    merged = [event for event in events if isinstance(event, Steps)]
    assert [event.first for event in merged] == [
        sum(len(before.logs["loss"]) for before in merged[:place]) for place in range(len(merged))
    ]
    # Keras's mean of an epoch is that of the single losses, weighted by their rows.
    rows = [64] * 7 + [455 - 7 * 64]
    epochs = [event for event in events if isinstance(event, Epoch)]
    for number, epoch in enumerate(epochs):
        mean = np.average(losses[8 * number : 8 * number + 8], weights=rows)
        assert epoch.logs["loss"] == pytest.approx(mean, rel=1e-6)
        assert epoch.logs["accuracy"] == accuracy[8 * number + 7]
        assert (epoch.epoch, epoch.steps_done) == (number, 8 * number + 8)
    measured = [event for event in events if isinstance(event, Histograms)]
    assert measured[0].step == 0
    assert measured[-1].step == 24
    for event in measured:
        assert tuple(layer.node for layer in event.layers) == started.nodes
        for layer in event.layers:
            width = 50 * analyze(project.graph).shape(layer.node)[1]
            assert sum(layer.counts) + layer.below + layer.above + layer.bad == width
    assert isinstance(ended, Finished)
    assert ended.epochs == 3


def test_one_step_no_split_no_probes_and_a_metric_a_class():
    project = PROJECTS["shared"]
    settings = replace(
        project.settings,
        metrics=("f1_score",),
        epochs=1,
        batch_size=1000,
        validation_split=0.0,
    )
    project = replace(project, settings=settings)
    events, ended = train(project, probe_seconds=0)
    assert [type(event) for event in events] == [Started, Steps, Epoch]
    started, step, epoch = events
    assert (started.steps, started.train_rows, started.validation_rows) == (1, 569, 0)
    assert set(epoch.logs) == set(step.logs) == {"loss", "f1_score"}
    assert step.logs == {name: (value,) for name, value in epoch.logs.items()}
    assert 0 <= epoch.logs["f1_score"] <= 1
    assert (ended.reason, ended.model) == ("completed", "")


def test_a_paused_run_is_an_unbroken_one(tmp_path):
    project = PROJECTS["residual"]

    def hold(event, control):
        if isinstance(event, Steps | Epoch):
            control.pause()
        if isinstance(event, Paused):
            control.resume()

    history, weights = plain("residual")
    events, ended, paused = train_and_keep(project, tmp_path, on=hold)
    kinds = [type(event) for event in events if isinstance(event, Paused | Resumed)]
    assert len(kinds) >= 2
    assert kinds == [Paused, Resumed] * (len(kinds) // 2)
    assert same(paused, weights)
    epochs = [event.logs["loss"] for event in events if isinstance(event, Epoch)]
    assert epochs == history["loss"]
    assert ended.reason == "completed"


def test_a_stopped_run_keeps_its_model(tmp_path):
    project = PROJECTS["batch_norm"]

    def stop(event, control):
        if isinstance(event, Epoch) and event.epoch == 1:
            control.stop()

    events, ended, weights = train_and_keep(project, tmp_path, on=stop)
    assert (ended.reason, ended.epochs) == ("stopped", 2)
    assert len(steps(events, "loss")) in (16, 17)
    model = keras.models.load_model(ended.model)
    assert model.optimizer.name == "adam"
    assert same([np.asarray(weight) for weight in model.weights], weights)


def test_stopping_before_the_start_is_heeded():
    control = Control()
    control.stop()
    with pytest.raises(Stopped):
        run_job(Job("r", PROJECTS["shared"]), lambda event: None, control)


def test_early_stopping_is_keras_own():
    project = PROJECTS["batch_norm"]
    settings = replace(
        project.settings, epochs=30, early_stopping=EarlyStopping("val_loss", 10.0, 2)
    )
    _, ended = train(replace(project, settings=settings))
    assert (ended.reason, ended.epochs) == ("early", 3)


BAD_SECOND = chain(
    ("Input", {"shape": (30,)}),
    ("Dense", {"units": 8, "activation": "relu"}),
    ("Dense", {"units": 8, "activation": "exponential", "name": "bad",
               "bias_initializer": {"class_name": "Constant", "config": {"value": 100.0}}}),
    ("Dense", {"units": 2, "activation": "softmax"}),
)  # fmt: skip


PENALIZED = chain(
    ("Input", {"shape": (30,)}),
    ("Dense", {"units": 8, "name": "heavy",
               "kernel_regularizer": {"class_name": "L2", "config": {"l2": 1000.0}}}),
    ("Dense", {"units": 2, "activation": "softmax"}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("graph", "optimizer", "node", "tensor", "counts"),
    [
        # Its output overflows in the first forward pass; the weights before it are sound.
        (BAD_SECOND, Choice("SGD"), "bad", "output", "512 infinite among the 512 values"),
        # The first update makes every weight so large that the next outputs overflow.
        (
            PROJECTS["residual"].graph,
            Choice("SGD", {"learning_rate": 1e38}),
            "trunk",
            "output",
            "among the 768 values",
        ),
        # The first update throws the weights themselves out of the range of a float.
        (
            PENALIZED,
            Choice("SGD", {"learning_rate": 1e38}),
            "heavy",
            "kernel",
            "infinite among the 240 values",
        ),
    ],
)
def test_a_diverged_run_names_where_it_began(graph, optimizer, node, tensor, counts, tmp_path):
    project = replace(PROJECTS["residual"], graph=graph)
    project = replace(project, settings=replace(project.settings, optimizer=optimizer, epochs=5))
    events, ended, weights = train_and_keep(project, tmp_path)
    assert (ended.reason, ended.node) == ("diverged", node)
    assert ended.tensor == tensor
    assert repr(node) in ended.message
    assert f"{counts} of its {tensor}." in ended.message
    done = len(steps(events, "loss"))
    assert f"at step {done + 1}, batch {done + 1} of 8 in epoch 1 of 5." in ended.message
    assert "learning rate" in ended.message
    assert np.isfinite(steps(events, "loss") or [0.0]).all()
    if node == "bad":
        assert all(np.isfinite(weight).all() for weight in weights)


def test_a_loss_that_is_bad_by_itself_is_named():
    """Squares overflow where what is squared does not."""
    graph = chain(
        ("Input", {"shape": (10,)}),
        ("Dense", {"units": 1, "bias_initializer": {"class_name": "Constant",
                                                     "config": {"value": 1e30}}}),
    )  # fmt: skip
    settings = Settings(Choice("SGD"), Choice("MeanSquaredError"), (), epochs=2)
    _, ended = train(Project(graph, Source("diabetes", targets="value"), settings))
    assert (ended.reason, ended.node, ended.tensor) == ("diverged", "dense", "loss")
    assert "not the loss of the output 'dense'" in ended.message


def test_saving_leaves_the_old_model_or_the_new(tmp_path, monkeypatch):
    model = build(plan(analyze(PROJECTS["shared"].graph))).model
    assert keep(model, tmp_path) == str(tmp_path / "model.keras")
    before = (tmp_path / "model.keras").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept.os, "fsync", full)
    with pytest.raises(JobError, match=r"could not be saved.*No space left"):
        keep(model, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]
    assert (tmp_path / "model.keras").read_bytes() == before
    with pytest.raises(JobError, match="could not be saved"):
        keep(model, tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": replace(CANCER, name="nowhere")}, "no data source 'nowhere'"),
        ({"source": replace(CANCER, shape=(7,))}, "must multiply to 30"),
        ({"settings": Settings(optimizer=Choice("Adamm"))}, "no optimizer 'Adamm'"),
        ({"settings": Settings(metrics=("luck",))}, "no metric 'luck'"),
        ({"source": replace(CANCER, targets="integer")}, "Training failed"),
    ],
)
def test_what_cannot_be_trained_is_said_in_words(change, words):
    project = replace(PROJECTS["batch_norm"], **change)
    with pytest.raises(JobError, match=words):
        run_job(Job("r", project), lambda event: None, Control())


def test_a_run_ends_with_a_thorough_measurement_unless_somebody_waits_for_it():
    """Of a run this short it is the only one: it would have to be compiled."""
    project = PROJECTS["shared"]
    project = replace(project, settings=replace(project.settings, epochs=1, batch_size=1000))

    def last(events):
        return [event for event in events if isinstance(event, Histograms)][-1].by_node()

    events, ended = train(project, probe_seconds=60)
    assert ended.reason == "completed"
    assert last(events)["twice"].gradient_norm > 0
    events, ended = train(
        project,
        probe_seconds=60,
        on=lambda event, control: control.stop() if isinstance(event, Steps) else None,
    )
    assert ended.reason == "stopped"
    assert last(events)["twice"].gradient_norm is None
