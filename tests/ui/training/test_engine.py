"""The window's own code with the real engine: trains, measures, stops, and survives a kill."""

import dataclasses
import os
import time

import psutil
import pytest

from bnstudio.data import Source
from bnstudio.graph import Graph, Wire, add, connect
from bnstudio.project import Project
from bnstudio.runs.store import RunStore
from bnstudio.settings import Choice, Settings
from bnstudio.ui.document import Document
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.histograms import Histograms
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.session import Session

pytestmark = pytest.mark.engine

LONG = 60_000


def project(epochs: int = 2) -> Project:
    """A small net with a BatchNormalization on generated points."""
    graph, last = Graph(), ""
    for kind, params in (
        ("Input", {"shape": (2,)}),
        ("Dense", {"units": 8}),
        ("BatchNormalization", {}),
        ("Activation", {"activation": "relu"}),
        ("Dense", {"units": 2, "activation": "softmax"}),
    ):
        graph, id = add(graph, kind, params=params)
        graph = connect(graph, Wire(last, 0, id, 0)) if last else graph
        last = id
    return Project(
        graph,
        Source("moons", {"rows": 200}),
        Settings(Choice("Adam"), Choice("SparseCategoricalCrossentropy"), epochs=epochs),
    )


@pytest.fixture(scope="module")
def session(qapp, tmp_path_factory, warm_engines):
    """One session, and one engine as long as nobody kills it."""
    document = Document(project())
    session = Session(document, store=RunStore(tmp_path_factory.mktemp("runs")))
    yield session
    session.close()
    session.deleteLater()
    document.deleteLater()


def wait_ready(qtbot, session) -> None:
    qtbot.waitUntil(lambda: session.state == "ready", timeout=LONG)


def train(qtbot, session, epochs: int = 2) -> None:
    settings = dataclasses.replace(session.document.project.settings, epochs=epochs)
    session.document.edit(
        dataclasses.replace(session.document.project, settings=settings), "Set epochs"
    )
    session.train()
    assert session.run is not None


def test_it_trains_and_every_step_is_drawn(session, qtbot):
    curves = Curves(session.document, session)
    histograms = Histograms(session.document, session)
    for panel in (curves, histograms):
        qtbot.addWidget(panel)
        panel.resize(700, 300)
        panel.show()
    wait_ready(qtbot, session)
    train(qtbot, session)
    qtbot.waitUntil(lambda: not session.live, timeout=LONG)
    run = session.run
    pacer().flush()
    assert run.state == "completed"
    assert len(run.steps) == run.total_steps == 10
    assert len(run.epochs) == 2
    assert len(curves.plots["loss"].lines["batch"].x) == 10
    assert len(curves.plots["loss"].lines["validation"].x) == 2
    nodes = tuple(session.document.graph.nodes)
    assert tuple(session.latest) == nodes
    assert [place.node for place in histograms.multiples.multiples] == list(nodes)
    assert os.path.getsize(run.model) > 1000


def test_the_rows_are_shown_without_scikit_learn_in_the_window(session, qtbot):
    wait_ready(qtbot, session)
    with qtbot.waitSignal(session.previewed, timeout=LONG) as heard:
        session.preview()
    (previewed,) = heard.args
    assert previewed.rows == 200
    assert sum(previewed.counts) == 200


def test_pause_holds_and_stop_keeps(session, qtbot):
    wait_ready(qtbot, session)
    train(qtbot, session, epochs=100_000)
    run = session.run
    qtbot.waitUntil(lambda: len(run.epochs) > 1, timeout=LONG)
    session.pause()
    qtbot.waitUntil(lambda: session.state == "paused", timeout=LONG)
    session.resume()
    qtbot.waitUntil(lambda: session.state == "running", timeout=LONG)
    session.stop()
    qtbot.waitUntil(lambda: not session.live, timeout=LONG)
    assert run.state == "stopped"
    assert os.path.getsize(run.model) > 1000


def test_a_killed_engine_is_reported_within_a_second_and_the_next_run_works(session, qtbot):
    wait_ready(qtbot, session)
    train(qtbot, session, epochs=100_000)
    lost = session.run
    qtbot.waitUntil(lambda: len(lost.steps) > 20, timeout=LONG)
    before = session.document.project
    started = time.perf_counter()
    with qtbot.waitSignal(session.died, timeout=5_000) as heard:
        psutil.Process(session._client.pid).kill()
    assert time.perf_counter() - started < 1.0
    assert "The engine" in heard.args[0].message
    assert os.name == "nt" or "SIGKILL" in heard.args[0].message
    assert lost.state == "died"
    assert session.document.project is before
    train(qtbot, session)
    qtbot.waitUntil(lambda: not session.live, timeout=LONG)
    assert session.run is not lost
    assert session.run.state == "completed"
