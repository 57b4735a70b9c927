"""What Keras makes of an operation. These functions run in the process of ``tests/oracle.py``."""

import numpy as np


def signature(function):
    """The arguments of a function of ``keras.ops`` with their defaults; ``...`` for none."""
    from tests.oracle import signature

    return signature(f"ops.{function}")


def functions():
    """The name of every function of ``keras.ops`` and ``keras.ops.image``."""
    import keras

    found = [name for name in dir(keras.ops) if callable(getattr(keras.ops, name))]
    found += [f"image.{name}" for name in dir(keras.ops.image)]
    return sorted(name for name in found if "_" not in (name[0], name.rpartition(".")[2][0]))


def call(type, params, inputs, run=False):
    """The shapes that come out, or the error; ``inputs`` are shapes and dtypes.

    With ``run`` numbers go in too, eagerly, and sizes that are not known are 2.
    """
    import keras

    from bnstudio.engine.operations import call_operation
    from bnstudio.plan import Call

    operation = Call("node", type, "node", {}, options=params)
    try:
        made = call_operation(operation, [keras.KerasTensor(*each) for each in inputs])
        said = [tuple(tensor.shape) for tensor in keras.tree.flatten(made)]
        if run:
            given = [_numbers(shape, dtype, at) for at, (shape, dtype) in enumerate(inputs)]
            real = call_operation(operation, given)
            real = [np.asarray(tensor).shape for tensor in keras.tree.flatten(real)]
            if len(real) != len(said) or not all(map(_fits, real, said)):
                return {"error": f"{real} came out instead of {said}"}
    except Exception as error:
        return {"error": f"{type_of(error)}: {error}"[:400]}
    return {"outputs": said}


def type_of(error):
    """The name of an error's class."""
    return type(error).__name__


def _numbers(shape, dtype, at):
    import keras

    sizes = [2 if size is None else size for size in shape]
    count = int(np.prod(sizes))
    numbers = np.arange(count) % 2 if "int" in dtype else np.linspace(0.1, 0.9, count) + at
    numbers = numbers.reshape(sizes)
    if len(sizes) > 1 and sizes[-1] == sizes[-2] > 1 and "int" not in dtype:
        numbers = numbers + np.swapaxes(numbers, -1, -2) + 9 * np.eye(sizes[-1])  # to be inverted
    return keras.ops.convert_to_tensor(numbers, dtype)


def _fits(real, said):
    return len(real) == len(said) and all(
        size in (None, one) for one, size in zip(real, said, strict=True)
    )


def round_trips(cases):
    """What is another, by type, once a model with each operation has been saved and opened.

    Each is built of its description again, by the engine and by the exported script.
    """
    return {case[0]: found for case in cases if (found := _round_trip(*case))}


def _round_trip(type, params, inputs):
    import keras

    from bnstudio import importers
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.operations import call_operation
    from bnstudio.exporters.keras_script import render
    from bnstudio.plan import Call, plan

    keras.utils.clear_session()
    tensors = [keras.Input(batch_shape=shape, dtype=dtype) for shape, dtype in inputs]
    made = call_operation(Call("node", type, "node", {}, options=params), tensors)
    model = keras.Model(tensors, made)
    project = importers.loads(model.to_json()).project
    nodes = [node for node in project.graph.nodes.values() if node.type != "Input"]
    if [(node.type, dict(node.params)) for node in nodes] != [(type, params)]:
        return [f"{params} became {[(node.type, dict(node.params)) for node in nodes]}"]
    space = {}
    text = render(project).text
    exec(compile(text[: text.index("def load_data")], "script", "exec"), space)
    exec(text[text.index("def build_model") : text.index("def main")], space)
    given = [_numbers(shape, dtype, at) for at, (shape, dtype) in enumerate(inputs)]
    truth = _outputs(model, given)
    found = []
    others = {"engine": build(plan(analyze(project.graph))).model, "script": space["build_model"]()}
    for who, other in others.items():
        theirs = _outputs(other, given)
        same = len(truth) == len(theirs) and all(
            one.dtype == two.dtype and np.array_equal(one, two, equal_nan=one.dtype.kind == "f")
            for one, two in zip(truth, theirs, strict=False)
        )
        found += [] if same else [f"{who}: {truth} became {theirs}"[:300]]
    return found


def _outputs(model, given):
    import keras

    return [np.asarray(each) for each in keras.tree.flatten(model(given))]
