"""A run that was broken off and goes on is an unbroken one, to the bit."""

import functools
import random
from dataclasses import replace

import keras
import msgspec
import numpy as np
import pytest

from bnstudio.engine import checkpoints
from bnstudio.engine.control import Control
from bnstudio.engine.errors import JobError
from bnstudio.engine.fit import Job, run_job
from bnstudio.project import dumps
from bnstudio.runs.run import Run
from bnstudio.settings import Choice, EarlyStopping, ReduceLROnPlateau
from bnstudio.training.checkpoint import BEST, LAST, read
from bnstudio.training.client import Client
from bnstudio.training.messages import (
    Died,
    Epoch,
    Failed,
    Finished,
    LearningRateChanged,
    Noted,
    Started,
    Steps,
    Train,
)
from tests.engine.projects import PROJECTS, chain

COSINE = {
    "class_name": "CosineDecay",
    "config": {"initial_learning_rate": 0.1, "decay_steps": 25, "warmup_steps": 3,
               "warmup_target": 0.2},
}  # fmt: skip
PLATEAU = ReduceLROnPlateau("val_loss", factor=0.5, patience=1, min_delta=10.0, cooldown=1)
RECURRENT = chain(
    ("Input", {"shape": (8, 8)}),
    ("SimpleRNN", {"units": 4, "dropout": 0.2, "recurrent_dropout": 0.2}),
    ("Dense", {"units": 10, "activation": "softmax"}),
)


def project(name, epochs, optimizer, **changes):
    found = PROJECTS[name]
    settings = replace(found.settings, epochs=epochs, optimizer=optimizer, **changes)
    return replace(found, settings=settings)


CASES = {
    "batch norm, dropout and noise": project("batch_norm", 4, Choice("Adam")),
    "a schedule and class weights": project(
        "nested",
        4,
        Choice("SGD", {"learning_rate": COSINE, "momentum": 0.9, "nesterov": True}),
        class_weight="balanced",
    ),
    "a plateau": project("shared", 6, Choice("Nadam"), reduce_lr=PLATEAU, batch_size=128),
    "an early stop that restores": project(
        "batch_norm",
        30,
        Choice("Adafactor", {"learning_rate": 0.5}),
        # Nothing improves by so much: the first epoch is the best, and its weights come back.
        early_stopping=EarlyStopping("val_loss", 10.0, 4),
    ),
    "an average of the weights, accumulated": project(
        "shared",
        4,
        Choice("Lion", {"use_ema": True, "gradient_accumulation_steps": 3}),
        validation_split=0.0,
    ),
    "a recurrent one": replace(
        project("recurrent", 3, Choice("Muon"), reduce_lr=PLATEAU, batch_size=256), graph=RECURRENT
    ),
}


MEASURED = {"batch norm, dropout and noise", "a schedule and class weights", "a recurrent one"}
"""Those with statistics, seeds and a count of steps: measuring has to leave them as they are."""


def train(project, folder, *, on=lambda event, control: None, checkpoint="", measured=False):
    """Runs a project; its events, how it ended and the random state that it leaves behind."""
    folder.mkdir(exist_ok=True)
    events, control = [], Control()

    def send(event):
        events.append(event)
        on(event, control)

    seconds = 0.02 if measured else 0.0
    job = Job("r", project, probe_seconds=seconds, keep=str(folder), checkpoint=checkpoint)
    ended = run_job(job, send, control)
    drawn = random.getstate(), np.random.get_state()[1].tolist()
    return events, ended, drawn


def stop_in(epoch):
    """Ends a run after so many epochs: in the next one, before a step that might be its last."""

    def stop(event, control):
        if isinstance(event, Epoch) and event.epoch == epoch - 1:
            control.stop()

    return stop


def logs(events):
    return [(event.epoch, event.steps_done, event.logs, event.learning_rate)
            for event in events if isinstance(event, Epoch)]  # fmt: skip


def losses(events):
    found = {}
    for event in events:
        if isinstance(event, Steps):
            found |= dict(enumerate(event.logs["loss"], event.first))
    return found


def state(folder, name=LAST):
    """All that a checkpoint holds but the time that it took."""
    kept = read(folder / name)
    head = {key: value for key, value in vars_of(kept.head).items() if key != "elapsed"}
    return (
        head,
        logs(kept.epochs),
        {key: (a.dtype, a.shape, a.tobytes()) for key, a in kept.arrays.items()},
    )


def build_plain(project):
    """Keras's own ``fit``, with the rate set to 0.25 after the first epoch."""
    from bnstudio import data
    from bnstudio.exporters.keras_script import render

    settings = project.settings
    names = {"__name__": "script"}
    exec(compile(render(project).text, "<script>", "exec"), names)
    keras.utils.set_random_seed(settings.seed)
    rows = data.prepare(project.source, settings.seed, settings.validation_split)
    model = names["build_model"]()
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=settings.metrics)
    change = keras.callbacks.LearningRateScheduler(lambda epoch, rate: 0.25 if epoch else rate)
    history = model.fit(
        rows.x_train,
        rows.y_train,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        callbacks=[change],
        verbose=0,
    )
    return history.history["loss"], [np.asarray(weight).tobytes() for weight in model.weights]


