"""The replica: elections, one round trip a decision, recovery, batches, who is behind."""

from __future__ import annotations

import copy
from collections import deque
from random import Random

import pytest

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.multipaxos import (
    NO_OP,
    Accept,
    Accepted,
    CatchUp,
    Commands,
    Decided,
    Heartbeat,
    InstallSnapshot,
    MultiPaxosState,
    Pace,
    Prepare,
    Reconfiguration,
    Replica,
)
from quorate.impl.multipaxos.defects import COMPOSITIONS
from quorate.impl.outputs import Persist
from quorate.impl.paxos import Ballot
from quorate.impl.replicated.parts import Outgoing
from quorate.impl.replicated.patience import Patience
from quorate.impl.store import Answered, CompareAndSet, Completed, Get, Put, Redirected, Submission

NAMES = ("a", "b", "c")
LOCK = Submission("client", 1, CompareAndSet("lock", None, "mine"))


def put(n, client="client"):
    return Submission(client, n, Put("x", str(n)))


class Room:
    """Replicas between whom messages keep their order, but for those that are away."""

    def __init__(self, names=NAMES, members=None, pace=None, variant="healthy"):
        self.names, self.members, self.pace = names, members or names, pace
        self.composition = COMPOSITIONS[variant]
        self.disks = dict.fromkeys(names, MultiPaxosState())
        self.away, self.held, self.answers, self.sent = set(), (), [], []
        self.under_way = deque()
        self.replicas = {}
        for number, name in enumerate(names):
            self.start(name, 10 + 10 * number)

    def start(self, name, ticks=10):
        patience = Patience(Random(1), ticks, ticks)
        self.replicas[name] = Replica(
            name, self.members, self.disks[name], patience, self.pace, self.composition
        )

    def carry_out(self, name, outputs):
        self.put_down(name, outputs)
        while self.under_way:
            src, dst, message = self.under_way.popleft()
            if not self.away & {src, dst}:
                self.put_down(dst, self.replicas[dst].receive(message))

    def put_down(self, name, outputs):
        for output in outputs:
            if isinstance(output, Persist):
                self.disks[name] = self.disks[name].after(output.record)
            elif output.dst not in self.names:
                self.answers.append(output.message)
            else:
                self.sent.append(output.message)
                if not isinstance(output.message, self.held):
                    self.under_way.append((name, output.dst, output.message))

    def tick(self, name, times=1):
        for _ in range(times):
            self.carry_out(name, self.replicas[name].tick())

    def submit(self, name, *submissions):
        for submission in submissions:
            self.carry_out(name, self.replicas[name].submit(submission))

    def submit_at_once(self, name, *submissions):
        """All before any message arrives."""
        outputs = [self.replicas[name].submit(each) for each in submissions]
        self.carry_out(name, [o for each in outputs for o in each])

    def leaders(self):
        return [n for n, r in self.replicas.items() if r.leads]

    def stores(self):
        return [r.learner.store.snapshot() for r in self.replicas.values()]


@pytest.fixture
def led():
    room = Room()
    room.tick("a", 10)
    room.sent.clear()
    return room


def test_silence_makes_a_leader():
    room = Room()
    room.tick("a", 9)
    assert room.leaders() == [] and room.sent == []
    room.tick("a")
    assert room.leaders() == ["a"]
    assert {r.leader for r in room.replicas.values()} == {"a"}
    assert room.replicas["c"].acceptor.promised == Ballot(1, "a")


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_a_decision_costs_one_round_trip_and_two_messages_for_each_follower(n):
    room = Room(tuple("abcde"[:n]))
    room.tick("a", 10)
    room.sent.clear()
    commands = [put(i) for i in range(1, 8)]
    room.submit("a", *commands)
    assert [type(m) for m in room.sent] == ([Accept] * (n - 1) + [Accepted] * (n - 1)) * 7
    assert room.answers == [Completed(i, Answered(None)) for i in range(1, 8)]
    assert room.replicas["a"].learner.executed == 7


def test_followers_hear_of_a_decision_with_the_next_one_or_a_heartbeat(led):
    led.submit("a", put(1), put(2))
    assert [r.learner.executed for r in led.replicas.values()] == [2, 1, 1]
    led.tick("a", 3)
    led.tick("a", 3)
    assert [type(m) for m in led.sent[8:]] == [Heartbeat] * 2
    assert [r.learner.executed for r in led.replicas.values()] == [2, 2, 2]
    assert len(set(led.stores())) == 1


