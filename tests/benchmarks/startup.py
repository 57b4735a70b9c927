"""How long until the window is seen, against a bare window of PySide6 and pyqtgraph?

Both are new processes that write a line once they have painted their first frame. They take turns,
so that whatever else the machine does falls on both, and both find their modules compiled.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from threading import Timer

from bnstudio import project
from tests.benchmarks.measure import QUICK, report, row

TARGET = 1.5

_SEEN = """
from PySide6.QtCore import QEvent, QObject, QTimer

class Seen(QObject):
    def eventFilter(self, thing, event):
        if event.type() == QEvent.Type.Paint:
            app.removeEventFilter(self)
            # Once the event loop is back, every widget has painted its part of the frame.
            QTimer.singleShot(0, lambda: print("seen", flush=True))
        return False

seen = Seen()
"""

BARE = (
    _SEEN
    + """
import pyqtgraph
from PySide6.QtWidgets import QApplication, QMainWindow

app = QApplication([])
window = QMainWindow()
plot = pyqtgraph.PlotWidget()
plot.plot([1, 3, 2, 4])
window.setCentralWidget(plot)
window.resize(1600, 1000)
app.installEventFilter(seen)
window.show()
app.exec()
"""
)

STUDIO = (
    _SEEN
    + """
import sys
from bnstudio.main import main
from bnstudio.ui.app import application

app = application()
app.installEventFilter(seen)
main(sys.argv[1:])
"""
)

SAMPLE = (
    STUDIO.replace("installEventFilter(seen)", "installEventFilter(drawn)")
    .replace("seen = Seen()", """
class Drawn(Seen):
    def eventFilter(self, thing, event):
        from bnstudio.ui.canvas.scene import Scene
        if event.type() == QEvent.Type.Paint:
            view = thing.parent()
            if isinstance(scene := getattr(view, "drawing", None), Scene) and scene.nodes:
                return super().eventFilter(thing, event)
        return False

seen = drawn = Drawn()
""").replace("removeEventFilter(self)", "removeEventFilter(seen)")
)  # fmt: skip
"""The same, until the first frame that has the drawing in it."""


def seconds_until_seen(code: str) -> float:
    """From the start of the process to its first frame."""
    start = time.perf_counter()
    path = str(project.samples()[0].path)
    process = subprocess.Popen(
        [sys.executable, "-c", code, path], stdout=subprocess.PIPE, text=True
    )
    patience = Timer(60, process.kill)
    patience.start()
    line = process.stdout.readline()
    taken = time.perf_counter() - start
    patience.cancel()
    process.kill()
    process.wait()
    if line.strip() != "seen":
        raise SystemExit("The window was never seen.")
    return taken


def main() -> None:
    """Takes the medians of both."""
    bare, studio, sample = [], [], []
    for code in (BARE, STUDIO, SAMPLE):
        seconds_until_seen(code)  # the first start reads the disk
    for _ in range(3 if QUICK else 11):
        bare.append(seconds_until_seen(BARE))
        studio.append(seconds_until_seen(STUDIO))
        sample.append(seconds_until_seen(SAMPLE))
    base, ours = statistics.median(bare), statistics.median(studio)
    ratio = ours / base
    report([
        row("Bare PySide6 and pyqtgraph window, seen after", f"{base:.2f} s"),
        row("The studio, seen after", f"{ours:.2f} s"),
        row("The studio with a sample drawn, seen after", f"{statistics.median(sample):.2f} s"),
        row("Ratio of the two", f"{ratio:.2f}", f"at most {TARGET}", ratio <= TARGET),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
