"""The proof of Raft with one real bug each; the codes are those of `quorate.model.mutants`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from quorate.model.language import action, define, require
from quorate.model.mutants import MUTANTS
from quorate.model.proofs.raft_atomic import ProvedAtomicRaft
from quorate.model.proofs.raft_commit import ProvedRaft
from quorate.model.proofs.raft_prompt import ProvedPromptRaft
from quorate.model.proofs.raft_snapshots import ProvedRaftSnapshots
from quorate.model.raft_election import Index, RequestVote, Role, Server, Term, Vote


class ForgetsVote(MUTANTS["forgets-vote"].protocol, ProvedRaft):  # type: ignore[name-defined,misc]
    """R1: `votedFor` is not persisted."""


class VotesAgain(ProvedRaft):
    """R3: whoever steps down in its own term may vote in it once more."""

    @action
    def step_down(self, s: Server, t: Term) -> None:
        require(self.term[s] <= t)
        require(any(m.t == t for m in self.sent[RequestVote]))
        self.term[s] = t
        self.role[s] = Role.FOLLOWER
        self.voted_for[s] = None


class CountsOldVotes(ProvedRaft):
    """R5: a vote of an earlier term counts."""

    @action
    def receive_vote(self, s: Server, m: Vote) -> None:
        require(m.candidate == s)
        require(self.role[s] == Role.CANDIDATE)
        require(m.voter not in self.votes[s])
        self.votes[s] = self.votes[s] | {m.voter}


class ComparesLengths(ProvedRaft):
    """R7: the longer log is up to date, whatever its last term."""

    @define
    def is_up_to_date(self, s: Server, m: RequestVote) -> bool:
        return len(self.log[s]) <= m.length


class CountsOldEntries(ProvedRaft):
    """R8, figure 8: entries of earlier terms are committed by counting."""

    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return True


class PromptlyCountsOldEntries(ProvedPromptRaft):
    """R8 of a Raft that sends at once."""

    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return True


class AlwaysTruncates(MUTANTS["always-truncates"].protocol, ProvedRaft):  # type: ignore[name-defined,misc]
    """R11: a follower truncates what follows the new entries, though nothing conflicts."""


class CommitsOwnEntries(MUTANTS["commits-own-entries"].protocol, ProvedAtomicRaft):  # type: ignore[name-defined,misc]
    """R10: a follower commits up to its own last entry."""


class KeepsTail(MUTANTS["keeps-tail"].protocol, ProvedAtomicRaft):  # type: ignore[name-defined,misc]
    """R12: the entries after a conflicting one are kept."""


class DropsWhatFollows(ProvedRaftSnapshots):
    """R18: installing a snapshot drops the entries that follow it."""

    @define
    def keeps_entries(self, s: Server, u: Server, n: Index) -> bool:
        return False


@dataclass(frozen=True)
class Case:
    """A mutant, the obligation that fails, sizes at which it does, and the property that breaks.

    `without`: a companion that the bug makes false, as it speaks of the rule that was changed.
    """

    code: str
    protocol: Any
    action: str
    invariant: str
    sizes: Mapping[str, int]
    breaks: str
    without: str = ""
    healthy: Any = ProvedRaft


CASES = [
    Case(
        "R1",
        ForgetsVote,
        "restart",
        "votes_are_recorded",
        {"Server": 2, "Term": 1, "Index": 0},
        "election_safety",
    ),
    Case(
        "R3",
        VotesAgain,
        "step_down",
        "votes_are_recorded",
        {"Server": 2, "Term": 1, "Index": 0},
        "election_safety",
    ),
    Case(
        "R5",
        CountsOldVotes,
        "receive_vote",
        "votes_were_granted",
        {"Server": 2, "Term": 2, "Index": 0},
        "election_safety",
    ),
    Case(
        "R7",
        ComparesLengths,
        "grant",
        "votes_were_for_logs_as_good",
        {"Server": 3, "Term": 3, "Index": 1},
        "leader_completeness",
    ),
    Case(
        "R8",
        CountsOldEntries,
        "advance_commit",
        "quorums_acknowledged_what_is_committed",
        {"Server": 2, "Term": 2, "Index": 1},
        "state_machine_safety",
    ),
    Case(
        "R8",
        PromptlyCountsOldEntries,
        "advance_commit",
        "quorums_acknowledged_what_is_committed",
        {"Server": 2, "Term": 2, "Index": 1},
        "state_machine_safety",
        healthy=ProvedPromptRaft,
    ),
    Case(
        "R11",
        AlwaysTruncates,
        "receive_append",
        "servers_keep_what_they_acknowledged",
        {"Server": 2, "Term": 1, "Index": 1},
        "leader_completeness",
        without="what_is_shared_does_not_conflict",
    ),
    Case(
        "R10",
        CommitsOwnEntries,
        "replicate",
        "servers_commit_what_is_committed",
        {"Server": 3, "Term": 2, "Index": 1},
        "state_machine_safety",
        healthy=ProvedAtomicRaft,
    ),
    Case(
        "R12",
        KeepsTail,
        "replicate",
        "logs_are_histories",
        {"Server": 2, "Term": 2, "Index": 2},
        "log_matching",
        healthy=ProvedAtomicRaft,
    ),
    Case(
        "R18",
        DropsWhatFollows,
        "install",
        "servers_keep_what_they_acknowledged",
        {"Server": 2, "Term": 1, "Index": 2},
        "leader_completeness",
        healthy=ProvedRaftSnapshots,
    ),
]
