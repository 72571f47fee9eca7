"""Messages in parts: each arrives whole or not at all, whatever becomes of its parts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.impl.envelope import Envelope
from quorate.impl.errors import WireError
from quorate.impl.network.codec import MAX_FRAME_BYTES, Codec, FrameReader
from quorate.impl.network.parts import MOST_BYTES, PART_BYTES, Gatherer, Piece, Splitter
from quorate.impl.paxos.messages import Ask, Learned

CODEC = Codec[object]((Ask, Learned, Piece))
SIZE = 64


def payloads(frames):
    return FrameReader().feed(b"".join(frames))


def cut(*values):
    cutter = Splitter(CODEC)
    cutter.part_bytes = SIZE
    return [payloads(cutter.frames(Envelope("a", "b", Learned(v)))) for v in values]


def told(frames, senders=("a",)):
    gatherer = Gatherer(CODEC, senders)
    found = (gatherer.take(payload) for payload in frames)
    return [envelope.body.value for envelope in found if envelope is not None]


def test_a_short_message_is_one_frame_and_a_long_one_is_whole_again():
    short, long = cut("x", "y" * 500)
    assert len(short) == 1 and len(long) > 7
    assert told([*short, *long]) == ["x", "y" * 500]
    assert told([*long, *long, *short]) == ["y" * 500, "x"]


@settings(max_examples=60)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_parts_that_are_lost_doubled_and_overtaken_make_no_other_message(lengths, random):
    values = [str(k) * length for k, length in enumerate(lengths)]
    frames = [payload for payloads in cut(*values) for payload in payloads]
    network = random.choices(frames, k=2 * len(frames)) if random.random() < 0.7 else frames
    assert set(told(network)) <= set(values)
    assert network is not frames or told(network) == values


def test_who_is_no_member_sends_no_parts():
    (long,) = cut("y" * 500)
    with pytest.raises(WireError, match="'a' is no member"):
        told(long, senders=("b",))


@pytest.mark.parametrize(
    "part", [Piece(1, 2, 2, b""), Piece(1, -1, 2, b""), Piece(1, 0, MOST_BYTES, b"xy")]
)
def test_parts_that_make_no_sense(part):
    with pytest.raises(WireError, match="A part says"):
        told([CODEC.encode(Envelope("a", "b", part))])


def test_a_part_is_no_message():
    inner = CODEC.encode(Envelope("a", "b", Piece(1, 0, 1, b"")))
    with pytest.raises(WireError, match="A part was cut into parts"):
        told([CODEC.encode(Envelope("a", "b", Piece(1, 0, 1, inner)))])


@pytest.mark.exhaustive
def test_a_long_message_fits_into_frames():
    cutter = Splitter(CODEC)
    value = "y" * (5 * PART_BYTES)
    frames = cutter.frames(Envelope("a", "b", Learned(value)))
    assert len(frames) == 6 and max(map(len, frames)) < MAX_FRAME_BYTES / 2
    assert told(payloads(frames)) == [value]
