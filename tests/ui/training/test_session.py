"""The session against a fake engine: every message, in and out of order, and the engine's death."""

import dataclasses
import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.project import Project, dumps
from bnstudio.runs.database import reading
from bnstudio.runs.run import Run
from bnstudio.training.messages import (
    Died,
    Failed,
    Finished,
    Histograms,
    Pause,
    Paused,
    Preview,
    Previewed,
    Ready,
    Resume,
    Resumed,
    Silent,
    Started,
    Steps,
    Stop,
    Train,
)
from bnstudio.ui import session
from tests.ui.training.fakes import epoch, histogram, measurement, steps, whole_run


def test_a_run_from_start_to_end(desk):
    told = {name: [] for name in ("run_started", "stepped", "epoch_ended", "measured", "run_ended")}
    for name, into in told.items():
        getattr(desk.session, name).connect(into.append)
    desk.finish_run()
    run = desk.session.run
    assert desk.states == ["ready", "running", "ready"]
    (request,) = desk.engine.sent
    assert isinstance(request, Train)
    assert request.project == dumps(desk.document.project)
    assert request.keep == str(desk.store.folder / "models" / run.id)
    assert run.state == "completed"
    assert run.model == "/kept/model.keras"
    assert len(run.steps) == 30
    assert len(run.epochs) == 3
    assert run.progress == 1.0
    assert desk.session.runs == [run]
    assert desk.session.previous is desk.document.project
    assert set(desk.session.latest) == set(desk.document.graph.nodes)
    assert told["run_started"] == told["run_ended"] == [run]
    assert len(told["epoch_ended"]) == 3
    assert told["stepped"]
    assert told["measured"][-1].step == 30
    assert desk.notes == [("good", "Run 1: completed after 3 epochs.")]


def test_many_step_messages_are_told_once_a_tick(desk, monkeypatch):
    # A busy machine would end the tick early.
    monkeypatch.setattr(session, "_BUDGET", 60.0)
    run = desk.train()
    stepped, measured = [], []
    desk.session.stepped.connect(stepped.append)
    desk.session.measured.connect(measured.append)
    messages = [steps(run, first, 1, first / 10) for first in range(50)]
    desk.tick(*messages, *(measurement(run, ("a",), n) for n in range(5)))
    assert len(stepped) == 1
    assert [m.step for m in measured] == [4]
    assert len(desk.session.run.steps) == 50
    assert desk.session.run.history.count == 5


def test_a_tick_does_a_bounded_amount_of_work(desk, monkeypatch):
    run = desk.train()
    clock = iter(range(10_000))
    monkeypatch.setattr("bnstudio.ui.session.time.perf_counter", lambda: next(clock))
    desk.engine.coming.extend(steps(run, first, 1, 0.1) for first in range(20))
    desk.session._tick()
    desk.session._timer.stop()
    assert 0 < len(desk.session.run.steps) < 20
    while desk.session._queue:
        desk.session._tick()
    assert len(desk.session.run.steps) == 20


