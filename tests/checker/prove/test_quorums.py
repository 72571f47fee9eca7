"""Quorum systems: what intersects, for which sizes, and which two quorums do not."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.quorums import pairs, prove_quorums
from quorate.checker.prove.quorums.given import smallest
from quorate.checker.prove.quorums.meeting import runs
from quorate.model.language import (
    Explicit,
    Flexible,
    Majority,
    Map,
    Protocol,
    SizeError,
    Sort,
    Weighted,
    action,
    require,
    volatile,
)
from quorate.model.language.declare.quorums import QuorumSystem
from quorate.model.paxos import Paxos

from ...support.examples import share


class Acceptor(Sort): ...


class Most(Majority[Acceptor]): ...


class Heavy(Weighted[Acceptor], weights=(3, 1, 1)): ...


class Phase2(Flexible[Acceptor], size=2): ...


class Phase1(Flexible[Acceptor], size=lambda n: n - 1, meets=Phase2): ...


class Small2(Flexible[Acceptor], size=lambda n: n // 2): ...


class Small1(Flexible[Acceptor], size=lambda n: n // 2 + 1, meets=Small2): ...


class Apart(Explicit[Acceptor], quorums=[(0,), (1, 2)]): ...


class Ring(QuorumSystem[Acceptor]):
    """The first with any other, or all others."""

    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        yield from ((0, i) for i in range(1, n))
        yield tuple(range(1, n))


class Empty(QuorumSystem[Acceptor]):
    @classmethod
    def subsets(cls, n: int) -> Iterator[tuple[int, ...]]:
        return iter(())


def using(*systems: type) -> type[Protocol]:
    """A protocol that mentions these quorum systems."""

    class Uses(Protocol):
        done: Map[Acceptor, bool] = volatile(False)

        @action
        def act(self, a: Acceptor) -> None:
            require(not self.done[a])
            self.done[a] = True

    Uses.act.__annotations__ |= {f"q{i}": s for i, s in enumerate(systems)}
    return Uses


def verdicts(system: type, n: int = 3) -> list[tuple[bool, str]]:
    return [(p.holds, p.scope) for p in prove_quorums(using(system), {"Acceptor": n})]


def test_majorities_intersect_for_any_number() -> None:
    proofs = prove_quorums(Paxos, Paxos.sized(Acceptor=3, Ballot=1, Value=1))
    assert [(p.holds, p.scope) for p in proofs] == [
        (True, "3 acceptors"),
        (True, "any number of acceptors"),
    ]
    assert proofs[0].statement == "any two quorums of Quorum share a member"


def test_sizes_that_no_search_could_list() -> None:
    first, _ = prove_quorums(Paxos, {"Acceptor": 201})
    assert first.holds and first.scope == "201 acceptors" and first.seconds < 5


def test_weighted() -> None:
    assert verdicts(Heavy) == [
        (True, "3 acceptors"),
        (True, "any number of acceptors, any weights from 0 up"),
    ]


def test_flexible_pairs_meet_for_any_number_or_say_for_which() -> None:
    assert verdicts(Phase1) == [
        (True, "3 acceptors"),
        (True, "any number of acceptors"),
    ]
    assert verdicts(Small1, 4) == [
        (True, "4 acceptors"),
        (
            False,
            "2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24 acceptors, "
            "not 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25 (looked at: 1..25)",
        ),
    ]


def test_a_pair_that_fails_names_two_quorums() -> None:
    proof, *_ = prove_quorums(using(Small1), {"Acceptor": 3})
    assert not proof.holds and proof.status is ObligationStatus.REFUTED
    assert proof.counterexample is not None
    one, other = (set(name.strip("{}").split(",")) for name in proof.counterexample)
    assert len(one) == 2 and len(other) == 1 and not one & other


def test_explicit_quorums_apart_are_named() -> None:
    (proof,) = prove_quorums(using(Apart), {"Acceptor": 3})
    assert proof.status is ObligationStatus.REFUTED
    assert sorted(proof.counterexample or ()) == ["{a0}", "{a1,a2}"]


def test_a_system_of_ones_own_is_proved_size_by_size() -> None:
    assert verdicts(Ring) == [
        (True, "3 acceptors"),
        (False, "2..9 acceptors, not 1 (looked at: 1..9)"),
    ]


def test_a_system_without_quorums_says_that_it_has_none() -> None:
    assert verdicts(Empty) == [(True, "3 acceptors, of which Empty makes no quorum")]


def test_a_subclass_that_redefines_its_quorums_is_not_taken_for_its_base() -> None:
    class Lax(Majority[Acceptor]):
        @classmethod
        def least(cls, n: int) -> int:
            return 1

    proofs = prove_quorums(using(Lax), {"Acceptor": 3})
    assert [p.status for p in proofs] == [ObligationStatus.REFUTED]


def test_a_missing_size_is_an_error() -> None:
    with pytest.raises(SizeError, match="Quorum needs a size for Acceptor"):
        prove_quorums(Paxos, {})


def test_each_pair_is_proved_once() -> None:
    assert len(pairs(using(Most, Phase1, Phase2))) == 2


@given(
    n=st.integers(1, 5),
    subsets=st.lists(st.sets(st.integers(0, 4), min_size=1), max_size=5),
    weights=st.lists(st.integers(0, 4), min_size=5, max_size=5),
)
@share(2)
def test_the_verdict_is_that_of_all_pairs(
    n: int, subsets: list[set[int]], weights: list[int]
) -> None:
    class Listed(Explicit[Acceptor], quorums=[q for q in subsets if max(q) < n]): ...

    class Scales(Weighted[Acceptor], weights=[1 + weights[0], *weights[1:n]]): ...

    class Any2(Flexible[Acceptor], size=(n + 1) // 2, meets=Listed): ...

    for system in (Listed, Scales, Any2):
        other = system.meets[0]
        every = list(itertools.product(system.subsets(n), other.subsets(n)))
        expected = all(set(p) & set(q) for p, q in every)
        proof = prove_quorums(using(system), {"Acceptor": n})
        found = next(p for p in proof if p.system == system.__name__)
        assert found.holds == expected


def test_small_helpers() -> None:
    assert runs([1, 2, 3, 5]) == "1..3, 5" and runs([]) == ""
    assert smallest(Most.votes(3), frozenset({0, 1, 2})) == (0, 1)
