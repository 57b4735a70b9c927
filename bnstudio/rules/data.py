"""Whether the model fits the rows it is to be trained on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.layers import show_shape
from bnstudio.rules.diagnostics import Case, Finding, Fix, Severity, rule
from bnstudio.rules.edits import drop, insert, set_on, with_settings
from bnstudio.rules.head import PROBABILITIES, activation_of, is_activation
from bnstudio.rules.loss import BINARY, CATEGORICAL, CROSSENTROPIES, SPARSE, use_loss
from bnstudio.settings import METRIC_ALIASES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bnstudio.data import DataFacts
    from bnstudio.graph import Wire
    from bnstudio.project import Project
    from bnstudio.rules.head import Head

KERAS = "Keras 3.15 on TensorFlow, tried"


@rule("DATA01", Severity.ERROR, source="")
def no_rows(case: Case) -> Iterator[Finding]:
    """The data source cannot give rows.

    It is not one that is known, or one of its arguments has a value that it does not take.

    Choose another source in the Data panel, or put the argument right.
    """
    source = case.project.source
    for name, reason in data.problems(source).items():
        if name == "name":
            first = next(iter(data.SOURCES), None)
            fix = None
            if first is not None:
                label = f"Use {data.SOURCES[first].title}"
                fix = Fix(label, partial(_use, name=first))
            yield Finding(reason, "Choose a source in the Data panel.", fix=fix)
            continue
        own = data.SOURCES[source.name].shape
        label = f"Use the data's own shape {own}" if name == "shape" else f"Reset {name}"
        yield Finding(
            f"Data: {name}: {reason}",
            "Put it right in the Data panel.",
            fix=Fix(label, partial(_reset, name=name)),
        )


@rule("DATA02", Severity.ERROR, source=KERAS)
def input_shape(case: Case) -> Iterator[Finding]:
    """The Input has another shape than the rows.

    Each row of the data is one input of the model, so the shapes must be the same. Keras lets
    only a last axis of size one come or go.

    Set the shape of the Input to that of the rows, or give the rows the Input's shape.
    """
    structure = case.analysis.structure
    if case.data is None or len(structure.inputs) != 1:
        return
    node = case.graph.nodes[structure.inputs[0]]
    rows = case.data.input_shape
    for whole in case.facts(node.id).outputs[:1]:
        shape = whole[1:]
        if _fits(shape, rows):
            continue
        sizes = [size for size in shape if size is not None]
        fix: Fix | None
        hint = "Set the Input's shape to that of the rows, or reshape the rows."
        if case.project.weights is not None and prod(sizes) != prod(rows):
            # Another Input would make the weights useless, and mostly the model.
            fix = None
            hint = (
                f"The model has weights for rows of {show_shape(shape)}: choose data with such "
                "rows to train it. It can be looked at and exported as it is."
            )
        elif len(sizes) == len(shape) and prod(sizes) == prod(rows):
            wanted = tuple(sizes)
            fix = Fix(
                f"Give the rows the shape {wanted}",
                partial(_reshape, shape=wanted),
            )
        else:
            fix = Fix(f"Set shape={rows!r}", partial(set_on, id=node.id, params={"shape": rows}))
        near = _but_for_ones(shape, rows)
        yield Finding(
            f"{node.name} takes rows of shape {show_shape(shape)}, "
            f"but the data has {show_shape(rows)}.",
            hint,
            node.id,
            "shape",
            fix,
            Severity.WARNING if near else None,
        )


@rule("DATA03", Severity.ERROR, source=KERAS)
def input_count(case: Case) -> Iterator[Finding]:
    """The model has several inputs, but the data gives one array.

    Keras needs an array for each Input. The built-in sources give one.

    Use one Input, and split it inside the model where that is needed.
    """
    inputs = case.analysis.structure.inputs
    if len(inputs) > 1:
        names = ", ".join(case.graph.nodes[id].name for id in inputs)
        yield Finding(
            f"The model has {len(inputs)} inputs ({names}), but the data gives one.",
            "Use one Input for all.",
            inputs[1],
        )


@rule("DATA04", Severity.ERROR, source=KERAS)
def output_count(case: Case) -> Iterator[Finding]:
    """The model has several outputs, but the data has one target.

    Every layer that feeds nothing is an output, and Keras wants a target and a loss for each. Most
    often it is a layer that was meant to be connected.

    Connect it, or remove it.
    """
    outputs = case.analysis.structure.outputs
    if len(outputs) > 1:
        names = ", ".join(case.graph.nodes[id].name for id in outputs)
        kept = _likeliest(case)
        others = tuple(id for id in outputs if id != kept)
        yield Finding(
            f"The model has {len(outputs)} outputs ({names}), but the data has one target.",
            "Connect the layers that should not be outputs, or remove them.",
            others[-1],
            fix=Fix(
                f"Keep {case.graph.nodes[kept].name}, delete what leads only to the others",
                partial(_prune, outputs=others),
            ),
        )


@rule("DATA05", Severity.ERROR, source=f"{KERAS}: some losses broadcast instead of failing")
def output_shape(case: Case) -> Iterator[Finding]:
    """The model's output has another shape than the targets.

    Most losses compare number by number. Some of them do not even complain about other shapes but
    repeat the smaller one, and then train toward something else.

    Set the units of the last Dense layer; where the output has more dimensions than the target,
    put a Flatten before it.
    """
    head, known = case.head, case.data
    if head is None or head.shape is None or known is None or _told_by_loss(case, head):
        return
    name = case.settings.loss.name
    wanted = known.classes if name == SPARSE and known.classes else prod(known.target_shape)
    if len(head.shape) == 2 and (head.units == wanted or name == SPARSE):
        return
    needs = show_shape((None, wanted))
    if len(head.shape) == 2:
        what = f"The output has the shape {show_shape(head.shape)}, but the target needs {needs}."
    else:
        what = (
            f"The output has {len(head.shape)} dimensions, {show_shape(head.shape)}, "
            f"but the target needs {needs}."
        )
    yield Finding(
        what,
        f"Let the last layer have {wanted} {'unit' if wanted == 1 else 'units'}.",
        head.last.id if head.last else head.node.id,
        fix=_output_fix(case, head, wanted),
    )


@rule("DATA06", Severity.ERROR, source="")
def loss_for_classes(case: Case) -> Iterator[Finding]:
    """The loss is for classes, but the target is a quantity.

    Cross-entropy takes the target for a class or a probability. Of a quantity it makes nonsense.

    Use the mean squared error, or the mean absolute error where there are outliers.
    """
    known, name = case.data, case.settings.loss.name
    if known is None or known.task != "regression":
        return
    if name in CROSSENTROPIES or "Focal" in name or "CrossEntropy" in name:
        yield Finding(
            f"The target is a quantity, but {name} is for classes.",
            "Use MeanSquaredError.",
            fix=Fix("Use MeanSquaredError", _regress),
        )


@rule("DATA07", Severity.ERROR, source=KERAS)
def metric_fits(case: Case) -> Iterator[Finding]:
    """A metric that cannot be measured on these targets, or means nothing.

    Most metrics compare output and target number by number; the "sparse" ones want class numbers,
    the "categorical" ones one-hot rows. Keras stops in the first step, or shows a number without
    meaning.

    Use "accuracy", which picks the kind that fits.
    """
    head, known = case.head, case.data
    if known is None or head is None or head.units is None:
        return
    for name in dict.fromkeys(case.settings.metrics):
        severity = _misfit(METRIC_ALIASES.get(name, name), known, head.units)
        if severity is None:
            continue
        better = "accuracy" if known.task == "classification" else "mean_absolute_error"
        stops = severity is Severity.ERROR
        yield Finding(
            f"The metric {name!r} {'cannot be measured' if stops else 'means nothing'} here: "
            f"{_described(known, head.units)}.",
            f"Use {better!r} instead.",
            fix=Fix(f"Use {better}", partial(_swap_metric, old=name, new=better)),
            severity=severity,
        )


def _use(project: Project, name: str) -> Project:
    return replace(project, source=data.Source(name))


def _reshape(project: Project, shape: tuple[int, ...]) -> Project:
    return replace(project, source=replace(project.source, shape=shape))


def _fits(shape: tuple[int | None, ...], rows: tuple[int, ...]) -> bool:
    """Whether rows can be fed to an Input of this shape, in which None is anything."""
    return len(shape) == len(rows) and all(
        size is None or size == held for size, held in zip(shape, rows, strict=True)
    )


def _but_for_ones(shape: tuple[int | None, ...], rows: tuple[int, ...]) -> bool:
    """Whether only a last axis of size one is too much or missing, which Keras evens out."""
    return (shape[-1:] == (1,) and _fits(shape[:-1], rows)) or (
        rows[-1:] == (1,) and _fits(shape, rows[:-1])
    )


def _told_by_loss(case: Case, head: Head) -> bool:
    """Whether a rule about the loss speaks of this already, and says what is meant."""
    known, name = case.data, case.settings.loss.name
    if known is None or head.shape is None or len(head.shape) != 2:
        return False
    if known.task == "regression":
        return False
    integer, units = known.targets == "integer", head.units or 0
    return (
        (name == SPARSE)
        or (name == CATEGORICAL and (units == 1 or integer))
        or (name == BINARY and integer and units > 1)
    )


def _output_fix(case: Case, head: Head, wanted: int) -> Fix | None:
    """Units for the last layer; a Flatten before it where there are dimensions too many."""
    last, shape = head.last, head.shape
    if last is None or shape is None:
        return None
    if len(shape) == 2:
        return Fix(f"Set {wanted} units", partial(head.resized, units=wanted))
    wires = case.graph.wires_into.get(last.id, ())
    before = case.facts(last.id).inputs
    if last.type != "Dense" or len(wires) != 1 or not before or before[0] is None:
        return None
    if None in before[0][1:] or not _only_activations_after(case, last.id):
        return None
    return Fix(
        f"Insert Flatten before {last.name}",
        partial(_flatten, wire=wires[0], head=head, units=wanted),
    )


def _only_activations_after(case: Case, id: str) -> bool:
    """Whether nothing but activations follows, which work on any number of dimensions."""
    following = case.graph.successors(id)
    while following:
        if len(following) > 1 or not is_activation(case.graph.nodes[following[0]]):
            return False
        following = case.graph.successors(following[0])
    return True


def _flatten(project: Project, wire: Wire, head: Head, units: int) -> Project:
    return head.resized(insert(project, wire, [("Flatten", {})]), units)


def _likeliest(case: Case) -> str:
    """The output that is probably meant: one that fits the target, else the last in order."""
    analysis, known = case.analysis, case.data
    place = {id: index for index, id in enumerate(analysis.order)}
    widths = () if known is None else (known.classes, prod(known.target_shape))

    def score(id: str) -> tuple[bool, bool, int]:
        shape = analysis.shape(id)
        fits = shape is not None and len(shape) == 2 and shape[-1] in widths
        ends = activation_of(case.graph.nodes[id]) in PROBABILITIES
        return fits, ends, place.get(id, -1)

    return max(analysis.structure.outputs, key=score)


def _prune(project: Project, outputs: tuple[str, ...]) -> Project:
    """Without these outputs and what leads to nothing else."""
    graph = project.graph
    gone = set(outputs)
    waiting = list(outputs)
    while waiting:
        for id in graph.predecessors(waiting.pop()):
            node = graph.nodes[id]
            if id not in gone and node.type != "Input" and set(graph.successors(id)) <= gone:
                gone.add(id)
                waiting.append(id)
    return drop(project, gone)


def _reset(project: Project, name: str) -> Project:
    source, plain = project.source, data.Source(project.source.name)
    if name in ("scaling", "targets", "shape"):
        return replace(project, source=replace(source, **{name: getattr(plain, name)}))
    params = {key: value for key, value in source.params.items() if key != name}
    return replace(project, source=replace(source, params=params))


def _regress(project: Project) -> Project:
    project = use_loss(project, "MeanSquaredError")
    return with_settings(project, lambda s: replace(s, metrics=("mean_absolute_error",)))


def _misfit(name: str, known: DataFacts, units: int) -> Severity | None:
    """How bad it is to measure a metric on these targets; None if that is fine."""
    if name == "accuracy":
        # Equality of quantities.
        return Severity.WARNING if known.task == "regression" else None
    sparse, ranked = name.startswith("sparse_"), "top_k" in name
    if known.targets == "one_hot":
        return Severity.ERROR if sparse else None
    if sparse:
        return Severity.WARNING if units == 1 else None
    if name in ("categorical_accuracy", "CategoricalAccuracy"):
        return Severity.WARNING
    if ranked or (units > 1 and known.targets == "integer"):
        return Severity.ERROR
    return None


def _described(known: DataFacts, units: int) -> str:
    what = {
        "integer": "the targets are class numbers",
        "one_hot": "the targets are one-hot",
        "value": "the targets are quantities",
    }[known.targets]
    return f"{what} and the model has {units} {'output' if units == 1 else 'outputs'}"


def _swap_metric(project: Project, old: str, new: str) -> Project:
    def change(metrics: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(new if name == old else name for name in metrics))

    return with_settings(project, lambda s: replace(s, metrics=change(s.metrics)))
