"""Batch normalization: what it makes superfluous, what cancels it, and where it does harm.

Whether it is better before or after an activation depends on the network; nothing here claims
either.
"""

from __future__ import annotations

from functools import partial
from operator import is_not
from typing import TYPE_CHECKING

from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, set_on
from bnstudio.rules.head import (
    DROPOUT,
    PLAIN,
    POOLING,
    PROBABILITIES,
    activation_of,
    before,
    is_activation,
    is_linear,
    only_feeds,
    takes,
)
from bnstudio.rules.loss import CROSSENTROPIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bnstudio.analysis import NodeFacts
    from bnstudio.graph import Graph, Node

BN = "BatchNormalization"

SHIFTED = POOLING | {"Flatten", "Identity", "UpSampling1D", "UpSampling2D", "UpSampling3D",
                     "Cropping1D", "Cropping2D", "Cropping3D"}  # fmt: skip
"""Layers after which a constant added to a channel is still that constant."""

SAME = frozenset({"Identity"})


@rule(
    "BN01",
    Severity.INFO,
    source="Goodfellow et al., Deep Learning, 8.7.1; gradient tried",
    inside=True,
)
def useless_bias(case: Case) -> Iterator[Finding]:
    """A bias that batch normalization takes away again.

    Batch normalization subtracts the mean, and with it any constant that the layer before has
    added. That bias gets no gradient and learns nothing; beta does its job.

    Set use_bias=False. The model computes the same with fewer parameters.
    """
    graph, facts, shared = case.graph, case.analysis.facts, case.shared
    nodes, chained = graph.nodes, graph.chained
    for node in case.owners(BN):
        maker = _along(nodes, chained, node, SHIFTED)
        if maker is None or maker.shares is not None or maker.id in shared:
            continue
        seen = (node, maker, facts[node.id], facts[maker.id])
        known = _biases.get(node.id)
        if known is None or any(map(is_not, known[0], seen)):
            if len(_biases) >= _KEPT:
                _biases.clear()
            known = _biases[node.id] = (seen, _bias_finding(*seen))
        if known[1] is not None:
            yield known[1]


@rule("BN02", Severity.WARNING, source="Follows from the formula; tried", inside=True)
def twice(case: Case) -> Iterator[Finding]:
    """Two batch normalizations in a row.

    The second one normalizes what the first has scaled and shifted, so the first one's gamma and
    beta are canceled and learn nothing.

    Remove one of them.
    """
    nodes, chained = case.graph.nodes, case.graph.chained
    for node in case.owners(BN):
        first = _along(nodes, chained, node, SAME)
        if first is None or first.type != BN:
            continue
        if first.params.get("axis", -1) != node.params.get("axis", -1):
            continue
        yield Finding(
            f"{node.name} cancels what {first.name} has learned: it normalizes again.",
            "Remove one of the two.",
            first.id,
            fix=Fix(f"Remove {first.name}", partial(drop, ids=(first.id,))),
        )


@rule("BN03", Severity.ERROR, source="Follows from the formula; tried")
def after_output(case: Case) -> Iterator[Finding]:
    """A batch normalization after the output's softmax or sigmoid.

    The output is then no probability any more: values below 0 and above 1 come out, which
    cross-entropy clips.

    Remove it, or move it to before the last layer.
    """
    node = _last_normalization(case)
    earlier = _applied_before(case.graph, node) if node is not None else None
    if node is None or earlier is None or activation_of(earlier) not in PROBABILITIES:
        return
    yield Finding(
        f"{node.name} comes after the output's {activation_of(earlier)}: "
        "what it puts out are no probabilities.",
        "Remove it, or move it to before the last layer.",
        node.id,
        fix=Fix(f"Remove {node.name}", partial(drop, ids=(node.id,))),
    )


