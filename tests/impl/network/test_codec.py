"""Messages as bytes and back, and everything that is not a message."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.cluster.paxos_requests import PAXOS_CODEC
from quorate.impl.envelope import Envelope
from quorate.impl.errors import WireError
from quorate.impl.network.codec import (
    MAX_FRAME_BYTES,
    MAX_VALUE_BYTES,
    FrameReader,
    check_value,
    frame,
)
from quorate.impl.paxos import (
    Accept,
    Accepted,
    Ask,
    Ballot,
    Learned,
    Nack,
    Prepare,
    Promise,
    Request,
    Vote,
)

names = st.text(max_size=8)
ballots = st.builds(Ballot, st.integers(0, 2**80), names)
votes = st.builds(Vote, ballots, names)
bodies = st.one_of(
    st.builds(Prepare, ballots),
    st.builds(Promise, ballots, names, st.none() | votes),
    st.builds(Accept, ballots, names),
    st.builds(Accepted, ballots, names, names),
    st.builds(Nack, ballots, names, ballots),
    st.builds(Ask, names),
    st.builds(Learned, names),
    st.builds(Request, names),
)
envelopes = st.builds(Envelope, names, names, bodies)


@given(envelopes)
def test_round_trip(envelope):
    assert PAXOS_CODEC.decode(PAXOS_CODEC.encode(envelope)) == envelope


def test_the_shape_is_maelstroms():
    envelope = Envelope("a0", "p", Promise(Ballot(2, "p"), "a0", Vote(Ballot(1, "q"), "x")))
    assert json.loads(PAXOS_CODEC.encode(envelope)) == {
        "src": "a0",
        "dest": "p",
        "body": {
            "type": "promise",
            "ballot": {"round": 2, "proposer": "p"},
            "acceptor": "a0",
            "accepted": {"ballot": {"round": 1, "proposer": "q"}, "value": "x"},
        },
    }


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "truncated"),
        (b"\xff\xfe", "Not a message"),
        (b"[]", "Expected `object`"),
        (b'{"src":"a","dest":"b"}', "missing required field `body`"),
        (b'{"src":"a","dest":"b","body":{}}', "missing required field `type`"),
        (
            b'{"src":"a","dest":"b","body":{"type":"raft"}}',
            "Invalid value 'raft' - at `..body.type`",
        ),
        (b'{"src":"a","dest":"b","body":{"type":"prepare"}}', "missing required field `ballot`"),
        (
            b'{"src":"a","dest":"b","body":{"type":"prepare","ballot":{"round":"1","proposer":"p"}}}',
            "Expected `int`, got `str`",
        ),
        (b'{"src":"a","dest":"b","body":{"type":"ask","learner":null}}', "Expected `str`"),
        (b'{"src":1,"dest":"b","body":{"type":"ask","learner":"l"}}', "Expected `str`"),
        (b'{"body":' + b"[" * 100_000, "Not a message"),
    ],
)
def test_what_is_not_a_message_says_why(payload, why):
    with pytest.raises(WireError, match=why.replace("(", r"\(")) as caught:
        PAXOS_CODEC.decode(payload)
    assert len(str(caught.value)) < 300


@given(st.binary(max_size=200))
def test_garbage_never_raises_anything_else(payload):
    with pytest.raises(WireError):
        PAXOS_CODEC.decode(payload)


@given(envelopes, st.data())
def test_damaged_messages_never_raise_anything_else(envelope, data):
    payload = bytearray(PAXOS_CODEC.encode(envelope))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        PAXOS_CODEC.decode(bytes(payload))


def test_the_worst_value_fits_into_every_message():
    worst = "\0" * MAX_VALUE_BYTES
    check_value(worst)
    ballot = Ballot(2**64, "p" * 100)
    frame(PAXOS_CODEC.encode(Envelope("a", "p", Promise(ballot, "a", Vote(ballot, worst)))))
    with pytest.raises(WireError, match="65537 bytes is above the limit"):
        check_value(worst + "x")


def test_text_that_is_not_unicode_cannot_be_sent():
    with pytest.raises(WireError, match="not Unicode"):
        PAXOS_CODEC.encode(Envelope("a", "b", Learned("\udc80")))


@given(st.lists(st.binary(max_size=50), max_size=6), st.lists(st.integers(1, 9), min_size=1))
def test_frames_survive_any_chopping(payloads, cuts):
    stream = b"".join(map(frame, payloads))
    reader, read, turn = FrameReader(), [], 0
    while stream:
        size = cuts[turn % len(cuts)]
        read += reader.feed(stream[:size])
        stream, turn = stream[size:], turn + 1
    reader.close()
    assert read == payloads


def test_a_stream_cut_in_a_frame_is_an_error():
    reader = FrameReader()
    assert reader.feed(frame(b"abc")[:-1]) == []
    with pytest.raises(WireError, match="ended 6 bytes into a frame"):
        reader.close()


def test_oversized_frames_are_refused_on_both_sides():
    with pytest.raises(WireError, match="above the limit of 16777216"):
        frame(bytes(MAX_FRAME_BYTES + 1))
    with pytest.raises(WireError, match="4294967295 bytes is above the limit"):
        FrameReader().feed(b"\xff\xff\xff\xff")
