"""Where runs are kept: beside a saved project, and in the user's folder for all others.

New runs go to the place of the document's file. Places that were used stay listed, so a run is
found again wherever its project has been saved to since.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from platformdirs import user_data_path

from bnstudio.runs.database import RecordError
from bnstudio.runs.folders import Folders
from bnstudio.runs.place import Place
from bnstudio.runs.run import History
from bnstudio.runs.table import Table
from bnstudio.training.checkpoint import LAST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from bnstudio.runs.record import Recorder
    from bnstudio.runs.run import Run
    from bnstudio.training.messages import Histograms

LISTED = 500
"""At most so many runs of one place are listed, the newest."""


def default_folder() -> Path:
    """Where the user's runs lie that belong to no saved project."""
    return user_data_path("bnstudio", appauthor=False) / "runs"


def folder_beside(project: Path) -> Path:
    """Where the runs of a saved project lie."""
    return project.with_name(f"{project.stem}.runs")


class RunStore:
    """All places where runs are kept.

    Attributes:
        home: The place for projects that are not saved.
        warning: What the last ``begin`` had to put up with, for people; empty if nothing.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.home = self._current = Place(folder or default_folder())
        self._places: list[Place | Folders] = [Folders(self.home.folder), self.home]
        self._whose: dict[str, Place | Folders] = {}
        self._recorders: list[Recorder] = []
        self.warning = ""

    @property
    def folder(self) -> Path:
        """Where new runs go."""
        return self._current.folder

    @property
    def unreadable(self) -> list[Path]:
        """What was found in the places by the last listing and is no run."""
        return [path for place in self._places for path in place.unreadable]

    @property
    def faults(self) -> list[str]:
        """Why whole places could not be listed."""
        return [place.fault for place in self._places if isinstance(place, Place) and place.fault]

    def follow(self, project: Path | None) -> bool:
        """Has new runs go where those of a project file lie; whether that place is new here."""
        folder = self.home.folder if project is None else folder_beside(project.absolute())
        for place in self._places:
            if isinstance(place, Place) and place.folder == folder:
                self._current = place
                return False
        self._current = Place(folder)
        self._places.append(self._current)
        return True

    def next_number(self) -> int:
        """One more than the largest number taken."""
        return max(place.next_number() for place in self._places)

    def begin(self, run: Run) -> Recorder | None:
        """A record for a new run; None where none can be written, and ``warning`` says why.

        Where it cannot be beside the project it is in the user's folder.
        """
        self.warning = ""
        for place in dict.fromkeys((self._current, self.home)):
            try:
                recorder = place.begin(run)
            except RecordError as error:
                self.warning = f"The run's record cannot be written: {error}."
                continue
            if self.warning:
                self.warning += f" It goes to {place.folder} instead."
            elif recorder.aside is not None:
                self.warning = f"The runs in {place.path} could not be read. They are kept as "
                self.warning += f"{recorder.aside.name}, and a new file was begun."
            self._whose[run.id] = place
            self._recorders = [*(r for r in self._recorders if r.writing), recorder]
            return recorder
        return None

    def go_on(self, run: Run) -> Recorder:
        """The record of a run that was rewound, to be gone on with.

        Raises:
            RecordError: If it cannot be written; it is as it was then.
        """
        place = self._place(run)
        if isinstance(place, Folders):
            raise RecordError("an earlier version of bnstudio has kept it")
        for recorder in self._recorders:
            if recorder.run == run.id:
                recorder.close()  # what was put aside of it comes first
        recorder = place.go_on(run)
        self._recorders = [*(r for r in self._recorders if r.writing), recorder]
        return recorder

    def checkpoint(self, run: Run, name: str = LAST) -> Path | None:
        """Where a run's checkpoint is, if it has left one."""
        place = self._place(run)
        return None if isinstance(place, Folders) else place.checkpoint(run, name)

    def complaint(self) -> str:
        """Why a record that is being written does not reach the disk, said once each."""
        return next(filter(None, (recorder.complaint() for recorder in self._recorders)), "")

    def runs(self) -> Iterator[Run]:
        """The recorded runs, place by place, with their epochs but without their steps."""
        for place in self._places:
            for run in place.runs(LISTED):
                if self._whose.setdefault(run.id, place) is place:
                    yield run

    def runs_here(self) -> Iterator[Run]:
        """Those of the place where new runs go."""
        for run in self._current.runs(LISTED):
            self._whose[run.id] = self._current
            yield run

    def load(self, run: Run) -> None:
        """Reads the steps and the activations of a listed run."""
        if not run.loaded:
            run.loaded = True
            self._place(run).load(run)

    def whole(self, run: Run) -> tuple[Run, Iterator[Histograms]]:
        """A run that is over with all its steps, and all its measurements, oldest first.

        It is a copy, for another thread to read while this one may unload the run. Where there is
        no record of it the measurements are those in memory.
        """
        copy = replace(run) if run.loaded else replace(run, steps=Table(), history=History())
        self.load(copy)
        if run.id not in self._whose:
            return copy, iter(copy.history.kept())
        return copy, self._place(run).measurements(run)

    def history(self, run: Run) -> History:
        """The activations of a run as its record has them. May be called on any thread."""
        return self._place(run).history(run)

    def moments(self, run: Run, steps: Sequence[int]) -> list[Histograms | None]:
        """What was measured of a run at these steps, as its record has it.

        None for what is not there, as a long run's record keeps fewer and fewer of its earlier
        measurements. May be called on any thread.
        """
        return self._place(run).moments(run, steps)

    def holds(self, run: Run) -> bool:
        """Whether a run's record was written to its end."""
        return self._place(run).holds(run)

    def describe(self, run: Run) -> None:
        """Writes a run's title and tags down.

        Raises:
            OSError: If that cannot be done.
        """
        self._place(run).describe(run)

    def hide(self, run: Run) -> None:
        """Takes a run out of the list; ``unhide`` brings it back until ``close``.

        Raises:
            OSError: If that cannot be done.
        """
        self._place(run).hide(run)

    def unhide(self, run: Run) -> None:
        """Brings a hidden run back.

        Raises:
            OSError: If that cannot be done.
        """
        self._place(run).unhide(run)

    def close(self) -> None:
        """Ends every record and deletes the hidden runs for good."""
        for recorder in self._recorders:
            recorder.close()
        self._recorders = []
        for place in self._places:
            place.purge()

    def _place(self, run: Run) -> Place | Folders:
        return self._whose.get(run.id, self._current)
