"""A model that is set up and traced while the engine rests, so that a run of it begins at once.

Most of what a press of *Train* waits for is the tracing of the first step. Whoever is about to
train a project may say so beforehand; then that is done by the time, and if another project is
trained, in vain. At most one is kept.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from bnstudio import data
from bnstudio.engine.foreign import load
from bnstudio.engine.setup import prepare, set_up
from bnstudio.engine.weights import adapted
from bnstudio.training.alike import beginning

if TYPE_CHECKING:
    from bnstudio.data import Prepared
    from bnstudio.engine.setup import Setup
    from bnstudio.project import Project


class _GivenUp(Exception):  # not an error
    """Something else is wanted."""


class Ahead:
    """The set-up of the project that is likely to be trained next.

    ``want`` may be called from any thread, the others by the one that trains.
    """

    def __init__(self) -> None:
        self._wanted = ""
        self._kept: tuple[Setup, Any] | None = None

    def want(self, text: str) -> None:
        """Says which project is next, by its file's text; what is set up of others is given up."""
        self._wanted = text

    def make(self) -> None:
        """Sets up what is wanted, unless it is there or something else is wanted meanwhile."""
        text = self._wanted
        try:
            project = load(text) if text else None
            if project and self._kept and _alike(project, self._kept[0].project):
                return
            self._drop()
            if project:
                self._kept = self._made(project, text)
        except Exception:  # it is told when somebody trains it
            self._drop()

    def take(self, project: Project, prepared: Prepared) -> Setup:
        """What ``set_up`` gives, at once if that is there; it is not kept any longer."""
        kept, self._kept = self._kept, None
        if kept:
            setup, generators = kept
            # Files may have changed in the meantime.
            if _alike(project, setup.project) and data.fingerprint(prepared) == data.fingerprint(
                setup.prepared
            ):
                _set_generators(generators)
                return setup
        return set_up(project, prepared)

    def _made(self, project: Project, text: str) -> tuple[Setup, Any]:
        def heed() -> None:
            if self._wanted != text:
                raise _GivenUp

        prepared = prepare(project)
        heed()
        setup = set_up(project, prepared, heed)
        if not adapted(setup.built.model):  # else the weights of the project would come too late
            setup.execution.make_ready()
        return setup, _generators()

    def _drop(self) -> None:
        if self._kept:
            self._kept = None
            keras.backend.clear_session()


def _alike(one: Project, other: Project) -> bool:
    return beginning(one) == beginning(other)


def _generators() -> Any:
    """Where the generators stand from which ``fit`` goes on to draw.

    TensorFlow's own is not among them: nothing draws from it between a set-up and its run.
    """
    return random.getstate(), np.random.get_state()


def _set_generators(state: Any) -> None:
    python, numpy = state
    random.setstate(python)
    np.random.set_state(numpy)
