"""Has the resting engine get ready for the project as it stands, so that *Train* begins at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from bnstudio import project as projects
from bnstudio.training.alike import beginning

if TYPE_CHECKING:
    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session

QUIET = 400
"""Milliseconds without an edit before the engine gets ready."""

MOST_NODES = 40
"""Larger models are not set up before they are trained. Their tracing takes seconds, and whoever
trains another project meanwhile would wait for its end."""

MOST_BYTES = 128 * 2**20
"""What a set-up may hold, beside what TensorFlow takes in any case."""

SLOW = frozenset({"RNN", "LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D",
                   "Bidirectional", "TimeDistributed"})  # fmt: skip
"""Layers that are traced for long, whatever their number."""


class Ahead(QObject):
    """Tells the engine which project is likely to be trained next, once edits pause."""

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__(session)
        self._document, self._session = document, session
        self._told: object = None
        self._quiet = QTimer(self, singleShot=True, interval=QUIET)
        self._quiet.timeout.connect(self._tell)
        document.changed.connect(lambda *_: self._quiet.start())
        session.state_changed.connect(self._forget)
        # A look at the data comes first.
        session.previewed.connect(lambda _: self._quiet.start())

    def _forget(self) -> None:
        """A run has used up what was ready, and another engine knows nothing of it."""
        self._told = None
        self._quiet.start()

    def _tell(self) -> None:
        session, document = self._session, self._document
        if not session.ready or session.live or session.previewing:
            return
        wanted = self._wanted()
        if wanted != self._told:
            self._told = wanted
            session.prepare(projects.dumps(document.project) if wanted else "")

    def _wanted(self) -> object:
        """What the engine should be ready for; None for nothing."""
        analysis = self._document.analysis
        if self._session.blocked() or len(analysis.live) > MOST_NODES:
            return None
        nodes = [analysis.graph.nodes[id] for id in analysis.live]
        if any(node.type in SLOW for node in nodes):
            return None
        need = self._session.need()
        if need.total - need.overhead > MOST_BYTES:
            return None
        return beginning(self._document.project, analysis)
