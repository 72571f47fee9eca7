"""What the servers of Raft hold, and what must be true of it, whatever messages bring it about.

Ongaro and Ousterhout: In Search of an Understandable Consensus Algorithm (2014), §5.3, §5.4 and
figure 3. Positions are lengths of prefixes, not indices from 1.
"""

from .language import *
from .raft_election import Entry, Index, Role, Server, Term


class RaftLogs(Protocol):
    """`match` is what a leader knows that others hold, `commit` what a server knows to be safe."""

    term: Map[Server, Term] = durable(Term.zero)
    log: Map[Server, Seq[Entry, Index]] = durable(())
    role: Map[Server, Role] = volatile(Role.FOLLOWER)
    match: Map[Server, Server, Index] = volatile(0)
    commit: Map[Server, Index] = volatile(0)

    @define
    def term_at(self, s: Server, n: Index) -> Term:
        """The term of the last of the first n entries."""
        return self.log[s][n - 1].t if n > 0 else Term.zero

    @define
    def may_commit(self, s: Server, n: Index) -> bool:
        """§5.4.2, figure 8: an entry of an earlier term is never committed by counting."""
        return self.term_at(s, n) == self.term[s]

    # Figure 3; election safety is `RaftElection`'s.

    @define
    def agree(self, s: Server, u: Server, n: Index) -> bool:
        """The first n entries are the same."""
        return self.log[s][:n] == self.log[u][:n]

    @invariant
    def log_matching(self) -> bool:
        return all(
            self.agree(s, u, n)
            for s in Server
            for u in Server
            for n in Index
            if n > 0
            and n <= len(self.log[s])
            and n <= len(self.log[u])
            and self.term_at(s, n) == self.term_at(u, n)
        )

    @invariant
    def leader_completeness(self) -> bool:
        leaders = [s for s in Server if self.role[s] == Role.LEADER]
        return all(
            self.agree(s, u, self.commit[u])
            for s in leaders
            for u in Server
            if self.term[u] <= self.term[s]
        )

    @invariant
    def state_machine_safety(self) -> bool:
        return all(
            self.agree(s, u, min(self.commit[s], self.commit[u])) for s in Server for u in Server
        )

    @reachable
    def an_entry_is_committed_everywhere(self) -> bool:
        return all(self.commit[s] > 0 for s in Server)
