"""The sample projects that the program ships: the welcome page, `make run` and the tests."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bnstudio.project.fields import SUFFIX
from bnstudio.project.file import load
from bnstudio.resources import resource

if TYPE_CHECKING:
    from bnstudio.project.value import Project

ORDER = (
    "batchnorm_between", "batchnorm_unconnected", "wine", "digits_cnn", "diabetes", "two_spirals",
    "moons_two_branches", "digits_residual", "digits_lstm", "xor",
)  # fmt: skip
"""The files in reading order; the first is the one that a new user sees."""


@dataclass(frozen=True)
class Sample:
    """A sample project and what is said of it."""

    name: str
    title: str
    about: str
    path: Path
    project: Project


def samples() -> tuple[Sample, ...]:
    """Every sample, in reading order."""
    found = []
    for name in ORDER:
        path = resource("samples", name + SUFFIX)
        project = load(path)
        found.append(Sample(name, project.title, project.about, path, project))
    return tuple(found)


def is_sample(path: Path) -> bool:
    """Whether a file is one that the program ships, which is not to be written over."""
    # Not Path.resolve, which raises for a link that leads to itself.
    return Path(os.path.realpath(path)).parent == resource("samples").resolve()
