"""EinsumDense, and its equation as Keras reads it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from bnstudio.layers.arguments import constraint, initializer, regularizer
from bnstudio.layers.catalogue import layer
from bnstudio.layers.core import LORA
from bnstudio.layers.layer_type import Shape, ShapeError, Weight, show_shape
from bnstudio.layers.objects import activation
from bnstudio.layers.params import REQUIRED, Ints, Text
from bnstudio.layers.shapes import activates, sizes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bnstudio.graph import Value

_FORMS = re.compile(
    r"(?P<left>\.\.\.)?(?P<input>[a-zA-Z]+)(?P<right>\.\.\.)?,(?P<weight>[a-zA-Z]+)"
    r"->(?(left)\.\.\.)(?P<output>[a-zA-Z]+)(?(right)\.\.\.) *"
)

_LONGEST = 500
"""Letters of an equation. NumPy's and TensorFlow's arrays have 64 and 255 dimensions at most."""


class Equation(NamedTuple):
    """Which dimensions are multiplied and summed: a letter for each.

    Attributes:
        input: Of the input, without what an ellipsis stands for.
        weight: Of the kernel.
        output: Of the output.
        elided: Where an ellipsis stands: ``"left"``, ``"right"``, or empty for none.
    """

    input: str
    weight: str
    output: str
    elided: str


def read_equation(text: str) -> Equation:
    """The parts of ``"ab,bc->ac"``.

    Raises:
        ValueError: If Keras could not read it; the message says what was expected.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"Expected an equation, and no text of {len(text):,} letters.")
    found = _FORMS.fullmatch(text)
    # Keras 3.15 takes an ellipsis on the right after two letters or more only.
    if (
        not found
        or (found["left"] and found["right"])
        or (found["right"] and len(found["input"]) < 2)
    ):
        raise ValueError(
            f"Expected an equation such as 'ab,bc->ac', '...x,xy->...y' or 'ab...,bc->ac...', "
            f"got {text!r}."
        )
    elided = "left" if found["left"] else "right" if found["right"] else ""
    parts = Equation(found["input"], found["weight"], found["output"], elided)
    for letter, count in Counter(parts.output).items():
        if count > 1:
            raise ValueError(f"Expected each letter of the output once, got {letter!r} twice.")
        if letter not in parts.input + parts.weight:
            raise ValueError(f"The output's {letter!r} is in neither of the inputs of {text!r}.")
    for letter in parts.weight:
        if letter not in parts.input + parts.output:
            raise ValueError(
                f"The kernel's {letter!r} is neither in the input nor in the output of {text!r}."
            )
    return parts


@dataclass(frozen=True)
class EquationText(Text):
    """The equation of an EinsumDense."""

    def check(self, value: Value) -> str | None:
        """Takes equations that Keras can read."""
        if not isinstance(value, str):
            return super().check(value)
        try:
            read_equation(value)
        except ValueError as error:
            return str(error)
        return None


def _sizes(parts: Equation, shape: Sequence[int | None], letters: str) -> dict[str, int | None]:
    """The size of each letter, where ``letters`` name the dimensions that are not elided."""
    start = len(shape) - len(letters) if parts.elided == "left" else 0
    return {letter: shape[start + place] for place, letter in enumerate(letters)}


def _output(x: Shape, equation: str, output_shape: int | tuple[int | None, ...]) -> Shape:
    """The whole shape of the output: the batch, what is elided, and what is given."""
    parts = read_equation(equation)
    elided = len(x) - len(parts.input)
    if elided < 0 or (elided and not parts.elided):
        raise ShapeError(
            f"EinsumDense's equation {equation!r} has {len(parts.input)} input dimensions, got "
            f"{len(x)}: {show_shape(x)}."
        )
    given = (output_shape,) if isinstance(output_shape, int) else output_shape
    if parts.elided == "left":
        between = x[1:elided]
        if between != between[::-1]:
            # Keras 3.15 says that they come out in the opposite order, and they do not.
            raise ShapeError(
                f"EinsumDense mixes up what '...' stands for in {show_shape(x)}: Keras gives "
                f"{show_shape(between)} in the wrong order. Write a letter for each dimension."
            )
        shape = (x[0], *between, *given)
    else:
        shape = (x[0], *given, *x[len(x) - elided :])
    if len(shape) != len(parts.output) + elided:
        raise ShapeError(
            f"EinsumDense's output_shape {show_shape(given)} and equation {equation!r} do not go "
            f"together on {show_shape(x)}: {show_shape(shape)} has {len(shape)} dimensions, the "
            f"equation's output {len(parts.output) + elided}."
        )
    known = _sizes(parts, shape, parts.output)
    for place, letter in enumerate(parts.input):
        size = x[place + (elided if parts.elided == "left" else 0)]
        wanted = known.get(letter)
        if wanted is not None and wanted != size:
            raise ShapeError(
                f"EinsumDense keeps {letter!r}, which is {size} in {show_shape(x)} and {wanted} "
                f"in its output {show_shape(shape)}. None in output_shape takes it over."
            )
    return shape