def vars_of(struct):
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def weights(end):
    model = keras.models.load_model(end.model, compile=False)
    return [np.asarray(weight).tobytes() for weight in model.weights]


@pytest.mark.parametrize("name", CASES)
def test_a_run_that_goes_on_is_an_unbroken_one(name, tmp_path):
    run = functools.partial(train, CASES[name], measured=name in MEASURED)
    wanted, end, drawn = run(tmp_path / "unbroken", measured=False)
    broken, stopped, _ = run(tmp_path / "broken", on=stop_in(2))
    assert (stopped.reason, stopped.epochs) == ("stopped", 2)
    checkpoint = tmp_path / "broken" / LAST
    assert read(checkpoint).head.epochs == 2
    rest, ended, left = run(tmp_path / "broken", checkpoint=str(checkpoint))

    started = next(event for event in rest if isinstance(event, Started))
    assert (started.epochs_done, started.steps_done) == (2, 2 * started.steps)
    assert logs(broken) + logs(rest) == logs(wanted)
    assert losses(broken) | losses(rest) == losses(wanted)
    assert min(losses(rest)) == started.steps_done
    assert (ended.reason, ended.epochs) == (end.reason, end.epochs)
    assert (end.reason == "early") == (CASES[name].settings.early_stopping is not None)
    assert weights(ended) == weights(end)
    for kept in (LAST, BEST):
        assert state(tmp_path / "broken", kept) == state(tmp_path / "unbroken", kept)
    assert left == drawn


def test_a_completed_run_goes_on_for_more_epochs(tmp_path):
    """The weights that it ended with are not those that it goes on from: an average is not."""
    whole = CASES["an average of the weights, accumulated"]
    short = replace(whole, settings=replace(whole.settings, epochs=2))
    wanted, end, _ = train(whole, tmp_path / "whole")
    first, ended, _ = train(short, tmp_path / "short")
    assert (ended.reason, ended.epochs) == ("completed", 2)
    checkpoint = str(tmp_path / "short" / LAST)
    fewer = replace(whole, settings=replace(whole.settings, epochs=1))
    with pytest.raises(JobError, match="nothing left to train: 2 epochs are done, and 1 are asked"):
        train(fewer, tmp_path / "short", checkpoint=checkpoint)
    rest, ended, _ = train(whole, tmp_path / "short", checkpoint=checkpoint)
    assert logs(first) + logs(rest) == logs(wanted)
    assert (ended.reason, weights(ended)) == ("completed", weights(end))


def test_the_learning_rate_is_changed_between_two_steps_and_the_checkpoint_has_it(tmp_path):
    found = replace(PROJECTS["shared"], settings=replace(PROJECTS["shared"].settings, epochs=4))

    def change(event, control):
        if isinstance(event, Epoch) and event.epoch == 0:
            control.set_rate(0.25)
            control.pause()
        if isinstance(event, LearningRateChanged):
            control.resume()

    wanted, end, _ = train(found, tmp_path / "a", on=change)
    (changed,) = [event for event in wanted if isinstance(event, LearningRateChanged)]
    assert (changed.step, changed.value) == (8, 0.25)
    rate = float(np.float32(0.001))
    assert [rate for *_, rate in logs(wanted)] == [rate, 0.25, 0.25, 0.25]

    stop = stop_in(3)

    def stop_later(event, control):
        change(event, control)
        stop(event, control)

    broken, *_ = train(found, tmp_path / "b", on=stop_later)
    rest, ended, _ = train(found, tmp_path / "b", checkpoint=str(tmp_path / "b" / LAST))
    assert next(event for event in rest if isinstance(event, Started)).learning_rate == 0.25
    assert logs(broken) + logs(rest) == logs(wanted)
    assert weights(ended) == weights(end)

    # Keras's own numbers: a callback that sets the rate after the first epoch does the same.
    plain, by_keras = build_plain(found)
    assert plain == [logged["loss"] for _, _, logged, _ in logs(wanted)]
    assert by_keras == weights(end)


def test_a_schedule_is_not_overruled(tmp_path):
    found = CASES["a schedule and class weights"]
    found = replace(found, settings=replace(found.settings, epochs=2))

    def change(event, control):
        if isinstance(event, Epoch) and event.epoch == 0:
            control.set_rate(0.25)

    events, *_ = train(found, tmp_path, on=change)
    (note,) = [event for event in events if isinstance(event, Noted)]
    assert "schedule" in note.message
    assert not any(isinstance(event, LearningRateChanged) for event in events)
    assert next(event for event in events if isinstance(event, Started)).scheduled
    schedule = keras.optimizers.schedules.CosineDecay(**COSINE["config"])
    rates = [event.learning_rate for event in events if isinstance(event, Epoch)]
    assert rates == [float(schedule(step)) for step in (8, 16)]


