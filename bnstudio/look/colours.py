"""The colours of both appearances, as plain text: of the window, and of pictures made without Qt.

Category and series colours are Okabe and Ito's palette (2008), told apart by colour-blind eyes; a
severity always has a glyph beside its colour.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """The colours of one appearance, as ``#rrggbb``, and what they are for.

    Attributes:
        window: Behind panels and bars.
        surface: Panels, lists and fields.
        raised: Nodes, menus and popups.
        canvas: Behind the drawing.
        grid: The dots on the canvas.
        border: Hairlines between surfaces.
        text: Primary text, at least 7:1 on every surface.
        muted: Secondary text, at least 4.5:1 on every surface.
        accent: The one colour of selection, focus and the main button.
        on_accent: Text on the accent.
        wire: Wires at rest.
        error: With a filled circle and a cross.
        warning: With a triangle.
        info: With a circle and an i.
        good: Done, valid, running well.
    """

    name: str
    window: str
    surface: str
    raised: str
    canvas: str
    grid: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    hover: str
    wire: str
    error: str
    warning: str
    info: str
    good: str
    series: tuple[str, ...]
    code: dict[str, str]

    @property
    def dark(self) -> bool:
        """Whether it is the dark one."""
        return self.name == "dark"


CATEGORIES = {
    "Core": "#0072b2",
    "Normalization": "#009e73",
    "Activation": "#e69f00",
    "Regularization": "#cc79a7",
    "Convolution": "#56b4e9",
    "Pooling": "#7f9fd1",
    "Recurrent": "#d55e00",
    "Attention": "#586874",
    "Merging": "#b8a912",
    "Reshaping": "#8a8f98",
    "Preprocessing": "#985428",
    "Augmentation": "#8a45dc",
}
"""Okabe and Ito's hues; the yellow is darkened so that it shows on white.

The slate, the brown and the violet stay far from all of them, and from each other, to colour-blind
eyes.
"""

OTHER = "#8a8f98"
"""Of a category beyond the palette, and of a layer type that is not known."""

LIGHT = Colours(
    name="light",
    window="#f3f4f6",
    surface="#ffffff",
    raised="#ffffff",
    canvas="#f8f9fb",
    grid="#dde0e6",
    border="#dcdfe5",
    text="#16181d",
    muted="#5a6170",
    accent="#2f5fd0",
    on_accent="#ffffff",
    hover="#eaeef7",
    wire="#8b93a3",
    error="#c4282f",
    warning="#985700",
    info="#2563b8",
    good="#1d7a4b",
    series=("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b07800", "#3a8fc4"),
    code={
        "keyword": "#8430a8", "string": "#1d6f42", "number": "#a44a00", "comment": "#697080",
        "name": "#1f56b5", "text": "#16181d",
    },
)  # fmt: skip

DARK = Colours(
    name="dark",
    window="#16181d",
    surface="#1c1f26",
    raised="#262a33",
    canvas="#12141a",
    grid="#262a34",
    border="#313642",
    text="#eceef2",
    muted="#a0a8b8",
    accent="#7aa2ff",
    on_accent="#0d1220",
    hover="#2a303d",
    wire="#707a8d",
    error="#ff7b80",
    warning="#f2b04c",
    info="#7db4ff",
    good="#5fcf94",
    series=("#56b4e9", "#ff9152", "#35c79a", "#e59fc6", "#f0c04a", "#8fc7f2"),
    code={
        "keyword": "#d19af0", "string": "#8fd6a4", "number": "#f0a877", "comment": "#8b94a6",
        "name": "#8db8ff", "text": "#eceef2",
    },
)  # fmt: skip