def _check_repeated(x: Shape, parts: Equation) -> None:
    first = _sizes(parts, x, parts.input)
    start = len(x) - len(parts.input) if parts.elided == "left" else 0
    for place, letter in enumerate(parts.input):
        size, other = x[start + place], first[letter]
        if None not in (size, other) and size != other:
            raise ShapeError(
                f"EinsumDense's {letter!r} is {size} and {other} at once in {show_shape(x)}."
            )


def _weights(
    x: Shape,
    *,
    equation: str,
    output_shape: int | tuple[int | None, ...],
    bias_axes: str | None,
    lora_rank: int | None,
    **_: Any,
) -> Iterator[Weight]:
    parts = read_equation(equation)
    y = _output(x, equation, output_shape)
    sizes: Mapping[str, int | None] = {
        **_sizes(parts, x, parts.input),
        **_sizes(parts, y, parts.output),
    }
    kernel = _fully("kernel", tuple(sizes[letter] for letter in parts.weight), x)
    yield Weight("kernel", kernel, not lora_rank)
    if bias_axes is not None:
        made = _sizes(parts, y, parts.output)
        first = min(parts.output.find(letter) for letter in bias_axes)
        bias = [made[letter] if letter in bias_axes else 1 for letter in parts.output[first:]]
        if parts.elided != "left":
            bias += [1] * (len(x) - len(parts.input))
        yield Weight("bias", _fully("bias", tuple(bias), x))
    if lora_rank:
        yield Weight("lora_kernel_a", (*kernel[:-1], lora_rank))
        yield Weight("lora_kernel_b", (lora_rank, kernel[-1]))


def _fully(what: str, shape: Shape, x: Shape) -> tuple[int, ...]:
    known = tuple(size for size in shape if size is not None)
    if len(known) < len(shape):
        raise ShapeError(
            f"EinsumDense needs to know every size of its {what}, got {show_shape(shape)} "
            f"from {show_shape(x)}."
        )
    return known


def _flops(
    x: Shape,
    y: Shape,
    *,
    equation: str,
    bias_axes: str | None,
    activation: str | None,
    **_: Any,
) -> int:
    parts = read_equation(equation)
    made = _sizes(parts, y, parts.output)
    letters = {**made, **_sizes(parts, x, parts.input)}
    # One row is counted: what stands for the batch, which is always first, is 1.
    if parts.elided == "left" and len(x) > len(parts.input):
        rest = x[1 : -len(parts.input)]
    else:
        rest = x[len(parts.input) :]
        letters[parts.input[0]] = 1
    elided = prod(sizes(rest))
    outputs = elided * prod(sizes([letters[letter] for letter in made]))
    added = (bias_axes is not None) + activates(activation)
    return 2 * elided * prod(sizes([*letters.values()])) + added * outputs


def _conflicts(
    *,
    equation: str,
    bias_axes: str | None,
    lora_rank: int | None,
    kernel_constraint: object,
    **_: Any,
) -> Iterator[tuple[str, str]]:
    output = read_equation(equation).output
    if bias_axes is not None and (not bias_axes or set(bias_axes) - set(output)):
        yield "bias_axes", f"Expected letters of the output {output!r}, got {bias_axes!r}."
    if lora_rank and kernel_constraint is not None:
        yield "lora_rank", "LoRA cannot be used together with kernel_constraint."


@layer(
    "EinsumDense",
    EquationText(
        "equation",
        REQUIRED,
        initial="...x,xy->...y",
        help="Letters for the dimensions of input, kernel and output; equal ones are multiplied.",
    ),
    Ints(
        "output_shape",
        REQUIRED,
        initial=64,
        scalar=True,
        unknown=True,
        min=1,
        help="The output's sizes without the batch and the ellipsis; None for one of the input's.",
    ),
    activation(),
    Text(
        "bias_axes",
        None,
        optional=True,
        help="The letters of the output along which a bias is added; None for no bias.",
    ),
    initializer("kernel", "glorot_uniform"),
    initializer("bias", "zeros"),
    regularizer("kernel"),
    regularizer("bias"),
    constraint("kernel"),
    constraint("bias"),
    *LORA,
    category="Core",
    tells=("equation", "output_shape", "activation"),
    weights=_weights,
    flops=_flops,
    conflicts=_conflicts,
    fixes=lambda x, **_: len(x),
)
def einsum_dense(
    x: Shape, *, equation: str, output_shape: int | tuple[int | None, ...], **params: Any
) -> Shape:
    """Dense along any dimensions: an equation says which are multiplied and which are kept.

    What attention is made of. '...x,xy->...y' is what Dense does.
    """
    y = _output(x, equation, output_shape)
    _check_repeated(x, read_equation(equation))
    for _weight in _weights(x, equation=equation, output_shape=output_shape, **params):
        pass  # refuses what has no size
    return y
