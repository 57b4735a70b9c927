"""How a model is written in each form, how near it must come, and what a form is known to spoil."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras

from bnstudio.engine.weights import arrays
from bnstudio.weights import SUFFIX, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bnstudio.engine.builder import Built
    from bnstudio.graph import Graph
    from bnstudio.plan import Call

EXACT, CLOSE = 1e-6, 1e-4
"""The most by which numbers may differ: of TensorFlow's own forms, and of those of others."""

ONE_ROW = "It takes one row at a time: LiteRT cannot carry this model for any number of rows."


@dataclass(frozen=True)
class Written:
    """What is to be known of a file that was written.

    Attributes:
        rows: How many rows it takes at a time; None for any number.
        note: What people should know of it; empty for nothing.
    """

    rows: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Source:
    """What is written.

    Attributes:
        built: The model, with its weights.
        graph: The drawing that it was built of.
        origin: Where its weights come from, for people.
    """

    built: Built
    graph: Graph
    origin: str = ""

    @property
    def model(self) -> Any:
        """The Keras model."""
        return self.built.model


@dataclass(frozen=True)
class Format:
    """A form that the engine writes.

    Attributes:
        title: As people call it.
        write: Writes a model to a path.
        says: What a file of it does not say of its model and the proof needs; gets the model and
            the project's text.
        tolerance: The most by which numbers may differ.
        compiled: Whether a file has the settings of training too.
    """

    title: str
    write: Callable[[Source, Path], Written]
    says: Callable[[Any, str], str]
    tolerance: float = EXACT
    compiled: bool = False


def _keras(source: Source, path: Path) -> Written:
    source.model.save(path)
    return Written()


def _weights(source: Source, path: Path) -> Written:
    source.model.save_weights(path)
    return Written()


def _side_file(source: Source, path: Path) -> Written:
    write(path, arrays(source.built, source.graph), source.origin)
    return Written()


def _config(source: Source, path: Path) -> Written:
    path.write_text(json.dumps(json.loads(source.model.to_json()), indent=2) + "\n", "utf-8")
    return Written()


def _saved_model(source: Source, path: Path) -> Written:
    kept = _at_inference(source.model)
    given = _signature(source.model)
    kept.export(path, format="tf_saved_model", verbose=False, input_signature=given)
    return Written()


def _litert(source: Source, path: Path) -> Written:
    import tensorflow as tf

    model = source.model
    # What LiteRT itself computes: with more, a file would need all of TensorFlow beside it.
    own = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
    try:
        model.export(path, format="litert", verbose=False, target_spec=own)
    except Exception as error:
        # Loops over the steps of a sequence need lists, which it has for sizes that are known.
        try:
            model.export(
                path,
                format="litert",
                verbose=False,
                target_spec=own,
                input_signature=_signature(model, 1),
            )
        except Exception:
            raise error from None
        return Written(1, ONE_ROW)
    return Written()


def _onnx(source: Source, path: Path) -> Written:
    model = source.model
    with warnings.catch_warnings():
        # Keras asks numpy for a name of before numpy 2, to put it there for tf2onnx.
        warnings.simplefilter("ignore", FutureWarning)
        kept = _at_inference(model)
        # What they add to the loss is no part of a file, and TensorFlow cannot take it out again.
        for layer in kept._flatten_layers(include_self=False):
            layer.activity_regularizer = None
        kept.export(path, format="onnx", verbose=False, input_signature=_signature(model))
    return Written()


def _at_inference(model: Any) -> Any:
    """The same model, never in training.

    Keras 3.15 exports layers that are in training by default, as those of augmentation are, the
    way they work then.
    """
    given = model.inputs[0] if len(model.inputs) == 1 else list(model.inputs)
    return keras.Model(given, model(given, training=False))


def _signature(model: Any, rows: int | None = None) -> list[Any]:
    """What the model is called with, for any number of rows or for this one."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec((rows, *tensor.shape[1:]), tensor.dtype, name=tensor.name)
        for tensor in model.inputs
    ]
    return specs if len(specs) == 1 else [specs]


def _nothing(_model: Any, _text: str) -> str:
    return ""


def _project(_model: Any, text: str) -> str:
    return text


def _configuration(model: Any, _text: str) -> str:
    return str(model.to_json())


def _inputs(model: Any, _text: str) -> str:
    return json.dumps([tensor.name for tensor in model.inputs])


FORMATS: dict[str, Format] = {
    ".keras": Format("Keras", _keras, _nothing, compiled=True),
    ".weights.h5": Format("Keras weights", _weights, _project),
    ".json": Format("a Keras configuration", _config, _configuration, compiled=True),
    ".savedmodel": Format("SavedModel", _saved_model, _nothing),
    ".tflite": Format("LiteRT", _litert, _inputs, CLOSE),
    ".onnx": Format("ONNX", _onnx, _inputs, CLOSE),
    SUFFIX: Format("weights for a project", _side_file, _project),
}
"""Every form that the engine writes, by the suffix of its exporter."""


@dataclass(frozen=True)
class Spoilt:
    """A layer of which it is known that a form's file would not be the model.

    Attributes:
        suffix: The form.
        reason: What is wrong, and in which version; for people.
        concerns: Whether a call is of such a layer.
        example: A layer type and its arguments: a test has Keras write it, so that an entry which
            is not true any more is found.
    """

    suffix: str
    reason: str
    concerns: Callable[[Call], bool]
    example: tuple[str, Mapping[str, Any]]


def _activation(name: str) -> Callable[[Call], bool]:
    def concerns(call: Call) -> bool:
        return _has(call.params, name)

    return concerns


def _has(value: Any, activation: str, key: str = "") -> bool:
    """Whether an activation is among arguments, however deep in layers within a layer."""
    if isinstance(value, Mapping):
        return any(_has(entry, activation, name) for name, entry in value.items())
    if isinstance(value, tuple):
        return any(_has(entry, activation, key) for entry in value)
    return key.endswith("activation") and value == activation


SPOILT: tuple[Spoilt, ...] = (
    Spoilt(
        ".onnx",
        "Keras 3.15 writes its activation gelu as an operation (Erfc) that ONNX does not have",
        _activation("gelu"),
        ("Dense", {"units": 3, "activation": "gelu"}),
    ),
    Spoilt(
        ".onnx",
        "Keras 3.15 writes its activation celu as an operation (Expm1) that ONNX does not have",
        _activation("celu"),
        ("Dense", {"units": 3, "activation": "celu"}),
    ),
    Spoilt(
        ".onnx",
        "Keras 3.15 makes inputs of the model of its mean and variance",
        lambda call: call.type == "Normalization",
        ("Normalization", {"mean": 1.0, "variance": 2.0}),
    ),
)
"""What is refused before it is written."""


def spoils(suffix: str, call: Call) -> Spoilt | None:
    """Why a form cannot carry a layer, as far as that is known beforehand."""
    known = (entry for entry in SPOILT if entry.suffix == suffix)
    return next((entry for entry in known if entry.concerns(call)), None)
