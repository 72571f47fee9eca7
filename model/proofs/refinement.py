"""Companions that a proof of refinement needs beside those of agreement (`proofs.py`)."""

from quorate.model.language import define, invariant
from quorate.model.multipaxos import Accepted as MultiAccepted
from quorate.model.multipaxos import Promise as MultiPromise
from quorate.model.multipaxos import Proposer as MultiProposer
from quorate.model.multipaxos import Quorum as MultiQuorum
from quorate.model.multipaxos import Slot
from quorate.model.paxos_roles import Acceptor, Ballot, Prepare, Promise, Proposer
from quorate.model.refined import WatchedMultiPaxos

from .paxos import ProvedMultiPaxos, ProvedPaxosRoles


class PaxosRolesAsPaxos(ProvedPaxosRoles):
    """What acceptors have told of their votes, and what proposers have made of it."""

    @invariant
    def promises_were_asked_for(self) -> bool:
        return all(
            Prepare(self.owes_promise[a]) in self.sent
            for a in Acceptor
            if self.owes_promise[a] != Ballot.never
        )

    @invariant
    def promises_tell_the_latest_vote(self) -> bool:
        """A vote that nobody was told of is above all that its acceptor has promised."""
        return all(
            m.b <= self.voted_ballot[m.a]
            or (m.vb == self.voted_ballot[m.a] and m.v == self.voted_value[m.a])
            for m in self.sent[Promise]
        )

    @invariant
    def the_best_vote_was_promised(self) -> bool:
        return all(
            any(
                m.a in self.promises[p]
                and m.b == self.ballot[p]
                and m.vb == self.best_ballot[p]
                and m.v == self.best_value[p]
                for m in self.sent[Promise]
            )
            for p in Proposer
            if self.best_ballot[p] != Ballot.never
        )


class MultiPaxosAsPaxos(WatchedMultiPaxos, ProvedMultiPaxos):
    """What a leader of Multi-Paxos recovered is what a quorum told it."""

    @invariant
    def a_slot_is_watched(self) -> bool:
        return self.watched is not None

    @invariant
    def recorded_votes_are_the_latest(self) -> bool:
        return all(m.b <= self.voted_ballot[m.a, m.s] for m in self.sent[MultiAccepted])

    @define
    def told_of(self, p: MultiProposer, s: Slot, q: MultiQuorum) -> bool:
        """Whether what the leader recovered is the latest vote that the quorum told of, if any."""
        told = [m for m in self.sent[MultiPromise] if m.b == self.ballot[p] and m.a in q]
        return (
            all(m.values[s] is None for m in told)
            if self.recovered[p, s] is None
            else any(
                m.values[s] == self.recovered[p, s]
                and all(n.ballots[s] <= m.ballots[s] for n in told)
                for m in told
            )
        )

    @invariant
    def leaders_were_promised(self) -> bool:
        return all(
            any(
                all(
                    any(m.a == a and m.b == self.ballot[p] for m in self.sent[MultiPromise])
                    for a in q
                )
                and all(self.told_of(p, s, q) for s in Slot)
                for q in MultiQuorum
            )
            for p in MultiProposer
            if self.leads[p]
        )
