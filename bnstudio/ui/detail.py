"""More measurements of a layer, or a weight, than memory keeps, for where it is seen large."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from bnstudio.lazy import np
from bnstudio.ui.parts import part

if TYPE_CHECKING:
    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import Run
    from bnstudio.ui.parts import Source
    from bnstudio.ui.plots.multiple import Multiple
    from bnstudio.ui.session import Session

MOST = 240
"""Measurements of a large picture, evenly over the run."""

_GROWN = 1.25
"""By how much a run has grown when it is read again."""

_Found = tuple[list[int], list["Histogram"]]


class Detail(QObject):
    """Reads a layer's measurements from the record, without anyone waiting for it."""

    #: There is more of a layer that was asked for.
    changed = Signal()

    def __init__(self, session: Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._run: Run | None = None
        self._found: dict[Source, _Found] = {}
        self._counts: dict[Source, int] = {}

    def history(self, source: Source) -> object:
        """What is known of a part of a node: another object when it is more."""
        return self._found.get(source)

    def refined(self, layer: Multiple) -> Multiple:
        """The layer with all the measurements that are at hand; more are asked for."""
        run = self._session.run
        if run is not self._run:
            self._run = run
            self._found.clear()
            self._counts.clear()
        if run is None:
            return layer
        count = run.history.count
        if count > len(layer.history) and count > _GROWN * self._counts.get(layer.source, 0):
            self._counts[layer.source] = count
            self._ask(run, layer.source, count)
        found = self._found.get(layer.source)
        if found is None:
            return layer
        # What was measured since, as far as memory has kept it.
        later = [i for i, step in enumerate(layer.steps) if step > found[0][-1]]
        return replace(
            layer,
            steps=[*found[0], *(layer.steps[i] for i in later)],
            history=[*found[1], *(layer.history[i] for i in later)],
            picture=None,
            marks=None,
        )

    def _ask(self, run: Run, source: Source, count: int) -> None:
        places = np.unique(np.linspace(0, count - 1, MOST).round().astype(int)).tolist()
        steps = [run.history.steps[place] for place in places]
        store = self._session.store

        def read() -> _Found:
            there, found = [], []
            for measured in store.moments(run, steps):
                histogram = part(measured, source)
                if measured is not None and histogram is not None:
                    there.append(measured.step)
                    found.append(histogram)
            return there, found

        def take(found: _Found) -> None:
            if run is self._run and found[0]:
                self._found[source] = found
                self.changed.emit()

        self._session.moments.reading.ask(("detail", source), read, take)
