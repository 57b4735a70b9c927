"""The first page: samples as pictures of their graphs, and the files opened last."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from bnstudio.project import ProjectError, Sample, samples
from bnstudio.ui import theme
from bnstudio.ui.thumbnail import thumbnail
from bnstudio.ui.verbatim import Verbatim, in_html, in_menu

if TYPE_CHECKING:
    from PySide6.QtGui import QDragEnterEvent, QResizeEvent

_PICTURE = QSize(184, 112)
_CARD = 204
_GAP = 12
_SIDE = 32
_LINES = 72
"""Letters of a sample's description that a card has room for; the rest is in its tooltip."""


class _Card(QPushButton):
    """A sample: its picture, name and one line about it."""

    def __init__(self, sample: Sample) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setMinimumWidth(_CARD)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"Open sample {sample.title}")
        self.setAccessibleDescription(sample.about)
        self.setToolTip(f"<p>{sample.about}</p>")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._project = sample.project
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        name = QLabel(sample.title)
        name.setProperty("role", "heading")
        name.setWordWrap(True)
        about = QLabel(shorten(sample.about, _LINES, placeholder="\u2026"))
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        about.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(3)
        column.addWidget(self._picture)
        column.addWidget(name)
        column.addWidget(about, 1)
        for label in (self._picture, name, about):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.notifier.changed.connect(self._draw)
        self._draw()

    def sizeHint(self) -> QSize:
        return QSize(_CARD, self._column.totalHeightForWidth(_CARD))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        self._picture.setPixmap(thumbnail(self._project.graph, _PICTURE, ratio))


class Welcome(QScrollArea):
    """Shown in the drawing's place while there is no drawing."""

    #: An empty drawing is wanted.
    started = Signal()
    #: A sample was chosen.
    sample_chosen = Signal(object)
    #: A recent file was chosen.
    file_chosen = Signal(str)
    #: The file dialog is wanted.
    open_wanted = Signal()
    #: A layer is being dragged here: the drawing should take this page's place.
    layer_entered = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("welcome")
        self.setWidgetResizable(True)
        self.setAcceptDrops(True)
        self.setAccessibleName("Welcome")
        page = QWidget()
        page.setObjectName("welcome")
        self.setWidget(page)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(_SIDE, 36, _SIDE, 32)
        column = QVBoxLayout()
        column.setSpacing(8)
        outer.addLayout(column)
        title = QLabel("Draw a network")
        font = title.font()
        font.setPointSizeF(font.pointSizeF() * 1.9)
        font.setWeight(font.Weight.DemiBold)
        title.setFont(font)
        column.addWidget(title)
        words = QLabel(
            "Drag layers from the palette, press Tab to add one by name, or start from a sample."
        )
        words.setProperty("role", "muted")
        words.setWordWrap(True)
        column.addWidget(words)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for text, signal, role in (
            ("Empty drawing", self.started, "primary"),
            ("Open a project...", self.open_wanted, ""),
        ):
            button = QPushButton(text)
            button.setProperty("role", role)
            button.setAccessibleName(text)
            button.clicked.connect(lambda _=False, signal=signal: signal.emit())
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addSpacing(6)
        column.addLayout(buttons)
        column.addSpacing(18)
        self._heading = QLabel("Samples")
        self._heading.setProperty("role", "section")
        column.addWidget(self._heading)
        self._grid = QGridLayout()
        self._grid.setSpacing(_GAP)
        column.addLayout(self._grid)
        column.addSpacing(18)
        self._recent_heading = QLabel("Recent")
        self._recent_heading.setProperty("role", "section")
        column.addWidget(self._recent_heading)
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column.addLayout(self._recent)
        column.addStretch(1)
        self._cards: list[_Card] = []
        self._columns = 0

    def load(self, recent: list[str]) -> None:
        """Shows the samples, once, and the recent files as they are now."""
        if not self._cards:
            for sample in _samples():
                card = _Card(sample)
                card.clicked.connect(lambda _=False, it=sample: self.sample_chosen.emit(it))
                self._cards.append(card)
            self._arrange()
        while (item := self._recent.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._recent_heading.setVisible(bool(recent))
        for path in recent:
            self._recent.addWidget(self._row(path))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if layer_in(event.mimeData()):
            self.layer_entered.emit()

    def _row(self, path: str) -> QWidget:
        missing = not Path(path).exists()
        button = QPushButton(in_menu(Path(path).name) + ("  (missing)" if missing else ""))
        button.setProperty("role", "link")
        button.setToolTip(in_html(path))
        button.setAccessibleName(f"Open {path}")
        button.setEnabled(not missing)
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.file_chosen.emit(path))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(button)
        where = Verbatim(str(Path(path).parent))
        where.setProperty("role", "muted")
        line.addWidget(where, 1)
        return row

    def _arrange(self) -> None:
        """Lays the cards out in as many columns as there is room for."""
        columns = max(1, (self.viewport().width() - 2 * _SIDE + _GAP) // (_CARD + _GAP))
        columns = min(columns, 5)
        if columns == self._columns and self._grid.count() == len(self._cards):
            return
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, column < columns)
        self._columns = columns
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, place // columns, place % columns)


def _samples() -> tuple[Sample, ...]:
    """What was shipped; a damaged installation must not stop a start."""
    try:
        return samples()
    except ProjectError:
        return ()


LAYER_MIME = "application/x-bnstudio-layer"
"""What a drag from the palette carries: a layer type's name in UTF-8."""


def layer_in(mime: QMimeData) -> bool:
    """Whether a drag carries a layer."""
    return mime.hasFormat(LAYER_MIME)
