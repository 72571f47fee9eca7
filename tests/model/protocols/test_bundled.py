"""The bundled protocols, explored to exhaustion at small bounds: exact counts, every property."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import pytest

from quorate.checker.explore.search.breadth_first import Explorer
from quorate.model.language import Protocol
from quorate.model.language.description import describe
from quorate.model.multipaxos import MultiPaxos
from quorate.model.paxos import Paxos
from quorate.model.paxos_roles import PaxosRoles
from quorate.model.raft import Raft
from quorate.model.raft_election import RaftElection
from quorate.model.two_phase_commit import TwoPhaseCommit

BUNDLED = [Paxos, PaxosRoles, TwoPhaseCommit, MultiPaxos, RaftElection, Raft]


@dataclass(frozen=True)
class Instance:
    """A bound, and what exploring it must count: states, transitions, depth."""

    protocol: type[Protocol]
    crashes: int | None
    sizes: dict[str, int]
    counts: tuple[int, int, int]
    unreached: frozenset[str] = frozenset()

    def __str__(self) -> str:
        sizes = ",".join(f"{name}={n}" for name, n in self.sizes.items())
        return f"{self.protocol.__name__}-{sizes}-crash={self.crashes}"


def roles(crashes: int, counts: tuple[int, int, int], *sizes: int) -> Instance:
    names = ("Proposer", "Acceptor", "Learner", "Value", "Ballot")
    return Instance(PaxosRoles, crashes, dict(zip(names, sizes, strict=True)), counts)


def commit(crashes: int, counts: tuple[int, int, int], participants: int) -> Instance:
    sizes = {"Coordinator": 1, "Participant": participants}
    return Instance(TwoPhaseCommit, crashes, sizes, counts)


def multi(crashes: int, counts: tuple[int, int, int], *sizes: int) -> Instance:
    names = ("Proposer", "Acceptor", "Slot", "Value", "Ballot")
    return Instance(MultiPaxos, crashes, dict(zip(names, sizes, strict=True)), counts)


def raft(crashes: int, counts: tuple[int, int, int], *sizes: int) -> Instance:
    names = ("Server", "Value", "Term", "Index")
    unreached = {"an_entry_is_committed_everywhere"} if sizes[-1] == 0 else set()
    bound = dict(zip(names, sizes, strict=True))
    return Instance(Raft, crashes, bound, counts, frozenset(unreached))


def election(crashes: int, counts: tuple[int, int, int], servers: int, terms: int) -> Instance:
    sizes = {"Server": servers, "Value": 1, "Term": terms, "Index": 0}
    return Instance(RaftElection, crashes, sizes, counts)


SMALL = [  # for plain Python too
    Instance(Paxos, None, {"Acceptor": 2, "Value": 2, "Ballot": 2}, (145, 608, 12)),
    commit(0, (184, 438, 12), 2),
    commit(1, (557, 1809, 13), 2),
    election(1, (256, 699, 9), 3, 1),
    raft(1, (616, 2271, 12), 3, 1, 1, 0),
]

MEDIUM = [
    Instance(Paxos, None, {"Acceptor": 3, "Value": 2, "Ballot": 2}, (3921, 23466, 16)),
    roles(0, (1057, 2517, 20), 1, 3, 1, 2, 1),
    roles(1, (3939, 14957, 21), 1, 3, 1, 2, 1),
    commit(1, (4981, 21626, 18), 3),
    multi(0, (1165, 3798, 13), 1, 3, 2, 2, 1),
    multi(1, (2582, 5845, 21), 1, 2, 2, 1, 2),
    election(1, (11967, 35820, 16), 3, 2),
    raft(0, (2885, 10750, 25), 2, 1, 2, 1),
]

MORE_MEDIUM = [
    roles(0, (2113, 5034, 20), 2, 3, 1, 2, 1),
    roles(0, (4157, 9420, 28), 2, 2, 1, 2, 2),
    roles(1, (7876, 32022, 21), 2, 3, 1, 2, 1),
    commit(2, (9645, 50001, 19), 3),
    multi(0, (4433, 9908, 18), 1, 3, 1, 2, 2),
]

LARGE = [  # for the fast explorer alone
    raft(0, (13817, 121584, 22), 3, 1, 1, 1),
    raft(1, (25462, 102406, 28), 2, 1, 2, 1),
    roles(0, (152568, 506478, 39), 1, 3, 1, 2, 2),
    roles(1, (712926, 3191379, 40), 1, 3, 1, 2, 2),
    roles(0, (856785, 2912302, 40), 2, 3, 1, 2, 2),
    commit(2, (97546, 625595, 24), 4),
    raft(1, (55063, 554853, 23), 3, 1, 1, 1),
]

LARGEST = [  # or long to compile
    multi(1, (9310, 27026, 21), 2, 2, 2, 1, 2),
    multi(0, (3999, 8553, 20), 1, 2, 2, 2, 2),
    roles(0, (1816824, 9717038, 45), 1, 3, 2, 2, 2),
    roles(1, (4283864, 19956632, 41), 2, 3, 1, 2, 2),
    multi(0, (126085, 415132, 26), 1, 3, 2, 1, 2),
    multi(0, (732153, 2447276, 26), 1, 3, 2, 2, 2),
    multi(1, (1337362, 5528238, 27), 2, 3, 2, 1, 2),
    raft(0, (5617074, 36284847, 35), 3, 1, 2, 1),
]


def faults_of(instance: Instance) -> dict[str, int] | None:
    return None if instance.crashes is None else {"crash": instance.crashes}


def check(instance: Instance, counts: tuple[int, int, int], reached: Collection[str]) -> None:
    assert counts == instance.counts
    assert set(instance.protocol.methods("reachable")) - set(reached) == instance.unreached


def by_python(instance: Instance, search: Any) -> None:
    found = search(instance.protocol, faults_of(instance), **instance.sizes)
    assert not found.broken
    check(instance, found.counts, found.reached)


def by_explorer(instance: Instance) -> None:
    sizes = instance.protocol.sized(faults_of(instance), **instance.sizes)
    found = Explorer(instance.protocol, sizes).run(coverage=False)
    assert found.complete
    check(instance, (found.states, found.transitions, found.depth), found.reached)


@pytest.mark.parametrize("instance", SMALL, ids=str)
def test_counts_by_python(instance: Instance, search: Any) -> None:
    by_python(instance, search)


@pytest.mark.exhaustive
@pytest.mark.parametrize("instance", MEDIUM + MORE_MEDIUM, ids=str)
def test_counts_of_medium_instances_by_python(instance: Instance, search: Any) -> None:
    by_python(instance, search)


@pytest.mark.parametrize("instance", SMALL + MEDIUM[:-1], ids=str)
def test_counts_by_the_explorer(instance: Instance) -> None:
    by_explorer(instance)


@pytest.mark.exhaustive
@pytest.mark.parametrize("instance", MEDIUM[-1:] + MORE_MEDIUM + LARGE + LARGEST, ids=str)
def test_counts_of_the_larger_instances(instance: Instance) -> None:
    by_explorer(instance)


@pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.__name__)
def test_is_read_without_a_mistake(protocol: type[Protocol]) -> None:
    described = describe(protocol)
    assert described.invariants and described.reachables
    assert {a.name for a in described.actions} == set(protocol.methods("action"))


@pytest.mark.parametrize("protocol", BUNDLED, ids=lambda p: p.__name__)
def test_whoever_may_crash_has_something_to_lose(protocol: type[Protocol]) -> None:
    budgets = protocol.budgets()
    volatile = [v for v in protocol.variables().values() if v.volatile]
    assert bool(budgets) == bool(volatile)
