"""The style sheet: what a palette cannot say about docks, tabs, fields, menus and tables.

Object names and the ``role`` property pick out the few special cases: ``role="primary"`` is the
one filled button, ``role="quiet"`` a button without a frame, ``role="heading"`` and
``role="muted"`` are labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.resources import resource

if TYPE_CHECKING:
    from bnstudio.ui.theme import Theme


def style_sheet(theme: Theme) -> str:
    """The whole application's style sheet in one theme's colours."""
    t = theme
    field = t.raised if t.dark else t.surface
    pressed = t.border
    arrow = resource("icons", f"arrow-down-{t.name}.svg").as_posix()
    up = resource("icons", f"arrow-up-{t.name}.svg").as_posix()
    tick = resource("icons", f"tick-{t.name}.svg").as_posix()
    dash = resource("icons", f"dash-{t.name}.svg").as_posix()
    right = resource("icons", f"arrow-right-{t.name}.svg").as_posix()
    return f"""
    QMainWindow, QDialog {{ background: {t.window}; }}
    QDialogButtonBox, QMessageBox, QFileDialog {{ dialogbuttonbox-buttons-have-icons: 0; }}
    QMainWindow::separator {{ background: {t.border}; width: 1px; height: 1px; }}
    QMainWindow::separator:hover {{ background: {t.accent}; }}
    QToolTip {{ color: {t.text}; background: {t.raised}; border: 1px solid {t.border};
        padding: 5px 8px; }}

    QDockWidget {{ color: {t.muted}; }}
    #panel, QDockWidget > QWidget {{ background: {t.surface}; }}
    #dockTitle {{ background: {t.surface}; }}
    #dockTitle QLabel {{ color: {t.muted}; font-weight: 600; }}

    QTabBar {{ background: {t.window}; qproperty-drawBase: 0; border: none; }}
    QTabBar::tab {{ background: transparent; color: {t.muted}; border: none;
        border-bottom: 2px solid transparent; padding: 7px 12px 6px 12px; margin: 0; }}
    QTabBar::tab:hover {{ color: {t.text}; }}
    QTabBar::tab:selected {{ color: {t.text}; border-bottom: 2px solid {t.accent}; }}
    QTabBar::tab:focus {{ color: {t.accent}; }}
    QTabBar QToolButton {{ background: {t.window}; border: none; }}
    QTabWidget::pane {{ border: none; }}

    #topBar {{ background: {t.window}; border-bottom: 1px solid {t.border}; }}
    QMenuBar {{ background: transparent; color: {t.text}; border: none; padding: 0; }}
    QMenuBar::item {{ background: transparent; padding: 5px 9px; border-radius: 5px; }}
    QMenuBar::item:selected, QMenuBar::item:pressed {{ background: {t.hover}; color: {t.text}; }}
    QMenu {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border};
        padding: 5px; }}
    QMenu::item {{ padding: 5px 26px 5px 10px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {t.hover}; color: {t.text}; }}
    QMenu::item:disabled {{ color: {t.muted}; }}
    QMenu::icon {{ padding-left: 8px; }}
    QMenu::separator {{ height: 1px; background: {t.border}; margin: 5px 6px; }}
    QMenu::right-arrow {{ image: url("{right}"); width: 10px; height: 10px; }}

    QStatusBar {{ background: {t.window}; border-top: 1px solid {t.border}; color: {t.muted}; }}
    QStatusBar::item {{ border: none; }}
    #trail {{ background: {t.window}; border: none; border-bottom: 1px solid {t.border}; }}
    #statusBar QLabel, #statusBar QToolButton {{ color: {t.muted}; }}

    QLabel[role="muted"] {{ color: {t.muted}; }}
    QLabel[role="heading"] {{ font-weight: 600; color: {t.text}; }}
    QLabel[role="section"] {{ font-weight: 600; color: {t.muted}; }}
    QLabel[role="error"] {{ color: {t.error}; }}
    QLabel[role="changed"] {{ font-weight: 600; color: {t.text}; }}

    QPushButton {{ background: {t.raised}; color: {t.text}; border: 1px solid {t.border};
        border-radius: 6px; padding: 4px 12px; }}
    QPushButton:hover {{ background: {t.hover}; }}
    QPushButton:pressed {{ background: {pressed}; }}
    QPushButton:focus {{ border-color: {t.accent}; }}
    QPushButton:disabled {{ color: {t.muted}; background: transparent; }}
    QPushButton[role="primary"] {{ background: {t.accent}; color: {t.on_accent};
        border: 1px solid {t.accent}; font-weight: 600; }}
    QPushButton[role="primary"]:hover {{ border-color: {t.text}; }}
    QPushButton[role="primary"]:disabled {{ background: {t.hover}; color: {t.muted};
        border-color: {t.border}; }}
    QPushButton[role="segment"] {{ background: transparent; border-color: transparent;
        color: {t.muted}; padding: 3px 10px; }}
    QPushButton[role="segment"]:hover, QPushButton[role="segment"]:focus {{ color: {t.text}; }}
    QPushButton[role="segment"]:checked {{ background: {t.hover}; color: {t.text};
        border-color: {t.border}; }}
    QPushButton[role="link"] {{ background: transparent; border: none; color: {t.accent};
        padding: 2px 4px; text-align: left; }}
    QPushButton[role="link"]:hover, QPushButton[role="link"]:focus {{
        text-decoration: underline; }}
    QToolButton {{ background: transparent; color: {t.text}; border: 1px solid transparent;
        border-radius: 5px; padding: 3px; }}
    QToolButton:hover {{ background: {t.hover}; }}
    QToolButton:pressed, QToolButton:checked {{ background: {pressed}; }}
    QToolButton:focus {{ border-color: {t.accent}; }}
    QToolButton:disabled {{ color: {t.muted}; }}
    QToolButton[role="fold"], QToolButton[role="fold"]:checked {{ background: transparent;
        padding: 2px 6px 2px 0; margin-left: -5px; font-weight: 600; color: {t.muted}; }}
    QToolButton[role="fold"]:hover {{ color: {t.text}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QFrame[role="nested"] {{ border: none; border-left: 2px solid {t.border}; }}

    QLineEdit, QAbstractSpinBox, QComboBox {{ background: {field}; color: {t.text};
        border: 1px solid {t.border}; border-radius: 5px; padding: 3px 6px; min-height: 1.25em;
        selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: {t.muted}; }}
    QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {{ border-color: {t.accent}; }}
    QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{ color: {t.muted};
        background: {t.window}; }}
    QPlainTextEdit[role="field"] {{ background: {field}; border: 1px solid {t.border};
        border-radius: 5px; padding: 1px 2px; }}
    QPlainTextEdit[role="field"]:hover {{ border-color: {t.muted}; }}
    QPlainTextEdit[role="field"]:focus {{ border-color: {t.accent}; }}
    QLineEdit[refused="true"], QAbstractSpinBox[refused="true"],
    QPlainTextEdit[role="field"][refused="true"] {{ border-color: {t.error}; }}
    QAbstractSpinBox {{ padding: 1px 18px 1px 2px; }}
    QAbstractSpinBox[plain="true"] {{ padding: 1px 2px; }}
    QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{ background: transparent; border: none;
        padding: 0 4px; min-height: 0; }}
    QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border;
        width: 16px; border: none; background: transparent; }}
    QAbstractSpinBox::up-button {{ subcontrol-position: top right; }}
    QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; }}
    QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{
        background: {t.hover}; }}
    QAbstractSpinBox::up-arrow {{ image: url("{up}"); width: 8px; height: 8px; }}
    QAbstractSpinBox::down-arrow {{ image: url("{arrow}"); width: 8px; height: 8px; }}
    QAbstractSpinBox[plain="true"]::up-button, QAbstractSpinBox[plain="true"]::down-button,
    QAbstractSpinBox[plain="true"]::up-arrow, QAbstractSpinBox[plain="true"]::down-arrow {{
        width: 0; height: 0; image: none; }}
    QComboBox {{ padding-right: 20px; }}
    QComboBox::drop-down {{ subcontrol-origin: border; subcontrol-position: center right;
        width: 20px; border: none; }}
    QComboBox::down-arrow {{ image: url("{arrow}"); width: 10px; height: 10px; }}
    QComboBox QAbstractItemView {{ background: {t.raised}; color: {t.text};
        border: 1px solid {t.border}; padding: 4px; outline: none;
        selection-background-color: {t.hover}; selection-color: {t.text}; }}
    QComboBox QAbstractItemView::item {{ min-height: 1.7em; padding: 0 4px; border-radius: 4px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {t.hover}; color: {t.text}; }}
    QCheckBox {{ spacing: 7px; color: {t.text}; }}
    QCheckBox::indicator, QTableView::indicator, QTreeView::indicator {{ width: 15px; height: 15px;
        border: 1px solid {t.muted};
        border-radius: 4px; background: {t.surface}; }}
    QCheckBox::indicator:hover, QTableView::indicator:hover, QTreeView::indicator:hover {{
        border-color: {t.accent}; }}
    QCheckBox:focus {{ color: {t.accent}; }}
    QCheckBox::indicator:checked, QTableView::indicator:checked, QTreeView::indicator:checked {{
        background: {t.accent}; border-color: {t.accent};
        image: url("{tick}"); }}
    QCheckBox::indicator:indeterminate {{ background: {t.accent}; border-color: {t.accent};
        image: url("{dash}"); }}
    QCheckBox::indicator:disabled {{ background: {t.window}; border-color: {t.border}; }}
    QRadioButton {{ color: {t.text}; spacing: 7px; }}
    QPlainTextEdit, QTextEdit, QTextBrowser {{ background: {t.surface}; color: {t.text};
        border: none; selection-background-color: {t.accent}; selection-color: {t.on_accent}; }}
    QSlider::groove:horizontal {{ height: 4px; background: {t.border}; border-radius: 2px; }}
    QSlider::sub-page:horizontal {{ background: {t.accent}; border-radius: 2px; }}
    QSlider::handle:horizontal {{ background: {t.surface}; border: 2px solid {t.accent};
        width: 10px; height: 10px; margin: -5px 0; border-radius: 7px; }}
    QProgressBar {{ background: {t.border}; border: none; border-radius: 2px; max-height: 4px; }}
    QProgressBar::chunk {{ background: {t.accent}; border-radius: 2px; }}

    QSplitter::handle {{ background: {t.border}; }}
    QScrollArea {{ background: transparent; border: none; }}
    QAbstractScrollArea::corner {{ background: transparent; }}
    QScrollBar:vertical {{ background: transparent; width: 9px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 9px; margin: 0; }}
    QScrollBar::handle {{ background: {t.border}; border-radius: 3px; min-height: 28px;
        min-width: 28px; margin: 1px 2px 1px 1px; }}
    QScrollBar::handle:horizontal {{ margin: 1px 1px 2px 1px; }}
    QScrollBar::handle:hover {{ background: {t.muted}; }}
    QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
        background: transparent; width: 0; height: 0; }}

    QAbstractItemView {{ background: {t.surface}; color: {t.text}; border: none; outline: none;
        selection-background-color: {t.hover}; selection-color: {t.text};
        alternate-background-color: {t.surface}; }}
    QTreeView::item, QListView::item {{ border: none; }}
    QTreeView::item:hover, QListView::item:hover, QTableView::item:hover {{
        background: {t.hover}; }}
    QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {{
        background: {t.hover}; color: {t.text}; }}
    QTreeView::branch {{ background: transparent; image: none; }}
    QTableView {{ gridline-color: transparent; }}
    QTableView::item {{ padding: 2px 8px; border: none; }}
    QHeaderView {{ background: {t.surface}; border: none; }}
    QHeaderView::section {{ background: {t.surface}; color: {t.muted}; border: none;
        border-bottom: 1px solid {t.border}; padding: 4px 11px; font-weight: 600; }}
    QHeaderView::section:hover {{ color: {t.text}; }}
    QHeaderView::up-arrow {{ image: url("{up}"); width: 9px; height: 9px; }}
    QHeaderView::down-arrow {{ image: url("{arrow}"); width: 9px; height: 9px; }}
    QTableCornerButton::section {{ background: {t.surface}; border: none; }}

    #popup {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 9px; }}
    #popup QLineEdit {{ border: none; background: transparent; padding: 10px 12px;
        border-bottom: 1px solid {t.border}; border-radius: 0; }}
    #popup QListView {{ background: transparent; }}
    #toast {{ background: {t.raised}; border: 1px solid {t.border}; border-radius: 8px; }}
    #rule {{ background: {t.border}; max-height: 1px; min-height: 1px; border: none; }}
    #welcome {{ background: {t.canvas}; }}
    #card {{ background: {t.surface}; border: 1px solid {t.border}; border-radius: 10px;
        padding: 0; text-align: left; }}
    #card:hover {{ border-color: {t.muted}; background: {t.hover}; }}
    #card:focus {{ border-color: {t.accent}; }}
    """
