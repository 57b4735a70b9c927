"""How long from the press of Train to the first point of a curve, with a warm engine?

In the whole window: until the frame is painted in which the curve has its first point.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from bnstudio import project
from tests.benchmarks.measure import QUICK, report, row

TARGET = 0.5
REST = 1.0
"""Seconds between two runs, in which the engine comes to rest as it does between two presses."""


def wait(application, done, seconds=120.0):
    """Runs the event loop until ``done()``."""
    from PySide6.QtCore import QEventLoop

    end = time.perf_counter() + seconds
    while not done():
        application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() > end:
            raise SystemExit("The engine has kept the window waiting for too long.")


def rest(application, seconds):
    """Runs the event loop for a while."""
    end = time.perf_counter() + seconds
    wait(application, lambda: time.perf_counter() >= end, seconds + 60)


def edit(document, **settings):
    """Changes the project's settings."""
    project = document.project
    document.edit(replace(project, settings=replace(project.settings, **settings)), "Edit")


def main() -> None:
    """Presses Train some times and stops each run once it is seen."""
    from PySide6.QtCore import QTimer

    from bnstudio.ui import app

    window = app.create_window(project.samples()[0].project)
    window.resize(1600, 1000)
    window.show()
    window.show_panel("Curves")
    application, session = app.application(), window.session
    ticking = QTimer()
    ticking.start(5)
    wait(application, lambda: session.ready)
    taken, afresh = [], []
    for turn in range(6 if QUICK else 18):
        rest(application, REST)
        if turn % 2:  # another model, of which the engine has not heard yet
            edit(window.document, batch_size=17 + turn)
        began = time.perf_counter()
        session.train()
        run = session.run
        wait(application, lambda run=run: run.done_steps or not run.live)
        # What has come is painted in the frames that follow at once.
        application.processEvents()
        (afresh if turn % 2 else taken).append(time.perf_counter() - began)
        if not run.done_steps:
            raise SystemExit(f"The run has failed: {run.message}")
        session.stop()
        wait(application, lambda run=run: not run.live)
    ticking.stop()
    session.close()
    median = statistics.median(taken)
    report([
        row("From Train to the first point of a curve, warm: median", f"{median:.2f} s",
            f"under {TARGET} s", median < TARGET),
        row("From Train to the first point of a curve, warm: longest", f"{max(taken):.2f} s"),
        row("From Train to the first point of a curve, right after an edit: median",
            f"{statistics.median(afresh):.2f} s"),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
