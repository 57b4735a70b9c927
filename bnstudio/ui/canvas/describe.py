"""Nodes and selections in words, for tool tips and for those who hear the screen."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bnstudio.layers import LAYERS
from bnstudio.layers.models import is_model
from bnstudio.ui.canvas.node_texts import contents, details, shape_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from bnstudio.graph import Node
    from bnstudio.health import Finding
    from bnstudio.ui.level import Level

    Health = Callable[[str], tuple[Finding, ...]]


def selection(document: Level, health: Health) -> str:
    """What is selected, in a sentence; ``health`` says what ails a node's activations."""
    # While an edit goes round, what it removed may be selected still.
    chosen = document.selection & document.graph.nodes.keys()
    count = len(document.graph.nodes)
    if not chosen:
        return f"{count} layers, none selected." if count else "The drawing is empty."
    if len(chosen) > 1:
        return f"{len(chosen)} of {count} layers selected."
    id = next(iter(chosen))
    return node(document, id, health(id))


def node(document: Level, id: str, ails: tuple[Finding, ...] = ()) -> str:
    """One node: what it is, what comes out, what is wrong, what ails it in training."""
    value = document.graph.nodes[id]
    facts = document.analysis.facts[id]
    parts = [f"{value.type} {value.name}"]
    owner = document.graph.nodes.get(value.shares or "")
    whose = owner.name if owner is not None else ""
    if telling := details(value, whose, brief=is_model(value.type)):
        parts.append(telling.replace("  ·  ", ", "))
    if names := port_names(value):
        parts.append(f"inputs {names}")
    parts.append(f"output {shape_text(facts)}")
    parts.append(f"{facts.trainable + facts.fixed:,} parameters")
    found = [d for d in document.diagnostics if d.node == id]
    parts += [f"{d.severity.value}: {d.message}" for d in found]
    parts += [f"in training: {each.brief}" for each in ails]
    return "; ".join(parts) + "."


def port_names(node: Node) -> str:
    """The names of a node's inputs from left to right, where they have any."""
    entry = LAYERS.get(node.type)
    return ", ".join(port.name for port in entry.open_ports(node.params)) if entry else ""


def tip(document: Level, id: str) -> str:
    """The tool tip of a node."""
    value = document.graph.nodes[id]
    facts = document.analysis.facts[id]
    entry = LAYERS.get(value.type)
    lines = [f"<b>{escape(value.type)}</b> {escape(value.name)}"]
    if entry is not None:
        lines.append(escape(entry.summary))
    elif is_model(value.type):
        inside = contents(document.graph.layer_of(id))
        lines.append(escape(f"{inside} inside. Double-click opens it."))
    counts = f"{facts.trainable:,} trainable"
    if facts.fixed:
        counts += f", {facts.fixed:,} not trainable"
    if names := port_names(value):
        lines.append(escape(f"Inputs: {names}"))
    lines.append(f"{escape(shape_text(facts))} &nbsp; {counts} parameters")
    return "<br>".join(lines)


def findings(document: Level, id: str) -> str:
    """The tool tip of a badge: everything that was found about the node."""
    found = [d for d in document.diagnostics if d.node == id]
    lines = [f"<b>{d.code}</b> {escape(d.message)}" for d in found]
    return "<br>".join([*lines, "Press to see it in Problems."])


def health(ails: tuple[Finding, ...]) -> str:
    """The tool tip of the mark of ill health: all that was found, the worst first."""
    lines = [f"<b>{escape(each.brief)}</b> {escape(each.sentence)}" for each in ails]
    return "<br>".join([*lines, "Press to see it in the Inspector."])
