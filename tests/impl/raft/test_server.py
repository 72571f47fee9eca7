"""The server: its table, each rule, and its invariants whatever is lost, doubled or delayed."""

from __future__ import annotations

import copy
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.raft import (
    Appended,
    AppendEntries,
    LogEntry,
    LogMismatch,
    Membership,
    NoOp,
    Outdated,
    PreVoteGranted,
    RaftRole,
    RaftState,
    RequestVote,
    Server,
    SuffixRecord,
    TermRecord,
    VoteGranted,
)
from quorate.impl.raft.log import next_to_try
from quorate.impl.raft.messages import RaftMessage
from quorate.impl.raft.rules import TABLE, TermAndRole
from quorate.impl.store import Put, Submission

NAMES = ("a", "b", "c")
FIVE = ("s1", "s2", "s3", "s4", "s5")


def entries(*terms: int) -> tuple[LogEntry, ...]:
    """Entries of these terms; where two logs have the same terms, they are the same."""
    return tuple(LogEntry(term, NoOp()) for term in terms)


def server(name="a", term=0, voted_for=None, log=(), names=NAMES, kind=Server):
    return kind(name, names, state=RaftState(TermRecord(term, voted_for), entries(*log)))


def leader(term=1, log=(), names=NAMES, kind=Server):
    """The first server, elected in a term by all others."""
    made = server(names[0], term - 1, None, log, names, kind)
    made.start_election()
    for voter in names[1:]:
        made.receive(VoteGranted(term, voter, names[0]))
    made.lead()
    return made


def test_the_table_is_total():
    assert set(TABLE) == {(kind, s) for kind in RaftMessage.__args__ for s in TermAndRole}
    assert all(callable(getattr(Server, rule)) for rule in TABLE.values())


def test_an_election_is_recorded_before_votes_are_asked_for():
    a = server(term=1, log=(1, 1))
    ask = RequestVote(2, "a", 2, 1)
    assert a.start_election() == (Persist(TermRecord(2, "a")), Send("b", ask), Send("c", ask))
    assert (a.role, a.votes, a.term) == (RaftRole.CANDIDATE, {"a"}, 2)


def test_neither_vote_nor_pre_vote_of_who_only_catches_up_counts():
    a = leader()
    a.teach(["d", "e"])
    a.receive(Outdated(2, "b"))
    everybody = ["b", "c", "d", "e"]
    assert [sent.dst for sent in a.ask_pre_votes()] == everybody
    for voter in ("d", "e"):
        a.receive(PreVoteGranted(2, voter, "a"))
    assert not a.supported()
    assert [o.dst for o in a.start_election() if isinstance(o, Send)] == everybody
    for voter in ("d", "e"):
        a.receive(VoteGranted(3, voter, "a"))
    assert (a.term, a.votes, a.elected()) == (3, {"a"}, False)
    a.receive(VoteGranted(3, "b", "a"))
    assert a.elected()


def test_a_vote_is_recorded_before_it_is_told_and_is_repeated():
    a = server(term=1)
    told = Send("b", VoteGranted(1, "a", "b"))
    assert a.receive(RequestVote(1, "b", 0, 0)) == (Persist(TermRecord(1, "b")), told)
    assert a.receive(RequestVote(1, "b", 0, 0)) == (told,)
    assert a.receive(RequestVote(1, "c", 0, 0)) == ()
    assert a.voted_for == "b"


@pytest.mark.parametrize(
    ("length", "last", "granted"),
    [(2, 2, True), (3, 2, True), (1, 3, True), (1, 2, False), (9, 1, False), (0, 0, False)],
)
def test_a_vote_is_for_a_log_that_is_at_least_as_up_to_date(length, last, granted):
    a = server(term=4, log=(1, 2))
    a.receive(RequestVote(4, "b", length, last))
    assert (a.voted_for == "b") is granted


def test_a_later_term_is_followed_before_its_message_is_taken():
    a = leader(term=1)
    outputs = a.receive(RequestVote(3, "b", 0, 0))
    told = Send("b", VoteGranted(3, "a", "b"))
    assert outputs == (Persist(TermRecord(3)), Persist(TermRecord(3, "b")), told)
    assert a.role is RaftRole.FOLLOWER


@pytest.mark.parametrize(
    "message", [RequestVote(1, "b", 9, 1), AppendEntries(1, "b", 0, 0, entries(1), 1)]
)
def test_whoever_is_of_the_past_is_told(message):
    a = server(term=2)
    assert a.receive(message) == (Send("b", Outdated(2, "a")),)
    assert a.log == () and a.voted_for is None


