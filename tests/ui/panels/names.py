"""Which controls have no name for those who do not see them."""

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QScrollBar,
    QWidget,
)

CONTROLS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
)


def is_part(widget: QWidget) -> bool:
    """Whether it is a part that Qt makes of another control."""
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return True
    above = widget.parentWidget()
    while above is not None:
        if isinstance(above, QAbstractSpinBox | QComboBox | QAbstractItemView | QLineEdit):
            return True
        above = above.parentWidget()
    return False


def unnamed(root: QWidget) -> list[str]:
    """The controls in ``root`` that have no name to be read out."""
    return [
        f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parent()).__name__}"
        for widget in root.findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and not is_part(widget)
        and not widget.accessibleName()
        and not (isinstance(widget, QScrollArea) and not widget.focusPolicy())
        and not (isinstance(widget, QAbstractButton) and widget.text())
    ]
