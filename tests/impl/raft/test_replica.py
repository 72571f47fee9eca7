"""The replica: it elects, replicates and answers by itself, each command once and in order."""

from __future__ import annotations

import copy
from random import Random

import msgspec
import pytest

from quorate.impl.errors import ConfigError, ProtocolRefusal
from quorate.impl.outputs import Persist, Send
from quorate.impl.raft import (
    AppendEntries,
    InstallSnapshot,
    Membership,
    NoOp,
    Options,
    Outdated,
    RaftRole,
    RaftState,
    Reads,
    Replica,
    RequestVote,
    Snapshot,
    SnapshotHeld,
)
from quorate.impl.raft.lease_clock import LeaseClock
from quorate.impl.raft.replica_defects import (
    ChangesBeforeCommitting,
    SupportsAnyLog,
    TrustsTicks,
)
from quorate.impl.raft.server import Server
from quorate.impl.replicated.parts import Outgoing
from quorate.impl.replicated.patience import Patience
from quorate.impl.store import Answered, CompareAndSet, Completed, Get, Put, Redirected, Submission

NAMES = ("a", "b", "c")
LOCK = Submission("client", 1, CompareAndSet("lock", None, "mine"))


AT_ONCE = Options(pre_vote=False)


class Fixed(Patience):
    """A patience that is always the same; whoever has heard of a leader waits 10 ticks."""

    def ticks(self):
        return self.longest


class Room:
    """Replicas that hear each other at once, but for those that are away; no time passes."""

    def __init__(self, names=NAMES, options=AT_ONCE, clock=LeaseClock, kind=Server):
        self.names, self.options, self.clock, self.kind = names, options, clock, kind
        self.disks = dict.fromkeys(names, RaftState())
        self.away: set[str] = set()
        self.slow: set[str] = set()
        self.late = []
        self.answers = []
        self.replicas = {}
        for number, name in enumerate(names):
            self.start(name, 10 + 10 * number)

    def start(self, name, patience=10):
        patience, disk = Fixed(Random(1), 10, patience), self.disks[name]
        server = self.kind(name, self.names, state=disk)
        self.replicas[name] = Replica(server, patience, self.options, self.clock)

    def carry_out(self, name, outputs):
        for output in outputs:
            if isinstance(output, Persist):
                self.disks[name] = self.disks[name].after(output.record)
            elif output.dst not in self.names:
                self.answers.append(output.message)
            elif output.dst in self.slow:
                self.late.append(output.message)
            elif not self.away & {name, output.dst}:
                self.carry_out(output.dst, self.replicas[output.dst].receive(output.message))

    def tick(self, name, times=1):
        for _ in range(times):
            self.carry_out(name, self.replicas[name].tick())

    def submit(self, name, submission):
        self.carry_out(name, self.replicas[name].submit(submission))

    def leaders(self):
        return [n for n, r in self.replicas.items() if r.server.role is RaftRole.LEADER]


def test_silence_makes_a_leader_whose_first_entry_is_a_no_op():
    room = Room()
    room.tick("a", 9)
    assert room.leaders() == []
    room.tick("a")
    assert room.leaders() == ["a"]
    assert [entry.payload for entry in room.replicas["c"].server.log] == [NoOp()]
    assert room.replicas["a"].server.commit == 1
    assert {r.leader for r in room.replicas.values()} == {"a"}


def test_whoever_hears_a_leader_or_votes_waits_anew():
    room = Room()
    room.tick("b", 19)
    room.tick("a", 10)
    room.tick("b", 19)
    assert room.leaders() == ["a"]
    room.tick("a", 3)
    room.tick("b", 19)
    assert room.leaders() == ["a"] and room.replicas["b"].server.term == 1
    room.tick("c", 10)
    room.tick("b")
    assert room.leaders() == ["b"] and room.replicas["a"].server.term == 2


def test_a_leader_heartbeats():
    room = Room()
    room.tick("a", 10)
    a = room.replicas["a"]
    assert a.tick() == () == a.tick()
    assert [(o.dst, type(o.message), o.message.entries) for o in a.tick()] == [
        ("b", AppendEntries, ()),
        ("c", AppendEntries, ()),
    ]


