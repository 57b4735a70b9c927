"""What a layer type is: its arguments and inputs, and the rules for shapes, weights and operations.

Operations (FLOPs) are counted by one convention: for one row, in inference, a multiply-add is
two, an addition, comparison or activation of one number is one, and moving, copying or looking up
is nothing. Published figures count so, or count multiply-adds once, which halves them.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any

from bnstudio.layers.params import Activation, Object, Param, Wired
from bnstudio.layers.ports import Given, Port, given

if TYPE_CHECKING:
    from bnstudio.graph import Value

Shape = tuple[int | None, ...]
"""A tensor's shape as Keras writes it, the batch dimension first; None is unknown until run."""


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
    _gpu: Rule | None = field(default=None, repr=False)

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
        return {param.name: param.unset for param in self.params}

    @cached_property
    def initial(self) -> dict[str, Value]:
        """What a new node starts with: the required arguments only."""
        return {param.name: param.initial for param in self.params if param.required}

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

    @property
    def may_need_gpu(self) -> bool:
        """Whether there are arguments with which it does."""
        return self._gpu is not None

    def needs_gpu(self, params: Mapping[str, Value]) -> dict[str, str]:
        """Why only a GPU, or hardly a processor, computes it with these arguments, by name."""
        return {} if self._gpu is None else dict(self._gpu(**self.full(params)))

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
        if params.get("dtype") in ("float16", "mixed_float16"):
            self._refuse_sparsemax(outputs[0], params)
        return outputs

    def _refuse_sparsemax(self, output: Shape, params: Mapping[str, Value]) -> None:
        """Raises where TensorFlow cannot trace it, on any machine: along a size that is known."""
        for param in self.params:
            chosen = isinstance(param, Activation) and params.get(param.name) == "sparsemax"
            if chosen and output and output[-1] is not None:
                raise ShapeError(
                    f"{self.name} cannot compute {param.name}='sparsemax' in float16 along the "
                    f"last axis of {show_shape(output)}; in float32 and bfloat16 it can."
                )

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
            dtype = dtype_of(full["dtype"], weight=subject != "activity")
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


def dtype_of(policy: Value, *, weight: bool) -> str:
    """What a policy makes of a layer's weights, or else of its output."""
    name = policy if isinstance(policy, str) else "float32"
    mixed = name.removeprefix("mixed_")
    return name if mixed == name else "float32" if weight else mixed


def show_shape(shape: Sequence[int | None] | None) -> str:
    """A shape as Keras prints it, ``(None, 64)``; ``?`` when it is not known at all."""
    if shape is None:
        return "?"
    return f"({shape[0]},)" if len(shape) == 1 else f"({', '.join(map(str, shape))})"
