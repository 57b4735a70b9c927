"""Runs as TensorBoard's event files, read back by TensorBoard itself."""

import json
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from bnstudio.graph import Graph, Node
from bnstudio.histogram import BINS, Histogram
from bnstudio.main import main
from bnstudio.project import dumps, samples, save
from bnstudio.runs import store as run_store
from bnstudio.runs import tensorboard
from bnstudio.runs.run import Run
from bnstudio.runs.store import RunStore
from bnstudio.training.messages import Epoch, Finished, Histograms, Started, Steps
from tests.ui.training.fakes import ROWS

PROJECT = {sample.name: sample.project for sample in samples()}["xor"]
NODES = tuple(PROJECT.graph.nodes)
STEPS, PER_EPOCH = 2500, 100
SINGLE = np.float32


def layer(node: str, random: np.random.Generator) -> Histogram:
    counts = tuple(random.integers(0, 50, BINS).tolist())
    return Histogram(node, counts, -1.5, 2.5, 7, 0, 0.25, 1.5, 0.0, 0)


def events(run: str, steps: int = STEPS) -> list:
    """A run whose logs hold what a log may hold."""
    random = np.random.default_rng(3)
    told: list = [Started(run, steps // PER_EPOCH, PER_EPOCH, 80, 20, NODES, 9, data=ROWS)]
    for first in range(0, steps, PER_EPOCH):
        losses = random.random(PER_EPOCH).astype(SINGLE).astype(float)
        losses[3] = (math.nan, math.inf, -math.inf, 1e-40)[first // PER_EPOCH % 4]
        logs = {"accuracy": tuple(random.random(PER_EPOCH).tolist()), "loss": tuple(losses)}
        measured = tuple(layer(node, random) for node in NODES)
        measured = (
            msgspec.structs.replace(
                measured[0], training=measured[1], above=3, weights={"kernel": measured[1]}
            ),
            *measured[1:],
            msgspec.structs.replace(measured[1], port=1, counts=(0,) * BINS, below=0),
        )
        told += [
            Steps(run, first, logs, first + 1.0),
            Histograms(run, first + PER_EPOCH, measured),
            Epoch(
                run,
                first // PER_EPOCH,
                first + PER_EPOCH,
                {"loss": float(losses[0]), "val_loss": float(losses[1]), "accuracy": 0.5},
                first + 1.0,
            ),
        ]
    return [*told, Finished(run, "completed", steps // PER_EPOCH, steps + 1.0)]


def keep(store: RunStore, number: int = 1, steps: int = STEPS, **more) -> Run:
    run = Run(f"run{number}", f"Run {number}", dumps(PROJECT), number=number, created=1e9, **more)
    recorder = store.begin(run)
    for event in events(run.id, steps):
        assert run.apply(event)
        if run.live:
            recorder.add(run, event)
    recorder.finish(run)
    return run


def write(store: RunStore, run: Run, folder: Path) -> list[float]:
    whole, measured = store.whole(run)
    return list(tensorboard.write(whole, measured, whole.history.count, folder))


def read(folder: Path) -> dict:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runs.read_events", str(folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture
def store(tmp_path):
    store = RunStore(tmp_path / "runs")
    yield store
    store.close()


def test_every_step_every_epoch_and_every_measurement_is_read_back(store, tmp_path):
    run = keep(store, tags=("good",))
    (listed,) = RunStore(store.folder).runs()
    shares = write(store, listed, tmp_path / "logs")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) > STEPS / 1000
    assert not listed.loaded, "a copy was read"
    found = read(tmp_path / "logs")
    train, validation = (
        found[str(Path(tensorboard.folder_of(run), part))] for part in ("train", "validation")
    )
    for table, counted, prefix, part, names in (
        (run.steps, "step", "batch_", train, ("loss", "accuracy")),
        (run.epochs, "epoch", "epoch_", train, ("loss", "accuracy")),
        (run.epochs, "epoch", "epoch_", validation, ("val_loss",)),
    ):
        for name in names:
            rows = np.array(part["scalars"][prefix + name.removeprefix("val_")])
            assert len(rows) == len(table)
            np.testing.assert_array_equal(rows[:, 0], table[counted])
            np.testing.assert_array_equal(rows[:, 1], 1e9 + table["elapsed"])
            np.testing.assert_array_equal(rows[:, 2].astype(SINGLE), table[name].astype(SINGLE))
    assert train["scalars"].keys() == {
        "batch_loss", "batch_accuracy", "epoch_loss", "epoch_accuracy",
    }  # fmt: skip
    assert validation["scalars"].keys() == {"epoch_loss"}
    measured = [event for event in events(run.id) if isinstance(event, Histograms)]
    outputs = outputs_of(measured)
    assert train["histograms"].keys() == outputs.keys()
    for tag, layers in outputs.items():
        for event, (step, bars, limits) in zip(layers, train["histograms"][tag], strict=True):
            at, was = event
            assert step == at
            assert bars == [was.below, *was.counts, was.above]
            edges = np.linspace(was.low, was.high, BINS + 1)
            np.testing.assert_allclose(limits[:-1], edges, rtol=1e-12)
        for (_, was), (_, bars) in zip(layers, train["served"][tag], strict=True):
            assert sum(bar[2] for bar in bars) == was.below + sum(was.counts) + was.above
            assert all(left < right for left, right, _ in bars)
    text = "\n".join(line[4:] for line in train["texts"]["project"].splitlines())
    assert text == run.text.rstrip("\n")
    for said in ("state: completed", "tags: good", f"data: {ROWS}"):
        assert f"    {said}" in train["texts"]["run"].splitlines()


def outputs_of(measured: list[Histograms]) -> dict[str, list[tuple[int, Histogram]]]:
    """The histograms by what they are to be called."""
    names = {id: node.name for id, node in PROJECT.graph.nodes.items()}
    found: dict[str, list[tuple[int, Histogram]]] = {}
    for event in measured:
        for layer in event.layers:
            tag = f"{names[layer.node]}{f':{layer.port}' if layer.port else ''}/output"
            found.setdefault(tag, []).append((event.step, layer))
            if layer.training:
                found.setdefault(f"{tag}_in_training", []).append((event.step, layer.training))
            for weight, numbers in (layer.weights or {}).items():
                tag = f"{names[layer.node]}/{weight}/histogram"
                found.setdefault(tag, []).append((event.step, numbers))
    return found


def test_a_run_without_a_record_is_written_from_memory(store, tmp_path):
    run = Run("gone", "../a / b", "no project", number=7)
    for event in events(run.id, 200):
        run.apply(event)
    write(store, run, tmp_path / "logs")
    found = read(tmp_path / "logs")
    assert sorted(found) == ["00007-a-b-gone/train", "00007-a-b-gone/validation"]
    train = found["00007-a-b-gone/train"]
    assert len(train["scalars"]["batch_loss"]) == 200
    assert f"{NODES[0]}/output" in train["histograms"]


def test_a_second_export_takes_the_place_of_the_first(store, tmp_path):
    run = keep(store, steps=200)
    for _ in range(2):
        write(store, run, tmp_path / "logs")
    files = [path for path in (tmp_path / "logs").rglob("*") if path.is_file()]
    assert len(files) == 2


def test_one_that_is_given_up_or_fails_leaves_nothing(store, tmp_path):
    run = keep(store)
    whole, measured = store.whole(run)
    pieces = tensorboard.write(whole, measured, whole.history.count, tmp_path / "logs")
    next(pieces)
    assert any((tmp_path / "logs").rglob("*.partial"))
    pieces.close()
    assert list((tmp_path / "logs").iterdir()) == []

    def broken():
        yield next(store.whole(run)[1])
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        list(tensorboard.write(whole, broken(), 9, tmp_path / "logs"))
    assert list((tmp_path / "logs").iterdir()) == []


class TestCommandLine:
    @pytest.fixture
    def net(self, tmp_path, monkeypatch) -> Path:
        monkeypatch.setattr(run_store, "default_folder", lambda: tmp_path / "user" / "runs")
        save(replace(PROJECT), path := tmp_path / "net.bnstudio")
        store = RunStore()
        store.follow(path)
        for number in (1, 2):
            keep(store, number, 200)
        store.close()
        return path

    def test_it_writes_all_or_one_without_tensorflow(self, net, tmp_path):
        command = ["runs", str(net), "--tensorboard", str(tmp_path / "logs")]
        code = (
            "import sys; from bnstudio.main import main; "
            f"status = main({command}); "
            "heavy = {'tensorflow', 'keras', 'PySide6', 'grpc'} & set(sys.modules); "
            "sys.exit(f'imported {heavy}' if heavy else status)"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"Wrote 2 runs. To see them: tensorboard --logdir {tmp_path / 'logs'}" in done.stderr
        assert len(list((tmp_path / "logs").iterdir())) == 2
        assert main([*command[:3], str(tmp_path / "one"), "--run", "2"]) == 0
        assert [path.name for path in (tmp_path / "one").iterdir()] == ["00002-Run-2-run2"]

    def test_what_it_cannot_do_is_told(self, net, tmp_path, capsys, monkeypatch):
        command = ["runs", str(net), "--tensorboard", str(tmp_path / "logs")]
        assert main([*command, "--run", "9"]) == 2
        assert "there is no run 9" in capsys.readouterr().err
        (tmp_path / "logs").write_text("a file")
        assert main(command) == 2
        assert "it cannot be written" in capsys.readouterr().err
        monkeypatch.setattr(tensorboard, "is_installed", lambda: False)
        assert main(command) == 2
        assert "pip install tensorboard" in capsys.readouterr().err


def test_what_is_inside_a_model_is_called_by_the_models_around_it():
    inner = Graph({"d": Node("d", "Dense", "dense", {"units": 2})})
    graph = Graph({"m": Node("m", "Functional", "block", inside=inner)})
    run = Run("r", "Run 1", dumps(replace(PROJECT, graph=graph)))
    found = layer("m/d", np.random.default_rng(0))
    found = msgspec.structs.replace(found, weights={"kernel": found})
    events = tensorboard._Train(run, [Histograms("r", 1, (found,))]).events()
    tags = {value.tag for event in events for value in event.summary.value}
    assert {"block/dense/output", "block/dense/kernel/histogram"} <= tags
