"""Multi-Paxos whose acceptors are changed by commands, which take effect after a window of slots.

Lamport: Paxos Made Simple (2001), §3, last paragraph; Lamport, Malkhi, Zhou: Reconfiguring a State
Machine (2010), §3, R_α. A command that is chosen in a slot says who the acceptors of the slots from
the next one on are (α = 1): a leader proposes in a slot once it has executed all before.
"""

from .language import *
from .multipaxos_log import *


class MultiPaxosMembers(MultiPaxosLog):
    """`acceptors` is the configuration of a slot, which is known once all before are executed.

    Every command but `noop` asks for a configuration. `joined` is who promised to a leader.
    Explored only.
    """

    members: Const[Map[Value, Set[Acceptor]]] = durable(frozenset())
    acceptors: Map[Slot, Set[Acceptor]] = durable(frozenset())
    joined: Map[Ballot, Set[Acceptor]] = durable(frozenset())

    @init
    def configured(self, first: Set[Acceptor], members: Map[Value, Set[Acceptor]]) -> None:
        require(len(first) > 0)
        require(all((len(members[v]) > 0) == (v != Value.noop) for v in Value))
        for v in Value:
            self.members[v] = members[v]
        for s in Slot:
            self.acceptors[s] = frozenset() if any(self.decides(u, s) for u in Slot) else first

    @action
    def lead(self, b: Ballot, q: Set[Acceptor]) -> None:
        """For the slot that is open: if none is, there are no acceptors to ask."""
        require(any(self.is_open(s) for s in Slot))
        super().lead(b, q)
        self.joined[b] = q

    @action
    def execute(self, x: Learner, s: Slot, v: Value) -> None:
        super().execute(x, s, v)
        before = {u: self.acceptors[u] for u in Slot}
        for u in Slot:
            for w in Slot:
                if self.decides(s, u) and self.precedes(w, u):
                    self.acceptors[u] = before[w] if v == Value.noop else self.members[v]

    @define
    def precedes(self, s: Slot, u: Slot) -> bool:
        return s < u and not any(s < w and w < u for w in Slot)

    @define
    def decides(self, s: Slot, u: Slot) -> bool:
        """Whether a command in s says who the acceptors of u are, unless it is a no-op."""
        return self.precedes(s, u)

    @define
    def is_majority(self, q: Set[Acceptor], of: Set[Acceptor]) -> bool:
        return len(of) < 2 * len(q & of)

    @define
    def is_quorum(self, s: Slot, q: Set[Acceptor]) -> bool:
        return self.is_majority(q, self.acceptors[s])

    @define
    def is_open(self, s: Slot) -> bool:
        """Its acceptors are known, and nobody has executed it."""
        return len(self.acceptors[s]) > 0 and not any(s <= self.done[x] for x in Learner)

    @define
    def may_propose(self, b: Ballot, s: Slot) -> bool:
        return self.is_open(s) and self.has_joined(b, s)

    @define
    def has_joined(self, b: Ballot, s: Slot) -> bool:
        """New acceptors have promised as well, before they are asked to vote."""
        return self.is_majority(self.joined[b], self.acceptors[s])

    @reachable
    def other_acceptors_choose(self) -> bool:
        return any(
            s <= self.done[x] and u <= self.done[x] and self.acceptors[s] != self.acceptors[u]
            for x in Learner
            for s in Slot
            for u in Slot
        )


class MultiPaxosWindow(MultiPaxosMembers):
    """α = 2: a leader is up to two slots ahead of what is executed."""

    @define
    def decides(self, s: Slot, u: Slot) -> bool:
        return any(self.precedes(s, w) and self.precedes(w, u) for w in Slot)

    @define
    def may_propose(self, b: Ballot, s: Slot) -> bool:
        """In the order of the slots."""
        before = [u for u in Slot if u < s and self.is_open(u)]
        in_order = all(self.proposed[b, u] is not None for u in before)
        return self.is_open(s) and self.has_joined(b, s) and in_order
