"""The drawing as PDF: the SVG on one page of its size, as vectors and text, fonts embedded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bnstudio.exporters import svg
from bnstudio.exporters.exporter import Exporter
from bnstudio.resources import resource

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis
    from bnstudio.project import Project

POINTS = 0.75
"""Of a pixel of the drawing: there are 72 points and 96 pixels to an inch."""

LONGEST = 14_400.0
"""Points along a side; readers take no longer page. Drawings beyond that are made smaller."""

_PAGE = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: {width}pt, height: {height}pt, margin: 0pt)
#image(bytes(sys.inputs.picture), format: "svg", width: {width}pt, height: {height}pt)
"""


def render(project: Project, analysis: Analysis | None = None, *, dark: bool = False) -> bytes:
    """The project's drawing as the content of a PDF file."""
    import typst

    picture = svg.render(project, analysis, dark=dark)
    size = re.search(r'width="(\S+)" height="(\S+)"', picture)
    width, height = map(float, size.groups()) if size else (1.0, 1.0)
    zoom = min(POINTS, LONGEST / max(width, height))
    page = _PAGE.format(width=f"{width * zoom:f}", height=f"{max(height * zoom, 0.01):f}")
    fonts = typst.Fonts(font_paths=[resource("fonts")])
    return typst.compile(
        page.encode(),
        format="pdf",
        font_paths=fonts,
        sys_inputs={"picture": picture, "title": project.title or "A Keras model"},
        timestamp=0,
    )


EXPORTER = Exporter("PDF picture", ".pdf", render)
