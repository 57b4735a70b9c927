"""Memory: what optimizers keep, what a run takes, and what is said when it does not suffice."""

import keras
import psutil
import pytest

from bnstudio.analysis import analyze, memory
from bnstudio.project import Project, dumps
from bnstudio.settings import OPTIMIZERS, Choice, Settings, slots
from bnstudio.training.client import Client
from bnstudio.training.messages import Died, Failed, Finished, Ready, Train
from tests.engine.projects import CANCER, ONE_HOT, chain

SHAPES = [(3, 4), (5,), (2, 3, 4, 5), (7, 2, 3), (6, 1)]
FURTHER = [
    *((name, {}) for name in OPTIMIZERS),
    ("Adam", {"amsgrad": True, "use_ema": True}),
    ("AdamW", {"gradient_accumulation_steps": 2}),
    ("SGD", {"momentum": 0.9}),
    ("RMSprop", {"momentum": 0.5, "centered": True}),
]


@pytest.mark.parametrize(("name", "params"), FURTHER)
def test_an_optimizer_keeps_as_many_numbers_as_keras_says(name, params):
    optimizer = getattr(keras.optimizers, name)(**params)
    optimizer.build([keras.Variable(keras.ops.zeros(shape)) for shape in SHAPES])
    kept = [variable for variable in optimizer.variables if variable.shape != ()]
    wanted = sum(int(keras.ops.size(variable)) for variable in kept)
    assert slots(Choice(name, params), SHAPES) == wanted


def net(*layers):
    settings = Settings(Choice("Adam"), ONE_HOT, epochs=1, batch_size=256)
    out = ("Dense", {"units": 2, "activation": "softmax"})
    return Project(chain(("Input", {"shape": (30,)}), *layers, out), CANCER, settings)


@pytest.mark.engine
@pytest.mark.usefixtures("warm_engines")
@pytest.mark.timeout(240)
def test_a_run_takes_about_what_was_estimated_and_one_that_takes_too_much_says_so(tmp_path):
    fits = net(
        ("Dense", {"units": 25_600, "activation": "relu"}),
        ("Reshape", {"target_shape": (200, 128)}),
        ("Dense", {"units": 256, "activation": "relu"}),
        "BatchNormalization",
        "Flatten",
        ("Dense", {"units": 32}),
    )
    too_large = net(("Dense", {"units": 60_000_000}))

    def train(client, project):
        end, peak = None, 0
        client.send(Train("r", dumps(project), probe_seconds=0, keep=str(tmp_path)))
        while end is None:
            peak = max(peak, process.memory_info().rss) if client.alive else peak
            for event in client.wait(0.02):
                if isinstance(event, Finished | Failed | Died):
                    end = event
        return end, peak

    with Client() as client:
        while not any(isinstance(event, Ready) for event in client.wait(60.0)):
            assert client.alive
        process = psutil.Process(client.pid)
        before = process.memory_info().rss
        end, peak = train(client, fits)
        assert isinstance(end, Finished)
        wanted = memory(analyze(fits.graph), fits.settings, 569).total
        assert 0.4 < (peak - before) / wanted < 2.5
        if not hasattr(psutil, "RLIMIT_AS"):  # the system bounds no process
            return
        limit = process.memory_info().vms + 2**30
        process.rlimit(psutil.RLIMIT_AS, (limit, limit))
        end, _ = train(client, too_large)
        assert isinstance(end, Failed)
        assert "memory does not suffice for a tensor of shape (30, 60000000)" in end.message
        assert end.node == "dense"
        end, _ = train(client, net(("Dense", {"units": 4})))
        assert isinstance(end, Finished)
