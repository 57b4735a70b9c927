"""What `make` says and does about system libraries, and about Python itself."""

import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "packaging" / "system_libraries.py"


class Machine:
    """A Linux on which libnone-such is missing; apt brings it if ``works``."""

    def __init__(self, monkeypatch, *, root=False, apt=True, sudo=True, works=True):
        spec = importlib.util.spec_from_file_location("system_libraries", SCRIPT)
        self.script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.script)
        self.packages = {"libc.so.6": "libc6", "libnone-such.so.9": "libnone-such9"}
        self.works, self.installed = works, []
        monkeypatch.setattr(self.script, "PACKAGES", self.packages)
        monkeypatch.setattr(self.script, "install", self.install)
        monkeypatch.setattr("sys.platform", "linux")
        monkeypatch.setattr("os.geteuid", lambda: 0 if root else 1000)
        there = {"apt-get": apt, "sudo": sudo}
        monkeypatch.setattr("shutil.which", lambda name: name if there[name] else None)

    def install(self, packages):
        self.installed += packages
        if self.works:
            del self.packages["libnone-such.so.9"]
        return self.works


def test_nothing_is_said_where_nothing_is_missing(monkeypatch, capfd):
    machine = Machine(monkeypatch)
    del machine.packages["libnone-such.so.9"]
    assert machine.script.main() == 0
    assert capfd.readouterr() == ("", "")


def test_without_root_the_line_to_type_is_printed(monkeypatch, capfd):
    machine = Machine(monkeypatch)
    assert machine.script.main() == 1
    assert machine.installed == []
    said = capfd.readouterr().err
    assert "    sudo apt-get update && sudo apt-get install -y libnone-such9\n" in said


def test_without_sudo_the_line_is_one_that_asks_for_roots_password(monkeypatch, capfd):
    machine = Machine(monkeypatch, sudo=False)
    assert machine.script.main() == 1
    said = capfd.readouterr().err
    assert "    su - -c 'apt-get update && apt-get install -y libnone-such9'\n" in said


def test_as_root_apt_installs_what_is_missing(monkeypatch, capfd):
    machine = Machine(monkeypatch, root=True)
    assert machine.script.main() == 0
    assert machine.installed == ["libnone-such9"]


def test_an_apt_that_cannot_is_followed_by_the_line(monkeypatch, capfd):
    machine = Machine(monkeypatch, root=True, works=False)
    assert machine.script.main() == 1
    said = capfd.readouterr().err
    assert "    apt-get update && apt-get install -y libnone-such9\n" in said


def test_without_apt_the_libraries_are_named(monkeypatch, capfd):
    machine = Machine(monkeypatch, apt=False)
    assert machine.script.main() == 1
    assert "libnone-such.so.9" in capfd.readouterr().err


def test_a_python_without_venv_is_told_of_its_package(monkeypatch, capfd):
    machine = Machine(monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert machine.script.main() == 1
    assert f"python3.{sys.version_info.minor}-venv" in capfd.readouterr().err


@pytest.mark.parametrize("version", [(3, 10, 12), (3, 14, 0)])
def test_another_python_is_refused_with_the_way_out(monkeypatch, capfd, version):
    machine = Machine(monkeypatch)
    monkeypatch.setattr(sys, "version_info", version)
    assert machine.script.main() == 1
    assert "make PYTHON=" in capfd.readouterr().err


def test_other_systems_have_it_all(monkeypatch):
    machine = Machine(monkeypatch)
    monkeypatch.setattr("sys.platform", "darwin")
    assert machine.script.main() == 0
