"""What Keras makes of an operation. These functions run in the process of ``tests/oracle.py``."""

import numpy as np


def signature(function):
    """The arguments of ``keras.ops.<function>`` with their defaults; ``...`` where there is none."""
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
    return keras.ops.convert_to_tensor(numbers.reshape(sizes), dtype)


def _fits(real, said):
    return len(real) == len(said) and all(
        size in (None, one) for one, size in zip(real, said, strict=True)
    )
