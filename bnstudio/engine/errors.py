"""What goes wrong in a job, in words."""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bnstudio.plan import Plan

LONGEST = 400


class JobError(Exception):
    """A job cannot be done; the message is for people.

    Attributes:
        node: The node at fault, where one is known.
    """

    def __init__(self, message: str, node: str = "") -> None:
        super().__init__(message)
        self.node = node


def is_memory(error: BaseException) -> bool:
    """Whether an exception says that the memory does not suffice."""
    return isinstance(error, MemoryError) or "ResourceExhausted" in type(error).__name__


def say(error: BaseException) -> str:
    """The telling part of an exception's text: its first paragraph, on one line."""
    text = str(error).strip()
    if is_memory(error):
        shape = re.search(r"shape ?\[([\d,]+)\]", text)
        what = f" for a tensor of shape ({', '.join(shape[1].split(','))})" if shape else ""
        return f"the memory does not suffice{what}. Make the layers or the batch smaller."
    # Keras puts what it was doing first and what is wrong after an empty line.
    paragraphs = [re.sub(r"\x1b\[[0-9;]*m", "", part).strip() for part in text.split("\n\n")]
    chosen = next(
        (part for part in paragraphs if part and not part.startswith("Exception encountered")),
        paragraphs[0],
    )
    line = " ".join(chosen.split()) or type(error).__name__
    return line if len(line) <= LONGEST else line[: LONGEST - 3] + "..."


def detail(error: BaseException) -> str:
    """The end of the traceback, for a report."""
    return "".join(traceback.format_exception(error))[-4000:]


def culprit(error: BaseException, plan: Plan) -> str:
    """The node whose layer the exception's text names; empty if it names none."""
    text = str(error)
    for call in reversed(plan.calls):
        name = re.escape(call.name)
        if re.search(rf"(layer|operation) ['\"]{name}['\"]|/{name}(_\d+)?/", text):
            return call.node
    return ""


def explain(error: Exception, plan: Plan, batch_size: int) -> JobError:
    """What is said of an exception that a model raised as it was trained."""
    if is_memory(error):
        return JobError(
            f"The memory does not suffice for a step of {batch_size} rows. "
            "Make the batch or the layers smaller.",
            culprit(error, plan),
        )
    return JobError(f"Training failed: {say(error)}", culprit(error, plan))
