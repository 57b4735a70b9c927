import dataclasses
import errno
import json
import os
import stat
import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bnstudio import data
from bnstudio.analysis import analyze
from bnstudio.data import Source
from bnstudio.graph import Graph, Node, Wire, move, rename
from bnstudio.project import (
    InitialWeights,
    Project,
    ProjectError,
    dumps,
    fields,
    fragment_dumps,
    fragment_loads,
    load,
    loads,
    node_lines,
    save,
    write_atomic,
)
from bnstudio.rules import Case, diagnose
from bnstudio.settings import Choice, EarlyStopping, Measuring, ReduceLROnPlateau, Settings
from tests.graphs import TEXTS, graphs, projects

WIRES = (Wire("input", 0, "dense", 0), Wire("dense", 0, "output", 0))
GRAPH = Graph(
    {
        "input": Node("input", "Input", "input", {"shape": (30,)}),
        "dense": Node("dense", "Dense", "hidden", {"units": 64, "activation": "relu"}, 1.5, 120.0),
        "output": Node("output", "Dense", "output", {"units": 2}, 0.0, 240.25),
    },
    WIRES,
)
PROJECT = Project(GRAPH, settings=Settings(early_stopping=EarlyStopping()), title="A title")
TEXT = dumps(PROJECT)


# There and back.


@given(projects())
def test_a_project_is_read_as_it_was_written(project):
    assert loads(dumps(project)) == project


@given(projects())
def test_a_text_is_written_one_way_only(project):
    written = dumps(project)
    assert dumps(loads(written)) == written


@given(graphs())
def test_a_fragment_is_read_as_it_was_written(graph):
    assert fragment_loads(fragment_dumps(graph)) == graph


def test_equal_projects_have_equal_texts_whatever_was_done_to_them():
    there = move(GRAPH, {"dense": (99.0, 7.0)})
    assert dumps(replace(PROJECT, graph=move(there, {"dense": (1.5, 120.0)}))) == TEXT


def test_numbers_keep_their_kind():
    params = {"a": 1, "b": 1.0, "c": True, "d": -0.0, "e": 1e-300, "f": 2**53, "g": (1, (2.0,))}
    graph = Graph({"n": Node("n", "Custom", "n", params)})
    kept = loads(dumps(Project(graph))).graph.nodes["n"].params
    assert repr(kept) == repr(params)


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (lambda graph: rename(graph, "dense", "other"), 1),
        (lambda graph: move(graph, {"dense": (5.0, 5.0), "output": (6.0, 6.0)}), 2),
        (lambda graph: replace(graph, wires=(WIRES[0]._replace(source_port=1), WIRES[1])), 1),
    ],
)  # fmt: skip
def test_an_edit_changes_the_lines_that_it_is_about_and_no_others(change, lines):
    before, after = TEXT.split("\n"), dumps(replace(PROJECT, graph=change(GRAPH))).split("\n")
    assert len(before) == len(after)
    assert sum(a != b for a, b in zip(before, after, strict=True)) == lines


@given(projects())
def test_each_node_has_a_line_and_it_is_the_one_with_its_id(project):
    written = dumps(project)
    lines = written.split("\n")
    found = node_lines(written)
    assert list(found) == list(project.graph.nodes)
    for id, line in found.items():
        assert json.loads(lines[line - 1].rstrip(","))["id"] == id


def test_what_a_file_holds_is_all_that_the_values_hold():
    for part, value in (
        (fields.Settings, Settings),
        (fields.EarlyStopping, EarlyStopping),
        (fields.ReduceLROnPlateau, ReduceLROnPlateau),
        (fields.Source, Source),
        (fields.Node, Node),
        (fields.Weights, InitialWeights),
    ):
        held = [field.name for field in msgspec.structs.fields(part)]
        assert held == [field.name for field in dataclasses.fields(value)]
        kept = [field.name for field in dataclasses.fields(PROJECT)]
        assert kept == ["graph", "source", "settings", "title", "about", "weights"]


