"""Mutants of chain replication. Each class overrides the one rule that its bug breaks."""

from quorate.model.chain_replication import ChainReplication, Removed, Server
from quorate.model.language import define

from .registry import Mutant


class Suspects(ChainReplication):
    @define
    def is_removable(self, s: Server) -> bool:
        return any(self.up[t] and Removed(t) not in self.sent for t in Server if t != s)


MUTANTS = (
    Mutant(
        name="suspects",
        code="C1",
        title="The master removes a server that is only slow.",
        protocol=Suspects,
        violates="replies_survive",
        steps=4,
        sizes={"Server": 2, "Command": 1, "Index": 1},
        faults={"crash": 0},
        reference="van Renesse and Schneider 2004, §2: what fail-stop rules out",
    ),
)