def test_who_was_late_hears_its_mail_first_and_beats_once(led):
    leader, follower = led.replicas["a"], led.replicas["b"]
    follower.pass_time(100)
    led.tick("a", 3)
    assert follower.fire_timers() == ()
    leader.pass_time(100)
    assert [type(o.message) for o in leader.fire_timers()] == [Heartbeat] * 2
    assert leader.fire_timers() == ()


def test_that_a_beat_is_due_is_not_forgotten_when_the_leader_is_heard(led):
    led.away = {"c"}
    led.submit("a", put(1))
    led.away = set()
    led.replicas["c"].pass_time(3)
    led.tick("a", 6)
    assert [type(o.message) for o in led.replicas["c"].fire_timers()] == [CatchUp]


def test_whoever_hears_a_leader_waits_anew(led):
    led.tick("b", 19)
    led.tick("a", 3)
    led.tick("b", 19)
    assert led.leaders() == ["a"]
    led.tick("b")
    assert led.leaders() == ["b"] and led.replicas["b"].acceptor.promised == Ballot(2, "b")


def test_what_comes_while_the_window_is_full_is_one_batch():
    room = Room(pace=Pace(alpha=2))
    room.tick("a", 10)
    room.submit_at_once("a", *(put(1, c) for c in "123456"))
    log = room.replicas["a"].learner.log
    assert [len(log[slot].submissions) for slot in log] == [1, 1, 4]
    assert len(room.answers) == 6


def test_a_batch_has_a_limit():
    room = Room(pace=Pace(alpha=1, most_batched=2))
    room.tick("a", 10)
    room.submit_at_once("a", *(put(1, c) for c in "123456"))
    log = room.replicas["a"].learner.log
    assert [len(log[slot].submissions) for slot in log] == [1, 2, 2, 1]


def test_a_leader_is_at_most_alpha_slots_ahead():
    room = Room(pace=Pace(alpha=3))
    room.tick("a", 10)
    room.held = (Accepted,)
    room.submit("a", *(put(1, c) for c in "123456"))
    assert sorted(room.replicas["a"].proposer.proposed) == [0, 1, 2]


def test_a_command_that_is_repeated_waits_once_and_is_applied_once(led):
    led.held = (Accepted,)
    led.submit("a", LOCK, LOCK)
    led.held = ()
    led.tick("a", 6)  # the second beat repeats what was under way at the first
    led.submit("a", LOCK)
    assert led.answers == [Completed(1, Answered(True))] * 2
    assert led.replicas["a"].learner.executed == 2


def test_others_say_who_leads_if_they_know():
    room = Room()
    room.submit("b", LOCK)
    room.tick("a", 10)
    room.submit("b", LOCK)
    room.carry_out("b", room.replicas["b"].receive(Prepare(Ballot(5, "c"), 0)))
    room.submit("b", LOCK)
    assert room.answers == [Redirected(1, None), Redirected(1, "a"), Redirected(1, None)]


def test_a_new_leader_completes_what_was_voted_for_and_fills_the_holes(led):
    a, b = led.replicas["a"], led.replicas["b"]
    led.held = (Accept,)
    led.submit("a", put(1), put(2), put(3))
    for slot in (0, 2):  # what c gets; b gets nothing
        led.carry_out(
            "c",
            led.replicas["c"].receive(Accept(Ballot(1, "a"), slot, a.proposer.proposed[slot], 0)),
        )
    led.held, led.away = (), {"a"}
    led.tick("b", 20)
    assert led.leaders() == ["a", "b"]
    assert dict(b.learner.log) == {0: Commands((put(1),)), 1: NO_OP, 2: Commands((put(3),))}
    led.submit("b", Submission("other", 1, LOCK.command))
    led.away = set()
    led.tick("b", 6)
    led.tick("a", 3)
    assert led.leaders() == ["b"] and a.learner.log == b.learner.log
    assert led.answers[-1] == Completed(1, Answered(True))


def test_without_a_quorum_nothing_is_answered_and_the_proposal_gives_way(led):
    led.away = {"a"}
    led.submit("a", LOCK)
    assert led.answers == [] and led.replicas["a"].learner.executed == 0
    led.tick("b", 20)
    led.submit("b", Submission("other", 1, Put("lock", "theirs")))
    led.away = set()
    led.tick("b", 6)
    led.tick("a", 3)
    assert led.leaders() == ["b"]
    assert led.answers == [Completed(1, Answered(None))]
    assert [r.learner.store.values for r in led.replicas.values()] == [{"lock": "theirs"}] * 3