def test_who_was_late_hears_its_mail_first_and_beats_once():
    room = Room()
    room.tick("a", 10)
    leader, follower = room.replicas["a"], room.replicas["b"]
    follower.pass_time(100)
    room.tick("a", 3)
    assert follower.fire_timers() == ()
    leader.pass_time(3)
    assert [(o.dst, type(o.message)) for o in leader.fire_timers()] == [
        ("b", AppendEntries),
        ("c", AppendEntries),
    ]
    assert leader.fire_timers() == ()


def test_a_command_is_applied_everywhere_and_answered_by_the_leader():
    room = Room()
    room.tick("a", 10)
    room.submit("a", LOCK)
    assert room.answers == [Completed(1, Answered(True))]
    room.tick("a", 3)
    assert [r.store.values for r in room.replicas.values()] == [{"lock": "mine"}] * 3
    assert [r.applied for r in room.replicas.values()] == [2, 2, 2]


def test_a_command_that_is_repeated_is_applied_once_and_answered_alike():
    room = Room()
    room.tick("a", 10)
    for _ in range(3):
        room.submit("a", LOCK)
    assert room.answers == [Completed(1, Answered(True))] * 3
    assert len(room.replicas["a"].server.log) == 4


def test_a_command_repeated_at_the_next_leader_is_applied_once():
    room = Room()
    room.tick("a", 10)
    room.submit("a", LOCK)
    room.away = {"a"}
    room.tick("c", 10)
    room.tick("b", 20)
    assert room.answers == [Completed(1, Answered(True))] * 2  # by either, as it applied it
    room.submit("b", LOCK)
    assert room.answers == [Completed(1, Answered(True))] * 3
    room.away = set()
    room.tick("b", 3)
    assert room.leaders() == ["b"]
    assert room.replicas["a"].store.snapshot() == room.replicas["b"].store.snapshot()


def test_others_say_who_leads_if_they_know():
    room = Room()
    room.submit("b", LOCK)
    room.tick("a", 10)
    room.submit("b", LOCK)
    room.tick("b", 10)
    room.carry_out("b", room.replicas["b"].receive(RequestVote(5, "c", 0, 0)))
    room.submit("b", LOCK)
    assert room.answers == [Redirected(1, None), Redirected(1, "a"), Redirected(1, None)]


def test_without_a_quorum_nothing_is_answered_and_what_was_appended_gives_way():
    room = Room()
    room.tick("a", 10)
    room.away = {"a"}
    room.submit("a", LOCK)
    assert room.answers == [] and room.replicas["a"].store.values == {}
    room.tick("c", 10)
    room.tick("b", 20)
    room.submit("b", Submission("other", 1, Put("lock", "theirs")))
    room.away = set()
    room.tick("b", 3)
    room.tick("b", 3)
    assert room.answers == [Completed(1, Answered(None))]
    assert [r.store.values for r in room.replicas.values()] == [{"lock": "theirs"}] * 3
    assert len({r.server.log for r in room.replicas.values()}) == 1


def test_a_leader_that_no_quorum_answers_sends_its_clients_away_until_one_does():
    room = Room()
    room.tick("a", 10)
    room.away = {"b", "c"}
    room.submit("a", LOCK)
    room.submit("a", Submission("reader", 1, Get("lock")))
    a = room.replicas["a"]
    room.tick("a", 9)
    assert a.leader == "a" and room.answers == []
    room.tick("a")
    nobody = [Redirected(1, None), Redirected(1, None)]
    assert a.leader is None and room.answers == nobody
    room.submit("a", Submission("reader", 2, Get("lock")))
    room.tick("a", 10)
    assert room.answers == [*nobody, Redirected(2, None)]
    room.away = set()
    room.tick("a", 4)
    assert a.leader == "a" and room.answers[3:] == [Completed(1, Answered(True))]
    room.submit("a", Submission("reader", 3, Get("lock")))
    assert room.answers[4:] == [Completed(3, Answered("mine"))]


