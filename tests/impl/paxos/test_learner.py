"""The learner: counting, telling, asking, and the alarm."""

from __future__ import annotations

import copy

import pytest

from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos import (
    Accepted,
    Ask,
    Ballot,
    Broadcast,
    Commit,
    Learned,
    Learner,
    LearnerRecord,
    Prepare,
    Role,
    SetTimer,
)
from quorate.impl.paxos.learner import CATCH_UP, TABLE, Knowledge

A = ("a0", "a1", "a2")
B1, B2 = Ballot(1, "p"), Ballot(2, "q")
TOLD = (Persist(LearnerRecord("x")), Commit("x"))


def learner(*votes, record=None):
    made = Learner("l", A, record=record)
    for ballot, acceptor, value in votes:
        made.receive(Accepted(ballot, acceptor, value))
    return made


def test_a_quorum_in_one_ballot_is_told_once():
    made = learner((B1, "a0", "x"))
    assert made.committed is None
    assert made.receive(Accepted(B1, "a2", "x")) == TOLD
    assert made.committed == "x" and made.record == LearnerRecord("x")
    assert made.receive(Accepted(B1, "a1", "x")) == ()
    assert made.tally == {B1: frozenset(A)}


@pytest.mark.parametrize(
    "vote",
    [(B1, "a0", "x"), (B2, "a1", "x"), (B1, "stranger", "x")],
    ids=["duplicate", "other ballot", "stranger"],
)
def test_votes_that_do_not_add_up(vote):
    made = learner((B1, "a0", "x"), vote)
    assert made.committed is None


def test_a_later_ballot_with_the_same_value_is_no_news():
    made = learner((B1, "a0", "x"), (B1, "a1", "x"), (B2, "a1", "x"))
    assert made.receive(Accepted(B2, "a2", "x")) == ()
    assert made.tally_count == {B1: 2, B2: 2}


def test_two_decisions_are_loud():
    made = learner((B1, "a0", "x"), (B1, "a1", "x"), (B2, "a1", "y"))
    with pytest.raises(SafetyViolation, match="learned 'x' and now learns 'y'"):
        made.receive(Accepted(B2, "a2", "y"))
    with pytest.raises(SafetyViolation, match="learned 'x' and now learns 'z'"):
        made.receive(Learned("z"))
    assert made.committed == "x"


def test_two_values_in_one_ballot_are_loud():
    made = learner((B1, "a0", "x"))
    with pytest.raises(SafetyViolation, match=r"1\.p carries two values, 'x' and 'y'"):
        made.receive(Accepted(B1, "a1", "y"))


def test_it_asks_until_it_knows():
    made = learner()
    question = (Broadcast(Role.LEARNERS, Ask("l")), SetTimer(CATCH_UP, 0.5))
    assert made.start() == question
    assert made.timeout(CATCH_UP) == question and made.unanswered == 1
    assert made.timeout("another timer") == ()
    assert made.receive(Ask("m")) == ()
    assert made.receive(Learned("x")) == TOLD
    assert made.timeout(CATCH_UP) == ()
    assert made.receive(Ask("m")) == (Send("m", Learned("x")),)


def test_a_restarted_learner_tells_again():
    made = Learner.recover("l", A, None, LearnerRecord("x"))
    assert made.start() == (Commit("x"),)
    assert made.tally == {}


def test_misdirected_message_is_refused():
    with pytest.raises(ProtocolRefusal, match="A learner does not receive Prepare"):
        learner().receive(Prepare(B1))


def test_table_is_total():
    assert set(TABLE) == {(k, s) for k in (Accepted, Learned, Ask) for s in Knowledge}
    assert all(callable(getattr(Learner, rule)) for rule in TABLE.values())


def test_a_copy_is_independent():
    made = learner((B1, "a0", "x"))
    copy.deepcopy(made).receive(Accepted(B1, "a1", "x"))
    assert made.committed is None and made.tally == {B1: {"a0"}}
