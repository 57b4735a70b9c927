"""How does the window bear large models: NASNetLarge, and generated ones of up to 10,000 nodes?

NASNetLarge is opened from the file that Keras has saved, beside Keras opening the same file in a
process that is warm. Generated drawings of growing size are opened, laid out, moved and edited, so
that it can be seen that the time for a node stays the same.
"""

from __future__ import annotations

import gc
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import psutil

from bnstudio import project as projects
from bnstudio.graph import Graph, Node, Wire
from bnstudio.importers.laid_out import laid_out
from bnstudio.project import SUFFIX, Project
from tests.benchmarks.edits import add, changed
from tests.benchmarks.measure import (
    QUICK,
    calm,
    draw,
    milliseconds,
    report,
    row,
    timed,
    window,
)

SHARE = 0.25
"""Of Keras's time, for the same file."""
FRAME, LONG_FRAME = 0.016, 0.033
EDIT = 0.016
GROWTH = 1.25
"""The time for a node of the largest drawing, against one of the smallest."""
SIZES = (1_250, 10_000) if QUICK else (1_250, 2_500, 5_000, 10_000)
TURNS = 3 if QUICK else 7
FRAMES = 30 if QUICK else 90
PAN = (21.0, 34.0)
"""Pixels from one frame to the next."""
NOTCH = 1.0015**30
"""A quarter of a wheel's notch."""
AFTER = 0.4
ACTIVATIONS = ("elu", "gelu", "relu", "selu", "silu", "softplus", "tanh")


def keras(path: str) -> None:
    """Saves NASNetLarge and prints how long Keras takes to load it again, once warm."""
    from keras import applications, models

    applications.NASNetLarge(weights=None).save(path)
    taken = [timed(models.load_model, path) for _ in range(2 if QUICK else 4)]
    print(json.dumps(statistics.median(taken[1:])))


def cells(length: int) -> Graph:
    """Cells of NASNet's kind, each fed by the two before: ``length`` nodes."""
    nodes: dict[str, Node] = {}
    wires: list[Wire] = []

    def put(type: str, sources: tuple[str, ...], **params: object) -> str:
        id = f"n{len(nodes)}"
        nodes[id] = Node(id, type, f"{type.lower()}_{len(nodes)}", params)
        wires.extend(Wire(source, 0, id, port) for port, source in enumerate(sources))
        return id

    conv = {"filters": 32, "kernel_size": (3, 3), "padding": "same", "use_bias": False}
    before = here = put("Input", (), shape=(64, 64, 3))
    before = here = put("Conv2D", (here,), **conv)
    while len(nodes) + 15 <= length:
        ends = []
        for source, type in ((here, "SeparableConv2D"), (before, "SeparableConv2D"),
                             (here, "Conv2D")):  # fmt: skip
            made = put("Activation", (source,), activation="relu")
            made = put(type, (made,), **conv)
            ends.append(put("BatchNormalization", (made,)))
        pooled = put("AveragePooling2D", (before,), pool_size=3, strides=1, padding="same")
        pooled = put("Conv2D", (pooled,), **conv)
        joined = put("Add", (ends[0], ends[1]))
        other = put("Add", (ends[2], pooled))
        whole = put("Concatenate", (joined, other))
        before, here = here, put("Conv2D", (whole,), **conv)
    while len(nodes) < length:
        here = put("Activation", (here,), activation="relu")
    return Graph(nodes, tuple(wires))


def frames(shown, moves) -> float:
    """Moves the view so many times: the 95th percentile of the seconds until each is painted."""
    from PySide6.QtWidgets import QApplication

    taken = []
    for move in moves:
        start = time.perf_counter()
        move()
        QApplication.processEvents()
        taken.append(time.perf_counter() - start)
    return statistics.quantiles(taken, n=20)[-1]


