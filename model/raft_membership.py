"""Raft whose members change: one server at a time, or any of them by joint consensus.

Ongaro: Consensus: Bridging Theory and Practice (2014), §4.1 to §4.3. A server uses the last
configuration in its log, committed or not. Every command asks for a configuration here: the one
that is in force already makes it a no-op.
"""

from .language import *
from .raft_atomic import AtomicRaft
from .raft_election import Index, Server, Term, Value


class RaftMembership(AtomicRaft):
    """What both kinds of change share. `first` is in force where a log is empty.

    Explored only: proofs for any size do not count the members of sets that commands choose.
    """

    first: Const[Set[Server]] = durable(frozenset())
    members: Const[Map[Value, Set[Server]]] = durable(frozenset())

    @action
    def elect(self, s: Server, t: Term, q: Set[Server]) -> None:
        require(self.is_member(s))
        super().elect(s, t, q)

    @action
    def request(self, s: Server, v: Value) -> None:
        require(self.is_in_force(s, v) or self.may_change(s, v))
        super().request(s, v)

    @define
    def may_change(self, s: Server, v: Value) -> bool:
        """Of a command that asks for another configuration."""
        return False

    @define
    def reach(self, s: Server) -> Index:
        """How many entries of its log tell a server its configuration: all of them."""
        return len(self.log[s])  # type: ignore[return-value]

    @define
    def configuration(self, s: Server) -> Set[Server]:
        n = self.reach(s)
        return self.members[self.log[s][n - 1].v] if n > 0 else self.first

    @define
    def is_member(self, s: Server) -> bool:
        """§4.2.2: others do not campaign; a leader stays until its removal is committed."""
        return s in self.configuration(s)

    @define
    def is_in_force(self, s: Server, v: Value) -> bool:
        return self.members[v] == self.configuration(s)

    @define
    def is_quorum(self, s: Server, q: Set[Server]) -> bool:
        return self.is_majority(q, self.configuration(s))

    @define
    def is_majority(self, q: Set[Server], of: Set[Server]) -> bool:
        return len(of) < 2 * len(q & of)

    @define
    def is_settled(self, s: Server) -> bool:
        """Whether all that a server has is committed."""
        return self.commit[s] == len(self.log[s])

    @define
    def has_changed(self, s: Server) -> bool:
        """Whether the last entry that a server knows to be committed asked for other members."""
        n = self.commit[s]
        return n > 0 and n <= len(self.log[s]) and self.members[self.log[s][n - 1].v] != self.first

    @reachable
    def a_change_is_committed(self) -> bool:
        return any(self.has_changed(s) for s in Server)


class SingleServerChanges(RaftMembership):
    """§4.1: a majority of the old configuration meets one of the new, if one server differs."""

    @init
    def configured(self, first: Set[Server], members: Map[Value, Set[Server]]) -> None:
        require(len(first) > 0 and all(len(members[v]) > 0 for v in Value))
        self.first = first
        for v in Value:
            self.members[v] = members[v]

    @define
    def may_change(self, s: Server, v: Value) -> bool:
        now = self.configuration(s)
        wanted = self.members[v]
        one_differs = len(now - wanted) + len(wanted - now) == 1
        return one_differs and self.is_settled(s) and self.has_committed(s)

    @define
    def has_committed(self, s: Server) -> bool:
        """Ongaro, raft-dev, 2015: a leader first commits an entry of its own term."""
        return self.last_term(s) == self.term[s]


class JointConsensus(RaftMembership):
    """§4.3: from the old configuration to both, and from both to the new one.

    A command asks for both if what it takes over from, `old`, is not what it asks for.
    """

    old: Const[Map[Value, Set[Server]]] = durable(frozenset())

    @init
    def configured(
        self,
        first: Set[Server],
        members: Map[Value, Set[Server]],
        old: Map[Value, Set[Server]],
    ) -> None:
        require(len(first) > 0 and all(len(members[v]) > 0 for v in Value))
        require(all(old[v] == first or old[v] == members[v] for v in Value))
        self.first = first
        for v in Value:
            self.members[v] = members[v]
            self.old[v] = old[v]

    @define
    def may_change(self, s: Server, v: Value) -> bool:
        now = self.configuration(s)
        begins = self.old[v] == now and self.outgoing(s) == now
        ends = self.old[v] == now and self.members[v] == now
        return (begins or ends) and self.is_settled(s)

    @define
    def outgoing(self, s: Server) -> Set[Server]:
        """The configuration that is being left: the one in force, if none is."""
        n = self.reach(s)
        return self.old[self.log[s][n - 1].v] if n > 0 else self.first

    @define
    def is_member(self, s: Server) -> bool:
        return s in self.configuration(s) or s in self.outgoing(s)

    @define
    def is_in_force(self, s: Server, v: Value) -> bool:
        return self.members[v] == self.configuration(s) and self.old[v] == self.outgoing(s)

    @define
    def is_quorum(self, s: Server, q: Set[Server]) -> bool:
        return self.is_majority(q, self.configuration(s)) and self.is_majority(q, self.outgoing(s))

    @reachable
    def a_change_is_completed(self) -> bool:
        return any(
            self.has_changed(s) and self.is_settled(s) and self.outgoing(s) == self.configuration(s)
            for s in Server
        )
