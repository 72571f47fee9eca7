"""Mutants of the log of Multi-Paxos. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Set, action, define
from quorate.model.multipaxos_log import (
    Acceptor,
    Ballot,
    Learner,
    MultiPaxosLog,
    Quorum,
    Slot,
    Value,
)
from quorate.model.multipaxos_members import MultiPaxosMembers
from quorate.model.multipaxos_snapshots import MultiPaxosSnapshots

from .registry import Mutant


class SkipsHoles(MultiPaxosLog):
    @define
    def may_execute(self, x: Learner, s: Slot) -> bool:
        return self.done[x] < s


class CountsOneTooFew(MultiPaxosLog):
    @define
    def is_learned(self, s: Slot, v: Value) -> bool:
        return any(
            len([a for a in q if self.votes[a, s, b] == v]) + 1 >= len(q)
            for b in Ballot
            for q in Quorum
        )


class FillsWhatIsVoted(MultiPaxosLog):
    @action
    def lead(self, b: Ballot, q: Set[Acceptor]) -> None:
        super().lead(b, q)
        for s in Slot:
            if self.is_hole(q, s):
                self.proposed[b, s] = Value.noop


class ReportsLastSlot(MultiPaxosLog):
    @define
    def must_repeat(self, q: Set[Acceptor], s: Slot, v: Value) -> bool:
        telling = [a for a in q if self.is_last(a, s)]
        return any(
            any(self.votes[a, s, b] == v for a in telling)
            and not any(b < c and self.votes[a, s, c] is not None for a in telling for c in Ballot)
            for b in Ballot
        )

    @define
    def is_last(self, a: Acceptor, s: Slot) -> bool:
        return not any(s < u and self.votes[a, u, b] is not None for u in Slot for b in Ballot)


class TrimsInSilence(MultiPaxosSnapshots):
    @define
    def reported(self, q: Set[Acceptor]) -> Slot:
        return Slot.zero


class KeepsItsBallot(MultiPaxosMembers):
    @define
    def has_joined(self, b: Ballot, s: Slot) -> bool:
        return True


class OldAcceptorsCount(MultiPaxosMembers):
    @define
    def is_learned(self, s: Slot, v: Value) -> bool:
        return any(
            self.is_majority({a for a in Acceptor if self.votes[a, s, b] == v}, self.acceptors[u])  # type: ignore[arg-type]
            for b in Ballot
            for u in Slot
            if u <= s
        )


class EffectiveAtOnce(MultiPaxosMembers):
    @define
    def is_learned(self, s: Slot, v: Value) -> bool:
        return v != Value.noop and any(
            len(self.members[v]) < 2 * len([a for a in self.members[v] if self.votes[a, s, b] == v])
            for b in Ballot
        )


MUTANTS = (
    Mutant(
        name="skips-holes",
        code="M4",
        title="A learner executes a command although one before it is missing.",
        protocol=SkipsHoles,
        violates="executed_prefixes_agree",
        steps=6,
        sizes={"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 1},
        defect="executes-past-holes",
        reference="phxpaxos#27",
    ),
    Mutant(
        name="counts-one-too-few",
        code="M6",
        title="A learner takes a value for chosen one vote before a majority.",
        protocol=CountsOneTooFew,
        violates="executed_prefixes_agree",
        steps=8,
        sizes={"Acceptor": 3, "Learner": 2, "Value": 3, "Slot": 1, "Ballot": 2},
        defect="half-votes-counted",
        reference="denizalti/paxosmmc PR 11",
    ),
    Mutant(
        name="fills-what-is-voted",
        code="MH1",
        title="A new leader takes every slot below the last for a hole, votes or not.",
        protocol=FillsWhatIsVoted,
        violates="agreement",
        steps=9,
        sizes={"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2},
        defect="fills-what-is-voted",
        reference="Paxos Made Simple, §3: no-ops are for the gaps",
    ),
    Mutant(
        name="reports-last-slot",
        code="MH2",
        title="A promise reports the vote in the last slot alone.",
        protocol=ReportsLastSlot,
        violates="agreement",
        steps=9,
        sizes={"Acceptor": 3, "Learner": 1, "Value": 2, "Slot": 2, "Ballot": 2},
        defect="promise-reports-last-slot",
        reference="an acceptor of one instance, used for many",
    ),
    Mutant(
        name="trims-in-silence",
        code="MH3",
        title="A promise does not say which votes were given up for a snapshot.",
        protocol=TrimsInSilence,
        violates="executed_prefixes_agree",
        steps=12,
        sizes={"Acceptor": 2, "Learner": 2, "Value": 3, "Slot": 1, "Ballot": 2},
        defect="trims-in-silence",
        reference="Chandra, Griesemer, Redstone 2007, §5.5",
    ),
    Mutant(
        name="keeps-its-ballot",
        code="MA1",
        title="A leader goes on in its ballot with acceptors that have not promised.",
        protocol=KeepsItsBallot,
        defect="keeps-its-ballot",
        violates="agreement",
        steps=9,
        sizes={"Acceptor": 2, "Learner": 1, "Value": 3, "Slot": 2, "Ballot": 2},
        reference="Lamport, Malkhi, Zhou 2010, §3",
    ),
    Mutant(
        name="old-acceptors-count",
        code="MA2",
        title="After a change a majority of the acceptors before it is enough, too.",
        protocol=OldAcceptorsCount,
        violates="executed_prefixes_agree",
        steps=12,
        defect="old-acceptors-decide",
        sizes={"Acceptor": 2, "Learner": 2, "Value": 3, "Slot": 2, "Ballot": 2},
        reference="Lamport, Malkhi, Zhou 2010, §3",
    ),
    Mutant(
        name="effective-at-once",
        code="MA3",
        title="The acceptors that a command asks for choose that command itself.",
        protocol=EffectiveAtOnce,
        defect="new-acceptors-decide",
        violates="executed_prefixes_agree",
        steps=8,
        sizes={"Acceptor": 2, "Learner": 2, "Value": 3, "Slot": 2, "Ballot": 2},
        reference="Paxos Made Simple, §3: a command takes effect α slots later",
    ),
)