def test_each_voter_counts_once_and_strangers_do_not():
    a = server(names=FIVE, name="s1")
    a.start_election()
    for voter in ("s2", "s2", "x", "y"):
        a.receive(VoteGranted(1, voter, "s1"))
    assert a.votes == {"s1", "s2"}
    with pytest.raises(ProtocolRefusal, match="No quorum has elected s1 in term 1"):
        a.lead()


def test_a_leader_sends_what_follows_a_prefix():
    a = leader(term=2, log=(1, 1))
    assert a.request(NoOp()) == (Persist(SuffixRecord(2, entries(2))),)
    assert a.append("b") == (Send("b", AppendEntries(2, "a", 2, 1, entries(2), 0)),)
    assert a.append("b", 0) == (Send("b", AppendEntries(2, "a", 0, 0, entries(1, 1, 2), 0)),)
    with pytest.raises(ProtocolRefusal, match="The log of a has 3 entries, not 4"):
        a.append("b", 4)


def test_entries_are_recorded_before_they_are_acknowledged():
    a = server(term=1, log=(1,))
    outputs = a.receive(AppendEntries(1, "b", 1, 1, entries(1, 1), 2))
    assert outputs == (
        Persist(SuffixRecord(1, entries(1, 1))),
        Send("b", Appended(1, "a", "b", 3)),
    )
    assert (a.log, a.commit) == (entries(1, 1, 1), 2)


def test_only_a_conflict_gives_up_entries():
    a = server(term=3, log=(1, 1, 2))
    assert a.receive(AppendEntries(3, "b", 0, 0, entries(1), 0)) == (
        Send("b", Appended(3, "a", "b", 1)),
    )
    assert a.log == entries(1, 1, 2)
    a.receive(AppendEntries(3, "b", 1, 1, entries(3), 0))
    assert a.log == entries(1, 3)


def test_a_heartbeat_commits_no_more_than_it_vouches_for():
    a = server(term=3, log=(1, 2, 2))
    a.receive(AppendEntries(3, "b", 1, 1, (), 3))
    assert a.commit == 1


def test_what_is_committed_is_never_given_up():
    a = server(term=1, log=(1, 1))
    a.receive(AppendEntries(1, "b", 2, 1, (), 2))
    with pytest.raises(SafetyViolation, match="a has committed 2 entries, and c replaces all aft"):
        a.receive(AppendEntries(2, "c", 1, 1, entries(2), 0))
    assert a.log == entries(1, 1)


def test_two_leaders_of_a_term_are_reported():
    with pytest.raises(SafetyViolation, match="a and b both lead term 1"):
        leader().receive(AppendEntries(1, "b", 0, 0, (), 0))


@pytest.mark.parametrize(
    ("log", "prefix", "prefix_term", "length", "conflict"),
    [((1,), 3, 1, 1, None), ((1, 2, 2), 3, 3, 1, 2), ((1, 1), 1, 2, 0, 1)],
)
def test_a_mismatch_says_where_to_look(log, prefix, prefix_term, length, conflict):
    a = server(term=3, log=log)
    a.receive(AppendEntries(3, "b", 0, 0, (), 0))
    outputs = a.receive(AppendEntries(3, "b", prefix, prefix_term, (), 9))
    assert outputs == (Send("b", LogMismatch(3, "a", "b", prefix, length, conflict)),)
    assert (a.log, a.commit) == (entries(*log), 0)


@pytest.mark.parametrize(
    ("leads", "follows"),
    [((4, 4, 5, 5, 6), (4,)), ((4, 6, 6, 6), (4, 4, 4, 4)), ((4, 6, 6, 6), (4, 5, 5, 5))],
)
def test_one_message_is_enough_to_go_back_over_a_term(leads, follows):
    """A log that is short, that has more of a term, and that has a term unknown to the leader."""
    a, b = leader(term=7, log=leads), server("b", 7, "a", follows)
    trials = 0
    while a.match["b"] < len(leads):
        trials += 1
        [send] = a.append("b")
        a.receive(b.receive(send.message)[-1].message)
    assert b.log == a.log and trials == 2


