"""``python -m tests.runs.read_events FOLDER``: what TensorBoard's own reader finds, as JSON."""

import json
import sys
from pathlib import Path
from types import ModuleType

# TensorBoard's own switch: without it the reader imports TensorFlow where there is one.
sys.modules["tensorboard.compat.notf"] = ModuleType("notf")


def main(folder: Path) -> None:
    found = {path.parent for path in folder.rglob("*") if path.is_file()}
    told = {str(path.relative_to(folder)): read(path) for path in sorted(found)}
    sys.stdout.write(json.dumps(told))


def read(folder: Path) -> dict:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.backend.event_processing.plugin_event_accumulator import (
        EventAccumulator as Served,
    )
    from tensorboard.util.tensor_util import make_ndarray

    everything = {"scalars": 0, "histograms": 0, "tensors": 0}
    events = EventAccumulator(str(folder), everything)
    events.Reload()
    tags = events.Tags()
    served = Served(str(folder), {"tensors": 0})  # what the page is given
    served.Reload()
    return {
        "scalars": {
            tag: [[e.step, e.wall_time, e.value] for e in events.Scalars(tag)]
            for tag in tags["scalars"]
        },
        "histograms": {
            tag: [
                [e.step, e.histogram_value.bucket, e.histogram_value.bucket_limit]
                for e in events.Histograms(tag)
            ]
            for tag in tags["histograms"]
        },
        "served": {
            tag: [[e.step, make_ndarray(e.tensor_proto).tolist()] for e in served.Tensors(tag)]
            for tag in tags["histograms"]
        },
        "texts": {
            tag: make_ndarray(events.Tensors(tag)[0].tensor_proto).item().decode()
            for tag in tags["tensors"]
        },
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
