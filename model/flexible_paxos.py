"""Flexible Paxos: quorums of phase 1 must meet those of phase 2, and nothing more.

Howard, Malkhi, Spiegelman: Flexible Paxos: Quorum Intersection Revisited (2016), §3.
"""

from .language import Flexible, action, define, invariant, require
from .paxos import Accept, Accepted, Acceptor, Ballot, Paxos, Promise, Value


class Phase2(Flexible[Acceptor], size=2): ...


class Phase1(Flexible[Acceptor], size=lambda n: n - 1, meets=Phase2): ...


class FlexiblePaxos(Paxos):
    """Any two acceptors can choose a value; all but one must answer before one is proposed."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Phase1) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in Phase2)

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but the value of a later ballot can still be chosen in an earlier one."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c, w) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in Phase2
            if c < m.b and w != m.v
        )
