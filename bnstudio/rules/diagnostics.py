"""What a rule is, what it finds, and the registry of them all."""

from __future__ import annotations

import enum
import inspect
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

from bnstudio.graph import key, level, level_of, with_level
from bnstudio.layers.models import MODELS
from bnstudio.rules.head import Head, find_head

if TYPE_CHECKING:
    from bnstudio.analysis import Analysis, Failure, NodeFacts
    from bnstudio.data import DataFacts
    from bnstudio.graph import Graph, Node
    from bnstudio.project import Project
    from bnstudio.settings import Settings
    from bnstudio.weights import Layers


class Severity(enum.StrEnum):
    """How bad a finding is. Only an error blocks training, and EXT02 while it stands."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Fix:
    """A remedy in one undo step: ``apply`` is a pure edit of the project."""

    label: str
    apply: Callable[[Project], Project] = field(repr=False, compare=False)


@dataclass(frozen=True)
class Diagnostic:
    """One finding.

    Attributes:
        code: The rule's id.
        severity: How bad it is.
        message: What is wrong, with the names and values at hand.
        hint: What to do about it.
        node: The id of the node it is about, after those of the models that it stands in, with
            slashes between; None for the project as a whole.
        param: That node's argument, where it is about one.
        source: Where the rule's claim comes from.
        contested: Whether the advice is disputed; shown as a badge.
        fix: A remedy, where one exists.
    """

    code: str
    severity: Severity
    message: str
    hint: str = ""
    node: str | None = None
    param: str | None = None
    source: str = ""
    contested: bool = False
    fix: Fix | None = None


@dataclass(frozen=True)
class Case:
    """What a rule looks at.

    Attributes:
        project: The project as it stands.
        analysis: Of the project's graph.
        data: What is known of its data; None where the source is not known.
        weights: What the file of its weights holds: nothing where there is no such file, None
            where nobody has looked.
    """

    project: Project
    analysis: Analysis
    data: DataFacts | None
    weights: Layers | None = None

    @property
    def graph(self) -> Graph:
        """The drawing."""
        return self.project.graph

    @property
    def settings(self) -> Settings:
        """How it is trained."""
        return self.project.settings

    @cached_property
    def by_type(self) -> dict[str, tuple[Node, ...]]:
        """The drawing's nodes by layer type, so that a rule visits only those it is about."""
        result: dict[str, list[Node]] = {}
        for node in self.graph.nodes.values():
            result.setdefault(node.type, []).append(node)
        return {type: tuple(nodes) for type, nodes in result.items()}

    @cached_property
    def failures(self) -> dict[str, tuple[tuple[Node, Failure], ...]]:
        """Why nodes give no shape, by code, in drawing order a code."""
        result: dict[str, list[tuple[Node, Failure]]] = {}
        failed, facts = self.analysis.failed, self.analysis.facts
        for id, node in self.graph.nodes.items() if failed else ():
            if id in failed:
                for failure in facts[id].failures:
                    result.setdefault(failure.code, []).append((node, failure))
        return {code: tuple(found) for code, found in result.items()}

    @cached_property
    def unfed(self) -> tuple[Node, ...]:
        """The layers that nothing is wired into, though something should be, in drawing order."""
        into = self.graph.wires_into
        nodes = self.graph.nodes.items()
        return tuple(node for id, node in nodes if id not in into and node.type != "Input")

    @cached_property
    def head(self) -> Head | None:
        """The end of the model, as the loss sees it; None unless there is exactly one output."""
        return find_head(self.analysis)

    @cached_property
    def shared(self) -> frozenset[str]:
        """The nodes whose layer other nodes call too."""
        graph = self.graph
        users = (id for id, node in graph.nodes.items() if node.shares is not None)
        return frozenset(graph.layer_of(id).id for id in users)

    def of_type(self, *types: str) -> Iterator[Node]:
        """The nodes of these types, in drawing order a type."""
        for type in types:
            yield from self.by_type.get(type, ())

    def owners(self, *types: str) -> Iterator[Node]:
        """The same, without those that call another node's layer, whose arguments do not count."""
        for node in self.of_type(*types):
            if node.shares is None or self.graph.layer_of(node.id) is node:
                yield node

    def facts(self, id: str) -> NodeFacts:
        """What is known of a node."""
        return self.analysis.facts[id]