def test_a_project_with_half_a_character_or_an_endless_number_is_not_written():
    for bad in (
        replace(PROJECT, title="\ud800"),
        replace(PROJECT, graph=move(GRAPH, {"dense": (float("nan"), 0.0)})),
        replace(PROJECT, graph=move(GRAPH, {"dense": (float("inf"), 0.0)})),
    ):
        with pytest.raises(ProjectError):
            dumps(bad)


# What is refused.

BAD = {
    "empty": ("", "the file is empty"),
    "blank": (" \n\t\n", "the file is empty"),
    "truncated": (TEXT[: len(TEXT) // 2], "the text ends too early"),
    "truncated at a bracket": (TEXT.rstrip()[:-1], "the text ends too early"),
    "not JSON": ("hello", "this is not JSON: a value is missing"),
    "more after the end": (TEXT + "x", "there is more text after the end"),
    "a comma missing": (TEXT.replace('"version": 1,', '"version": 1'), "a comma or a closing"),
    "a list": ("[]", "holds one JSON object, not a list"),
    "a number": ("12", "holds one JSON object, not a whole number"),
    "another format": (TEXT.replace("bnstudio project", "other"), "its format is 'other'"),
    "no format": ("{}", "it names no format"),
    "newer": (TEXT.replace('"version": 1', '"version": 3'), "written by a newer bnstudio"),
    "version 0": (TEXT.replace('"version": 1', '"version": 0'), "a whole number from 1, not 0"),
    "version true": (TEXT.replace('"version": 1', '"version": true'), "not True"),
    "no version": (TEXT.replace('  "version": 1,\n', ""), "it names no version"),
    "unknown field": (TEXT.replace('"seed"', '"sead"'), "settings"),
    "unknown field of a node": (TEXT.replace('"x": 1.5', '"z": 1.5'), "'z' is not known here"),
    "missing field": (TEXT.replace('"name": "hidden", ', ""), "the field 'name' is missing"),
    "NaN": (TEXT.replace("1.5", "NaN"), "nodes[1].x (line 24, column"),
    "too far away": (TEXT.replace("1.5", "1e10"), "nodes[1].x (line 24, column"),
    "Infinity": (TEXT.replace("1.5", "-Infinity"), "-Infinity is not a number"),
    "1e999": (TEXT.replace("1.5", "1e999"), "1e999 is too large a number"),
    "a huge whole number": (TEXT.replace("64", "9" * 20), "is too large a whole number"),
    "an endless whole number": (TEXT.replace("64", "9" * 9999), "is too large a whole number"),
    "text for a number": (TEXT.replace("1.5", '"1.5"'), "expected a number, got text"),
    "true for a number": (TEXT.replace("1.5", "true"), "expected a number, got true or false"),
    "a float for a whole number": (TEXT.replace("32", "32.5"), "settings.batch_size (line"),
    "no rows a step": (TEXT.replace('"batch_size": 32', '"batch_size": 0'), "settings.batch_size"),
    "a split of 1": (TEXT.replace("0.2", "1.0"), "settings.validation_split"),
    "unknown scaling": (TEXT.replace('"standard"', '"s"'), "data.scaling (line 8, column 16): 's'"),
    "an id twice": (TEXT.replace('"id": "dense"', '"id": "input"'), "two nodes have the id"),
    "an empty id": (TEXT.replace('"id": "dense"', '"id": ""'), "nodes[1].id"),
    "a key twice": (TEXT.replace('"units": 64', '"units": 64, "units": 6'), "is there twice"),
    "a wire from nowhere": (TEXT.replace('["dense"', '["dance"'), "there is no node 'dance'"),
    "a wire to nowhere": (TEXT.replace('"output", 0]', '"out", 0]'), "wires[1][2]"),
    "a negative port": (TEXT.replace('["dense", 0', '["dense", -1'), "wires[1]"),
    "a short wire": (TEXT.replace('["dense", 0, ', '["dense", '), "wires[1]"),
    "two wires to a port": (
        TEXT.replace('"output", 0]', '"dense", 0]'),
        "two wires end at input 0 of 'dense'",
    ),
    "sharing with nobody": (TEXT.replace('"y": 240.25', '"y": 0.0, "shares": "z"'), "to share"),
    "sharing with itself": (
        TEXT.replace('"y": 240.25', '"y": 0.0, "shares": "output"'),
        "a layer of its own",
    ),
    "deep lists": (TEXT.replace("64", "[" * 65 + "]" * 65), "nested more than 64 levels deep"),
    "very deep lists": (TEXT.replace("64", "[" * 10**5 + "]" * 10**5), "64 levels deep"),
    "deep objects": (TEXT.replace("64", '{"a":' * 10**5 + "1" + "}" * 10**5), "64 levels deep"),
    "deep and unfinished": ("[" * 10**6, "nested more than 64 levels deep"),
    "half a character": (TEXT.replace("A title", "\\ud800"), "half a character"),
    "half a character in a key": (TEXT.replace('"units"', '"\\udfff"'), "half a character"),
    "a line break in text": (TEXT.replace("A title", "A\ntitle"), "this is not JSON"),
    "a clipboard fragment": (fragment_dumps(GRAPH), "its format is 'bnstudio fragment'"),
}  # fmt: skip


RATES = {
    "class_name": "PiecewiseConstantDecay",
    "config": {"boundaries": (10, 20), "values": (0.1, 0.01, 0.001)},
}
PLANNED = replace(
    PROJECT,
    settings=Settings(
        optimizer=Choice("SGD", {"learning_rate": RATES, "clipnorm": 1.0}),
        reduce_lr=ReduceLROnPlateau("loss", mode="min"),
        class_weight=(1.0, 2.5),
        measuring=Measuring(0.1, 64, ("dense",)),
        start="new",
    ),
    weights=InitialWeights("0123456789abcdef" * 2, "model.keras"),
)
PLAN = dumps(PLANNED)
BAD_PLANS = {
    "a factor of 1": (PLAN.replace('"factor": 0.1', '"factor": 1.0'), "settings.reduce_lr.factor"),
    "no such mode": (PLAN.replace('"mode": "min"', '"mode": "up"'), "settings.reduce_lr.mode"),
    "no such argument": (PLAN.replace('"cooldown"', '"cool"'), "'cool' is not known here"),
    "no such weights": (PLAN.replace("[1.0, 2.5]", '"even"'), "settings.class_weight"),
    "no weight": (PLAN.replace("[1.0, 2.5]", "[]"), "settings.class_weight"),
    "more than all the time": (PLAN.replace('"budget": 0.1', '"budget": 2'), "measuring.budget"),
    "no row to measure": (PLAN.replace('"rows": 64', '"rows": 0'), "settings.measuring.rows"),
    "a layer by number": (PLAN.replace('["dense"]', "[7]"), "settings.measuring.left_out[0]"),
    "no such start": (PLAN.replace('"start": "new"', '"start": "old"'), "settings.start"),
    "no fingerprint": (PLAN.replace('"0123456789', '"../../../../'), "weights.fingerprint"),
    "an origin by number": (PLAN.replace('"model.keras"', "7"), "weights.origin"),
    "a weight in words": (PLAN.replace("[1.0, 2.5]", '[1.0, "2"]'), "settings.class_weight[1]"),
}


def test_schedules_callbacks_and_weights_are_kept_and_old_files_have_none():
    assert loads(PLAN) == PLANNED
    assert '"class_weight": [1.0, 2.5]' in PLAN
    balanced = replace(PLANNED, settings=replace(PLANNED.settings, class_weight="balanced"))
    assert loads(dumps(balanced)) == balanced
    assert "reduce_lr" not in TEXT
    assert "class_weight" not in TEXT
    assert "measuring" not in TEXT
    assert '"start"' not in TEXT
    assert '"weights"' not in TEXT
    old = loads(TEXT).settings
    assert (old.reduce_lr, old.class_weight, old.measuring) == (None, None, Measuring())
    assert (old.start, loads(TEXT).weights) == ("weights", None)
    brief = PLAN.replace('{"budget": 0.1, "rows": 64, "left_out": ["dense"]}', '{"rows": 64}')
    assert loads(brief).settings.measuring == Measuring(rows=64)


@pytest.mark.parametrize(("content", "reason"), BAD_PLANS.values(), ids=BAD_PLANS.keys())
def test_bad_settings_are_refused_with_the_place(content, reason):
    with pytest.raises(ProjectError, match=r"line [0-9]+") as refused:
        loads(content, "net.bnstudio")
    assert reason in str(refused.value)


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD.keys())
def test_bad_text_is_refused_in_one_sentence_with_the_place(content, reason):
    with pytest.raises(ProjectError) as refused:
        loads(content, "net.bnstudio")
    message = str(refused.value)
    assert reason in message
    assert message.startswith("net.bnstudio: ")
    assert message.isprintable()
    assert len(message) < 300
    if content.strip():
        assert refused.value.line is not None


def test_the_place_is_the_right_one():
    with pytest.raises(ProjectError) as refused:
        loads(TEXT.replace("240.25", "NaN"))
    error = refused.value
    assert (error.path, TEXT.split("\n")[error.line - 1][error.column - 1 :][:6]) == (
        "nodes[2].y",
        "240.25",
    )


def test_an_unknown_layer_is_no_error_but_kept_and_diagnosed():
    strange = TEXT.replace('"type": "Dense", "name": "hidden"', '"type": "Dance", "name": "hidden"')
    project = loads(strange)
    assert dumps(project) == strange
    found = diagnose(Case(project, analyze(project.graph), data.facts(project.source)))
    about = [diagnostic for diagnostic in found if diagnostic.node == "dense"]
    assert any(d.severity == "error" and "Dance" in d.message for d in about)


@pytest.mark.parametrize("content", ["", "some text", "[1]", TEXT, '{"nodes": []}'])
def test_other_text_on_the_clipboard_is_no_fragment(content):
    with pytest.raises(ProjectError):
        fragment_loads(content)


@given(st.data())
def test_a_mutated_text_is_read_or_refused_and_nothing_else(data):
    content = TEXT
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 12)))
        piece = data.draw(
            TEXTS | st.sampled_from(['"', "{", "[", "]", "}", ",", ":", "-", "1e999", "NaN", "\\u"])
        )
        content = content[:start] + piece + content[end:]
    _read_or_refuse(content)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def _paths(value, path=()):
    yield path
    if isinstance(value, dict | list):
        for key, entry in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(entry, (*path, key))