@rule(
    "BN04",
    Severity.WARNING,
    source="Bound follows from the formula, tried; whether to is disputed",
    contested=True,
)
def before_output(case: Case) -> Iterator[Finding]:
    """A batch normalization between the last layer and the output's softmax or sigmoid.

    While training, the logits of a row then depend on the other rows of its batch, and before
    gamma and beta none can be larger than the square root of the batch size less one. That caps
    how sure the model can be. Some networks did better with it all the same: the advice is
    contested, so compare both.

    Remove it, or keep it knowingly.
    """
    head, graph = case.head, case.graph
    if head is None or head.activation not in PROBABILITIES or not is_activation(head.at):
        return
    node = before(graph, head.at.id)
    if node is None or node.type != BN or not only_feeds(graph, node.id):
        return
    maker = _behind(graph, node, DROPOUT | SAME)
    if maker is None or not is_linear(maker):
        return
    rows = case.settings.batch_size
    bound = f" (at most {(rows - 1) ** 0.5:.2f} with {rows} rows)" if rows > 1 else ""
    yield Finding(
        f"{node.name} is right before the output's {head.activation}: while training, a row's "
        f"logits depend on the rest of its batch and are bounded{bound} before gamma and beta.",
        "Contested: some networks gained by it. Compare with and without.",
        node.id,
        fix=Fix(f"Remove {node.name}", partial(drop, ids=(node.id,))),
    )


@rule("BN05", Severity.WARNING, source="Follows from the formula; tried")
def regression_output(case: Case) -> Iterator[Finding]:
    """A regression model ends in a batch normalization.

    While training, the predictions of every batch are forced to the mean beta and the deviation
    gamma, whatever the rows of that batch are. A row's prediction depends on its neighbours.

    Remove it; let the last layer be linear.
    """
    node = _last_normalization(case)
    data = case.data
    regression = (
        data.task == "regression" if data else case.settings.loss.name not in CROSSENTROPIES
    )
    if node is None or not regression:
        return
    yield Finding(
        f"The model ends in {node.name}: in training every batch's predictions get the same mean "
        "and deviation.",
        "Remove it, and let the last layer be linear.",
        node.id,
        fix=Fix(f"Remove {node.name}", partial(drop, ids=(node.id,))),
    )


_Seen = tuple["Node", "Node", "NodeFacts", "NodeFacts"]

# A deep model has this finding hundreds of times, and an edit changes few of them: they are kept
# with what they were found in, whose values never change.
_biases: dict[str, tuple[_Seen, Finding | None]] = {}
_KEPT = 4096


def _bias_finding(
    node: Node, maker: Node, facts: NodeFacts, maker_facts: NodeFacts
) -> Finding | None:
    """That the layer before a batch normalization has a bias, where it has a useless one."""
    if not _same_channels(node, maker, facts, maker_facts):
        return None
    if node.params.get("trainable") is False or not is_linear(maker):
        return None
    if not takes(maker, "use_bias") or maker.params.get("use_bias") is False:
        return None
    size = sum(weight.size for weight in maker_facts.weights if weight.name == "bias")
    saved = f", {size} parameters," if size else ""
    return Finding(
        f"The bias of {maker.name}{saved} has no effect: {node.name} subtracts it again.",
        "Set use_bias=False; beta takes its place.",
        maker.id,
        "use_bias",
        Fix("Set use_bias=False", partial(set_on, id=maker.id, params={"use_bias": False})),
    )


def _behind(graph: Graph, node: Node, through: frozenset[str]) -> Node | None:
    """What feeds ``node`` and it alone, seen through some types of layer."""
    return _along(graph.nodes, graph.chained, node, through)


def _along(
    nodes: Mapping[str, Node], chained: Mapping[str, str], node: Node, through: frozenset[str]
) -> Node | None:
    """The same, for many nodes of one drawing."""
    found = chained.get(node.id)
    if found is None or nodes[found].type not in through:
        return nodes[found] if found is not None and found != node.id else None
    seen = {node.id}
    while found is not None and found not in seen:
        if nodes[found].type not in through:
            return nodes[found]
        seen.add(found)
        found = chained.get(found)
    return None


def _last_normalization(case: Case) -> Node | None:
    """The batch normalization that ends the model, seen through what keeps the values."""
    head = case.head
    if head is None or head.at.type != BN:
        return None
    return head.at if head.at.id in case.graph.wires_into else None


def _applied_before(graph: Graph, node: Node) -> Node | None:
    return _behind(graph, node, PLAIN | DROPOUT)


def _same_channels(node: Node, maker: Node, facts: NodeFacts, maker_facts: NodeFacts) -> bool:
    """Whether a normalization works along the axis on which the layer before it adds its bias."""
    made, got = maker_facts.outputs, facts.inputs
    if not made or not got or got[0] is None:
        return False
    if len(got[0]) == 2:
        return True  # flattened or pooled: each column belongs to one channel
    axis = node.params.get("axis", -1)
    first = maker.params.get("data_format") == "channels_first"
    channels = 1 if first else len(got[0]) - 1
    return isinstance(axis, int) and bool(got[0]) and axis % len(got[0]) == channels
