"""Every command of the window, in one table.

Menus, shortcuts, tooltips, the tool bar and the command list are all made from ``ACTIONS``; a new
command is one entry here and one method where it belongs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence

from bnstudio.exporters import EXPORTERS
from bnstudio.ui import icons
from bnstudio.ui.panels import PANELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

    from bnstudio.ui.preferences import Preferences

Scope = Literal["window", "canvas"]

MENUS = ("File", "Edit", "View", "Graph", "Train", "Help")
"""The menus, in order. A menu named ``File/Export`` is a submenu."""


@dataclass(frozen=True)
class Action:
    """One command.

    Attributes:
        id: Unique; what the code and the tests call it.
        text: What menus and the command list say.
        call: The method, as a dotted path from the window; ``args`` are its arguments.
        menu: Where it is found; a menu of ``MENUS`` or a submenu of one.
        keys: Its shortcuts, in Qt's portable text.
        icon: A file of ``resources/icons``.
        help: One sentence, shown as the tooltip and in the status bar.
        when: A condition of the window without which it is disabled.
        scope: Where the shortcut works. One of a single letter or with a meaning in text fields
            belongs to the canvas alone.
        group: A line is drawn in the menu where this changes.
        checked: The preference that tells whether it is ticked; empty for a plain one.
    """

    id: str
    text: str
    call: str
    menu: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    help: str = ""
    when: str = ""
    scope: Scope = "window"
    group: int = 0
    checked: str = ""
    args: tuple[object, ...] = ()


def _panels() -> tuple[Action, ...]:
    return tuple(
        Action(
            f"view.{panel.title.lower()}",
            panel.title,
            "show_panel",
            "View/Panels",
            (f"Ctrl+{number}",) if number <= 9 else (),
            help=f"Brings the {panel.title} panel to the front.",
            args=(panel.title,),
        )
        for number, panel in enumerate(PANELS, 1)
    )


def _exports() -> tuple[Action, ...]:
    return tuple(
        Action(
            f"file.export_{number}",
            f"{entry.title[:1].upper()}{entry.title[1:]}...",
            "files.export",
            "File/Export",
            ("Ctrl+E",) if number == 1 else (),
            help=f"Writes the model as {entry.suffix}{', a folder' if entry.marker else ''}.",
            when="drawn",
            args=(entry,),
        )
        for number, entry in enumerate(EXPORTERS, 1)
    )


ACTIONS: tuple[Action, ...] = (
    Action("file.new", "New", "files.new", "File", ("Ctrl+N",), "new",
           "Starts an empty project."),
    Action("file.open", "Open...", "files.open", "File", ("Ctrl+O",), "open",
           "Opens a project, or a model file of Keras as a new project."),
    Action("file.welcome", "Samples and Recent Files", "show_welcome", "File",
           help="Shows the samples and the files opened last."),
    Action("file.save", "Save", "files.save", "File", ("Ctrl+S",), "save",
           "Saves the project to its file.", group=1),
    Action("file.save_as", "Save As...", "files.save_as", "File", ("Ctrl+Shift+S",),
           help="Saves the project under another name.", group=1),
    *_exports(),
    Action("file.close", "Close Window", "close", "File", ("Ctrl+W", "Ctrl+Q"),
           help="Closes the window; asks only if something would be lost.", group=3),

    Action("edit.undo", "Undo", "undo", "Edit", ("Ctrl+Z",), "undo",
           "Takes the last edit back.", "undo"),
    Action("edit.redo", "Redo", "redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo",
           "Makes the edit again that was taken back.", "redo"),
    Action("edit.cut", "Cut", "canvas.cut", "Edit", ("Ctrl+X",), "cut",
           "Moves the selected layers to the clipboard.", "selection", "canvas", 1),
    Action("edit.copy", "Copy", "canvas.copy", "Edit", ("Ctrl+C",), "copy",
           "Copies the selected layers as text.", "selection", "canvas", 1),
    Action("edit.paste", "Paste", "canvas.paste", "Edit", ("Ctrl+V",), "paste",
           "Adds the layers on the clipboard.", "", "canvas", 1),
    Action("edit.duplicate", "Duplicate", "canvas.duplicate", "Edit", ("Ctrl+D",), "duplicate",
           "Adds a copy of the selected layers.", "selection", "canvas", 1),
    Action("edit.delete", "Delete", "canvas.delete", "Edit", ("Del", "Backspace"), "delete",
           "Deletes the selection and joins what it was between.", "selection", "canvas", 1),
    Action("edit.select_all", "Select All", "canvas.select_all", "Edit", ("Ctrl+A",),
           help="Selects every layer.", when="drawn", scope="canvas", group=2),
    Action("edit.find", "Find Layer...", "find_node", "Edit", ("Ctrl+F",), "search",
           "Goes to a layer by its name or type.", "drawn", group=2),

    Action("view.commands", "Command List...", "show_commands", "View", ("Ctrl+Shift+P",),
           "command", "Finds any command by typing a part of its name."),
    Action("view.fit", "Fit Drawing", "canvas.fit", "View", ("F",), "fit",
           "Shows the whole drawing.", scope="canvas", group=1),
    Action("view.zoom_selection", "Zoom to Selection", "canvas.zoom_to_selection", "View", (".",),
           "target", "Shows the selected layers as large as they fit.", "selection", "canvas", 1),
    Action("view.zoom_in", "Zoom In", "canvas.zoom_by", "View", ("Ctrl++", "Ctrl+="), "zoom-in",
           "Makes the drawing larger.", group=1, args=(1.25,)),
    Action("view.zoom_out", "Zoom Out", "canvas.zoom_by", "View", ("Ctrl+-",), "zoom-out",
           "Makes the drawing smaller.", group=1, args=(0.8,)),
    Action("view.zoom_actual", "Actual Size", "canvas.set_zoom", "View", ("Ctrl+0",),
           help="Shows the drawing at 100 %.", group=1, args=(1.0,)),
    *_panels(),
    Action("view.system", "Follow the System", "set_appearance", "View/Appearance",
           help="Light or dark, as the system is.", checked="appearance", args=("system",)),
    Action("view.light", "Light", "set_appearance", "View/Appearance",
           help="Always light.", checked="appearance", args=("light",)),
    Action("view.dark", "Dark", "set_appearance", "View/Appearance",
           help="Always dark.", checked="appearance", args=("dark",)),
    Action("view.reset", "Reset Layout", "reset_layout", "View",
           help="Puts every panel back where it was at first.", group=3),

    Action("graph.add", "Add Layer...", "canvas.open_search", "Graph", ("Tab",), "add",
           "Finds a layer by name and adds it.", scope="canvas"),
    Action("graph.custom", "Custom Layers...", "show_custom_layers", "Graph",
           help="Lists the installed packages that offer layers, to be confirmed."),
    Action("graph.tidy", "Tidy", "canvas.tidy", "Graph", ("Ctrl+L",), "tidy",
           "Lays the drawing out anew.", "drawn", group=1),
    Action("graph.group", "Group into Model", "canvas.group", "Graph", ("Ctrl+G",),
           help="Puts the selected layers into a model in the model.", when="selection", group=2),
    Action("graph.expand", "Expand Model", "canvas.expand", "Graph", ("Ctrl+Shift+G",),
           help="Replaces the selected model in the model by its layers.", when="model", group=2),
    Action("graph.open_model", "Open Model", "canvas.open_model", "Graph", ("Alt+Down",),
           help="Shows what is inside the selected model.", when="inside", group=2),
    Action("graph.leave_model", "Leave Model", "canvas.leave_model", "Graph", ("Alt+Up",),
           help="Shows the drawing that the open model stands in.", when="within", group=2),
    Action("graph.fold", "Fold BatchNorm...", "fold_batchnorm", "Graph",
           help="Takes the batch normalizations of a trained model into the layers before them.",
           when="drawn", group=2),
    Action("graph.next_problem", "Next Problem", "next_problem", "Graph", ("F8",), "warning",
           "Selects the layer of the next problem.", "findings", group=3),

    Action("train.start", "Train", "session.train", "Train", ("Ctrl+R",), "play",
           "Trains the model on the chosen data.", "trainable"),
    Action("train.go_on", "Continue", "go_on", "Train", ("Ctrl+Shift+R",), "go-on",
           "Has the run that is shown go on from its last whole epoch.", "continuable"),
    Action("train.go_back", "Back to Best Epoch\u2026", "go_back", "Train", (), "undo",
           "Gives the model of the run that is shown the weights of its best epoch.", "returnable"),
    Action("train.pause", "Pause", "session.pause", "Train", (), "pause",
           "Holds the run after the step in progress.", "running"),
    Action("train.resume", "Resume", "session.resume", "Train", (), "play",
           "Goes on with the paused run.", "paused"),
    Action("train.stop", "Stop and Keep", "session.stop", "Train", ("Ctrl+.",), "stop",
           "Ends the run and keeps what it has learned.", "training"),

    Action("train.rate", "Change Learning Rate", "train_bar.rate.edit_rate", "Train",
           ("Ctrl+Shift+L",), help="Sets the learning rate of the run that is going on.",
           when="training", group=1),

    Action("help.selection", "Help on Selection", "help_on_selection", "Help", ("F1",), "help",
           "Explains the selected layer and its arguments."),
    Action("help.keys", "Keyboard Shortcuts", "show_keys", "Help",
           help="Lists every command and its keys."),
    Action("help.messages", "Messages", "show_messages", "Help", (), "message",
           "Lists what was said in this session.", group=1),
    Action("help.about", "About bnstudio", "show_about", "Help",
           help="The version, and what it is built on.", group=2),
)  # fmt: skip


class Actions:
    """The table brought to life for one window.

    Attributes:
        by_id: The Qt actions.
    """

    def __init__(self, window: QWidget, canvas: QWidget, preferences: Preferences) -> None:
        self.by_id: dict[str, QAction] = {}
        self._preferences = preferences
        for entry in ACTIONS:
            if entry.id in self.by_id:
                raise ValueError(f"Two actions are called {entry.id!r}.")
            action = QAction(entry.text, window)
            action.setObjectName(entry.id)
            action.setShortcuts([QKeySequence(key) for key in entry.keys])
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            action.setToolTip(f"{entry.help}  {keys}" if keys else entry.help)
            action.setStatusTip(entry.help)
            action.setCheckable(bool(entry.checked))
            if entry.icon:
                icons.bind(action, entry.icon)
            action.triggered.connect(_caller(window, entry))
            if entry.scope == "canvas":
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
                canvas.addAction(action)
            else:
                window.addAction(action)
            self.by_id[entry.id] = action

    def fill(self, bar: QMenuBar) -> dict[str, QMenu]:
        """Makes the menus, and gives them by name."""
        menus: dict[str, QMenu] = {name: bar.addMenu(f"&{name}") for name in MENUS}
        groups = dict.fromkeys(MENUS, 0)
        for entry in ACTIONS:
            if entry.menu not in menus:
                parent, _, name = entry.menu.partition("/")
                menus[parent].addSeparator()
                menus[entry.menu] = menus[parent].addMenu(name)
                groups[entry.menu] = entry.group
            elif entry.group != groups[entry.menu]:
                menus[entry.menu].addSeparator()
                groups[entry.menu] = entry.group
            menus[entry.menu].addAction(self.by_id[entry.id])
        return menus

    def keys_page(self) -> str:
        """Every command that has keys, as Markdown."""
        lines = ["# Keyboard shortcuts", ""]
        for entry in ACTIONS:
            keys = [
                key.toString(QKeySequence.SequenceFormat.NativeText)
                for key in self.by_id[entry.id].shortcuts()
            ]
            if keys:
                words = ", ".join(f"`{key}`" for key in keys)
                lines.append(f"- {words} **{entry.text.rstrip('.')}**: {entry.help}")
        return "\n".join(lines)

    def refresh(self, conditions: Mapping[str, Callable[[], bool]]) -> None:
        """Enables what can be done now, and ticks what is in force."""
        known = {name: test() for name, test in conditions.items()}
        for entry in ACTIONS:
            action = self.by_id[entry.id]
            if entry.when:
                action.setEnabled(known[entry.when])
            if entry.checked:
                action.setChecked(self._preferences[entry.checked] == entry.args[0])


def _caller(window: QWidget, entry: Action) -> Callable[[], None]:
    """Looks the method up when it is called: sessions and pages may be replaced meanwhile."""

    def call() -> None:
        target: Any = window
        for name in entry.call.split("."):
            target = getattr(target, name)
        target(*entry.args)

    return call