PATHS = [path for path in _paths(json.loads(TEXT)) if path]


@given(st.sampled_from(PATHS), _JSON | st.just(...))
@example(("nodes",), {})
@example(("nodes", 0, "params", "shape"), [[[]]])
def test_a_file_with_any_value_in_any_place_is_read_or_refused(path, value):
    content = json.loads(TEXT)
    place = content
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    _read_or_refuse(json.dumps(content))


@given(st.text())
def test_any_text_is_read_or_refused(content):
    _read_or_refuse(content)


def _read_or_refuse(content):
    try:
        project = loads(content)
    except ProjectError:
        return
    assert loads(dumps(project)) == project


# Files.


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "net.bnstudio"
    save(PROJECT, file)
    return file


OTHER = replace(PROJECT, title="Another title")


def test_a_file_holds_the_text(path):
    assert path.read_bytes() == TEXT.encode()
    assert load(path) == PROJECT
    assert load(str(path)) == PROJECT


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(path):
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    assert load(path) == PROJECT


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.unlink(), "there is no such file"),
        (lambda path: (path.unlink(), path.mkdir()), "this is a folder"),
        (lambda path: (path.unlink(), os.mkfifo(path)), "this is not an ordinary file"),
        (lambda path: path.write_bytes(b""), "the file is empty"),
        (lambda path: path.write_bytes(b'{\n "a": "\xff"}'), "line 2, column 8: the text is not"),
        (lambda path: path.write_bytes("{}".encode("utf-16")), "not UTF-8"),
        (lambda path: os.truncate(path, 2**34), "it is larger than 64 MiB"),
        (lambda path: path.write_bytes(TEXT.encode()[:400]), "the text ends too early"),
    ],
    ids=["missing", "folder", "pipe", "empty", "not UTF-8", "UTF-16", "huge", "truncated"],
)  # fmt: skip
def test_a_bad_file_is_refused_in_one_sentence(path, make, reason):
    make(path)
    with pytest.raises(ProjectError) as refused:
        load(path)
    assert reason in str(refused.value)
    assert str(refused.value).startswith(str(path))


