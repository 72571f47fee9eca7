"""Real bugs of consensus implementations, each one method away from the healthy role.

Rules:
- A defect overrides exactly one rule of one role (or replaces the quorums), so that what
  a checker finds is that rule and nothing else.
- Each names where it occurred. Public trackers are named by project and number.
"""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec.structs import replace

from quorate.impl.envelope import Value

from .acceptor import Acceptor, Standing
from .composition import HEALTHY, Composition
from .learner import Learner
from .messages import Accept, Ballot, Message, Nack, Prepare, Promise, Vote
from .outputs import Outputs
from .proposer import Proposer
from .quorums import AtLeast, Quorums
from .records import AcceptorRecord, ProposerRecord

Defect: TypeAlias = Composition


class LowestBallotWins(Proposer):
    """Takes the value of the lowest-ballot vote among the promises."""

    def outranks(self, vote: Vote, best: Vote) -> bool:
        """Wrong way round."""
        return vote.ballot < best.ballot


class OwnValueAlways(Proposer):
    """Proposes its own value, whatever the promises report."""

    def safe_value(self, own: Value) -> Value:
        """Ignores the votes."""
        return own


class ProposesWithoutQuorum(Proposer):
    """Proposes before a phase-1 quorum has promised."""

    def phase_one_done(self) -> bool:
        """Never waits."""
        return True


class CountsPromisesTwice(Proposer):
    """Counts promises instead of the acceptors that made them."""

    def counts(self, acceptor: str) -> bool:
        """Every message counts."""
        del acceptor
        return True


class TakesAnyBallot(Proposer):
    """Uses ballots of other proposers."""

    def owns(self, ballot: Ballot) -> bool:
        """Only looks at the round."""
        del ballot
        return True


class LosesRound(Proposer):
    """A restart loses the rounds that it used."""

    def restored(self, stored: ProposerRecord) -> ProposerRecord:
        """Begins again."""
        del stored
        return ProposerRecord()


class CountsStalePromises(Proposer):
    """Counts promises of its earlier ballots for the current one."""

    def is_current(self, message: Promise | Nack) -> bool:
        """Finds every promise of its own good enough."""
        current = super().is_current(message)
        return current or (isinstance(message, Promise) and self.owns(message.ballot))


class HeedsLatePromises(Proposer):
    """Takes a value back that it has proposed, if a late promise reports a better vote."""

    def ignore(self, message: Message) -> Outputs:
        """The value may have been voted for."""
        proposed, best = self.proposed, self.best
        self.proposed = None
        outputs = self.gather(message) if isinstance(message, Promise) else ()
        self.proposed = proposed if self.best is best else self.proposed
        return outputs


class ReportsNoVote(Acceptor):
    """Promises without reporting its vote."""

    def reported_vote(self) -> Vote | None:
        """Keeps it to itself."""
        return None


class VotesWithoutPromising(Acceptor):
    """Voting in a ballot does not promise that ballot."""

    def with_vote(self, vote: Vote) -> AcceptorRecord:
        """The promise stays where it was."""
        return replace(self.record, accepted=vote)


class VotesDespitePromise(Acceptor):
    """Votes in any ballot, whatever it has promised."""

    def standing(self, message: Prepare | Accept) -> Standing:
        """Finds every ACCEPT high enough."""
        return Standing.ABOVE if isinstance(message, Accept) else super().standing(message)


class PromisesAnything(Acceptor):
    """Promises any ballot, a lower one too, and lowers its promise to it."""

    def standing(self, message: Prepare | Accept) -> Standing:
        """Finds every PREPARE high enough."""
        return Standing.ABOVE if isinstance(message, Prepare) else super().standing(message)


class ForgetsPromise(Acceptor):
    """Promises without recording it."""

    def with_promise(self, ballot: Ballot) -> AcceptorRecord:
        """Records nothing."""
        del ballot
        return self.record


class LosesPromise(Acceptor):
    """A restart loses the promise."""

    def restored(self, stored: AcceptorRecord) -> AcceptorRecord:
        """Only the vote survives."""
        return replace(stored, promised=None)


class RestoresPromiseFromVote(Acceptor):
    """A restart takes the ballot of the vote for the promise."""

    def restored(self, stored: AcceptorRecord) -> AcceptorRecord:
        """Whatever was promised above the vote is lost."""
        vote = stored.accepted
        return replace(stored, promised=None if vote is None else vote.ballot)


class LosesVote(Acceptor):
    """A restart loses the vote."""

    def restored(self, stored: AcceptorRecord) -> AcceptorRecord:
        """Only the promise survives."""
        return replace(stored, accepted=None)


class LosesEverything(Acceptor):
    """A restart loses everything."""

    def restored(self, stored: AcceptorRecord) -> AcceptorRecord:
        """Starts from nothing."""
        del stored
        return AcceptorRecord()


class CountsVotesTwice(Learner):
    """Counts ACCEPTED messages instead of the acceptors that sent them."""

    def counts(self, acceptor: str, ballot: Ballot) -> bool:
        """Every message counts."""
        del acceptor, ballot
        return True


