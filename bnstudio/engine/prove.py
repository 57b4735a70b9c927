"""A fresh process that opens an exported file and compares what it computes with the model.

``python -m bnstudio.engine.prove SUFFIX`` loads what files of the form need, then answers each line
of JSON on its standard input by one on its standard output: ``difference``, or ``fault`` with the
reason. It ends when its input does, even in the middle of one. What made the file is not asked:
only what any user of the file has, and, where the file is weights alone, the project's model.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from bnstudio.weights import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    Arrays = list[NDArray[Any]]
    Run = Callable[[Arrays], Arrays]

TEXTS = np.dtype(object)
"""The type of arrays of texts, as models take and give them."""


class Fault(Exception):
    """The file is not the model; the text says why."""


def main(suffix: str) -> None:
    """Serves until the standard input ends."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from bnstudio.engine.surroundings import step_back, take_pipe

    step_back()
    source, sink = take_pipe()
    jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(source, jobs), name="jobs", daemon=True).start()
    LOADERS[suffix]()
    while True:
        sink.write(json.dumps(answer(suffix, jobs.get())).encode() + b"\n")
        sink.flush()


def answer(suffix: str, job: dict[str, Any]) -> dict[str, Any]:
    """The difference that a file makes, or its fault.

    ``job`` has the ``path``, the path ``expected`` of the recorded batches, the ``tolerance``, the
    types of ``layers`` that packages offer and, where the file does not say it, the ``model``.
    """
    try:
        _bring(job.get("layers", ()))
        run = OPENERS[suffix](job["path"], job["model"])
        if run is None:
            return {"difference": 0.0}
        with np.load(job["expected"], allow_pickle=False) as recorded:
            batches = list(_batches(recorded))
        worst = max(_difference(run(inputs), outputs) for inputs, outputs in batches)
        if not worst <= job["tolerance"]:
            raise Fault(
                f"what it computes differs by {worst:.2g} from what the model computes, and "
                f"{job['tolerance']:g} is the most"
            )
    except Fault as fault:
        return {"fault": str(fault)}
    except Exception as error:  # the libraries that open it raise anything
        return {"fault": f"{type(error).__name__}: {error}"}
    return {"difference": worst}


def _bring(types: Iterable[str]) -> None:
    """Imports the classes of confirmed packages, as who uses such a file has to."""
    for type in types:
        import keras

        from bnstudio.engine.foreign import class_of

        made = class_of(type)
        if not hasattr(keras.layers, made.__name__):
            keras.saving.get_custom_objects().setdefault(made.__name__, made)


def record(path: Path, batches: list[tuple[Arrays, Arrays]]) -> None:
    """Writes what the model is given and computes, batch by batch, for ``answer`` to compare."""
    arrays = {
        f"{number}/{kind}/{place}": array.astype(str) if array.dtype == TEXTS else array
        for number, batch in enumerate(batches)
        for kind, side in zip(("in", "out"), batch, strict=True)
        for place, array in enumerate(side)
    }
    np.savez(path, allow_pickle=False, **arrays)


def _batches(recorded: Any) -> list[tuple[Arrays, Arrays]]:
    found: dict[int, dict[str, dict[int, NDArray[Any]]]] = {}
    for name in recorded.files:
        number, kind, place = name.split("/")
        array = recorded[name]
        if array.dtype.kind == "U":
            array = array.astype(TEXTS)
        found.setdefault(int(number), {"in": {}, "out": {}})[kind][int(place)] = array
    return [
        ([given[n] for n in sorted(given)], [made[n] for n in sorted(made)])
        for given, made in (sides.values() for sides in found.values())
    ]


def _difference(got: Arrays, wanted: Arrays) -> float:
    """The largest difference of any number, relative to the wanted one where that is above 1."""
    if len(got) != len(wanted):
        raise Fault(f"it has {len(got)} outputs, and the model has {len(wanted)}")
    worst = 0.0
    for place, (one, other) in enumerate(zip(got, wanted, strict=True), 1):
        if one.shape != other.shape:
            raise Fault(f"its output {place} has the shape {one.shape} for {other.shape}")
        if other.dtype == TEXTS:
            if [_text(value) for value in one.flat] != [_text(value) for value in other.flat]:
                raise Fault(f"its output {place} has other texts")
            continue
        ours, theirs = np.asarray(one, float), np.asarray(other, float)
        same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
        if not (np.isfinite(ours) & np.isfinite(theirs))[~same].all():
            raise Fault(f"its output {place} is not finite where the model's is, or the other way")
        far = np.abs(ours - theirs, where=~same, out=np.zeros_like(ours))
        far /= np.maximum(1.0, np.abs(theirs, where=~same, out=np.ones_like(theirs)))
        worst = max(worst, float(far.max(initial=0.0)))
    return worst


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _read(source: BinaryIO, jobs: queue.SimpleQueue[dict[str, Any]]) -> None:
    for line in source:
        jobs.put(json.loads(line))
    os._exit(0)