def moving(shown) -> tuple[float, float]:
    """The 95th percentile of a frame while one pans, at the worst zoom, and while one zooms."""
    canvas, camera = shown.canvas, shown.canvas.camera
    nodes = list(canvas.drawing.nodes.values())
    middle = nodes[len(nodes) // 2].centre
    canvas.fit()
    whole = camera.zoom
    zooms = [whole, *(zoom for zoom in (0.05, 0.1, 0.2, 0.3, 0.5, 1.0) if zoom > whole)]
    panned = []
    for zoom in zooms:
        camera.zoom_to(zoom)
        camera.centre(middle)
        draw(shown)
        there = FRAMES // 2
        moves = [lambda: camera.pan(*PAN)] * there
        moves += [lambda: camera.pan(-PAN[0], -PAN[1])] * there
        panned.append(frames(shown, moves))
    canvas.fit()
    camera.centre(middle)
    draw(shown)
    # In until it is read, and back to the whole.
    notches = math.ceil(math.log(1.0 / whole, NOTCH))
    moves = [lambda: canvas.zoom_by(NOTCH)] * notches
    moves += [lambda: canvas.zoom_by(1 / NOTCH)] * notches
    return max(panned), frames(shown, moves)


def edits(shown) -> dict[str, float]:
    """The median of the seconds that each kind of edit takes, to diagnostics and redraw."""
    start = shown.document.project
    graph = start.graph
    order = [id for id in shown.document.analysis.order if graph.nodes[id].type == "Conv2D"]
    early, middle = order[1], order[len(order) // 2]
    wire = len(graph.wires) // 2
    kinds = {
        "an argument in the middle": lambda turn: changed(
            graph, middle, params={**graph.nodes[middle].params, "activation": ACTIVATIONS[turn]}
        ),
        "another shape from the beginning on": lambda turn: changed(
            graph, early, params={**graph.nodes[early].params, "filters": 43 + turn}
        ),
        "a move": lambda turn: changed(graph, middle, x=graph.nodes[middle].x + 10.0 + turn),
        "a new node": lambda turn: add(graph, turn),
        "a wire removed": lambda turn: replace(
            graph, wires=graph.wires[: wire + turn] + graph.wires[wire + turn + 1 :]
        ),
    }
    found = {}
    for kind, edit in kinds.items():
        taken = []
        for turn in range(TURNS):
            shown.canvas.set_zoom(1.0)
            shown.canvas.camera.centre(shown.canvas.drawing.nodes[middle].centre)
            calm(shown, AFTER)
            after = edit(turn)

            def apply(after=after):
                shown.document.edit(after, "edit")
                draw(shown)

            taken.append(timed(apply))
            if shown.document.graph is not after:
                raise SystemExit("The edit has not been made.")
            shown.document.undo_stack.undo()
        found[kind] = statistics.median(taken)
    shown.document.open(start, None)
    return found


def opened(shown, path) -> float:
    """The median of the seconds from a file to a drawing that is seen, with its diagnostics."""
    taken = []
    for _ in range(TURNS):
        shown.document.open(Project(), None)
        draw(shown)
        gc.collect()

        def read():
            if not shown.files.open_path(path):
                raise SystemExit(f"{path} cannot be opened.")
            draw(shown)

        taken.append(timed(read))
        shown.document.undo_stack.setClean()  # what is not saved would be asked for
    return statistics.median(taken)


def tidied(shown) -> float:
    """The median of the seconds that Tidy takes, until it is painted."""
    start, taken = shown.document.project, []
    for _ in range(TURNS):
        nodes = {id: replace(node, x=node.x + 7.0) for id, node in start.graph.nodes.items()}
        shown.document.open(replace(start, graph=replace(start.graph, nodes=nodes)), None)
        calm(shown, AFTER)

        def tidy():
            shown.canvas.tidy()
            draw(shown)

        taken.append(timed(tidy))
    return statistics.median(taken)


def memory() -> float:
    """Bytes that this process holds."""
    gc.collect()
    return psutil.Process().memory_info().rss


def nasnet(shown, path, keras_seconds) -> list[dict]:
    """What there is to say of NASNetLarge."""
    before = memory()
    seconds = opened(shown, path)
    held = memory() - before
    count = len(shown.document.graph.nodes)
    share = seconds / keras_seconds
    name = f"NASNetLarge, {count:,} nodes"
    rows = [
        row(f"{name}: keras.models.load_model, warm", f"{keras_seconds:.2f} s"),
        row(f"{name}: opened, laid out, diagnosed and drawn", f"{seconds:.2f} s"),
        row(f"{name}: that, of Keras's time", f"{share:.2f}", f"at most {SHARE}", share <= SHARE),
        row(f"{name}: memory that the window takes for it", f"{held / 2**20:.0f} MB"),
    ]
    panned, zoomed = moving(shown)
    for what, found in (("panning", panned), ("zooming", zoomed)):
        rows.append(row(f"{name}: a frame while {what}, 95th percentile", milliseconds(found),
                        "under 16 ms", found < FRAME))  # fmt: skip
    for kind, found in edits(shown).items():
        rows.append(row(f"{name}: {kind}", milliseconds(found), "under 16 ms", found < EDIT))
    return rows


def generated(shown, folder) -> list[dict]:
    """What there is to say of drawings of growing size."""
    costs: dict[str, list[float]] = {}
    rows = []
    for size in SIZES:
        path = folder / f"cells{size}{SUFFIX}"
        projects.save(Project(laid_out(cells(size))), path)
        shown.document.open(Project(), None)
        calm(shown, AFTER)
        before = memory()
        found = {"opened, diagnosed and drawn": opened(shown, path)}
        held = memory() - before
        calm(shown, AFTER)
        panned, zoomed = moving(shown)
        found |= edits(shown)
        found["tidied"] = tidied(shown)
        for what, seconds in found.items():
            costs.setdefault(what, []).append(seconds / size)
            rows.append(row(f"{size:,} nodes: {what}", milliseconds(seconds)))
        rows.append(row(f"{size:,} nodes: memory", f"{held / 2**20:.0f} MB"))
        largest = size == SIZES[-1]
        for what, seconds in (("panning", panned), ("zooming", zoomed)):
            rows.append(row(f"{size:,} nodes: a frame while {what}, 95th percentile",
                            milliseconds(seconds), "under 33 ms" if largest else "",
                            seconds < LONG_FRAME if largest else None))  # fmt: skip
    times = SIZES[-1] // SIZES[0]
    for what, each in costs.items():
        growth = each[-1] / each[0]
        rows.append(row(f"{times} times the nodes, {what}: growth of a node's share",
                        f"{growth:.2f}", f"at most {GROWTH} (linear)",
                        growth <= GROWTH))  # fmt: skip
    return rows


def main() -> None:
    """NASNetLarge beside Keras, then what grows."""
    with tempfile.TemporaryDirectory(prefix="bnstudio-bench-") as name:
        path = Path(name, "nasnet_large.keras")
        command = [sys.executable, "-m", "tests.benchmarks.large", str(path)]
        command += ["--quick"] if QUICK else []
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise SystemExit("Keras could not save the model or load it again.")
        shown = window()
        rows = nasnet(shown, path, json.loads(done.stdout.splitlines()[-1]))
        rows += generated(shown, Path(name))
        report(rows)
        shown.session.close()


if __name__ == "__main__":
    paths = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    keras(*paths) if paths else main()
