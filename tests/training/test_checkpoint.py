"""A checkpoint is read as it was written, or refused in words."""

import io
import math
import zipfile

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bnstudio.training import checkpoint as files
from bnstudio.training.checkpoint import (
    Checkpoint,
    CheckpointError,
    head,
    read,
    read_epochs,
    read_head,
    write,
)
from bnstudio.training.messages import Epoch
from tests.damage import damaged

DTYPES = st.sampled_from(["f4", "f8", "f2", "i8", "u4", "u1", "?"])
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
ARRAYS = st.dictionaries(
    st.from_regex(r"[a-z0-9/]{1,12}", fullmatch=True), arrays.arrays(DTYPES, SHAPES), max_size=4
)


def kept(count=3, found=None) -> Checkpoint:
    told = tuple(
        Epoch("r", number, 7 * (number + 1), {"loss": 1.0, "f1": math.nan}, 0.5, 0.1)
        for number in range(count)
    )
    states = {"EarlyStopping": {"wait": 2, "best": math.inf, "best_epoch": 0}}
    first = head(count, 7 * count, 1.5, ["dense/kernel"], 0.25, states)
    return Checkpoint(first, told, found or {"variables/0": np.arange(6.0).reshape(2, 3)})


@given(ARRAYS, st.integers(1, 20))
def test_what_is_written_is_read(tmp_path_factory, found, count):
    path = tmp_path_factory.mktemp("kept") / "last.checkpoint"
    whole = kept(count, found)
    write(path, whole)
    assert read_head(path) == whole.head
    assert repr(read_epochs(path)) == repr((whole.head, whole.epochs))  # NaN is not itself
    again = read(path)
    assert again.arrays.keys() == whole.arrays.keys()
    for name, array in whole.arrays.items():
        assert (again.arrays[name].dtype, again.arrays[name].shape) == (array.dtype, array.shape)
        assert again.arrays[name].tobytes() == array.tobytes()
    if found:
        with np.load(path) as plain:
            assert set(plain.files) >= found.keys()
    assert [left.name for left in path.parent.iterdir()] == [path.name]


@given(st.data())
def test_a_damaged_file_is_refused_in_words(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("kept") / "last.checkpoint"
    write(path, kept())
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        found = read(path)
    except CheckpointError:
        return
    # What was hit says nothing: a date, or an attribute.
    assert repr(found.epochs) == repr(kept().epochs)
    for name, array in found.arrays.items():
        assert array.tobytes() == kept().arrays[name].tobytes()


def archive(**members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", members.pop("kind", zipfile.ZIP_STORED)) as file:
        for name, blob in members.items():
            file.writestr(name.replace("_", "."), blob)
    return out.getvalue()


HEAD = msgspec.msgpack.encode(kept().head)
EPOCHS = msgspec.msgpack.encode(kept().epochs)
OBJECT = io.BytesIO()
np.save(OBJECT, np.array([{}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "cannot be read"),
        (archive(other_txt=b"x"), "cannot be read"),
        (archive(head_msgpack=msgspec.msgpack.encode([])), "no checkpoint of bnstudio"),
        (
            archive(head_msgpack=msgspec.msgpack.encode({"format": "x"})),
            "no checkpoint of bnstudio",
        ),
        (
            archive(
                head_msgpack=msgspec.msgpack.encode({"format": files._FORMAT, "version": 9}),
            ),
            "Another version of bnstudio",
        ),
        (archive(head_msgpack=HEAD, epochs_msgpack=EPOCHS[:-3]), "cannot be read"),
        (
            archive(head_msgpack=HEAD, epochs_msgpack=msgspec.msgpack.encode(kept(2).epochs)),
            "do not count up",
        ),
        (
            archive(kind=zipfile.ZIP_DEFLATED, head_msgpack=HEAD, epochs_msgpack=EPOCHS),
            "not as it is written",
        ),
        (
            archive(head_msgpack=HEAD, epochs_msgpack=EPOCHS, a_npy=OBJECT.getvalue()),
            "does not hold what it says",
        ),
    ],
)
def test_what_is_no_checkpoint_is_refused_in_words(tmp_path, blob, words):
    path = tmp_path / "last.checkpoint"
    path.write_bytes(blob)
    with pytest.raises(CheckpointError, match=words):
        read(path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "last.checkpoint"
    write(path, kept(1))
    before = path.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CheckpointError, match="No space left"):
        write(path, kept(2))
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == [path.name]
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        read(tmp_path / "nowhere")
