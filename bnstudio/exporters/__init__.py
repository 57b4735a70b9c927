"""The ways out: an entry each. The engine makes what needs Keras; the rest is made without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bnstudio.exporters import keras_script, models, notebook, pdf, png, svg
from bnstudio.exporters.exporter import Exporter

if TYPE_CHECKING:
    from pathlib import Path

EXPORTERS: tuple[Exporter, ...] = (
    keras_script.EXPORTER,
    notebook.EXPORTER,
    models.KERAS,
    models.WEIGHTS,
    models.CONFIG,
    models.SAVED_MODEL,
    models.LITERT,
    models.ONNX,
    svg.EXPORTER,
    png.EXPORTER,
    pdf.EXPORTER,
)
"""Every exporter, in the order of the menu."""


def exporter_of(path: Path) -> Exporter | None:
    """What makes files of this name; None where nothing does."""
    name = path.name.lower()
    named = (entry for entry in EXPORTERS if name.endswith(entry.suffix) and name != entry.suffix)
    return next(named, None)


__all__ = [
    "EXPORTERS",
    "Exporter",
    "exporter_of",
    "keras_script",
    "models",
    "notebook",
    "pdf",
    "png",
    "svg",
]
