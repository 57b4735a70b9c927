"""Weights are read as they were written, or refused in words."""

import io
import zipfile

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from bnstudio.weights import Array, WeightsError, array_of, open_weights, side_file, write
from tests.damage import damaged

DTYPES = st.sampled_from(sorted(set(side_file.BYTES) - {"bfloat16"}))
SHAPES = arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
LAYERS = st.dictionaries(
    st.text(min_size=1, max_size=6),
    st.lists(arrays.arrays(DTYPES, SHAPES).map(array_of), max_size=3),
    max_size=4,
)


@given(LAYERS)
def test_what_is_written_is_read(tmp_path_factory, layers):
    path = tmp_path_factory.mktemp("kept") / "net.weights"
    written = write(path, iter(layers.items()), "model.keras")
    found = open_weights(path)
    assert found == written
    assert found.origin == "model.keras"
    assert list(found.layers) == list(layers)
    for id, layer in layers.items():
        again = found.read(id)
        assert [each.dtype for each in again] == [each.dtype for each in layer]
        for place, (one, other) in enumerate(zip(again, layer, strict=True)):
            assert one.values.shape == other.values.shape
            assert one.values.tobytes() == other.values.tobytes()
            flat = b"".join(block.tobytes() for block in found.blocks(id, place))
            assert flat == other.values.tobytes()
    assert found.read("nobody") == ()
    assert [left.name for left in path.parent.iterdir()] == [path.name]


def test_bfloat16_is_kept_as_bits_and_read_as_numbers(tmp_path):
    numbers = np.array([1.5, -2.0, 0.0, np.inf], "f4")
    bits = (numbers.view("u4") >> 16).astype("u2")
    found = write(tmp_path / "net.weights", [("a", [Array(bits, "bfloat16")])])
    (array,) = found.read("a")
    assert array.values.tobytes() == bits.tobytes()
    assert array.numbers.tolist() == numbers.tolist()
    assert [block.tolist() for block in found.blocks("a", 0)] == [numbers.tolist()]


def test_an_array_of_objects_has_no_place(tmp_path):
    with pytest.raises(WeightsError, match="object has no place"):
        array_of(np.array([{}], dtype=object))


def test_the_fingerprint_tells_weights_apart_and_nothing_else(tmp_path):
    def of(name, value, id="a"):
        return write(tmp_path / name, [(id, [array_of(np.full(3, value))])]).fingerprint

    assert of("x", 1.0) == of("y", 1.0)
    assert len({of("x", 1.0), of("x", 2.0), of("x", 1.0, "b")}) == 3


@given(st.data())
def test_a_damaged_file_is_refused_in_words(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("kept") / "net.weights"
    kernel = np.arange(6.0).reshape(2, 3)
    whole = write(path, [("a", [array_of(kernel)])])
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    try:
        found = open_weights(path)
        read = found.read("a")
    except WeightsError:
        return
    # What was hit says nothing: a date, or an attribute.
    assert found.layers == whole.layers
    assert read[0].values.tobytes() == kernel.tobytes()


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "net.weights"
    write(path, [("a", [array_of(np.ones(3))])])
    before = path.read_bytes()

    def cut_short():
        yield "a", [array_of(np.zeros(3))]
        raise OSError(28, "No space left on device")

    with pytest.raises(WeightsError, match="No space left"):
        write(path, cut_short())

    def given_up():
        yield "a", [array_of(np.zeros(3))]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(path, given_up())
    assert path.read_bytes() == before
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_a_file_that_was_changed_meanwhile_is_not_read(tmp_path):
    path = tmp_path / "net.weights"
    opened = write(path, [("a", [array_of(np.ones(3))])])
    write(path, [("a", [array_of(np.zeros(3))])])
    with pytest.raises(WeightsError, match="has been changed"):
        opened.read("a")
    with pytest.raises(WeightsError, match="There is no file"):
        open_weights(tmp_path / "nowhere")


def archive(head=None, kind=zipfile.ZIP_STORED, **members) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", kind) as file:
        for name, blob in members.items():
            file.writestr(name.replace("_", "/") + ".npy", blob)
        if head is not None:
            file.writestr("head.msgpack", msgspec.msgpack.encode(head))
    return out.getvalue()


def head(shape=(3,), dtype="float32", **others):
    known = {"format": "bnstudio weights", "version": 1, "origin": "", "layers": {}}
    return {**known, "layers": {"a": [[shape, dtype]]}, **others}


def npy(array, **options) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


ONES = npy(np.ones(3, "f4"))
BOMB = npy(np.ones(3, "f4")).replace(b"(3,), ", b"(9**9")


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        (b"", "cannot be read"),
        (archive(a_0=ONES), "cannot be read"),
        (archive([]), "holds no weights"),
        (archive(head(format="x")), "holds no weights"),
        (archive(head(version=9)), "Another version of bnstudio"),
        (archive(head(), **{"1_0": ONES}), "not those of its head"),
        (archive(head()), "not those of its head"),
        (archive(head(dtype="object"), **{"0_0": ONES}), "of the type 'object'"),
        (archive(head(shape=(-1,)), **{"0_0": ONES}), "cannot be read"),
        (archive(head(shape=(2**60,)), **{"0_0": ONES}), "cannot be read"),
        (archive(head(shape=(2**40,)), **{"0_0": ONES}), "instead of"),
        (archive(head(dtype="float64"), **{"0_0": ONES}), "instead of"),
        (archive(head(), zipfile.ZIP_DEFLATED, **{"0_0": ONES}), "not as it is written"),
        (archive(head(), **{"0_0": ONES[:-4]}), "does not hold what it says"),
        (archive(head(), **{"0_0": BOMB}), "cannot be read"),
        (
            archive(head(), **{"0_0": npy(np.array([{}] * 3, object), allow_pickle=True)}),
            "does not hold what it says",
        ),
    ],
)
def test_what_holds_no_weights_is_refused_in_words(tmp_path, blob, words):
    path = tmp_path / "net.weights"
    path.write_bytes(blob)
    with pytest.raises(WeightsError, match=words):
        open_weights(path).read("a")
