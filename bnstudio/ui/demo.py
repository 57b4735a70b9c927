"""The studio's own job without a display: open the sample, train it, leave what came of it.

``bnstudio demo`` and, where there is no display, ``make run``. It is the real window with its own
session, painted into memory; nothing here trains or draws by other means.
"""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio import project as projects
from bnstudio.exporters.keras_script import render

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

    from bnstudio.runs.run import Run
    from bnstudio.ui.main_window import MainWindow

SIZE = (1600, 1000)
PATIENCE = 300.0
"""Seconds after which the demo gives up."""

SETTLED = 700
"""Milliseconds after which plots that are paced, or moving, stand still."""

_FOLDERS = (
    "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME",
    "WIN_PD_OVERRIDE_LOCAL_APPDATA",
)  # fmt: skip
"""The variables that say where the user's folders are; the last is for Windows."""


class DemoError(Exception):
    """The demo could not do its job; the text says why."""


def demo(folder: Path = Path("bnstudio-demo"), patience: float = PATIENCE) -> int:
    """Trains the first sample in a window off screen and leaves pictures, script and run.

    Args:
        folder: Where they go; made if it is not there.
        patience: Seconds after which it gives up.

    Returns:
        0, or 1 after a sentence that says what went wrong.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in _leave(folder, patience):
            print(path)
    except (DemoError, projects.ProjectError, OSError, ImportError) as error:
        # An import fails where Qt misses a library of the system, or is a release that is refused.
        print(f"The demo failed: {error}", file=sys.stderr)
        return 1
    return 0


def _leave(folder: Path, patience: float) -> list[Path]:
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # Windows does not remove what is still open.
    with tempfile.TemporaryDirectory(prefix="bnstudio-demo-", ignore_cleanup_errors=True) as home:
        # The user's layout, recent files and runs are neither needed nor added to.
        for variable in _FOLDERS:
            os.environ[variable] = home

        from PySide6.QtCore import qInstallMessageHandler

        from bnstudio.ui import app

        qInstallMessageHandler(_pass_on)
        sample = projects.samples()[0]
        print(f"Opening the sample {sample.title!r} off screen.", flush=True)
        window = app.create_window(sample.project)
        try:
            return _job(window, folder, patience)
        finally:
            window.session.close()


def _pass_on(_kind: object, _context: object, text: str) -> None:
    """Prints what Qt says, but for what its off-screen platform says of every window."""
    if "This plugin does not support" not in text:
        print(text, file=sys.stderr)


def _job(window: MainWindow, folder: Path, patience: float) -> list[Path]:
    window.resize(*SIZE)
    window.show()
    window.docks["Histograms"].raise_()
    middle, run = _train(window, patience)
    values = ", ".join(f"{name} {run.epochs[name][-1]:.4f}" for name in _logged(run))
    print(f"Trained {len(run.epochs)} epochs in {run.elapsed:.1f} s: {values}.", flush=True)
    during, end = folder / "during.png", folder / "end.png"
    script, curves = folder / "model.py", folder / "run.csv"
    _save(middle, during)
    window.docks["Curves"].raise_()
    _let_paint(SETTLED)
    _save(window.grab(), end)
    projects.write_atomic(script, render(window.document.project).text.encode())
    projects.write_atomic(curves, _curves(run).encode())
    return [during, end, script, curves]


def _train(window: MainWindow, patience: float) -> tuple[QPixmap, Run]:
    """Trains with the window's own session; a picture from the middle, and the run."""
    from PySide6.QtCore import QEventLoop, QTimer

    session = window.session
    loop = QEventLoop()
    pictures: list[QPixmap] = []
    faults: list[str] = []

    def picture(run: Run) -> None:
        # One early, for a run that early stopping ends before its middle, and one from there.
        due = run.progress > 0.5 * len(pictures)
        if run.live and run.history.count and due and len(pictures) < 2:
            pictures.append(window.grab())

    def give_up() -> None:
        faults.append(f"it was not done within {patience:.0f} seconds.")
        loop.quit()

    timer = QTimer(singleShot=True, interval=int(1000 * patience))
    timer.timeout.connect(give_up)
    session.epoch_ended.connect(picture)
    session.run_ended.connect(loop.quit)
    session.note.connect(lambda text, kind: faults.append(text) if kind == "error" else None)
    timer.start()
    session.train()
    if session.live:
        loop.exec()
    timer.stop()
    run = session.run
    if faults:
        raise DemoError(faults[0])
    if run is None or run.state not in {"completed", "early"}:
        raise DemoError(
            f"the run ended as {run.state!r}. {run.message}" if run else "no run began."
        )
    if not pictures:
        raise DemoError("the run was over before a picture of it could be taken.")
    return pictures[-1], run


def _let_paint(milliseconds: int) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    from bnstudio.ui.plots.pace import pacer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    pacer().flush()  # on a busy machine a plot may still wait for its turn


def _save(picture: QPixmap, path: Path) -> None:
    if not picture.save(str(path)):
        raise DemoError(f"{path} could not be written.")


def _logged(run: Run) -> list[str]:
    return [name for name in run.epochs if name not in {"epoch", "step", "elapsed"}]


def _curves(run: Run) -> str:
    """The run's epochs as CSV, in full precision."""
    text = io.StringIO()
    names = ["epoch", *_logged(run)]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for row in zip(*(run.epochs[name].tolist() for name in names), strict=True):
        writer.writerow([int(row[0]), *(repr(value) for value in row[1:])])
    return text.getvalue()
