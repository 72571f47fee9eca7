"""Multi-Paxos where ballots come in turn: a part of what it does, small enough for three of them.

Its environment does less than it may, and nothing else is changed: every run is one of
`MultiPaxos`. So what code does otherwise here it does otherwise there, and the bundled adapter
drives it:

    quorate conform tests/examples/multipaxos_in_turn.py:MultiPaxosInTurn \\
        -s Proposer=1,Acceptor=3,Slot=1,Value=2,Ballot=3 -f crash=0
"""

from quorate.model.language import action, define, require
from quorate.model.multipaxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    MultiPaxos,
    Proposer,
)


class MultiPaxosInTurn(MultiPaxos):
    """A ballot opens once there is a vote in each earlier one, and each gets one vote."""

    @action(by="environment")
    def prepare(self, p: Proposer, b: Ballot) -> None:
        require(all(self.has_vote(c) for c in Ballot if Ballot.never < c and c < b))
        super().prepare(p, b)

    @action(by="environment")
    def accept(self, a: Acceptor, m: Accept) -> None:
        require(not self.has_vote(m.b))
        super().accept(a, m)

    @define
    def has_vote(self, b: Ballot) -> bool:
        return any(m.b == b for m in self.sent[Accepted])
