"""What is made beside its place is put there whole, or leaves what is there as it was."""

import os
import stat

import pytest

from bnstudio.project import ProjectError, Scratch
from bnstudio.project import scratch as module

MARKER = "saved_model.pb"


def made(scratch, text="new"):
    """Makes a file, or a folder with its marker."""
    if scratch.path.suffix == ".savedmodel":
        scratch.path.mkdir()
        (scratch.path / MARKER).write_text(text)
    else:
        scratch.path.write_text(text)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_put_in_its_place_with_the_permissions_of_the_one_before(tmp_path):
    target = tmp_path / "a.onnx"
    target.write_text("old")
    target.chmod(0o640)
    with Scratch(target, "model.onnx") as scratch:
        made(scratch)
        assert target.read_text() == "old"
        scratch.put()
    assert target.read_text() == "new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert names(tmp_path) == ["a.onnx"]


def test_what_was_not_put_leaves_nothing(tmp_path):
    target = tmp_path / "a.onnx"
    with Scratch(target, "model.onnx") as scratch:
        made(scratch)
    assert names(tmp_path) == []


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    target = tmp_path / "a.onnx"
    target.symlink_to(tmp_path / "real" / "b.onnx")
    with Scratch(target, "model.onnx") as scratch:
        made(scratch)
        scratch.put()
    assert target.is_symlink()
    assert (tmp_path / "real" / "b.onnx").read_text() == "new"


def test_a_folder_of_the_same_kind_is_replaced_and_any_other_is_left_alone(tmp_path):
    target = tmp_path / "a.savedmodel"
    for text in ("first", "second"):
        with Scratch(target, "model.savedmodel", MARKER) as scratch:
            made(scratch, text)
            scratch.put()
        assert (target / MARKER).read_text() == text
        assert names(tmp_path) == ["a.savedmodel"]
    (target / MARKER).rename(target / "letters.txt")
    with pytest.raises(ProjectError, match="holds something else"):
        Scratch(target, "model.savedmodel", MARKER)
    assert (target / "letters.txt").read_text() == "second"


def test_a_folder_that_cannot_be_put_leaves_the_one_before(tmp_path):
    target = tmp_path / "a.savedmodel"
    target.mkdir()
    (target / MARKER).write_text("old")
    with (
        Scratch(target, "model.savedmodel", MARKER) as scratch,
        pytest.raises(ProjectError, match="cannot be saved"),
    ):
        scratch.put()  # nothing was made
    assert (target / MARKER).read_text() == "old"


@pytest.mark.parametrize("kind", ["no folder", "a folder", "a file"])
def test_a_place_where_it_cannot_go_is_refused_at_once(kind, tmp_path):
    target, marker = tmp_path / "x" / "a.onnx", ""
    if kind == "a folder":
        target.mkdir(parents=True)
    if kind == "a file":
        marker = MARKER
        target.parent.mkdir()
        target.write_text("mine")
    with pytest.raises(ProjectError, match="cannot be saved") as told:
        Scratch(target, "model.onnx", marker)
    assert str(told.value).count(str(target)) == str(told.value).count("cannot be saved") == 1


def test_what_a_killed_process_has_left_is_removed_once_it_is_old(tmp_path):
    left = Scratch(tmp_path / "a.onnx", "model.onnx")
    made(left)
    with Scratch(tmp_path / "b.onnx", "model.onnx"):
        assert left.path.exists()
    os.utime(left.path.parent, (0, 0))
    with Scratch(tmp_path / "b.onnx", "model.onnx"):
        assert not left.path.parent.exists()
    assert module._STALE > 3600