def test_an_impossible_name_is_refused(tmp_path):
    for name in ("a\0b", "x" * 5000):
        with pytest.raises(ProjectError):
            load(tmp_path / name)
        with pytest.raises(ProjectError):
            save(PROJECT, tmp_path / name)


def test_no_permission_is_said_in_words(path, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(ProjectError, match="there is no permission to read it"):
        load(path)


@pytest.mark.parametrize("step", ["os.open", "os.fsync", "os.chmod", "os.replace"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
def test_a_failed_save_leaves_the_old_file_and_nothing_else(path, monkeypatch, step, code):
    def fail(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(step, fail)
    with pytest.raises(ProjectError) as refused:
        save(OTHER, path)
    monkeypatch.undo()
    assert os.strerror(code).lower() in str(refused.value).lower()
    assert str(path) in str(refused.value)
    assert path.read_bytes() == TEXT.encode()
    assert os.listdir(path.parent) == [path.name]


def test_an_interrupted_save_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(OTHER, path)
    assert path.read_bytes() == TEXT.encode()
    assert os.listdir(path.parent) == [path.name]


def test_what_could_not_be_read_again_is_not_saved(path):
    graph = replace(GRAPH, wires=(Wire("nobody", 0, "dense", 0),))
    with pytest.raises(ProjectError, match="there is no node 'nobody'"):
        save(replace(PROJECT, graph=graph), path)
    assert path.read_bytes() == TEXT.encode()


def test_a_save_flushes_the_file_before_the_name_and_then_the_folder(path, monkeypatch):
    done = []
    fsync, move_in = os.fsync, os.replace
    monkeypatch.setattr(
        "os.fsync",
        lambda handle: (
            done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file"),
            fsync(handle),
        ),
    )
    monkeypatch.setattr("os.replace", lambda *names: (done.append("name"), move_in(*names)))
    save(OTHER, path)
    assert done == ["file", "name", "folder"]
    assert load(path) == OTHER


def test_permissions_are_kept_and_new_files_follow_the_umask(path):
    path.chmod(0o640)
    save(OTHER, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    before = os.umask(0o027)
    try:
        save(OTHER, path.with_name("new.bnstudio"))
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.with_name("new.bnstudio").stat().st_mode) == 0o640


def test_a_link_stays_a_link(path):
    link = path.with_name("link.bnstudio")
    link.symlink_to(path)
    save(OTHER, link)
    assert link.is_symlink()
    assert load(path) == OTHER


def test_a_read_only_file_is_not_replaced(path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(ProjectError, match="the file is read-only"):
        save(OTHER, path)
    assert path.read_bytes() == TEXT.encode()


def test_saving_to_a_folder_or_into_none_is_refused(tmp_path):
    with pytest.raises(ProjectError, match="this is a folder"):
        save(PROJECT, tmp_path)
    with pytest.raises(ProjectError, match="there is no such folder"):
        save(PROJECT, tmp_path / "none" / "net.bnstudio")
    assert os.listdir(tmp_path) == []


def test_what_killed_saves_have_left_is_swept_up_once_it_is_old(path):
    old, young = path.with_name(".1.bnstudio-tmp"), path.with_name(".2.bnstudio-tmp")
    other = path.with_name(".bashrc")
    for file in (old, young, other):
        file.touch()
    os.utime(old, (0, 0))
    save(OTHER, path)
    assert {found.name for found in path.parent.iterdir()} == {path.name, young.name, other.name}


@pytest.mark.deep
def test_a_process_killed_while_it_saves_leaves_a_whole_file(path):
    program = (
        "import sys, dataclasses; from bnstudio.project import load, save; p = load(sys.argv[1])\n"
        "while True: save(dataclasses.replace(p, title=p.title[:1] * 9000), sys.argv[1]); print()"
    )
    for _ in range(20):
        with subprocess.Popen(
            [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE
        ) as process:
            for _ in range(5):
                process.stdout.readline()
            process.kill()
        assert load(path).graph == GRAPH


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomic(tmp_path / "out.bin", b"\x00\r\n\xff")
    assert (tmp_path / "out.bin").read_bytes() == b"\x00\r\n\xff"
