"""How long does one edit take in a graph of 1,000 nodes, to finished diagnostics and redraw?"""

from __future__ import annotations

import statistics
from dataclasses import replace

from bnstudio.graph import Node
from bnstudio.project import Project
from tests.benchmarks.measure import QUICK, chain, draw, milliseconds, report, row, timed, window

TARGET = 0.016
LENGTH = 1_000


def changed(graph, index, **fields):
    """The graph with other fields in one of its Dense nodes."""
    node = graph.nodes[f"n{3 * index}"]
    return replace(graph, nodes={**graph.nodes, node.id: replace(node, **fields)})


def argument(graph, turn):
    """Another number of units in the middle of the chain."""
    return changed(graph, LENGTH // 6, params={"units": 65 + turn})


def early_argument(graph, turn):
    """Another number of units at the beginning."""
    return changed(graph, 1, params={"units": 65 + turn})


def move(graph, turn):
    """A node dragged aside."""
    return changed(graph, LENGTH // 6, x=float(10 + turn))


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


def main() -> None:
    """Times each kind of edit, at the zoom in which one works and with everything in view."""
    shown = window()
    start = chain(LENGTH)
    rows = []
    for name, edit in EDITS.items():
        times = []
        for turn in range(5 if QUICK else 25):
            shown.document.open(Project(graph=start), None)
            shown.canvas.set_zoom(1.0)
            shown.canvas.centerOn(0.0, 55.0 * LENGTH)
            draw(shown)
            after = edit(start, turn)

            def apply(after=after, name=name):
                shown.document.edit(after, name)
                draw(shown)

            times.append(timed(apply))
        median = statistics.median(times)
        what = f"One edit in 1,000 nodes: {name}"
        rows.append(row(what, milliseconds(median), "under 16 ms", median < TARGET))
    report(rows)
    shown.session.close()


if __name__ == "__main__":
    main()
