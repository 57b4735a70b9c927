"""The dialog in which the user confirms packages that offer layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QSize, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from bnstudio.extensions import GROUP
from bnstudio.layers.foreign import registered

if TYPE_CHECKING:
    from bnstudio.extensions import Offer, Package
    from bnstudio.ui.extensions import Extensions

_ABOUT = (
    "Packages installed beside bnstudio can offer layers. Each is off until you tick it. A tick "
    "means: the package's code may run, in the engine and with your rights, whenever its layers "
    "are looked at, trained or exported. Tick only packages that you would import yourself."
)
_NONE = f"No installed package offers layers (entry point group {GROUP})."
_INDENT = 26
_PACKAGE = Qt.ItemDataRole.UserRole


class CustomLayers(QDialog):
    """The packages with their layers, each to be ticked or not."""

    def __init__(self, extensions: Extensions, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Custom Layers")
        self._extensions = extensions
        about = QLabel(_ABOUT)
        about.setWordWrap(True)
        self.tree = QTreeWidget()
        self.tree.setAccessibleName("Packages that offer layers")
        self.tree.setColumnCount(2)
        self.tree.setHeaderLabels(["Package and layer", "What is known of it"])
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setUniformRowHeights(True)
        self.tree.setRootIsDecorated(False)
        self.tree.setItemsExpandable(False)
        self.tree.setIndentation(_INDENT)
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.none = QLabel(_NONE)
        self.none.setProperty("role", "muted")
        self.none.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.again = QPushButton("Read Again")
        self.again.setToolTip("Describes the package's layers anew, after its code was changed")
        self.again.setAutoDefault(False)
        buttons.addButton(self.again, QDialogButtonBox.ButtonRole.ActionRole)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(12)
        column.addWidget(about)
        column.addWidget(self.tree, 1)
        column.addWidget(self.none, 1, Qt.AlignmentFlag.AlignTop)
        column.addWidget(buttons)
        buttons.rejected.connect(self.reject)
        self.again.clicked.connect(self._read_again)
        self.tree.itemChanged.connect(self._tick)
        self.tree.currentItemChanged.connect(lambda *_: self._show_buttons())
        self.resize(720, 480)
        extensions.changed.connect(self._fill)
        extensions.look()

    def _fill(self) -> None:
        status = self._extensions.status
        found = status.packages if status is not None else ()
        current = self._package()
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        self.tree.blockSignals(True)
        self.tree.clear()
        for package in found:
            on = status is not None and package.name in status.confirmed
            item = QTreeWidgetItem(self.tree, [f"{package.name} {package.version}".strip()])
            item.setData(0, _PACKAGE, package.name)
            item.setFont(0, bold)
            item.setSizeHint(0, QSize(0, self.fontMetrics().height() + 9))
            item.setText(1, package.reason or ("Confirmed" if on else "Off"))
            item.setToolTip(1, package.reason)
            if not package.reason:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(0, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            for offer in package.offers:
                said = _said(package, offer, on)
                child = QTreeWidgetItem(item, [offer.name, said])
                child.setData(0, _PACKAGE, package.name)
                child.setToolTip(1, said)
            item.setExpanded(True)
            if package.name == current or self.tree.currentItem() is None:
                select = QItemSelectionModel.SelectionFlag.ClearAndSelect
                self.tree.setCurrentItem(item, 0, select)
        self.tree.blockSignals(False)
        self.tree.setVisible(bool(found))
        self.none.setVisible(not found)
        self._show_buttons()

    def _package(self) -> str:
        item = self.tree.currentItem()
        return str(item.data(0, _PACKAGE)) if item is not None else ""

    def _show_buttons(self) -> None:
        status = self._extensions.status
        self.again.setEnabled(status is not None and self._package() in status.confirmed)

    def _tick(self, item: QTreeWidgetItem) -> None:
        # Not at once: the list is made anew, and Qt is still at work on this row.
        on, package = item.checkState(0) == Qt.CheckState.Checked, str(item.data(0, _PACKAGE))
        self._extensions.later(lambda: self._extensions.confirm(package, on))

    def _read_again(self) -> None:
        self._extensions.read_again(self._package())


def _said(package: Package, offer: Offer, on: bool) -> str:
    """What is known of a layer, or why it cannot be used."""
    if offer.reason:
        return f"Off: {offer.reason}"
    known = registered()
    if not on:
        return offer.target
    entry = known.types.get(offer.type)
    if entry is None:
        return known.absent.get(offer.type, "")
    return f"{offer.target}: {entry.summary}"
