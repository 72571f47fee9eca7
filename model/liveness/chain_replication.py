"""What a server of a chain has is answered, unless that server fails.

Van Renesse and Schneider: Chain Replication for Supporting High Throughput and Availability
(2004), §3.2: failures of the head, the tail and servers between them; the master removes each.
"""

from quorate.model.chain_replication import (
    ChainReplication,
    Command,
    Index,
    Removed,
    Reply,
    Server,
    Update,
)
from quorate.model.language import action, leads_to


class UnnoticedFailures(ChainReplication):
    """Servers go on, but the master need not notice that one has failed."""

    @action(fair="weak", fair_for=("s", "i"))
    def forward(self, s: Server, to: Server, i: Index) -> None:
        super().forward(s, to, i)

    @action(fair="weak", fair_for="s")
    def apply(self, s: Server, m: Update) -> None:
        super().apply(s, m)

    @action(fair="weak", fair_for=("s", "i"))
    def reply(self, s: Server, i: Index) -> None:
        super().reply(s, i)

    @action(fair="weak", fair_for="s")
    def learn(self, s: Server, m: Removed) -> None:
        super().learn(s, m)

    @leads_to
    def what_survives_is_answered(self, s: Server, c: Command) -> tuple[bool, bool]:
        answered = any(m.c == c for m in self.sent[Reply])
        return self.up[s] and c in self.log[s], answered or not self.up[s]


class LiveChainReplication(UnnoticedFailures):
    """The master removes whoever has failed."""

    @action(by="environment", fair="weak", fair_for="s")
    def remove(self, s: Server) -> None:
        super().remove(s)
