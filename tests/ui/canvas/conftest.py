"""Canvases to test."""

import pytest
from PySide6.QtWidgets import QApplication

from bnstudio.graph import Graph
from bnstudio.project import Project
from bnstudio.ui.canvas.view import CanvasView
from bnstudio.ui.document import Document
from tests.ui.canvas.hand import Hand, chain


@pytest.fixture
def show(qapp):
    """Opens canvases on drawings."""
    shown = []

    def open_(graph: Graph | None = None, document: Document | None = None, session=None):
        document = document or Document(Project(graph=graph or Graph()))
        view = CanvasView(document, session)
        view.resize(1000, 800)
        view.show()
        view.set_zoom(1.0)
        QApplication.processEvents()
        shown.append(view)
        return view

    yield open_
    for view in shown:
        view.close()
        view.deleteLater()
        view.document.document.deleteLater()


@pytest.fixture
def chain_view(show):
    """Input, Dense, Activation, Dense: ``a`` to ``d``."""
    view = show(chain("Input", "Dense", "Activation", "Dense"))
    view.camera.centre(view.drawing.extent().centre)
    return view


@pytest.fixture
def hand(chain_view):
    return Hand(chain_view)
