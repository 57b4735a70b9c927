"""A window off screen that trains again and again, and says what it was told; it is killed.

``python -m tests.runs.studio PROJECT RUNS`` is the program's own window on a project file. It lists
the ``RUNS`` runs beside it, trains, and trains again after each run, while it prints a JSON object
a line: ``say`` is what there is to tell, ``at`` when it was so, and the rest what it knew then.
"""

import json
import sys
import time
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from bnstudio.ui import app
from bnstudio.ui.main_window import MainWindow


class Driver:
    """Waits for the window, and does with it what a user would."""

    def __init__(self, path: Path, runs: int) -> None:
        self.path, self.runs = path, runs
        self.timer = QTimer(interval=20)
        self.timer.timeout.connect(self.look)
        self.timer.start()

    def look(self) -> None:
        windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
        if not windows or windows[0].document.path is None:
            return
        self.timer.stop()
        window = windows[0]
        assert window.document.path == self.path
        session = self.session = window.session
        session.runs_changed.connect(self.listed)
        session.stepped.connect(lambda _: self.say("got"))
        session.measured.connect(lambda _: self.say("got"))
        session.epoch_ended.connect(lambda _: self.say("got"))
        session.died.connect(lambda _: self.say("died"))
        session.run_ended.connect(lambda _: self.say("ended"))
        # Later, as a user would: the session is still busy with the end of this one.
        session.run_ended.connect(lambda _: QTimer.singleShot(0, self.train))
        window.docks["Runs"].show()
        window.docks["Runs"].raise_()

    def listed(self) -> None:
        if len(self.session.runs) >= self.runs:
            self.session.runs_changed.disconnect(self.listed)
            self.say("listed", runs={run.id: run.state for run in self.session.runs})
            self.train()

    def train(self) -> None:
        self.session.train()
        self.say("train", state=self.session.state)

    def say(self, what: str, **more) -> None:
        run, client = self.session.run, self.session._client
        told = {"say": what, "at": time.monotonic(), "engine": client.pid if client else None}
        if run is not None:
            told |= {"run": run.id, "state": run.state, "steps": len(run.steps)}
            told |= {"epochs": len(run.epochs), "measured": run.history.count}
        sys.stdout.write(json.dumps(told | more) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    app.application()
    driver = Driver(Path(sys.argv[1]), int(sys.argv[2]))
    sys.exit(app.run(sys.argv[1]))