def test_who_lacks_votes_asks_for_the_decrees(led):
    led.away = {"c"}
    led.submit("a", put(1), put(2))
    led.away = set()
    led.tick("a", 6)
    assert led.replicas["c"].learner.executed == 0
    led.tick("c", 3)
    assert CatchUp("c", 0) in led.sent
    assert led.replicas["c"].learner.executed == 2


def test_a_vote_of_another_ballot_is_not_taken_for_what_is_chosen():
    """What c voted for was never chosen: in a later ballot there was something else."""
    room = Room(tuple("abcde"))
    room.tick("a", 10)
    room.away = {"b", "d", "e"}
    room.submit("a", put(1))
    room.away = {"a", "c"}
    room.tick("b", 20)
    room.submit("b", put(9))
    room.away = set()
    room.tick("b", 6)
    c = room.replicas["c"].learner
    assert c.executed == 0 and room.replicas["c"].acceptor.votes[0].decree == Commands((put(1),))
    room.tick("c", 3)
    assert dict(c.log) == {0: Commands((put(9),))}


def test_a_restarted_replica_keeps_its_promise_and_votes_and_learns_the_rest_again(led):
    led.submit("a", put(1), put(2))
    led.start("b", 30)
    b = led.replicas["b"]
    assert b.acceptor.promised == Ballot(1, "a") and sorted(b.acceptor.votes) == [0, 1]
    assert b.learner.executed == 0
    led.tick("a", 6)
    assert b.learner.executed == 2 and len(set(led.stores())) == 1


def test_after_all_have_restarted_phase_one_brings_everything_back(led):
    led.submit("a", LOCK, put(2))
    for name in NAMES:
        led.start(name)
    led.tick("b", 10)
    assert led.replicas["b"].learner.executed == 2
    led.submit("b", Submission("other", 1, Get("lock")))
    assert led.answers[-1] == Completed(1, Answered("mine"))


def test_no_ballot_is_used_twice(led):
    led.start("a")
    led.tick("a", 10)
    assert led.leaders() == ["a"] and led.replicas["a"].proposer.ballot == Ballot(2, "a")


def test_snapshots_give_up_votes_and_decrees_and_bring_up_who_is_far_behind():
    room = Room(pace=Pace(snapshot_every=4))
    room.tick("a", 10)
    room.away = {"c"}
    room.submit("a", LOCK, *(put(n, "other") for n in range(1, 10)))
    room.tick("a", 6)
    a, c = room.replicas["a"], room.replicas["c"]
    assert a.learner.snapshot.slots == 8 and sorted(a.learner.log) == list(range(4, 10))
    assert sorted(a.acceptor.votes) == sorted(room.disks["a"].votes) == [8, 9]
    room.away = set()
    room.tick("a", 3)
    room.tick("c", 6)
    assert any(isinstance(m, InstallSnapshot) for m in room.sent)
    assert c.learner.executed == 10 and len(set(room.stores())) == 1
    room.start("c")
    assert room.replicas["c"].learner.executed == 8
    room.tick("a", 3)
    room.submit("a", LOCK)  # the session is in the snapshot
    assert room.answers[-1] == Completed(1, Answered(True))


@pytest.fixture
def behind(monkeypatch):
    """While c was away, a and b took a snapshot of five parts. Now c hears of it."""
    monkeypatch.setattr(Outgoing, "most_bytes", 40)
    room = Room(pace=Pace(snapshot_every=4))
    room.tick("a", 10)
    room.away = {"c"}
    room.submit("a", *(put(n) for n in range(1, 9)))
    room.away = set()
    room.tick("a", 6)
    return room


def parts_in(messages):
    return [(m.replica, m.offset) for m in messages if isinstance(m, InstallSnapshot)]


def test_a_snapshot_comes_in_parts_each_asked_for_with_what_is_there(behind):
    behind.tick("c", 3)
    assert parts_in(behind.sent) == [("a", offset) for offset in range(0, 200, 40)]
    assert CatchUp("c", 0, 8, 40) in behind.sent
    assert len(set(behind.stores())) == 1


