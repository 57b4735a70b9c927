"""Whether the loss, the output activation and the targets go together."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import retype, set_on, with_settings, with_source
from bnstudio.rules.head import NORMALIZATIONS, PROBABILITIES, Head, activation_of, before, takes
from bnstudio.settings import Choice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.data import DataFacts, Targets
    from bnstudio.graph import Node
    from bnstudio.project import Project

BINARY = "BinaryCrossentropy"
CATEGORICAL = "CategoricalCrossentropy"
SPARSE = "SparseCategoricalCrossentropy"
CROSSENTROPIES = (BINARY, CATEGORICAL, SPARSE)

KERAS = "Keras 3.15 on TensorFlow, tried"


def takes_logits(case: Case) -> bool:
    """Whether the loss is told that the model's output is not a probability yet."""
    return case.settings.loss.params.get("from_logits") is True


def classified(case: Case) -> DataFacts | None:
    """What is known of the data, where its targets are classes."""
    data = case.data
    return data if data is not None and data.task == "classification" else None


def flat_head(case: Case) -> tuple[Head, int] | None:
    """The model's end and its units, where the output is one row of numbers a sample."""
    head = case.head
    if head is None or head.shape is None or len(head.shape) != 2 or head.units is None:
        return None
    return head, head.units


def use_loss(project: Project, name: str, **params: bool) -> Project:
    """The project with another loss."""
    return with_settings(project, lambda settings: replace(settings, loss=Choice(name, params)))


def encode(project: Project, targets: Targets) -> Project:
    """The project with its class labels given in another form."""
    return with_source(project, lambda source: replace(source, targets=targets))


def crossentropy_for(data: DataFacts | None) -> str:
    """The cross-entropy between classes that takes the targets as they are."""
    return SPARSE if data is not None and data.targets == "integer" else CATEGORICAL


@rule("LOSS01", Severity.ERROR, source="Keras warns of it; exp(x) / exp(x) = 1")
def softmax_of_one(case: Case) -> Iterator[Finding]:
    """A softmax over one value, which is always 1.

    Softmax divides each value by the sum of all; of a single value nothing is left but 1,
    whatever the layers before it compute, so nothing can be learned.

    For two classes, use a sigmoid with binary cross-entropy, or two units.
    """
    for node in _softmaxes(case):
        outputs = case.facts(node.id).outputs
        axes = _axes(node)
        if not outputs or not axes or not _one_wide(outputs[0], axes):
            continue
        head, data = case.head, classified(case)
        at_end = head is not None and head.at.id == node.id and head.units == 1
        if head is None or not at_end:
            fix = Fix("Use sigmoid instead", partial(_sigmoid, id=node.id))
        elif data is not None and data.classes > 2 and head.last is not None:
            fix = Fix(f"Set {data.classes} units", partial(head.resized, units=data.classes))
        else:
            fix = Fix("Use sigmoid and binary cross-entropy", partial(_binary, head=head))
        yield Finding(
            f"{node.name} is a softmax over one value: its output is always 1.",
            "Use a sigmoid with binary cross-entropy, or one unit for each class.",
            node.id,
            "activation" if takes(node, "activation") else None,
            fix,
        )


@rule("LOSS02", Severity.ERROR, source=KERAS)
def softmax_with_binary(case: Case) -> Iterator[Finding]:
    """A softmax output with binary cross-entropy.

    Binary cross-entropy takes every output for a question of its own. On TensorFlow, Keras looks
    behind the softmax and computes the sigmoid cross-entropy of its logits, which is another loss
    than the formula says. With two classes, categorical cross-entropy is the same mathematics
    without that trap; with more it is the one that is meant.

    Use categorical cross-entropy.
    """
    head = case.head
    if case.settings.loss.name != BINARY or head is None or head.activation != "softmax":
        return
    if head.units == 1:
        return
    name = crossentropy_for(classified(case))
    yield Finding(
        "The output is a softmax, but the loss is binary cross-entropy.",
        "Use categorical cross-entropy: the classes exclude one another.",
        head.at.id,
        fix=Fix(f"Use {name}", partial(use_loss, name=name)),
    )


@rule("LOSS03", Severity.ERROR, source=KERAS)
def sigmoid_with_categorical(case: Case) -> Iterator[Finding]:
    """Several sigmoid outputs with categorical cross-entropy.

    Sigmoids answer each class apart and need not add up to 1, which categorical cross-entropy
    takes for granted. On TensorFlow, Keras looks behind the sigmoid and uses the softmax of its
    logits: what is trained is not what the model predicts.

    One class a row: softmax. Several at once: binary cross-entropy.
    """
    head = case.head
    if head is None or head.activation != "sigmoid" or head.units == 1:
        return
    if case.settings.loss.name not in (CATEGORICAL, SPARSE):
        return
    yield Finding(
        "The outputs are sigmoids, but the loss is for classes that exclude one another.",
        "Use softmax; or binary cross-entropy if a row may be of several classes.",
        head.at.id,
        fix=Fix("Use softmax", partial(head.activated, name="softmax")),
    )


