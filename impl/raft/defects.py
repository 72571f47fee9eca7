"""Real bugs of Raft implementations, each one method away from the healthy server.

Rules:
- A defect overrides exactly one rule, so that what a checker finds is that rule and nothing else.
- Each names where it occurred. Public trackers are named by project and number.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from .messages import (
    Appended,
    AppendEntries,
    LogMismatch,
    RaftMessage,
    RequestPreVote,
    RequestVote,
    VoteGranted,
)
from .records import RaftOutputs, RaftState, SuffixRecord, TermRecord
from .rules import RaftRole, TermAndRole
from .server import Server
from .variant import HEALTHY, RaftVariant


class ForgetsVote(Server):
    """A restart loses the vote."""

    def restored(self, stored: RaftState) -> RaftState:
        """Only term and log survive."""
        return replace(stored, vote=replace(stored.vote, voted_for=None))


class ForgetsTerm(Server):
    """A restart loses term and vote."""

    def restored(self, stored: RaftState) -> RaftState:
        """Only the log survives."""
        return replace(stored, vote=TermRecord())


class ForgetsVoteOnAppend(Server):
    """Becoming a follower clears the vote, in the same term too."""

    def take_entries(self, message: AppendEntries) -> RaftOutputs:
        """Then it may vote again."""
        return (*super().take_entries(message), *self._keep(TermRecord(self.term)))


class CountsVotersAgain(Server):
    """Counts messages instead of voters."""

    def counts(self, voter: str) -> bool:
        """Every message counts."""
        del voter
        return True


class CountsOldVotes(Server):
    """Counts votes of earlier terms for its own."""

    def situation(self, message: RaftMessage) -> TermAndRole:
        """Does not look at a vote's term."""
        found = super().situation(message)
        old = isinstance(message, VoteGranted) and found is TermAndRole.EARLIER
        return TermAndRole[self.role.name] if old else found


class ComparesLengths(Server):
    """Finds any log up to date that is as long as its own."""

    def is_up_to_date(self, message: RequestVote | RequestPreVote) -> bool:
        """Terms do not matter."""
        return message.length >= self.state.length


class CommitsOldTerms(Server):
    """Commits an entry of an earlier term once a quorum holds it (figure 8)."""

    def may_commit(self, length: int) -> bool:
        """Only counts."""
        return self.is_held(length)


class CommitsBackwards(Server):
    """Takes the leader's commit index for its own, though that may be older news."""

    def commit_after(self, message: AppendEntries) -> int:
        """Without a maximum."""
        return min(message.commit, message.prefix + len(message.entries))


class CommitsOwnEntries(Server):
    """Commits what it has, though that may be what the leader does not."""

    def commit_after(self, message: AppendEntries) -> int:
        """Up to its own last entry, not up to the last new one."""
        return max(self.commit, min(message.commit, self.state.length))


class AlwaysTruncates(Server):
    """Gives up all that follows the prefix, whether it conflicts or not."""

    def take(self, message: AppendEntries) -> RaftOutputs:
        """Also on a message that was overtaken by a later one."""
        return self._keep(SuffixRecord(message.prefix, message.entries))


class KeepsTail(Server):
    """Replaces entries in place, and keeps what follows a conflict."""

    def suffix(self, message: AppendEntries) -> SuffixRecord | None:
        """The tail is of a leader that was deposed."""
        record = super().suffix(message)
        if record is None:
            return None
        tail = self.state.entries_after(message.prefix + len(message.entries))
        return replace(record, entries=record.entries + tail)


class SkipsCheck(Server):
    """Takes entries after a prefix that it does not hold, if its log is long enough."""

    def holds_prefix(self, message: AppendEntries) -> bool:
        """The term is not compared."""
        return message.prefix <= self.state.length


class AcceptsGaps(Server):
    """Takes whatever comes first, if it has nothing."""

    def holds_prefix(self, message: AppendEntries) -> bool:
        """An empty log would have to say no, too."""
        return self.state.length == 0 or super().holds_prefix(message)


class MatchesBackwards(Server):
    """Takes an old acknowledgement for the latest."""

    def match_after(self, message: Appended) -> int:
        """Without a maximum."""
        return message.length


class MatchesHints(Server):
    """Takes the hint in a rejection for what the follower holds."""

    def back_up(self, message: LogMismatch) -> RaftOutputs:
        """It is only an upper bound."""
        self.match[message.follower] = message.length
        return super().back_up(message)


