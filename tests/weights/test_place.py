"""Weights lie beside the project, and are found where it was renamed, saved elsewhere or undone."""

import os

import numpy as np
import pytest

from bnstudio.weights import WeightsError, array_of, place, write


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "user"
    made.mkdir()
    return made


def some(value, folder):
    target = place.room(folder)
    write(target, [("a", [array_of(np.full(3, value))])], "model.keras")
    return place.adopt(target, folder)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_weights_of_a_project_without_a_file_lie_in_the_users_folder(folder):
    kept = some(1.0, folder)
    assert names(folder) == [f"{kept.fingerprint}.weights"]
    assert place.find(kept.fingerprint, None, folder) == kept
    assert place.find("0" * 32, None, folder) is None


def test_saving_puts_them_beside_the_file(folder, tmp_path):
    kept, project = some(1.0, folder), tmp_path / "net.bnstudio"
    saved = place.put_beside(kept, project, folder)
    assert saved.path == tmp_path / "net.weights"
    assert place.find(kept.fingerprint, project, folder) == saved
    assert place.put_beside(saved, project, folder) is saved
    kept.path.unlink()
    again = place.put_beside(saved, tmp_path / "other.bnstudio", folder)
    assert again.path == tmp_path / "other.weights"
    assert again.read("a")[0].values.tolist() == [1.0] * 3
    assert names(tmp_path) == ["net.weights", "other.weights", "user"]


def test_a_project_that_was_renamed_alone_finds_its_weights(folder, tmp_path):
    kept = some(1.0, folder)
    saved = place.put_beside(kept, tmp_path / "net.bnstudio", folder)
    kept.path.unlink()
    some(2.0, folder)
    assert place.find(kept.fingerprint, tmp_path / "renamed.bnstudio", folder) == saved


def test_other_weights_beside_the_file_are_kept_for_an_undo(folder, tmp_path):
    one, two, project = some(1.0, folder), some(2.0, folder), tmp_path / "net.bnstudio"
    place.put_beside(one, project, folder)
    one.path.unlink()
    place.put_beside(two, project, folder)
    found = place.find(one.fingerprint, project, folder)
    assert found.read("a")[0].values.tolist() == [1.0] * 3
    assert place.find(two.fingerprint, project, folder).path == tmp_path / "net.weights"


@pytest.mark.parametrize("linked", [True, False])
def test_where_a_file_cannot_have_two_names_it_is_copied(folder, tmp_path, monkeypatch, linked):
    if not linked:

        def refuse(*_):
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", refuse)
    kept = some(1.0, folder)
    saved = place.put_beside(kept, tmp_path / "net.bnstudio", folder)
    assert os.path.samefile(saved.path, kept.path) == linked
    assert saved.path.read_bytes() == kept.path.read_bytes()


def test_what_cannot_be_put_beside_is_said_and_leaves_what_was_there(folder, tmp_path):
    kept = some(1.0, folder)
    target = tmp_path / "net.weights"
    target.mkdir()
    with pytest.raises(WeightsError, match=r"cannot be saved as .*net\.weights"):
        place.put_beside(kept, tmp_path / "net.bnstudio", folder)
    assert names(tmp_path) == ["net.weights", "user"]
    with pytest.raises(WeightsError, match="cannot be saved"):
        place.put_beside(kept, tmp_path / "nowhere" / "net.bnstudio", folder)


def test_old_weights_that_nobody_wants_go(folder):
    kept, wanted, new = some(1.0, folder), some(2.0, folder), some(3.0, folder)
    for each in (kept, wanted):
        os.utime(each.path, (0, 0))
    place.sweep(f'"{wanted.fingerprint}"', folder)
    assert names(folder) == sorted([wanted.path.name, new.path.name])
    os.utime(new.path, (0, 0))
    assert place.find(new.fingerprint, None, folder) is not None  # which counts as being asked for
    place.sweep("", folder)
    assert names(folder) == [new.path.name]


def test_a_file_of_another_program_is_not_replaced(folder, tmp_path):
    kept, other = some(1.0, folder), tmp_path / "yolo.weights"
    other.write_bytes(b"Darknet's weights have this suffix, too")
    with pytest.raises(WeightsError, match="would be lost"):
        place.put_beside(kept, tmp_path / "yolo.bnstudio", folder)
    assert other.read_bytes().startswith(b"Darknet")
    assert names(tmp_path) == ["user", "yolo.weights"]


def test_a_pipe_is_not_waited_for(folder, tmp_path):
    os.mkfifo(tmp_path / "net.weights")
    assert place.find("0" * 32, tmp_path / "net.bnstudio", folder) is None