def test_old_news_moves_nothing_back():
    a = leader(term=2, log=(1, 1, 1))
    a.receive(Appended(2, "b", "a", 3))
    a.receive(LogMismatch(2, "b", "a", 2, 0, None))
    a.receive(LogMismatch(2, "b", "a", 3, 0, None))
    a.receive(Appended(2, "b", "a", 1))
    assert (a.match["b"], a.next["b"]) == (3, 3)


@st.composite
def logs(draw):
    """Two logs that match (figure 3): a term's entries are added to one log, and then copied."""
    made = [()]
    for term in range(1, 5):
        base = draw(st.sampled_from(made))
        base = base[: draw(st.integers(0, len(base)))]
        made.append(base + (term,) * draw(st.integers(0, 3)))
    one, other = draw(st.sampled_from(made)), draw(st.sampled_from(made))
    return one, other[: draw(st.integers(0, len(other)))]


@given(logs())
def test_backtracking_ends_and_goes_no_further_than_needed(pair):
    leads, follows = pair
    a, b = leader(term=5, log=leads), server("b", 5, "a", follows)
    same = max(n for n in range(len(leads) + 1) if leads[:n] == follows[:n])
    for _ in range(len(leads) + 1):
        [send] = a.append("b")
        answer = b.receive(send.message)[-1].message
        if isinstance(answer, Appended):
            break
        assert same <= next_to_try(a.state, answer) < answer.prefix
        a.receive(answer)
    assert b.log[: len(leads)] == a.log


class CommitsByCounting(Server):
    """Does without rule 5: a quorum is enough."""

    def may_commit(self, length):
        return self.is_held(length)


@pytest.mark.parametrize(("kind", "lost"), [(Server, False), (CommitsByCounting, True)])
def test_figure_8(kind, lost):
    """S1 replicates an entry of term 2 in term 4; S5, with one of term 3, can still be elected."""
    s1 = leader(term=4, log=(1, 2), names=FIVE, kind=kind)
    others = {n: server(n, 3, None, (1,), FIVE, kind) for n in ("s2", "s3")}
    for name, follower in others.items():
        [send] = s1.append(name, 1)
        s1.receive(follower.receive(send.message)[-1].message)
    assert s1.committable() == (2 if lost else None)
    if lost:
        s1.advance_commit(2)
        [send] = s1.append("s2")
        others["s2"].receive(send.message)
    s2 = others["s2"]
    assert isinstance(s2.receive(RequestVote(5, "s5", 2, 3))[-1].message, VoteGranted)
    overwrite = AppendEntries(5, "s5", 1, 1, entries(3), 0)
    if lost:
        with pytest.raises(SafetyViolation, match="s2 has committed 2 entries"):
            s2.receive(overwrite)
    else:
        s2.receive(overwrite)
        assert s2.log == entries(1, 3)


def test_an_entry_of_its_own_term_commits_all_before_it():
    a = leader(term=4, log=(1, 2))
    a.request(NoOp())
    a.receive(Appended(4, "b", "a", 2))
    assert a.committable() is None
    with pytest.raises(ProtocolRefusal, match="a cannot commit 2 entries"):
        a.advance_commit(2)
    a.receive(Appended(4, "b", "a", 3))
    assert a.committable() == 3
    a.advance_commit(3)
    assert a.commit == 3


@pytest.mark.parametrize(
    "step", [lambda s: s.request(NoOp()), lambda s: s.append("b"), lambda s: s.advance_commit(1)]
)
def test_only_a_leader_takes_a_leaders_steps(step):
    with pytest.raises(ProtocolRefusal, match="a does not lead term 0"):
        step(server())


def test_steps_that_are_not_allowed_change_nothing():
    a = leader(term=2)
    before = copy.deepcopy(vars(a))
    with pytest.raises(ProtocolRefusal, match="a leads term 2: it needs no election"):
        a.start_election()
    with pytest.raises(ProtocolRefusal, match="a is in term 2: 2 is not later"):
        a.step_down(2)
    assert vars(a) == before


def test_one_member_changes_at_a_time_once_its_term_has_committed():
    a = leader(names=("a", "b", "c"))
    a.request(NoOp())
    with pytest.raises(ProtocolRefusal, match="a has committed nothing in term 1"):
        a.change_one(("a", "b"))
    a.receive(Appended(1, "b", "a", 1))
    a.advance_commit(1)
    with pytest.raises(ProtocolRefusal, match="More than one server would join or leave"):
        a.change_one(("a",))
    a.change_one(("a", "b"))
    assert a.configuration == Membership(("a", "b")) and not a.is_configured()
    with pytest.raises(ProtocolRefusal, match="Another change of members is under way"):
        a.change_one(("a",))
    with pytest.raises(ProtocolRefusal, match="a cannot commit 2 entries"):
        a.advance_commit(2)  # of the two that decide now, b does not hold it


