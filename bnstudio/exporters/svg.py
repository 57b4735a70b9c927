"""The drawing as SVG, as the canvas shows it, made without Qt."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.exporters.exporter import Exporter
from bnstudio.graph import seen_from
from bnstudio.layers import LAYERS, show_shape
from bnstudio.layers.models import MODEL_TYPES, is_model
from bnstudio.layers.nested import shortened
from bnstudio.layers.opaque import is_opaque
from bnstudio.look.colours import CATEGORIES, DARK, LIGHT, OTHER
from bnstudio.look.geometry import HEIGHT, Box, Point, bounds, node_box, port_offset, route
from bnstudio.look.spatial import Grid
from bnstudio.rules import Case, Severity, diagnose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bnstudio.analysis import Analysis, NodeFacts
    from bnstudio.graph import Node, Value
    from bnstudio.look.colours import Colours
    from bnstudio.look.geometry import Curve
    from bnstudio.project import Project

MARGIN = 32.0
EMPTY = Box(0.0, 0.0, 200.0, 80.0)
SANS = "Inter, 'Segoe UI', system-ui, sans-serif"
MONO = "'JetBrains Mono', Consolas, monospace"


def render(project: Project, analysis: Analysis | None = None, *, dark: bool = False) -> str:
    """The project's drawing as the text of an SVG file."""
    analysis = analysis or analyze(project.graph)
    graph, colours = project.graph, DARK if dark else LIGHT
    boxes = {
        id: node_box(node.x, node.y, len(graph.wires_into.get(id, ())))
        for id, node in graph.nodes.items()
    }
    curves = _curves(project, analysis, boxes)
    # Wires may pass outside the outermost nodes, but never past the ends of their own pieces.
    ends = [(*point, *point) for curve in curves for point in curve]
    whole = (bounds([*boxes.values(), *ends]) or EMPTY).grown(MARGIN)
    left, top, (width, height) = whole.left, whole.top, whole.size
    title = escape(_visible(project.title or "A Keras model"), quote=False)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="{left:g} {top:g} {width:g} {height:g}">',
        f"<title>{title}</title>",
        _style(colours),
        f'<rect x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" '
        f'fill="{colours.canvas}"/>',
    ]
    if not graph.nodes:
        lines.append(
            _text(left + width / 2, top + height / 2, "n", "The drawing is empty", "middle")
        )
    lines += [f'<path class="w" d="{_path(curve)}"/>' for curve in curves]
    worst = _worst(project, analysis)
    for id, node in graph.nodes.items():
        lines += _node(node, analysis.facts[id], boxes[id], worst.get(id), project)
    return "\n".join([*lines, "</svg>", ""])


def _style(colours: Colours) -> str:
    on_badge = colours.canvas if colours.dark else colours.on_accent
    return (
        "<style>"
        f".b{{fill:{colours.raised};stroke:{colours.border}}}"
        f".w{{fill:none;stroke:{colours.wire};stroke-width:1.75;stroke-linecap:round}}"
        f".p{{fill:{colours.canvas};stroke:{colours.wire};stroke-width:1.5}}"
        f".t{{font:600 13px {SANS};fill:{colours.text}}}"
        f".n{{font:12px {SANS};fill:{colours.muted}}}"
        f".d{{font:12px {SANS};fill:{colours.text}}}"
        f".s{{font:11px {MONO};fill:{colours.muted}}}"
        f".g{{font:700 11px {SANS};fill:{on_badge}}}"
        f".error{{fill:{colours.error}}}.warning{{fill:{colours.warning}}}"
        "</style>"
    )


def _curves(project: Project, analysis: Analysis, boxes: Mapping[str, Box]) -> list[Curve]:
    """The wires, each around the nodes between its ends."""
    graph = project.graph
    grid: Grid[str] = Grid()
    for id, box in boxes.items():
        grid.put(id, box)
    place = {
        (wire.target, wire.target_port): (index, len(wires))
        for wires in graph.wires_into.values()
        for index, wire in enumerate(wires)
    }
    curves = []
    for wire in graph.wires:
        source, target = boxes[wire.source], boxes[wire.target]
        outputs = max(1, len(analysis.facts[wire.source].outputs))
        start = _place(source, min(wire.source_port, outputs - 1), outputs)
        end = _place(target, *place[wire.target, wire.target_port])
        ends = {wire.source, wire.target}

        def near(region: Box, ends: set[str] = ends) -> list[Box]:
            return [box for id, box in grid.near(region).items() if id not in ends]

        curves.append(route(Point(start, source.bottom), Point(end, target.top), near))
    return curves


def _place(box: Box, index: int, count: int) -> float:
    """How far to the right a port is."""
    return box.left + port_offset(box.width, index, count)


def _path(curve: Curve) -> str:
    start, *points = (f"{x:g} {y:g}" for x, y in curve)
    return f"M{start}C{' '.join(points)}"


def _worst(project: Project, analysis: Analysis) -> dict[str, Severity]:
    """The worst error or warning of each node; a picture is no place for advice."""
    worst: dict[str, Severity] = {}
    for found in diagnose(Case(project, analysis, data.facts(project.source))):
        if found.node and found.severity is not Severity.INFO:
            worst.setdefault(seen_from((), found.node) or "", found.severity)
    return worst


