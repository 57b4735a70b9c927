"""How long does one edit take in a graph of 1,000 nodes, to finished diagnostics and redraw?

In the whole window, at the zoom in which one works, with every panel open: as it is at first, with
a layer selected in the inspector, and with the panels in front that show every layer.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from bnstudio.graph import Node
from bnstudio.project import Project
from tests.benchmarks.measure import (
    QUICK,
    calm,
    chain,
    draw,
    milliseconds,
    report,
    row,
    timed,
    window,
)

TARGET = 0.016
LENGTH = 1_000
MIDDLE = "n500"
AFTER = 0.4


def changed(graph, id, **fields):
    """The graph with other fields in one of its nodes."""
    node = graph.nodes[id]
    return replace(graph, nodes={**graph.nodes, node.id: replace(node, **fields)})


def argument(graph, turn):
    """Another number of units in the middle of the chain."""
    return changed(graph, "n501", params={"units": 65 + turn})


def early_argument(graph, turn):
    """Another number of units at the beginning."""
    return changed(graph, "n3", params={"units": 65 + turn})


def move(graph, turn):
    """A node dragged aside."""
    return changed(graph, MIDDLE, x=float(10 + turn))


def add(graph, turn):
    """A node that is not wired yet."""
    node = Node(f"added{turn}", "Dense", f"added_{turn}", {"units": 8}, 300.0, 100.0 * turn)
    return replace(graph, nodes={**graph.nodes, node.id: node})


def unwire(graph, turn):
    """A wire taken away in the middle of the chain."""
    middle = LENGTH // 2 + turn
    return replace(graph, wires=graph.wires[:middle] + graph.wires[middle + 1 :])


EDITS = {
    "an argument in the middle": argument,
    "an argument at the beginning": early_argument,
    "a move": move,
    "a new node": add,
    "a wire removed": unwire,
}

FRONTS = {
    "": (),
    ", Layers and Code in front": ("Layers", "Code"),
    ", Histograms and Settings in front": ("Histograms", "Settings"),
}
"""What else is brought to the front; at first that are Problems and the inspector."""


def times(shown, start, edit, name, selected=()):
    """Seconds of several edits by the clock and of CPU, and the longest task after any of them."""
    taken, busy = [], 0.0
    for turn in range(5 if QUICK else 15):
        shown.document.open(Project(graph=start), None)
        shown.document.select(selected)
        shown.canvas.set_zoom(1.0)
        shown.canvas.centerOn(0.0, 55.0 * LENGTH)
        calm(shown, AFTER)
        after = edit(start, turn)
        before = shown.document.diagnostics

        def apply(after=after):
            shown.document.edit(after, name)
            draw(shown)

        used = time.process_time()
        seconds = timed(apply)
        taken.append((seconds, time.process_time() - used))
        if shown.document.graph is not after or shown.document.diagnostics is before:
            raise SystemExit("The edit has not reached the diagnostics.")
        busy = max(busy, calm(shown, AFTER))
    return taken, busy


def main() -> None:
    """Times each kind of edit with each set of panels in front."""
    shown = window()
    start = chain(LENGTH)
    rows, later = [], 0.0
    for front, titles in FRONTS.items():
        for title in titles:
            shown.show_panel(title)
        for name, edit in EDITS.items():
            taken, busy = times(shown, start, edit, name)
            rows.append(_row(f"{name}{front}", taken))
            later = max(later, busy)
    shown.reset_layout()
    taken, busy = times(shown, start, argument, "an argument", ("n501",))
    rows.append(_row("an argument of the selected layer", taken))
    later = max(later, busy)
    rows.append(row("Longest the window was busy after any of these", milliseconds(later)))
    report(rows)
    shown.session.close()


def _row(what, taken):
    # Where the second is much less than the first, other programs had the machine.
    median, used = (statistics.median(column) for column in zip(*taken, strict=True))
    value = f"{milliseconds(median)} ({milliseconds(used)} of CPU)"
    return row(f"One edit in 1,000 nodes: {what}", value, "under 16 ms", median < TARGET)


if __name__ == "__main__":
    main()