def test_pause_resume_and_stop(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    desk.session.pause()
    assert isinstance(desk.engine.sent[-1], Pause)
    assert desk.session.state == "running"
    desk.tick(Paused(run))
    assert desk.session.state == "paused"
    assert desk.session.run.state == "paused"
    desk.session.resume()
    assert isinstance(desk.engine.sent[-1], Resume)
    desk.tick(Resumed(run))
    assert desk.session.state == "running"
    desk.session.stop()
    desk.session.stop()
    assert [type(message) for message in desk.engine.sent].count(Stop) == 1
    assert desk.session.state == "stopping"
    desk.tick(Finished(run, "stopped", 0, 1.0))
    assert desk.session.run.state == "stopped"
    assert desk.session.state == "ready"


def test_a_run_asked_for_too_early_starts_when_the_engine_is_ready(new_desk):
    desk = new_desk(ready=False)
    run = desk.train()
    assert desk.session.state == "running"
    assert desk.session.run.state == "waiting"
    assert desk.engine.sent == []
    desk.tick(Ready("3", "2"))
    assert [message.run for message in desk.engine.sent] == [run]
    desk.tick(*whole_run(run, ("a",)))
    assert desk.session.run.state == "completed"


def test_a_waiting_run_can_be_stopped(new_desk):
    desk = new_desk(ready=False)
    desk.train()
    desk.session.stop()
    assert desk.session.run.state == "stopped"
    assert desk.session.state == "starting"
    desk.tick(Ready("3", "2"))
    assert desk.engine.sent == []
    assert desk.session.state == "ready"


def test_an_error_blocks_and_is_named(desk):
    assert desk.session.blocked() is None
    desk.document.edit(Project(), "Clear")
    reason = desk.session.blocked()
    assert reason
    desk.session.train()
    assert desk.session.run is None
    assert desk.notes == [("error", reason)]


def test_a_second_run_waits_for_the_first(desk):
    desk.train()
    assert desk.session.blocked() == "A run is going on."


def test_a_failed_job_leaves_the_engine_ready(desk):
    run = desk.train()
    told = []
    desk.session.failed.connect(told.append)
    desk.tick(Failed(run, "The shapes do not fit.", "hidden_1"))
    assert desk.session.run.state == "failed"
    assert desk.session.state == "ready"
    assert told[0].node == "hidden_1"
    desk.finish_run()
    assert desk.session.run.state == "completed"
    assert len(desk.engines) == 1


def test_divergence_is_told_with_its_message(desk):
    run = desk.train()
    desk.tick(
        Started(run, 3, 10, 80, 20, (), 1),
        Finished(run, "diverged", 1, 2.0, "hidden_1", "The loss is NaN; try a lower rate."),
    )
    assert desk.session.run.state == "diverged"
    assert desk.session.run.node == "hidden_1"
    assert ("warning", "Run 1: diverged. The loss is NaN; try a lower rate.") in desk.notes


def test_death_ends_the_run_and_starts_another_engine(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    before = desk.document.project
    told = []
    desk.session.died.connect(told.append)
    desk.tick(Died("The engine was ended by SIGKILL.", "tail"))
    assert desk.session.run.state == "died"
    assert len(desk.session.run.steps) == 5
    assert told[0].detail == "tail"
    assert desk.engines[0].closed
    assert len(desk.engines) == 2
    assert desk.document.project is before
    assert desk.notes[-1][0] == "error"
    assert "SIGKILL" in desk.notes[-1][1]
    desk.finish_run()
    assert desk.session.run.state == "completed"


def test_a_waiting_run_survives_the_death_of_an_engine_that_was_still_starting(new_desk):
    desk = new_desk(ready=False)
    run = desk.train()
    desk.tick(Died("It ended while it started."))
    assert desk.session.run.state == "waiting"
    desk.tick(Ready("3", "2"))
    assert [message.run for message in desk.engine.sent] == [run]


def test_an_engine_that_never_starts_is_given_up_and_can_be_restarted(new_desk):
    desk = new_desk(ready=False)
    for _ in range(3):
        desk.tick(Died("The engine ended on its own with exit code 1."))
    assert desk.session.state == "down"
    assert len(desk.engines) == 3
    desk.ready = True
    desk.session.restart()
    desk.tick()
    assert desk.session.state == "ready"
    desk.finish_run()
    assert desk.session.run.state == "completed"


def test_an_engine_that_cannot_be_spawned_is_told_in_words(new_desk):
    desk = new_desk()

    def fail():
        raise OSError("no more processes")

    desk.session._connect = fail
    desk.session.restart()
    assert desk.session.state == "down"
    assert "no more processes" in desk.notes[-1][1]


def test_silence_is_told_and_taken_back(desk):
    run = desk.train()
    changes = []
    desk.session.answering_changed.connect(changes.append)
    desk.engine.silent = True
    desk.tick(Silent(6.0, "The engine has not answered for 5 seconds."))
    assert not desk.session.answering
    assert desk.notes[-1][0] == "warning"
    desk.engine.silent = False
    desk.tick(steps(run, 0, 1, 0.1))
    assert changes == [False, True]


def test_restart_gives_up_what_the_engine_was_doing(desk):
    desk.train()
    desk.session.restart()
    assert desk.engines[0].killed
    assert desk.engines[0].closed
    assert desk.session.run.state == "died"
    desk.tick()
    assert desk.session.state == "ready"


def test_close_ends_a_live_run(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1), steps(run, 0, 5, 1.0))
    desk.session.close()
    assert desk.engine.closed
    assert desk.session.run.state == "stopped"
    assert not desk.session._timer.isActive()


def test_what_belongs_to_another_run_changes_nothing(desk):
    run = desk.train()
    desk.tick(Started(run, 3, 10, 80, 20, (), 1))
    other = "another"
    desk.tick(*whole_run(other, ("a",)), Failed(other, "no"), Paused(other))
    assert desk.session.run.state == "running"
    assert len(desk.session.run.steps) == 0
    assert desk.session.latest == {}


def test_nothing_happens_after_the_end(desk):
    desk.finish_run()
    run = desk.session.run
    desk.tick(*whole_run(run.id, ("a",), epochs=9), Finished(run.id, "stopped", 1, 1.0))
    assert run.state == "completed"
    assert len(run.epochs) == 3


def test_preview_answers_the_last_request_only(desk):
    desk.tick()
    seen = []
    desk.session.previewed.connect(seen.append)
    desk.session.preview()
    old = desk.session.preview_id
    desk.session.preview()
    assert all(isinstance(message, Preview) for message in desk.engine.sent)
    answer = Previewed(old, 3, (), (), (), (2,), (1, 2))
    desk.tick(answer)
    assert seen == []
    assert desk.session.previewing
    newest = Previewed(desk.session.preview_id, 3, (), (), (), (2,), (1, 2))
    desk.tick(newest)
    assert seen == [newest]
    assert not desk.session.previewing


def test_a_preview_that_was_lost_with_its_engine_is_asked_for_again(desk):
    desk.tick()
    desk.session.preview()
    desk.tick(Died("gone"))
    desk.tick()
    assert [type(message) for message in desk.engine.sent] == [Preview]


def test_eta_follows_recent_speed(desk):
    run = desk.train()
    desk.tick(Started(run, 10, 100, 80, 20, (), 1))
    assert desk.session.eta is None
    # A slow start, of which nothing is foretold, and which the estimate soon has forgotten.
    for place, elapsed in enumerate((2.0, 4.0, 6.0, 8.0)):
        desk.tick(steps(run, place, 1, elapsed))
        assert desk.session.eta is None
    for place in range(4, 200):
        desk.tick(steps(run, place, 1, 8.0 + (place - 3) * 0.1))
        if place == 20:
            assert desk.session.eta == pytest.approx(980 * 0.1, rel=0.02)
    assert desk.session.eta == pytest.approx((1000 - 200) * 0.1, rel=0.02)
    assert desk.session.progress == pytest.approx(0.2)


def test_restoring_a_run_is_one_undo_step(desk):
    desk.finish_run()
    trained = desk.document.project
    desk.document.edit(dataclasses.replace(trained, title="Another"), "Rename")
    assert desk.session.restore(desk.session.runs[0])
    assert desk.document.project == trained
    assert desk.document.undo_stack.undoText() == "Restore Run 1"
    desk.document.undo_stack.undo()
    assert desk.document.project.title == "Another"


def test_deleting_can_be_taken_back_until_the_session_ends(desk):
    desk.finish_run()
    run = desk.session.run
    assert desk.session.delete(run)
    assert desk.session.runs == []
    assert list(desk.store.runs()) == []
    desk.session.undelete(run)
    assert desk.session.runs == [run]
    assert [found.id for found in desk.store.runs()] == [run.id]
    desk.session.delete(run)
    desk.session.close()
    with reading(desk.store.home.path) as connection:
        for table in ("runs", "logs", "histograms", "projects"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    assert list((desk.store.folder / "models").iterdir()) == []


def test_a_live_run_is_not_deleted(desk):
    desk.train()
    assert not desk.session.delete(desk.session.run)


def test_a_disk_that_refuses_costs_the_record_not_the_run(desk):
    desk.store.folder.write_text("not a folder")
    desk.finish_run()
    assert desk.session.run.state == "completed"
    assert desk.engine.sent[0].keep == ""
    assert any(kind == "warning" and "record" in text for kind, text in desk.notes)


FLOATS = st.one_of(st.floats(), st.sampled_from([math.nan, math.inf, -math.inf, -1.0, 1e308]))
LOGS = st.dictionaries(
    st.sampled_from(["loss", "val_loss", "accuracy", "step", "elapsed", ""]),
    st.lists(FLOATS, max_size=4).map(tuple),
    max_size=4,
)
INTS = st.integers(-3, 40)


def _events(run: str):
    return st.one_of(
        st.builds(Steps, st.just(run), INTS, LOGS, FLOATS),
        st.builds(
            lambda number, done, logs, elapsed: dataclasses_epoch(run, number, done, logs, elapsed),
            INTS,
            INTS,
            st.dictionaries(st.sampled_from(["loss", "val_loss", "epoch"]), FLOATS),
            FLOATS,
        ),
        st.builds(Started, st.just(run), INTS, INTS, INTS, INTS, st.just(("a",)), INTS),
        st.builds(Histograms, st.just(run), INTS, st.lists(st.just(histogram("a"))).map(tuple)),
        st.just(Paused(run)),
        st.just(Resumed(run)),
    )


def dataclasses_epoch(run, number, done, logs, elapsed):
    return type(epoch(run, 0, 0, 0.0))(run, number, done, logs, elapsed)


@given(st.lists(_events("r"), max_size=30))
def test_whatever_comes_a_run_stays_in_order(events):
    run = Run("r", "Run 1", "")
    for event in events:
        run.apply(event)
    assert 0.0 <= run.progress <= 1.0
    places = run.steps["step"] if len(run.steps) else []
    assert all(a < b for a, b in itertools.pairwise(places))
    assert math.isfinite(run.elapsed)
    assert run.elapsed >= 0
    assert run.done_steps >= 0
    for metric in run.metrics:
        best = run.best(metric)
        assert best is None or math.isfinite(best[1])
