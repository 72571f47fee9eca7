"""Every operation on the ABD register returns, while a majority of the servers goes on.

Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems (1995), §1: wait-free as
long as a majority of the processors does not fail.
"""

from quorate.model.abd import Abd, Client, Phase, Query, Quorum, Reply, Server, Update
from quorate.model.language import action, leads_to


class StoppedMajority(Abd):
    """Clients go on, and servers may stop."""

    @action(fair="weak", fair_for="c")
    def write(self, c: Client, q: Quorum, best: Reply) -> None:
        super().write(c, q, best)

    @action(fair="weak", fair_for="c")
    def write_back(self, c: Client, q: Quorum, best: Reply) -> None:
        super().write_back(c, q, best)

    @action(fair="weak", fair_for="c")
    def finish(self, c: Client, q: Quorum) -> None:
        super().finish(c, q)

    @leads_to
    def every_operation_returns(self, c: Client) -> tuple[bool, bool]:
        return self.phase[c] == Phase.QUERY, self.phase[c] == Phase.DONE


class LiveAbd(StoppedMajority):
    """A server answers what it is asked."""

    @action(fair="weak", fair_for="s")
    def reply(self, s: Server, m: Query) -> None:
        super().reply(s, m)

    @action(fair="weak", fair_for="s")
    def store(self, s: Server, m: Update) -> None:
        super().store(s, m)
