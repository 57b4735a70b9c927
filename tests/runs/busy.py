"""A process that records as fast as it can and says what it has handed over; it is killed.

``python -m tests.runs.busy FOLDER`` prints a line with the number of steps and of measurements
after each batch, with the time at which the recorder had it.
"""

import sys
import time
import uuid
from pathlib import Path

from bnstudio.project import Project, dumps
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Started
from tests.ui.training.fakes import epoch, measurement, steps

NODES = ("a", "b", "c", "d")
BATCH = 40


def main(folder: str) -> None:
    store = RunStore(Path(folder))
    number = store.next_number()
    run = Run(uuid.uuid4().hex[:12], f"Run {number}", dumps(Project()), number=number)
    recorder = store.begin(run)
    assert recorder is not None, store.warning
    started = time.monotonic()
    say(run, 0)
    take(run, recorder, Started(run.id, 10**6, BATCH * 10, 80, 20, NODES, 5))
    for batch in range(10**9):
        elapsed = time.monotonic() - started
        take(run, recorder, steps(run.id, batch * BATCH, BATCH, elapsed))
        take(run, recorder, measurement(run.id, NODES, batch * BATCH))
        if batch % 10 == 9:
            take(run, recorder, epoch(run.id, batch // 10, (batch + 1) * BATCH, elapsed))
        say(run, batch + 1)
        time.sleep(0.005)


def take(run: Run, recorder, event) -> None:
    assert run.apply(event)
    recorder.add(run, event)


def say(run: Run, batches: int) -> None:
    sys.stdout.write(f"{run.id} {time.monotonic()} {batches * BATCH} {batches}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
