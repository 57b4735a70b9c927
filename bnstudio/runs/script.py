"""The script of a run: that of the project it trained, with a word on what it does not repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio import project as projects
from bnstudio.exporters.keras_script import UNNAMED, render
from bnstudio.runs.run import RATE

if TYPE_CHECKING:
    from bnstudio.runs.run import Run

_MOST = 20
"""More changes than these are counted, not listed."""


def script(run: Run, initial: str = UNNAMED) -> str:
    """The Keras script of a run whose record is loaded.

    ``initial`` is what the weights beside it are called that the run began with, if with any.

    Raises:
        ProjectError: If the project's text cannot be read.
    """
    project = run.project or projects.loads(run.text)
    return render(project, remarks=remarks(run), initial=initial).text


def remarks(run: Run) -> tuple[str, ...]:
    """What was done by hand while it trained, a line each."""
    if not len(run.rates):
        return ()
    lines = ["The run was not this alone: its learning rate was set by hand while it trained."]
    each = max(1, run.steps_per_epoch)
    for step, rate in zip(run.rates["step"][:_MOST], run.rates[RATE][:_MOST], strict=True):
        lines.append(f"From step {step + 1:,.0f} on, in epoch {step // each + 1:,.0f}: {rate:.6g}.")
    if (more := len(run.rates) - _MOST) > 0:
        lines.append(f"And {more:,} times more.")
    return tuple(lines)
