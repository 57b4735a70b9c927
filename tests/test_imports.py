"""The direction of imports is kept, and each contract catches what breaks it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIOLATIONS = {
    "layers": ("graph/value.py", "from bnstudio import project"),
    "engine": ("training/messages.py", "from bnstudio import engine"),
    "keras": ("cli/__init__.py", "import keras"),
    "qt": ("exporters/__init__.py", "from PySide6 import QtCore"),
    "canvas": ("ui/canvas/__init__.py", "from bnstudio.ui import main_window"),
}


def lint(folder, *contracts):
    """What import-linter says of these contracts."""
    program = Path(sys.executable).parent / "lint-imports"
    named = [word for name in contracts for word in ("--contract", name)]
    command = [program, "--no-cache", *named]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "bnstudio", tmp_path / "bnstudio")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_holds():
    kept = lint(ROOT, *VIOLATIONS)
    assert kept.returncode == 0, kept.stdout + kept.stderr
    assert f"{len(VIOLATIONS)} kept, 0 broken" in kept.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_contract_catches_a_violation(copy, contract):
    file, line = VIOLATIONS[contract]
    path = copy / "bnstudio" / file
    path.write_text(f"{path.read_text()}\n\ndef wrong() -> None:\n    {line}\n")
    assert lint(copy, contract).returncode == 1


def test_a_package_without_a_place_in_the_order_is_refused(copy):
    (copy / "bnstudio" / "stray.py").write_text("")
    broken = lint(copy, "layers")
    assert broken.returncode == 1
    assert "stray" in broken.stdout
