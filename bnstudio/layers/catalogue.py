"""What a layer type is, and the decorator that makes an entry of one function.

Operations (FLOPs) are counted by one convention: for one row, in inference, a multiply-add is
two, an addition, comparison or activation of one number is one, and moving, copying or looking up
is nothing. Published figures count so, or count multiply-adds once, which halves them.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.aliases import ALIASES
from bnstudio.layers.params import REQUIRED, Bool, Choice, Object, Param, Wired
from bnstudio.layers.ports import Given, Port, given

if TYPE_CHECKING:
    from bnstudio.graph import Value

Shape = tuple[int | None, ...]
"""A tensor's shape as Keras writes it, the batch dimension first; None is unknown until run."""

CATEGORIES = (
    "Core", "Normalization", "Activation", "Regularization", "Convolution", "Pooling",
    "Recurrent", "Attention", "Merging", "Reshaping", "Preprocessing", "Augmentation",
)  # fmt: skip
"""The palette's headings, in order."""

OPERATION_PREFIX = "ops."
"""What the type of an operation begins with; its name in ``keras.ops`` follows."""

OPERATION_CATEGORIES = (
    "Operations: arithmetic", "Operations: functions", "Operations: activations",
    "Operations: comparison and logic", "Operations: reductions", "Operations: shapes",
    "Operations: joining and splitting", "Operations: indexing and sorting",
    "Operations: linear algebra", "Operations: neural networks", "Operations: signals and images",
)  # fmt: skip
"""The palette's headings of what is read in on demand, under the others."""

FLOATING = (
    None, "float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16",
)  # fmt: skip
"""What a layer that computes may work in."""

_TRAINABLE = Bool("trainable", True, help="Whether training may change this layer's weights.")
_DTYPE_HELP = "The dtype or dtype policy; None follows the global one."

COMMON = (_TRAINABLE, Choice("dtype", None, FLOATING, help=_DTYPE_HELP))
"""Arguments that every Keras layer has, from the base class."""

COMMON_TO_MOVERS = (
    _TRAINABLE,
    Choice("dtype", None, (*FLOATING, "int32", "int64", "uint8", "bool"), help=_DTYPE_HELP),
)
"""The same for a layer that only moves its inputs about, which may be anything."""


class ShapeError(ValueError):
    """A layer cannot take these inputs; the message says why, with the shapes.

    ``code`` is the diagnostic under which it is shown.
    """

    code = "STR05"


class EmptyOutputError(ShapeError):
    """The output would have a dimension of zero or less."""

    code = "STR06"


class MergeError(ShapeError):
    """The inputs of a merging layer do not go together."""

    code = "STR07"


@dataclass(frozen=True)
class Weight:
    """One variable of a layer, in Keras's order and under Keras's name."""

    name: str
    shape: tuple[int, ...]
    trainable: bool = True

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return prod(self.shape)


Rule = Callable[..., Any]