# How each form is opened: a path, and what the file does not say; gives what it computes.


def _keras(path: str, _model: str) -> Run:
    import keras

    return _called(keras.models.load_model(path))


def _weights(path: str, model: str) -> Run:
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.foreign import load
    from bnstudio.plan import plan

    made = build(plan(analyze(load(model).graph))).model
    made.load_weights(path)
    return _called(made)


def _side_file(path: str, model: str) -> Run:
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.weights import open_side_file, owned, put
    from bnstudio.plan import plan
    from bnstudio.project import loads

    graph = loads(model).graph
    built = build(plan(analyze(graph)))
    weights = open_side_file(path)
    if put(built, graph, weights) or {
        id for id, layer in owned(built, graph) if layer.weights
    } != set(weights.layers):
        raise Fault("its weights are not those of the model's layers")
    return _called(built.model)


def _config(path: str, model: str) -> None:
    import keras

    text = Path(path).read_text("utf-8")
    if json.loads(keras.models.model_from_json(text).to_json()) != json.loads(model):
        raise Fault("the model that Keras makes of it has another configuration")


def _saved_model(path: str, _model: str) -> Run:
    import tensorflow as tf

    loaded = tf.saved_model.load(path)  # its variables live as long as it does

    def run(inputs: Arrays) -> Arrays:
        given = [tf.constant(array) for array in inputs]
        return _arrays(tf.nest.flatten(loaded.serve(given[0] if len(given) == 1 else given)))

    return run


def _litert(path: str, model: str) -> Run:
    import warnings

    import tensorflow as tf

    with warnings.catch_warnings():
        # It goes to a package of its own in a later TensorFlow than the one that is installed.
        warnings.simplefilter("ignore", UserWarning)
        interpreter = tf.lite.Interpreter(path)
    runner = interpreter.get_signature_runner()
    names = _named(list(runner.get_input_details()), json.loads(model))

    def run(inputs: Arrays) -> Arrays:
        made = runner(**dict(zip(names, inputs, strict=True)))
        return [made[name] for name in sorted(made, key=lambda name: int(name.split("_")[-1]))]

    return run


def _onnx(path: str, model: str) -> Run:
    import onnx
    import onnxruntime

    onnx.checker.check_model(path)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it warns of is either a fault below or none
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = _named([entry.name for entry in session.get_inputs()], json.loads(model))
    return lambda inputs: session.run(None, dict(zip(names, inputs, strict=True)))


def _named(known: list[str], wanted: list[str]) -> list[str]:
    """The file's names of the model's inputs, in the model's order."""
    if len(known) != len(wanted):
        raise Fault(
            f"it asks for {len(known)} inputs ({', '.join(known)}), and the model for {len(wanted)}"
        )
    return wanted if set(wanted) == set(known) else known


def _called(model: Any) -> Run:
    import keras
    import tensorflow as tf

    def run(inputs: Arrays) -> Arrays:
        given = [tf.constant(array) for array in inputs]
        made = model(given[0] if len(given) == 1 else given, training=False)
        return _arrays(keras.tree.flatten(made))

    return run


def _arrays(tensors: Any) -> Arrays:
    return [standard(tensor.numpy()) for tensor in tensors]


def standard(array: NDArray[Any]) -> NDArray[Any]:
    """An array of a type that a file may have: bfloat16, which numpy lacks itself, as float32."""
    return array if array.dtype.isbuiltin == 1 else array.astype(np.float32)


# These take seconds, and so are done while what is to be proven is still being written.


def _load_keras() -> None:
    import keras  # noqa: F401


def _load_tensorflow() -> None:
    import tensorflow  # noqa: F401


def _load_onnx() -> None:
    import onnxruntime  # noqa: F401


OPENERS: dict[str, Callable[[str, str], Run | None]] = {
    ".keras": _keras,
    ".weights.h5": _weights,
    ".json": _config,
    ".savedmodel": _saved_model,
    ".tflite": _litert,
    ".onnx": _onnx,
    SUFFIX: _side_file,
}

LOADERS: dict[str, Callable[[], None]] = {
    ".keras": _load_keras,
    ".weights.h5": _load_keras,
    ".json": _load_keras,
    ".savedmodel": _load_tensorflow,
    ".tflite": _load_tensorflow,
    ".onnx": _load_onnx,
    SUFFIX: _load_keras,
}


if __name__ == "__main__":
    main(sys.argv[1])
