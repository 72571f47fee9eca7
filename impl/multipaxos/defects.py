"""Real bugs of Multi-Paxos, each one method away from the healthy class.

Rules:
- A defect overrides exactly one rule of one class (or replaces the quorums), so that what a
  checker finds is that rule and nothing else.
- Each names where it occurred. Public trackers are named by project and number.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from msgspec.structs import replace

from quorate.impl.paxos.acceptor import Standing
from quorate.impl.paxos.defects import disjoint, half
from quorate.impl.paxos.messages import Ballot

from .acceptor import Acceptor, AcceptorMessage
from .composition import HEALTHY, Composition
from .learner import Learner
from .member_defects import OF_MEMBERS
from .messages import NO_OP, Accept, Decree, Prepare, Snapshot, Vote
from .proposer import Proposer
from .records import MultiPaxosOutputs, MultiPaxosState


class LowestBallotWins(Proposer):
    """Takes the decree of the lowest-ballot vote among the promises."""

    def outranks(self, vote: Vote, best: Vote) -> bool:
        """Wrong way round."""
        return vote.ballot < best.ballot


class OwnDecreeAlways(Proposer):
    """Proposes its own decree in a slot that it recovered."""

    def safe_decree(self, slot: int, own: Decree) -> Decree:
        """Ignores the votes."""
        del slot
        return own


class FillsWhatIsVoted(Proposer):
    """Takes every slot below the last for a hole, votes or not."""

    def safe_decree(self, slot: int, own: Decree) -> Decree:
        """Recovers only the last one."""
        hole = slot < max(self.recovered, default=0)
        return NO_OP if hole else super().safe_decree(slot, own)


class LeadsWithoutQuorum(Proposer):
    """Leads before a phase-1 quorum has promised."""

    def phase_one_done(self, slot: int) -> bool:
        """Never waits."""
        del slot
        return True


class ForgetsRound(Proposer):
    """A restart loses the rounds that it used."""

    def restored_round(self, stored: MultiPaxosState) -> int:
        """Begins again."""
        del stored
        return 0


class SkipsRecovered(Proposer):
    """Begins after the slots that it recovered, as if whoever began them would end them."""

    def first_open(self) -> int:
        """Leaves them as they are."""
        return max(self.executed, 1 + max(self.recovered, default=-1))


class CountsPromisesTwice(Proposer):
    """Counts promises instead of the acceptors that made them."""

    def counts(self, acceptor: str) -> bool:
        """Every message counts."""
        del acceptor
        return True


class CountsVotesTwice(Proposer):
    """Counts votes instead of the acceptors that cast them."""

    def counts_vote(self, acceptor: str, slot: int) -> bool:
        """Every message counts."""
        del acceptor, slot
        return True


class TrustsAnyVote(Acceptor):
    """Takes its vote for what was chosen, whichever ballot it was in."""

    def voted_for(self, ballot: Ballot, slot: int) -> Decree | None:
        """Does not look at the ballot."""
        del ballot
        vote = self.votes.get(slot)
        return None if vote is None else vote.decree


class TrimsInSilence(Acceptor):
    """Promises without saying which votes it gave up for a snapshot."""

    def reported_trim(self) -> int:
        """Says nothing."""
        return 0


class ExecutesPastHoles(Learner):
    """Executes what it knows, and does not wait for the slots before."""

    def next_to_execute(self) -> int | None:
        """The next slot that it knows."""
        return min((slot for slot in self.log if slot >= self.executed), default=None)


class LeavesSessionsOut(Learner):
    """Takes a snapshot of the values, without the sessions of the clients."""

    def snapshot_now(self) -> Snapshot:
        """Forgets which commands were applied."""
        whole = super().snapshot_now()
        return replace(whole, store=replace(whole.store, sessions=()))


class ReportsNoVotes(Acceptor):
    """Promises without reporting its votes."""

    def reported_votes(self, first: int) -> tuple[tuple[int, Vote], ...]:
        """Keeps them to itself."""
        del first
        return ()


class ReportsLastVote(Acceptor):
    """Promises with the vote in the last slot that it voted in, as if there were one instance."""

    def reported_votes(self, first: int) -> tuple[tuple[int, Vote], ...]:
        """Leaves the slots before it out."""
        return super().reported_votes(first)[-1:]


class VotesWithoutPromising(Acceptor):
    """Voting in a ballot does not promise that ballot."""

    def promise_with_vote(self, ballot: Ballot) -> Ballot | None:
        """The promise stays where it was."""
        del ballot
        return self.promised


class VotesDespitePromise(Acceptor):
    """Votes in any ballot, whatever it has promised."""

    def standing(self, message: AcceptorMessage) -> Standing:
        """Finds every ACCEPT high enough."""
        return Standing.ABOVE if isinstance(message, Accept) else super().standing(message)


class PromisesAnything(Acceptor):
    """Promises any ballot, a lower one too, and lowers its promise to it."""

    def standing(self, message: AcceptorMessage) -> Standing:
        """Finds every PREPARE high enough."""
        return Standing.ABOVE if isinstance(message, Prepare) else super().standing(message)


class ForgetsPromise(Acceptor):
    """Promises without recording it."""

    def grant(self, message: Prepare) -> MultiPaxosOutputs:
        """Says so, and no more."""
        return (self.promise(message),)


class LosesPromise(Acceptor):
    """A restart loses the promise."""

    def restored(self, stored: MultiPaxosState) -> MultiPaxosState:
        """Only the votes survive."""
        return replace(stored, promised=None)


class LosesVotes(Acceptor):
    """A restart loses the votes."""

    def restored(self, stored: MultiPaxosState) -> MultiPaxosState:
        """Only the promise survives."""
        return replace(stored, votes={})


class LosesEverything(Acceptor):
    """A restart loses promise and votes."""

    def restored(self, stored: MultiPaxosState) -> MultiPaxosState:
        """Starts from nothing."""
        return replace(stored, promised=None, votes={})


_ALL: Final = (
    Composition(
        "lowest-accepted-ballot",
        "the decree of the lowest-ballot vote among the promises is proposed",
        "openacid/paxoskv#1",
        proposer=LowestBallotWins,
    ),
    Composition(
        "ignores-recovered",
        "a new leader proposes its own decree in a slot that it recovered",
        "Paxos Made Simple, §3; phxpaxos#27",
        proposer=OwnDecreeAlways,
    ),
    Composition(
        "fills-what-is-voted",
        "a new leader takes every slot below the last for a hole, votes or not",
        "Paxos Made Simple, §3: no-ops are for the gaps",
        proposer=FillsWhatIsVoted,
    ),
    Composition(
        "phase-two-without-phase-one",
        "a proposer leads without a phase-1 quorum",
        "a stable leader that skips phase 1 after its restart",
        proposer=LeadsWithoutQuorum,
    ),
    Composition(
        "round-not-persisted",
        "a restarted proposer uses a ballot again",
        "a published Paxos in Python; related: phxpaxos#145",
        proposer=ForgetsRound,
    ),
    Composition(
        "promise-omits-votes",
        "a promise does not report the acceptor's votes",
        "related: scylladb#6299, CASSANDRA-12126",
        acceptor=ReportsNoVotes,
    ),
    Composition(
        "promise-reports-last-slot",
        "a promise reports the vote in one slot only",
        "an acceptor of one instance, used for many",
        acceptor=ReportsLastVote,
    ),
    Composition(
        "accept-does-not-raise-promise",
        "voting does not raise the promise to the vote's ballot",
        "PyPI paxos 0.1; Brooker 2021 on Paxos Made Simple; cassandra PR 1327",
        acceptor=VotesWithoutPromising,
    ),
    Composition(
        "accept-ignores-promise",
        "an acceptor votes below its promise",
        "the guard of Paxos Made Simple, §2.2, phase 2(b), left out",
        acceptor=VotesDespitePromise,
    ),
    Composition(
        "promise-for-any-ballot",
        "a promise is granted for any ballot, which lowers an earlier one",
        "the guard of Paxos Made Simple, §2.2, phase 1(b), left out",
        acceptor=PromisesAnything,
    ),
    Composition(
        "promise-not-recorded",
        "a promise is granted and not recorded",
        "the memory of Paxos Made Simple, §2.2, left out",
        acceptor=ForgetsPromise,
    ),
    Composition(
        "promise-lost-on-restart",
        "a restart loses the promise",
        "a published Multi-Paxos in Python",
        acceptor=LosesPromise,
    ),
    Composition(
        "votes-lost-on-restart",
        "a restart loses the votes",
        "atlasdb#1504",
        acceptor=LosesVotes,
    ),
    Composition(
        "all-lost-on-restart",
        "a restart loses promise and votes",
        "a published Multi-Paxos in Python",
        acceptor=LosesEverything,
    ),
    Composition(
        "disjoint-quorums",
        "phase-1 and phase-2 quorums need not meet (2 and 1 of 3)",
        "related: rabbitmq/ra#500",
        quorums=disjoint,
    ),
    Composition(
        "half-votes-counted",
        "one vote less than a majority is enough",
        "denizalti/paxosmmc PR 11",
        quorums=half,
    ),
    Composition(
        "skips-recovered-slots",
        "a new leader does not go on with the slots that it recovered",
        "a published Multi-Paxos in Python: no commander for them, and holes for ever",
        proposer=SkipsRecovered,
    ),
    Composition(
        "duplicate-promise-counted",
        "a duplicated PROMISE counts twice",
        "same class: xraft#27",
        proposer=CountsPromisesTwice,
    ),
    Composition(
        "duplicate-vote-counted",
        "a duplicated ACCEPTED counts twice",
        "booth PR 47",
        proposer=CountsVotesTwice,
    ),
    Composition(
        "trusts-any-vote",
        "a follower that hears that a slot is chosen takes its vote of another ballot for it",
        "the word of a leader is about its own ballot",
        acceptor=TrustsAnyVote,
    ),
    Composition(
        "trims-in-silence",
        "a promise does not say which votes were given up for a snapshot",
        "a new leader fills the slots before a snapshot with no-ops",
        acceptor=TrimsInSilence,
    ),
    Composition(
        "executes-past-holes",
        "slot n + 1 is executed before slot n",
        "phxpaxos#27",
        learner=ExecutesPastHoles,
    ),
    Composition(
        "snapshot-without-sessions",
        "a snapshot has the values, but not which commands were applied",
        "Ongaro 2014, §6.3: sessions are part of the state",
        learner=LeavesSessionsOut,
    ),
    *OF_MEMBERS,
)

#: What does not show in `MultiPaxos`: it has no learners, no holes, no snapshots, no duplicates,
#: and one set of acceptors.
IN_RUNS: Final = frozenset(
    {
        "skips-recovered-slots",
        "fills-what-is-voted",
        "executes-past-holes",
        "trusts-any-vote",
        "duplicate-promise-counted",
        "duplicate-vote-counted",
        "disjoint-quorums",
        "half-votes-counted",
        "snapshot-without-sessions",
        "trims-in-silence",
        "keeps-its-ballot",
        "old-acceptors-decide",
        "new-acceptors-decide",
        "reconfigures-at-once",
    }
)

#: Every defect by name.
DEFECTS: Final = MappingProxyType({defect.name: defect for defect in _ALL})

#: Every composition by name: the healthy one and all defects.
COMPOSITIONS: Final = MappingProxyType({HEALTHY.name: HEALTHY, **DEFECTS})
