"""Inputs that have names, and how Keras's ``call`` takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bnstudio.graph import Value


class Port(NamedTuple):
    """An input of a layer whose inputs have names.

    Attributes:
        name: What comes in there, such as ``"query"``.
        argument: The argument of Keras's ``call`` that takes it.
        place: Where in the list that this argument is; None where it is the tensor itself.
        when: The ``Wired`` argument that opens the port; empty for one that is always there.
        unless: The argument that closes it: the constant that stands in its place.
    """

    name: str
    argument: str
    place: int | None = None
    when: str = ""
    unless: str = ""


class Given(NamedTuple):
    """What a layer is called with.

    Attributes:
        positional: Inputs and lists of inputs.
        keyword: The same by Keras's names; None in a list stands for no input.
        options: Plain values by Keras's names.
    """

    positional: tuple[Any, ...]
    keyword: dict[str, Any]
    options: dict[str, Value]


def given(
    ports: Sequence[Port],
    inputs: Sequence[Any],
    known: Sequence[Port],
    options: dict[str, Value],
) -> Given:
    """What a layer is called with, for something on each of its open ports.

    ``known`` are all ports of the layer. Inputs that are too many are put behind the others, so
    that nothing drawn is lost.
    """
    always = {port.argument for port in known if not port.when}
    positional: dict[str, Any] = {}
    keyword: dict[str, Any] = {}
    for port, one in zip(ports, inputs, strict=False):
        taken = positional if port.argument in always else keyword
        if port.place is None:
            taken[port.argument] = one
            continue
        # A list by keyword is wanted whole, with None where nothing comes in.
        whole = sum(other.argument == port.argument for other in known)
        several = taken.setdefault(port.argument, [] if port.argument in always else [None] * whole)
        several[port.place : port.place + 1] = [one]
    return Given((*positional.values(), *inputs[len(ports) :]), keyword, options)
