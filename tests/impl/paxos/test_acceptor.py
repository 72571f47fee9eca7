"""The acceptor, row by row of its table."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos import (
    Accept,
    Accepted,
    Acceptor,
    AcceptorRecord,
    Ballot,
    Broadcast,
    Learned,
    Nack,
    Prepare,
    Promise,
    Role,
    Vote,
)
from quorate.impl.paxos.acceptor import TABLE, Standing

B1, B2, B3 = Ballot(1, "p"), Ballot(2, "q"), Ballot(3, "r")
V1, V2 = Vote(B1, "x"), Vote(B2, "y")
PROMISED_2 = AcceptorRecord(promised=B2)
PROMISED_2_VOTED_1 = AcceptorRecord(promised=B2, accepted=V1)
VOTED_2 = AcceptorRecord(promised=B2, accepted=V2)


def promise(ballot, vote=None):
    return Send(ballot.proposer, Promise(ballot, "a", vote))


def told(vote):
    return Broadcast(Role.LEARNERS, Accepted(vote.ballot, "a", vote.value))


def nack(ballot, promised):
    return Send(ballot.proposer, Nack(ballot, "a", promised))


TRANSITIONS = [
    # before, message, after (None: unchanged, nothing persisted), reply
    (AcceptorRecord(), Prepare(B1), AcceptorRecord(B1), promise(B1)),
    (AcceptorRecord(), Accept(B1, "x"), AcceptorRecord(B1, V1), told(V1)),
    (PROMISED_2, Prepare(B1), None, nack(B1, B2)),
    (PROMISED_2, Prepare(B2), None, promise(B2)),
    (PROMISED_2, Prepare(B3), AcceptorRecord(B3), promise(B3)),
    (PROMISED_2, Accept(B1, "x"), None, nack(B1, B2)),
    (PROMISED_2, Accept(B2, "y"), VOTED_2, told(V2)),
    (PROMISED_2_VOTED_1, Prepare(B2), None, promise(B2, V1)),
    (PROMISED_2_VOTED_1, Prepare(B3), AcceptorRecord(B3, V1), promise(B3, V1)),
    (PROMISED_2_VOTED_1, Accept(B2, "y"), VOTED_2, told(V2)),
    (PROMISED_2_VOTED_1, Accept(B3, "z"), AcceptorRecord(B3, Vote(B3, "z")), told(Vote(B3, "z"))),
    (PROMISED_2_VOTED_1, Accept(B1, "x"), None, nack(B1, B2)),
    (VOTED_2, Prepare(B2), None, None),
    (VOTED_2, Prepare(B3), AcceptorRecord(B3, V2), promise(B3, V2)),
    (VOTED_2, Accept(B2, "y"), None, told(V2)),
]


@pytest.mark.parametrize(("before", "message", "after", "reply"), TRANSITIONS)
def test_transition(before, message, after, reply):
    acceptor = Acceptor("a", before)
    outputs = acceptor.receive(message)
    persisted = () if after is None else (Persist(after),)
    replied = () if reply is None else (reply,)
    assert outputs == persisted + replied
    assert acceptor.record == (before if after is None else after)
    assert (acceptor.promised, acceptor.accepted) == (
        acceptor.record.promised,
        acceptor.record.accepted,
    )


def test_table_is_total_and_names_methods():
    assert set(TABLE) == {(kind, s) for kind in (Prepare, Accept) for s in Standing}
    assert all(callable(getattr(Acceptor, rule)) for rule in TABLE.values())


def test_a_second_value_in_one_ballot_is_loud_and_changes_nothing():
    acceptor = Acceptor("a", VOTED_2)
    with pytest.raises(SafetyViolation, match=r"2\.q carries two values, 'y' and 'z'"):
        acceptor.receive(Accept(B2, "z"))
    assert acceptor.record == VOTED_2


def test_misdirected_message_is_refused():
    with pytest.raises(ProtocolRefusal, match="An acceptor does not receive Learned"):
        Acceptor("a").receive(Learned("x"))


def test_recovers_what_was_persisted():
    assert Acceptor.recover("a", VOTED_2).record == VOTED_2
    assert Acceptor.recover("a", None).record == AcceptorRecord()


def test_a_copy_is_independent():
    acceptor = Acceptor("a", PROMISED_2)
    twin = copy.deepcopy(acceptor)
    twin.receive(Accept(B3, "z"))
    assert acceptor.record == PROMISED_2


ballots = st.sampled_from([B1, B2, B3])
messages = st.one_of(
    st.builds(Prepare, ballots),
    # One value per ballot, as a correct proposer sends them.
    ballots.map(lambda ballot: Accept(ballot, f"of {ballot}")),
)


@given(st.lists(messages, max_size=20))
def test_whatever_arrives_in_whatever_order(script):
    acceptor = Acceptor("a")
    replies: dict[object, list[object]] = {}
    for message in script:
        before = acceptor.record
        outputs = acceptor.receive(message)
        changed = acceptor.record != before
        assert changed == any(isinstance(output, Persist) for output in outputs)
        assert not changed or outputs[0] == Persist(acceptor.record)
        assert before.promised is None or acceptor.promised >= before.promised
        assert before.accepted is None or acceptor.accepted.ballot >= before.accepted.ballot
        granted = [o for o in outputs if not isinstance(o, Persist) and "Nack" not in repr(o)]
        replies.setdefault(message, []).extend(granted)
    assert all(len(set(map(repr, given_))) <= 1 for given_ in replies.values()), replies
