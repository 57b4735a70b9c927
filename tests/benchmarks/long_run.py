"""A window open on a run of a million steps: its memory, and the frames of its curves.

The run is recorded first; the window is a process of its own, as its memory is to be told from
that of the recording. A frame is from a turn of the wheel, a drag or another smoothing until a
curve is painted; that of the export for TensorBoard is how late a timer fires meanwhile.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from bnstudio.project import Project, dumps, save
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Epoch, Finished, Histograms, Started, Steps
from tests.benchmarks.measure import QUICK, chain, milliseconds, report, row, timed
from tests.ui.training.fakes import histogram

STEPS = 100_000 if QUICK else 1_000_000
PER_EPOCH = 100
METRICS = ("loss", "accuracy", "auc", "mae")
MEMORY = 300e6
FRAME = 0.033
FRAMES = 40 if QUICK else 120


def main() -> None:
    """Records the run, and has a window of its own look at it."""
    if "--window" in sys.argv:
        look(Path(sys.argv[-1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        record(path := Path(folder, "net.bnstudio"))
        command = [sys.executable, "-m", "tests.benchmarks.long_run", "--window", str(path)]
        done = subprocess.run([*command[:3], *sys.argv[1:], *command[3:]], check=False)
    sys.exit(done.returncode)


def record(path: Path) -> None:
    """A run of as many steps as are asked for, measured ten thousand times."""
    project = Project(graph=chain(10))
    save(project, path)
    store = RunStore(path.parent / "user")
    store.follow(path)
    run = Run("long", "Run 1", dumps(project), number=1)
    recorder = store.begin(run)
    nodes = tuple(project.graph.nodes)
    random = np.random.default_rng(0)
    layers = tuple(histogram(node) for node in nodes)
    told = [Started(run.id, STEPS // PER_EPOCH, PER_EPOCH, 6400, 1600, nodes, 1000)]
    for first in range(0, STEPS, PER_EPOCH):
        noise = random.random((len(METRICS), PER_EPOCH), dtype="f4").astype(float)
        values = noise + 1 / (1 + first / 1e5)
        logs = {name: tuple(column) for name, column in zip(METRICS, values.tolist(), strict=True)}
        ends = {name: column[-1] for name, column in logs.items()}
        ends |= {f"val_{name}": value + 0.1 for name, value in ends.items()}
        done = first + PER_EPOCH
        told += [
            Steps(run.id, first, logs, done / 1e3),
            Histograms(run.id, done, layers),
            Epoch(run.id, first // PER_EPOCH, done, ends, done / 1e3),
        ]
        for event in told:
            run.apply(event)
            recorder.add(run, event)
        told = []
    run.apply(Finished(run.id, "completed", STEPS // PER_EPOCH, STEPS / 1e3))
    recorder.finish(run)
    store.close()


def look(path: Path) -> None:
    """Opens the project and its run, and moves about in the curves."""
    from PySide6.QtWidgets import QApplication

    from bnstudio.ui import app, garbage

    garbage.wait()
    window = app.create_window(start_engine=False)
    window.resize(1920, 1200)
    window.show()
    window.files.open_path(path)
    window.docks["Runs"].raise_()
    until(lambda: len(window.session.runs) == 1)
    garbage.settle()
    before = peak()
    begun = time.perf_counter()
    window.session.show(window.session.runs[0])
    window.docks["Curves"].raise_()
    curves = window.panels["Curves"]
    until(lambda: len(curves.plots) == len(METRICS))
    settle()
    shown = time.perf_counter() - begun
    frames = {
        "over all of it": zoom(curves, 1.0),
        "in a tenth": zoom(curves, 0.1),
        "in a thousandth": zoom(curves, 0.001),
        "smoothing": smooth(curves),
    }
    curves.axis.setCurrentIndex(2)
    settle()
    whole = peak()
    begun = time.perf_counter()
    lags = export(window, path.parent / "logs")
    written = time.perf_counter() - begun
    after = peak()
    window.session.close()
    rows = [
        row(f"A run of {STEPS:,} steps is read and drawn", milliseconds(shown)),
        row("Peak memory before", f"{before / 1e6:.0f} MB"),
        row("Peak memory with its curves", f"{whole / 1e6:.0f} MB", "under 300 MB", whole < MEMORY),
        row("Peak memory after an export for TensorBoard", f"{after / 1e6:.0f} MB"),
    ]
    for where, seconds in frames.items():
        p50, p95 = np.percentile(seconds, (50, 95))
        rows += [
            row(f"A frame of its curves, {where}: p50", milliseconds(p50)),
            row(f"A frame of its curves, {where}: p95", milliseconds(p95), "under 33 ms",
                bool(p95 < FRAME)),
        ]  # fmt: skip
    p50, p99 = np.percentile(lags, (50, 99))
    rows += [
        row("It is written for TensorBoard", f"{written:.1f} s"),
        row("Timer lag while it is exported for TensorBoard: p50", milliseconds(p50)),
        row("Timer lag while it is exported for TensorBoard: p99", milliseconds(p99)),
    ]
    QApplication.processEvents()
    report(rows)


def until(done) -> None:
    """Runs events until something is so."""
    from PySide6.QtWidgets import QApplication

    patience = time.monotonic() + 60
    while not done():
        if time.monotonic() > patience:
            raise SystemExit("The window did not get there in a minute.")
        QApplication.processEvents()


def settle() -> None:
    """Draws and paints all that is out of date."""
    from PySide6.QtWidgets import QApplication

    from bnstudio.ui.plots.pace import pacer

    for _ in range(3):
        QApplication.processEvents()
        pacer().flush()
    QApplication.processEvents()


def frame(act) -> float:
    """Seconds that the longest frame takes until what was done is drawn and painted everywhere.

    The pacer has one plot painted a frame, so a change of all of them takes several.
    """
    from PySide6.QtWidgets import QApplication

    from bnstudio.ui.plots.pace import pacer

    def turn() -> None:
        act()
        pacer()._beat()
        QApplication.processEvents()

    longest = timed(turn)
    act = bool  # it is done
    while pacer()._jobs:
        longest = max(longest, timed(turn))
    return longest


def zoom(curves, share: float) -> list[float]:
    """Drags the first plot about while it shows this share of the run."""
    plot = next(iter(curves.plots.values())).plot
    box, epochs = plot.box, STEPS // PER_EPOCH
    width = share * epochs
    begin = (epochs - width) / 2
    box.setXRange(begin, begin + width, padding=0)
    box.sigRangeChangedManually.emit(box.state["mouseEnabled"])
    settle()
    found = [
        frame(lambda turn=turn: box.translateBy(x=width * 0.01 * (1 if turn % 20 < 10 else -1)))
        for turn in range(FRAMES)
    ]
    found += [
        frame(lambda turn=turn: box.scaleBy(x=0.9 if turn % 2 else 1 / 0.9))
        for turn in range(FRAMES)
    ]
    plot.show_all()
    settle()
    return found


def smooth(curves) -> list[float]:
    """Moves the slider; each frame paints every curve."""
    return [
        frame(lambda turn=turn: curves.smoothing.setValue(10 + turn % 80)) for turn in range(FRAMES)
    ]


def export(window, folder: Path) -> list[float]:
    """How late a timer of 10 ms fires while the run is written for TensorBoard."""
    from PySide6.QtCore import Qt, QTimer
    from PySide6.QtWidgets import QApplication

    from bnstudio.ui.tensorboard import Export

    lags, last = [], time.perf_counter()

    def fire() -> None:
        nonlocal last
        now = time.perf_counter()
        lags.append(max(0.0, now - last - 0.010))
        last = now

    timer = QTimer(timerType=Qt.TimerType.PreciseTimer)
    timer.timeout.connect(fire)
    timer.start(10)
    job = Export(window.session.runs, window.session.store, folder, window.panels["Runs"])
    job.ended.connect(lambda *_: QApplication.quit())
    app = QApplication.instance()
    app.exec()
    timer.stop()
    return lags


def peak() -> int:
    """The most bytes that this process has held so far."""
    import psutil

    try:
        # Not `resource`: what it says of a process begins with that of its parent.
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    except OSError:
        memory = psutil.Process().memory_info()
        return getattr(memory, "peak_wset", memory.rss)


if __name__ == "__main__":
    main()
