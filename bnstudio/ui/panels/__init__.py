"""The docks around the canvas, one file each; the order here is their order on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from bnstudio.ui.panels.code import Code
from bnstudio.ui.panels.curves import Curves
from bnstudio.ui.panels.data import Data
from bnstudio.ui.panels.histograms import Histograms
from bnstudio.ui.panels.inspector import Inspector
from bnstudio.ui.panels.layers import Layers
from bnstudio.ui.panels.palette import Palette
from bnstudio.ui.panels.problems import Problems
from bnstudio.ui.panels.runs import Runs
from bnstudio.ui.panels.settings import SettingsPanel

if TYPE_CHECKING:
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QWidget

    from bnstudio.ui.document import Document
    from bnstudio.ui.session import Session


class PanelType(Protocol):
    """What a panel's class has: its tab's text, the edge it starts at, and how it is made."""

    @property
    def title(self) -> str:
        """The text of its tab, unique."""

    @property
    def area(self) -> Qt.DockWidgetArea:
        """The edge of the window where it is at first."""

    def __call__(self, document: Document, session: Session) -> QWidget:
        """Makes one."""


PANELS: tuple[PanelType, ...] = (
    Palette,
    Inspector,
    Code,
    Data,
    SettingsPanel,
    Problems,
    Curves,
    Histograms,
    Layers,
    Runs,
)
"""Every panel. A new one is a file here and an entry in this tuple."""
