"""Mutants of Paxos by roles. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Flexible, Map, Nat, action, define, require, volatile
from quorate.model.paxos_roles import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    Learner,
    PaxosRoles,
    Phase1,
    Phase2,
    Prepare,
    Promise,
    Proposer,
    Value,
)

from .registry import EQUIVALENT, VACUOUS, Mutant

# ---------------------------------------------------------------- proposers


class LowestVote(PaxosRoles):
    @define
    def outranks(self, b: Ballot, best: Ballot) -> bool:
        return b != Ballot.never and (best == Ballot.never or b < best)


class OwnValue(PaxosRoles):
    @define
    def is_safe(self, p: Proposer, v: Value) -> bool:
        return True


class NoPhase1(PaxosRoles):
    @define
    def phase1_done(self, p: Proposer) -> bool:
        return self.ballot[p] != Ballot.never


class Count(Nat): ...


class PromiseTwice(PaxosRoles):
    counted: Map[Proposer, Ballot, Count] = volatile(0)

    @action
    def receive_promise(self, p: Proposer, m: Promise) -> None:
        require(m.b == self.ballot[p])
        require(self.proposed[p] is None)
        require(not self.phase1_done(p))
        self.counted[p, m.b] = self.counted[p, m.b] + 1
        self.promises[p] = self.promises[p] | {m.a}
        if self.outranks(m.vb, self.best_ballot[p]):
            self.best_ballot[p] = m.vb
            self.best_value[p] = m.v

    @define
    def phase1_done(self, p: Proposer) -> bool:
        return any(
            len(q) <= self.counted[p, b] for q in Phase1 for b in Ballot if b == self.ballot[p]
        )


class SharedBallot(PaxosRoles):
    @define
    def may_take(self, p: Proposer, b: Ballot) -> bool:
        return all(c < b for c in Ballot if self.owner[c] == p)


class StalePromise(PaxosRoles):
    @action
    def receive_promise(self, p: Proposer, m: Promise) -> None:
        require(self.owner[m.b] == p and m.b <= self.ballot[p])
        require(self.proposed[p] is None)
        require(m.a not in self.promises[p])
        self.promises[p] = self.promises[p] | {m.a}
        if self.outranks(m.vb, self.best_ballot[p]):
            self.best_ballot[p] = m.vb
            self.best_value[p] = m.v


# ---------------------------------------------------------------- acceptors


class SilentPromise(PaxosRoles):
    @action
    def reply_promise(self, a: Acceptor) -> None:
        require(self.owes_promise[a] != Ballot.never)
        self.sent.add(Promise(a, self.owes_promise[a], Ballot.never, None))
        self.owes_promise[a] = Ballot.never


class VoteRaisesNothing(PaxosRoles):
    @action
    def receive_accept(self, a: Acceptor, m: Accept) -> None:
        require(self.owes_nothing(a))
        require(self.may_accept(a, m.b))
        require(Accepted(a, m.b, m.v) not in self.sent)
        self.voted_ballot[a] = m.b
        self.voted_value[a] = m.v
        self.owes_accepted[a] = m.b


class VoteAnyway(PaxosRoles):
    @define
    def may_accept(self, a: Acceptor, b: Ballot) -> bool:
        return True


class PromiseAnyway(PaxosRoles):
    @define
    def may_promise(self, a: Acceptor, b: Ballot) -> bool:
        return True


class PromiseUnrecorded(PaxosRoles):
    @action
    def receive_prepare(self, a: Acceptor, m: Prepare) -> None:
        require(self.owes_nothing(a))
        require(self.may_promise(a, m.b))
        require(not any(n.a == a and n.b == m.b for n in self.sent[Promise]))
        self.owes_promise[a] = m.b


class PromiseVolatile(PaxosRoles):
    promised: Map[Acceptor, Ballot] = volatile(Ballot.never)


class PromiseFromVote(PaxosRoles):
    @action(fault="crash")
    def crash_acceptor(self, a: Acceptor) -> None:
        self.crash(a)
        self.promised[a] = self.voted_ballot[a]


class VoteVolatile(PaxosRoles):
    voted_ballot: Map[Acceptor, Ballot] = volatile(Ballot.never)
    voted_value: Map[Acceptor, Value | None] = volatile(None)


class AllVolatile(VoteVolatile):
    promised: Map[Acceptor, Ballot] = volatile(Ballot.never)


# ---------------------------------------------------------------- learners and quorums


class Single(Flexible[Acceptor], size=1, meets=Phase1): ...


class DisjointQuorums(PaxosRoles):
    @action
    def receive_accepted(self, l: Learner, m: Accepted) -> None:
        require(m.a not in self.tally[l, m.b])
        heard = self.tally[l, m.b] | {m.a}
        if self.committed[l] is None and any(q <= heard for q in Single):
            self.committed[l] = m.v
        self.tally[l, m.b] = heard


class AcceptedTwice(PaxosRoles):
    counted: Map[Learner, Ballot, Count] = volatile(0)

    @action
    def receive_accepted(self, l: Learner, m: Accepted) -> None:
        require(not any(len(q) <= self.counted[l, m.b] for q in Phase2))
        if self.committed[l] is None and any(len(q) <= self.counted[l, m.b] + 1 for q in Phase2):
            self.committed[l] = m.v
        self.counted[l, m.b] = self.counted[l, m.b] + 1
        self.tally[l, m.b] = self.tally[l, m.b] | {m.a}


class AcrossBallots(PaxosRoles):
    @action
    def receive_accepted(self, l: Learner, m: Accepted) -> None:
        require(m.a not in self.tally[l, m.b])
        same = {a for b in Ballot for a in self.tally[l, b] if Accepted(a, b, m.v) in self.sent}
        if self.committed[l] is None and any(q <= same | {m.a} for q in Phase2):
            self.committed[l] = m.v
        self.tally[l, m.b] = self.tally[l, m.b] | {m.a}


# ---------------------------------------------------------------- no bugs


class PromiseOnceMore(PaxosRoles):
    @define
    def may_promise(self, a: Acceptor, b: Ballot) -> bool:
        return self.promised[a] <= b


class KeepsHigherVote(PaxosRoles):
    @action
    def receive_accept(self, a: Acceptor, m: Accept) -> None:
        require(self.owes_nothing(a))
        require(self.may_accept(a, m.b))
        require(Accepted(a, m.b, m.v) not in self.sent)
        if self.voted_ballot[a] < m.b:
            self.voted_ballot[a] = m.b
            self.voted_value[a] = m.v
        self.promised[a] = m.b
        self.owes_accepted[a] = m.b


class AcceptsAbove(PaxosRoles):
    @define
    def may_accept(self, a: Acceptor, b: Ballot) -> bool:
        return self.promised[a] < b


def _sizes(**more: int) -> dict[str, int]:
    return {"Proposer": 1, "Acceptor": 3, "Learner": 1, "Value": 2, "Ballot": 2, **more}


MUTANTS = (
    Mutant(
        name="lowest-vote",
        code="P1",
        title="The proposer takes the value of the lowest-ballot vote among the promises.",
        protocol=LowestVote,
        violates="agreement",
        steps=34,
        sizes=_sizes(Ballot=3),
        faults={"crash": 0},
        defect="lowest-accepted-ballot",
        reference="openacid/paxoskv#1",
    ),
    Mutant(
        name="own-value",
        code="P2",
        title="The proposer ignores the votes it is told of and proposes its own value.",
        protocol=OwnValue,
        violates="agreement",
        steps=24,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="ignores-accepted-values",
        reference="the classic misreading of Paxos Made Simple, §2.2, phase 2(a)",
    ),
    Mutant(
        name="silent-promise",
        code="P3",
        title="A promise does not report the acceptor's vote.",
        protocol=SilentPromise,
        violates="agreement",
        steps=24,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="promise-omits-vote",
        reference="related: scylladb#6299, CASSANDRA-12126",
    ),
    Mutant(
        name="vote-raises-nothing",
        code="P4",
        title="A vote does not raise the promise to its ballot.",
        protocol=VoteRaisesNothing,
        violates="agreement",
        steps=34,
        sizes=_sizes(Ballot=3),
        faults={"crash": 0},
        defect="accept-does-not-raise-promise",
        reference="PyPI paxos 0.1; Brooker 2021 on Paxos Made Simple; cassandra PR 1327",
    ),
    Mutant(
        name="vote-anyway",
        code="P5",
        title="An acceptor votes below its promise.",
        protocol=VoteAnyway,
        violates="agreement",
        steps=24,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="accept-ignores-promise",
        reference="the guard of Paxos Made Simple, §2.2, phase 2(b), left out",
    ),
    Mutant(
        name="promise-anyway",
        code="P7",
        title="Any ballot is promised, a lower one too, which lowers the promise.",
        protocol=PromiseAnyway,
        violates="agreement",
        steps=26,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="promise-for-any-ballot",
        reference="the guard of Paxos Made Simple, §2.2, phase 1(b), left out",
    ),
    Mutant(
        name="promise-unrecorded",
        code="P8",
        title="A promise is given and not recorded.",
        protocol=PromiseUnrecorded,
        violates="agreement",
        steps=24,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="promise-not-recorded",
        reference="the memory of Paxos Made Simple, §2.2, left out",
    ),
    Mutant(
        name="no-phase1",
        code="P9",
        title="A value is proposed without a quorum of promises.",
        protocol=NoPhase1,
        violates="agreement",
        steps=12,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="phase-two-without-phase-one",
        reference="a published Python Paxos: a stable leader that skips phase 1 after a restart",
    ),
    Mutant(
        name="disjoint-quorums",
        code="P11",
        title="Two promises of three and one vote of three are quorums, and need not meet.",
        protocol=DisjointQuorums,
        violates="agreement",
        steps=23,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="disjoint-quorums",
        reference="related: rabbitmq/ra#500",
    ),
    Mutant(
        name="promise-twice",
        code="P12",
        title="A promise received twice counts twice.",
        protocol=PromiseTwice,
        violates="agreement",
        steps=20,
        sizes=_sizes(Count=2),
        faults={"crash": 0},
        defect="duplicate-promise-counted",
        reference="same class: xraft#27",
    ),
    Mutant(
        name="accepted-twice",
        code="P13",
        title="The learner counts a vote twice that it hears of twice.",
        protocol=AcceptedTwice,
        violates="agreement",
        steps=24,
        sizes=_sizes(Count=2),
        faults={"crash": 0},
        defect="duplicate-accepted-counted",
        reference="booth PR 47",
    ),
    Mutant(
        name="across-ballots",
        code="P14",
        title="The learner adds up the votes for a value in different ballots.",
        protocol=AcrossBallots,
        violates="what_is_committed_was_chosen",
        steps=22,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="votes-added-up",
        reference="learners that count values; disagreement itself takes four ballots",
    ),
    Mutant(
        name="shared-ballot",
        code="P15",
        title="Two proposers use one ballot.",
        protocol=SharedBallot,
        violates="one_value_per_ballot",
        steps=12,
        sizes=_sizes(Proposer=2, Ballot=1),
        faults={"crash": 0},
        defect="ballot-of-another",
        reference="asked in phxpaxos#145; a published Python Paxos",
    ),
    Mutant(
        name="stale-promise",
        code="P16",
        title="A promise of an earlier ballot of the same proposer is counted.",
        protocol=StalePromise,
        violates="agreement",
        steps=20,
        sizes=_sizes(),
        faults={"crash": 0},
        defect="stale-promise-counted",
        reference="luohaha/MyPaxos#18",
    ),
    Mutant(
        name="promise-volatile",
        code="P18",
        title="A restart loses the promise.",
        protocol=PromiseVolatile,
        violates="agreement",
        steps=25,
        sizes=_sizes(),
        faults={"crash": 1},
        defect="promise-lost-on-restart",
        reference="a published Multi-Paxos in Python",
    ),
    Mutant(
        name="promise-from-vote",
        code="P19",
        title="A restart takes the ballot of the vote for the promise.",
        protocol=PromiseFromVote,
        violates="agreement",
        steps=25,
        sizes=_sizes(),
        faults={"crash": 1},
        defect="promise-restored-from-vote",
        reference="a published Python Paxos",
    ),
    Mutant(
        name="vote-volatile",
        code="P20",
        title="A restart loses the vote.",
        protocol=VoteVolatile,
        violates="agreement",
        steps=25,
        sizes=_sizes(),
        faults={"crash": 1},
        defect="vote-lost-on-restart",
        reference="atlasdb#1504",
    ),
    Mutant(
        name="all-volatile",
        code="P21",
        title="A restart loses promise and vote.",
        protocol=AllVolatile,
        violates="agreement",
        steps=25,
        sizes=_sizes(),
        faults={"crash": 1},
        defect="all-lost-on-restart",
        reference="a published Multi-Paxos in Python",
    ),
    Mutant(
        name="promise-once-more",
        code="E1",
        title="A ballot is promised once more after the vote in it.",
        protocol=PromiseOnceMore,
        violates=None,
        sizes=_sizes(),
        faults={"crash": 0},
        verdict=EQUIVALENT,
        reference="`>=` for `>` in phase 1(b): nothing changes, for ballots are unique",
    ),
    Mutant(
        name="keeps-higher-vote",
        code="E2",
        title="An accepted proposal never overwrites one of a higher ballot.",
        protocol=KeepsHigherVote,
        violates=None,
        sizes=_sizes(),
        faults={"crash": 0},
        verdict=EQUIVALENT,
        reference="a belt to the braces: no vote is ever below an earlier one",
    ),
    Mutant(
        name="accepts-above",
        code="L1",
        title="A vote needs a ballot above the promise, so whoever promised cannot vote.",
        protocol=AcceptsAbove,
        violates="a_value_is_committed",
        sizes=_sizes(),
        faults={"crash": 0},
        verdict=VACUOUS,
        reference="luohaha/MyPaxos#19: safe, because nothing is ever chosen",
    ),
)