def test_a_snapshot_that_is_interrupted_goes_on_where_it_broke_off(behind):
    """Two of its parts are lost. Its sender is restarted meanwhile: it is on its disk."""
    c, lost = behind.replicas["c"], []
    receive = c.receive

    def losing(message):
        offset = getattr(message, "offset", None)
        if offset in (80, 160) and offset not in lost:
            lost.append(offset)
            return ()
        return receive(message)

    c.receive = losing
    behind.tick("c", 3)
    assert c.learner.arriving == ("a", 8, 80) and c.learner.executed == 0
    behind.start("a")
    behind.tick("c", 24)
    assert len(parts_in(behind.sent)) == 3  # the part may be under way yet
    behind.tick("a", 10)
    behind.tick("c", 6)
    assert lost == [80, 160] and c.learner.arriving == ("a", 8, 160)
    for _ in range(10):  # the longest patience of c
        behind.tick("a", 3)
        behind.tick("c", 3)
    offsets = [0, 40, 80, 80, 120, 160, 160]
    assert parts_in(behind.sent) == [("a", offset) for offset in offsets]
    assert len(set(behind.stores())) == 1


def test_a_snapshot_of_another_sender_begins_again(behind):
    c = behind.replicas["c"]
    for sender, offset in (("a", 0), ("a", 40), ("a", 40), ("b", 40), ("a", 0)):
        c.receive(InstallSnapshot(sender, 8, offset, b"x" * 40, False))
    assert c.learner.arriving == ("a", 8, 80)
    c.receive(InstallSnapshot("b", 8, 0, b"x" * 40, False))
    assert c.learner.arriving == ("b", 8, 40)


def test_a_snapshot_goes_on_whoever_leads_meanwhile(behind):
    """It has the first part of a's when b leads; when a does not answer, it asks b."""
    c, away = behind.replicas["c"], False

    def parting(message, receive=c.receive):
        behind.away = {"a"} if away else set()
        return receive(message)

    c.receive = parting
    behind.held = (InstallSnapshot,)
    behind.tick("c", 3)
    behind.tick("b", 20)
    assert behind.leaders() == ["b"]
    first = next(m for m in behind.sent if isinstance(m, InstallSnapshot))
    behind.held, away = (CatchUp,), True
    behind.sent.clear()
    behind.carry_out("c", c.receive(first))
    assert [m for m in behind.sent if isinstance(m, CatchUp)] == [CatchUp("c", 0, 8, 40)]
    assert c.learner.arriving == ("a", 8, 40)
    behind.held = ()
    for _ in range(11):
        behind.tick("b", 3)
        behind.tick("c", 3)
    assert {m.replica for m in behind.sent if isinstance(m, InstallSnapshot)} == {"b"}
    assert c.learner.executed == 8


def test_who_is_asked_for_a_snapshot_waits_with_the_next_one(behind):
    a, c = behind.replicas["a"], behind.replicas["c"]
    behind.held = (InstallSnapshot,)
    behind.tick("c", 3)
    behind.submit("a", *(put(n) for n in range(9, 17)))
    assert (a.learner.executed, a.learner.snapshot.slots) == (16, 8)
    behind.held = ()
    behind.tick("c", 20)
    assert c.learner.executed >= 15
    behind.submit("a", *(put(n) for n in range(17, 60)))
    assert a.learner.snapshot.slots > 16


def test_a_leader_that_finds_votes_given_up_learns_before_it_proposes():
    room = Room(pace=Pace(snapshot_every=4))
    room.tick("a", 10)
    room.away = {"c"}
    room.submit("a", *(put(n) for n in range(1, 9)))
    room.tick("a", 6)
    room.away = {"a"}
    room.tick("c", 30)
    c = room.replicas["c"]
    assert room.leaders() == ["a", "c"] and c.learner.executed == 8
    room.submit("c", Submission("other", 1, Get("x")))
    assert room.answers[-1] == Completed(1, Answered("8"))
    assert c.learner.log[8] == Commands((Submission("other", 1, Get("x")),))


def test_a_leader_does_not_wait_for_an_acceptor_that_promised_and_died():
    """Only a knew that slot 7 is chosen. What b has, and the votes, say what is."""
    room = Room(pace=Pace(snapshot_every=4))
    room.tick("a", 10)
    room.away = {"c"}
    room.submit("a", *(put(n) for n in range(1, 9)))
    room.away, room.held = set(), (InstallSnapshot, Decided)
    room.tick("c", 30)
    b, c = room.replicas["b"], room.replicas["c"]
    assert c.leads and c.proposer.trimmed == 8 and c.proposer.furthest.acceptor == "a"
    assert (b.learner.executed, c.learner.executed) == (7, 0)
    room.away, room.held = {"a"}, ()
    room.tick("c", 60)
    room.submit("c", Submission("other", 1, Get("x")))
    assert room.answers[-1] == Completed(1, Answered("8"))


