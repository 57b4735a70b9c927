"""Operations as Keras 2 wrote them: functions of TensorFlow, and its operations by name.

``TFOpLambda`` and ``SlicingOpLambda`` (from 2.4) name a function with its arguments;
``TensorFlowOpLayer`` (before) an operation of a graph with its constants.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bnstudio.graph import freeze
from bnstudio.importers.calls import Given
from bnstudio.importers.legacy_functions import FUNCTIONS, ONE, PAIR, Same
from bnstudio.layers.opaque import tensor

if TYPE_CHECKING:
    from bnstudio.graph import Value

SLICE, FUNCTION, OPERATION = "SlicingOpLambda", "TFOpLambda", "TensorFlowOpLayer"
CLASSES = (SLICE, FUNCTION, OPERATION)
"""The classes of such layers."""

_HOME = ".tf_op_layer"
_OLD = "compat.v1."
_MEANS_NOTHING: dict[str, tuple[Value, ...]] = {
    "beta": (1.0,),
    "data_format": ("NHWC", "channels_last"),
    "direction": ("ASCENDING",),
    "dtype_hint": ("float32",),
    "output_type": ("int64", "int32"),
    "use_cudnn_on_gpu": (True,),
}
"""Arguments of TensorFlow's that change nothing with these values, as with None, False and 0."""


_OPERATIONS: dict[str, Same] = {
    **{
        op: Same(function, PAIR)
        for op, function in {
            "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply",
            "RealDiv": "true_divide", "FloorDiv": "floor_divide", "FloorMod": "mod",
            "Pow": "power", "Maximum": "maximum", "Minimum": "minimum", "Equal": "equal",
            "NotEqual": "not_equal", "Less": "less", "Greater": "greater",
            "BatchMatMulV2": "matmul", "MatMul": "matmul",
        }.items()
    },
    **{
        op: Same(op.lower(), ONE)
        for op in ("Square", "Sqrt", "Rsqrt", "Exp", "Log", "Log1p", "Sin", "Cos", "Sigmoid",
                   "Tanh", "Abs", "Floor", "Ceil", "Sign", "Relu", "Relu6", "Elu", "Selu",
                   "Softplus", "Softsign", "Softmax")
    },
    "Neg": Same("negative", ONE),
    **{
        op: Same(op.lower(), {"x": "x", "axis": "axis"})
        for op in ("Mean", "Sum", "Max", "Min", "Prod")
    },
    "Reshape": Same("reshape", {"x": "x", "shape": "newshape"}),
    "Transpose": Same("transpose", {"x": "x", "perm": "axes"}),
    "ExpandDims": Same("expand_dims", {"x": "x", "axis": "axis"}),
}  # fmt: skip
"""What the operations of a graph are; their inputs have an order and no names."""


def is_one(class_name: str, module: object) -> bool:
    """Whether a layer is such an operation; files of the last versions name its module too."""
    return class_name in CLASSES and (
        module is None or (isinstance(module, str) and module.endswith(_HOME))
    )


def type_of(class_name: str, config: Mapping[str, Any]) -> str:
    """The type of the operation that such a layer is; empty where none is the same."""
    same = _same(class_name, config)
    return f"ops.{same.function}" if same else ""


def given_now(class_name: str, config: Mapping[str, Any], given: Given) -> Given | None:
    """What a call is given, by the names of ``keras.ops``; None where those cannot say it."""
    same = _same(class_name, config)
    if same is None:
        return None
    found = Given(given.tensors, given.shapes, legacy=False)
    values: dict[str, Value] = {}
    args = given.args
    if class_name == OPERATION:
        constants = config.get("constants")
        args = _filled(len(given.tensors), constants if isinstance(constants, dict) else {})
        keep = _node(config).get("attr", {}).get("keep_dims", {})
        if isinstance(keep, dict) and keep.get("b") is True:
            values["keepdims"] = True
    if len(args) > len(same.arguments):
        return None
    values |= dict(zip(same.arguments.values(), args, strict=False))
    for key, value in given.kwargs.items():
        if key in same.arguments:
            values[same.arguments[key]] = value
        elif key != "name" and value not in (None, False, 0, *_MEANS_NOTHING.get(key, ())):
            return None
    values = {name: value for name, value in values.items() if value is not None}
    values = {**same.fixed, **values}
    if same.fit is not None:
        fitting = same.fit(values)
        if fitting is None:
            return None
        values = fitting
    found.kwargs = {name: _key(value) if name == "key" else value for name, value in values.items()}
    return found


def _same(class_name: str, config: Mapping[str, Any]) -> Same | None:
    if class_name == OPERATION:
        return _OPERATIONS.get(str(_node(config).get("op")))
    return FUNCTIONS.get(function_of(class_name, config))


def function_of(class_name: str, config: Mapping[str, Any]) -> str:
    """The function of TensorFlow's that a layer calls, without the names of its old module."""
    name = config.get("function", "__operators__.getitem" if class_name == SLICE else "")
    return name.removeprefix(_OLD) if isinstance(name, str) else ""


def _node(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The description of an operation of a graph, which is JSON in JSON."""
    found = config.get("node_def")
    if isinstance(found, str):
        try:
            found = json.loads(found)
        except (ValueError, RecursionError):
            return {}
    if not isinstance(found, dict) or not isinstance(found.get("attr", {}), dict):
        return {}
    return found


def _filled(count: int, constants: Mapping[str, Any]) -> tuple[Value, ...]:
    """The inputs of an operation in their order: constants at their places, tensors between."""
    ports = iter(range(count))
    values: list[Value] = []
    for place in range(count + len(constants)):
        constant = constants.get(str(place))
        values.append(tensor(next(ports, 0)) if constant is None else freeze(constant))
    return tuple(values)


def _key(value: Value) -> Value:
    """An index as Keras 3 writes it."""
    if isinstance(value, tuple):
        return tuple(map(_key, value))
    if isinstance(value, Mapping) and value.keys() == {"start", "stop", "step"}:
        return {"class_name": "__slice__", "config": value}
    if isinstance(value, Mapping) and value.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    return value