class World:
    """Three servers and all that they ever sent: it may arrive at any time, and again, or never."""

    def __init__(self, random, kind=Server):
        self.random, self.kind = random, kind
        self.servers = {name: kind(name, NAMES) for name in NAMES}
        self.disks = dict.fromkeys(NAMES, RaftState())
        self.sent: list[Send] = []
        self.leaders: dict[int, str] = {}
        self.committed: tuple[LogEntry, ...] = ()
        self.commits = 0

    def step(self, number):
        s = self.servers[self.random.choice(NAMES)]
        waiting = [send.message for send in self.sent if send.dst == s.name]
        recent = waiting[-6:] if self.random.random() < 0.9 else waiting
        command = Submission(s.name, number, Put("x", str(number)))
        follower = self.random.choice(s.others)
        steps = {
            (lambda: s.receive(self.random.choice(recent)) if recent else ()): 20,
            s.start_election: 0.3,
            s.lead: 6,
            (lambda: s.request(command)): 2,
            (lambda: s.append(follower)): 5,
            (lambda: s.append(follower, self.random.randint(0, len(s.log)))): 1,
            (lambda: s.advance_commit(s.committable() or 0)): 4,
        }
        if self.random.random() < 0.005:
            self.servers[s.name] = self.kind(s.name, NAMES, state=self.disks[s.name])
            return
        try:
            [step] = self.random.choices(list(steps), list(steps.values()))
            outputs = step()
        except ProtocolRefusal:
            return
        self.carry_out(s, outputs)
        self.check(s)

    def carry_out(self, s, outputs):
        for output in outputs:
            if isinstance(output, Persist):
                self.disks[s.name] = self.disks[s.name].after(output.record)
            else:
                assert self.disks[s.name] == s.state, "sent before it was durable"
                self.sent.append(output)
        assert self.disks[s.name] == s.state

    def check(self, s):
        """The invariants of figure 3; all of the past are held against what is."""
        if s.role is RaftRole.LEADER:
            if self.leaders.setdefault(s.term, s.name) != s.name:
                raise SafetyViolation("two leaders")
            if self.kept(s) != self.committed and s.term == max(self.leaders):
                raise SafetyViolation("a leader without what is committed")
        done = s.log[: s.commit]
        if done[: len(self.committed)] != self.committed[: len(done)]:
            raise SafetyViolation("two entries are committed in one place")
        self.committed = max(self.committed, done, key=len)
        for u in self.servers.values():
            for n in range(1, min(len(s.log), len(u.log)) + 1):
                if s.log[n - 1].term == u.log[n - 1].term and s.log[:n] != u.log[:n]:
                    raise SafetyViolation("logs do not match")

    def kept(self, s):
        return s.log[: len(self.committed)]


def run(seed, kind=Server, steps=1500):
    world = World(Random(seed), kind)
    for number in range(1, steps + 1):
        world.step(number)
    return world


def test_whatever_arrives_in_whatever_order():
    worlds = [run(seed) for seed in range(8)]
    assert sum(len(world.committed) > 4 for world in worlds) > 3
    assert any(len(world.leaders) > 2 for world in worlds)


@pytest.mark.exhaustive
def test_whatever_arrives_in_whatever_order_at_length():
    worlds = [run(seed, steps=5000) for seed in range(100)]
    assert sum(len(world.committed) > 9 for world in worlds) > 50


class VotesForAnyLog(Server):
    """Does without half of rule 2."""

    def is_up_to_date(self, message):
        return True


class VotesTwice(Server):
    """Does without the other half."""

    def may_vote(self, candidate):
        return True


class SkipsTheCheck(Server):
    """Does without the consistency check of rule 4."""

    def holds_prefix(self, message):
        return message.prefix <= len(self.log)


@pytest.mark.parametrize(
    "kind",
    [
        SkipsTheCheck,
        *(pytest.param(k, marks=pytest.mark.exhaustive) for k in (VotesForAnyLog, VotesTwice)),
    ],
)
def test_the_invariants_fail_without_a_rule(kind):
    def fails(seed):
        try:
            run(seed, kind)
        except SafetyViolation:
            return True
        return False

    assert any(fails(seed) for seed in range(60))
