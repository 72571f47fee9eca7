"""Mutants of Multi-Paxos. Each class overrides the one rule that its bug breaks."""

from quorate.model.language import Map, Protocol, action, define, require, volatile
from quorate.model.multipaxos import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    MultiPaxos,
    Prepare,
    Promise,
    Proposer,
    Quorum,
    Slot,
    Value,
)

from .registry import Mutant


class IgnoresRecovered(MultiPaxos):
    @define
    def is_safe(self, p: Proposer, s: Slot, v: Value) -> bool:
        return True


class LowestVote(MultiPaxos):
    @define
    def is_latest(self, b: Ballot, q: Quorum, s: Slot, v: Value) -> bool:
        votes = [m for m in self.sent[Promise] if m.b == b and m.a in q]
        told = [m for m in votes if m.values[s] == v]
        return any(
            all(n.values[s] is None or m.ballots[s] <= n.ballots[s] for n in votes) for m in told
        )


class SilentPromise(MultiPaxos):
    @action
    def promise(self, a: Acceptor, m: Prepare) -> None:
        require(self.promised[a] < m.b)
        ballots = {s: Ballot.never for s in Slot}  # noqa: C420  (the language has no dict.fromkeys)
        values = {s: None for s in Slot}  # noqa: C420
        self.sent.add(Promise(a, m.b, ballots, values))
        self.promised[a] = m.b


class VoteRaisesNothing(MultiPaxos):
    @action
    def accept(self, a: Acceptor, m: Accept) -> None:
        require(self.promised[a] <= m.b)
        require(Accepted(a, m.b, m.s, m.v) not in self.sent)
        self.voted_ballot[a, m.s] = m.b
        self.voted_value[a, m.s] = m.v
        self.sent.add(Accepted(a, m.b, m.s, m.v))


class VoteAnyway(MultiPaxos):
    @action
    def accept(self, a: Acceptor, m: Accept) -> None:
        require(Accepted(a, m.b, m.s, m.v) not in self.sent)
        if self.promised[a] < m.b:
            self.promised[a] = m.b
        self.voted_ballot[a, m.s] = m.b
        self.voted_value[a, m.s] = m.v
        self.sent.add(Accepted(a, m.b, m.s, m.v))


class PromiseAnyway(MultiPaxos):
    @action
    def promise(self, a: Acceptor, m: Prepare) -> None:
        require(not any(n.a == a and n.b == m.b for n in self.sent[Promise]))
        ballots = {s: self.voted_ballot[a, s] for s in Slot}
        values = {s: self.voted_value[a, s] for s in Slot}
        self.sent.add(Promise(a, m.b, ballots, values))
        self.promised[a] = m.b


class PromiseUnrecorded(MultiPaxos):
    @action
    def promise(self, a: Acceptor, m: Prepare) -> None:
        require(self.promised[a] < m.b)
        require(not any(n.a == a and n.b == m.b for n in self.sent[Promise]))
        ballots = {s: self.voted_ballot[a, s] for s in Slot}
        values = {s: self.voted_value[a, s] for s in Slot}
        self.sent.add(Promise(a, m.b, ballots, values))


class NoPhase1(MultiPaxos):
    @action
    def lead(self, p: Proposer) -> None:  # type: ignore[override]
        require(not self.leads[p] and self.ballot[p] != Ballot.never)
        self.leads[p] = True


class PromisesOnce(MultiPaxos):
    """For acceptors that forget: a second promise of a ballot is no message of the model."""

    @action
    def promise(self, a: Acceptor, m: Prepare) -> None:
        require(not any(n.a == a and n.b == m.b for n in self.sent[Promise]))
        super().promise(a, m)


class PromiseVolatile(PromisesOnce):
    promised: Map[Acceptor, Ballot] = volatile(Ballot.never)

    @action(fault="crash")
    def crash_acceptor(self, a: Acceptor) -> None:
        self.crash(a)


