"""All that is said in each protocol that replicates the store, as bytes and back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quorate.impl.cluster.systems import SYSTEMS, admit_submission, codec_of
from quorate.impl.envelope import Envelope
from quorate.impl.errors import WireError
from quorate.impl.store import CompareAndSet, Completed, Put, Redirected, Submission

NAMES = sorted(SYSTEMS)


def envelopes(name):
    kinds = (*SYSTEMS[name].messages, Submission, Completed, Redirected)
    return st.builds(Envelope, st.text(), st.text(), st.one_of(map(st.from_type, kinds)))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(data=st.data())
def test_messages_round_trip(name, data):
    codec, envelope = codec_of(SYSTEMS[name]), data.draw(envelopes(name))
    assert codec.decode(codec.encode(envelope)) == envelope


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(data=st.data())
def test_damaged_messages_never_raise_anything_else(name, data):
    codec = codec_of(SYSTEMS[name])
    payload = bytearray(codec.encode(data.draw(envelopes(name))))
    payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        codec.decode(bytes(payload))


@pytest.mark.parametrize("name", NAMES)
def test_all_tags_differ(name):
    system = SYSTEMS[name]
    for kinds in (system.messages, system.records):
        assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)


def test_what_is_no_message_of_the_protocol_is_refused_by_its_name():
    with pytest.raises(WireError, match="Invalid value 'promise'"):
        codec_of(SYSTEMS["raft"]).decode(b'{"src":"a","dest":"b","body":{"type":"promise"}}')


@pytest.mark.parametrize(
    ("envelope", "why"),
    [
        (Envelope("c", "n0", Redirected(1, None)), "may only submit commands of its own"),
        (Envelope("c", "n0", Submission("d", 1, Put("k", "v"))), "commands of its own"),
        (Envelope("c", "n0", Submission("c", 1, Put("k", "v" * 70_000))), "70000 bytes is above"),
        (Envelope("c", "n0", Submission("c", 1, CompareAndSet("\udc80", None, "v"))), "Unicode"),
    ],
)
def test_a_client_may_submit_its_own_commands_only(envelope, why):
    with pytest.raises(WireError, match=why):
        admit_submission(envelope)


def test_a_client_may_expect_nothing():
    admit_submission(Envelope("c", "n0", Submission("c", 1, CompareAndSet("k", None, "v"))))
