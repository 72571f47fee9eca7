"""Mutants of CASPaxos. Each class overrides the one rule that its bug breaks."""

from quorate.model.cas_paxos import Ballot, CasPaxos, Promise, Quorum
from quorate.model.language import action, require

from .registry import Mutant


class ReadsPromises(CasPaxos):
    @action
    def tell(self, b: Ballot) -> None:
        require(
            any(
                all(any(m.a == a and m.b == c for m in self.sent[Promise]) for a in q)
                and any(m.a in q and m.b == c and m.vb == b for m in self.sent[Promise])
                and all(m.vb <= b for m in self.sent[Promise] if m.a in q and m.b == c)
                for c in Ballot
                for q in Quorum
            )
        )
        self.told = self.told | {b}


MUTANTS = (
    Mutant(
        name="reads-promises",
        code="M10",
        title="A read is answered from the promises, and its state is accepted by nobody.",
        protocol=ReadsPromises,
        violates="linearizable",
        steps=16,
        sizes={"Acceptor": 3, "Ballot": 3},
        reference="peterbourgon/caspaxos pull request 6",
    ),
)
