"""The wheel holds everything that the program needs, and works far from the checkout."""

import os
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "resources"
RESOURCES = [path for path in SHIPPED.rglob("*") if path.is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built as ``uv build`` does, but with the installed hatchling: there is no network here."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A new environment with the wheel in it; it sees the dependencies here, not the checkout."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(
        subprocess.run(
            [python, "-c", ask], check=True, capture_output=True, text=True
        ).stdout.strip()
    )
    # A line with a path adds that folder and leaves the .pth files in it, such as the one that
    # leads to the checkout, unread.
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    subprocess.run(
        [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-deps", "--no-cache", "-q",
         "--python", str(python), str(wheel)],
        check=True,
    )  # fmt: skip
    return python


def run(python, *command, cwd):
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment.pop("DISPLAY", None)
    return subprocess.run(
        [python, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=280
    )


def test_every_resource_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        f"bnstudio/_resources/{path.relative_to(ROOT / 'resources').as_posix()}"
        for path in RESOURCES
    }
    assert wanted
    assert wanted <= names


def test_every_license_is_in_the_wheel(wheel):
    inside = zipfile.ZipFile(wheel)
    texts = [inside.read(name).decode() for name in inside.namelist() if "/licenses/" in name]
    assert sum("Apache License" in text for text in texts) == 1
    # Inter and JetBrains Mono, each with its copyright line.
    fonts = [text for text in texts if "SIL OPEN FONT LICENSE Version 1.1" in text]
    assert len(fonts) == 2
    assert all(text.startswith("Copyright") for text in fonts)


def test_nothing_else_is(wheel):
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bnstudio"}


def test_it_is_found_far_from_the_checkout(installed, tmp_path):
    code = "import bnstudio, bnstudio.resources as r; print(bnstudio.__file__); print(r.ROOT)"
    done = run(installed, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for line in done.stdout.splitlines():
        assert Path(line).is_relative_to(installed.parents[1])


@pytest.mark.engine
@pytest.mark.timeout(300)
def test_the_demo_runs_far_from_the_checkout(installed, tmp_path):
    program = installed.parent / "bnstudio"
    done = run(program, "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    left = [
        tmp_path / line for line in done.stdout.splitlines() if line.startswith("bnstudio-demo")
    ]
    assert {path.name for path in left} == {"during.png", "end.png", "model.py", "run.csv"}
    for path in left:
        assert path.stat().st_size > 0
    pictures = [path.read_bytes() for path in left if path.suffix == ".png"]
    assert pictures[0] != pictures[1]
    header, *rows = (tmp_path / "bnstudio-demo" / "run.csv").read_text().splitlines()
    assert header.startswith("epoch,")
    assert "val_loss" in header
    assert [row.split(",")[0] for row in rows] == [str(number) for number in range(len(rows))]
    compile((tmp_path / "bnstudio-demo" / "model.py").read_text(), "model.py", "exec")