@dataclass(frozen=True)
class LayerType:
    """What a node can be.

    Attributes:
        name: The Keras class name.
        category: The palette's heading.
        params: Every argument, in Keras's order: its own, the common ones, those of a call.
        tells: The arguments that tell two nodes of this type apart, shown on the node.
        min_inputs: How many wires must come in; 0 for Input.
        max_inputs: How many may, whatever its arguments; None for any number.
        help: What the layer does, for people.
        ports: The inputs of a layer that tells them apart by name, in Keras's order.
        call: Those of ``params`` that Keras takes when the layer is called.
    """

    name: str
    category: str
    params: tuple[Param, ...]
    tells: tuple[str, ...]
    min_inputs: int
    max_inputs: int | None
    help: str
    ports: tuple[Port, ...]
    call: tuple[Param, ...]
    _shape: Rule = field(repr=False)
    _weights: Rule | None = field(default=None, repr=False)
    _flops: Rule | None = field(default=None, repr=False)
    _outputs: Rule | None = field(default=None, repr=False)
    _conflicts: Rule | None = field(default=None, repr=False)
    _fixes: Rule | None = field(default=None, repr=False)

    @cached_property
    def summary(self) -> str:
        """The first sentence of the help."""
        return self.help.split("\n", 1)[0]

    @cached_property
    def by_name(self) -> dict[str, Param]:
        """The arguments by name."""
        return {param.name: param for param in self.params}

    @cached_property
    def defaults(self) -> dict[str, Value]:
        """Every argument's default; required ones have their initial value."""
        return {p.name: p.initial if p.default is REQUIRED else p.default for p in self.params}

    @cached_property
    def initial(self) -> dict[str, Value]:
        """What a new node starts with: the required arguments only."""
        return {p.name: p.initial for p in self.params if p.required}

    @cached_property
    def _objects(self) -> frozenset[str]:
        return frozenset(param.name for param in self.params if isinstance(param, Object))

    @cached_property
    def _required(self) -> tuple[str, ...]:
        return tuple(param.name for param in self.params if param.required)

    def full(self, params: Mapping[str, Value]) -> dict[str, Value]:
        """``params`` with the defaults filled in."""
        return {**self.defaults, **params}

    def check(self, params: Mapping[str, Value]) -> dict[str, str]:
        """Why arguments cannot be used, by name; empty when all can."""
        problems: dict[str, str] = {}
        by_name = self.by_name
        for name, value in params.items():
            param = by_name.get(name)
            if param is None:
                near = difflib.get_close_matches(name, by_name, 1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                problems[name] = f"{self.name} has no argument {name!r}.{hint}"
            elif reason := param.check(value):
                problems[name] = reason
        for name in self._required:
            if name not in params:
                problems[name] = f"{self.name} needs {name}."
        if self._conflicts is not None and not problems:
            found: Iterable[tuple[str, str]] = self._conflicts(**self.full(params))
            problems.update(found)
        return problems

    def parted(self, params: Mapping[str, Value]) -> tuple[dict[str, Value], dict[str, Value]]:
        """Arguments that make the layer, and those of a call."""
        names = {param.name for param in self.call}
        made = {key: value for key, value in params.items() if key not in names}
        return made, {key: value for key, value in params.items() if key in names}

    def open_ports(self, params: Mapping[str, Value]) -> tuple[Port, ...]:
        """The named inputs that these arguments leave open; none where inputs have no names."""
        return tuple(
            port
            for port in self.ports
            if (not port.when or params.get(port.when) is True)
            and (not port.unless or params.get(port.unless) is None)
        )

    def input_counts(self, params: Mapping[str, Value]) -> tuple[int, int | None]:
        """How many inputs there must be with these arguments, and how many there may be.

        Keras takes a merge of one, so it can be built; ``min_inputs`` says what makes sense.
        """
        if not self.ports:
            return 1 if self.max_inputs is None else self.min_inputs, self.max_inputs
        count = len(self.open_ports(params))
        return count, count

    def arrange(self, inputs: Sequence[Any], params: Mapping[str, Value]) -> Given:
        """What Keras's ``call`` takes for these inputs, by port, whatever they are.

        Inputs that are too many are put behind the others, so that nothing drawn is lost.
        """
        options = {
            param.name: params[param.name]
            for param in self.call
            if param.name in params
            and not isinstance(param, Wired)
            and params[param.name] != param.default
        }
        if not self.ports:
            single = self.max_inputs == 1 and len(inputs) == 1
            return Given((inputs[0] if single else list(inputs),), {}, options)
        return given(self.open_ports(params), inputs, self.ports, options)

    def formula(self, params: Mapping[str, Value]) -> str:
        """What it computes with these arguments, where that is a line of Python; else empty."""
        return ""

    def output_count(self, params: Mapping[str, Value]) -> int:
        """How many tensors come out."""
        return 1 if self._outputs is None else int(self._outputs(**self.full(params)))

    def output_shapes(
        self, inputs: Sequence[Shape], params: Mapping[str, Value]
    ) -> tuple[Shape, ...]:
        """The shapes that come out for these input shapes.

        Raises:
            ShapeError: If the layer cannot take them.
        """
        result = self._shape(*self._arguments(inputs, params), **self.full(params))
        outputs = tuple(result) if isinstance(result, list) else (result,)
        if params.get("dtype") == "bfloat16" or not self._objects.isdisjoint(params):
            self._refuse_misfits(inputs, outputs, params)
        return outputs

    def _refuse_misfits(
        self, inputs: Sequence[Shape], outputs: Sequence[Shape], params: Mapping[str, Value]
    ) -> None:
        """Raises where an initializer, regularizer or constraint does not suit its tensor."""
        full = self.full(params)
        weights: dict[str, list[Weight]] = {}
        for weight in self.weights(inputs, params):
            weights.setdefault(weight.name, []).append(weight)
        for param in self.params:
            name, value = param.name, full[param.name]
            if value is None or not isinstance(param, Object):
                continue
            subject = name.rpartition("_")[0]
            # recurrent_initializer is about recurrent_kernel, DepthwiseConv2D's about its kernel.
            names = (subject, f"{subject}_kernel", *(("kernel",) if subject == "depthwise" else ()))
            found = next((weights[name] for name in names if name in weights), [])
            shapes: list[Shape] = [
                weight.shape for weight in found if weight.trainable or not param.while_training
            ]
            if subject == "activity":
                shapes = [outputs[0]]
            what = "output" if subject == "activity" else subject.replace("_", " ")
            dtype = _dtype_of(full["dtype"], weight=subject != "activity")
            for shape in shapes:
                if reason := param.misfit(value, shape, dtype):
                    raise ShapeError(
                        f"{name} does not suit the {what} {show_shape(shape)}: {reason}."
                    )

    def weights(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> tuple[Weight, ...]:
        """The variables Keras makes when built on these input shapes, as ``layer.weights``."""
        if self._weights is None:
            return ()
        full = self.full(params)
        made = tuple(self._weights(*self._arguments(inputs, params), **full))
        if full["trainable"]:
            return made
        return tuple(Weight(weight.name, weight.shape, False) for weight in made)

    def fixes(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> object:
        """What Keras's ``InputSpec`` fixes once the layer is built, beside what its weights do.

        A later call of the layer must have the same.
        """
        if self._fixes is None:
            return None
        return self._fixes(*self._arguments(inputs, params), **self.full(params))

    def flops(
        self, inputs: Sequence[Shape], outputs: Sequence[Shape], params: Mapping[str, Value]
    ) -> int | None:
        """Floating-point operations for one row, a multiply-add counted as two; None if unknown.

        Inference is counted, as published figures are.
        """
        if self._flops is None:
            return 0
        try:
            return int(
                self._flops(*self._arguments(inputs, params), outputs[0], **self.full(params))
            )
        except TypeError:  # a dimension is None
            return None

    def _arguments(self, inputs: Sequence[Shape], params: Mapping[str, Value]) -> tuple[Any, ...]:
        """What the rules get for the inputs' shapes, as ``layer`` says."""
        if self.max_inputs == 0:
            return ()
        if self.ports:
            ports = self.open_ports(params)
            return ({port.name: x for port, x in zip(ports, inputs, strict=False)},)
        return (inputs[0],) if self.max_inputs == 1 else (tuple(inputs),)


def _dtype_of(policy: Value, *, weight: bool) -> str:
    """What a policy makes of a layer's weights, or else of its output."""
    name = policy if isinstance(policy, str) else "float32"
    mixed = name.removeprefix("mixed_")
    return name if mixed == name else "float32" if weight else mixed


class Catalogue(dict[str, LayerType]):
    """Layer types by name. To walk it is to meet the layers that are offered for a new model.

    By its name what is in ``APART`` or ``MARKS`` is found too, and an operation. There are hundreds
    of these, and most drawings have none: they are read in when the first one is looked up. A layer
    that is not of this program is found where it is registered (``foreign.py``); its name has a
    colon in it.
    """

    def __missing__(self, name: str) -> LayerType:
        if name.startswith(OPERATION_PREFIX):
            return all_operations()[name]
        if ":" not in name:
            return MARKS[name] if name in MARKS else APART[name]
        from bnstudio.layers.foreign import registered

        return registered().types[name]

    def get(  # type: ignore[override]
        self, name: str, default: LayerType | None = None
    ) -> LayerType | None:
        """The layer type or operation of that name."""
        try:
            return self[name]
        except KeyError:
            return default

    def __contains__(self, name: object) -> bool:
        return self.get(name) is not None if isinstance(name, str) else False


APART: dict[str, LayerType] = {}
"""Layer types that models in files have and that nobody is offered for a new one."""

MARKS: dict[str, LayerType] = {}
"""What is drawn like a layer and is none of Keras's: nothing is built of it."""

LAYERS = Catalogue()
"""Every layer type by name, in palette order; and, to be looked up, every operation."""


def all_operations() -> Mapping[str, LayerType]:
    """Every operation by its type, in palette order; the first call reads them in."""
    from bnstudio.layers.operations import OPERATIONS

    return OPERATIONS


def all_types() -> Mapping[str, LayerType]:
    """Every layer type that can be drawn now, in palette order, with packages' and operations.

    The first call reads the operations in.
    """
    from bnstudio.layers.foreign import registered

    return {**offered(), **registered().types, **all_operations()}


def offered() -> dict[str, LayerType]:
    """What of this program's own is offered for a new model, in palette order: layers and marks."""
    return {"Input": LAYERS["Input"], **MARKS, **LAYERS}


def is_operation(type: str) -> bool:
    """Whether a node's type is an operation of the catalogue."""
    return type.startswith(OPERATION_PREFIX) and type in LAYERS


def layer(
    name: str,
    *params: Param,
    category: str,
    tells: tuple[str, ...] = (),
    inputs: tuple[int, int | None] = (1, 1),
    weights: Rule | None = None,
    flops: Rule | None = None,
    outputs: Rule | None = None,
    conflicts: Rule | None = None,
    fixes: Rule | None = None,
    common: tuple[Param, ...] = COMMON,
    ports: tuple[Port, ...] = (),
    call: tuple[Param, ...] = (),
    into: dict[str, LayerType] = LAYERS,
) -> Callable[[Rule], LayerType]:
    """Makes the decorated shape rule a layer type and enters it in ``LAYERS``.

    The rule takes the input shape (a tuple of shapes for a merging layer, shapes by name for one
    with ``ports``, nothing for Input) and every argument by keyword; it returns the output shape,
    or a list for several outputs. Its docstring is the help. ``weights`` takes the same and yields
    ``Weight``s; ``flops`` takes the output shape after the input; ``outputs`` takes the arguments
    and returns a count; ``conflicts`` takes them, each valid by itself, and yields the name of one
    that does not go with the others and the reason; ``fixes`` takes what the rule takes, and gives
    what the first call of the layer settles for all. ``common`` are those of the Keras base class
    unless given; ``call`` are the arguments of Keras's ``call``; ``into`` is another catalogue than
    that of what can be drawn.

    Raises:
        ValueError: If the name is taken, where both owners are named, or the category is unknown.
    """
    if category not in CATEGORIES:
        raise ValueError(f"{name}: there is no category {category!r}.")

    def enter(rule: Rule) -> LayerType:
        if name in into:
            owner = into[name]._shape
            raise ValueError(
                f"Two layer types are called {name!r}: {owner.__module__}.{owner.__qualname__} "
                f"and {rule.__module__}.{rule.__qualname__}."
            )
        counts = inputs
        if ports:
            counts = sum(not port.when for port in ports), len(ports)
        entry = LayerType(
            name, category, (*params, *common, *call), tells, *counts, inspect.getdoc(rule) or "",
            ports, call, rule, weights, flops, outputs, conflicts, fixes,
        )  # fmt: skip
        into[name] = entry
        return entry

    return enter


def near_names(name: str) -> list[str]:
    """Layer type names that look like ``name``, nearest first; Keras's other names count too."""
    others = {alias.lower(): known for alias, known in ALIASES.items() if known in LAYERS}
    folded = others | {known.lower(): known for known in LAYERS}
    if name.startswith(OPERATION_PREFIX):
        folded = {known.lower(): known for known in all_operations()}
    elif ":" in name:  # of a package; what is called alike elsewhere is something else
        return []
    matches = difflib.get_close_matches(name.lower(), folded, 6)
    return list(dict.fromkeys(folded[match] for match in matches))[:3]


def show_shape(shape: Sequence[int | None] | None) -> str:
    """A shape as Keras prints it, ``(None, 64)``; ``?`` when it is not known at all."""
    if shape is None:
        return "?"
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
