"""Operations as Keras 2 wrote them: functions of TensorFlow, and its operations by name.

``TFOpLambda`` and ``SlicingOpLambda`` (from 2.4) name a function with its arguments;
``TensorFlowOpLayer`` (before) an operation of a graph with its constants.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.graph import freeze
from bnstudio.importers.calls import Given
from bnstudio.layers.opaque import tensor

if TYPE_CHECKING:
    from bnstudio.graph import Value

SLICE, FUNCTION, OPERATION = "SlicingOpLambda", "TFOpLambda", "TensorFlowOpLayer"
CLASSES = (SLICE, FUNCTION, OPERATION)
"""The classes of such layers."""


class _Same(NamedTuple):
    """What a function of TensorFlow's is in ``keras.ops``.

    Attributes:
        function: Its name there.
        arguments: Those of TensorFlow's in their order, and what each is called there.
        fixed: What there has to be said where TensorFlow has another default.
    """

    function: str
    arguments: dict[str, str]
    fixed: Mapping[str, Value] = {}


_PAIR = {"x": "x1", "y": "x2"}
_REDUCED = {"input_tensor": "x", "axis": "axis", "keepdims": "keepdims"}
_X = {"x": "x"}
_FEATURES = {"features": "x"}

_FUNCTIONS: dict[str, _Same] = {
    **{
        name: _Same(function, _PAIR)
        for function, names in {
            "add": ("math.add", "__operators__.add"),
            "subtract": ("math.subtract", "__operators__.sub"),
            "multiply": ("math.multiply", "__operators__.mul"),
            "true_divide": ("math.divide", "math.truediv", "__operators__.truediv"),
            "floor_divide": ("math.floordiv", "__operators__.floordiv"),
            "mod": ("math.floormod", "__operators__.mod"),
            "power": ("math.pow", "__operators__.pow"),
            "maximum": ("math.maximum",),
            "minimum": ("math.minimum",),
            "equal": ("math.equal", "__operators__.eq"),
            "not_equal": ("math.not_equal", "__operators__.ne"),
            "less": ("math.less", "__operators__.lt"),
            "less_equal": ("math.less_equal", "__operators__.le"),
            "greater": ("math.greater", "__operators__.gt"),
            "greater_equal": ("math.greater_equal", "__operators__.ge"),
            "logical_and": ("math.logical_and",),
            "logical_or": ("math.logical_or",),
        }.items()
        for name in names
    },
    **{
        name: _Same(function, _X)
        for function, names in {
            "negative": ("math.negative", "__operators__.neg"),
            "abs": ("math.abs", "__operators__.abs"),
            **{
                each: (f"math.{each}",)
                for each in ("square", "sqrt", "rsqrt", "exp", "log", "log1p", "sin", "cos",
                             "sigmoid", "tanh", "floor", "ceil", "sign", "reciprocal")
            },
        }.items()
        for name in names
    },
    **{
        name: _Same(function, _FEATURES)
        for function, names in {
            "relu": ("nn.relu",), "relu6": ("nn.relu6",), "elu": ("nn.elu",),
            "selu": ("nn.selu",), "softplus": ("math.softplus", "nn.softplus"),
            "softsign": ("nn.softsign",),
        }.items()
        for name in names
    },
    "nn.silu": _Same("silu", _FEATURES),
    "nn.swish": _Same("silu", _FEATURES),
    "nn.leaky_relu": _Same("leaky_relu", {"features": "x", "alpha": "negative_slope"}),
    "nn.gelu": _Same("gelu", {"features": "x", "approximate": "approximate"},
                     {"approximate": False}),
    "nn.softmax": _Same("softmax", {"logits": "x", "axis": "axis"}, {"axis": -1}),
    "nn.log_softmax": _Same("log_softmax", {"logits": "x", "axis": "axis"}, {"axis": -1}),
    **{
        f"math.reduce_{kind}": _Same(kind, _REDUCED)
        for kind in ("mean", "sum", "max", "min", "prod", "any", "all", "std")
    },
    "math.reduce_variance": _Same("var", _REDUCED),
    "math.reduce_logsumexp": _Same("logsumexp", _REDUCED),
    "math.cumsum": _Same("cumsum", {"x": "x", "axis": "axis"}, {"axis": 0}),
    "concat": _Same("concatenate", {"values": "xs", "axis": "axis"}),
    "stack": _Same("stack", {"values": "x", "axis": "axis"}, {"axis": 0}),
    "reshape": _Same("reshape", {"tensor": "x", "shape": "newshape"}),
    "transpose": _Same("transpose", {"a": "x", "perm": "axes"}),
    "expand_dims": _Same("expand_dims", {"input": "x", "axis": "axis"}),
    "squeeze": _Same("squeeze", {"input": "x", "axis": "axis"}),
    "tile": _Same("tile", {"input": "x", "multiples": "repeats"}),
    "cast": _Same("cast", {"x": "x", "dtype": "dtype"}),
    "clip_by_value": _Same(
        "clip", {"t": "x", "clip_value_min": "x_min", "clip_value_max": "x_max"}
    ),
    "gather": _Same("take", {"params": "x", "indices": "indices", "axis": "axis"}, {"axis": 0}),
    "where": _Same("where", {"condition": "condition", "x": "x1", "y": "x2"}),
    "linalg.matmul": _Same("matmul", {"a": "x1", "b": "x2"}),
    "stop_gradient": _Same("stop_gradient", {"input": "variable"}),
    "zeros_like": _Same("zeros_like", {"input": "x"}),
    "ones_like": _Same("ones_like", {"input": "x"}),
    "nn.space_to_depth": _Same("space_to_depth", {"input": "x", "block_size": "block_size"}),
    "nn.depth_to_space": _Same("depth_to_space", {"input": "x", "block_size": "block_size"}),
    "__operators__.getitem": _Same("get_item", {"tensor": "x", "slice_spec": "key"}),
}  # fmt: skip

_OPERATIONS: dict[str, _Same] = {
    **{
        op: _Same(function, _PAIR)
        for op, function in {
            "Add": "add", "AddV2": "add", "Sub": "subtract", "Mul": "multiply",
            "RealDiv": "true_divide", "FloorDiv": "floor_divide", "FloorMod": "mod",
            "Pow": "power", "Maximum": "maximum", "Minimum": "minimum", "Equal": "equal",
            "NotEqual": "not_equal", "Less": "less", "Greater": "greater",
            "BatchMatMulV2": "matmul", "MatMul": "matmul",
        }.items()
    },
    **{
        op: _Same(op.lower(), _X)
        for op in ("Square", "Sqrt", "Rsqrt", "Exp", "Log", "Log1p", "Sin", "Cos", "Sigmoid",
                   "Tanh", "Abs", "Floor", "Ceil", "Sign", "Relu", "Relu6", "Elu", "Selu",
                   "Softplus", "Softsign", "Softmax")
    },
    "Neg": _Same("negative", _X),
    **{
        op: _Same(op.lower(), {"x": "x", "axis": "axis"})
        for op in ("Mean", "Sum", "Max", "Min", "Prod")
    },
    "Reshape": _Same("reshape", {"x": "x", "shape": "newshape"}),
    "Transpose": _Same("transpose", {"x": "x", "perm": "axes"}),
    "ExpandDims": _Same("expand_dims", {"x": "x", "axis": "axis"}),
}  # fmt: skip
"""What the operations of a graph are; their inputs have an order and no names."""


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
        elif key == "beta" and value == 1.0:
            continue  # of swish
        elif value not in (None, False, 0) and key != "name":
            return None
    for name, value in same.fixed.items():
        if values.get(name) is None:
            values[name] = value
    found.kwargs = {name: _key(value) if name == "key" else value for name, value in values.items()}
    return found


def _same(class_name: str, config: Mapping[str, Any]) -> _Same | None:
    if class_name == OPERATION:
        return _OPERATIONS.get(str(_node(config).get("op")))
    name = "__operators__.getitem" if class_name == SLICE else config.get("function")
    return _FUNCTIONS.get(name) if isinstance(name, str) else None


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