class VoteVolatile(PromisesOnce):
    voted_ballot: Map[Acceptor, Slot, Ballot] = volatile(Ballot.never)
    voted_value: Map[Acceptor, Slot, Value | None] = volatile(None)

    @action(fault="crash")
    def crash_acceptor(self, a: Acceptor) -> None:
        self.crash(a)


class AllVolatile(VoteVolatile):
    promised: Map[Acceptor, Ballot] = volatile(Ballot.never)


def _one_slot(
    name: str,
    code: str,
    title: str,
    protocol: type[Protocol],
    steps: int,
    defect: str,
    reference: str,
    ballots: int = 2,
    crashes: int = 0,
) -> Mutant:
    """A mutant that breaks agreement in one slot."""
    return Mutant(
        name=name,
        code=code,
        title=title,
        protocol=protocol,
        violates="agreement",
        steps=steps,
        sizes={"Proposer": 1, "Acceptor": 3, "Slot": 1, "Value": 2, "Ballot": ballots},
        faults={"crash": crashes},
        defect=defect,
        reference=reference,
    )


MUTANTS = (
    _one_slot(
        "ignores-recovered",
        "M3",
        "A new leader proposes its own command in a slot that it recovered.",
        IgnoresRecovered,
        14,
        "ignores-recovered",
        "Paxos Made Simple, §3; phxpaxos#27",
    ),
    _one_slot(
        "multi-lowest-vote",
        "MP1",
        "A new leader takes the value of the lowest-ballot vote in a slot.",
        LowestVote,
        20,
        "lowest-accepted-ballot",
        "openacid/paxoskv#1",
        ballots=3,
    ),
    _one_slot(
        "multi-silent-promise",
        "MP3",
        "A promise does not report the acceptor's votes.",
        SilentPromise,
        14,
        "promise-omits-votes",
        "related: scylladb#6299, CASSANDRA-12126",
    ),
    _one_slot(
        "multi-vote-raises-nothing",
        "MP4",
        "A vote does not raise the promise to its ballot.",
        VoteRaisesNothing,
        20,
        "accept-does-not-raise-promise",
        "PyPI paxos 0.1; Brooker 2021 on Paxos Made Simple; cassandra PR 1327",
        ballots=3,
    ),
    _one_slot(
        "multi-vote-anyway",
        "MP5",
        "An acceptor votes below its promise.",
        VoteAnyway,
        14,
        "accept-ignores-promise",
        "the guard of Paxos Made Simple, §2.2, phase 2(b), left out",
    ),
    _one_slot(
        "multi-promise-anyway",
        "MP7",
        "Any ballot is promised, a lower one too, which lowers the promise.",
        PromiseAnyway,
        15,
        "promise-for-any-ballot",
        "the guard of Paxos Made Simple, §2.2, phase 1(b), left out",
    ),
    _one_slot(
        "multi-promise-unrecorded",
        "MP8",
        "A promise is given and not recorded.",
        PromiseUnrecorded,
        14,
        "promise-not-recorded",
        "the memory of Paxos Made Simple, §2.2, left out",
    ),
    _one_slot(
        "multi-no-phase1",
        "MP9",
        "A proposer leads without a quorum of promises.",
        NoPhase1,
        10,
        "phase-two-without-phase-one",
        "a published Python Paxos: a stable leader that skips phase 1 after a restart",
    ),
    _one_slot(
        "multi-promise-volatile",
        "MP18",
        "A restart loses the promise.",
        PromiseVolatile,
        15,
        "promise-lost-on-restart",
        "a published Multi-Paxos in Python",
        crashes=1,
    ),
    _one_slot(
        "multi-votes-volatile",
        "MP20",
        "A restart loses the votes.",
        VoteVolatile,
        15,
        "votes-lost-on-restart",
        "atlasdb#1504",
        crashes=1,
    ),
    _one_slot(
        "multi-all-volatile",
        "MP21",
        "A restart loses promise and votes.",
        AllVolatile,
        15,
        "all-lost-on-restart",
        "a published Multi-Paxos in Python",
        crashes=1,
    ),
)
