"""The commands as a shell sees them: what they print where, and how they end."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest

import bnstudio
from bnstudio.exporters.keras_script import render
from bnstudio.graph import add
from bnstudio.main import main
from bnstudio.project import Project, dumps, load, samples, save

SAMPLES = {sample.name: sample for sample in samples()}
FIXED, QUESTION = str(SAMPLES["batchnorm_between"].path), str(SAMPLES["batchnorm_unconnected"].path)


@pytest.fixture
def bnstudio_(capsys):
    """Runs the program: arguments to (status, stdout, stderr)."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
        out, err = capsys.readouterr()
        return status, out, err

    return run


# check


def test_check_of_a_sound_project(bnstudio_):
    assert bnstudio_("check", FIXED) == (0, "", "Nothing is wrong.\n")


def test_check_names_file_line_and_code(bnstudio_):
    status, out, err = bnstudio_("check", QUESTION)
    lines = SAMPLES["batchnorm_unconnected"].path.read_text().split("\n")
    line = next(n for n, text in enumerate(lines, 1) if '"id": "batch_normalization"' in text)
    assert status == 1
    assert out.startswith(f"{QUESTION}:{line}: error STR01: ")
    assert "Found 1 error" in err


def test_check_as_json(bnstudio_):
    status, out, err = bnstudio_("check", QUESTION, "--format", "json")
    found = json.loads(out)["diagnostics"]
    assert (status, err) == (1, "")
    keys = ["code", "severity", "message", "hint", "node", "line", "fix"]
    assert all(list(diagnostic) == keys for diagnostic in found)
    first = found[0]
    assert (first["code"], first["severity"]) == ("STR01", "error")
    assert first["node"] == "batch_normalization"
    assert isinstance(first["line"], int)
    assert first["fix"]


def test_check_as_json_of_a_sound_project(bnstudio_):
    assert bnstudio_("check", "--format=json", FIXED) == (0, '{\n  "diagnostics": []\n}\n', "")


def test_warnings_are_no_errors(bnstudio_, tmp_path):
    project = SAMPLES["batchnorm_between"].project
    nodes = dict(project.graph.nodes)
    nodes["hidden_1"] = replace(nodes["hidden_1"], params={"units": 64})  # a bias before BN
    path = tmp_path / "net.bnstudio"
    save(replace(project, graph=replace(project.graph, nodes=nodes)), path)
    status, out, _ = bnstudio_("check", path)
    assert status == 0
    assert "BN01" in out


# show


def test_show_is_a_table_like_keras_own(bnstudio_):
    status, out, err = bnstudio_("show", FIXED)
    assert (status, err) == (0, "")
    row = next(line for line in out.splitlines() if "hidden_2" in line)
    assert row.split() == ["hidden_2", "(Dense)", "(None,", "64)", "4,096", "dropout_1"]
    assert "Total params: 6,658" in out
    assert "Trainable params: 6,402" in out
    assert "Non-trainable params: 256" in out
    assert "\x1b" not in out


def test_show_of_what_is_not_finished(bnstudio_):
    status, out, _ = bnstudio_("show", QUESTION)
    assert status == 0
    assert "not part of the model" in out
    assert "There are errors" in out


def test_names_from_a_file_do_not_steer_the_terminal(bnstudio_, tmp_path):
    graph, _ = add(SAMPLES["xor"].project.graph, "Dense", name="a\x1b[31m[red]b\u202e")
    save(Project(graph), path := tmp_path / "net.bnstudio")
    for command in ("show", "check"):
        _, out, err = bnstudio_(command, path)
        assert "[red]b" in out
        assert "\x1b" not in out + err
        assert "\u202e" not in out + err


# convert


def test_convert_to_a_script(bnstudio_, tmp_path):
    out = tmp_path / "model.py"
    assert bnstudio_("convert", FIXED, out) == (0, "", f"Wrote {out}.\n")
    assert out.read_text() == render(SAMPLES["batchnorm_between"].project).text


