"""The server: follower, candidate or leader of one term at a time.

Everything that affects a server's state lives in this file and in `election.py`.

Rules (Ongaro and Ousterhout, *In Search of an Understandable Consensus Algorithm*, 2014), after
those of elections:
5. A leader only adds to its log. A follower takes entries that follow a prefix which it holds,
   and gives up entries only where they conflict with these (§5.3).
6. A leader commits an entry of its own term once a quorum holds it, and with it all before it.
   An entry of an earlier term is never committed by counting (§5.4.2, figure 8).
7. Term, vote and log are durable *before* anything that depends on them is sent.
8. A snapshot stands for entries that are committed. A follower that lacks them begins with it, and
   keeps what follows its last entry if it has that one (§7).
9. The latest configuration in the log counts. From C_old to C_new it leads through C_old,new, in
   which both decide (Ongaro 2014, §4.3); servers that only catch up do not count (§4.2.1).
10. Where one server joins or leaves, C_new may follow C_old at once: their majorities meet (§4.1).
   A leader first commits an entry of its term: else an earlier leader's C_new, of which it does not
   know, may be another one, and their majorities need not (Ongaro, raft-dev, 2015).

The steps are those of `model/raft.py`: `start_election`, `step_down`, `lead`, `request`, `append`
and `advance_commit` are taken by whoever drives the server (`Replica` does), and messages are
received one by one. It reads no clock: when to take a step is not its business.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NoReturn

from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Send
from quorate.impl.replicated.parts import Arriving, Outgoing

from .election import Elector
from .log import (
    first_difference,
    fitting,
    holds_prefix,
    next_to_try,
    past_snapshot,
    where_it_fails,
)
from .membership import Membership
from .messages import (
    Appended,
    AppendEntries,
    InstallSnapshot,
    LogEntry,
    LogMismatch,
    Payload,
    Snapshot,
    SnapshotHeld,
    TimeoutNow,
)
from .records import RaftOutputs, RaftRecord, RaftState, SnapshotRecord, SuffixRecord
from .rules import RaftRole


class Server(Elector):
    """One server. Only `state` survives a crash."""

    def __init__(self, name: str, servers: Collection[str], state: RaftState | None = None) -> None:
        super().__init__(name, servers, state)
        self.commit = self.state.snapshot.length
        self.match: dict[str, int] = {}
        self.next: dict[str, int] = {}
        self.round = 0
        self.first = 0
        self.heard: dict[str, int] = {}
        self.learners: tuple[str, ...] = ()
        self._outgoing = Outgoing[Snapshot]()
        self._arriving = Arriving[tuple[int, int], Snapshot](Snapshot)
        self._held: dict[str, tuple[int, int]] = {}

    # Steps.

    def lead(self) -> RaftOutputs:
        """Become the leader of its term (rule 3). It knows nothing of the others' logs yet."""
        if self.role is not RaftRole.CANDIDATE or not self.elected():
            raise ProtocolRefusal(f"No quorum has elected {self.name} in term {self.term}.")
        self.role = RaftRole.LEADER
        self.match, self.next, self.heard, self.learners = {}, {}, {}, ()
        self._held = {}
        self.first = self.state.length + 1
        self._follow_members()
        return ()

    def abdicate(self) -> RaftOutputs:
        """Lead no longer: it is no member any more (Ongaro 2014, §4.2.2)."""
        self._check_leads()
        self.role = RaftRole.FOLLOWER
        return ()

    def request(self, payload: Payload) -> RaftOutputs:
        """Append to its own log (§5.3)."""
        self._check_leads()
        return self._keep(SuffixRecord(self.state.length, (LogEntry(self.term, payload),)))

    def change(self, incoming: tuple[str, ...]) -> RaftOutputs:
        """Append C_old,new, unless a change is under way (rule 9)."""
        self._check_leads()
        self._check_may_change()
        return self.request(Membership(self.configuration.members, incoming))

    def change_one(self, incoming: tuple[str, ...]) -> RaftOutputs:
        """Append C_new, in which one server more or less is a member (rule 10)."""
        self._check_leads()
        self._check_may_change()
        if not self.may_go_directly(incoming):
            raise ProtocolRefusal("More than one server would join or leave.")
        if not self.has_committed():
            raise ProtocolRefusal(f"{self.name} has committed nothing in term {self.term}.")
        return self.request(Membership(incoming))

    def complete_change(self) -> RaftOutputs:
        """Append C_new (rule 9)."""
        incoming = self.configuration.incoming
        if incoming is None or not self.is_configured():
            raise ProtocolRefusal("No C_old,new is committed.")
        return self.request(Membership(incoming))

    def teach(self, learners: Collection[str]) -> None:
        """Send entries to these too from now on, though they do not count yet (rule 9)."""
        self._check_leads()
        self.learners = tuple(learners)
        self._follow_members()

    def append(self, follower: str, prefix: int | None = None) -> RaftOutputs:
        """Send the entries after a prefix, by default after what the follower should hold.

        Where the snapshot stands for some of these, it is sent instead (rule 8), the next part of
        it. Entries that one message does not carry are left for the next.
        """
        self._check_leads()
        start = self.next[follower] if prefix is None else prefix
        if not 0 <= start <= self.state.length:
            raise ProtocolRefusal(
                f"The log of {self.name} has {self.state.length} entries, not {start}."
            )
        snapshot = self.state.snapshot
        if start < snapshot.length:
            return (self._next_part(follower),)
        before, entries = self.prefix_term(start), fitting(self.state.entries_after(start))
        message = AppendEntries(
            self.term, self.name, start, before, entries, self.commit, self.round
        )
        return (Send(follower, message),)

    def sends_part(self, start: int) -> bool:
        """Whether an append from there on leaves some entries for the next."""
        rest = self.state.entries_after(max(start, self.state.snapshot.length))
        return len(fitting(rest)) < len(rest)

    def advance_commit(self, length: int) -> RaftOutputs:
        """Commit the first `length` entries (rule 6)."""
        self._check_leads()
        if not self.commit < length <= self.state.length or not self.may_commit(length):
            raise ProtocolRefusal(f"{self.name} cannot commit {length} entries.")
        self.commit = length
        return ()

    def compact(self, snapshot: Snapshot) -> RaftOutputs:
        """Let a snapshot stand for entries that are committed (rule 8)."""
        if not self.state.snapshot.length < snapshot.length <= self.commit:
            raise ProtocolRefusal(
                f"{self.name} has committed {self.commit} entries, not {snapshot.length}."
            )
        return self._keep(SnapshotRecord(snapshot))

    def hand_over(self, target: str) -> RaftOutputs:
        """Ask a member whose log is as long to stand for election (Ongaro 2014, §3.10)."""
        self._check_leads()
        if self.match.get(target) != self.state.length:
            raise ProtocolRefusal(f"{target} does not hold all that {self.name} does.")
        return (Send(target, TimeoutNow(self.term, self.name)),)

    # The rules. Each is one method, so that a defect is one override.

    def prefix_term(self, start: int) -> int:
        """The term of what comes before the entries that it sends (rule 5)."""
        return self.state.term_at(start)

    def holds_prefix(self, message: AppendEntries) -> bool:
        """Whether its log holds what comes before the entries (rule 5)."""
        return holds_prefix(self.state, message)

    def suffix(self, message: AppendEntries) -> SuffixRecord | None:
        """What its log lacks of the entries, if anything, and how much of it stays (rule 5)."""
        start = first_difference(self.state, message)
        new = message.entries[start - message.prefix :]
        return SuffixRecord(start, new) if new else None

    def take(self, message: AppendEntries) -> RaftOutputs:
        """Make its log hold the entries (rule 5)."""
        record = self.suffix(message)
        if record is None:
            return ()
        if record.prefix < self.commit:
            raise SafetyViolation(
                f"{self.name} has committed {self.commit} entries, "
                f"and {message.leader} replaces all after {record.prefix}."
            )
        return self._keep(record)

    def commit_after(self, message: AppendEntries) -> int:
        """How much is committed, now that it holds what the leader sent (§5.3)."""
        return max(self.commit, min(message.commit, message.prefix + len(message.entries)))

    def match_after(self, message: Appended) -> int:
        """How much the follower is known to hold, now that it has said so (§5.3)."""
        return max(self.match[message.follower], message.length)

    def may_commit(self, length: int) -> bool:
        """Whether the last of these entries is of its term, and a quorum holds it (rule 6)."""
        return self.state.term_at(length) == self.term and self.is_held(length)

    def is_held(self, length: int) -> bool:
        """Whether a quorum holds so many entries (rules 6 and 9)."""
        holders = [server for server, match in self.match.items() if length <= match]
        return self.has_quorum([self.name, *holders])

    def is_confirmed(self, round_: int) -> bool:
        """Whether a quorum has heard from it in this round, or later (Ongaro 2014, §6.4)."""
        heard = [server for server, latest in self.heard.items() if round_ <= latest]
        return self.confirms([self.name, *heard])

    def confirms(self, heard: Collection[str]) -> bool:
        """Whether it leads as long as these hear from it (Ongaro 2014, §6.4)."""
        return self.has_quorum(heard)

    def read_index(self) -> int:
        """How much must be committed before a read is answered that comes now (`reading.py`)."""
        return max(self.commit, self.first)

    def may_answer(self, round_: int, index: int) -> bool:
        """Whether a read that waits for so much, and for this round, is answered (`reading.py`)."""
        return index <= self.commit and self.is_confirmed(round_)

    def is_configured(self) -> bool:
        """Whether the configuration in force is committed (rule 9)."""
        return self.configured_at <= self.commit

    def may_change(self) -> bool:
        """Whether no change of members is under way (rule 9)."""
        return self.configuration.incoming is None and self.is_configured()

    def may_go_directly(self, incoming: tuple[str, ...]) -> bool:
        """Whether C_new may follow at once (rule 10)."""
        return self.configuration.is_next_to(incoming)

    def has_committed(self) -> bool:
        """Whether an entry of its own term is committed, since it leads (rule 10)."""
        return self.first <= self.commit

    def committable(self) -> int | None:
        """The most that may be committed now, if more than is."""
        lengths = range(self.state.length, self.commit, -1)
        return next((length for length in lengths if self.may_commit(length)), None)

    # The answers that the table names.

    def take_entries(self, message: AppendEntries) -> RaftOutputs:
        """Take what the log lacks, or say where it differs (rule 5).

        A candidate accepts the leader with the first entries that it can take, as in the model;
        until then its candidacy is idle: the votes of its term have elected another one.
        """
        news = past_snapshot(self.state, message)
        if not self.holds_prefix(news):
            return (Send(message.leader, self._mismatch(news)),)
        kept = self.take(news)
        self.commit = self.commit_after(news)
        self.role = RaftRole.FOLLOWER
        return (*kept, self._acknowledge(message, news.prefix + len(news.entries)))

    def install(self, message: InstallSnapshot) -> RaftOutputs:
        """Begin with the leader's snapshot once all parts are here (rule 8).

        Whoever has committed as much needs none.
        """
        self.role = RaftRole.FOLLOWER
        if self.commit >= message.length:
            return (self._acknowledge(message, message.length),)
        name, leader, round_ = (message.term, message.length), message.leader, message.round
        snapshot = self._arriving.take(name, message.offset, message.data, message.done)
        if snapshot is None:
            held = self._arriving.held_of(name)
            told = SnapshotHeld(self.term, self.name, leader, message.length, held, round_)
            return (Send(leader, told),)
        kept = self._keep(SnapshotRecord(snapshot))
        self.commit = snapshot.length
        return (*kept, self._acknowledge(message, snapshot.length))

    def report_two_leaders(self, message: AppendEntries | InstallSnapshot) -> NoReturn:
        """Another server leads the term that this one leads (§5.2, election safety)."""
        raise SafetyViolation(f"{self.name} and {message.leader} both lead term {self.term}.")

    def count_copy(self, message: Appended) -> RaftOutputs:
        """Remember what a follower holds. Committing is a step of its own."""
        if message.follower in self.match:
            self._hear(message)
            match = self.match[message.follower] = self.match_after(message)
            self.next[message.follower] = max(self.next[message.follower], match)
        return ()

    def back_up(self, message: LogMismatch) -> RaftOutputs:
        """Begin earlier the next time, unless the news is old (§5.3, fast backtracking)."""
        if message.follower in self.match:
            self._hear(message)
        if self.next.get(message.follower) == message.prefix:
            start = next_to_try(self.state, message)
            self.next[message.follower] = max(self.match[message.follower], start)
        return ()

    def hear_held(self, message: SnapshotHeld) -> RaftOutputs:
        """Send what follows, unless the news is old."""
        if message.follower not in self.match:
            return ()
        self._hear(message)
        follower, length = message.follower, self.state.snapshot.length
        old = message.length != length or message.offset == self._held_by(follower)
        if old or self.next[follower] >= length:
            return ()
        self._held[follower] = length, message.offset
        return (self._next_part(follower),)

    def stand_now(self, message: TimeoutNow) -> RaftOutputs:
        """The leader hands over: no patience, and no pre-vote (Ongaro 2014, §3.10)."""
        del message
        return self.start_election(transfer=True)

    def _next_part(self, follower: str) -> Send[InstallSnapshot]:
        snapshot = self.state.snapshot
        part = self._outgoing.part(snapshot, self._held_by(follower))
        message = InstallSnapshot(self.term, self.name, snapshot.length, *part, self.round)
        return Send(follower, message)

    def _held_by(self, follower: str) -> int:
        """How much of its snapshot a follower holds, as far as it has said."""
        length, offset = self._held.get(follower, (0, 0))
        return offset if length == self.state.snapshot.length else 0

    def _mismatch(self, message: AppendEntries) -> LogMismatch:
        length, conflict = where_it_fails(self.state, message)
        prefix, round_ = message.prefix, message.round
        return LogMismatch(self.term, self.name, message.leader, prefix, length, conflict, round_)

    def _acknowledge(self, message: AppendEntries | InstallSnapshot, length: int) -> Send[Appended]:
        told = Appended(self.term, self.name, message.leader, length, message.round)
        return Send(message.leader, told)

    def _hear(self, message: Appended | LogMismatch | SnapshotHeld) -> None:
        latest = self.heard.get(message.follower, 0)
        self.heard[message.follower] = max(latest, message.round)

    def _keep(self, record: RaftRecord) -> RaftOutputs:
        kept = super()._keep(record)
        if self.role is RaftRole.LEADER:
            self._follow_members()
        return kept

    @property
    def others(self) -> tuple[str, ...]:
        """All members but itself, and who catches up; of these no vote and no copy counts.

        Who led and campaigns again also asks its learners for votes and pre-votes. That does no
        harm: any server answers any candidate, whoever the members are (Ongaro 2014, §4.1), at most
        records a vote by it, and quorums are of members alone.
        """
        more = (u for u in self.learners if u not in self.configuration.servers)
        return (*super().others, *(u for u in more if u != self.name))

    def _follow_members(self) -> None:
        for server in self.others:
            self.match.setdefault(server, 0)
            self.next.setdefault(server, self.state.length)

    def _check_may_change(self) -> None:
        if not self.may_change():
            raise ProtocolRefusal("Another change of members is under way.")

    def _check_leads(self) -> None:
        if self.role is not RaftRole.LEADER:
            raise ProtocolRefusal(f"{self.name} does not lead term {self.term}.")
