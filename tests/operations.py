"""What Keras makes of an operation. These functions run in the process of ``tests/oracle.py``."""

import numpy as np

from tests.oracle import UNKNOWN


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

    With ``run`` numbers go in too, eagerly, and sizes that are not known fit by no chance.
    """
    import keras

    from bnstudio.engine.operations import call_operation
    from bnstudio.plan import Call

    operation = Call("node", type, "node", {}, options=params)
    try:
        made = call_operation(operation, [keras.KerasTensor(*each) for each in inputs])
        said = [tuple(tensor.shape) for tensor in keras.tree.flatten(made)]
        if run:
            given = [_numbers(*each, at, UNKNOWN) for at, each in enumerate(inputs)]
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


def _numbers(shape, dtype, at, unknown=2):
    import keras

    sizes = [unknown if size is None else size for size in shape]
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
    """What is another once a model with all of these operations has been saved and opened.

    It is built of its description again, by the engine and by the exported script.
    """
    import keras

    from bnstudio import importers
    from bnstudio.analysis import analyze
    from bnstudio.engine.builder import build
    from bnstudio.engine.operations import call_operation
    from bnstudio.exporters.keras_script import render
    from bnstudio.plan import Call, plan

    keras.utils.clear_session()
    given, tensors, outputs, names = [], [], [], []
    for type, params, inputs in cases:
        taken = [keras.Input(batch_shape=shape, dtype=dtype) for shape, dtype in inputs]
        made = call_operation(Call("node", type, "node", {}, options=params), taken)
        outputs.append(keras.tree.flatten(made))
        names.append(outputs[-1][0]._keras_history.operation.name)
        tensors += taken
        given += [_numbers(shape, dtype, at) for at, (shape, dtype) in enumerate(inputs)]
    model = keras.Model(tensors, keras.tree.flatten(outputs))
    project = importers.loads(model.to_json()).project
    nodes = {node.name: node for node in project.graph.nodes.values()}
    found = []
    for (type, params, _), name in zip(cases, names, strict=True):
        node = nodes[name]
        if (node.type, dict(node.params)) != (type, params):
            found.append(f"{type} {params} became {node.type} {dict(node.params)}")
    if found:
        return found
    text, space = render(project).text, {}
    exec(text[: text.index("def load_data")], space)
    exec(text[text.index("def build_model") : text.index("def main")], space)
    truth = _outputs(model, given)
    others = {"engine": build(plan(analyze(project.graph))).model, "script": space["build_model"]()}
    which = [case[:2] for case, made in zip(cases, outputs, strict=True) for _ in made]
    for who, other in others.items():
        order = [_inputs(model).index(name) for name in _inputs(other)]
        theirs = _outputs(other, [given[place] for place in order])
        for case, one, two in zip(which, truth, theirs, strict=True):
            floats = one.dtype.kind == "f"
            if one.dtype != two.dtype or not np.array_equal(one, two, equal_nan=floats):
                found.append(f"{who}: {case}: {one} became {two}")
    return found


def _inputs(model):
    return [tensor._keras_history.operation.name for tensor in model.inputs]


def _outputs(model, given):
    import keras

    return [np.asarray(each) for each in keras.tree.flatten(model(given))]
