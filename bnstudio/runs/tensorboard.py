"""A kept run as TensorBoard's event files, under the names that Keras's own callback gives.

The messages and the records are TensorBoard's own, which is an extra: it is imported when a run is
written. Its writer of whole files is not used, as that imports TensorFlow where it finds it.
"""

from __future__ import annotations

import importlib.util
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from bnstudio import project as projects
from bnstudio.graph import full_names
from bnstudio.lazy import np

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

    from bnstudio.histogram import Histogram
    from bnstudio.runs.run import Run
    from bnstudio.runs.table import Table
    from bnstudio.training.messages import Histograms

INSTALL = "pip install tensorboard"

_PIECE = 100
"""Events from one look at whether there is to be more to the next: a few milliseconds."""

_PLACES = ("step", "epoch", "elapsed")


def is_installed() -> bool:
    """Whether runs can be written; finds out without importing anything."""
    return importlib.util.find_spec("tensorboard") is not None


def folder_of(run: Run) -> str:
    """What a run's folder is called: its number and what of its title a path may have."""
    title = re.sub(r"[^\w.-]+", "-", run.title).strip("-.")[:60]
    return f"{run.number:05}-{title or 'run'}-{run.id}"


def write(
    run: Run, measured: Iterable[Histograms], count: int, folder: Path
) -> Generator[float, None, None]:
    """Writes a loaded run to ``folder/<its own>``, and says after each piece what share is done.

    Every step and every epoch is written, in single precision as TensorBoard has it: ``train`` has
    ``batch_loss`` and ``epoch_loss`` and so on for each metric, the activations, the weights and
    the project;
    ``validation`` has the epochs on the held-out rows. The files are in their place once they are
    whole; if the iterator is closed before its end, what was begun is taken away.

    Args:
        run: With its steps and epochs.
        measured: Its measurements, oldest first.
        count: How many they are, about.
        folder: The log directory, which is made where there is none.

    Raises:
        OSError: If it cannot be written.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.summary.writer.record_writer import RecordWriter

    whole = max(1, len(run.steps) + 2 * len(run.epochs) + count)
    parts = {
        "train": _Train(run, measured).events(),
        "validation": _epochs(run, validation=True),
    }
    done = 0
    written: list[tuple[Path, Path]] = []
    try:
        for part, events in parts.items():
            if part == "validation" and not any(name.startswith("val_") for name in run.epochs):
                continue
            into = folder / folder_of(run) / part
            into.mkdir(parents=True, exist_ok=True)
            # TensorBoard looks for "tfevents" in the name.
            partial = into / f".{os.getpid()}.partial"
            written.append((partial, into / f"events.out.tfevents.{int(run.created)}.bnstudio"))
            with partial.open("wb") as file:
                records = RecordWriter(file)
                head = Event(wall_time=run.created, file_version="brain.Event:2")
                records.write(head.SerializeToString())
                for event in events:
                    records.write(event.SerializeToString())
                    done += 1
                    if done % _PIECE == 0:
                        yield min(1.0, done / whole)
        for partial, path in written:
            os.replace(partial, path)
        yield 1.0
    finally:
        for partial, path in written:
            with suppress(OSError):
                partial.unlink()
            for empty in (path.parent, path.parent.parent):
                with suppress(OSError):  # one that has files stays
                    empty.rmdir()


class _Train:
    """What goes to ``train``: text, steps, epochs and activations."""

    def __init__(self, run: Run, measured: Iterable[Histograms]) -> None:
        self._run, self._measured = run, measured
        self._names: dict[str, str] = {}
        with suppress(projects.ProjectError):
            project = run.project or projects.loads(run.text)
            names = full_names(project.graph).items()
            self._names = {id: name.replace(" / ", "/") for id, name in names}

    def events(self) -> Iterator[Any]:
        """One after the other."""
        yield from _texts(self._run)
        yield from _scalars(self._run, self._run.steps, "step", "batch_", "")
        yield from _epochs(self._run, validation=False)
        yield from self._activations()

    def _activations(self) -> Iterator[Any]:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        run, steps = self._run, self._run.steps
        known = len(steps) > 0
        for measurement in self._measured:
            elapsed = 0.0
            if known:
                elapsed = float(np.interp(measurement.step, steps["step"] + 1, steps["elapsed"]))
            values = []
            for layer in measurement.layers:
                name = self._names.get(layer.node, layer.node)
                name = f"{name}:{layer.port}" if layer.port else name
                values.append(Summary.Value(tag=f"{name}/output", histo=_histogram(layer)))
                if layer.training is not None:
                    values.append(
                        Summary.Value(
                            tag=f"{name}/output_in_training", histo=_histogram(layer.training)
                        )
                    )
                # As Keras's callback calls them.
                for weight, found in (layer.weights or {}).items():
                    tag = f"{name}/{weight}/histogram"
                    values.append(Summary.Value(tag=tag, histo=_histogram(found)))
            yield Event(
                wall_time=run.created + elapsed,
                step=measurement.step,
                summary=Summary(value=values),
            )


def _histogram(layer: Histogram) -> Any:
    """The bars with one more at either end, as wide as the others, for what lies beyond."""
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

    edges = np.linspace(layer.low, layer.high, len(layer.counts) + 1)
    width = float(edges[1] - edges[0])
    edges = np.concatenate([[layer.low - width], edges, [layer.high + width]])
    counts = (layer.below, *layer.counts, layer.above)
    filled = np.flatnonzero(counts)
    number = sum(counts)
    # TensorBoard drops empty bars at the ends and takes these two for the ends of the others.
    least, most = (edges[filled[0]], edges[filled[-1] + 1]) if number else (0.0, 0.0)
    return HistogramProto(
        min=least,
        max=most,
        num=number,
        sum=layer.mean * number,
        sum_squares=(layer.std**2 + layer.mean**2) * number,
        bucket_limit=edges[1:].tolist(),
        bucket=counts,
    )


def _epochs(run: Run, *, validation: bool) -> Iterator[Any]:
    return _scalars(run, run.epochs, "epoch", "epoch_", "val_" if validation else "")


def _scalars(run: Run, table: Table, counted: str, prefix: str, taken: str) -> Iterator[Any]:
    """An event a row with the logs whose names begin with ``taken``, under ``prefix`` instead."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    names = [
        name
        for name in table
        if name not in _PLACES and name.startswith("val_") == (taken == "val_")
    ]
    if not names:
        return
    tags = [prefix + name.removeprefix(taken) for name in names]
    columns = (table[counted], run.created + table["elapsed"], *(table[name] for name in names))
    for first in range(0, len(table), _PIECE):
        rows = zip(*(column[first : first + _PIECE].tolist() for column in columns), strict=True)
        for step, moment, *values in rows:
            logged = [
                Summary.Value(tag=tag, simple_value=value)
                for tag, value in zip(tags, values, strict=True)
            ]
            yield Event(wall_time=moment, step=int(step), summary=Summary(value=logged))


def _texts(run: Run) -> Iterator[Any]:
    """The project as it was trained, and what became of the run."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.compat.proto.types_pb2 import DT_STRING

    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    said = {
        "project": run.text,
        "run": "\n".join(
            f"{name}: {value}"
            for name, value in (
                ("title", run.title),
                ("tags", ", ".join(run.tags)),
                ("state", run.state),
                ("message", run.message),
                *run.versions.items(),
                ("data", run.data),
            )
            if value
        ),
    }
    for tag, text in said.items():
        # Indented, Markdown takes it as it stands.
        block = "\n".join(f"    {line}" for line in text.splitlines())
        tensor = TensorProto(dtype=DT_STRING, string_val=[block.encode("utf-8", "replace")])
        value = Summary.Value(tag=tag, metadata=metadata, tensor=tensor)
        yield Event(wall_time=run.created, summary=Summary(value=[value]))