@pytest.mark.parametrize(("name", "magic"), [("n.svg", b"<svg "), ("n.PNG", b"\x89PNG")])
def test_convert_to_a_picture(bnstudio_, tmp_path, name, magic):
    assert bnstudio_("convert", FIXED, tmp_path / name)[0] == 0
    assert (tmp_path / name).read_bytes().startswith(magic)


@pytest.mark.parametrize("name", ["model.pb", "model", "model.py.bak", ".py"])
def test_convert_to_something_unknown_is_refused_in_words(bnstudio_, tmp_path, name):
    status, out, err = bnstudio_("convert", FIXED, tmp_path / name)
    assert (status, out) == (2, "")
    assert ".py (Keras script)" in err
    assert ".png" in err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_when_it_fails(bnstudio_, tmp_path):
    (tmp_path / "bad.bnstudio").write_text("{")
    (tmp_path / "model.py").write_text("mine")
    assert bnstudio_("convert", tmp_path / "bad.bnstudio", tmp_path / "model.py")[0] == 2
    assert (tmp_path / "model.py").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.bnstudio", "model.py"]


# What goes wrong.


@pytest.mark.parametrize("command", ["check", "show", "train", "convert"])
@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text(dumps(Project())[:100]),
        lambda path: path.write_text(dumps(Project()).replace('"version": 1', '"version": 3')),
        lambda path: path.write_bytes(b"\xff\xfe{}"),
        lambda path: path.mkdir(),
        lambda path: path.write_text("[" * 100_000),
        lambda path: path.write_text(dumps(SAMPLES["xor"].project).replace('"x": 0.0', '"x": NaN')),
        lambda path: path.write_text(dumps(SAMPLES["xor"].project).replace('"Dense"', '"Dens"')),
        lambda path: None,
    ],
    ids=["truncated", "newer", "not UTF-8", "folder", "deep", "NaN", "unknown layer", "missing"],
)
def test_bad_input_is_one_sentence_and_status_2(bnstudio_, tmp_path, command, make):
    path = tmp_path / "net.bnstudio"
    make(path)
    more = [tmp_path / "out.py"] if command == "convert" else []
    status, out, err = bnstudio_(command, path, *more)
    assert (status, out) == (2, "")
    assert err.startswith(f"bnstudio: {path}: ")
    assert err.count("\n") == 1
    assert [found.name for found in tmp_path.iterdir()] in ([], ["net.bnstudio"])


def test_an_unknown_layer_is_named_with_its_place(bnstudio_, tmp_path):
    text = dumps(SAMPLES["xor"].project).replace('"Dense"', '"Dens"')
    (tmp_path / "net.bnstudio").write_text(text)
    line = next(n for n, line in enumerate(text.split("\n"), 1) if "Dens" in line)
    _, _, err = bnstudio_("check", tmp_path / "net.bnstudio")
    assert f"nodes[1].type (line {line}, column " in err
    assert "there is no layer type 'Dens'; did you mean Dense?" in err


def test_version(bnstudio_):
    assert bnstudio_("--version") == (0, f"bnstudio {bnstudio.__version__}\n", "")


def test_help_names_every_command_and_the_exit_status(bnstudio_):
    status, out, _ = bnstudio_("--help")
    assert status == 0
    for word in ("check", "show", "train", "convert", "demo", "Exit status"):
        assert word in out
    for command in ("check", "show", "train", "convert", "demo"):
        status, out, _ = bnstudio_(command, "--help")
        assert status == 0
        assert len(out) > 150


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek", "x.bnstudio"], "Did you mean 'check'?"),
        (["frobnicate"], "Commands: check, show"),
        (["check"], "FILE"),
        (["check", "x", "--format", "xml"], "invalid choice"),
        (["train", FIXED, "--epochs", "0"], "from 1 to"),
        (["train", FIXED, "--epochs", "2.5"], "a whole number"),
        (["train", FIXED, "--seed", "-1"], "from 0 to"),
        (["train", FIXED, "--seed", "9" * 5000], "a whole number"),
        (["train", FIXED, "--events", "events.txt"], "has to end in .jsonl"),
        (["train", FIXED, "--model", "nowhere/at/all.keras"], "there is no such folder"),
    ],
)
def test_wrong_usage_is_explained_with_status_2(bnstudio_, arguments, said):
    status, out, err = bnstudio_(*arguments)
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.mkdir(), "this is a folder"),
        (os.mkfifo, "not an ordinary file"),
        (lambda path: None, "there is no permission"),
    ],
)
@pytest.mark.parametrize("option", ["--events", "--model"])
def test_what_cannot_be_written_is_refused_before_training(
    bnstudio_, tmp_path, monkeypatch, option, make, said
):
    out = tmp_path / f"out{'.jsonl' if option == '--events' else '.keras'}"
    make(out)
    monkeypatch.setattr("os.access", lambda path, mode: False)  # root may write anywhere
    expected = f"bnstudio: {out}: it cannot be written: "
    status, _, err = bnstudio_("train", FIXED, option, out)
    assert status == 2
    assert err.startswith(expected)
    assert said in err


