"""The drawing as PNG: the SVG at twice its size, with the program's own fonts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bnstudio.exporters import svg
from bnstudio.exporters.exporter import Exporter
from bnstudio.resources import resource

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.project import Project

ZOOM = 2.0
LONGEST = 16_000
LARGEST = 80_000_000
"""Pixels along a side, and in all; drawings beyond that are made smaller."""


def render(project: Project, analysis: Analysis | None = None, *, dark: bool = False) -> bytes:
    """The project's drawing as the content of a PNG file."""
    import resvg_py

    picture = svg.render(project, analysis, dark=dark)
    size = re.search(r'width="(\S+)" height="(\S+)"', picture)
    width, height = map(float, size.groups()) if size else (1.0, 1.0)
    zoom = min(ZOOM, LONGEST / max(width, height), (LARGEST / (width * height)) ** 0.5)
    fonts = [str(path) for path in sorted(resource("fonts").glob("*.[ot]tf"))]
    pixels = (max(1, round(width * zoom)), max(1, round(height * zoom)))
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=picture,
            width=pixels[0],
            height=pixels[1],
            font_files=fonts,
            skip_system_fonts=False,
        )
    )


EXPORTER = Exporter("PNG picture", ".png", render)
