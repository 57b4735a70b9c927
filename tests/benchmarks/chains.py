"""How long does it take to put a long chain into the window and to draw it?"""

from __future__ import annotations

import statistics

from bnstudio.project import Project
from tests.benchmarks.measure import QUICK, chain, draw, milliseconds, report, row, timed, window

TARGET = 0.3


def main() -> None:
    """Opens chains of 1,000 and of 5,000 nodes in the whole window."""
    shown = window()
    median = {}
    for length in (1_000, 5_000):
        times = []
        for _ in range(2 if QUICK else 5):
            shown.document.open(Project(), None)
            draw(shown)
            project = Project(graph=chain(length))

            def create(project=project):
                shown.document.open(project, None)
                shown.canvas.fit()
                draw(shown)

            times.append(timed(create))
        median[length] = statistics.median(times)
    growth = median[5_000] / median[1_000]
    small = median[1_000]
    report([
        row("Creating and drawing 1,000 nodes", milliseconds(small), "under 300 ms",
            small < TARGET),
        row("Creating and drawing 5,000 nodes", milliseconds(median[5_000])),
        row("Growth for five times the nodes", f"{growth:.1f}", "at most 6 (linear)", growth <= 6),
    ])  # fmt: skip
    shown.session.close()


if __name__ == "__main__":
    main()
