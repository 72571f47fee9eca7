"""Paxos as two proposers run it who try again when they are refused: `phase1a` with more guards.

Every step is one of Paxos, beside a record of whose each ballot is.
"""

from __future__ import annotations

from quorate.model.language import Map, Sort, action, define, durable, require
from quorate.model.paxos import Acceptor, Ballot, Paxos, Prepare


class Proposer(Sort): ...


class TwoProposers(Paxos):
    owner: Map[Ballot, Proposer | None] = durable(None)

    @action
    def phase1a(self, p: Proposer, b: Ballot) -> None:
        require(self.owner[b] is None)
        require(all(self.owner[c] is not None for c in Ballot if c < b))
        require(self.is_outbid(p))
        self.owner[b] = p
        self.sent.add(Prepare(b))

    @define
    def is_outbid(self, p: Proposer) -> bool:
        return all(
            self.owner[b] != p
            or any(self.owner[c] == p and b < c for c in Ballot)
            or any(b < self.max_bal[a] for a in Acceptor)
            for b in Ballot
        )
