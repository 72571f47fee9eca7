"""The proposer: steps, refusals, the value rule, and the driven mode."""

from __future__ import annotations

import copy
from random import Random

import pytest

from quorate.impl.backoff import Backoff
from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Persist
from quorate.impl.paxos import (
    Accept,
    Accepted,
    AnyOf,
    Ballot,
    Broadcast,
    Nack,
    Prepare,
    Promise,
    Proposer,
    ProposerRecord,
    Quorums,
    Role,
    SetTimer,
    Vote,
)
from quorate.impl.paxos.proposer import RETRY, TABLE, Phase

A = ("a0", "a1", "a2")
B1, B2, B5 = Ballot(1, "p"), Ballot(2, "p"), Ballot(5, "p")


def proposer(record=None):
    return Proposer("p", A, record=record, backoff=Backoff(Random(1)))


def prepared(ballot=B5, *promises):
    made = proposer()
    made.prepare(ballot)
    for acceptor, vote in promises:
        made.receive(Promise(ballot, acceptor, vote))
    return made


def sent(outputs):
    return [o.message for o in outputs if isinstance(o, Broadcast)]


def test_prepare_persists_the_round_before_it_asks():
    made = proposer()
    assert made.prepare(B2) == (
        Persist(ProposerRecord(2)),
        Broadcast(Role.ACCEPTORS, Prepare(B2)),
    )
    assert (made.ballot, made.promises, made.best, made.proposed) == (B2, frozenset(), None, None)
    assert made.record == ProposerRecord(2)


@pytest.mark.parametrize(
    ("ballot", "why"),
    [
        (Ballot(9, "q"), "belongs to q"),
        (B1, "already used round 1"),
        (Ballot(0, "p"), "already used round 1"),
    ],
)
def test_prepare_refuses_a_foreign_or_used_ballot(ballot, why):
    made = proposer()
    made.prepare(B1)
    with pytest.raises(ProtocolRefusal, match=why):
        made.prepare(ballot)
    assert made.ballot == B1


def test_a_restarted_proposer_never_reuses_a_round():
    made = Proposer.recover("p", A, None, ProposerRecord(5))
    with pytest.raises(ProtocolRefusal, match="round 5"):
        made.prepare(B5)
    with pytest.raises(ProtocolRefusal, match="not prepared"):
        made.propose("x")
    assert made.phase is Phase.IDLE


def test_propose_needs_a_quorum_and_happens_once():
    made = prepared(B5, ("a0", None))
    with pytest.raises(ProtocolRefusal, match="1 of 3 acceptors"):
        made.propose("x")
    made.receive(Promise(B5, "a2", None))
    assert made.propose("x") == (Broadcast(Role.ACCEPTORS, Accept(B5, "x")),)
    assert made.proposed == "x"
    with pytest.raises(ProtocolRefusal, match="already proposed"):
        made.propose("x")


@pytest.mark.parametrize(
    ("votes", "value"),
    [
        ([None, None], "own"),
        ([None, Vote(B1, "x")], "x"),
        ([Vote(B2, "y"), Vote(B1, "x")], "y"),
        ([Vote(B1, "x"), Vote(B2, "y")], "y"),
        ([Vote(Ballot(2, "a"), "x"), Vote(Ballot(2, "b"), "y")], "y"),
        # The values are ordered against the ballots: "max by value" would differ.
        ([Vote(B1, "z"), Vote(B2, "a")], "a"),
    ],
)
def test_the_value_of_the_highest_reported_vote_is_proposed(votes, value):
    made = prepared(B5, *zip(A, votes, strict=False))
    assert sent(made.propose("own")) == [Accept(B5, value)]


@pytest.mark.parametrize(
    "stray",
    [
        Promise(B2, "a1", Vote(B1, "x")),
        Promise(B5, "a0", Vote(B1, "x")),
        Promise(B5, "stranger", Vote(B1, "x")),
    ],
    ids=["stale ballot", "duplicate", "stranger"],
)
def test_promises_that_do_not_count(stray):
    made = prepared(B5, ("a0", None))
    assert made.receive(stray) == ()
    assert (made.promises, made.promise_count, made.best) == (frozenset({"a0"}), 1, None)


def test_a_promise_after_the_proposal_changes_nothing():
    made = prepared(B5, ("a0", None), ("a1", None))
    made.propose("x")
    assert made.receive(Promise(B5, "a2", Vote(B1, "y"))) == ()
    assert (made.promises, made.best, made.proposed) == (frozenset({"a0", "a1"}), None, "x")


def test_a_new_ballot_forgets_the_old_round():
    made = prepared(B2, ("a0", Vote(B1, "x")), ("a1", None))
    made.propose("y")
    made.prepare(B5)
    assert (made.promises, made.best, made.proposed) == (frozenset(), None, None)


def test_explicit_quorums_are_obeyed():
    row = Quorums(AnyOf(frozenset({frozenset({"a0", "a2"})})), AnyOf(frozenset()))
    made = Proposer("p", A, row)
    made.prepare(B1)
    made.receive(Promise(B1, "a0", None))
    made.receive(Promise(B1, "a1", None))
    assert not made.phase_one_done()
    made.receive(Promise(B1, "a2", None))
    assert made.phase_one_done()


def test_misdirected_message_is_refused():
    with pytest.raises(ProtocolRefusal, match="A proposer does not receive Accepted"):
        proposer().receive(Accepted(B1, "a0", "x"))


def test_table_is_total():
    assert set(TABLE) == {(kind, phase) for kind in (Promise, Nack) for phase in Phase}
    assert all(callable(getattr(Proposer, rule)) for rule in TABLE.values())


def test_a_request_proposes_by_itself_at_the_quorum():
    made = proposer()
    outputs = made.request("x")
    assert sent(outputs) == [Prepare(B1)]
    assert isinstance(outputs[-1], SetTimer) and outputs[-1].name == RETRY
    assert made.request("another") == ()
    assert made.receive(Promise(B1, "a0", None)) == ()
    assert sent(made.receive(Promise(B1, "a1", None))) == [Accept(B1, "x")]


def test_a_nack_is_outbid_after_a_while_not_at_once():
    made = proposer()
    made.request("x")
    refusal = Nack(B1, "a0", Ballot(7, "q"))
    (timer,) = made.receive(refusal)
    assert isinstance(timer, SetTimer)
    assert made.receive(refusal) == (), "the same news again must not postpone the retry"
    assert sent(made.timeout(RETRY)) == [Prepare(Ballot(8, "p"))]


def test_a_nack_outside_a_request_only_informs():
    made = prepared(B1, ("a1", None))
    assert made.receive(Nack(B1, "a0", Ballot(7, "q"))) == ()
    assert made.ballot == B1 and made.promises == {"a1"}


def test_a_settled_proposer_retries_no_more():
    made = proposer()
    made.request("x")
    made.settle()
    assert made.timeout(RETRY) == ()
    assert made.timeout("unknown") == ()


def test_delays_grow_stay_random_and_are_capped():
    backoff = Backoff(Random(3), first_s=0.1, ceiling_s=2.0)
    for attempt in range(1, 2000, 7):
        whole = min(2.0, 0.1 * 2.0 ** min(attempt - 1, 30))
        assert whole / 2 <= backoff.delay_s(attempt) <= whole


def test_a_copy_is_independent_in_state_and_in_randomness():
    made = prepared(B1, ("a0", None))
    twin = copy.deepcopy(made)
    twin.receive(Promise(B1, "a1", None))
    assert made.promises == {"a0"}
    assert made.request("x")[-1] == twin.request("x")[-1]
