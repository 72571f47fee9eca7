"""Each mutant of Paxos by roles is caught by a run written out here, which Paxos itself forbids."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from quorate.model.language.description import describe
from quorate.model.mutants import EQUIVALENT, KILLED, MUTANTS, VACUOUS, Mutant
from quorate.model.paxos_roles import (
    Accept,
    Accepted,
    Acceptor,
    Ballot,
    Learner,
    PaxosRoles,
    Prepare,
    Promise,
    Proposer,
    Value,
)

OF_ROLES = [m for m in MUTANTS.values() if issubclass(m.protocol, PaxosRoles)]
A0, A1, A2 = (Acceptor(i) for i in range(3))
P0, P1 = (Proposer(i) for i in range(2))
B1, B2, B3 = (Ballot(i) for i in range(3))
V0, V1 = (Value(i) for i in range(2))
L0 = Learner(0)


@dataclass
class Run:
    """The steps of the protocol as a script takes them."""

    do: Any

    def promise(self, b: Ballot, *acceptors: Acceptor) -> None:
        for a in acceptors:
            self.do("receive_prepare", a, Prepare(b))
            self.do("reply_promise", a)

    def hear(self, b: Ballot, *acceptors: Acceptor, p: Proposer = P0) -> None:
        for a in acceptors:
            (m,) = (m for m in self.messages(Promise) if m.a == a and m.b == b)
            self.do("receive_promise", p, m)

    def phase1(self, b: Ballot, *acceptors: Acceptor, p: Proposer = P0) -> None:
        self.do("prepare", p, b)
        self.promise(b, *acceptors)
        self.hear(b, *acceptors, p=p)

    def vote(self, b: Ballot, v: Value, *acceptors: Acceptor) -> None:
        for a in acceptors:
            self.do("receive_accept", a, Accept(b, v))
            self.do("reply_accepted", a)

    def messages(self, kind: type) -> list[Any]:
        return [m for m in self.do.read("sent") if type(m) is kind]

    def ballot(self, b: Ballot, v: Value, *acceptors: Acceptor, p: Proposer = P0) -> None:
        """A whole ballot: these acceptors promise it, and these vote."""
        self.phase1(b, *acceptors, p=p)
        self.do("propose", p, v)
        self.vote(b, v, *acceptors)


def lowest_vote(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0)
    r.ballot(B2, V1, A1, A2)
    r.ballot(B3, V0, A0, A1)


def own_value(r: Run) -> None:
    r.ballot(B1, V0, A0, A1)
    r.ballot(B2, V1, A0, A1)


def vote_raises_nothing(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.do("prepare", P0, B2)
    r.promise(B2, A1, A2)
    r.hear(B2, A1, A2)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A0)  # and has promised B1 only
    r.do("prepare", P0, B3)
    r.vote(B1, V0, A0)  # its vote of B2 is overwritten
    r.promise(B3, A0, A1)
    r.vote(B2, V1, A2)
    r.hear(B3, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B3, V0, A0, A1)


def late_vote(r: Run) -> None:
    """V0 is chosen in B1 although two acceptors had promised B2."""
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.phase1(B2, A1, A2)
    r.vote(B1, V0, A0, A1)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A1, A2)


def promise_anyway(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.phase1(B2, A1, A2)
    r.promise(B1, A2)
    r.vote(B1, V0, A0, A2)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A1, A2)


def no_phase1(r: Run) -> None:
    r.do("prepare", P0, B1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0, A1)
    r.do("prepare", P0, B2)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A0, A1)


def disjoint_quorums(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0)
    r.do("receive_accepted", L0, Accepted(A0, B1, V0))
    r.ballot(B2, V1, A1, A2)


def promise_twice(r: Run) -> None:
    r.ballot(B1, V0, A0, A1)
    r.phase1(B2, A2)
    r.hear(B2, A2)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A0, A1)


def accepted_twice(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0)
    r.do("receive_accepted", L0, Accepted(A0, B1, V0))
    r.do("receive_accepted", L0, Accepted(A0, B1, V0))
    r.ballot(B2, V1, A1, A2)


def across_ballots(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0)
    r.phase1(B2, A1, A2)
    r.do("propose", P0, V0)
    r.vote(B2, V0, A1)
    r.do("receive_accepted", L0, Accepted(A0, B1, V0))
    r.do("receive_accepted", L0, Accepted(A1, B2, V0))


def shared_ballot(r: Run) -> None:
    r.do("prepare", P0, B1)
    r.do("prepare", P1, B1)
    r.promise(B1, A0, A1)
    for p, v in ((P0, V0), (P1, V1)):
        r.hear(B1, A0, A1, p=p)
        r.do("propose", p, v)


def stale_promise(r: Run) -> None:
    r.ballot(B1, V0, A0, A1)
    r.do("prepare", P0, B2)
    r.hear(B1, A0, A1)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A0, A1)


def promise_lost(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.phase1(B2, A1, A2)
    r.do("crash_acceptor", A1)
    r.vote(B1, V0, A0, A1)
    r.do("propose", P0, V1)
    r.vote(B2, V1, A1, A2)


def vote_lost(r: Run) -> None:
    r.ballot(B1, V0, A0, A1)
    r.do("crash_acceptor", A1)
    r.ballot(B2, V1, A1, A2)


def half_votes(r: Run) -> None:
    r.phase1(B1, A0, A1, A2)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0, A1)
    for a in (A0, A1):
        r.do("receive_accepted", L0, Accepted(a, B1, V0))


def late_promise(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.vote(B1, V0, A0)
    r.phase1(B2, A1, A2)
    r.do("propose", P0, V1)
    r.promise(B2, A0)
    r.hear(B2, A0)
    r.do("propose", P0, V0)


def counter_forgotten(r: Run) -> None:
    r.phase1(B1, A0, A1)
    r.do("propose", P0, V0)
    r.do("crash_proposer", P0)
    r.do("prepare", P0, B1)
    r.hear(B1, A0, A1)
    r.do("propose", P0, V1)


SCRIPTS: dict[str, Callable[[Run], None]] = {
    "P1": lowest_vote,
    "P2": own_value,
    "P3": own_value,
    "P4": vote_raises_nothing,
    "P5": late_vote,
    "P7": promise_anyway,
    "P8": late_vote,
    "P9": no_phase1,
    "P10": half_votes,
    "P11": disjoint_quorums,
    "P12": promise_twice,
    "P13": accepted_twice,
    "P14": across_ballots,
    "P15": shared_ballot,
    "P16": stale_promise,
    "P17": late_promise,
    "P18": promise_lost,
    "P19": promise_lost,
    "P20": vote_lost,
    "P21": promise_lost,
    "P23": counter_forgotten,
}


def with_verdict(verdict: str) -> Any:
    found = [m for m in OF_ROLES if m.verdict == verdict]
    return pytest.mark.parametrize("mutant", found, ids=lambda m: f"{m.code}-{m.name}")


def test_every_killed_mutant_has_a_script() -> None:
    assert set(SCRIPTS) == {m.code for m in OF_ROLES if m.verdict == KILLED}


@pytest.mark.parametrize("mutant", OF_ROLES, ids=lambda m: m.code)
def test_is_read_and_sized(mutant: Mutant) -> None:
    described = describe(mutant.protocol)
    mutant.protocol.sized(mutant.faults, **mutant.sizes)
    assert mutant.violates is None or mutant.violates in {p.name for p in described.properties}


@with_verdict(KILLED)
def test_killed(mutant: Mutant, script: Any) -> None:
    run = Run(script(mutant.protocol, mutant.faults, **mutant.sizes))
    assert run.do.holds(mutant.violates)
    SCRIPTS[mutant.code](run)
    assert not run.do.holds(mutant.violates)


@with_verdict(KILLED)
def test_paxos_itself_forbids_the_run(mutant: Mutant, script: Any) -> None:
    sizes = {k: n for k, n in mutant.sizes.items() if k != "Count"}
    run = Run(script(PaxosRoles, mutant.faults, **sizes))
    try:
        SCRIPTS[mutant.code](run)
    except (AssertionError, ValueError):
        return
    assert run.do.holds(mutant.violates)


@with_verdict(EQUIVALENT)
def test_equivalent_keeps_every_invariant(mutant: Mutant, search: Any) -> None:
    sizes = {**mutant.sizes, "Value": 1, "Acceptor": 2}
    found = search(mutant.protocol, mutant.faults, **sizes)
    assert not found.broken and found.reached


@with_verdict(VACUOUS)
def test_vacuous_never_decides(mutant: Mutant, search: Any) -> None:
    sizes = {**mutant.sizes, "Value": 1, "Ballot": 1}
    found = search(mutant.protocol, mutant.faults, **sizes)
    assert not found.broken
    assert mutant.violates not in found.reached
