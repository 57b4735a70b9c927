"""What a file, a path or the engine says is shown letter by letter, wherever it is shown."""

import functools
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractListModel, Qt
from PySide6.QtGui import Qt as Gui
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QLabel,
    QMessageBox,
    QTextEdit,
    QWidget,
)

from bnstudio.exporters import EXPORTERS
from bnstudio.graph import rename
from bnstudio.training.messages import Failed
from bnstudio.ui import app as starting
from bnstudio.ui import files, main_window
from bnstudio.ui.canvas import describe
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.session import Session
from bnstudio.ui.verbatim import fenced, in_html, in_markdown, in_menu
from tests.ui.conftest import close_window
from tests.ui.training.fakes import FakeEngine, whole_run

HOSTILE = (
    '<img src="/tmp/canary.png"><b>x</b>',
    "![x](file:///tmp/canary.png) **b** `c` [l](http://localhost)",
    "&lt;i&gt; & &amp; %n {0.__class__} %1 %s",
    "</p></td></table><h1>x",
    "```\n# a\n```",
    "\u202ex\u202c \U0001f600",
)


def pictures_and_links(document: QTextDocument) -> list[str]:
    """What a rich text would load or lead to."""
    found = []
    block = document.begin()
    while block.isValid():
        for piece in block:
            form = piece.fragment().charFormat()
            if form.isImageFormat():
                found.append(form.toImageFormat().name())
            elif form.isAnchor() and not form.anchorHref().startswith("topic:"):
                found.append(form.anchorHref())
        block = block.next()
    return found


def shown(text: str, form: Qt.TextFormat = Qt.TextFormat.AutoText) -> str:
    """What a label or a tool tip makes of a text."""
    rich = form == Qt.TextFormat.RichText or (
        form == Qt.TextFormat.AutoText and Gui.mightBeRichText(text)
    )
    if not rich:
        return text
    document = QTextDocument()
    document.setHtml(text)
    assert not pictures_and_links(document), text
    return document.toPlainText()


def all_that_is_said(window) -> str:
    """Every word on a window, in tool tips and under the mouse, as it is read."""
    words = []
    for widget in [window, *window.findChildren(QWidget)]:
        words.append(shown(widget.toolTip()))
        if isinstance(widget, QLabel):
            words.append(shown(widget.text(), widget.textFormat()))
        elif isinstance(widget, QTextEdit):
            assert not pictures_and_links(widget.document())
            words.append(widget.toPlainText())
        elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
            model = widget.model()
            wide = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
            for row in range(model.rowCount()):
                for column in range(wide):
                    tip = model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)
                    words.append(shown(tip or ""))
    for id in window.document.graph.nodes:
        words.append(shown(describe.tip(window.document, id)))
        words.append(shown(describe.findings(window.document, id)))
    multiples = window.panels["Histograms"].multiples
    for index in range(len(multiples.multiples)):
        words.append(shown(multiples.told(index, *multiples.place(index).center().toTuple())))
    return "\n".join(words)


@pytest.fixture
def engine():
    return FakeEngine()


@pytest.fixture
def hostile_window(qapp, sample, engine, monkeypatch):
    """A window on a project in which every free text is ``text``, after two runs."""
    opened = []

    def open_(text: str):
        monkeypatch.setattr(
            main_window, "Session", functools.partial(Session, connect=lambda: engine)
        )
        graph = sample.graph
        for number, id in enumerate(graph.nodes):
            graph = rename(graph, id, f"{text}{number}")
        window = starting.create_window(replace(sample, graph=graph, title=text, about=text))
        opened.append(window)
        window.show()
        for title in window.panels:
            window.show_panel(title)
            QApplication.processEvents()
        return window

    yield open_
    for window in opened:
        close_window(window)
    pacer()._jobs.clear()
    pacer()._timer.stop()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_project_is_markup(hostile_window, engine, monkeypatch, text):
    window = hostile_window(text)
    document, session = window.document, window.session
    once = " ".join(text.split())
    said = all_that_is_said(window)
    assert f"{text}0" in said or f"{once}0" in said
    # What the engine says of a run, and what a run is called.
    monkeypatch.setattr(session, "blocked", lambda: None)  # by names that Keras would not take
    session._tick()
    session.train()
    nodes = tuple(document.graph.nodes)
    engine.coming.extend(whole_run(session.run.id, nodes))
    while session.live:
        session._tick()
    session.rename(session.run, text)
    session.train()
    engine.coming.append(Failed(session.run.id, text, nodes[0], text))
    while session.live:
        session._tick()
    session.show(session.runs[0])
    window.say(text, "error")
    for id in nodes:
        document.select([id])
        pacer().flush()
        QApplication.processEvents()
        said = all_that_is_said(window)
    assert text in said
    # The pages of the help window.
    for show in (window.show_messages, lambda: window.show_report("Report", text)):
        show()
        assert not pictures_and_links(window._help.page.document())
        page = window._help.page.toPlainText()
        assert text in page or once in page
    # Questions.
    asked = []

    def keep(box: QMessageBox) -> int:
        asked.append(shown(box.text(), box.textFormat()))
        box.deleteLater()
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(files, "ask", keep)
    document.edit(rename(document.graph, nodes[0], "other"), f"Rename {text}")
    assert not window.files.may_go()
    assert once in asked[0]
    window.actions_.by_id["edit.undo"].trigger()
    assert document.graph.nodes[nodes[0]].name == f"{text}0"


@pytest.mark.parametrize("text", HOSTILE)
def test_exports_of_hostile_names_are_well_formed(sample, text):
    import ast
    from xml.etree import ElementTree

    graph = rename(sample.graph, next(iter(sample.graph.nodes)), text)
    project = replace(sample, graph=graph, title=text, about=text)
    for exporter in EXPORTERS:
        if exporter.render is None:
            continue
        if exporter.suffix == ".py":
            ast.parse(exporter.render(project))
        elif exporter.suffix == ".svg":
            ElementTree.fromstring(exporter.render(project))


@pytest.mark.parametrize("text", [*HOSTILE, "", "1. one", "# a", "- b", "www.example.org"])
def test_each_form_shows_the_text_itself(qapp, text):
    document = QTextDocument()
    document.setHtml(in_html(text))
    assert document.toPlainText() == text
    document.setMarkdown(f"- {in_markdown(text)}")
    assert document.toPlainText().strip() == " ".join(text.split())
    assert not pictures_and_links(document)
    document.setMarkdown(f"# Title\n\n{fenced(text)}")
    assert document.toPlainText() == f"Title\n{text}"
    assert in_menu("a & b") == "a && b"