class AddsBallotsUp(Learner):
    """Counts the votes for a value, whichever ballots they were in."""

    def is_chosen(self, ballot: Ballot) -> bool:
        """Does not keep the ballots apart."""
        value = self._values[ballot]
        same = [voters for b, voters in self._voters.items() if self._values[b] == value]
        return self.quorums.phase2.met_by({voter for voters in same for voter in voters})


def half(acceptors: Collection[str]) -> Quorums:
    """A majority of promises, and one accept less than a majority."""
    majority = len(set(acceptors)) // 2 + 1
    return Quorums(AtLeast(majority), AtLeast(max(1, majority - 1)))


def disjoint(acceptors: Collection[str]) -> Quorums:
    """All but one promise, one accepts: for 3 acceptors 2 and 1, which need not meet."""
    return Quorums(AtLeast(max(1, len(set(acceptors)) - 1)), AtLeast(1))


_ALL: Final = (
    Defect(
        "lowest-accepted-ballot",
        "the value of the lowest-ballot vote among the promises is proposed",
        "openacid/paxoskv#1",
        proposer=LowestBallotWins,
    ),
    Defect(
        "ignores-accepted-values",
        "the proposer ignores reported votes and proposes its own value",
        "the classic misreading of Paxos Made Simple, §2.2, phase 2(a)",
        proposer=OwnValueAlways,
    ),
    Defect(
        "promise-omits-vote",
        "a promise does not report the acceptor's vote",
        "related: scylladb#6299, CASSANDRA-12126",
        acceptor=ReportsNoVote,
    ),
    Defect(
        "accept-does-not-raise-promise",
        "voting does not raise the promise to the vote's ballot",
        "PyPI paxos 0.1; Brooker 2021 on Paxos Made Simple; cassandra PR 1327",
        acceptor=VotesWithoutPromising,
    ),
    Defect(
        "accept-ignores-promise",
        "an acceptor votes below its promise",
        "the guard of Paxos Made Simple, §2.2, phase 2(b), left out",
        acceptor=VotesDespitePromise,
    ),
    Defect(
        "promise-for-any-ballot",
        "a promise is granted for any ballot, which lowers an earlier one",
        "the guard of Paxos Made Simple, §2.2, phase 1(b), left out",
        acceptor=PromisesAnything,
    ),
    Defect(
        "promise-not-recorded",
        "a promise is granted and not recorded",
        "the memory of Paxos Made Simple, §2.2, left out",
        acceptor=ForgetsPromise,
    ),
    Defect(
        "phase-two-without-phase-one",
        "a value is proposed without a phase-1 quorum",
        "a stable leader that skips phase 1 after its restart",
        proposer=ProposesWithoutQuorum,
    ),
    Defect(
        "disjoint-quorums",
        "phase-1 and phase-2 quorums need not meet (2 and 1 of 3)",
        "related: rabbitmq/ra#500",
        quorums=disjoint,
    ),
    Defect(
        "half-votes-counted",
        "one vote less than a majority is enough",
        "async-raft PR 143",
        quorums=half,
    ),
    Defect(
        "ballot-of-another",
        "a proposer uses the ballot of another",
        "asked in phxpaxos#145; a published Paxos in Python",
        proposer=TakesAnyBallot,
    ),
    Defect(
        "round-not-persisted",
        "a restarted proposer uses a ballot again",
        "a published Paxos in Python; related: phxpaxos#145",
        proposer=LosesRound,
    ),
    Defect(
        "stale-promise-counted",
        "a promise of an earlier ballot counts in the current one",
        "luohaha/MyPaxos#18",
        proposer=CountsStalePromises,
    ),
    Defect(
        "late-promise-heeded",
        "a promise that comes late changes what was proposed",
        "the phases of Paxos Made Simple, §2.2, not kept apart",
        proposer=HeedsLatePromises,
    ),
    Defect(
        "votes-added-up",
        "votes for one value in different ballots are added up",
        "learners that count values",
        learner=AddsBallotsUp,
    ),
    Defect(
        "duplicate-promise-counted",
        "a duplicated PROMISE counts twice",
        "same class: xraft#27",
        proposer=CountsPromisesTwice,
    ),
    Defect(
        "duplicate-accepted-counted",
        "a duplicated ACCEPTED counts twice",
        "booth PR 47",
        learner=CountsVotesTwice,
    ),
    Defect(
        "promise-lost-on-restart",
        "a restart loses the promise",
        "a published Multi-Paxos in Python",
        acceptor=LosesPromise,
    ),
    Defect(
        "promise-restored-from-vote",
        "a restart takes the vote's ballot for the promise",
        "a published Paxos in Python",
        acceptor=RestoresPromiseFromVote,
    ),
    Defect(
        "vote-lost-on-restart",
        "a restart loses the vote",
        "atlasdb#1504",
        acceptor=LosesVote,
    ),
    Defect(
        "all-lost-on-restart",
        "a restart loses promise and vote",
        "a published Multi-Paxos in Python",
        acceptor=LosesEverything,
    ),
)

#: Every defect by name.
DEFECTS: Final = MappingProxyType({defect.name: defect for defect in _ALL})

#: Every composition by name: the healthy one and all defects.
COMPOSITIONS: Final = MappingProxyType({HEALTHY.name: HEALTHY, **DEFECTS})
