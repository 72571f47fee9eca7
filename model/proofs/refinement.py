"""Companions that a proof of refinement needs beside those of agreement (`proofs.py`)."""

from quorate.model.language import invariant
from quorate.model.paxos_roles import Acceptor, Ballot, Prepare, Promise, Proposer

from .paxos import ProvedPaxosRoles


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
