"""Paxos over other quorums: a grid, weighted votes, two configurations at once.

What Paxos asks of quorums is that those of phase 1 meet those of phase 2 (Howard, Malkhi,
Spiegelman: Flexible Paxos, 2016, §3), so each of these differs from it in its quorums alone.
"""

from .language import Configuration, Grid, Joint, Weighted, action, define, invariant, require
from .paxos import Accept, Accepted, Acceptor, Ballot, Paxos, Promise, Value


class Column(Grid[Acceptor], columns=2, holds="column"): ...


class Row(Grid[Acceptor], columns=2, holds="row", meets=Column): ...


class Votes(Weighted[Acceptor], weights=(2, 1, 1, 1)): ...


class Old(Configuration[Acceptor], members=(0, 1, 2)): ...


class New(Configuration[Acceptor], members=(1, 2, 3)): ...


class OldAndNew(Joint[Acceptor], configurations=(Old, New)): ...


class GridPaxos(Paxos):
    """Acceptors in rows of two: a row promises, a column chooses (Flexible Paxos, §5)."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Row) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in Column)

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but the value of a later ballot can still be chosen in an earlier one."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c, w) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in Column
            if c < m.b and w != m.v
        )


class WeightedPaxos(Paxos):
    """Acceptors with votes, of which more than half make a quorum (Gifford 1979)."""

    @action
    def phase2a(self, b: Ballot, v: Value, q: Votes) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in Votes)

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but the value of a later ballot can still be chosen in an earlier one."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c, w) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in Votes
            if c < m.b and w != m.v
        )


class JointPaxos(Paxos):
    """While the configuration changes: majorities of the old and of the new one.

    Ongaro, Ousterhout: In Search of an Understandable Consensus Algorithm, 2014, §6.
    """

    @action
    def phase2a(self, b: Ballot, v: Value, q: OldAndNew) -> None:  # type: ignore[override]
        require(not any(m.b == b for m in self.sent[Accept]))
        require(all(any(m.a == a and m.b == b for m in self.sent[Promise]) for a in q))
        voted = [m for m in self.sent[Promise] if m.b == b and m.a in q and m.v is not None]
        require(not voted or any(m.v == v and all(n.vb <= m.vb for n in voted) for m in voted))
        self.sent.add(Accept(b, v))

    @define
    def chosen(self, b: Ballot, v: Value) -> bool:
        return any(all(Accepted(a, b, v) in self.sent for a in q) for q in OldAndNew)

    @invariant
    def earlier_ballots_are_closed(self) -> bool:
        """Nothing but the value of a later ballot can still be chosen in an earlier one."""
        return all(
            any(c < self.max_bal[a] and Accepted(a, c, w) not in self.sent for a in q)
            for m in self.sent[Accept]
            for c in Ballot
            for w in Value
            for q in OldAndNew
            if c < m.b and w != m.v
        )
