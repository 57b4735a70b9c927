"""Keras itself, in a process of its own, for tests that compare with it.

Run as a program it answers questions on its standard input; ``Oracle`` asks them. Questions and
answers are pickled, each after its length. A test that uses it never imports Keras.
"""

import os
import pickle
import struct
import sys

LENGTH = struct.Struct(">I")
UNKNOWN = 11
"""What a size that is not known is in a run: none that tests draw, so that it fits by no chance."""


class Oracle:
    """A Keras process that is asked one question at a time."""

    def __init__(self, warm):
        self._process = warm.start("tests.oracle", stderr=None)

    def ask(self, question, *arguments):
        """The answer of the function of that name here, or of another module: ``module:name``."""
        _write(self._process.stdin, (question, arguments))
        try:
            return _read(self._process.stdout)
        except EOFError:
            raise RuntimeError(f"Keras died of {question}{arguments}") from None

    def close(self):
        """Ends the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _write(stream, value):
    frame = pickle.dumps(value)
    stream.write(LENGTH.pack(len(frame)) + frame)
    stream.flush()


def _read(stream):
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        raise EOFError
    return pickle.loads(stream.read(LENGTH.unpack(head)[0]))


def _find(path):
    import keras

    found = keras
    for part in path.split("."):
        found = getattr(found, part)
    return found


def signature(path):
    """The arguments of ``keras.<path>`` with their defaults; ``...`` where there is none."""
    import inspect

    parameters = inspect.signature(_find(path)).parameters.values()
    return [
        (p.name, ... if p.default is p.empty else p.default)
        for p in parameters
        if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
    ]


def names(path):
    """Every name of a Keras module, and of those that are classes, the class's own name."""
    import inspect

    return {
        name: value.__name__ if inspect.isclass(value) else None
        for name, value in vars(_find(path)).items()
        if not name.startswith("_")
    }


def identifiers(kind):
    """Every text that ``keras.<kind>.get`` looks up, with the name of what it finds."""
    import importlib

    known = importlib.import_module(f"keras.src.{kind}").ALL_OBJECTS_DICT
    return {name: value.__name__ for name, value in known.items() if isinstance(name, str)}


def get(kind, identifier):
    """The class name of what ``keras.<kind>.get`` makes, or the error."""
    try:
        found = _find(f"{kind}.get")(identifier)
    except Exception as error:
        return {"error": _words(error)}
    name = getattr(found, "__name__", None) or type(found).__name__
    return {"name": name}


def undirected(metrics):
    """Those of these metrics, names by names, that do not say whether they should rise or fall."""
    made = {name: _find(f"metrics.{kind}")() for name, kind in metrics.items()}
    return [name for name, metric in made.items() if not getattr(metric, "_direction", None)]


def make(path, arguments):
    """Why ``keras.<path>(**arguments)`` cannot be made; None when it can."""
    try:
        _find(path)(**{name: _made(value) for name, value in arguments.items()})
    except Exception as error:
        return _words(error)
    return None


def _made(value):
    if isinstance(value, dict) and "class_name" in value:
        return _find("optimizers.schedules.deserialize")(value)
    return value


def shape_of(activation, shape):
    """The shape that an activation really gives."""
    import keras

    return tuple(getattr(keras.activations, activation)(keras.ops.zeros(shape)).shape)


def layer(name, arguments, shapes, run=False, given=None, dtype="float32"):
    """What a layer makes of input shapes: its outputs and weights, or the error and its stage.

    ``given`` says how it is called: positional arguments, those by keyword, and plain ones, with
    the index of an input for each; without it, it is called on its input or on their list.

    With ``run`` it also works on zeros, in training, eagerly and as a graph in which unknown sizes
    stay unknown; with its penalties and constraints; and its outputs and first weights must be
    numbers of the shape that they are said to have, which STFT does not care for.
    """
    import keras

    stage = "construct"
    try:
        if name == "Input":
            return {"outputs": [keras.Input(**arguments).shape], "weights": []}
        made = _find(name if "." in name else f"layers.{name}")(**_with_layers(arguments))
        stage = "call"
        call = _caller(made, given)
        outputs = call(*[keras.KerasTensor(shape, dtype) for shape in shapes])
        if run:
            stage = "run"
            _run(made, call, shapes, outputs, dtype)
    except Exception as error:
        return {"error": _words(error), "stage": stage}
    trainable = {id(weight) for weight in made.trainable_weights}
    outputs = outputs if isinstance(outputs, list | tuple) else [outputs]
    return {
        "outputs": [tuple(output.shape) for output in outputs],
        "weights": [(w.name, tuple(w.shape), id(w) in trainable) for w in made.weights],
    }