@dataclass(frozen=True)
class Finding:
    """What a rule yields: the part of a diagnostic that the rule's entry does not say."""

    message: str
    hint: str = ""
    node: str | None = None
    param: str | None = None
    fix: Fix | None = None
    severity: Severity | None = None

    def by(self, rule: Rule) -> Diagnostic:
        """The whole diagnostic; the same one each time, for a finding that its rule keeps."""
        made: Diagnostic | None = self.__dict__.get("_made")
        if made is None:
            made = Diagnostic(
                rule.code,
                self.severity or rule.severity,
                self.message,
                self.hint,
                self.node,
                self.param,
                rule.source,
                rule.contested,
                self.fix,
            )
            self.__dict__["_made"] = made
        return made


Check = Callable[[Case], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """An entry of ``RULES``.

    Attributes:
        code: Its id, unique.
        severity: The worst that it reports.
        source: Where its claim comes from: a paper, a book, or Keras's own code.
        contested: Whether its advice is disputed.
        help: What it looks for, why that matters, and what to do.
        inside: Whether it is also about the drawings inside models in the model.
    """

    code: str
    severity: Severity
    source: str
    contested: bool
    help: str
    check: Check = field(repr=False)
    inside: bool = False

    def __call__(self, case: Case) -> Iterator[Diagnostic]:
        """The rule's findings in ``case``."""
        for found in self.check(case):
            yield found.by(self)


RULES: dict[str, Rule] = {}
"""Every rule by code, in reading order."""


def rule(
    code: str, severity: Severity, *, source: str, contested: bool = False, inside: bool = False
) -> Callable[[Check], Rule]:
    """Makes the decorated generator of findings a rule and enters it in ``RULES``.

    ``inside`` says that it is about layers and wires alone, not about data, loss or training: so
    it holds for the drawings inside models in the model too.

    Raises:
        ValueError: If the code is taken; both owners are named.
    """

    def enter(check: Check) -> Rule:
        if code in RULES:
            other = RULES[code].check
            raise ValueError(
                f"Two rules are called {code}: {other.__module__}.{other.__qualname__} "
                f"and {check.__module__}.{check.__qualname__}."
            )
        help = inspect.getdoc(check) or ""
        entry = Rule(code, severity, source, contested, help, check, inside)
        RULES[code] = entry
        return entry

    return enter


_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def diagnose(case: Case) -> tuple[Diagnostic, ...]:
    """All findings, worst first, then in the order of the drawing; those inside models too."""
    place = {id: index for index, id in enumerate(case.graph.nodes)}
    found = [(d.node or "", d) for entry in RULES.values() for d in _contained(entry, case)]
    found += [(at, d) for at in _models(case) for d in _inside(case, at)]
    found.sort(key=lambda pair: (_RANK[pair[1].severity], place.get(pair[0], -1), pair[1].code))
    return tuple(diagnostic for _, diagnostic in found)


def _contained(entry: Rule, case: Case) -> Iterator[Diagnostic]:
    """A rule's findings. If it fails, that is one of them: an edit must not end half shown."""
    try:
        yield from entry(case)
    except Exception as error:
        warnings.warn(f"Rule {entry.code}: {traceback.format_exc()}", RuntimeWarning, stacklevel=2)
        yield Diagnostic(
            entry.code,
            Severity.WARNING,
            f"The rule {entry.code} failed here, so what it looks for may have been missed: "
            f"{type(error).__name__}: {error}",
            "That is a fault of the rule, not of the model: the other findings hold, and the model "
            "can be trained. Please report it.",
        )


def _models(case: Case) -> Iterator[str]:
    """The models in the model, each once however often it is called."""
    return (node.id for node in case.owners(*MODELS) if case.facts(node.id).inner is not None)


def _inside(case: Case, at: str) -> Iterator[Diagnostic]:
    """What is wrong inside the model at a node, said from outside."""
    node, inner = case.graph.nodes[at], case.facts(at).inner
    if inner is None:
        return
    within = Case(replace(case.project, graph=inner.graph), inner, None)
    found = [d for entry in RULES.values() if entry.inside for d in _contained(entry, within)]
    found += [d for id in _models(within) for d in _inside(within, id)]
    for diagnostic in found:
        fix = diagnostic.fix
        yield replace(
            diagnostic,
            message=f"{node.name} / {diagnostic.message}",
            node=at if diagnostic.node is None else key((at,), diagnostic.node),
            fix=fix and Fix(fix.label, partial(_mend_inside, at=at, mend=fix.apply)),
        )


def _mend_inside(project: Project, at: str, mend: Callable[[Project], Project]) -> Project:
    """The project with a remedy applied inside a model; as it is where that is gone."""
    if level_of(project.graph, (at,)) != (at,):
        return project
    mended = mend(replace(project, graph=level(project.graph, (at,)))).graph
    return replace(project, graph=with_level(project.graph, (at,), mended))
