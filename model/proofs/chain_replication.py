"""Chain replication with the companions that make it provable for any chain and any failures.

Van Renesse and Schneider: Chain Replication (2004), §3: the Update Propagation Invariant, said of
servers that have failed as well, and what it means for updates that are on their way.
"""

from quorate.model.chain_replication import ChainReplication, Index, Removed, Server, Update
from quorate.model.language import define, invariant


class ProvedChainReplication(ChainReplication):
    """A server that is up has all that later ones have, or had when they failed."""

    @define
    def has_all_of(self, s: Server, t: Server) -> bool:
        return all(
            i < len(self.log[s]) and self.log[s][i] == self.log[t][i]
            for i in Index
            if i < len(self.log[t])
        )

    @invariant
    def messages_name_servers(self) -> bool:
        return all(m.s != Server.none for m in self.sent[Removed]) and all(
            m.sender != Server.none and m.to != Server.none for m in self.sent[Update]
        )

    @invariant
    def removals_were_announced(self) -> bool:
        return all(Removed(t) in self.sent for s in Server for t in self.removed[s])

    @invariant
    def earlier_servers_have_more(self) -> bool:
        return all(self.has_all_of(s, t) for s in Server for t in Server if s < t and self.up[s])

    @invariant
    def updates_are_in_the_senders_log(self) -> bool:
        return all(
            m.sender < m.to and m.i < len(self.log[m.sender]) and self.log[m.sender][m.i] == m.c
            for m in self.sent[Update]
        )

    @invariant
    def updates_are_known_before_their_receiver(self) -> bool:
        return all(
            m.i < len(self.log[s]) and self.log[s][m.i] == m.c
            for m in self.sent[Update]
            for s in Server
            if s < m.to and self.up[s]
        )

    @invariant
    def updates_pass_over_the_failed(self) -> bool:
        """Those between the ends of an update have failed, with no more than its sender has."""
        return all(
            not self.up[s] and self.has_all_of(m.sender, s)
            for m in self.sent[Update]
            for s in Server
            if m.sender < s and s < m.to
        )

    @invariant
    def receivers_agree_with_senders(self) -> bool:
        """Until they are told that the sender was removed; then they may take other commands."""
        return all(
            self.log[m.to][i] == self.log[m.sender][i]
            for m in self.sent[Update]
            for i in Index
            if m.sender not in self.removed[m.to]
            and i < len(self.log[m.to])
            and i < len(self.log[m.sender])
        )