def calls(text, shapes):
    """What comes out of the ``model`` in a project's model for inputs of each of these shapes.

    None where Keras refuses them.
    """
    import keras

    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.plan import plan
    from bnstudio.project import loads

    model = build(plan(analyze(loads(text).graph))).model.get_layer("model")
    found = []
    for each in shapes:
        tensors = [keras.KerasTensor(shape) for shape in each]
        try:
            made = model(tensors[0] if len(tensors) == 1 else tensors)
        except Exception:  # Keras refuses in many ways
            found.append(None)
        else:
            made = made if isinstance(made, list | tuple) else [made]
            found.append([tuple(output.shape) for output in made])
    return found


def _with_layers(arguments):
    """The arguments of a layer, with layers for those that describe one."""
    return {
        name: _inner(value) if name in ("layer", "backward_layer", "cell", "cells") else value
        for name, value in arguments.items()
    }


def _inner(value):
    import keras

    if isinstance(value, tuple):
        return [_inner(each) for each in value]
    if not isinstance(value, dict):
        return value
    return getattr(keras.layers, value["class_name"])(**_with_layers(value["config"]))


def _merges(made):
    from keras.src.layers.merging.base_merge import Merge

    return isinstance(made, Merge)


def _caller(made, given):
    """The layer as a function of its inputs, in the order of its ports."""
    options = {"training": True} if made._call_has_training_arg else {}
    positional, keyword, plain = given or (([],) if _merges(made) else (0,), {}, {})

    def call(*inputs, training=False):
        def fill(place):
            if isinstance(place, list):
                return [fill(one) for one in place] if given else list(inputs)
            return None if place is None else inputs[place]

        return made(
            *map(fill, positional),
            **{name: fill(place) for name, place in keyword.items()},
            **plain,
            **(options if training else {}),
        )

    return call


def _run(made, call, shapes, said, dtype):
    import keras
    import numpy as np
    import tensorflow as tf

    def train(*inputs):
        return call(*inputs, training=True)

    kind = made.compute_dtype if "int" in made.compute_dtype else dtype
    for weight in made.weights:
        value = keras.ops.convert_to_numpy(keras.ops.cast(weight, "float32"))
        if value.shape != tuple(weight.shape) or not np.isfinite(value).all():
            raise ValueError(f"{weight.name} is {value.shape} instead of {weight.shape}, or nan")
    specs = [tf.TensorSpec(shape, kind) for shape in shapes]
    tf.function(train, input_signature=specs).get_concrete_function()
    zero = {"string": ""}.get(kind, 0)
    kind = {"string": object}.get(kind, kind)
    outputs = train(
        *[tf.constant(np.full([size or UNKNOWN for size in shape], zero, kind)) for shape in shapes]
    )
    keras.tree.map_structure(np.asarray, outputs)
    for output, promise in zip(*map(keras.tree.flatten, (outputs, said)), strict=True):
        sizes = zip(output.shape, promise.shape, strict=True)
        if not all(size in (None, one) for one, size in sizes):
            raise ValueError(f"{output.shape} came out instead of {promise.shape}")
    sum(keras.ops.cast(loss, "float32") for loss in made.losses)
    for weight in made.trainable_weights:
        if weight.constraint is not None:
            weight.constraint(weight)


def _words(error):
    words = str(error)
    # The trace of a graph puts the cause last.
    words = words if len(words) < 300 else f"{words[:100]} ... {words[-400:]}"
    return f"{type(error).__name__}: {words}"


def _function(name):
    import importlib

    module, _, rest = name.rpartition(":")
    return getattr(importlib.import_module(module), rest) if module else globals()[name]


def _serve():
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not come between the answers
    asked = 0
    while True:
        try:
            name, arguments = _read(sys.stdin.buffer)
        except EOFError:
            return
        _write(answers, _function(name)(*arguments))
        asked += 1
        if asked % 500 == 0:
            import keras

            keras.backend.clear_session()


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    _serve()
