"""``bnstudio show``: a table of the layers, as ``model.summary()`` prints one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from rich.console import RenderableType

    from bnstudio.cli.project_file import Opened

NAME = "show"
HELP = "print the layers with shapes and parameter counts"
DESCRIPTION = "Prints a table of the layers like Keras's model.summary(), computed without Keras."

PLAIN_WIDTH = 110
"""Columns where the output is no terminal, so that a pipe gets the same table everywhere."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares what the command takes."""
    from bnstudio.cli.project_file import add_file

    add_file(parser)


def run(chosen: argparse.Namespace) -> int:
    """Prints the table."""
    from rich.console import Console

    from bnstudio.cli.project_file import open_project

    opened = open_project(chosen.file)
    terminal = sys.stdout.isatty()
    console = Console(width=None if terminal else PLAIN_WIDTH, highlight=False, emoji=False)
    # Not printed by rich itself, which ends the program when a pipe's reader has seen enough.
    with console.capture() as table:
        for part in _parts(opened):
            console.print(part)
    print(table.get(), end="")
    return 0


def _parts(opened: Opened) -> list[RenderableType]:
    from rich.text import Text

    from bnstudio.cli.project_file import printable

    return [_table(opened), *(Text(printable(line)) for line in _sums(opened))]


def _table(opened: Opened) -> RenderableType:
    """A row a layer, what is not in the model last."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from bnstudio.cli.project_file import printable
    from bnstudio.layers import LAYERS, show_shape

    analysis, graph = opened.analysis, opened.project.graph
    unicode = (sys.stdout.encoding or "").lower().startswith("utf")
    table = Table(
        title=Text(printable(opened.project.title)) if opened.project.title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD if unicode else box.ASCII,
        show_edge=False,
    )
    table.add_column("Layer (type)", overflow="fold")
    table.add_column("Output shape", overflow="fold")
    table.add_column("Param #", justify="right")
    table.add_column("Connected to", overflow="fold", style="dim")
    for id in dict.fromkeys((*analysis.order, *graph.nodes)):
        node, facts = graph.nodes[id], analysis.facts[id]
        shapes = ", ".join(map(show_shape, facts.outputs)) or "?"
        counted = facts.outputs and (node.type in LAYERS or facts.inner is not None)
        count = f"{facts.trainable + facts.fixed:,}" if counted else "?"
        sources = ", ".join(graph.nodes[source].name for source in graph.predecessors(id))
        name = Text(f"{printable(node.name)} ({printable(node.type)})")
        if id not in analysis.live:
            sources = f"{sources}; not part of the model" if sources else "not part of the model"
        if node.shares in graph.nodes:
            count = f"of {printable(graph.nodes[node.shares or ''].name)}"
        table.add_row(name, shapes, Text(count), Text(printable(sources)))
    return table


def _sums(opened: Opened) -> list[str]:
    """What the model comes to, a line each."""
    from bnstudio.layers import LAYERS
    from bnstudio.weights import match

    analysis, graph = opened.analysis, opened.project.graph
    total = analysis.trainable + analysis.fixed
    unknown = any(
        graph.nodes[id].type not in LAYERS and analysis.facts[id].inner is None
        for id in analysis.live
    )
    lines = [
        f"Total params: {total:,}" + (", without those marked ?" if unknown else ""),
        f"Trainable params: {analysis.trainable:,}",
        f"Non-trainable params: {analysis.fixed:,}",
    ]
    if analysis.flops is not None:
        lines.append(f"FLOPs per row: {analysis.flops:,}")
    if (weights := opened.weights) is not None:
        of = f" of {weights.origin}" if weights.origin else ""
        fitting = match(analysis, weights.layers).fitting
        begun = sum(weight.size for layer in fitting.values() for weight in layer)
        new = " (not used: new ones)" if opened.project.settings.start == "new" else ""
        lines.append(f"Begins with: {begun:,} weights{of}{new}")
    elif opened.unread is not None:
        lines.append("Begins with: the weights in the file")
    if opened.errors:
        lines.append(f"There are errors; see `bnstudio check`: {opened.errors[0].message}")
    return lines