def test_a_restarted_replica_applies_again_what_is_committed():
    room = Room()
    room.tick("a", 10)
    room.submit("a", LOCK)
    room.tick("a", 3)
    before = room.replicas["c"].store.snapshot()
    room.start("c")
    assert room.replicas["c"].store.values == {} and len(room.replicas["c"].server.log) == 2
    room.tick("a", 3)
    assert room.replicas["c"].store.snapshot() == before


def test_a_copy_is_independent():
    room = Room()
    room.tick("a", 9)
    one = room.replicas["a"]
    twin = copy.deepcopy(one)
    assert one.tick() == twin.tick() and one.server.term == 1
    twin.submit(LOCK)
    one.receive(RequestVote(9, "b", 0, 0))
    assert (one.server.term, twin.server.term) == (9, 1)


@pytest.mark.parametrize("ticks", [(0, 5), (6, 5)])
def test_timeouts_are_a_range(ticks):
    with pytest.raises(ConfigError, match=f"not from {ticks[0]} to {ticks[1]}"):
        Patience(Random(1), *ticks)


@pytest.mark.parametrize(
    ("clock", "ticks", "stale"),
    [(LeaseClock, 8, False), (LeaseClock, 6, True), (TrustsTicks, 8, True)],
)
def test_a_lease_ends_before_others_stop_waiting_if_clocks_keep_to_the_bound(clock, ticks, stale):
    """Others wait 10 ticks, the drift is 3: a clock that is 4 behind has left the bound."""
    room = Room(options=Options(pre_vote=False, reads=Reads.LEASE, drift=3), clock=clock)
    room.tick("a", 10)
    room.submit("a", Submission("client", 1, Put("x", "old")))
    room.away = {"a"}
    room.tick("c", 10)
    room.tick("b", 20)
    room.submit("b", Submission("d", 1, Put("x", "new")))
    room.tick("a", ticks)
    room.answers.clear()
    room.submit("a", Submission("client", 2, Get("x")))
    assert room.answers == ([Completed(2, Answered("old"))] if stale else [])


def test_a_leader_hands_over_to_whom_it_is_told():
    room = Room(options=Options(reads=Reads.LEASE))
    room.tick("a", 10)
    room.carry_out("a", room.replicas["a"].transfer("c"))
    assert room.leaders() == ["c"]
    assert room.replicas["c"].server.term == room.replicas["a"].server.term == 2
    with pytest.raises(ProtocolRefusal, match="a does not lead"):
        room.replicas["a"].transfer("c")


def test_members_change_by_way_of_both_and_a_leader_that_is_none_leads_no_more():
    room = Room()
    room.tick("a", 10)
    room.carry_out("a", room.replicas["a"].reconfigure(["b"]))
    changes = [e.payload for e in room.replicas["b"].server.log[1:]]
    assert changes == [Membership(NAMES, ("b",)), Membership(("b",))]
    assert room.leaders() == [] and room.replicas["a"].server.others == ("b",)


def test_one_member_changes_without_both():
    """One leaves, the leader among them, or joins; what is on disk is enough to know it."""
    room = Room(("a", "b", "c", "d"), options=Options(pre_vote=False, compact_after=4))
    room.tick("a", 10)
    room.carry_out("a", room.replicas["a"].reconfigure(["a", "b", "c"]))
    assert room.replicas["d"].server.is_member  # it is not told any more
    room.carry_out("a", room.replicas["a"].reconfigure(["b", "c"]))
    changes = [e.payload for e in room.replicas["b"].server.log[1:]]
    assert changes == [Membership(NAMES), Membership(("b", "c"))] and room.leaders() == []
    room.tick("c", 11)
    room.tick("b", 20)
    room.carry_out("b", room.replicas["b"].reconfigure(["b", "c", "d"]))
    room.tick("b", 3)
    for name in "bcd":
        room.start(name)
        server = room.replicas[name].server
        assert server.state.snapshot.length and server.configuration.members == ("b", "c", "d")


