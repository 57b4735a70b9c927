"""Files that mean harm: refused in a sentence or opened as data, and nothing else happens."""

import json
import re
import signal
import subprocess
import sys
import zipfile
from random import Random

import pytest

from bnstudio import importers
from bnstudio.importers import hdf5
from bnstudio.project import ProjectError, dumps
from tests.importers import hostile

PROGRAM = "tests.importers.hostile"
OF_A_CHILD = re.compile(r"subprocess\.Popen|os\.kill|os\.posix_spawn|open \((\d+|'/dev/null'),")
BOUND = "from bnstudio.engine.unpack import _bound; _bound(); "


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The files, and what came of opening each in a process that is watched."""
    folder = tmp_path_factory.mktemp("hostile")
    done = subprocess.run(
        [sys.executable, "-m", PROGRAM, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {line["file"]: line for line in map(json.loads, done.stdout.splitlines())}
    return folder, found


def test_every_file_is_refused_or_opened_as_expected(corpus):
    _, found = corpus
    assert len(found) > 200
    assert not [
        line
        for line in found.values()
        if line["expected"] is not None and line["outcome"] != line["expected"]
    ]


def test_a_refusal_is_one_clear_sentence(corpus):
    folder, found = corpus
    for name, line in found.items():
        if line["outcome"] == "refused":
            said = line["said"]
            assert said.startswith(str(folder / name)), said
            assert len(said) < len(str(folder)) + 300, said
            assert "\n" not in said, said
            assert "Error" not in said, said


def test_nothing_is_run_or_read_or_asked_for_but_the_file(corpus):
    folder, found = corpus
    assert not (folder / hostile.CANARY).exists()
    assert not (folder.parent / hostile.CANARY).exists()
    for name, line in found.items():
        events = line["events"]
        if name.endswith(".h5"):
            # The child that opens the file, the pipe to it, and its end.
            children = [event for event in events if event.startswith("subprocess.Popen")]
            assert len(children) <= 1
            assert all("bnstudio.engine.unpack" in child for child in children)
            events = [event for event in events if not OF_A_CHILD.match(event)]
        assert not events, (name, events)


def test_no_name_from_a_file_becomes_code_in_the_script(corpus):
    _, found = corpus
    opened = [line for line in found.values() if line["outcome"] == "opened"]
    assert len(opened) > 50
    for line in opened:
        bad = {"os", "subprocess", "eval", "exec", "compile", "open", "__import__", "builtins"}
        assert not bad & set(line["names"]), line["file"]


@pytest.mark.parametrize(
    ("code", "ended"),
    [("\nwhile True: pass", -signal.SIGPROF), ("bytearray(2**31)", 1)],
)
def test_a_file_that_loops_or_asks_for_too_much_memory_ends_its_own_process(code, ended):
    done = subprocess.run([sys.executable, "-c", BOUND + code], capture_output=True, check=False)
    assert done.returncode == ended


@pytest.mark.parametrize(
    ("code", "said"), [("import time; time.sleep(60)", "is the machine busy"), ("", "damaged")]
)
def test_a_file_that_is_not_read_in_time_is_not_called_damaged(monkeypatch, code, said):
    monkeypatch.setattr(hdf5, "PATIENCE", 0.2 if code else 60)
    monkeypatch.setattr(hdf5.child, "command", lambda *_: [sys.executable, "-S", "-c", code])
    with pytest.raises(ProjectError, match=said):
        hdf5.ask("model.h5")


def spoilt(content, random):
    """A file's bytes with a few of them changed, or its end cut off."""
    content = bytearray(content)
    for _ in range(random.randint(1, 12)):
        content[random.randrange(len(content))] = random.choice((0, 1, 255, random.randrange(256)))
    if random.randrange(4) == 0:
        del content[random.randrange(len(content)) :]
    return bytes(content)


def survived(folder, kind, count):
    """Opens files with spoilt bytes; how many were refused."""
    random = Random(1)
    whole = (folder / f"plain{kind}").read_bytes()
    refused = 0
    for _ in range(count):
        path = folder / f"spoilt{kind}"
        path.write_bytes(spoilt(whole, random))
        try:
            dumps(importers.load(path).project)
        except ProjectError:
            refused += 1
    return refused


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder with one sound file of each kind that is not text."""
    import h5py

    folder = tmp_path_factory.mktemp("plain")
    with zipfile.ZipFile(folder / "plain.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", hostile.SOUND)
    with h5py.File(folder / "plain.h5", "w") as file:
        file.attrs["model_config"] = hostile.SOUND
        file.attrs["keras_version"] = "2.11.0"
        file.create_group("model_weights")
    return folder


def test_spoilt_archives_are_refused_in_words(plain):
    assert 0 < survived(plain, ".keras", 300) < 300


def test_spoilt_hdf5_ends_its_own_process_at_worst(plain):
    assert survived(plain, ".h5", 5) > 0


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_much_spoilt_hdf5_ends_its_own_process_at_worst(plain):
    assert survived(plain, ".h5", 500) > 50
