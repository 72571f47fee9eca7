"""What a leader of Raft adds to its log is executed everywhere, unless the leader is deposed.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.3, §5.6. Terms
end, so nobody is deposed in the last one; `RaftDuel` has leaders that depose each other for ever.
"""

from quorate.model.language import action, define, leads_to
from quorate.model.raft_atomic import AtomicRaft
from quorate.model.raft_election import Index, Role, Server


class LiveAtomicRaft(AtomicRaft):
    """A leader sends to each server, and counts, as long as there is something to send or count."""

    @action(fair="weak", fair_for=("s", "u"))
    def step_down(self, s: Server, u: Server) -> None:
        super().step_down(s, u)

    @action(fair="weak", fair_for=("s", "u"))
    def replicate(self, s: Server, u: Server, n: Index, k: Index) -> None:
        super().replicate(s, u, n, k)

    @action(fair="weak", fair_for="s")
    def advance_commit(self, s: Server, n: Index) -> None:
        super().advance_commit(s, n)

    @leads_to
    def its_commands_are_executed(self, s: Server, n: Index) -> tuple[bool, bool]:
        leads = self.role[s] == Role.LEADER and self.last_term(s) == self.term[s]
        is_deposed = self.role[s] != Role.LEADER or any(self.term[s] < self.term[u] for u in Server)
        everywhere = all(n <= self.commit[u] for u in Server)
        return leads and n <= len(self.log[s]), everywhere or is_deposed


class StopsAtOldEntries(LiveAtomicRaft):
    """A leader counts entry by entry and stops at one of an earlier term (a published Raft)."""

    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        return all(
            self.term_at(s, i) == self.term[s] for i in Index if self.commit[s] < i and i <= n
        )
