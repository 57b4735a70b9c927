"""The File menu: new, open, save, export; and asking before anything could be lost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from bnstudio import project as projects
from bnstudio.folding import NOTHING, survey
from bnstudio.layers.foreign import registered
from bnstudio.project import SUFFIX, Project, ProjectError
from bnstudio.runs.weights import FRESH, of_project
from bnstudio.ui import garbage, taking
from bnstudio.ui.save_dialog import ask, ask_path
from bnstudio.ui.whose_weights import trained
from bnstudio.weights import WeightsError, place

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.exporters.exporter import Exporter
    from bnstudio.folding import Survey
    from bnstudio.project import Sample
    from bnstudio.runs.weights import WeightsChoice
    from bnstudio.ui.document import Document
    from bnstudio.ui.preferences import Preferences
    from bnstudio.ui.session import Session
    from bnstudio.ui.toast import Toasts

_Mark = tuple[int, int, int] | None

_FILTER = f"bnstudio projects (*{SUFFIX})"


def _open_filter() -> str:
    """The kinds of file that can be opened, all of them first."""
    from bnstudio import importers  # the window is seen sooner without them

    kinds = [(entry.title, entry.suffixes) for entry in importers.IMPORTERS]
    every = " ".join(f"*{suffix}" for _, suffixes in kinds for suffix in suffixes)
    lines = [f"Projects and models (*{SUFFIX} {every})", _FILTER]
    lines += [f"{title} ({' '.join(f'*{s}' for s in suffixes)})" for title, suffixes in kinds]
    return ";;".join(lines)


def can_open(path: str) -> bool:
    """Whether a file's name says that it can be opened."""
    from bnstudio import importers

    known = {SUFFIX, *(suffix for entry in importers.IMPORTERS for suffix in entry.suffixes)}
    return Path(path).suffix.lower() in known


def _is_model(path: Path) -> bool:
    """Whether a file is one that a model is read from."""
    from bnstudio import importers

    return importers.importer_of(path) is not None


