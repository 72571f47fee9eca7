"""Mutants of Paxos by roles: proposers that forget or change their minds, and too small a quorum.

Each class overrides the one rule that its bug breaks.
"""

from quorate.model.language import Flexible, action, define, require
from quorate.model.paxos_roles import (
    Accepted,
    Acceptor,
    Ballot,
    Learner,
    PaxosRoles,
    Promise,
    Proposer,
)

from .registry import Mutant


class LatePromise(PaxosRoles):
    @action
    def receive_promise(self, p: Proposer, m: Promise) -> None:
        require(m.b == self.ballot[p])
        require(m.a not in self.promises[p])
        self.promises[p] = self.promises[p] | {m.a}
        if self.outranks(m.vb, self.best_ballot[p]):
            self.best_ballot[p] = m.vb
            self.best_value[p] = m.v
            self.proposed[p] = None


class CounterForgotten(PaxosRoles):
    @define
    def may_take(self, p: Proposer, b: Ballot) -> bool:
        return self.ballot[p] < b and (self.owner[b] is None or self.owner[b] == p)


class Half(Flexible[Acceptor], size=lambda n: n // 2, meets=()): ...


class HalfVotes(PaxosRoles):
    @action
    def receive_accepted(self, l: Learner, m: Accepted) -> None:
        require(m.a not in self.tally[l, m.b])
        heard = self.tally[l, m.b] | {m.a}
        if self.committed[l] is None and any(q <= heard for q in Half):
            self.committed[l] = m.v
        self.tally[l, m.b] = heard


def _sizes(**more: int) -> dict[str, int]:
    return {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 1, **more}


MUTANTS = (
    Mutant(
        name="half-votes",
        code="P10",
        title="A learner takes half of the votes for a majority.",
        protocol=HalfVotes,
        violates="what_is_committed_was_chosen",
        steps=17,
        sizes=_sizes(Acceptor=4, Value=1),
        faults={"crash": 0},
        defect="half-votes-counted",
        reference="async-raft PR 143",
    ),
    Mutant(
        name="late-promise",
        code="P17",
        title="A promise that comes late changes what is proposed, and it is proposed once more.",
        protocol=LatePromise,
        violates="one_value_per_ballot",
        steps=22,
        sizes=_sizes(Ballot=2),
        faults={"crash": 0},
        defect="late-promise-heeded",
        reference="the phases of Paxos Made Simple, §2.2, not kept apart",
    ),
    Mutant(
        name="counter-forgotten",
        code="P23",
        title="A proposer does not persist its ballot, and uses it again after a restart.",
        protocol=CounterForgotten,
        violates="one_value_per_ballot",
        steps=13,
        sizes=_sizes(),
        faults={"crash": 1},
        defect="round-not-persisted",
        reference="a published Python Paxos; phxpaxos#145",
    ),
)
