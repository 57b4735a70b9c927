"""The window: it puts the parts together and answers the commands that concern them all."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget

from bnstudio.graph import key, levels
from bnstudio.layers.opaque import holds_model
from bnstudio.project import Project, samples
from bnstudio.ui import going_on, help, recovery, theme
from bnstudio.ui.actions import ACTIONS, Actions
from bnstudio.ui.ahead import Ahead
from bnstudio.ui.canvas import look
from bnstudio.ui.canvas.past import Past
from bnstudio.ui.canvas.view import CanvasView
from bnstudio.ui.docks import Docking
from bnstudio.ui.document import Document
from bnstudio.ui.extensions import Extensions
from bnstudio.ui.files import Files, can_open
from bnstudio.ui.help import HelpWindow
from bnstudio.ui.panels.code import Code
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.panels.palette import Palette
from bnstudio.ui.panels.problems import Problems
from bnstudio.ui.picker import Entry, Picker
from bnstudio.ui.preferences import Preferences
from bnstudio.ui.session import Session
from bnstudio.ui.status import StatusBar
from bnstudio.ui.taking import Taking
from bnstudio.ui.toast import Offer, Toasts
from bnstudio.ui.top_bar import TopBar
from bnstudio.ui.train_bar import TrainBar
from bnstudio.ui.verbatim import fenced, in_menu
from bnstudio.ui.welcome import Welcome
from bnstudio.weights import place

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QShowEvent

MINIMUM, USUAL = (1100, 700), (1440, 900)


class MainWindow(QMainWindow):
    """One project in one window.

    Attributes:
        document: The project being edited.
        session: The engine as this window sees it.
        canvas: The drawing.
        past: Says over the drawing that a past moment is shown.
        panels: The docks' widgets by title.
    """

    def __init__(
        self,
        project: Project | None = None,
        path: Path | None = None,
        *,
        preferences: Preferences | None = None,
        start_engine: bool = True,
    ) -> None:
        super().__init__()
        self.preferences = preferences or Preferences()
        self.document = Document(parent=self)
        self.session = Session(self.document, self, start=start_engine)
        self._ahead = Ahead(self.document, self.session)
        self.extensions = Extensions(self.document, self.session)
        self.canvas = CanvasView(self.document, self.session)
        self.past = Past(self.canvas, self.session.moments)
        self.welcome = Welcome()
        self._centre = QStackedWidget()
        self._centre.addWidget(self.welcome)
        self._centre.addWidget(self.canvas)
        self.setCentralWidget(self._centre)
        self.toasts = Toasts(self._centre)
        self.files = Files(self, self.document, self.session, self.preferences, self.toasts)
        self.recovery = recovery.Recovery(self.document)
        self._docking = Docking(self, self.document, self.session)
        self.panels = self._docking.panels
        self.docks = self._docking.docks
        self._help: HelpWindow | None = None
        self._problem = -1
        self._shown = False
        self._build_bars()
        self._connect()
        self.setMinimumSize(*MINIMUM)
        self.setAcceptDrops(True)
        if project is not None or path is not None:
            self.document.open(project or Project(), path)
        self.resize(*USUAL)
        self._arranged = self._docking.restore(self.preferences)
        self._show_state()
        self._show_title()

    # Putting the parts together.

    def _build_bars(self) -> None:
        self.train_bar = TrainBar(self.document, self.session)
        self._bar = TopBar(self.document, self.train_bar)
        self.actions_ = Actions(self, self.canvas, self.preferences)
        menus = self.actions_.fill(self._bar.menus)
        self._recent = QMenu("Open Recent", self)
        self._samples = QMenu("Open Sample", self)
        for menu in (self._recent, self._samples):
            menus["File"].insertMenu(self.actions_.by_id["file.welcome"], menu)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._samples.aboutToShow.connect(self._fill_samples)
        for id in ("edit.undo", "edit.redo"):
            self._bar.add_button(self.actions_.by_id[id])
        self.setMenuWidget(self._bar)
        self._status = StatusBar(self.document, self.session)
        self.setStatusBar(self._status)

    def _connect(self) -> None:
        document, session = self.document, self.session
        for signal in (
            document.level.selection_changed,
            document.level.entered,
            document.diagnosed,
            session.state_changed,
            session.runs_changed,
            document.history_changed,
            document.modified_changed,
        ):
            signal.connect(self._show_state)
        document.path_changed.connect(self._show_title)
        document.modified_changed.connect(self._show_title)
        document.changed.connect(self._leave_welcome)
        document.noted.connect(self.say)
        document.revealed.connect(self._reveal)
        document.help_wanted.connect(self.show_help)
        session.note.connect(self.say)
        self.extensions.noted.connect(self.say)
        session.run_started.connect(lambda _: self._docking.advance("Curves", over="Problems"))
        for panel in self.panels.values():
            if isinstance(panel, Problems):
                self._connect_problems(panel)
            elif isinstance(panel, Palette):
                panel.chosen.connect(self.add_layer)
                self.extensions.changed.connect(panel.refresh)
            elif isinstance(panel, Code):
                panel.export_wanted.connect(self.actions_.by_id["file.export_1"].trigger)
        self.canvas.zoomed.connect(self._status.show_zoom)
        self.canvas.refused.connect(lambda text: self.toasts.say(text, "warning"))
        self._status.zoom_clicked.connect(self.actions_.by_id["view.zoom_actual"].trigger)
        self._status.messages_clicked.connect(self.show_messages)
        self.train_bar.data_wanted.connect(lambda: self.show_panel("Data"))
        self.files.opened.connect(self._show_opened)
        self.welcome.started.connect(self.show_canvas)
        self.welcome.layer_entered.connect(self.show_canvas)
        self.welcome.open_wanted.connect(self.files.open)
        self.welcome.sample_chosen.connect(self.files.open_sample)
        self.welcome.file_chosen.connect(lambda path: self.files.open_path(Path(path)))

    def _connect_problems(self, problems: Problems) -> None:
        problems.shown.connect(lambda node: self._reveal(node, ""))
        problems.fixed.connect(lambda label: self.say(label, "undo"))
        self.canvas.health_clicked.connect(self._show_health)
        self.canvas.badge_clicked.connect(lambda id: self._show_problem(problems, id))

    # What the commands do.

    def undo(self) -> None:
        """Takes the last edit back."""
        self.document.undo_stack.undo()

    def redo(self) -> None:
        """Makes the edit again that was taken back."""
        self.document.undo_stack.redo()

    def go_on(self) -> None:
        """Has the run that is shown go on."""
        going_on.go_on(self, self.session)

    def go_back(self) -> None:
        """Takes the run that is shown back to its best epoch."""
        going_on.go_back(self, self.session)

    def fold_batchnorm(self) -> None:
        """Shows what folding the batch normalizations comes to, and does it."""
        from bnstudio.ui import folding  # the window is seen sooner without it

        if reading := [job for job in self.findChildren(Taking) if job.busy]:
            reading[-1].then = self.fold_batchnorm
            self.say("Weights are still being read. The fold is shown once they are there.")
            return
        if (dialog := folding.ask(self, self.session, self.say)) is not None:
            self.files.left.connect(dialog.reject)

    def show_panel(self, title: str) -> None:
        """Brings a panel to the front, wherever it is."""
        self._docking.bring(title)

    def show_canvas(self) -> None:
        """Shows the drawing, be it empty."""
        self._centre.setCurrentWidget(self.canvas)
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_welcome(self) -> None:
        """Shows the samples and the recent files."""
        self.welcome.load(self.preferences["recent"])
        self._centre.setCurrentWidget(self.welcome)

    def show_commands(self) -> None:
        """Opens the command list."""
        entries = []
        for entry in ACTIONS:
            action = self.actions_.by_id[entry.id]
            menu = entry.menu.replace("/", " / ")
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            entries.append(
                Entry(
                    action.text().replace("&&", "&"),
                    action.trigger,
                    menu,
                    keys,
                    enabled=action.isEnabled(),
                )
            )
        Picker(self, "Type a command", entries)

    def find_node(self) -> None:
        """Opens the list of layers in the drawing."""
        entries = [
            Entry(
                node.name,
                partial(self._go, key(path, node.id)),
                " / ".join((*self.document.level.names_of(path), node.type)),
                colour=look.current().category(node.type),
            )
            for path, graph in levels(self.document.graph)
            for node in graph.nodes.values()
        ]
        Picker(self, "Find a layer by name or type", entries)

    def add_layer(self, type: str) -> None:
        """Adds a layer after the one that is selected, or loose where there is room."""
        camera = self.canvas.camera
        middle = camera.to_scene(camera.middle)
        level = self.document.level
        if len(level.selection) == 1:
            self.canvas.add_after(type, next(iter(level.selection)), middle)
        else:
            self.canvas.add_layer(type, middle)

    def show_custom_layers(self) -> None:
        """Opens the list of packages that offer layers."""
        from bnstudio.ui.custom_layers import CustomLayers

        CustomLayers(self.extensions, self).open()

    def next_problem(self) -> None:
        """Selects the node of the next finding."""
        nodes = list(dict.fromkeys(d.node for d in self.document.diagnostics if d.node))
        if nodes:
            self._problem = (self._problem + 1) % len(nodes)
            self.document.reveal(nodes[self._problem])

    def set_appearance(self, name: str) -> None:
        """Light, dark, or as the system is."""
        self.preferences["appearance"] = name
        self.preferences.save()
        theme.force(None if name == "system" else name)
        self._show_state()

    def reset_layout(self) -> None:
        """Puts every panel back where it was at first."""
        self._docking.arrange()

    def help_on_selection(self) -> None:
        """Explains the finding in hand in Problems, elsewhere the selected layer."""
        problems = self.panels["Problems"]
        if isinstance(problems, Problems) and problems.list.hasFocus():
            finding = problems.list.currentIndex()
            if finding.isValid():
                self.show_help(problems.diagnostics[finding.row()].code)
                return
        level = self.document.level
        types = {level.graph.nodes[id].type for id in level.selection}
        self.show_help(types.pop() if len(types) == 1 else "")

    def show_help(self, topic: str) -> None:
        """Turns the help window to a layer type or a rule code."""
        self._help_window().show_topic(topic)

    def show_keys(self) -> None:
        """Lists every command and its keys."""
        self._help_window().show_markdown("Keyboard Shortcuts", self.actions_.keys_page())

    def show_messages(self) -> None:
        """Lists what was said in this session, newest first."""
        self._help_window().show_markdown("Messages", self.toasts.page())

    def show_report(self, title: str, report: str) -> None:
        """Shows a technical text as it is."""
        self._help_window().show_markdown(title, f"# {title}\n\n{fenced(report)}")

    def show_about(self) -> None:
        """Says what this is."""
        self._help_window().show_markdown("About bnstudio", help.about())

    def say(self, text: str, kind: str = "info") -> None:
        """Says something quietly; an ``undo`` one offers to take the edit back."""
        if kind == "undo":
            index = self.document.undo_stack.index()
            self.toasts.say(text, "good", ("Undo", lambda: self._take_back(index)))
        else:
            self.toasts.say(text, kind)

    def offer_recovery(self) -> None:
        """Offers the work that a crash left behind."""
        found, damaged = recovery.left_behind()
        place.sweep("".join(work.project.weights.fingerprint for work in found
                            if work.project.weights is not None))  # fmt: skip
        for file in damaged:
            self.toasts.say(
                f"Unsaved work could not be read. The file was set aside: {file}", "warning"
            )
        for work in reversed(found[:3]):
            layers = len(work.project.graph.nodes)
            name = work.path.name if work.path else work.project.title or "an untitled project"
            offers: tuple[Offer, ...] = (
                ("Restore", partial(self._restore, work)),
                ("Discard", partial(recovery.discard, work)),
            )
            self.toasts.say(
                f"Unsaved work was found: {name}, {layers} layers, from {work.time:%d %B, %H:%M}.",
                "info",
                *offers,
                lasting=True,
            )
        if self.preferences.damaged is not None:
            self.toasts.say(
                f"The settings could not be read and start anew. The old file is kept: "
                f"{self.preferences.damaged}",
                "warning",
            )

    # Keeping itself in step.

    @property
    def conditions(self) -> dict[str, Callable[[], bool]]:
        """What the ``when`` of an action may ask."""
        document, session, level = self.document, self.session, self.document.level
        chosen = level.graph.layer_of(*level.selection) if len(level.selection) == 1 else None
        return {
            "drawn": lambda: bool(document.graph.nodes),
            "selection": lambda: bool(level.selection),
            "model": lambda: (
                chosen is not None and (chosen.inside is not None or holds_model(chosen.type))
            ),
            "inside": lambda: chosen is not None and chosen.inside is not None,
            "within": lambda: bool(level.path),
            "undo": document.undo_stack.canUndo,
            "redo": document.undo_stack.canRedo,
            "findings": lambda: any(d.node for d in document.diagnostics),
            "trainable": lambda: session.blocked() is None,
            "running": lambda: session.state == "running",
            "paused": lambda: session.state == "paused",
            "training": lambda: session.live,
            "continuable": lambda: not session.standing().reason,
            "returnable": lambda: bool(session.standing().best),
        }

    def _show_state(self, *_: object) -> None:
        self.actions_.refresh(self.conditions)
        stack = self.document.undo_stack
        for id, word, text in (
            ("edit.undo", "Undo", stack.undoText()),
            ("edit.redo", "Redo", stack.redoText()),
        ):
            self.actions_.by_id[id].setText(in_menu(f"{word} {text}".strip()))

    def _show_problem(self, problems: Problems, id: str) -> None:
        self.show_panel("Problems")
        problems.show_for(key(self.document.level.path, id))

    def _show_health(self, _id: str) -> None:
        self.show_panel("Inspector")
        inspector = self.panels["Inspector"]
        assert isinstance(inspector, Inspector)
        inspector.show_health()

    def _show_title(self, *_: object) -> None:
        title = self.document.title.replace("[*]", "[*][*]")  # the mark of an unsaved one
        self.setWindowTitle(f"{title}[*] \u2014 bnstudio")
        self.setWindowModified(self.document.modified)

    def _show_opened(self) -> None:
        if self.document.graph.nodes:
            self.show_canvas()
            self.canvas.arrive()
        else:
            self.show_welcome()

    def _leave_welcome(self, *_: object) -> None:
        if self.document.graph.nodes and self._centre.currentWidget() is self.welcome:
            self._centre.setCurrentWidget(self.canvas)

    def _reveal(self, id: str, param: str) -> None:
        self.show_canvas()
        self.canvas.show_selection()
        if param:
            self.docks["Inspector"].raise_()

    def _go(self, id: str) -> None:
        self.show_canvas()
        self.document.level.go(id)
        self.canvas.show_selection()

    def _take_back(self, index: int) -> None:
        """Undoes an edit from its toast, unless other edits have come on top of it."""
        if self.document.undo_stack.index() == index:
            self.document.undo_stack.undo()
        else:
            self.toasts.say("Other edits have been made since; undo them first.", "info")

    def _restore(self, work: recovery.Recovered) -> None:
        if self.files.restore(work.project, work.path):
            self.recovery.write()
            recovery.discard(work)

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.preferences["recent"]:
            missing = not Path(path).exists()
            action = self._recent.addAction(in_menu(f"{path}  (missing)" if missing else path))
            action.setEnabled(not missing)
            action.triggered.connect(lambda _=False, path=path: self.files.open_path(Path(path)))
        if self._recent.isEmpty():
            self._recent.addAction("No files yet").setEnabled(False)

    def _fill_samples(self) -> None:
        self._samples.clear()
        for sample in samples():
            action = self._samples.addAction(sample.title)
            action.setToolTip(sample.about)
            action.triggered.connect(partial(self.files.open_sample, sample))

    def _help_window(self) -> HelpWindow:
        if self._help is None:
            self._help = HelpWindow(self)
        return self._help

    # The window itself.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            if not self._arranged:
                self._docking.measure()
            self._show_opened()
            QTimer.singleShot(0, self, self._docking.settle)

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.files.may_go():
            event.ignore()
            return
        self._docking.save(self.preferences)
        for job in self.findChildren(Taking):
            job.leave()
        self.recovery.close()
        self.files.leave()
        self.extensions.close()
        self.session.close()
        super().closeEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event)
        if path is not None:
            event.acceptProposedAction()
            self.files.open_path(path)

    def _dropped(self, event: QDropEvent | QDragEnterEvent) -> Path | None:
        for url in event.mimeData().urls():
            if url.isLocalFile() and can_open(url.toLocalFile()):
                return Path(url.toLocalFile())
        return None
