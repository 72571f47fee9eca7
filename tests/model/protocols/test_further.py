"""The protocols that show range: counts by both explorers, published counts, proofs, progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

import quorate
from quorate.checker.loading import BUNDLED, load_protocol
from quorate.checker.prove.unbounded import ProofStatus, prove_unbounded
from quorate.model import abd
from quorate.model.abd import Abd
from quorate.model.mutants import MUTANTS
from quorate.model.proofs.abd import ProvedAbd


@dataclass(frozen=True)
class Case:
    """A bound at which both explorers count: states, transitions, depth."""

    name: str
    sizes: Mapping[str, int]
    counts: tuple[int, int, int]
    faults: Mapping[str, int] = field(default_factory=dict)


SMALL = [
    Case("Abd", {"Server": 2, "Client": 2, "Number": 2}, (649, 1360, 14)),
    Case("CasPaxos", {"Acceptor": 2, "Ballot": 2}, (100, 460, 14)),
    Case("LamportMutex", {"Process": 2, "Clock": 3, "Depth": 3}, (191, 309, 21)),
    Case("LeaseLock", {"Client": 2, "Time": 6, "Token": 2, "Position": 2}, (3233, 9824, 26)),
    Case("StoreSessions", {"Store": 2, "Client": 1, "Number": 2}, (18, 90, 3), {"crash": 1}),
    Case("Peterson", {"Process": 2}, (42, 76, 8)),
    Case(
        "ChainReplication", {"Server": 2, "Command": 2, "Index": 2}, (1011, 2876, 13), {"crash": 2}
    ),
]
PROVED = [
    "Peterson",
    "ProvedStoreSessions",
    pytest.param("ProvedAbd", marks=pytest.mark.exhaustive),
    pytest.param("ProvedLeaseLock", marks=pytest.mark.exhaustive),
    pytest.param("ProvedCasPaxos", marks=pytest.mark.exhaustive),
    pytest.param("ProvedChainReplication", marks=pytest.mark.exhaustive),
]
BY_THE_REFERENCE = ("K2", "X1", "X2", "C1")


SLOW = ("Abd", "LeaseLock")


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(c, marks=pytest.mark.exhaustive if c.name in SLOW else (), id=c.name)
        for c in SMALL
    ],
)
def test_both_explorers_count_the_same(case: Case, search: Any) -> None:
    protocol = load_protocol(case.name)
    slow = search(protocol, case.faults, **case.sizes)
    assert slow.counts == case.counts and not slow.broken
    assert set(slow.reached) == set(protocol.methods("reachable"))
    fast = quorate.check(protocol, sizes=case.sizes, faults=case.faults)
    assert fast.holds and not fast.warnings
    found = fast.exploration
    assert (found.states, found.transitions, found.depth) == case.counts


def test_two_replicas_of_viewstamped_replication(search: Any) -> None:
    """With two of them nobody falls behind; views change all the same."""
    protocol = load_protocol("ViewstampedReplication")
    sizes = {"Replica": 2, "Value": 1, "View": 2, "Index": 1}
    slow = search(protocol, {}, **sizes)
    assert slow.counts == (810, 1142, 16) and not slow.broken
    found = quorate.check(protocol, sizes=sizes).exploration
    assert (found.states, found.transitions, found.depth) == slow.counts
    assert set(found.reached) == {"a_request_is_executed_in_a_later_view"}


@pytest.mark.exhaustive
def test_three_replicas_of_viewstamped_replication() -> None:
    protocol = load_protocol("ViewstampedReplication")
    found = quorate.check(protocol, sizes={"Replica": 3, "Value": 1, "View": 2, "Index": 1})
    assert found.holds and found.warnings == ()
    assert (found.states, found.exploration.transitions) == (599_346, 1_635_204)


def test_peterson_has_the_published_count() -> None:
    """TLC: 77 states generated, the initial one among them, 42 distinct.

    `locks_auxiliary_vars/manifest.json` in the TLA+ examples. There the turn is the first process's
    at the start; here it is anyone's, which no state needs that the other start does not lead to.
    """
    found = quorate.check(load_protocol("Peterson"))
    assert (found.states, found.exploration.transitions + 1) == (42, 77)
    assert found.holds and found.liveness is not None


@pytest.mark.exhaustive
def test_lamports_mutex_has_the_published_count() -> None:
    """TLC: 724,274 distinct states; depth 61, where the initial state is at 1.

    `lamport_mutex/manifest.json` in the TLA+ examples, with clocks of up to 6 that begin with 1.
    """
    sizes = {"Process": 3, "Clock": 6, "Depth": 3}
    found = quorate.check(load_protocol("LamportMutex"), sizes=sizes)
    assert found.holds
    assert (found.states, found.exploration.depth + 1) == (724274, 61)


@pytest.mark.parametrize("name", PROVED)
def test_is_proved(name: str) -> None:
    assert name in BUNDLED
    assert quorate.prove(load_protocol(name)).holds


@pytest.mark.exhaustive
def test_what_was_added_to_the_register_holds_wherever_one_can_get() -> None:
    found = quorate.check(ProvedAbd, sizes={"Server": 3, "Client": 2, "Number": 2})
    assert found.holds and set(found.invariants) > set(Abd.methods("invariant"))


@pytest.mark.exhaustive
def test_a_register_that_reads_once_is_not_proved() -> None:
    body = {"__module__": __name__}
    mutant = type("ReadsOnce", (MUTANTS["reads-once"].protocol, ProvedAbd), body)
    found = prove_unbounded(mutant, refute=False, effort=1.0)
    assert found.invariant("nothing_precedes_an_initial_read").status is ProofStatus.OPEN
    assert found.invariant("those_with_tags_have_updates").status is ProofStatus.PROVED


@pytest.mark.parametrize("code", BY_THE_REFERENCE)
def test_mutant_is_killed(code: str, search: Any) -> None:
    (mutant,) = (m for m in MUTANTS.values() if m.code == code)
    found = search(mutant.protocol, mutant.faults, until=mutant.violates, **mutant.sizes)
    assert found.broken[mutant.violates] == mutant.steps


INVERSION = {"Server": 3, "Client": 3, "Number": 1}


def invert(do: Any) -> None:
    """A read finds a write that is under way; the next one asks two servers that lack it."""
    s0, s1, s2 = (abd.Server(i) for i in range(3))
    c1, c2, c3 = (abd.Client(i) for i in range(3))
    first, second = frozenset({s0, s1}), frozenset({s0, s2})
    zero = abd.Tag(0, abd.Client.none)
    new = abd.Tag(1, c2)
    do("start", c1, abd.Kind.READ)
    do("start", c2, abd.Kind.WRITE)
    do("reply", s0, abd.Query(c1))
    do("reply", s0, abd.Query(c2))
    do("reply", s1, abd.Query(c2))
    do("write", c2, first, abd.Reply(s0, c2, zero))
    do("store", s1, abd.Update(c2, new))
    do("reply", s1, abd.Query(c1))
    do("write_back", c1, first, abd.Reply(s1, c1, new))
    do("start", c3, abd.Kind.READ)
    do("reply", s0, abd.Query(c3))
    do("reply", s2, abd.Query(c3))
    do("write_back", c3, second, abd.Reply(s0, c3, zero))


def test_a_read_that_writes_nothing_back_is_followed_by_an_older_one(script: Any) -> None:
    mutant = MUTANTS["reads-once"]
    run = script(mutant.protocol, mutant.faults, **INVERSION)
    invert(run)
    assert run.steps == 13 and not run.holds(mutant.violates)


def test_abd_ends_no_read_before_a_majority_has_it(script: Any) -> None:
    run = script(abd.Abd, {}, **INVERSION)
    invert(run)
    assert run.holds("nothing_precedes_an_initial_read")
    assert all(run.holds(name) for name in abd.Abd.methods("invariant"))


def test_mutants_are_not_proved() -> None:
    assert not quorate.prove(MUTANTS["yields-first"].protocol, refute=False).holds
