"""What does watching cost as the model and its data grow?

A window trains for a while in a process of its own, once for each size, and says what a measurement
of all layers costs, what comes through the pipe, and how much memory window and engine hold.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

from tests.benchmarks.measure import QUICK, report, row

LAYERS = (12, 100) if QUICK else (12, 100, 1_000)
ROWS = (1_000, 100_000) if QUICK else (1_000, 10_000, 100_000, 1_000_000)
SECONDS = 4 if QUICK else 15
ENOUGH = 2
"""Measurements that are waited for beyond that, as a large model is seldom measured."""

PATIENCE = 900
"""Seconds until the first step; Keras traces a thousand layers for minutes."""


def project_of(layers, rows):
    """Residual blocks of so many layers in all, on so many points of the plane.

    Without the shortcuts the gradients of a few hundred normalized layers overflow (Yang et al.,
    A Mean Field Theory of Batch Normalization, 2019), and the run would end with its third step.
    """
    from bnstudio.data import Source
    from bnstudio.project import Project
    from bnstudio.settings import Settings
    from tests.engine.projects import Drawing

    drawing = Drawing()
    drawing.add("Input", shape=(2,))
    drawing.add("Dense", units=16)
    trunk = drawing.last
    while len(drawing.graph.nodes) < layers - 2:
        drawing.add("BatchNormalization")
        drawing.add("Activation", activation="relu")
        drawing.add("Dense", units=16)
        trunk = drawing.add("Add", trunk, drawing.last)
    drawing.add("Activation", activation="relu")
    drawing.add("Dense", units=2, activation="softmax")
    settings = Settings(batch_size=32, epochs=1_000_000, early_stopping=None)
    return Project(drawing.graph, Source("moons", {"rows": rows}), settings)


def watch(layers, rows):
    """Trains in a window, and prints what that took."""
    import psutil
    from PySide6.QtCore import QEventLoop, QTimer

    from bnstudio.training.frames import encode
    from bnstudio.training.messages import Histograms, Started
    from bnstudio.ui import app

    window = app.create_window(project_of(layers, rows))
    window.resize(1600, 1000)
    window.show()
    application, session = app.application(), window.session
    ticking = QTimer()
    ticking.start(5)

    def wait(done, seconds):
        end = time.perf_counter() + seconds
        while not done() and time.perf_counter() < end:
            application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    wait(lambda: session.ready, PATIENCE)
    client, came = session._client, []
    poll = client.poll

    def counted():
        events = poll()
        came.extend((time.perf_counter(), event) for event in events if event is not None)
        return events

    client.poll = counted

    def measurements():
        return [(when, event.cost) for when, event in came if isinstance(event, Histograms)]

    session.train()
    run = session.run
    wait(lambda: run.done_steps or not run.live, PATIENCE)
    # What is compiled with the first measurements is over.
    wait(lambda: len(run.history.kept()) > 2 or not run.live, PATIENCE)
    if not run.live or run.history.last is None:
        raise SystemExit(f"There is no run to measure: {run.message or run.state}")
    first = next(when for when, event in came if isinstance(event, Started))
    told, before = len(came), len(measurements())
    began, steps = time.perf_counter(), run.done_steps
    wait(lambda: not run.live, SECONDS)
    wait(lambda: not run.live or len(measurements()) >= before + ENOUGH, PATIENCE)
    ended, done = time.perf_counter(), run.done_steps - steps
    if not run.live:
        raise SystemExit(f"The run has ended: {run.message}")
    seconds, arrived = ended - began, [event for _, event in came[told:]]
    engine = psutil.Process(client.pid).memory_info().rss
    held = psutil.Process().memory_info().rss
    ends = [when - first for when, _ in measurements()]
    spent = [end * (cost or 0) for end, (_, cost) in zip(ends, measurements(), strict=True)]
    # Each measurement with the pause after it, which is what it is paid for with.
    starts = [
        end - (now - then) for end, then, now in zip(ends[1:], spent, spent[1:], strict=False)
    ]
    share = (spent[-2] - spent[before - 2]) / (starts[-1] - starts[before - 2])
    session.stop()
    wait(lambda: not run.live, 60)
    ticking.stop()
    session.close()
    print(
        json.dumps(
            {
                "cost": share,
                "measured": (len(measurements()) - before) / seconds,
                "steps": done / seconds,
                "messages": len(arrived) / seconds,
                "bytes": sum(len(encode(event)) for event in arrived) / seconds,
                "engine": engine,
                "window": held,
            }
        )
    )


def ask(layers, rows):
    """The figures of one size, from a new process."""
    command = [sys.executable, "-m", "tests.benchmarks.growth", str(layers), str(rows)]
    command += ["--quick"] if QUICK else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        return row(f"{layers:,} layers, {rows:,} rows", f"failed, exit code {done.returncode}",
                   ok=False)  # fmt: skip
    found = json.loads(done.stdout.splitlines()[-1])
    value = (
        f"measuring {100 * found['cost']:.1f} %, {found['measured']:.2g} a second; "
        f"{found['steps']:,.0f} steps, {found['messages']:.0f} messages, "
        f"{found['bytes'] / 1e3:,.0f} kB a second; "
        f"engine {found['engine'] / 2**20:,.0f} MB, window {found['window'] / 2**20:,.0f} MB"
    )
    return row(f"{layers:,} layers, {rows:,} rows", value)


def main() -> None:
    """Grows the model first, then the data."""
    sizes = [(layers, ROWS[0]) for layers in LAYERS] + [(LAYERS[0], rows) for rows in ROWS[1:]]
    report([ask(*size) for size in sizes])


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    watch(*numbers) if numbers else main()
