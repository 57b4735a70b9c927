"""The codec: what is written is read, and nothing else is."""

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bnstudio.training import frames
from bnstudio.training.frames import FrameError, encode, events, requests
from bnstudio.training.messages import (
    MAX_FRAME,
    Beat,
    Failed,
    Pause,
    Preview,
    Resume,
    Steps,
    Stop,
    Train,
)

names = st.text(max_size=8)
numbers = st.floats()
asked = st.one_of(
    st.just(Pause()),
    st.just(Resume()),
    st.just(Stop()),
    st.builds(Train, names, names, numbers, names, names),
    st.builds(Preview, names, names, st.integers(0, 2**63)),
)


@given(st.lists(asked, max_size=5))
def test_what_is_written_is_read(messages):
    frames = requests(io.BytesIO(b"".join(map(encode, messages))))
    read = []
    while (got := frames.read()) is not None:
        read.append(got[0])
    # repr, as NaN is not equal to itself
    assert list(map(repr, read)) == list(map(repr, messages))


@given(st.binary(max_size=200))
def test_garbage_is_refused_in_words(garbage):
    # An empty stream has ended; by chance alone nothing else is a message.
    stream = requests(io.BytesIO(garbage))
    if not garbage:
        assert stream.read() is None
        return
    with pytest.raises(FrameError, match=r"middle|most|could not be read"):
        stream.read()


@given(st.data())
def test_any_cut_is_noticed(data):
    whole = encode(Train("r", "project", keep="folder"))
    cut = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(FrameError, match="in the middle"):
        requests(io.BytesIO(whole[:cut])).read()


def test_a_length_over_the_limit_is_refused_before_it_is_read():
    stream = io.BytesIO((MAX_FRAME + 1).to_bytes(4, "big") + b"x" * 10)
    with pytest.raises(FrameError, match="is the most"):
        events(stream).read()
    assert stream.tell() == 4


def test_what_is_too_long_is_not_sent(monkeypatch):
    monkeypatch.setattr(frames, "MAX_FRAME", 100)
    with pytest.raises(FrameError, match=r"A Failed of .* bytes is longer"):
        encode(Failed("r", "x" * 101))


@pytest.mark.parametrize(
    "body",
    [
        msgspec.msgpack.encode({"type": "Explode"}),
        msgspec.msgpack.encode({"type": "Steps", "run": 3, "first": 0, "logs": {}, "elapsed": 0.0}),
        msgspec.msgpack.encode({"type": "Beat", "more": 1}),
        msgspec.msgpack.encode([1, 2]),
        b"\x91" * 100_000 + b"\xc0",
        b"\x81\xa4type\xa4\xff\xff\xff\xff",
        encode(Beat())[4:] + b"x",
        b"",
    ],
)
def test_what_is_no_message_is_refused(body):
    with pytest.raises(FrameError, match="could not be read"):
        events(io.BytesIO(len(body).to_bytes(4, "big") + body)).read()


def test_events_are_not_requests():
    frame = encode(Steps("r", 0, {"loss": (1.0,)}, 0.1))
    assert events(io.BytesIO(frame)).read()[0].logs == {"loss": (1.0,)}
    with pytest.raises(FrameError):
        requests(io.BytesIO(frame)).read()
