"""The Keras script of a project: what a Keras engineer would have written, and can own.

It prints the plan that the engine builds, in the same order, so that both draw the same random
numbers: seed, data, model, compile, fit.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.exporters.bodies import lay_functions, listed, outlined
from bnstudio.exporters.constructors import Constructors, arguments, called_with, imported, is_layer
from bnstudio.exporters.exporter import INITIAL, Exporter
from bnstudio.exporters.functions import written
from bnstudio.exporters.kept import called, made
from bnstudio.exporters.names import identifier, key, variables
from bnstudio.exporters.source import (
    WIDTH,
    Bracket,
    comment,
    docstring,
    flat,
    lay,
    lay_again,
    lay_call,
    text,
)
from bnstudio.exporters.training import begun, compiled, fitted
from bnstudio.layers import is_operation, show_shape
from bnstudio.layers.models import SEQUENTIAL, TRAINABLE
from bnstudio.layers.opaque import opaque_call
from bnstudio.plan import Call, Tensor, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bnstudio.analysis import Analysis
    from bnstudio.exporters.functions import Written
    from bnstudio.exporters.names import Key
    from bnstudio.exporters.source import Expression
    from bnstudio.layers.opaque import Opaque
    from bnstudio.plan import Plan
    from bnstudio.project import Project

UNNAMED = f"model{INITIAL}"
"""The file of the weights that a model begins with, where its script has no name yet."""


_BESIDE = "Path(__file__).with_name("


@dataclass(frozen=True)
class Script:
    """A script, and where in it each node stands.

    Attributes:
        text: The source.
        lines: Where each node stands, by id: first and last lines, counted from 1. A layer that a
            function makes stands in the function and where that is called. A node inside a model
            in the model is called by the ids that lead to it, with slashes between.
        parts: The same for what the script consists of: imports, constants, data, model, and of
            the training what it begins with, compile, fit and evaluate.
    """

    text: str
    lines: Mapping[str, Sequence[tuple[int, int]]]
    parts: Mapping[str, tuple[int, int]]


def render(
    project: Project,
    analysis: Analysis | None = None,
    remarks: Sequence[str] = (),
    initial: str = UNNAMED,
    *,
    located: bool = True,
) -> Script:
    """The script of a project. ``analysis`` saves making one of the project's drawing.

    Whatever is drawn is printed, finished or not; a comment says what is not part of the model.
    ``remarks`` are comments on the training. ``initial`` is what the weights are called that the
    model begins with, where it begins with some: they lie beside the script, or, where it is not
    ``located`` in a file that Python knows of, in the folder in which it is run.
    """
    made = drafts(project, analysis, remarks, initial, located=located)
    return next(found for found in made if found is not None)


def drafts(
    project: Project,
    analysis: Analysis | None = None,
    remarks: Sequence[str] = (),
    initial: str = UNNAMED,
    *,
    located: bool = True,
) -> Iterator[Script | None]:
    """The same, with a break every few milliseconds: None until the script is ready."""
    path = Bracket(_BESIDE, (text(initial),)) if located else text(initial)
    writer = _Writer(project, analysis or analyze(project.graph), remarks, path)
    for each, chain in _plans(writer.plan):
        models = any(call.inside is not None for call in each.calls)
        if each.sequential and (models or not chain):
            continue  # what repeats in a chain are items of a list, and models are none of these
        found = yield from written(each, writer.line_counts(each), writer.names)
        if found is not None:
            writer.written[id(each)] = found
    yield writer.script()


class _Writer:
    """One script being written, top to bottom."""

    def __init__(
        self, project: Project, analysis: Analysis, remarks: Sequence[str], initial: Expression
    ) -> None:
        self.project, self.analysis, self.remarks = project, analysis, remarks
        begins = project.weights is not None and project.settings.start == "weights"
        self.initial = initial if begins else None
        self.plan = plan(analysis)
        self.make = Constructors()
        self.lines: list[str] = []
        self.written: dict[int, Written] = {}
        self.spans: dict[str, list[tuple[int, int]]] = {}
        self.parts: dict[str, tuple[int, int]] = {}
        self.functions: dict[int, str] = {}
        self.names: dict[str, int] = {}

    def line_counts(self, plan: Plan) -> list[int]:
        """How many lines each call takes, or nearly so."""
        counts = []
        for call in plan.calls:
            if is_operation(call.type):
                counts.append(1)
                continue
            line = self.make.line(call.type, call.params, call.name)
            short = line is not None and len(line) < WIDTH - 12
            counts.append(1 if short else 3 + len(call.params))  # few, for what is kept
        return counts

    def script(self) -> Script:
        """The whole, with what is repeated as functions."""
        imports, preparation = self._data()
        settings = self.project.settings
        held_out = settings.validation_split > 0
        self.lines += docstring(
            [self.project.title, self.project.about], otherwise="A Keras model."
        )
        self.lines += [""]
        with self._part("imports"):
            self.lines += imports
        self.lines += [""]
        with self._part("constants"):
            self.lines += [
                f"SEED = {settings.seed}",
                f"BATCH_SIZE = {settings.batch_size}",
                f"EPOCHS = {settings.epochs}",
            ]
        self.lines += ["", ""]
        given = "(x_train, y_train), (x_val, y_val)" if held_out else "x_train, y_train"
        with self._part("data"):
            self.lines += ["def load_data():"]
            self.lines += docstring([self._say_data()], 4)
            self.lines += preparation
            self.lines += [f"    return {given}"]
        self.lines += ["", ""]
        with self._part("model"):
            self._models(self.analysis, self.plan, "")
            self._build_model()
        self.lines += ["", ""]
        self._main(given, held_out)
        self.lines += ["", "", 'if __name__ == "__main__":', "    main()", ""]
        return Script("\n".join(self.lines), self.spans, self.parts)

    @contextmanager
    def _part(self, name: str) -> Iterator[None]:
        """What is written meanwhile is this part."""
        first = len(self.lines) + 1
        yield
        self.parts[name] = (first, len(self.lines))

    def _data(self) -> tuple[list[str], list[str]]:
        """The import lines, and the lines that load and prepare the rows."""
        settings, source = self.project.settings, self.project.source
        used = self._modules()
        parts = ", ".join(sorted(used - {"np"}))
        imports, lines = ["import keras", *([f"from keras import {parts}"] if parts else [])], []
        if data.problems(source):
            name = text(source.name)
            known = source.name in data.SOURCES
            why = f"{name} cannot give rows as it is set" if known else f"No data source {name}"
            unknown = f"{why}: give x_train, y_train, x_val and y_val here."
            lines = [comment(unknown, 4), "    raise NotImplementedError"]
        else:
            seed, share = settings.seed, settings.validation_split
            code = data.prepare_code(source, seed, share).replace(
                f"test_size={share!r}, random_state={seed}",
                f"test_size={share!r}, random_state=SEED",
            )
            lines = lay_again(code, 4)
            imports += data.prepare_imports(source, share)
        if settings.class_weight == "balanced" or "np" in used:
            imports.append("import numpy as np")
        if isinstance(self.initial, Bracket):
            imports.append("from pathlib import Path")
        imports += imported({call.type for call in _all_calls(self.plan)})
        return sorted(set(imports), key=lambda line: (line.startswith("from "), line)), lines

    def _modules(self) -> set[str]:
        """What the calls of the model are written with."""
        all_calls = [call for call in _all_calls(self.plan) if call.type != "Input"]
        calls = [call for call in all_calls if is_operation(call.type)]
        brought = [call for call in all_calls if imported([call.type])]
        others = len(calls) + len(brought) < len(all_calls)
        found = {"layers"} if others or not all_calls else set()
        if calls:
            from bnstudio.exporters.operations import modules

            found |= modules(calls)
        return found

    def _say_data(self) -> str:
        source, settings = self.project.source, self.project.settings
        entry = data.SOURCES.get(source.name)
        if entry is None:
            return "Load the rows"
        done = ["split"] if settings.validation_split else []
        done += ["scaled"] if source.scaling != "none" else []
        title = entry.title[:1].lower() + entry.title[1:]
        return f"Load the {title} data" + (", " + " and ".join(done) if done else "")

    # The model.

    def _build_model(self) -> None:
        self._functions(self.plan, "")
        self.lines += ["def build_model():"]
        shapes = [self.analysis.shape(tensor.node, tensor.port) for tensor in self.plan.outputs]
        known = shapes and len(shapes) <= 4 and None not in shapes
        outputs = " and ".join(show_shape(shape) for shape in shapes)
        gives = f"Build the model, which gives {outputs}" if known else "Build the model"
        self.lines += docstring([gives], 4)
        self._body(self.analysis, self.plan, "")

    def _functions(self, plan: Plan, at: str) -> None:
        """The functions of what is repeated in a model."""
        if (found := self.written.get(id(plan))) is not None:
            for ids, lines in lay_functions(found, plan, self.make):
                self._put(lines, *(at + node for node in ids))

    def _models(self, analysis: Analysis, plan: Plan, at: str) -> None:
        """A function for each model in the model, those inside before those that call them."""
        for call in plan.calls:
            inner = analysis.facts[call.node].inner
            if call.inside is None or inner is None:
                continue
            self._models(inner, call.inside, f"{at}{call.owner or call.node}/")
            self._functions(call.inside, f"{at}{call.owner or call.node}/")
            name = self.functions[id(call.inside)] = identifier(call.name, self.names)
            self.lines += [f"def {name}():"]
            self.lines += docstring([f"Build the model {text(call.name)}"], 4)
            chain = call.type == SEQUENTIAL
            given = (
                *arguments({TRAINABLE.name: TRAINABLE}, call.params),
                f"name={text(call.name)}",
            )
            self._body(inner, call.inside, f"{at}{call.owner or call.node}/", given, chain=chain)
            self.lines += ["", ""]

    def _body(
        self,
        analysis: Analysis,
        plan: Plan,
        at: str,
        given: Sequence[Expression] = (),
        *,
        chain: bool = True,
    ) -> None:
        """What makes a model, to its return; ``given`` are further arguments of it.

        ``at`` is where it stands: what comes before the ids of its nodes. Without ``chain`` it is
        not made as a list of layers even if it could be.
        """
        called = {call.node for call in plan.calls}
        for id, node in analysis.graph.nodes.items():
            if id not in called:
                why = "behind a cycle" if id in analysis.live else "not connected"
                why = "on a cycle" if id in analysis.structure.cyclic else why
                what = f"Not part of the model: {node.type} {text(node.name)} is {why}."
                self._put([comment(what, 4)], at + id)
        if not plan.calls:
            self.lines += ['    raise NotImplementedError("No Input leads to an output.")']
        elif chain and plan.sequential and all(is_layer(call.type) for call in plan.calls):
            self._sequential(plan, at, given)
        else:
            self._functional(analysis, plan, at, given)

    def _sequential(self, plan: Plan, at: str, given: Sequence[Expression]) -> None:
        self.lines += ["    return keras.Sequential(", "        ["]
        found = self.written.get(id(plan))
        for ids, lines in listed(plan, found, self.make) if found else ():
            self._put(lines, *(at + node for node in ids))
        for call in () if found else plan.calls:
            line = self._line(call)
            if line is not None and len(line) <= WIDTH - 13:
                self._put([f"            {line},"], at + call.node)
            else:
                self._put(lay(self._layer(call), 12, trail=","), at + call.node)
        self.lines += ["        ]" if not given else "        ],"]
        for item in given:
            self.lines += lay(item, 8, trail=",")
        self.lines += ["    )"]

    def _functional(
        self, analysis: Analysis, plan: Plan, at: str, given: Sequence[Expression]
    ) -> None:
        found = self.written.get(id(plan))
        taken = dict.fromkeys(self.names, 2)
        labels = {id: node.name for id, node in analysis.graph.nodes.items()}
        if found is not None:
            taken |= {function.name: 2 for function in found.functions.values()}
            labels |= found.labels
        shared = {call.reuses for call in plan.calls if call.reuses}
        makers = {call.node: call for call in plan.calls if call.node in shared}
        layers = {id: identifier(f"{call.name}_layer", taken) for id, call in makers.items()}
        names = variables(plan if found is None else found.outline, labels, taken)
        for item in outlined(plan, found, names, self.make):
            if isinstance(item, Call):
                self._put(self._call(item, names, layers), at + item.node)
            else:
                self._put(item[1], *(at + node for node in item[0]))
        ends = [_several([names[id] for id in plan.inputs])]
        ends.append(_several([names[key(tensor)] for tensor in plan.outputs]))
        self.lines += lay(Bracket("keras.Model(", (*ends, *given)), 4, "return ")

    def _line(self, call: Call) -> str | None:
        """What makes a layer on one line; None where that takes more."""
        if call.inside is not None:
            return f"{self.functions[id(call.inside)]}()"
        return self.make.line(call.type, call.params, call.name)

    def _layer(self, call: Call) -> Bracket:
        """What makes a layer: its constructor, or the function of a model in the model."""
        if call.inside is not None:
            return Bracket(f"{self.functions[id(call.inside)]}(", ())
        return self.make.layer(call.type, call.params, call.name)

    def _call(self, call: Call, names: Mapping[Key, str], layers: Mapping[str, str]) -> list[str]:
        target = names.get(call.node, "_")
        if len(call.shapes) > 1:
            ports = (Tensor(call.node, port) for port in range(len(call.shapes)))
            target = ", ".join(names.get(key(tensor), "_") for tensor in ports)
        if (kept := opaque_call(call.type, call.params)) is not None:
            return self._kept(kept, call, names, layers)
        if is_operation(call.type):
            from bnstudio.exporters.operations import operation, unpacked

            written = operation(call, [names[key(tensor)] for tensor in call.inputs])
            return lay(written, 4, f"{unpacked(call, target)} = ")
        if not is_layer(call.type):
            passed = names[key(call.inputs[0])] if call.inputs else "None"
            what = f"{text(call.type)} is not the name of a Keras layer; its input is passed on."
            return [comment(what, 4)] + ([] if target == passed else [f"    {target} = {passed}"])
        if call.type == "Input":
            return lay(self._layer(call), 4, f"{target} = ")
        tensors = [names[key(tensor)] for tensor in call.inputs]
        called = called_with(call.arrange(tensors))
        if tensors and call.reuses is None and call.node not in layers:
            line = self._line(call)
            if line is not None:
                line = f"    {target} = {line}{flat(called)}"
                if len(line) <= WIDTH:
                    return [line]
        made = self._layer(call)
        if call.reuses is not None:
            return lay(called, 4, f"{target} = {layers[call.reuses]}")
        if call.node in layers:
            layer = layers[call.node]
            return [*lay(made, 4, f"{layer} = "), *lay(called, 4, f"{target} = {layer}")]
        return lay_call(made, called, 4, f"{target} = ")

    def _kept(
        self, kept: Opaque, call: Call, names: Mapping[Key, str], layers: Mapping[str, str]
    ) -> list[str]:
        """A layer that Keras makes of its description again."""
        ports = [Tensor(call.node, port) for port in range(len(kept.gives))]
        target = ", ".join(names.get(key(tensor), "_") for tensor in ports)
        given = called(kept, [names[key(tensor)] for tensor in call.inputs])
        if call.reuses is not None:
            return lay(given, 4, f"{target} = {layers[call.reuses]}")
        if call.node in layers:
            layer = layers[call.node]
            return [*lay(made(kept), 4, f"{layer} = "), *lay(given, 4, f"{target} = {layer}")]
        return lay_call(made(kept), given, 4, f"{target} = ")

    # Training.

    def _main(self, given: str, held_out: bool) -> None:
        rows = "x_val, y_val" if held_out else "x_train, y_train"
        self.lines += ["def main():"]
        self.lines += docstring(["Train and evaluate; give back the history"], 4)
        with self._part("begin"):
            self.lines += [
                "    keras.utils.set_random_seed(SEED)",
                f"    {given} = load_data()",
            ]
        with self._part("compile"):
            self.lines += ["    model = build_model()"]
            if self.initial is not None:
                self.lines += begun(self.project, self.initial)
            self.lines += compiled(self.project.settings)
            self.lines += ["    model.summary()"]
        self.lines += [""]
        with self._part("fit"):
            self.lines += fitted(self.project, self.remarks)
        with self._part("evaluate"):
            self.lines += [f"    model.evaluate({rows}, batch_size=BATCH_SIZE, verbose=2)"]
        self.lines += ["    return history.history"]

    def _put(self, lines: list[str], *ids: str) -> None:
        span = (len(self.lines) + 1, len(self.lines) + len(lines))
        self.lines += lines
        for id in ids:
            self.spans.setdefault(id, []).append(span)


def _plans(plan: Plan, *, chain: bool = True) -> Iterator[tuple[Plan, bool]]:
    """A model and those in it, and of each whether it may be made as a list of layers."""
    yield plan, chain
    for call in plan.calls:
        if call.inside is not None:
            yield from _plans(call.inside, chain=call.type == SEQUENTIAL)


def _all_calls(plan: Plan) -> Iterator[Call]:
    """The calls of a model and of those in it."""
    for call in plan.calls:
        yield call
        if call.inside is not None:
            yield from _all_calls(call.inside)


def _several(names: Sequence[str]) -> Expression:
    """One name, or a list of them."""
    return names[0] if len(names) == 1 else Bracket("[", tuple(names), "]")


EXPORTER = Exporter(
    "Keras script",
    ".py",
    lambda project: render(project).text.encode(),
    loading=lambda project, name: render(project, initial=name).text.encode(),
)