def _node(
    node: Node, facts: NodeFacts, box: Box, badge: Severity | None, project: Project
) -> list[str]:
    left, top, width = box.left, box.top, box.width
    room = width - 26 - (24 if badge else 0)
    entry = LAYERS.get(node.type) or MODEL_TYPES.get(node.type)
    colour = CATEGORIES.get(entry.category, OTHER) if entry else OTHER
    # Most models are of the same type: it is the name that tells them apart.
    head, beside = (node.name, "") if is_model(node.type) else (node.type, node.name)
    head = fit(head, room, 13.6)
    name = fit(beside, room - extent(head, 13.6) - 8, 12)
    count = f"{facts.trainable + facts.fixed:,}" if facts.weights else ""
    shape = ", ".join(map(show_shape, facts.outputs)) or "?"
    right = left + width
    lines = [
        "<g>",
        f'<rect class="b" x="{left:g}" y="{top:g}" width="{width:g}" height="{HEIGHT:g}" rx="7"/>',
        f'<path fill="{colour}" d="M{left + 5:g} {top + 0.3:g}a7 7 0 0 0-5 6.7v{HEIGHT - 14:g}'
        f'a7 7 0 0 0 5 6.7z"/>',
        _text(left + 15, top + 21, "t", head),
        _text(right - 12 - (24 if badge else 0), top + 21, "n", name, "end"),
        _text(left + 15, top + 40, "d", fit(details(node, project), width - 27, 12)),
        _text(left + 15, top + 59, "s", _fit_mono(shape, width - 35 - len(count) * 6.6)),
    ]
    if count:
        lines.append(_text(right - 12, top + 59, "s", count, "end"))
    if badge:
        x, y, glyph = right - 17, top + 16, "×" if badge is Severity.ERROR else "!"
        lines.append(f'<circle class="{badge.value}" cx="{x:g}" cy="{y:g}" r="8"/>')
        lines.append(_text(x, y + 4, "g", glyph, "middle"))
    wired = len(project.graph.wires_into.get(node.id, ()))
    lines += [_port(_place(box, index, wired), top) for index in range(wired)]
    if node.id in project.graph.wires_from:
        outputs = max(1, len(facts.outputs))
        lines += [_port(_place(box, index, outputs), box.bottom) for index in range(outputs)]
    return [*lines, "</g>"]


def details(node: Node, project: Project) -> str:
    """The arguments that tell a node from others of its type."""
    entry = LAYERS.get(node.type)
    owner = project.graph.nodes.get(node.shares or "")
    if is_model(node.type):
        if owner is not None:
            return f"{node.type}, same as {owner.name}"
        inside = node.inside.nodes.values() if node.inside is not None else ()
        count = sum(each.type != "Input" for each in inside)
        return f"{node.type}, {count} layer{'s' if count != 1 else ''}"
    if entry is None:
        return "kept as described" if is_opaque(node.type) else "unknown layer type"
    if owner is not None:
        return f"same layer as {owner.name}"
    if formula := entry.formula(node.params):
        return formula
    parts = []
    for name in entry.tells:
        value = node.params.get(name, entry.defaults.get(name))
        if value is not None:
            inner = shortened(value)
            parts.append(inner or (value if isinstance(value, str) else f"{name} {_value(value)}"))
    return "  ·  ".join(parts)


_TENTHS = {
    char: tenths
    for tenths, chars in {
        2: "'ijl", 3: " !,.:;I|", 4: '"()/[\\]frt{}', 5: "*-1?J^_`ksxz·",
        7: "+<=>ABCDGHKUVY~", 8: "%NOQw", 9: "@MWm",
    }.items()
    for char in chars
}  # fmt: skip
"""How wide Inter's letters are, in tenths of the type size; the others are 6."""
_TENTH = 0.104


def extent(text: str, size: float) -> float:
    """About how wide a text in Inter is."""
    tenths = sum(_TENTHS.get(char, 6 if char < "\u0500" else 10) for char in text)
    return tenths * size * _TENTH


def fit(text: str, room: float, size: float) -> str:
    """As much of a text as fits into ``room``; nothing where that would be next to nothing."""
    # No letter is narrower, and a file may have a text of any length.
    text = _visible(text[: int(max(0.0, room) / (min(_TENTHS.values()) * size * _TENTH)) + 2])
    if extent(text, size) <= room:
        return text
    while text and extent(text + "…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if len(text) > 2 else ""


def _fit_mono(text: str, room: float) -> str:
    most = max(2, int(room / 6.6))
    return text if len(text) <= most else text[: most - 1] + "…"


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        return f"({', '.join(map(_value, value))}{',' if len(value) == 1 else ''})"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _text(x: float, y: float, kind: str, text: str, anchor: str = "") -> str:
    where = f' text-anchor="{anchor}"' if anchor else ""
    kept = ' xml:space="preserve"' if "  " in text else ""
    words = escape(_visible(text), quote=False)
    return f'<text class="{kind}" x="{x:g}" y="{y:g}"{where}{kept}>{words}</text>'


def _port(x: float, y: float) -> str:
    return f'<circle class="p" cx="{x:g}" cy="{y:g}" r="4"/>'


def _visible(text: str) -> str:
    """Text without what XML does not allow or nobody would see."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


EXPORTER = Exporter("SVG picture", ".svg", lambda project: render(project).encode())
