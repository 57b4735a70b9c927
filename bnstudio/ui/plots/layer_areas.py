"""Where the parts of a large view of a layer are: the plot, the shape, and the curves."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QRectF

GAP = 16

_SMALL = 78
"""What a curve would like to have of height; the least width it can be read at is ``_NARROW``."""

_NARROW = 96
_TALL = 330
_WIDE = 640


class Areas(NamedTuple):
    """Parts of a widget, in its pixels.

    Attributes:
        main: Of the plot over time.
        shape: Of the histogram of the moment.
        curves: Of each figure over time.
    """

    main: QRectF
    shape: QRectF
    curves: tuple[QRectF, ...]


def arranged(whole: QRectF, count: int) -> Areas:
    """The plot at the left, beside it the shape and ``count`` curves.

    In a low and wide room the shape and the curves have a column each, else they share one.
    """
    count = max(1, count)
    shared = whole.height() > _TALL or whole.width() < _WIDE
    side = whole.width() * (0.36 if shared else 0.54)
    main = QRectF(whole.left(), whole.top(), whole.width() - side - GAP, whole.height())
    left = main.right() + GAP
    if shared:
        high = whole.height() * (0.42 if whole.height() > _TALL else 0.5)
        shape = QRectF(left, whole.top(), side, high - 6)
        top = shape.bottom() + 10
        room = QRectF(left, top, side, whole.bottom() - top)
    else:
        half = (side - GAP) * 0.42
        shape = QRectF(left, whole.top(), half, whole.height())
        room = QRectF(
            shape.right() + GAP, whole.top(), side - GAP - half, whole.height()
        )  # fmt: skip
    return Areas(main, shape, _grid(room, count))


def _grid(room: QRectF, count: int) -> tuple[QRectF, ...]:
    rows = max(1, min(count, int(room.height() / _SMALL)))
    columns = -(-count // rows)
    while rows < count and room.width() / columns < _NARROW:
        rows += 1
        columns = -(-count // rows)
    wide, high = (room.width() + 10) / columns, room.height() / rows
    return tuple(
        QRectF(
            room.left() + (place // rows) * wide,
            room.top() + (place % rows) * high,
            wide - 10,
            high - 3,
        )
        for place in range(count)
    )
