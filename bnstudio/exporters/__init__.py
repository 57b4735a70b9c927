"""The ways out: one file each, made from the plan or the drawing, without Keras and without Qt."""

from bnstudio.exporters import keras_script, png, svg
from bnstudio.exporters.exporter import Exporter

EXPORTERS: tuple[Exporter, ...] = (keras_script.EXPORTER, svg.EXPORTER, png.EXPORTER)
"""Every exporter, in the order of the menu."""

__all__ = ["EXPORTERS", "Exporter", "keras_script", "png", "svg"]