@rule("LOSS04", Severity.ERROR, source=KERAS)
def sparse_with_one_hot(case: Case) -> Iterator[Finding]:
    """Sparse categorical cross-entropy with one-hot targets.

    The sparse form wants the number of the class; one-hot targets are a row of zeros and a one.
    Keras stops with an error about ranks.

    Use categorical cross-entropy, or give the labels as integers.
    """
    data = classified(case)
    if case.settings.loss.name == SPARSE and data is not None and data.targets == "one_hot":
        yield Finding(
            "The targets are one-hot, but the loss wants class numbers.",
            "Use CategoricalCrossentropy, or give the labels as integers.",
            fix=Fix(f"Use {CATEGORICAL}", partial(_keep_logits, name=CATEGORICAL)),
        )


@rule("LOSS05", Severity.ERROR, source=KERAS)
def categorical_with_integers(case: Case) -> Iterator[Finding]:
    """Categorical cross-entropy with integer labels.

    Categorical cross-entropy wants a row of probabilities as the target; a class number is not
    one. Keras stops with an error about ranks.

    Use sparse categorical cross-entropy, or one-hot targets.
    """
    data, flat = classified(case), flat_head(case)
    if case.settings.loss.name != CATEGORICAL or data is None or data.targets != "integer":
        return
    if flat is not None and flat[1] > 1:
        yield Finding(
            "The labels are class numbers, but the loss wants one-hot targets.",
            "Use SparseCategoricalCrossentropy, or one-hot targets.",
            fix=Fix(f"Use {SPARSE}", partial(_keep_logits, name=SPARSE)),
        )


@rule("LOSS06", Severity.ERROR, source=KERAS)
def binary_with_labels(case: Case) -> Iterator[Finding]:
    """Binary cross-entropy with one label a row, but several outputs.

    Each output is a question of its own and needs a target of its own. Keras stops with an error
    about shapes.

    For two classes one sigmoid unit is enough; otherwise give one-hot targets.
    """
    data, flat = classified(case), flat_head(case)
    if case.settings.loss.name != BINARY or data is None or data.targets != "integer":
        return
    if flat is None or flat[1] < 2:
        return
    head, units = flat
    fix = None
    if data.classes == 2 and head.last is not None and head.activation != "softmax":
        fix = Fix("Use one unit", partial(head.resized, units=1))
    elif data.classes == units:
        fix = Fix("Use one-hot targets", partial(encode, targets="one_hot"))
    elif data.classes > 1 and head.last is not None:
        fix = Fix(f"Use softmax and {SPARSE}", partial(_exclusive, head=head))
    yield Finding(
        f"There is one label a row, but the model has {units} outputs.",
        "Use one sigmoid unit for two classes, or one-hot targets.",
        head.last.id if head.last else head.node.id,
        fix=fix,
    )


@rule("LOSS07", Severity.ERROR, source=f"{KERAS}: the loss is 0 from the first step")
def categorical_with_one_unit(case: Case) -> Iterator[Finding]:
    """Categorical cross-entropy with one output.

    It compares probabilities that add up to 1. With one output that probability is 1 and the loss
    is 0, whatever the model does.

    Use binary cross-entropy for two classes, or one unit for each class.
    """
    flat = flat_head(case)
    if case.settings.loss.name != CATEGORICAL or flat is None or flat[1] != 1:
        return
    head, data = flat[0], classified(case)
    if data is not None and data.classes > 2:
        if head.last is None:
            fix = None
        else:
            fix = Fix(f"Set {data.classes} units", partial(_classes, head=head, data=data))
    else:
        fix = Fix("Use sigmoid and binary cross-entropy", partial(_binary, head=head))
    yield Finding(
        "The loss compares classes, but the model has one output: the loss would always be 0.",
        "Use binary cross-entropy for two classes, or one unit for each class.",
        head.node.id,
        fix=fix,
    )


@rule("LOSS08", Severity.ERROR, source=KERAS)
def crossentropy_of_linear(case: Case) -> Iterator[Finding]:
    """Cross-entropy of an output that is not a probability.

    Without an activation the output can be any number. The loss takes the logarithm of what it
    clips into 0 to 1, so most outputs teach nothing.

    Add softmax or sigmoid; or set from_logits=True, which puts them into the loss.
    """
    head, name = case.head, case.settings.loss.name
    if name not in CROSSENTROPIES or takes_logits(case):
        return
    if head is None or head.activation != "linear":
        return
    earlier = before(case.graph, head.at.id)
    if head.at.type in NORMALIZATIONS and earlier and activation_of(earlier) in PROBABILITIES:
        return  # BN03 says what is wrong there
    wanted = "sigmoid" if name == BINARY or head.units == 1 else "softmax"
    if head.can_activate():
        fix = Fix(f"Use {wanted}", partial(head.activated, name=wanted))
    else:
        fix = Fix("Set from_logits=True", partial(use_loss, name=name, from_logits=True))
    yield Finding(
        "The output has no activation, but the loss wants probabilities.",
        f"Use {wanted}, or set from_logits=True on the loss.",
        head.at.id,
        "activation" if takes(head.at, "activation") else None,
        fix,
    )


