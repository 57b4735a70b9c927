"""A session on a fake engine, driven by hand: nothing here waits for a clock."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QMenu

from bnstudio.project import samples
from bnstudio.runs.store import RunStore
from bnstudio.ui.document import Document
from bnstudio.ui.panels.histograms import Histograms
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.session import Session
from tests.ui.training.fakes import FakeEngine, whole_run
from tests.ui.training.pictures import settle, train


class Desk:
    """A document, its session, and every engine that the session started."""

    def __init__(self, folder: Path, sample: str = "batchnorm_between", ready: bool = True) -> None:
        self.document = Document({s.name: s.project for s in samples()}[sample])
        self.store = RunStore(folder)
        self.engines: list[FakeEngine] = []
        self.ready = ready
        self.notes: list[tuple[str, str]] = []
        self.states: list[str] = []
        self.session = Session(self.document, connect=self._connect, store=self.store)
        self.session._timer.stop()  # ticks come from the test
        self.session.note.connect(lambda text, kind: self.notes.append((kind, text)))
        self.session.state_changed.connect(self.states.append)

    def _connect(self) -> FakeEngine:
        self.engines.append(FakeEngine(self.ready))
        return self.engines[-1]

    @property
    def engine(self) -> FakeEngine:
        return self.engines[-1]

    def tick(self, *messages) -> None:
        """Has the engine say this and the session take it in."""
        self.engine.coming.extend(messages)
        self.session._tick()
        while self.session._queue:
            self.session._tick()
        self.session._timer.stop()

    def train(self) -> str:
        """Starts a run and gives its id."""
        self.tick()
        self.session.train()
        self.session._timer.stop()
        assert self.session.run is not None
        return self.session.run.id

    def finish_run(self, **options) -> None:
        """A whole run, from start to end."""
        run = self.train()
        self.tick(*whole_run(run, tuple(self.document.graph.nodes), **options))

    def close(self) -> None:
        self.session.close()
        self.session.deleteLater()
        self.document.deleteLater()


@pytest.fixture
def new_desk(qapp, tmp_path):
    """Makes desks that record into one folder, and closes them."""
    desks = []

    def make(**options) -> Desk:
        desks.append(Desk(tmp_path / "runs", **options))
        return desks[-1]

    yield make
    for made in desks:
        made.close()


@pytest.fixture
def desk(new_desk) -> Desk:
    return new_desk()


@pytest.fixture
def show(desk, qtbot):
    """Shows a panel on the desk: ``show(Curves)``."""

    def make(panel_type, size=(900, 420)):
        panel = panel_type(desk.document, desk.session)
        qtbot.addWidget(panel)
        panel.resize(*size)
        with qtbot.waitExposed(panel):
            panel.show()
        pacer().flush()
        return panel

    return make


@pytest.fixture(autouse=True)
def nothing_marked(qapp):
    """The shared pacer draws nothing of a test that is over."""
    yield
    pacer()._jobs.clear()
    pacer()._timer.stop()


@pytest.fixture
def panel(desk, qtbot):
    """The Histograms panel on a run of four measurements."""
    made = Histograms(desk.document, desk.session)
    qtbot.addWidget(made)
    made.resize(1000, 300)
    with qtbot.waitExposed(made):
        made.show()
    train(desk)
    settle()
    return made


def chosen(menu: QMenu, text: str):
    """The entry of a menu that says this, wherever it is in it."""
    menu.aboutToShow.emit()
    for action in menu.actions():
        if action.menu() is not None and (found := chosen(action.menu(), text)) is not None:
            return found
        if action.text().startswith(text):
            return action
    return None


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes what a button offers: ``write(button, "Export PNG")``; gives the file's content."""

    def do(button, text: str) -> bytes:
        target = tmp_path / "written"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (f"{target}{suffix}", ""))
        suffix = f".{text.split()[1].lower()}"
        chosen(button.menu(), text).trigger()
        path = target.with_suffix(suffix)
        content = path.read_bytes()
        path.unlink()
        return content

    return do
