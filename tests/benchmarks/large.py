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
from functools import partial
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


Spent = tuple[float, float]
"""Seconds by the clock and of CPU."""


def spent(function) -> Spent:
    """What a call takes."""
    start, used = time.perf_counter(), time.process_time()
    function()
    return time.perf_counter() - start, time.process_time() - used


def usual(taken: list[Spent]) -> Spent:
    """The median of each."""
    seconds, used = zip(*taken, strict=True)
    return statistics.median(seconds), statistics.median(used)


def late(taken: list[Spent]) -> Spent:
    """The 95th percentile of each."""
    seconds, used = (statistics.quantiles(column, n=20)[-1] for column in zip(*taken, strict=True))
    return seconds, used


def said(found: Spent) -> str:
    """As it stands in the table; where the second is much less, other programs had the machine."""
    return f"{milliseconds(found[0])} ({milliseconds(found[1])} of CPU)"


def keras(path: str) -> None:
    """Saves NASNetLarge and prints how long Keras takes to load it again, once warm."""
    from keras import applications, models

    applications.NASNetLarge(weights=None).save(path)
    taken = [timed(models.load_model, path) for _ in range(2 if QUICK else 4)]
    print(json.dumps(statistics.median(taken[1:])))


def memory(path: str) -> None:
    """Prints the bytes by which the process of a window grows with a drawing."""
    shown, process = window(), psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    shown.files.open_path(Path(path))
    draw(shown)
    gc.collect()
    print(json.dumps(process.memory_info().rss - before))
    shown.session.close()


def ask(question: str, path: Path) -> float:
    """The answer that a new process gives to one of the two."""
    command = [sys.executable, "-m", "tests.benchmarks.large", question, str(path)]
    command += ["--quick"] if QUICK else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"No answer: {question} of {path.name}.")
    return json.loads(done.stdout.splitlines()[-1])


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


def frames(moves) -> list[Spent]:
    """Moves the view so many times, and takes the time until each is painted."""
    from PySide6.QtWidgets import QApplication

    def shown(move):
        move()
        QApplication.processEvents()

    return [spent(partial(shown, move)) for move in moves]


def moving(shown) -> tuple[Spent, Spent]:
    """The 95th percentile of a frame while one pans, at the worst zoom, and while one zooms."""
    canvas, camera = shown.canvas, shown.canvas.camera
    nodes = list(canvas.drawing.nodes.values())
    middle = nodes[len(nodes) // 2].centre
    canvas.fit()
    whole = camera.zoom
    panned = []
    for zoom in [whole, *(zoom for zoom in (0.05, 0.1, 0.2, 0.3, 0.5, 1.0) if zoom > whole)]:
        camera.zoom_to(zoom)
        camera.centre(middle)
        draw(shown)
        there = FRAMES // 2
        moves = [lambda: camera.pan(*PAN)] * there
        moves += [lambda: camera.pan(-PAN[0], -PAN[1])] * there
        panned.append(late(frames(moves)))
    canvas.fit()
    camera.centre(middle)
    draw(shown)
    # In until it is read, and back to the whole.
    notches = math.ceil(math.log(1.0 / whole, NOTCH))
    moves = [lambda: canvas.zoom_by(NOTCH)] * notches
    moves += [lambda: canvas.zoom_by(1 / NOTCH)] * notches
    return max(panned), late(frames(moves))


def edits(shown) -> dict[str, Spent]:
    """What each kind of edit takes, to diagnostics and redraw."""
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

            taken.append(spent(apply))
            if shown.document.graph is not after:
                raise SystemExit("The edit has not been made.")
            shown.document.undo_stack.undo()
        found[kind] = usual(taken)
    shown.document.open(start, None)
    return found


def opened(shown, path) -> Spent:
    """From a file to a drawing that is seen, with its diagnostics."""
    taken = []
    for _ in range(TURNS):
        shown.document.open(Project(), None)
        draw(shown)
        gc.collect()

        def read():
            if not shown.files.open_path(path):
                raise SystemExit(f"{path} cannot be opened.")
            draw(shown)

        taken.append(spent(read))
        shown.document.undo_stack.setClean()  # what is not saved would be asked for
    return usual(taken)


def tidied(shown) -> Spent:
    """What Tidy takes, until it is painted."""
    start, taken = shown.document.project, []
    for _ in range(TURNS):
        nodes = {id: replace(node, x=node.x + 7.0) for id, node in start.graph.nodes.items()}
        shown.document.open(replace(start, graph=replace(start.graph, nodes=nodes)), None)
        calm(shown, AFTER)

        def tidy():
            shown.canvas.tidy()
            draw(shown)

        taken.append(spent(tidy))
    return usual(taken)


def nasnet(shown, path, keras_seconds) -> list[dict]:
    """What there is to say of NASNetLarge."""
    found = opened(shown, path)
    share = found[0] / keras_seconds
    name = f"NASNetLarge, {len(shown.document.graph.nodes):,} nodes"
    rows = [
        row(f"{name}: keras.models.load_model, warm", f"{keras_seconds:.2f} s"),
        row(f"{name}: opened, laid out, diagnosed and drawn", said(found)),
        row(f"{name}: that, of Keras's time", f"{share:.2f}", f"at most {SHARE}", share <= SHARE),
        row(f"{name}: memory of the window for it", f"{ask('memory', path) / 2**20:.0f} MB"),
    ]
    for what, frame in zip(("panning", "zooming"), moving(shown), strict=True):
        rows.append(row(f"{name}: a frame while {what}, 95th percentile", said(frame),
                        "under 16 ms", frame[0] < FRAME))  # fmt: skip
    for kind, taken in edits(shown).items():
        rows.append(row(f"{name}: {kind}", said(taken), "under 16 ms", taken[0] < EDIT))
    return rows


def generated(shown, folder) -> list[dict]:
    """What there is to say of drawings of growing size."""
    costs: dict[str, list[float]] = {}
    rows = []
    for size in SIZES:
        path = folder / f"cells{size}{SUFFIX}"
        projects.save(Project(laid_out(cells(size))), path)
        found = {"opened, diagnosed and drawn": opened(shown, path)}
        calm(shown, AFTER)
        moved = moving(shown)
        found |= edits(shown)
        found["tidied"] = tidied(shown)
        for what, taken in found.items():
            costs.setdefault(what, []).append(taken[0] / size)
            rows.append(row(f"{size:,} nodes: {what}", said(taken)))
        rows.append(row(f"{size:,} nodes: memory", f"{ask('memory', path) / 2**20:.0f} MB"))
        largest = size == SIZES[-1]
        for what, frame in zip(("panning", "zooming"), moved, strict=True):
            rows.append(row(f"{size:,} nodes: a frame while {what}, 95th percentile", said(frame),
                            "under 33 ms" if largest else "",
                            frame[0] < LONG_FRAME if largest else None))  # fmt: skip
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
        seconds = ask("keras", path)
        shown = window()
        report([*nasnet(shown, path, seconds), *generated(shown, Path(name))])
        shown.session.close()


if __name__ == "__main__":
    words = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    if words:
        {"keras": keras, "memory": memory}[words[0]](words[1])
    else:
        main()