@rule("LOSS09", Severity.ERROR, source=f"{KERAS}: Keras warns of it")
def activated_logits(case: Case) -> Iterator[Finding]:
    """The loss applies the activation, and the model does too.

    from_logits=True tells the loss that the output is not a probability yet. After a softmax or
    sigmoid the second one squeezes the probabilities together, and learning is slow and capped.

    Keep one: take from_logits off the loss, or the activation off the model.
    """
    head = case.head
    if not takes_logits(case) or case.settings.loss.name not in CROSSENTROPIES:
        return
    if head is not None and head.activation in PROBABILITIES:
        name = case.settings.loss.name
        yield Finding(
            f"The loss has from_logits=True, but the output is a {head.activation} already.",
            "Take from_logits off the loss, or the activation off the model.",
            head.at.id,
            fix=Fix("Set from_logits=False", partial(use_loss, name=name)),
        )


@rule("LOSS10", Severity.ERROR, source=KERAS)
def class_count(case: Case) -> Iterator[Finding]:
    """The number of outputs is not the number of classes.

    Sparse categorical cross-entropy uses the label as the place of an output. A label without an
    output stops the training (or gives NaN on a GPU); an output without a label is only in the
    way.

    Set as many units as there are classes.
    """
    data, flat = classified(case), flat_head(case)
    if case.settings.loss.name != SPARSE or data is None or data.targets != "integer":
        return
    if flat is None or flat[1] == data.classes:
        return
    head, units = flat
    fix = None
    if head.last is not None:
        fix = Fix(f"Set {data.classes} units", partial(head.resized, units=data.classes))
    fewer = units < data.classes
    yield Finding(
        f"The model has {_outputs(units)}, but the data has {data.classes} classes.",
        "Set as many units as there are classes.",
        head.last.id if head.last else head.node.id,
        fix=fix,
        severity=Severity.ERROR if fewer else Severity.WARNING,
    )


def _outputs(count: int) -> str:
    return "one output" if count == 1 else f"{count} outputs"


def _softmaxes(case: Case) -> Iterator[Node]:
    for node in case.graph.nodes.values():
        if node.type != "Softmax" and node.params.get("activation") != "softmax":
            continue
        if activation_of(node) == "softmax" and case.graph.layer_of(node.id) is node:
            yield node


def _axes(node: Node) -> tuple[int, ...]:
    """Along which a softmax adds up."""
    axis = node.params.get("axis", -1) if node.type == "Softmax" else -1
    if isinstance(axis, int):
        return (axis,)
    if isinstance(axis, tuple):
        return tuple(entry for entry in axis if isinstance(entry, int))
    return ()


def _one_wide(shape: tuple[int | None, ...], axes: tuple[int, ...]) -> bool:
    return all(-len(shape) <= axis < len(shape) and shape[axis] == 1 for axis in axes)


def _sigmoid(project: Project, id: str) -> Project:
    node = project.graph.nodes.get(id)
    if node is not None and node.type == "Softmax":
        return retype(project, id, "Activation", {"activation": "sigmoid"})
    return set_on(project, id, {"activation": "sigmoid"})


def _binary(project: Project, head: Head) -> Project:
    """One sigmoid, binary cross-entropy and labels 0 and 1."""
    if head.can_activate():
        project = use_loss(head.activated(project, "sigmoid"), BINARY)
    else:
        project = use_loss(project, BINARY, from_logits=True)
    return encode(project, "integer")


def _classes(project: Project, head: Head, data: DataFacts) -> Project:
    """A unit for each class, and a softmax over them."""
    project = head.resized(project, data.classes)
    return head.activated(project, "softmax") if head.can_activate() else project


def _exclusive(project: Project, head: Head) -> Project:
    """Softmax and the cross-entropy of class numbers."""
    if head.can_activate():
        return use_loss(head.activated(project, "softmax"), SPARSE)
    return use_loss(project, SPARSE, from_logits=True)


def _keep_logits(project: Project, name: str) -> Project:
    """Another loss, with ``from_logits`` as it was."""
    logits = project.settings.loss.params.get("from_logits") is True
    return use_loss(project, name, from_logits=True) if logits else use_loss(project, name)