def test_what_does_not_fit_is_refused_in_words(tmp_path):
    shared = PROJECTS["shared"]
    short = replace(shared, settings=replace(shared.settings, epochs=1))
    train(short, tmp_path)
    checkpoint = tmp_path / LAST
    wider = replace(shared, graph=chain(("Input", {"shape": (30,)}), ("Dense", {"units": 2})))
    sgd = replace(shared, settings=replace(shared.settings, optimizer=Choice("SGD")))
    early = replace(shared, settings=replace(shared.settings, early_stopping=EarlyStopping()))
    for other in (wider, sgd, early):
        with pytest.raises(JobError, match="another model or of other training settings"):
            train(other, tmp_path / "other", checkpoint=str(checkpoint))
    checkpoint.write_bytes(checkpoint.read_bytes()[:-40])
    with pytest.raises(JobError, match=r"The run cannot go on\. The checkpoint .* cannot be read"):
        train(shared, tmp_path / "other", checkpoint=str(checkpoint))
    with pytest.raises(JobError, match="There is no checkpoint"):
        train(shared, tmp_path / "other", checkpoint=str(tmp_path / "nowhere"))


def test_a_disk_that_is_full_is_told_once_and_does_not_end_the_run(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoints.files.os, "replace", full)
    events = []
    checkpoint = checkpoints.Checkpoints(str(tmp_path), tiny(), [], events.append)
    for epoch in range(3):
        checkpoint.take(Epoch("r", epoch, epoch + 1, {"loss": 1.0 / (1 + epoch)}, 1.0))
    (note,) = events
    assert "No space left" in note
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_are_written_seldom_and_at_the_end(tmp_path, monkeypatch):
    taken = checkpoints.Checkpoints(str(tmp_path), tiny(), [], pytest.fail)
    clock = [100.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: clock[0])
    written = []
    for epoch, loss in enumerate((3.0, 1.0, 2.0, 2.0)):
        taken.take(Epoch("r", epoch, epoch + 1, {"loss": loss}, float(epoch)))
        written.append((read(tmp_path / LAST).head.epochs, read(tmp_path / BEST).head.epochs))
        clock[0] += 0.6 * checkpoints.EVERY
    assert written == [(1, 1), (1, 1), (3, 2), (3, 2)]
    taken.write()
    assert (read(tmp_path / LAST).head.epochs, read(tmp_path / BEST).head.epochs) == (4, 2)
    assert read(tmp_path / LAST).head.best == 1.0


def tiny():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.optimizer.build(model.trainable_variables)
    return model


def run_through(client, events, until):
    """Adds what the engine says to ``events``, up to and with the first that ``until`` is for."""
    while True:
        found = client.wait(60.0)
        assert found, "the engine says nothing"
        events += found
        if any(until(event) for event in found):
            return


@pytest.mark.engine
@pytest.mark.usefixtures("warm_engines")
@pytest.mark.timeout(240)
def test_another_engine_goes_on_with_what_a_killed_one_has_left(tmp_path):
    """SIGKILL in the middle of an epoch; the record that the window has is taken back to it."""
    found = CASES["batch norm, dropout and noise"]
    found = replace(found, settings=replace(found.settings, epochs=40, batch_size=8))
    got, rest, whole, run = [], [], Run("r", "", ""), Run("r", "", "")
    (tmp_path / "b").mkdir()
    with Client() as client:
        client.send(Train("r", dumps(found), probe_seconds=0, keep=str(tmp_path / "b")))
        run_through(client, got, lambda event: isinstance(event, Epoch) and event.epoch >= 1)
        client.kill()
        run_through(client, got, lambda event: isinstance(event, Died))
    for event in got:
        run.apply(event)
    assert run.state == "died"
    checkpoint = tmp_path / "b" / LAST
    kept = read(checkpoint)
    assert 1 <= kept.head.epochs <= len(run.epochs) < 40
    run.rewind(kept.epochs)
    request = Train("r", dumps(found), probe_seconds=0, keep=str(tmp_path / "b"))
    with Client() as client:
        client.send(msgspec.structs.replace(request, checkpoint=str(checkpoint)))
        run_through(client, rest, lambda event: isinstance(event, Finished | Failed))
    wanted, end, _ = train(found, tmp_path / "a")
    for event in rest:
        run.apply(event)
    for event in (*wanted, end):
        whole.apply(event)
    assert (run.state, len(run.epochs)) == ("completed", 40)
    for one, other in ((run.steps, whole.steps), (run.epochs, whole.epochs)):
        for name in set(other) - {"elapsed"}:
            np.testing.assert_array_equal(one[name], other[name])
    assert state(tmp_path / "a") == state(tmp_path / "b")
    assert weights(rest[-1]) == weights(end)
