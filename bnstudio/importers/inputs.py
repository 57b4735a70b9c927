"""How a call of a known layer becomes wires and arguments, if wires can say all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from bnstudio.graph import freeze
from bnstudio.layers.opaque import port_of, tensor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.graph import Value
    from bnstudio.importers.calls import Given
    from bnstudio.layers import LayerType


class Wired(NamedTuple):
    """What a call comes down to.

    Attributes:
        order: Which of the call's tensors each input port has.
        params: The arguments of the call that a node holds.
    """

    order: tuple[int, ...]
    params: dict[str, Value]


def wired(entry: LayerType, params: Mapping[str, Value], given: Given) -> Wired | None:
    """The wires and arguments of a call; None where it is given what they cannot say."""
    count = len(given.tensors)
    if not count:
        return Wired((), {})  # an Input, or not called: as loose in the drawing as in the file
    if given.legacy:
        usual = {param.name: param.default for param in entry.call}
        given.kwargs = {key: v for key, v in given.kwargs.items() if usual.get(key, v is None) != v}
    listed = given.legacy and not given.kwargs
    found = _listed(entry, count) if listed else _named(entry, given)
    if found is None:
        return None
    ports = [tensor(port) for port in found.order]
    arranged = entry.arrange(ports, {**params, **found.params})
    if sorted(found.order) != list(range(count)) or entry.max_inputs == 0:
        return None
    if listed:
        # A list of Keras 2 does not say how its tensors are given, but cannot give more.
        return found if len(arranged.positional) == 1 else None
    positional = freeze(arranged.positional)
    named = {**arranged.keyword, **arranged.options}
    same = (positional, freeze(named)) == (given.args, given.kwargs)
    if not same and given.legacy:
        # Keras 2 gives all but the first of its inputs by name.
        names = _arguments(entry)
        same = freeze({**dict(zip(names, arranged.positional, strict=False)), **named}) == {
            **dict(zip(names, given.args, strict=False)),
            **given.kwargs,
        }
    return found if same else None


def _listed(entry: LayerType, count: int) -> Wired | None:
    """The call of a layer on a list of tensors, as Keras 2 writes all of them."""
    if not entry.ports:
        least, most = entry.min_inputs, entry.max_inputs
        fits = least <= count and (most is None or count <= most)
        return Wired(tuple(range(count)), {}) if fits else None
    switches = list(dict.fromkeys(port.when for port in entry.ports if port.when))
    for on in ([], *([switch] for switch in switches), switches):
        params: dict[str, Value] = dict.fromkeys(on, True)
        if len(entry.open_ports(params)) == count:
            return Wired(tuple(range(count)), params)
    return None


def _named(entry: LayerType, given: Given) -> Wired | None:
    """The call of a layer by its arguments."""
    options = {param.name for param in entry.call}
    params = {key: value for key, value in given.kwargs.items() if key in options}
    if not entry.ports:
        # Whatever else the call is given shows when it is arranged again.
        return Wired(tuple(range(len(given.tensors))), params)
    names = _arguments(entry)
    taken = {**given.kwargs, **dict(zip(names, given.args, strict=False))}
    order = []
    for port in entry.ports:
        value = taken.get(port.argument)
        if port.place is not None:
            within = isinstance(value, tuple) and port.place < len(value)
            value = value[port.place] if within and isinstance(value, tuple) else None
        found = None if value is None else port_of(value)
        if found is not None:
            order.append(found)
            if port.when:
                params[port.when] = True
    return Wired(tuple(order), params)


def _arguments(entry: LayerType) -> list[str]:
    """The arguments of the call that take its inputs, in their order."""
    return list(dict.fromkeys(port.argument for port in entry.ports)) or ["inputs"]