def test_without_a_display_the_window_says_so(bnstudio_, monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    for arguments in ([], [FIXED]):
        status, out, err = bnstudio_(*arguments)
        assert (status, out) == (1, "")
        assert "bnstudio demo" in err


def test_the_window_gets_the_file(monkeypatch):
    from bnstudio.ui import app

    asked = []
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    monkeypatch.setattr(app, "run", lambda path, *, reset: asked.append((path, reset)) or 0)
    assert main([]) == main(["some.bnstudio"]) == main(["--reset"]) == 0
    assert asked == [(None, False), ("some.bnstudio", False), (None, True)]


def test_a_reader_that_has_seen_enough_is_no_error():
    program = f"import sys; from bnstudio.main import main; sys.exit(main(['show', {FIXED!r}]))"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_disk_that_takes_no_more_is_one_sentence():
    program = f"import sys; from bnstudio.main import main; sys.exit(main(['show', {FIXED!r}]))"
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", program], stdout=full, stderr=subprocess.PIPE, text=True
        )
    said = "bnstudio: the command could not be finished: no space left on device\n"
    assert (done.returncode, done.stderr) == (2, said)


@pytest.mark.parametrize("command", [["show", FIXED], ["check", QUESTION], ["runs", FIXED]])
def test_a_stream_that_is_closed_is_nothing_to_stumble_over(bnstudio_, monkeypatch, command):
    expected, _, _ = bnstudio_(*command)
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert main(command) == expected
    for name in ("stdin", "stdout", "stderr"):
        getattr(sys, name).close()


@pytest.mark.parametrize("command", ["check", "show", "train", "runs"])
def test_a_link_that_leads_to_itself_is_one_sentence(bnstudio_, tmp_path, command):
    path = tmp_path / "loop.bnstudio"
    path.symlink_to(path)
    status, out, err = bnstudio_(command, path)
    assert (status, out) == (2, "")
    assert err.startswith(f"bnstudio: {path}: it cannot be read: ")


def test_a_terminal_that_cannot_show_a_letter_does_not_end_the_program(monkeypatch, tmp_path):
    graph, _ = add(SAMPLES["xor"].project.graph, "Dense", name="層")
    save(Project(graph, title="größe"), path := tmp_path / "net.bnstudio")
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, "ascii"))
    assert main(["show", str(path)]) == 0
    assert b"\\u5c64" in raw.getvalue()


QUIET = """
import sys
from bnstudio.main import main
assert main(sys.argv[1:]) in (0, 1)
heavy = {"PySide6", "tensorflow", "keras", "sklearn", "pyqtgraph", "h5py", "numpy"}
print(sorted(heavy & {name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


@pytest.mark.parametrize("command", ["check", "show", "convert"])
def test_the_commands_import_neither_qt_nor_keras(command, tmp_path):
    more = [str(tmp_path / "out.png")] if command == "convert" else []
    done = subprocess.run(
        [sys.executable, "-c", QUIET, command, QUESTION, *more],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.splitlines()[-1] in ("[]", "['numpy']")
    assert load(QUESTION) == SAMPLES["batchnorm_unconnected"].project
