"""The server: follower, candidate or leader of one term at a time.

Everything that affects a server's state lives in this file.

Rules (Ongaro and Ousterhout, *In Search of an Understandable Consensus Algorithm*, 2014):
1. It follows every later term at once, and takes no part in an earlier one (§5.1).
2. It votes once a term, and only for a candidate whose log is at least as up to date (§5.4.1).
3. A candidate leads once a quorum has voted for it in its term, each voter counted once (§5.2).
4. A leader only adds to its log. A follower takes entries that follow a prefix which it holds,
   and gives up entries only where they conflict with these (§5.3).
5. A leader commits an entry of its own term once a quorum holds it, and with it all before it.
   An entry of an earlier term is never committed by counting (§5.4.2, figure 8).
6. Term, vote and log are durable *before* anything that depends on them is sent.

The steps are those of `model/raft.py`: `start_election`, `step_down`, `lead`, `request`, `append`
and `advance_commit` are taken by whoever drives the server (`Replica` does), and messages are
received one by one. It reads no clock: when to take a step is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NoReturn, TypeAlias, cast

from quorate.impl.errors import ProtocolRefusal, SafetyViolation
from quorate.impl.outputs import Persist, Send
from quorate.impl.quorums import Quorums

from .log import first_difference, holds_prefix, next_to_try, term_at, where_it_fails
from .messages import (
    Appended,
    AppendEntries,
    Log,
    LogEntry,
    LogMismatch,
    Outdated,
    Payload,
    RaftMessage,
    RequestVote,
    VoteGranted,
)
from .records import RaftOutputs, RaftState, SuffixRecord, TermRecord
from .rules import TABLE, RaftRole, TermAndRole

_Answer: TypeAlias = Callable[[RaftMessage], RaftOutputs]


class Server:
    """One server. Only `state` survives a crash."""

    def __init__(
        self,
        name: str,
        servers: Collection[str],
        quorums: Quorums | None = None,
        state: RaftState | None = None,
    ) -> None:
        """`quorums` has the sets that elect (phase 1) and that commit (phase 2)."""
        self.name = name
        self.servers = tuple(servers)
        self.quorums = Quorums.majority(self.servers) if quorums is None else quorums
        self.state = self.restored(RaftState() if state is None else state)
        self.role = RaftRole.FOLLOWER
        self.commit = 0
        self.match: dict[str, int] = {}
        self.next: dict[str, int] = {}
        self._voters: tuple[str, ...] = ()

    @property
    def term(self) -> int:
        """The latest term seen."""
        return self.state.vote.term

    @property
    def voted_for(self) -> str | None:
        """Whom it voted for in its term."""
        return self.state.vote.voted_for

    @property
    def log(self) -> Log:
        """All entries, committed or not."""
        return self.state.log

    @property
    def votes(self) -> frozenset[str]:
        """Who voted for it in the term of its latest candidacy."""
        return frozenset(self._voters)

    @property
    def others(self) -> tuple[str, ...]:
        """All servers but itself."""
        return tuple(server for server in self.servers if server != self.name)

    # Steps.

    def start_election(self) -> RaftOutputs:
        """Become a candidate of the next term, and ask all others for their votes (§5.2)."""
        if self.role is RaftRole.LEADER:
            raise ProtocolRefusal(f"{self.name} leads term {self.term}: it needs no election.")
        kept = self._keep(TermRecord(self.term + 1, self.name))
        self.role, self._voters = RaftRole.CANDIDATE, (self.name,)
        length = len(self.log)
        ask = RequestVote(self.term, self.name, length, term_at(self.log, length))
        return (*kept, *(Send(server, ask) for server in self.others))

    def step_down(self, term: int) -> RaftOutputs:
        """Become a follower of a later term (rule 1)."""
        if term <= self.term:
            raise ProtocolRefusal(f"{self.name} is in term {self.term}: {term} is not later.")
        self.role = RaftRole.FOLLOWER
        return self._keep(TermRecord(term))

    def lead(self) -> RaftOutputs:
        """Become the leader of its term (rule 3). It knows nothing of the others' logs yet."""
        if self.role is not RaftRole.CANDIDATE or not self.elected():
            raise ProtocolRefusal(f"No quorum has elected {self.name} in term {self.term}.")
        self.role = RaftRole.LEADER
        self.match = dict.fromkeys(self.others, 0)
        self.next = dict.fromkeys(self.others, len(self.log))
        return ()

    def request(self, payload: Payload) -> RaftOutputs:
        """Append to its own log (§5.3)."""
        self._check_leads()
        return self._keep(SuffixRecord(len(self.log), (LogEntry(self.term, payload),)))

    def append(self, follower: str, prefix: int | None = None) -> RaftOutputs:
        """Send the entries after a prefix, by default after what the follower should hold."""
        self._check_leads()
        start = self.next[follower] if prefix is None else prefix
        if not 0 <= start <= len(self.log):
            raise ProtocolRefusal(
                f"The log of {self.name} has {len(self.log)} entries, not {start}."
            )
        before, entries = term_at(self.log, start), self.log[start:]
        message = AppendEntries(self.term, self.name, start, before, entries, self.commit)
        return (Send(follower, message),)

    def advance_commit(self, length: int) -> RaftOutputs:
        """Commit the first `length` entries (rule 5)."""
        self._check_leads()
        if not self.commit < length <= len(self.log) or not self.may_commit(length):
            raise ProtocolRefusal(f"{self.name} cannot commit {length} entries.")
        self.commit = length
        return ()

    def receive(self, message: RaftMessage) -> RaftOutputs:
        """Take one message by the rule that the table names for it."""
        rule = TABLE[type(message), self.situation(message)]
        return cast(_Answer, getattr(self, rule))(message)

    # The rules. Each is one method, so that a defect is one override.

    def restored(self, stored: RaftState) -> RaftState:
        """What survives a restart: everything that was stored (rule 6)."""
        return stored

    def situation(self, message: RaftMessage) -> TermAndRole:
        """Where a message's term stands (rule 1)."""
        if message.term != self.term:
            return TermAndRole.EARLIER if message.term < self.term else TermAndRole.LATER
        return TermAndRole[self.role.name]

    def may_vote(self, candidate: str) -> bool:
        """Whether it has not voted for another one in its term (rule 2)."""
        return self.voted_for in (None, candidate)

    def is_up_to_date(self, message: RequestVote) -> bool:
        """Whether the candidate's last term is later, or the same and its log as long (rule 2)."""
        length = len(self.log)
        return (message.last_term, message.length) >= (term_at(self.log, length), length)

    def counts(self, voter: str) -> bool:
        """Whether a vote of this server still counts: each one does once (rule 3)."""
        return voter not in self._voters

    def elected(self) -> bool:
        """Whether a quorum has voted for it (rule 3)."""
        return self.quorums.phase1.met_by(self._voters)

    def holds_prefix(self, message: AppendEntries) -> bool:
        """Whether its log holds what comes before the entries (rule 4)."""
        return holds_prefix(self.log, message)

    def suffix(self, message: AppendEntries) -> SuffixRecord | None:
        """What its log lacks of the entries, if anything, and how much of it stays (rule 4)."""
        start = first_difference(self.log, message)
        new = message.entries[start - message.prefix :]
        return SuffixRecord(start, new) if new else None

    def take(self, message: AppendEntries) -> RaftOutputs:
        """Make its log hold the entries (rule 4)."""
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
        """Whether the last of these entries is of its term, and a quorum holds it (rule 5)."""
        holders = [server for server, match in self.match.items() if length <= match]
        own_term = term_at(self.log, length) == self.term
        return own_term and self.quorums.phase2.met_by([self.name, *holders])

    def committable(self) -> int | None:
        """The most that may be committed now, if more than is."""
        lengths = range(len(self.log), self.commit, -1)
        return next((length for length in lengths if self.may_commit(length)), None)

    # The answers that the table names.

    def ignore(self, message: RaftMessage) -> RaftOutputs:
        """Nothing changes."""
        del message
        return ()

    def follow_term(self, message: RaftMessage) -> RaftOutputs:
        """Step down, then take the message in its own term (rule 1)."""
        return (*self.step_down(message.term), *self.receive(message))

    def tell_term(self, message: RequestVote | AppendEntries) -> RaftOutputs:
        """Tell a candidate or a leader of the past that it is one."""
        sender = message.candidate if isinstance(message, RequestVote) else message.leader
        return (Send(sender, Outdated(self.term, self.name)),)

    def consider(self, message: RequestVote) -> RaftOutputs:
        """Vote if it may: record the vote, then say so. A duplicate is told again only."""
        if not self.may_vote(message.candidate) or not self.is_up_to_date(message):
            return ()
        told = Send(message.candidate, VoteGranted(self.term, self.name, message.candidate))
        if self.voted_for == message.candidate:
            return (told,)
        return (*self._keep(TermRecord(self.term, message.candidate)), told)

    def count_vote(self, message: VoteGranted) -> RaftOutputs:
        """Count a vote. Leading is a step of its own."""
        if message.voter in self.servers and self.counts(message.voter):
            self._voters += (message.voter,)
        return ()

    def take_entries(self, message: AppendEntries) -> RaftOutputs:
        """Take what the log lacks, or say where it differs (rule 4).

        A candidate accepts the leader with the first entries that it can take, as in the model;
        until then its candidacy is idle: the votes of its term have elected another one.
        """
        if not self.holds_prefix(message):
            return (Send(message.leader, self._mismatch(message)),)
        length = message.prefix + len(message.entries)
        kept = self.take(message)
        self.commit = self.commit_after(message)
        self.role = RaftRole.FOLLOWER
        return (*kept, Send(message.leader, Appended(self.term, self.name, message.leader, length)))

    def report_two_leaders(self, message: AppendEntries) -> NoReturn:
        """Another server leads the term that this one leads (§5.2, election safety)."""
        raise SafetyViolation(f"{self.name} and {message.leader} both lead term {self.term}.")

    def count_copy(self, message: Appended) -> RaftOutputs:
        """Remember what a follower holds. Committing is a step of its own."""
        if message.follower in self.match:
            match = self.match[message.follower] = self.match_after(message)
            self.next[message.follower] = max(self.next[message.follower], match)
        return ()

    def back_up(self, message: LogMismatch) -> RaftOutputs:
        """Begin earlier the next time, unless the news is old (§5.3, fast backtracking)."""
        if self.next.get(message.follower) == message.prefix:
            start = next_to_try(self.log, message)
            self.next[message.follower] = max(self.match[message.follower], start)
        return ()

    def _mismatch(self, message: AppendEntries) -> LogMismatch:
        length, conflict = where_it_fails(self.log, message)
        return LogMismatch(self.term, self.name, message.leader, message.prefix, length, conflict)

    def _keep(self, record: TermRecord | SuffixRecord) -> RaftOutputs:
        self.state = self.state.after(record)
        return (Persist(record),)

    def _check_leads(self) -> None:
        if self.role is not RaftRole.LEADER:
            raise ProtocolRefusal(f"{self.name} does not lead term {self.term}.")
