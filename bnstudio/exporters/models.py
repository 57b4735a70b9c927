"""The model itself, for Keras and for other programs; the engine makes and proves these files."""

from __future__ import annotations

from bnstudio.exporters.exporter import Exporter
from bnstudio.weights import SUFFIX

KERAS = Exporter("Keras model", ".keras", weights=True)
WEIGHTS = Exporter("Keras weights", ".weights.h5", weights=True)
PROJECT_WEIGHTS = Exporter("Weights for a project", SUFFIX, weights=True)
"""The file beside a project; not on the menu, for saving a project writes it."""
CONFIG = Exporter("Keras configuration", ".json")
SAVED_MODEL = Exporter("SavedModel", ".savedmodel", weights=True, marker="saved_model.pb")
LITERT = Exporter("LiteRT model", ".tflite", weights=True)
ONNX = Exporter("ONNX model", ".onnx", weights=True, needs=("tf2onnx", "onnx", "onnxruntime"))
