"""The roles by hand: what each refuses, what it writes first, and what it answers twice."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from quorate.impl.errors import ConfigError, ProtocolRefusal, SafetyViolation
from quorate.impl.multipaxos import (
    MULTIPAXOS,
    NO_OP,
    Accept,
    Accepted,
    Acceptor,
    CatchUp,
    Commands,
    Configurations,
    Decided,
    Heartbeat,
    Leadership,
    Learner,
    Membership,
    MultiPaxosRecord,
    MultiPaxosState,
    Nack,
    Prepare,
    Promise,
    PromiseRecord,
    Proposer,
    Reconfiguration,
    RoundRecord,
    SnapshotRecord,
    Vote,
    VoteRecord,
    acceptor,
    learner,
    proposer,
)
from quorate.impl.outputs import Persist, Send
from quorate.impl.paxos import Ballot
from quorate.impl.store import Put, Submission

LOW, HIGH = Ballot(1, "p"), Ballot(2, "q")
ONE, TWO = (Commands((Submission("c", n, Put("x", str(n))),)) for n in (1, 2))
NAMES = ("a", "b", "p")


def leader(*promises, first=0):
    p = Proposer("p", Configurations.initial(NAMES))
    p.prepare(LOW, first)
    for name, votes, trimmed in promises:
        p.receive(Promise(LOW, name, votes, trimmed))
    p.lead()
    return p


def put_together(records):
    state = MULTIPAXOS.empty
    for record in records:
        state = state.after(record)
    return state


@pytest.mark.parametrize(
    ("table", "situations", "messages"),
    [
        (acceptor.TABLE, acceptor.Standing, (Prepare, Accept, Heartbeat)),
        (proposer.TABLE, Leadership, (Promise, Nack, Accepted)),
        (learner.TABLE, learner.SlotStanding, learner.LearnerMessage.__args__),
    ],
)
def test_tables_are_total(table, situations, messages):
    assert set(table) == set(product(messages, situations))


def test_an_acceptor_writes_before_it_answers():
    a = Acceptor("a")
    assert a.receive(Prepare(LOW, 0)) == (
        Persist(PromiseRecord(LOW)),
        Send("p", Promise(LOW, "a", (), 0)),
    )
    assert a.receive(Accept(LOW, 3, ONE, 0)) == (
        Persist(VoteRecord(3, Vote(LOW, ONE))),
        Send("p", Accepted(LOW, "a", 3)),
    )
    assert a.receive(Accept(LOW, 3, ONE, 2)) == (Send("p", Accepted(LOW, "a", 3)),)
    assert a.receive(Prepare(HIGH, 0))[1].message.votes == ((3, Vote(LOW, ONE)),)


def test_an_acceptor_answers_a_repeated_prepare_as_before_or_not_at_all():
    a = Acceptor("a")
    a.receive(Prepare(LOW, 0))
    assert a.receive(Prepare(LOW, 0)) == (Send("p", Promise(LOW, "a", (), 0)),)
    a.receive(Accept(LOW, 3, ONE, 0))
    assert a.receive(Prepare(LOW, 0)) == ()


def test_a_vote_promises_its_ballot_for_all_slots():
    a = Acceptor("a")
    a.receive(Accept(HIGH, 3, ONE, 0))
    nack = (Send("p", Nack(LOW, "a", HIGH)),)
    for low in (Prepare(LOW, 0), Accept(LOW, 5, TWO, 0), Heartbeat(LOW, 0)):
        assert a.receive(low) == nack
    assert put_together([VoteRecord(3, Vote(HIGH, ONE))]).promised == HIGH


def test_two_decrees_in_one_ballot_and_slot_are_reported():
    a = Acceptor("a")
    a.receive(Accept(LOW, 3, ONE, 0))
    with pytest.raises(SafetyViolation, match=r"Ballot 1\.p carries two decrees in slot 3"):
        a.receive(Accept(LOW, 3, TWO, 0))


def test_promises_report_what_was_asked_for_and_what_was_given_up():
    a = Acceptor("a")
    for slot in (1, 2, 4):
        a.receive(Accept(LOW, slot, ONE, 0))
    a.trim(2)
    [_, promise] = a.receive(Prepare(HIGH, 3))
    assert promise.message == Promise(HIGH, "a", ((4, Vote(LOW, ONE)),), 2)


def test_a_proposer_repeats_the_highest_vote_in_each_slot():
    lower, higher = ((0, Vote(Ballot(0, "x"), ONE)),), ((0, Vote(Ballot(0, "y"), TWO)),)
    p = leader(("a", higher, 0), ("b", lower, 0))
    assert p.recovered == {0: TWO}
    assert p.propose(0, NO_OP)[0].message == Accept(LOW, 0, TWO, 0)
    assert p.propose(1, ONE)[-1] == Send("p", Accept(LOW, 1, ONE, 0))  # itself last: it writes


def test_a_promise_counts_once_and_only_of_its_ballot():
    p = Proposer("p", Configurations.initial(NAMES))
    p.prepare(LOW)
    for promise in (Promise(LOW, "a", (), 0), Promise(LOW, "a", (), 0), Promise(HIGH, "b", (), 0)):
        p.receive(promise)
    assert p.promised_by == ("a",)
    with pytest.raises(ProtocolRefusal, match="No phase-1 quorum has promised"):
        p.lead()


def test_a_late_promise_counts_where_nothing_is_proposed():
    p = leader(("a", (), 0), ("p", (), 0))
    p.propose(0, ONE)
    p.receive(
        Promise(LOW, "b", ((0, Vote(Ballot(0, "x"), TWO)), (1, Vote(Ballot(0, "x"), TWO))), 0)
    )
    assert p.proposed == {0: ONE}
    p.propose(1, NO_OP)
    assert p.proposed == {0: ONE, 1: TWO}


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (0, "p has already proposed in slot 0"),
        (4, "Slot 4 is chosen; p has to learn it"),
        (16, "p may not propose in slot 16 now"),
    ],
)
def test_where_a_leader_does_not_propose(slot, said):
    p = leader(("a", (), 5 if slot == 4 else 0), ("p", (), 0))
    if slot == 0:
        p.propose(0, ONE)
    with pytest.raises(ProtocolRefusal, match=said):
        p.propose(slot, TWO)


@pytest.mark.parametrize("ballot", [LOW, Ballot(9, "q")])
def test_a_ballot_is_its_own_and_new(ballot):
    p = Proposer("p", Configurations.initial(NAMES), state=MultiPaxosState(round=1))
    with pytest.raises(ProtocolRefusal, match=r"belongs to q, not p|has already used round 1"):
        p.prepare(ballot)


def test_votes_count_once_and_only_of_the_slots_acceptors():
    p = leader(("a", (), 0), ("p", (), 0))
    p.propose(0, ONE)
    for voter, slot in (("a", 0), ("a", 0), ("x", 0), ("b", 1)):
        p.receive(Accepted(LOW, voter, slot))
        assert not p.is_chosen(0)
    p.receive(Accepted(LOW, "p", 0))
    assert p.is_chosen(0) and not p.is_chosen(1)
    p.configurations.memberships = (Membership(16, ("x",)),)  # as a snapshot may leave it
    p.forget(20)
    assert not p.is_chosen(0)


def test_each_membership_has_to_promise_before_its_slots():
    p = leader(("a", (), 0), ("p", (), 0))
    p.configurations.change(0, ("x", "y", "z"))
    assert p.may_propose(15) and not p.is_prepared()
    p.forget(1)
    assert p.configurations.at(16) == ("x", "y", "z") and not p.may_propose(16)
    assert [o.dst for o in p.ask_again()] == ["b", "x", "y", "z"]
    p.receive(Promise(LOW, "x", (), 0))
    p.receive(Promise(LOW, "y", ((16, Vote(Ballot(0, "x"), TWO)),), 0))
    assert p.may_propose(16) and p.is_prepared()
    p.propose(16, NO_OP)
    assert p.proposed[16] == TWO


def test_a_learner_executes_in_order_and_never_changes_its_mind():
    one = Learner("l", Configurations.initial(NAMES))
    one.learn(1, TWO)
    assert one.execute() == () and one.executed == 0
    one.learn(0, ONE)
    assert [told.message.sequence for told in one.execute()] == [1, 2]
    with pytest.raises(SafetyViolation, match="two decrees were chosen"):
        one.learn(1, ONE)


def test_what_a_learner_tells_is_what_it_has_executed():
    one = Learner("l", Configurations.initial(NAMES))
    for slot in (0, 1, 3):
        one.learn(slot, NO_OP)
    one.execute()
    assert one.receive(CatchUp("b", 1)) == (Send("b", Decided(1, (NO_OP,))),)
    assert one.receive(CatchUp("b", 2)) == ()


def test_a_snapshot_has_the_memberships_from_there_on():
    one = Learner("l", Configurations.initial(NAMES, alpha=2))
    for slot, decree in enumerate((Reconfiguration(("x",)), ONE, Reconfiguration(("y",)), TWO)):
        one.learn(slot, decree)
    one.execute()
    [write] = one.take_snapshot()
    assert write.record.snapshot.memberships == (Membership(4, ("y",)),)
    again = Learner("l", Configurations.initial(NAMES, alpha=2), write.record.snapshot)
    assert again.configurations.at(4) == ("y",) and again.executed == 4
    assert again.store.snapshot() == one.store.snapshot()


@pytest.mark.parametrize(("members", "alpha"), [((), 1), (("a",), 0)])
def test_configurations_that_cannot_be(members, alpha):
    with pytest.raises(ConfigError, match="window of at least 1 slot"):
        Configurations.initial(members, alpha)


def test_what_is_on_disk_is_what_the_records_lead_to():
    one = Learner("l", Configurations.initial(NAMES))
    one.learn(0, ONE)
    one.execute()
    [snapshot] = one.take_snapshot()
    written = (
        RoundRecord(4),
        PromiseRecord(LOW),
        VoteRecord(0, Vote(LOW, ONE)),
        VoteRecord(1, Vote(LOW, TWO)),
        snapshot.record,
        PromiseRecord(HIGH),
    )
    state = put_together(written)
    assert state == MultiPaxosState(4, HIGH, {1: Vote(LOW, TWO)}, snapshot.record.snapshot)
    assert put_together(state.records()) == state and len(state.records()) == 4
    encoded = msgspec.json.encode(written)
    assert msgspec.json.decode(encoded, type=tuple[MultiPaxosRecord, ...]) == written
    assert SnapshotRecord in MULTIPAXOS.records and Heartbeat in MULTIPAXOS.messages