class StopsAtOldTerms(Server):
    """Commits nothing as long as an entry of an earlier term is in front."""

    def may_commit(self, length: int) -> bool:
        """Each entry would have to be of its term."""
        new = range(self.commit + 1, length)
        own = all(self.state.term_at(position) == self.term for position in new)
        return own and super().may_commit(length)


class WritesTwice(Server):
    """Writes vote and term one after the other."""

    def step_down(self, term: int) -> RaftOutputs:
        """After a crash between the two it votes once more in the term before."""
        return (*self._keep(TermRecord(self.term)), *super().step_down(term))


class LeadsOn(Server):
    """A leader takes over a later term without becoming a follower."""

    def step_down(self, term: int) -> RaftOutputs:
        """It has won no election in that term."""
        role = self.role
        outputs = super().step_down(term)
        self.role = RaftRole.LEADER if role is RaftRole.LEADER else self.role
        return outputs


_DEFECTS: Final = (
    RaftVariant(
        "forgets-vote",
        "a restart loses the vote",
        "pysyncobj#84; raft-java#57",
        ForgetsVote,
    ),
    RaftVariant(
        "forgets-term",
        "a restart loses term and vote",
        "pysyncobj#201, PR 202",
        ForgetsTerm,
    ),
    RaftVariant(
        "forgets-vote-on-append",
        "becoming a follower in the same term clears the vote",
        "redpanda PR 14; camunda#5356",
        ForgetsVoteOnAppend,
    ),
    RaftVariant(
        "duplicate-vote-counted",
        "a duplicated vote counts twice",
        "xraft#27",
        CountsVotersAgain,
    ),
    RaftVariant(
        "old-vote-counted",
        "a vote of an earlier term counts in this one",
        "xraft#33; little-raft#44; akka-raft#46",
        CountsOldVotes,
    ),
    RaftVariant(
        "compares-lengths",
        "a log is up to date if it is as long, whatever its last term",
        "noraft PR 22; liferaft PR 6; influxdb PR 1663",
        ComparesLengths,
    ),
    RaftVariant(
        "commits-old-terms",
        "an entry of an earlier term is committed by counting",
        "pysyncobj#110, #169; nats PR 7955; CCF PR 5748",
        CommitsOldTerms,
    ),
    RaftVariant(
        "commits-backwards",
        "a follower's commit index follows the leader's, down too",
        "pysyncobj#166; ongardie/raft.tla#19",
        CommitsBackwards,
    ),
    RaftVariant(
        "commits-own-entries",
        "a follower commits up to its own last entry, not up to the last new one",
        "atomix/copycat#265; CCF PR 6001",
        CommitsOwnEntries,
    ),
    RaftVariant(
        "always-truncates",
        "what follows the new entries is given up, though nothing conflicts",
        "pysyncobj 0.3.17; CCF PR 5991",
        AlwaysTruncates,
    ),
    RaftVariant(
        "keeps-tail",
        "a conflicting entry is replaced, and what follows it is kept",
        "mofa PR 1151",
        KeepsTail,
    ),
    RaftVariant(
        "skips-check",
        "entries are taken after a prefix of another term",
        "related: WRaft PR 118",
        SkipsCheck,
    ),
    RaftVariant(
        "accepts-gaps",
        "a follower with an empty log takes entries, whatever comes before them",
        "oxia PR 1239",
        AcceptsGaps,
    ),
    RaftVariant(
        "matches-backwards",
        "an old acknowledgement lowers what a follower is known to hold",
        "pysyncobj#167; CCF#5325",
        MatchesBackwards,
    ),
    RaftVariant(
        "matches-hints",
        "a rejection's hint is taken for what the follower holds",
        "CCF#5325",
        MatchesHints,
    ),
    RaftVariant(
        "stops-at-old-terms",
        "a leader commits nothing while an entry of an earlier term is in front",
        "a published Raft in Python",
        StopsAtOldTerms,
    ),
    RaftVariant(
        "writes-twice",
        "a later term, and that there is no vote in it, are two records",
        "hashicorp/raft#661; willemt/raft PR 47",
        WritesTwice,
    ),
    RaftVariant(
        "leads-on",
        "a leader that meets a later term goes on as its leader",
        "daos-raft PR 70",
        LeadsOn,
    ),
)

#: Every variant by name: the healthy one and all defects.
VARIANTS: Final = MappingProxyType({variant.name: variant for variant in (HEALTHY, *_DEFECTS)})
