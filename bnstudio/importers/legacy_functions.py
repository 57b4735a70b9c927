"""What functions of TensorFlow are in ``keras.ops``, by the names that files of Keras 2 have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from bnstudio.graph import Value

Values = dict[str, "Value"]
Fit = Callable[[Values], "Values | None"]


class Same(NamedTuple):
    """What a function of TensorFlow's is in ``keras.ops``.

    Attributes:
        function: Its name there.
        arguments: Those of TensorFlow's in their order, and what each is called there.
        fixed: What there has to be said where TensorFlow has another default.
        fit: Makes TensorFlow's values those of ``keras.ops``; gives None where these cannot say it.
    """

    function: str
    arguments: dict[str, str]
    fixed: Mapping[str, Value] = {}
    fit: Fit | None = None


def _size(value: Value) -> Value:
    """The sizes of a window without those of batch and channels, which are 1."""
    if isinstance(value, tuple) and len(value) == 4 and value[0] == value[3] == 1:
        return value[1:3]
    return value


def _lower(value: Value) -> Value:
    return value.lower() if isinstance(value, str) else value


def _pooled(values: Values) -> Values | None:
    sizes = {name: _size(values.get(name)) for name in ("pool_size", "strides")}
    return {**values, **sizes, "padding": _lower(values.get("padding", "valid"))}


def _padded(values: Values) -> Values | None:
    mode = _lower(values.get("mode", "constant"))
    made = {**values, "mode": mode}
    if mode != "constant" or not made.get("constant_values"):
        made.pop("constant_values", None)
    return made


def _resized(values: Values) -> Values | None:
    return {**values, "interpolation": _lower(values.get("interpolation", "bilinear"))}


def _normed(values: Values) -> Values | None:
    return {**values, "ord": None} if values.get("ord") in ("euclidean", 2) else values


def _l2_normalized(values: Values) -> Values | None:
    axis = values.get("axis")
    if isinstance(axis, tuple) and len(axis) == 1:
        (axis,) = axis
    return {**values, "axis": axis} if isinstance(axis, int) else None


def _split(values: Values) -> Values | None:
    """Where TensorFlow has the sizes of the parts, Keras has the places of the cuts."""
    sizes = values.get("indices_or_sections")
    if not isinstance(sizes, tuple):
        return values
    if not all(isinstance(size, int) and size >= 0 for size in sizes):
        return None
    return {**values, "indices_or_sections": tuple(accumulate(sizes[:-1]))}


def _sliced(values: Values) -> Values | None:
    begin, size = values.pop("begin", None), values.pop("size", None)
    if not _whole(begin) or not _whole(size) or len(begin) != len(size):
        return None
    ends = [(at, None if n == -1 else at + n, None) for at, n in zip(begin, size, strict=True)]
    return {**values, "key": tuple(map(_slice, ends))}


def _strided(values: Values) -> Values | None:
    begin, end = values.pop("begin", None), values.pop("end", None)
    if not _whole(begin) or not _whole(end) or len(begin) != len(end):
        return None
    step = values.pop("strides", (1,) * len(begin))
    if not _whole(step) or len(step) != len(begin):
        return None
    return {**values, "key": tuple(map(_slice, zip(begin, end, step, strict=True)))}


def _slice(ends: tuple[int | None, ...]) -> Value:
    return dict(zip(("start", "stop", "step"), ends, strict=True))


def _whole(value: Value) -> TypeGuard[tuple[int, ...]]:
    return isinstance(value, tuple) and all(isinstance(entry, int) for entry in value)


PAIR = {"x": "x1", "y": "x2"}
_REDUCED = {"input_tensor": "x", "axis": "axis", "keepdims": "keepdims"}
ONE = {"x": "x"}
_FEATURES = {"features": "x"}

FUNCTIONS: dict[str, Same] = {
    **{
        name: Same(function, PAIR)
        for function, names in {
            "add": ("math.add", "__operators__.add"),
            "subtract": ("math.subtract", "__operators__.sub"),
            "multiply": ("math.multiply", "__operators__.mul"),
            "true_divide": ("math.divide", "math.truediv", "__operators__.truediv"),
            "floor_divide": ("math.floordiv", "__operators__.floordiv", "floor_div"),
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
            "divide_no_nan": ("math.divide_no_nan",),
        }.items()
        for name in names
    },
    **{
        name: Same(function, ONE)
        for function, names in {
            "negative": ("math.negative", "__operators__.neg"),
            "abs": ("math.abs", "__operators__.abs"),
            **{
                each: (f"math.{each}",)
                for each in ("square", "sqrt", "rsqrt", "exp", "log", "log1p", "sin", "cos",
                             "sigmoid", "tanh", "floor", "ceil", "sign", "reciprocal", "tan",
                             "sinh", "cosh", "expm1", "erf", "erfinv", "round", "log_sigmoid",
                             "logical_not")
            },
            **{f"arc{each}": (f"math.a{each}",)
               for each in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
            **{f"is{each}": (f"math.is_{each}",) for each in ("nan", "finite", "inf")},
        }.items()
        for name in names
    },
    **{
        name: Same(function, _FEATURES)
        for function, names in {
            "relu": ("nn.relu",), "relu6": ("nn.relu6",), "elu": ("nn.elu",),
            "selu": ("nn.selu",), "softplus": ("math.softplus", "nn.softplus"),
            "softsign": ("nn.softsign",),
        }.items()
        for name in names
    },
    "nn.silu": Same("silu", _FEATURES),
    "nn.swish": Same("silu", _FEATURES),
    "nn.leaky_relu": Same("leaky_relu", {"features": "x", "alpha": "negative_slope"}),
    "nn.gelu": Same("gelu", {"features": "x", "approximate": "approximate"},
                     {"approximate": False}),
    "nn.softmax": Same("softmax", {"logits": "x", "axis": "axis"}, {"axis": -1}),
    "nn.log_softmax": Same("log_softmax", {"logits": "x", "axis": "axis"}, {"axis": -1}),
    **{
        f"math.reduce_{kind}": Same(kind, _REDUCED)
        for kind in ("mean", "sum", "max", "min", "prod", "any", "all", "std")
    },
    "math.reduce_variance": Same("var", _REDUCED),
    "math.reduce_logsumexp": Same("logsumexp", _REDUCED),
    **{
        f"math.{kind}": Same(kind, {"x": "x", "axis": "axis"}, {"axis": 0})
        for kind in ("cumsum", "cumprod")
    },
    **{
        f"math.{kind}": Same(kind, {"input": "x", "axis": "axis"}, {"axis": 0})
        for kind in ("argmax", "argmin")
    },
    "math.top_k": Same("top_k", {"input": "x", "k": "k", "sorted": "sorted"}, {"k": 1}),
    "math.count_nonzero": Same("count_nonzero", {"input": "x", "axis": "axis"}),
    **{
        name: Same("normalize", {"x": "x", "axis": "axis"}, {"epsilon": 1e-6}, _l2_normalized)
        for name in ("math.l2_normalize", "nn.l2_normalize")
    },
    "math.atan2": Same("arctan2", {"y": "x1", "x": "x2"}),
    "norm": Same("norm", {"tensor": "x", "ord": "ord", "axis": "axis", "keepdims": "keepdims"},
                 fit=_normed),
    "nn.bias_add": Same("add", {"value": "x1", "bias": "x2"}),
    "concat": Same("concatenate", {"values": "xs", "axis": "axis"}),
    "stack": Same("stack", {"values": "x", "axis": "axis"}, {"axis": 0}),
    "split": Same("split", {"value": "x", "num_or_size_splits": "indices_or_sections",
                            "axis": "axis"}, fit=_split),
    "unstack": Same("unstack", {"value": "x", "num": "num", "axis": "axis"}),
    "pad": Same("pad", {"tensor": "x", "paddings": "pad_width", "mode": "mode",
                        "constant_values": "constant_values"}, fit=_padded),
    "repeat": Same("repeat", {"input": "x", "repeats": "repeats", "axis": "axis"}),
    "roll": Same("roll", {"input": "x", "shift": "shift", "axis": "axis"}),
    "reverse": Same("flip", {"tensor": "x", "axis": "axis"}),
    "sort": Same("sort", {"values": "x", "axis": "axis"}),
    "argsort": Same("argsort", {"values": "x", "axis": "axis"}),
    "broadcast_to": Same("broadcast_to", {"input": "x", "shape": "shape"}),
    "one_hot": Same("one_hot", {"indices": "x", "depth": "num_classes", "axis": "axis",
                                "dtype": "dtype"}),
    "slice": Same("get_item", {"input_": "x", "begin": "begin", "size": "size"}, fit=_sliced),
    "strided_slice": Same("get_item", {"input_": "x", "begin": "begin", "end": "end",
                                       "strides": "strides"}, fit=_strided),
    "reshape": Same("reshape", {"tensor": "x", "shape": "newshape"}),
    "transpose": Same("transpose", {"a": "x", "perm": "axes"}),
    "expand_dims": Same("expand_dims", {"input": "x", "axis": "axis"}),
    "squeeze": Same("squeeze", {"input": "x", "axis": "axis"}),
    "tile": Same("tile", {"input": "x", "multiples": "repeats"}),
    "cast": Same("cast", {"x": "x", "dtype": "dtype"}),
    "clip_by_value": Same(
        "clip", {"t": "x", "clip_value_min": "x_min", "clip_value_max": "x_max"}
    ),
    "gather": Same("take", {"params": "x", "indices": "indices", "axis": "axis"}, {"axis": 0}),
    "where": Same("where", {"condition": "condition", "x": "x1", "y": "x2"}),
    "linalg.matmul": Same("matmul", {"a": "x1", "b": "x2"}),
    "linalg.matrix_transpose": Same("swapaxes", {"a": "x"}, {"axis1": -2, "axis2": -1}),
    "linalg.trace": Same("trace", {"x": "x"}, {"axis1": -2, "axis2": -1}),
    "linalg.inv": Same("inv", {"input": "x"}),
    "tensordot": Same("tensordot", {"a": "x1", "b": "x2", "axes": "axes"}),
    "dtypes.saturate_cast": Same("saturate_cast", {"value": "x", "dtype": "dtype"}),
    "image.resize": Same("image.resize", {"images": "images", "size": "size",
                                          "method": "interpolation", "antialias": "antialias"},
                         fit=_resized),
    "image.rgb_to_grayscale": Same("image.rgb_to_grayscale", {"images": "images"}),
    "image.flip_left_right": Same("flip", {"image": "x"}, {"axis": -2}),
    "image.flip_up_down": Same("flip", {"image": "x"}, {"axis": -3}),
    **{
        f"nn.{kind}{rank}": Same(function, {name: "inputs", "ksize": "pool_size",
                                            "strides": "strides", "padding": "padding"},
                                 fit=_pooled)
        for kind, function in (("max_pool", "max_pool"), ("avg_pool", "average_pool"))
        for rank, name in (("2d", "input"), ("", "value"))
    },
    "stop_gradient": Same("stop_gradient", {"input": "variable"}),
    "zeros_like": Same("zeros_like", {"input": "x"}),
    "ones_like": Same("ones_like", {"input": "x"}),
    "nn.space_to_depth": Same("space_to_depth", {"input": "x", "block_size": "block_size"}),
    "nn.depth_to_space": Same("depth_to_space", {"input": "x", "block_size": "block_size"}),
    "__operators__.getitem": Same("get_item", {"tensor": "x", "slice_spec": "key"}),
}  # fmt: skip
