"""Help: what a layer, its arguments or a rule is about, from the entries that define them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QTextBrowser, QVBoxLayout, QWidget

from bnstudio import __version__
from bnstudio.layers import CATEGORIES, LAYERS, OPERATION_CATEGORIES, all_types, is_operation
from bnstudio.layers.applications import MODULES
from bnstudio.layers.foreign import FOREIGN_CATEGORIES, Foreign
from bnstudio.layers.models import MODEL_TYPES, SEQUENTIAL
from bnstudio.layers.params import Choice, Object, Param
from bnstudio.rules import RULES
from bnstudio.ui import theme


def text(topic: str) -> str:
    """The help on a layer type or a rule code as Markdown; a table of contents for the rest."""
    if topic in LAYERS or topic in MODEL_TYPES:
        return _layer(topic)
    if topic in RULES:
        return _rule(topic)
    return _contents()


def _layer(name: str) -> str:
    entry = LAYERS.get(name) or MODEL_TYPES[name]
    lines = [f"# {name}", f"*{entry.category}*", "", entry.help, "", "## Arguments", ""]
    for param in entry.params:
        default = "required" if param.required else f"default `{param.default!r}`"
        lines += [f"- **{param.name}**, {default}: {_about(param)}"]
    lines.append("")
    about = [code for code, rule in RULES.items() if name in rule.help]
    if about:
        lines += ["## Rules about it", "", ", ".join(f"[{code}](topic:{code})" for code in about)]
    path = f"keras.{name}" if is_operation(name) else f"{MODULES.get(name, 'keras.layers')}.{name}"
    if name in MODEL_TYPES:
        path = "keras.Sequential" if name == SEQUENTIAL else "keras.Model"
    if isinstance(entry, Foreign):
        path = f"{entry.module}.{entry.class_name}"
    lines += ["", f"Python: `{path}` ([contents](topic:))"]
    return "\n".join(lines)


def _about(param: Param) -> str:
    words = param.help
    if isinstance(param, Choice):
        words += " One of " + ", ".join(f"`{option!r}`" for option in param.options) + "."
    elif isinstance(param, Object):
        words += " " + ", ".join(f"`{spec.name}`" for spec in param.specs) + "."
    return words.strip() or (type(param).__doc__ or "").split("\n", 1)[0]


def _rule(code: str) -> str:
    rule = RULES[code]
    badge = "  \n*The advice is contested.*" if rule.contested else ""
    return (
        f"# {code}\n*{rule.severity.value.capitalize()}*{badge}\n\n{rule.help}\n\n"
        f"**Source:** {rule.source}\n\n[Contents](topic:)"
    )


def _contents() -> str:
    lines = ["# Help", "## Layers", ""]
    entries = all_types()
    for category in (*CATEGORIES, *FOREIGN_CATEGORIES, *OPERATION_CATEGORIES):
        names = [name for name, entry in entries.items() if entry.category == category]
        if not names:
            continue
        links = ", ".join(f"[{name}](topic:{name})" for name in names)
        lines += [f"**{category}**  ", links, ""]
    if RULES:
        lines += ["## Rules", ""]
        for code, rule in sorted(RULES.items()):
            lines.append(f"- [{code}](topic:{code}) {rule.help.split(chr(10) * 2)[0]}")
    return "\n".join(lines)


def about() -> str:
    """What this program is and is built on, as Markdown."""
    return (
        f"# bnstudio {__version__}\n\nA desktop studio for Keras models: draw, check, "
        "train with live histograms, export the code.\n\nApache-2.0. Built on Keras, "
        "TensorFlow, Qt (PySide6, LGPL-3.0), pyqtgraph, networkx, msgspec and pygments. "
        "Typefaces: Inter and JetBrains Mono (OFL-1.1)."
    )


class HelpWindow(QWidget):
    """A small window beside the main one; links lead from page to page."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle("Help")
        self.resize(520, 560)
        self.page = QTextBrowser()
        self.page.setAccessibleName("Help text")
        self.page.setOpenLinks(False)
        self.page.document().setDocumentMargin(18)
        self.page.anchorClicked.connect(lambda url: self.show_topic(url.path()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.page)
        self._topic = ""
        theme.notifier.changed.connect(self._render)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes it."""
        if event.matches(QKeySequence.StandardKey.Cancel):
            self.close()
        else:
            super().keyPressEvent(event)

    def show_topic(self, topic: str) -> None:
        """Turns to a page and comes to the front."""
        self._topic = topic
        self._render()
        self._come()

    def show_markdown(self, title: str, markdown: str) -> None:
        """Shows a page that is not one of the topics."""
        self._topic = ""
        self.page.setMarkdown(markdown)
        self.setWindowTitle(title)
        self._come()

    def _come(self) -> None:
        """Comes to the front with the keys, so that Escape leads back."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.page.setFocus()

    def _render(self) -> None:
        if self._topic or not self.page.toPlainText():
            self.setWindowTitle(f"Help: {self._topic}" if self._topic else "Help")
            self.page.setMarkdown(text(self._topic))
