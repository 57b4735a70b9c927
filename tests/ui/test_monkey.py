"""Anything at any time: no order of events breaks the window, the history or the file."""

import functools
import random

import pytest
from PySide6.QtWidgets import QApplication

from bnstudio.project import samples
from bnstudio.ui import app as starting
from bnstudio.ui import main_window
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.session import Session
from tests.ui.conftest import close_window
from tests.ui.monkey import ModelEngine, Monkey


@pytest.fixture
def monkey(qapp, monkeypatch):
    """Lets one loose on a window of its own: ``monkey(seed)``."""
    windows = []

    def let_loose(seed: int) -> Monkey:
        rng = random.Random(seed)
        session = functools.partial(Session, connect=lambda: ModelEngine(rng))
        monkeypatch.setattr(main_window, "Session", session)
        project = rng.choice(samples()).project if rng.random() < 0.7 else None
        window = starting.create_window(project)
        windows.append(window)
        window.session._timer.setInterval(2**30)  # it ticks when the monkey says so
        window.resize(1400, 900)
        window.show()
        QApplication.processEvents()
        return Monkey(window, seed)

    yield let_loose
    for window in windows:
        window.session.close()
        close_window(window)
    pacer()._jobs.clear()
    pacer()._timer.stop()


@pytest.mark.parametrize("seed", [1, 22])
def test_the_window_stands_two_hundred_random_events(monkey, seed):
    monkey(seed).run(200)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(100))
def test_the_window_stands_a_thousand_random_events(monkey, seed):
    monkey(seed).run(1000)