def test_a_member_that_is_down_stops_no_change_and_can_be_replaced():
    room = Room(("a", "b", "c", "d"))
    a = room.replicas["a"]
    room.tick("a", 10)
    room.carry_out("a", a.reconfigure(NAMES))
    room.away = {"c"}
    room.submit("a", LOCK)
    for members in (("a", "b", "c", "d"), ("a", "b", "d")):
        room.carry_out("a", a.reconfigure(members))
        room.tick("a", 3)
        assert a.server.configuration == Membership(members) and a.server.is_configured()


@pytest.mark.parametrize(
    ("before", "away", "members"),
    [(NAMES, {"d"}, ("a", "b", "c", "d")), (tuple("abcde"), {"d", "e"}, ("a", "d", "e"))],
)
def test_a_change_waits_for_who_is_new_and_for_a_quorum(before, away, members):
    """First d is new; then nobody is, and a alone of the next members holds what is committed."""
    room = Room(tuple("abcde"))
    a = room.replicas["a"]
    room.tick("a", 10)
    room.carry_out("a", a.reconfigure(before))
    room.away = away
    room.submit("a", LOCK)
    room.carry_out("a", a.reconfigure(members))
    room.tick("a", 3)
    assert a.server.configuration == Membership(before)
    room.away = set()
    room.tick("a", 3)
    assert a.server.configuration == Membership(members)


@pytest.mark.parametrize("kind", [Server, ChangesBeforeCommitting])
def test_a_new_leader_changes_no_member_before_it_has_committed_in_its_term(kind):
    """Ongaro, raft-dev, 2015: a has begun to remove c; b, which has not heard of it, removes a."""
    room = Room(("a", "b", "c", "d"), kind=kind)
    a, b = room.replicas["a"], room.replicas["b"]
    room.tick("a", 10)
    room.away = {"b", "c", "d"}
    room.carry_out("a", a.reconfigure(["a", "b", "d"]))
    room.tick("c", 11)
    room.tick("d", 11)
    room.away, room.slow = {"a"}, {"b"}
    room.tick("b", 20)
    room.away, room.slow = {"a", "c", "d"}, set()
    for vote in room.late:
        room.carry_out("b", b.receive(vote))
    assert b.server.role is RaftRole.LEADER and a.server.configuration.members == ("a", "b", "d")
    room.away = {"a", "d"}
    room.carry_out("b", b.reconfigure(["b", "c", "d"]))
    room.away = {"b", "c"}
    room.carry_out("a", a.receive(Outdated(2, "d")))
    room.tick("d", 11)
    room.tick("a", 10)
    assert a.server.commit == 3 and a.server.log[1].payload == Membership(("a", "b", "d"))
    overwritten = b.server.commit > 1 and b.server.log[1] != a.server.log[1]
    assert overwritten == (kind is ChangesBeforeCommitting)


def test_a_follower_that_lacks_what_is_compacted_begins_with_the_snapshot():
    room = Room(options=Options(pre_vote=False, compact_after=2))
    room.tick("a", 10)
    room.away = {"c"}
    room.tick("a", 10)  # c does not answer: no snapshot waits for it
    for sequence in range(1, 5):
        room.submit("a", Submission("d", sequence, Put("x", str(sequence))))
    assert room.replicas["c"].server.state.length == 1
    a, c = room.replicas["a"], room.replicas["c"]
    beats = [output.message for _ in range(30) for output in a.tick() if output.dst == "c"]
    snapshots = sum(isinstance(message, InstallSnapshot) for message in beats)
    assert len(beats) == 10 and snapshots == 2  # one in the longest patience, of 10 ticks
    room.away = set()
    room.tick("a", 12)
    assert c.server.state.snapshot.length > 1 and c.store.snapshot() == a.store.snapshot()
    room.start("c")
    assert room.replicas["c"].applied == room.disks["c"].snapshot.length > 1


