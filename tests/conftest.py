"""What holds for every test: how many examples, no network, nothing left running."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from bnstudio.training import client
from tests.offline import no_network
from tests.oracle import Oracle
from tests.warm import Warm

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).parent / "offline"

# The processes that tests start find the checkout, cannot reach the network, and are quiet.
os.environ["PYTHONPATH"] = os.pathsep.join((str(OFFLINE), str(ROOT)))
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # figures are compared to 1e-6, which holds on a CPU

no_network.install()

settings.register_profile(
    "quick",
    max_examples=25,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    max_examples=1_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],  # beside other work all is slow
)
settings.load_profile("quick")


def left_running(seconds: float) -> list[str]:
    """The command lines of this process's children that do not end within ``seconds``."""
    _, alive = psutil.wait_procs(psutil.Process().children(recursive=True), timeout=seconds)
    lines = []
    for process in alive:
        try:
            lines.append(" ".join(process.cmdline()) or process.name())
        except psutil.NoSuchProcess:
            continue
    return lines


@pytest.fixture(scope="session", autouse=True)
def nothing_left_running():
    """Fails the run if a test leaves a process behind: an engine, above all."""
    yield
    if lines := left_running(5):
        pytest.fail("Tests left processes running:\n" + "\n".join(lines))


@pytest.fixture(scope="session")
def warm():
    """Starts programs that find Keras imported."""
    source = Warm()
    yield source
    source.close()


@pytest.fixture(scope="module")
def warm_engines(warm):
    """The engines that a module's clients start find Keras imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "_spawn", lambda: warm.start("bnstudio.engine", group=0))
        yield


@pytest.fixture(scope="session")
def keras(warm):
    """Keras in a process of its own, to compare with."""
    oracle = Oracle(warm)
    yield oracle
    oracle.close()


@pytest.fixture(scope="session")
def stored_model(tmp_path_factory):
    """``stored.keras``: an Input of four and a Dense of two called d, with ten weights."""
    folder = tmp_path_factory.mktemp("model")
    # In another process: what is tested must not need h5py.
    make = "import sys, pathlib as p; from tests.importers.hostile_weights import archives as a;"
    make += "next(a(p.Path(sys.argv[1])))"
    subprocess.run([sys.executable, "-c", make, str(folder)], check=True, capture_output=True)
    return folder / "stored.keras"