class Files(QObject):
    """Reads and writes project files for one window."""

    #: Another project is in the window.
    opened = Signal()
    #: The window closes, and what is on its way is given up.
    left = Signal()

    def __init__(
        self,
        window: QWidget,
        document: Document,
        session: Session,
        preferences: Preferences,
        toasts: Toasts,
    ) -> None:
        super().__init__(window)
        self._window, self._document, self._session = window, document, session
        self._preferences, self._toasts = preferences, toasts
        self._known: tuple[Path, _Mark] | None = None
        self.taking: taking.Taking | None = None

    def new(self) -> None:
        """Puts an empty project into the window."""
        if self.may_go():
            self._put(Project(), None)

    def open(self) -> None:
        """Asks for a project or a model file and opens it."""
        name, _ = QFileDialog.getOpenFileName(
            self._window, "Open", self._preferences["folder"], _open_filter()
        )
        if name:
            self.open_path(Path(name))

    @garbage.later()
    def open_path(self, path: Path) -> bool:
        """Opens a project or a model file; a bad one is explained and changes nothing.

        A sample is opened as a new project, so that saving does not write over it; a model file is
        made into one.
        """
        path = Path(path)
        if path.suffix.lower() != SUFFIX and _is_model(path):
            return self._import(path)
        mark = _mark(path)
        try:
            project = projects.load(path)
        except (ProjectError, OSError) as error:
            self._toasts.say(_sentence(error, path), "error")
            return False
        if not self.may_go():
            return False
        if projects.is_sample(path):
            self._put(project, None)
            return True
        self._put(project, path)
        self._known = (path, mark)
        self._preferences.remember(path)
        return True

    def _import(self, path: Path) -> bool:
        """Makes a project of a model file, which is not saved anywhere yet."""
        from bnstudio import extensions, importers

        QGuiApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            if not registered().absent:
                extensions.put_in_place()  # its classes may be a package's
            imported = importers.load(path)
        except (ProjectError, OSError) as error:
            self._toasts.say(_sentence(error, path), "error")
            return False
        finally:
            QGuiApplication.restoreOverrideCursor()
        if not self.may_go():
            return False
        self._document.open(imported.project, None, saved=False)
        self._known = None
        self.opened.emit()
        self._preferences.remember(path)
        if imported.weights is not None:
            self._take(taking.of_model(imported.weights), f"Reading the weights of {path.name}")
        said = " ".join([f"{path.name} is opened as a new project.", *imported.notes])
        self._toasts.say(said, "warning" if len(imported.notes) > 1 else "info")
        return True

    def _take(self, take: taking.Take, label: str) -> None:
        """Has weights read beside the work, and says what came of it."""
        self.taking = taking.Taking(self._document, take, label, self._window)
        self.taking.ended.connect(self._taken)

    def _taken(self, text: str, kind: str) -> None:
        if self.sender() is self.taking:
            self.taking = None
        if text:
            self._toasts.say(text, kind)

    def open_sample(self, sample: Sample) -> bool:
        """Opens a sample as a new project, so that saving does not write over it."""
        if not self.may_go():
            return False
        self._put(sample.project, None)
        return True

    def restore(self, project: Project, path: Path | None) -> bool:
        """Opens recovered work, which is not what any file holds."""
        if not self.may_go():
            return False
        self._document.open(project, path, saved=False)
        self._known = None
        self.opened.emit()
        return True

    def save(self) -> bool:
        """Saves to the project's file, asking for one where there is none."""
        path = self._document.path
        if path is None:
            return self.save_as()
        if self._was_changed(path) and not self._ask(
            f"{path.name} has been changed since it was opened here.",
            "Another window or program has written to it. Saving puts this project in its place.",
            "Save anyway",
        ):
            return False
        return self._write(path)

    def save_as(self) -> bool:
        """Asks for a file and saves to it."""
        path = self._document.path
        start = path or Path(self._preferences["folder"]) / f"model{SUFFIX}"
        chosen = ask_path(self._window, "Save Project", str(start), _FILTER, SUFFIX)
        return chosen is not None and self._write(chosen)

    def export(self, exporter: Exporter) -> bool:
        """Asks for a file and writes the model to it in another form.

        What the engine makes is on its way then; whose weights it has is asked first.
        """
        weights, fold = FRESH, NOTHING
        if exporter.missing:
            self._toasts.say(
                f"{exporter.title} needs packages that are not installed: {exporter.missing}",
                "error",
            )
            return False
        if exporter.weights:
            from bnstudio.ui.export_choice import choose  # the window is seen sooner without it

            found = [*trained(self._session), FRESH]
            chosen = choose(found, survey(self._document.analysis), exporter, self._window)
            if chosen is None:
                return False
            weights, fold = chosen
        stem = self._document.path.stem if self._document.path else "model"
        start = Path(self._preferences["folder"]) / f"{stem}{exporter.suffix}"
        path = ask_path(
            self._window,
            f"Export {exporter.title}",
            str(start),
            f"*{exporter.suffix}",
            exporter.suffix,
        )
        return path is not None and self.export_to(exporter, path, weights, fold)

    def export_to(
        self, exporter: Exporter, path: Path, weights: WeightsChoice = FRESH, fold: Survey = NOTHING
    ) -> bool:
        """Writes the model to a file in another form, or has the engine begin with it."""
        project = self._document.project
        try:
            if exporter.render is None:
                self._begin_export(exporter, path, weights, fold)
            else:
                projects.write_atomic(path, exporter.content(project, path))
                self._toasts.say(f"Exported to {path}", "good")
                if (initial := exporter.loads(project, path)) is not None:
                    self._export_initial(initial)
        except (OSError, ValueError) as error:
            self._toasts.say(_sentence(error, path), "error")
            return False
        self._preferences["folder"] = str(path.parent)
        return True

    def leave(self) -> None:
        """Gives up what is on its way: the window closes."""
        self.left.emit()

    def _begin_export(
        self,
        exporter: Exporter,
        path: Path,
        weights: WeightsChoice,
        fold: Survey = NOTHING,
        may_replace: Callable[[Path], bool] | None = None,
    ) -> None:
        from bnstudio.ui.model_export import ModelExport  # the window is seen sooner without it

        text = projects.dumps(self._document.project)
        job = ModelExport(text, exporter, path, weights, self._window, fold, may_replace)
        job.ended.connect(self._toasts.say)
        self.left.connect(job.leave)

    def _export_initial(self, path: Path) -> None:
        """Has the weights that a script loads written beside it."""
        from bnstudio.exporters.models import WEIGHTS

        own = self._document.weights
        if own is None:
            self._toasts.say(
                "The weights that the project begins with are not there, so nothing is written as "
                f"{path}; what loads it cannot be run without.",
                "warning",
            )
            return
        self._begin_export(WEIGHTS, path, of_project(own), may_replace=self._may_replace)

    def _may_replace(self, path: Path) -> bool:
        return self._ask(
            f"There are other weights in {path}.",
            "What was exported loads the file of this name beside it. If it stays, the model "
            "begins with other weights than here, or cannot load them.",
            "Replace",
        )

    def may_go(self) -> bool:
        """Whether the project may leave the window; asks where work or a run would be lost."""
        if self._session.live:
            if not self._ask(
                "A run is going on.",
                "Stop it and go on? What it has learned so far is kept with the run.",
                "Stop the run",
            ):
                return False
            self._session.stop()
        if not self._document.modified:
            return True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle("Unsaved changes")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(f"Save the changes to {self._document.title}?")
        box.setInformativeText("Without saving they are lost.")
        buttons = QMessageBox.StandardButton
        box.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        box.setDefaultButton(buttons.Save)
        answer = ask(box)
        if answer == buttons.Save:
            return self.save()
        return answer == buttons.Discard

    def _was_changed(self, path: Path) -> bool:
        """Whether the file is no longer what this window read or wrote."""
        now = _mark(path)
        return now is not None and self._known is not None and self._known != (path, now)

    def _ask(self, text: str, more: str, yes: str) -> bool:
        box = QMessageBox(self._window)
        box.setWindowTitle("bnstudio")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(text)
        box.setInformativeText(more)
        go = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        ask(box)
        return box.clickedButton() is go

    def _put(self, project: Project, path: Path | None) -> None:
        self._document.open(project, path)
        self._known = None
        self.opened.emit()

    def _write(self, path: Path) -> bool:
        weights = self._document.weights
        try:
            # First: a project must not name weights that are not there.
            if weights is not None:
                place.put_beside(weights, path)
            projects.save(self._document.project, path)
        except (ProjectError, WeightsError, OSError) as error:
            self._toasts.say(_sentence(error, path), "error")
            return False
        self._known = (path, _mark(path))
        self._document.set_path(path)
        self._preferences.remember(path)
        self._toasts.say(f"Saved {path.name}", "good")
        return True


def _mark(path: Path) -> _Mark:
    """What changes whenever a file is written; None where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _sentence(error: Exception, path: Path) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{path}: {error.strerror}. Choose another file or folder."
    return str(error)