def test_other_acceptors_alpha_slots_later():
    room = Room(tuple("abcde"), members=NAMES, pace=Pace(alpha=4))
    room.tick("a", 10)
    room.submit("a", put(1))
    room.carry_out("a", room.replicas["a"].reconfigure(["c", "d", "e"]))
    a = room.replicas["a"]
    assert a.proposer.configurations.at(4) == NAMES
    assert a.proposer.configurations.at(5) == ("c", "d", "e")
    assert [a.learner.log[s] for s in range(1, 5)] == [
        Reconfiguration(("c", "d", "e")),
        *[NO_OP] * 3,
    ]
    assert room.leaders() == []  # it is none of them
    room.away = {"a", "b"}
    room.tick("c", 30)
    room.submit("c", put(2))
    room.tick("c", 6)
    room.tick("d", 3)
    room.tick("e", 3)
    assert room.answers[-1] == Completed(2, Answered(None))
    assert len({room.replicas[n].learner.store.snapshot() for n in "cde"}) == 1


def other_acceptors_at_a_full_window(variant):
    """What is chosen in slot 1: by those of slot 0, before anybody executes what slot 0 changes."""
    room = Room(tuple("abcdef"), members=NAMES, pace=Pace(alpha=4), variant=variant)
    room.tick("a", 10)
    a = room.replicas["a"]
    room.held = (Accepted,)
    change = a.reconfigure(["d", "e", "f"])
    room.carry_out("a", (*change, *a.submit(put(1))))
    room.held = ()
    room.away = set("bcdef")
    for slot in (1, 0):
        room.carry_out("a", a.receive(Accepted(Ballot(1, "a"), "b", slot)))
    assert room.answers == [Completed(1, Answered(None))]
    for name in "def":
        room.replicas[name].receive(Decided(0, (Reconfiguration(("d", "e", "f")),)))
    room.away = set(NAMES)
    room.tick("d", 60)
    room.submit("d", put(1, "other"))
    return {r.learner.log[1] for r in room.replicas.values() if 1 in r.learner.log}


def test_a_slot_keeps_the_acceptors_that_it_had():
    assert other_acceptors_at_a_full_window("healthy") == {Commands((put(1),))}


def test_acceptors_that_change_at_once_choose_twice():
    chosen = other_acceptors_at_a_full_window("reconfigures-at-once")
    assert chosen == {Commands((put(1),)), Commands((put(1, "other"),))}


def test_who_is_no_acceptor_does_not_campaign_and_hears_of_it_when_it_does():
    room = Room(tuple("abcd"), members=NAMES, pace=Pace(alpha=1))
    room.tick("d", 100)
    assert room.sent == []
    room.tick("a", 10)
    room.away = {"c"}
    room.carry_out("a", room.replicas["a"].reconfigure(["a", "b", "d"]))
    room.submit("a", put(1))
    room.away = set()
    assert room.replicas["c"].is_member()
    room.tick("c", 30)
    assert not room.replicas["c"].is_member()
    room.sent.clear()
    room.tick("c", 200)
    assert room.sent == []


@pytest.mark.parametrize("members", [[], ["a"]])
def test_only_a_leader_changes_the_acceptors(members):
    room = Room()
    if not members:
        room.tick("a", 10)
    with pytest.raises(ProtocolRefusal, match="a does not lead, or was given no acceptors"):
        room.replicas["a"].reconfigure(members)


def test_a_copy_is_independent():
    room = Room()
    room.tick("a", 9)
    one = room.replicas["a"]
    twin = copy.deepcopy(one)
    assert one.tick() == twin.tick()
    one.receive(Prepare(Ballot(9, "b"), 0))
    assert twin.acceptor.promised == Ballot(1, "a")


def test_a_leader_that_no_quorum_answers_sends_its_clients_away(led):
    led.away = {"b", "c"}
    led.submit("a", LOCK, put(1, "other"))
    led.tick("a", 10)
    assert led.leaders() == ["a"] and led.answers == []
    led.tick("a", 6)
    assert led.leaders() == [] and led.replicas["a"].leader is None
    assert led.answers == [Redirected(1, None), Redirected(1, None)]
    led.submit("a", put(2, "other"))
    assert led.answers[2:] == [Redirected(2, None)]
    led.away = set()
    led.tick("a", 40)
    assert led.leaders() == ["a"]
    assert {r.learner.store.values["lock"] for r in led.replicas.values()} == {"mine"}


def test_a_leader_that_has_nothing_to_decide_needs_no_answers(led):
    led.away = {"b", "c"}
    led.tick("a", 100)
    assert led.leaders() == ["a"]
