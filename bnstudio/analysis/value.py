"""What follows from a drawing, as a value: the facts of each node, and their sums."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from bnstudio.analysis.calls import called
from bnstudio.graph.diff import differing
from bnstudio.layers.foreign import Registered, registered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bnstudio.analysis.structure import Structure
    from bnstudio.graph import Graph, Node
    from bnstudio.layers import Shape, Weight
    from bnstudio.layers.foreign import Question


@dataclass(frozen=True)
class Failure:
    """Why a node gives no shape.

    Attributes:
        code: The diagnostic under which it is shown.
        message: What is wrong, with the values received.
        param: The argument at fault, where it is one.
        question: What the engine is to be asked first, where the layer is not of this program.
    """

    code: str
    message: str
    param: str | None = None
    question: Question | None = None


@dataclass(frozen=True)
class NodeFacts:
    """What is known of one node.

    Attributes:
        inputs: The shapes on its input ports; None where a port's source gives none.
        outputs: The shapes on its output ports; empty while unknown.
        weights: The variables that its call makes; empty for a call of a layer made before.
        flops: For one row, in inference; None while a dimension is unknown.
        failures: Why the node gives no shape. A node after a failed one has none of its own.
        inner: What follows from the drawing inside it, where it is a model in the model.
    """

    inputs: tuple[Shape | None, ...] = ()
    outputs: tuple[Shape, ...] = ()
    weights: tuple[Weight, ...] = ()
    flops: int | None = 0
    failures: tuple[Failure, ...] = ()
    inner: Analysis | None = field(default=None, repr=False)

    @cached_property
    def trainable(self) -> int:
        """How many numbers training may change."""
        return sum(weight.size for weight in self.weights if weight.trainable)

    @cached_property
    def fixed(self) -> int:
        """How many numbers it may not."""
        return sum(weight.size for weight in self.weights if not weight.trainable)


@dataclass(frozen=True)
class Analysis:
    """A drawing and all that follows from it.

    Attributes:
        known: What was known of layers that are not of this program.
    """

    graph: Graph
    structure: Structure
    facts: Mapping[str, NodeFacts] = field(repr=False)
    known: Registered = field(default_factory=registered, repr=False, compare=False)

    @property
    def order(self) -> tuple[str, ...]:
        """Sources first; without cycles and what is behind them."""
        return self.structure.order

    @property
    def live(self) -> frozenset[str]:
        """The nodes that make the model."""
        return self.structure.live

    @cached_property
    def sharing(self) -> frozenset[str]:
        """The nodes that share a layer, and the owners of those layers."""
        graph = self.graph
        users = [id for id, node in graph.nodes.items() if node.shares is not None]
        return frozenset((*users, *(graph.layer_of(id).id for id in users)))

    def called(self, id: str) -> Node:
        """The node whose layer ``id`` calls, with the arguments of that call."""
        return called(self.graph, id)

    def shape(self, id: str, port: int = 0) -> Shape | None:
        """The shape on an output port; None while unknown."""
        outputs = self.facts[id].outputs
        return outputs[port] if port < len(outputs) else None

    @property
    def trainable(self) -> int:
        """Trainable numbers in the model, nodes outside it left out."""
        return self._totals.trainable

    @property
    def fixed(self) -> int:
        """Numbers in the model that training does not change."""
        return self._totals.fixed

    @property
    def flops(self) -> int | None:
        """For one row, in inference; None while any dimension is unknown."""
        return None if self._totals.unknown else self._totals.flops

    @cached_property
    def failed(self) -> frozenset[str]:
        """The nodes that give no shape for a reason of their own."""
        return _failing(self.facts, self.facts)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What the engine is to be asked about layers that are not of this program.

        Those inside models are among them.
        """
        failures = (failure for id in self.failed for failure in self.facts[id].failures)
        found = [failure.question for failure in failures if failure.question is not None]
        for facts in self.facts.values():
            if facts.inner is not None:
                found += facts.inner.questions
        return tuple(dict.fromkeys(found))

    @cached_property
    def _totals(self) -> _Totals:
        return _add_up(self.facts, self.live)


class _Totals(NamedTuple):
    """What nodes come to together; ``unknown`` is how many of them have no known flops."""

    trainable: int
    fixed: int
    flops: int
    unknown: int


def _add_up(facts: Mapping[str, NodeFacts], ids: Iterable[str]) -> _Totals:
    trainable = fixed = flops = unknown = 0
    for id in ids:
        known = facts[id]
        trainable += known.trainable
        fixed += known.fixed
        if known.flops is None:
            unknown += 1
        else:
            flops += known.flops
    return _Totals(trainable, fixed, flops, unknown)


def _failing(facts: Mapping[str, NodeFacts], ids: Iterable[str]) -> frozenset[str]:
    return frozenset(id for id in ids if facts[id].failures)


def sum_up(now: Analysis, previous: Analysis) -> None:
    """Gives an analysis the sums that the one before has: most nodes need not be counted again."""
    known = previous.__dict__
    others = set(differing(previous.facts, now.facts))
    if "failed" in known:
        kept = known["failed"] & now.facts.keys() - others
        now.__dict__["failed"] = kept | _failing(now.facts, others)
    if "_totals" in known:
        if now.live != previous.live:
            others |= now.live ^ previous.live
        gone = _add_up(previous.facts, others & previous.live)
        come = _add_up(now.facts, others & now.live)
        totals = zip(known["_totals"], gone, come, strict=True)
        now.__dict__["_totals"] = _Totals(*(old - less + more for old, less, more in totals))
