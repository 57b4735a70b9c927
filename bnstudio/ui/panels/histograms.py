"""What every layer gives out while it learns: histograms that move, and how they came to be."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from bnstudio.layers import LAYERS
from bnstudio.project import ProjectError, loads
from bnstudio.ui import theme
from bnstudio.ui.plots import export, ridge
from bnstudio.ui.plots.multiple import KINDS, Multiple
from bnstudio.ui.plots.multiples import Multiples
from bnstudio.ui.plots.pace import pacer
from bnstudio.ui.plots.scroll import Scroll
from bnstudio.ui.scrubber import Scrubber
from bnstudio.ui.segments import Segments
from bnstudio.ui.verbatim import Verbatim

if TYPE_CHECKING:
    from PySide6.QtGui import QContextMenuEvent, QShowEvent

    from bnstudio.graph import Graph, Node
    from bnstudio.runs.run import Run
    from bnstudio.training.messages import Histogram
    from bnstudio.ui.document import Document
    from bnstudio.ui.plots.multiple import Kind
    from bnstudio.ui.session import Session

_EMPTY = "What every layer gives out is shown here while a model trains."
_WAITING = "The histograms begin with the first step."
_NO_PAIRS = "There is no BatchNormalization in this run's drawing."


class Histograms(QWidget):
    """A small multiple a layer in graph order, or the input and output of each BatchNorm."""

    title = "Histograms"
    area = Qt.DockWidgetArea.BottomDockWidgetArea

    def __init__(self, document: Document, session: Session) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._document, self._session = document, session
        self._shown: tuple[object, ...] = ()
        self._count = -1
        self.multiples = Multiples()
        self.multiples.chosen.connect(self._choose)
        self._scroll = Scroll(self.multiples)
        self._scroll.resized.connect(self._fit)
        self._empty = QLabel(_EMPTY)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)

        self.view = QComboBox()
        self.view.addItems(["All layers", "Before and after BatchNorm"])
        self.view.setAccessibleName("View")
        self.same_range = QCheckBox("Same range")
        self.same_range.setToolTip("Paint every layer over one range of values")
        self._caption = Verbatim()
        self._caption.setProperty("role", "muted")
        self._caption.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout()
        row.setContentsMargins(14, 6, 14, 4)
        row.setSpacing(10)
        self.kind = Segments("Kind of picture", KINDS)
        self.kind.chosen.connect(self._set_kind)
        row.addWidget(self.kind)
        row.addWidget(self.view)
        row.addWidget(self.same_range)
        row.addWidget(self._caption, 1)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._scroll)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        layout.addLayout(self._stack, 1)
        self.scrubber = Scrubber(session.moments)
        layout.addWidget(self.scrubber)

        self.view.currentIndexChanged.connect(self._mark)
        self.same_range.toggled.connect(self._mark)
        session.run_started.connect(self._mark)
        session.measured.connect(self._mark)
        session.moments.grew.connect(self._mark)
        session.moments.moved.connect(self._mark)
        session.run_ended.connect(self._mark)
        session.runs_changed.connect(self._mark)
        document.selection_changed.connect(self.multiples.select)
        theme.notifier.changed.connect(self._mark)

    @property
    def pairs(self) -> bool:
        """Whether the inputs and outputs of the BatchNorms are shown."""
        return self.view.currentIndex() == 1

    def showEvent(self, event: QShowEvent) -> None:
        """Catches up with what was measured while it was hidden."""
        super().showEvent(event)
        self._mark()

    def _fit(self, *_: object) -> None:
        """Fits the rows to the height there is."""
        self.multiples.fill(self._scroll.viewport().height())
        # A notch of the wheel is three steps, and then one row.
        self._scroll.verticalScrollBar().setSingleStep(self.multiples.row // 3)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offers the export of what is shown."""
        menu = QMenu(self)
        export.fill_menu(menu, self.multiples, "Activations", self._table)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _mark(self, *_: object) -> None:
        if self.isVisible():
            pacer().mark(self, self._refresh)

    def _refresh(self) -> None:
        """Gives each place its history; the places paint themselves in their turn."""
        run = self._session.run
        graph = self._graph(run)
        rows = self._places(run, graph) if run and graph else []
        key = (run, self.pairs, tuple((node.id, label) for node, label, _ in rows))
        if key != self._shown:
            self._shown = key
            self.multiples.show_multiples(
                [_multiple(node, label, pair) for node, label, pair in rows]
            )
            self.multiples.select(self._document.selection)
            self._fit()
        moments = self._session.moments
        histories = _histories(run) if run else {}
        for multiple in self.multiples.multiples:
            multiple.take(*histories.get(multiple.node, ([], [])), ())
            multiple.now = self._session.latest.get(multiple.node) if moments.past else None
        self.multiples.step = moments.step if moments.past else None
        self._set_spans()
        self.multiples.mark()
        self.multiples.update()
        self._stack.setCurrentIndex(1 if rows else 0)
        waiting = _WAITING if self._session.live else _EMPTY
        self._empty.setText(_NO_PAIRS if self.pairs and run and run.nodes else waiting)
        last = run.history.last if run else None
        self._caption.setText(
            f"{run.title} \u00b7 step {last.step:,}" if run and last else ""
        )  # fmt: skip

    def _graph(self, run: Run | None) -> Graph | None:
        if run is None:
            return None
        if run.project is None:
            # A run of an earlier session: its project is read when it is first looked at.
            with suppress(ProjectError):
                run.project = loads(run.text)
        return run.project.graph if run.project is not None else self._document.graph

    def _places(self, run: Run, graph: Graph) -> list[tuple[Node, str, bool]]:
        nodes = [graph.nodes[id] for id in run.nodes if id in graph.nodes]
        if not self.pairs:
            return [(node, node.type, False) for node in nodes]
        found = []
        for node in nodes:
            sources = graph.predecessors(node.id)
            if node.type == "BatchNormalization" and sources:
                found.append((graph.nodes[sources[0]], f"into {node.name}", True))
                found.append((node, "out", False))
        return found

    def _set_spans(self) -> None:
        multiples = self.multiples.multiples
        if self.same_range.isChecked():
            span = ridge.value_range(h for m in multiples for h in ridge.thinned(m.history))
            for multiple in multiples:
                multiple.span = span
            return
        for multiple in multiples:
            multiple.span = None
        if self.pairs:
            for before, after in zip(multiples[::2], multiples[1::2], strict=True):
                # A pair is there to be compared, so it always shares its range.
                both = [*ridge.thinned(before.history), *ridge.thinned(after.history)]
                before.span = after.span = ridge.value_range(both)

    def _set_kind(self, kind: Kind) -> None:
        self.multiples.set_kind(kind)
        self._mark()

    def _choose(self, node: str) -> None:
        self._document.select((node,))

    def _table(self) -> export.Table:
        """The newest histogram of each place, a row a bar."""
        rows: list[list[str]] = []
        for multiple in self.multiples.multiples:
            for last in multiple.history[-1:]:
                width = (last.high - last.low) / max(1, len(last.counts))
                rows.extend(
                    [
                        multiple.name,
                        f"{last.low + bar * width:.9g}",
                        f"{last.low + (bar + 1) * width:.9g}",
                        str(count),
                    ]
                    for bar, count in enumerate(last.counts)
                )
        return ["layer", "from", "to", "count"], rows


def _multiple(node: Node, label: str, pair: bool) -> Multiple:
    entry = LAYERS.get(node.type)
    colour = theme.current().category(entry.category) if entry else QColor("#8a8f98")
    return Multiple(node.id, node.name, label, colour, pair=pair)


def _histories(run: Run) -> dict[str, tuple[list[int], list[Histogram]]]:
    """The steps and the histograms of each node that memory has kept."""
    histories: dict[str, tuple[list[int], list[Histogram]]] = {}
    for measured in run.history.kept():
        for id, layer in measured.by_node().items():
            steps, found = histories.setdefault(id, ([], []))
            steps.append(measured.step)
            found.append(layer)
    return histories
