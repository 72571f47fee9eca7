"""Terms, votes and elections: what `model/raft_election.py` says, with pre-votes before it.

Rules (Ongaro and Ousterhout 2014; Ongaro 2014):
1. A server follows every later term at once, and takes no part in an earlier one (§5.1).
2. It votes once a term, and only for a candidate whose log is at least as up to date (§5.4.1).
3. A candidate leads once a quorum has voted for it in its term, each voter counted once (§5.2).
4. A pre-vote is the answer to "would you vote for me?" and binds nobody (thesis, §9.6). Who asks
   is in its own term still, so that a server which cannot win raises nobody's term.
5. Who hears from a leader helps nobody else to lead, unless the leader itself wants that (thesis,
   §4.2.3). For how long that is so, whoever drives the server says: it reads no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeAlias, cast

from quorate.impl.errors import ProtocolRefusal
from quorate.impl.outputs import Persist, Send

from .membership import Membership
from .messages import (
    AppendEntries,
    InstallSnapshot,
    Log,
    Outdated,
    PreVoteGranted,
    RaftMessage,
    RequestPreVote,
    RequestVote,
    VoteGranted,
)
from .records import RaftOutputs, RaftRecord, RaftState, SuffixRecord, TermRecord
from .rules import TABLE, RaftRole, TermAndRole

_Answer: TypeAlias = Callable[[RaftMessage], RaftOutputs]


class Elector:
    """A server as far as elections go. Only `state` survives a crash."""

    def __init__(self, name: str, servers: Collection[str], state: RaftState | None = None) -> None:
        """`servers` are the members to start with; a log or a snapshot may know of later ones."""
        self.name = name
        self.state = self.restored(RaftState() if state is None else state)
        self.role = RaftRole.FOLLOWER
        self._first = Membership(tuple(servers))
        self.configured_at, self._latest = self.configured_among(self.state.length)
        self._voters: tuple[str, ...] = ()
        self._supporters: tuple[str, ...] = ()
        self.in_touch = False

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
        """All entries after the snapshot, committed or not."""
        return self.state.log

    @property
    def votes(self) -> frozenset[str]:
        """Who voted for it in the term of its latest candidacy."""
        return frozenset(self._voters)

    @property
    def configuration(self) -> Membership:
        """The one in force: the latest in its log, committed or not (thesis, §4.1)."""
        return self._latest

    @property
    def is_member(self) -> bool:
        """Whether it is a member: others do not campaign (thesis, §4.2.2)."""
        return self.name in self.configuration.servers

    @property
    def others(self) -> tuple[str, ...]:
        """All members but itself."""
        return tuple(server for server in self.configuration.servers if server != self.name)

    # Steps.

    def ask_pre_votes(self) -> RaftOutputs:
        """Ask all others whether they would vote for it in the next term (rule 4)."""
        self._check_leads_not()
        self._supporters = (self.name,)
        ask = RequestPreVote(self.term, self.name, self.state.length, self.last_term())
        return tuple(Send(server, ask) for server in self.others)

    def start_election(self, transfer: bool = False) -> RaftOutputs:
        """Become a candidate of the next term, and ask all others for their votes (§5.2)."""
        self._check_leads_not()
        kept = self._keep(TermRecord(self.term + 1, self.name))
        self.role, self._voters, self._supporters = RaftRole.CANDIDATE, (self.name,), ()
        length, last = self.state.length, self.last_term()
        ask = RequestVote(self.term, self.name, length, last, transfer)
        return (*kept, *(Send(server, ask) for server in self.others))

    def step_down(self, term: int) -> RaftOutputs:
        """Become a follower of a later term (rule 1)."""
        if term <= self.term:
            raise ProtocolRefusal(f"{self.name} is in term {self.term}: {term} is not later.")
        self.role, self._supporters = RaftRole.FOLLOWER, ()
        return self._keep(TermRecord(term))

    def receive(self, message: RaftMessage) -> RaftOutputs:
        """Take one message by the rule that the table names for it."""
        if isinstance(message, (RequestVote, RequestPreVote)) and not self.may_help(message):
            return ()
        rule = TABLE[type(message), self.situation(message)]
        return cast(_Answer, getattr(self, rule))(message)

    # The rules. Each is one method, so that a defect is one override.

    def restored(self, stored: RaftState) -> RaftState:
        """What survives a restart: everything that was stored."""
        return stored

    def situation(self, message: RaftMessage) -> TermAndRole:
        """Where a message's term stands (rule 1)."""
        if message.term != self.term:
            return TermAndRole.EARLIER if message.term < self.term else TermAndRole.LATER
        return TermAndRole[self.role.name]

    def may_help(self, message: RequestVote | RequestPreVote) -> bool:
        """Whether it may help the sender to lead (rule 5)."""
        return not self.in_touch or (isinstance(message, RequestVote) and message.transfer)

    def may_vote(self, candidate: str) -> bool:
        """Whether it has not voted for another one in its term (rule 2)."""
        return self.voted_for in (None, candidate)

    def is_up_to_date(self, message: RequestVote | RequestPreVote) -> bool:
        """Whether the candidate's last term is later, or the same and its log as long (rule 2)."""
        mine = (self.last_term(), self.state.length)
        return (message.last_term, message.length) >= mine

    def supports(self, message: RequestPreVote) -> bool:
        """Whether it would vote for the candidate in the next term (rule 4)."""
        return self.is_up_to_date(message)

    def counts(self, voter: str) -> bool:
        """Whether a vote of this server still counts: each one does once (rule 3)."""
        return voter not in self._voters

    def elected(self) -> bool:
        """Whether a quorum has voted for it (rule 3)."""
        return self.has_quorum(self._voters)

    def supported(self) -> bool:
        """Whether a quorum would vote for it (rule 4)."""
        return self.has_quorum(self._supporters)

    def has_quorum(self, heard: Collection[str]) -> bool:
        """Whether these decide, in the configuration in force."""
        return self.configuration.has_quorum(heard)

    def last_term(self) -> int:
        """The term of its last entry."""
        return self.state.term_at(self.state.length)

    # The answers that the table names.

    def ignore(self, message: RaftMessage) -> RaftOutputs:
        """Nothing changes."""
        del message
        return ()

    def follow_term(self, message: RaftMessage) -> RaftOutputs:
        """Step down, then take the message in its own term (rule 1)."""
        return (*self.step_down(message.term), *self.receive(message))

    def tell_term(
        self, message: RequestPreVote | RequestVote | AppendEntries | InstallSnapshot
    ) -> RaftOutputs:
        """Tell a candidate or a leader of the past that it is one."""
        if isinstance(message, (RequestPreVote, RequestVote)):
            return (Send(message.candidate, Outdated(self.term, self.name)),)
        return (Send(message.leader, Outdated(self.term, self.name)),)

    def consider_pre_vote(self, message: RequestPreVote) -> RaftOutputs:
        """Say whether it would vote. It records nothing, and may say so to several (rule 4)."""
        if not self.supports(message):
            return ()
        told = PreVoteGranted(self.term, self.name, message.candidate)
        return (Send(message.candidate, told),)

    def count_pre_vote(self, message: PreVoteGranted) -> RaftOutputs:
        """Count it, if it has asked. Standing for election is a step of its own."""
        if self._supporters and message.voter not in self._supporters:
            self._supporters += (message.voter,)
        return ()

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
        if message.voter in self.configuration.servers and self.counts(message.voter):
            self._voters += (message.voter,)
        return ()

    def hear_leader(self) -> None:
        """Somebody leads: what was asked before no longer counts (rules 4 and 5)."""
        self.in_touch, self._supporters = True, ()

    def _keep(self, record: RaftRecord) -> RaftOutputs:
        self.state = self.state.after(record)
        if not isinstance(record, TermRecord) and not self._adds_commands(record):
            self.configured_at, self._latest = self.configured_among(self.state.length)
        return (Persist(record),)

    def configured_among(self, length: int) -> tuple[int, Membership]:
        """The latest configuration among its first entries, and where it ends."""
        at, found = self.state.configured(length)
        return at, self._first if found is None else found

    def _adds_commands(self, record: RaftRecord) -> bool:
        """Whether the latest configuration stays as it is."""
        return (
            isinstance(record, SuffixRecord)
            and self.configured_at <= record.prefix
            and not any(isinstance(e.payload, Membership) for e in record.entries)
        )

    def _check_leads_not(self) -> None:
        if self.role is RaftRole.LEADER:
            raise ProtocolRefusal(f"{self.name} leads term {self.term}: it needs no election.")
