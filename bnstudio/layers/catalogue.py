"""The layer types by name, and the decorator that makes an entry of one function."""

from __future__ import annotations

import difflib
import inspect
from typing import TYPE_CHECKING

from bnstudio.layers.aliases import ALIASES
from bnstudio.layers.layer_type import LayerType, Rule
from bnstudio.layers.params import Bool, Choice, Param

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bnstudio.layers.ports import Port

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


class Catalogue(dict[str, LayerType]):
    """Layer types by name. To walk it is to meet the layers that are offered for a new model.

    By its name what is in ``APART`` is found too, and an operation. There are hundreds of these,
    and most drawings have none: they are read in when the first one is looked up. A layer that
    is not of this program is found where it is registered (``foreign.py``); its name has a colon
    in it.
    """

    def __missing__(self, name: str) -> LayerType:
        if name.startswith(OPERATION_PREFIX):
            return all_operations()[name]
        if ":" not in name:
            return APART[name]
        from bnstudio.layers.foreign import registered

        return registered().types[name]

    def get(  # type: ignore[override]  # no other default is of use
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

    return {**LAYERS, **registered().types, **all_operations()}


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
    gpu: Rule | None = None,
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
    what the first call of the layer settles for all; ``gpu`` takes the arguments, and yields the
    name of one with which only a GPU computes the layer, and a sentence. ``common`` are those of
    the Keras base class unless given; ``call`` are the arguments of Keras's ``call``; ``into`` is
    another catalogue than that of what can be drawn.

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
            ports, call, rule, weights, flops, outputs, conflicts, fixes, gpu,
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