def test_a_snapshot_that_is_interrupted_goes_on_where_it_broke_off(monkeypatch):
    monkeypatch.setattr(Outgoing, "most_bytes", 40)
    room = Room(options=Options(pre_vote=False, compact_after=3))
    room.tick("a", 10)
    room.away = {"c"}
    for number in range(1, 5):
        room.submit("a", Submission("client", number, Put(str(number), "x" * 50)))
    room.tick("a", 10)
    a, c, sent = room.replicas["a"], room.replicas["c"], []
    server, receive = c.server, c.server.receive

    def received(message):
        if isinstance(message, InstallSnapshot):
            sent.append(message.offset)
            if len(sent) in (3, 5):
                return ()  # a part is lost
        return receive(message)

    monkeypatch.setattr(server, "receive", received)
    room.away = set()
    room.tick("a", 50)
    assert c.applied == a.applied and c.store.snapshot() == a.store.snapshot()
    assert len(sent) > 8 and sent == sorted(sent)
    assert [offset for offset in sent if sent.count(offset) > 1] == [80, 80, 120, 120]


def test_a_follower_says_how_much_of_a_snapshot_it_holds():
    snapshot = Snapshot(7, 1)
    data = msgspec.json.encode(snapshot)
    first = InstallSnapshot(2, "b", 7, 0, data[:40], False)
    rest = InstallSnapshot(2, "b", 7, 40, data[40:], True)
    a, restarted = Server("a", NAMES), Server("a", NAMES)
    for _ in range(2):
        assert a.receive(first)[-1] == Send("b", SnapshotHeld(2, "a", "b", 7, 40))
    persist, told = a.receive(rest)
    assert persist.record.snapshot == snapshot and told.message.length == 7
    assert restarted.receive(rest)[-1] == Send("b", SnapshotHeld(2, "a", "b", 7, 0))


def test_a_follower_catches_up_while_clients_go_on():
    """Whatever c is sent reaches it when so much more is applied that a snapshot is due again."""
    room = Room(options=Options(pre_vote=False, compact_after=2))
    room.tick("a", 10)
    room.away = {"c"}
    room.tick("a", 10)
    a, c = room.replicas["a"], room.replicas["c"]
    sequences = iter(range(1, 100))

    def go_on():
        for sequence in (next(sequences), next(sequences)):
            room.submit("a", Submission("d", sequence, Put("x", str(sequence))))

    go_on()
    room.away, room.slow = set(), {"c"}
    reached, snapshots = [], set()
    for _ in range(20):
        room.tick("a", 3)
        late, room.late = room.late, []
        go_on()
        for message in late:
            room.carry_out("c", c.receive(message))
        reached.append(c.server.state.length >= a.server.state.snapshot.length)
        snapshots.add(a.server.state.snapshot.length)
    assert not reached[0] and any(reached)
    assert len(snapshots) > 1  # the log does not grow without end


def test_a_leader_is_told_again_to_hand_over_when_that_got_lost():
    room = Room()
    room.tick("a", 10)
    room.replicas["a"].transfer("c")  # what it sends is lost
    room.tick("a", 10)
    room.submit("a", LOCK)
    assert room.answers == [Completed(1, Answered(True))]
    room.tick("a", 3)
    room.carry_out("a", room.replicas["a"].transfer("c"))
    assert room.leaders() == ["c"]


@pytest.mark.parametrize(("kind", "term"), [(Server, 1), (SupportsAnyLog, 2)])
def test_who_cannot_win_raises_nobodys_term(kind, term):
    """The log of c is too short for b's vote; only a pre-vote that ignores that lets it stand."""
    room = Room(options=Options())
    room.tick("a", 10)
    room.away = {"c"}
    room.submit("a", LOCK)
    room.away = {"a"}
    b = kind("b", NAMES, room.disks["b"])
    room.replicas["b"] = Replica(b, Fixed(Random(1), 10, 50), Options())
    room.tick("b", 10)
    room.tick("c", 30)
    assert room.replicas["c"].server.term == b.term == term
    assert "c" not in room.leaders()
