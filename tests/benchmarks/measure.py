"""What the questions share: rows of the table, chains of layers, and a window that is drawn."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING

from bnstudio.graph import Graph, Node, Wire
from bnstudio.project import Project

if TYPE_CHECKING:
    from bnstudio.ui.main_window import MainWindow

QUICK = "--quick" in sys.argv

_BLOCK = (
    ("Dense", {"units": 64}),
    ("BatchNormalization", {}),
    ("Activation", {"activation": "relu"}),
)


def row(what: str, value: str, target: str = "", ok: bool | None = None) -> dict:
    """A line of the table; ``ok`` is None for one that only informs."""
    return {"what": what, "value": value, "target": target, "ok": ok}


def report(rows: list[dict]) -> None:
    """Hands the answers to the program that asked."""
    print(json.dumps(rows))


def milliseconds(seconds: float) -> str:
    """As it stands in the table."""
    return f"{1000 * seconds:.1f} ms"


def chain(length: int) -> Graph:
    """An Input and Dense, BatchNormalization, Activation over and over: ``length`` nodes."""
    nodes = {"n0": Node("n0", "Input", "input", {"shape": (30,)})}
    for index in range(1, length):
        type, params = _BLOCK[index % 3]
        id = f"n{index}"
        nodes[id] = Node(id, type, f"{type.lower()}_{index}", params, 0.0, 110.0 * index)
    wires = tuple(Wire(f"n{index}", 0, f"n{index + 1}", 0) for index in range(length - 1))
    return Graph(nodes, wires)


def window() -> MainWindow:
    """The whole studio without its engine, shown, drawn and settled as ``run`` leaves it."""
    from bnstudio.ui import app, garbage

    made = app.create_window(start_engine=False)
    made.resize(1600, 1000)
    made.show()
    made.document.open(Project(graph=chain(10)), None)
    draw(made)
    garbage.settle()
    return made


def draw(window: MainWindow) -> None:
    """Runs what is due, and paints the whole drawing and all else that is out of date."""
    from PySide6.QtWidgets import QApplication

    window.canvas.viewport().update()
    QApplication.processEvents()
    # What the first round of layouts and paints has asked for in turn.
    QApplication.processEvents()


def calm(window: MainWindow, seconds: float) -> float:
    """Lets pass what was put off until the edits pause: the longest that any of it took."""
    from PySide6.QtWidgets import QApplication

    longest = 0.0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        longest = max(longest, timed(QApplication.processEvents))
        time.sleep(0.002)
    return longest


def timed(function, *arguments) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start
