"""Proofs for any number of members against all pairs of quorums of many numbers of them."""

from __future__ import annotations

import itertools
import math
from random import Random
from typing import Any

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from quorate.checker.prove.bounded.results import ObligationStatus
from quorate.checker.prove.quorums import System, pairs_of, prove_pair
from quorate.checker.prove.quorums.counted import Counted
from quorate.checker.prove.quorums.given import Solvers
from quorate.checker.prove.quorums.numbers import NotLinear, cases
from quorate.checker.prove.quorums.structured import fits
from quorate.model.language import (
    Configuration,
    Flexible,
    Grid,
    Hierarchical,
    Joint,
    Majority,
    Predicate,
    Set,
    SizeError,
    Sort,
    Tree,
    Weighted,
)
from quorate.model.language.declare.structures import HOLDS

from ...support.examples import share


class Acceptor(Sort): ...


FIRST, SECOND = Acceptor(0), Acceptor(1)


class Most(Majority[Acceptor]): ...


class Half(Flexible[Acceptor], size=lambda n: math.ceil(n / 2)): ...


class Rest(Flexible[Acceptor], size=lambda n: n - math.ceil(n / 2) + 1, meets=Half): ...


class Heavy(Weighted[Acceptor], weights=(3, 1, 1, 2)): ...


class Write(Weighted[Acceptor], weights=(3, 1, 1, 2), need=4): ...


class Read(Weighted[Acceptor], weights=(3, 1, 1, 2), need=4, meets=Write): ...


class Row(Grid[Acceptor], columns=2, holds="row"): ...


class Column(Grid[Acceptor], columns=2, holds="column", meets=Row): ...


class Cross(Grid[Acceptor], columns=math.isqrt, holds="row and column"): ...


class Binary(Tree[Acceptor]): ...


class Ternary(Tree[Acceptor], degree=3): ...


class Groups(Hierarchical[Acceptor], branching=3): ...


class Uneven(Hierarchical[Acceptor], branching=(2, 3), need=(1, 3)): ...


class OfUneven(Hierarchical[Acceptor], branching=(2, 3), need=(1, 3), meets=Uneven): ...


class Old(Configuration[Acceptor], members=(0, 1, 2)): ...


class New(Configuration[Acceptor], members=(2, 3, 4, 5)): ...


class OldAndNew(Joint[Acceptor], configurations=(Old, New)): ...


class Changing(Joint[Acceptor], configurations=(Old, New), meets=(Old, New)): ...


class Grown(Configuration[Acceptor], members=(0, 1, 2, 3), meets=Old): ...


class TwoThirds(Predicate[Acceptor]):
    def is_quorum(self, q: Set[Acceptor]) -> bool:
        return 3 * len(q) > 2 * len(Acceptor)


class Led(Predicate[Acceptor]):
    """The first and any other, or all others; of one, that one."""

    def is_quorum(self, q: Set[Acceptor]) -> bool:
        others = [a for a in Acceptor if a != FIRST]
        led = FIRST in q and any(a in q for a in others)
        return led or (len(q) > 0 and all(a in q for a in others))


PROVED = [
    ((Most, Most), 5, "any number of acceptors"),
    ((Rest, Half), 5, "any number of acceptors"),
    ((Heavy, Heavy), 4, "any number of acceptors, any weights from 0 up"),
    ((Read, Write), 4, "any number of acceptors, any weights from 0 up that sum to 7"),
    ((Column, Row), 6, "any number of rows and columns"),
    ((Cross, Cross), 9, "any number of rows and columns"),
    ((Binary, Binary), 7, "any number of acceptors"),
    ((Ternary, Ternary), 4, "any number of acceptors"),
    ((Groups, Groups), 9, "any groups, on any number of levels"),
    ((OldAndNew, OldAndNew), 6, "any number of acceptors, any configurations"),
    ((Changing, Old), 6, "any number of acceptors, any configurations"),
    ((Changing, New), 6, "any number of acceptors, any configurations"),
    ((Grown, Old), 4, "any number of acceptors from 4 up"),
    ((TwoThirds, TwoThirds), 4, "any number of acceptors"),
    ((TwoThirds, Most), 4, "any number of acceptors"),
    ((Led, Led), 4, "any number of acceptors"),
]


def meet(left: Any, right: Any, n: int) -> bool:
    """By all pairs of quorums."""
    return all(set(p) & set(q) for p, q in itertools.product(left.subsets(n), right.subsets(n)))


@pytest.mark.parametrize(("pair", "n", "scope"), PROVED)
def test_proved_for_any_number(pair: tuple[System, System], n: int, scope: str) -> None:
    one, every = prove_pair(*pair, n)
    assert one.holds and not one.every
    assert every.holds and every.every and every.scope == scope and every.argument
    for k in range(1, 10):
        if all(fits(system, k) for system in pair):
            assert meet(*pair, k), f"{k} members"


def test_what_fits_one_number_is_proved_for_that() -> None:
    (proof,) = prove_pair(Most, Heavy, 4)
    assert proof.every and proof.scope == "4 acceptors, no other number fits"


def test_hierarchies_whose_levels_do_not_meet_are_refuted() -> None:
    (proof,) = prove_pair(OfUneven, Uneven, 6)
    assert proof.status is ObligationStatus.REFUTED and not meet(OfUneven, Uneven, 6)
    assert proof.counterexample is not None
    one, other = (set(q.strip("{}").split(",")) for q in proof.counterexample)
    assert one and other and not one & other


def test_systems_of_different_kinds_are_looked_at_one_size_after_the_other() -> None:
    one, more = prove_pair(Most, Row, 4)
    assert one.holds and not more.every
    assert more.scope == "2, 4 acceptors, not 6, 8 (looked at: 1..9)"
    assert [meet(Most, Row, n) for n in (2, 4, 6, 8)] == [True, True, False, False]


def test_systems_of_two_sorts_cannot_meet() -> None:
    class Other(Sort): ...

    class Few(Majority[Other]): ...

    with pytest.raises(SizeError, match="cannot meet"):
        prove_pair(Most, Few, 3)


def test_pairs_name_each_pair_once() -> None:
    assert pairs_of([Row, Column, Most]) == [(Column, Row), (Most, Most)]


@pytest.mark.parametrize("holds", list(itertools.product(HOLDS, HOLDS)))
def test_grids(holds: tuple[str, str]) -> None:
    class Left(Grid[Acceptor], columns=2, holds=holds[0]): ...

    class Right(Grid[Acceptor], columns=2, holds=holds[1]): ...

    *_, last = prove_pair(Left, Right, 4)
    small = {n: meet(Left, Right, n) for n in (2, 4, 6, 8)}
    assert last.holds == small[4]
    assert last.every == (
        {*holds} not in ({"one of each row"}, {"one of each column"}) and all(small.values())
    ), small


# ---------------------------------------------------------------- sizes and predicates, at random

SIZES = [
    "n // 2 + 1", "(n + 1) // 2", "n - 1", "n", "1", "2", "n - n // 3", "n // 3 + 1",
    "max(1, n // 4)", "n - max(1, n // 4) + 1", "math.ceil(2 * n / 3)", "math.floor(n / 2) + 1",
    "n if n < 4 else n - 2", "2 if n % 2 == 0 else n // 2 + 1", "min(n, 3)", "-(-n // 2)",
]  # fmt: skip


@pytest.mark.parametrize("text", SIZES)
def test_functions_of_a_number_are_read_as_they_are(text: str) -> None:
    function = eval(f"lambda n: {text}", {"math": math})
    n = z3.Int("n")
    found = cases(function, n)
    for k in range(1, 26):
        at_k = (n, z3.IntVal(k))
        values = []
        for case in found:
            holds = z3.simplify(z3.substitute(z3.And(*case.conditions), at_k))
            assert z3.is_true(holds) or z3.is_false(holds)
            if z3.is_true(holds):
                values.append(z3.simplify(z3.substitute(case.value, at_k)).as_long())
        assert values == [function(k)]


@pytest.mark.parametrize(
    "function",
    [
        math.isqrt,
        lambda n: n * n,
        lambda n: (1, 2, 2, 3)[n],
        lambda n: n / 2,
        lambda n: 2 if isinstance(n, int) else 3,
        lambda n: sum(1 for _ in range(n)),
        lambda n: n // (n - n),
    ],
)
def test_other_functions_are_not_believed(function: Any) -> None:
    with pytest.raises(NotLinear):
        cases(function, z3.Int("n"))


@given(st.sampled_from(SIZES), st.sampled_from(SIZES))
@share(2)
def test_quorums_by_size_meet_as_all_pairs_do(left: str, right: str) -> None:
    class Left(Flexible[Acceptor], size=eval(f"lambda n: {left}", {"math": math})): ...

    class Right(Flexible[Acceptor], size=eval(f"lambda n: {right}", {"math": math})): ...

    agree(Left, Right, range(1, 8))


def agree(left: System, right: System, sizes: range) -> None:
    """The answer for every size and those for one are those of all pairs."""
    counted = Counted(left, right, Solvers(10.0))
    meets = {n: meet(left, right, n) for n in sizes if fits(left, n) and fits(right, n)}
    for n, expected in meets.items():
        if n >= counted.least:
            assert counted.for_size(n) is (
                ObligationStatus.PROVED if expected else ObligationStatus.REFUTED
            )
            assert counted.has_quorums(n)
    status = counted.for_every_size()
    assert status in (ObligationStatus.PROVED, ObligationStatus.REFUTED)
    if status is ObligationStatus.PROVED:
        assert all(expected for n, expected in meets.items() if n >= counted.least)


def condition(r: Random, depth: int, bound: tuple[str, ...] = ()) -> str:
    """A random condition on a set `q` of Acceptors and the elements bound so far."""
    elements = [*bound, "FIRST", "SECOND"]
    simple = [
        lambda: f"{r.choice(elements)} in q",
        lambda: f"{r.choice(elements)} {r.choice(['==', '!='])} {r.choice(elements)}",
        lambda: f"{number(r, bound)} {r.choice(['<', '<=', '==', '>'])} {number(r, bound)}",
    ]
    if depth == 0:
        return r.choice(simple)()
    a = f"a{len(bound)}"
    inner = lambda: condition(r, depth - 1, (*bound, a))  # noqa: E731
    nested = [
        lambda: f"({condition(r, depth - 1, bound)} and {condition(r, depth - 1, bound)})",
        lambda: f"({condition(r, depth - 1, bound)} or {condition(r, depth - 1, bound)})",
        lambda: f"(not {condition(r, depth - 1, bound)})",
        lambda: f"any({inner()} for {a} in {r.choice(['Acceptor', 'q'])})",
        lambda: f"all({inner()} for {a} in {r.choice(['Acceptor', 'q'])})",
        lambda: (
            f"len([{a} for {a} in Acceptor if {inner()}]) {r.choice(['<', '>='])} "
            f"{number(r, bound)}"
        ),
        lambda: f"({{{r.choice(elements)}}} | q) <= (q - {{{r.choice(elements)}}})",
    ]
    return r.choice([*simple, *nested, *nested])()


def number(r: Random, bound: tuple[str, ...]) -> str:
    return r.choice(
        ["len(q)", "2 * len(q)", "len(Acceptor)", "len(q) + 1", "1", "2", "3 * len(q)",
         "len(Acceptor) - len(q)"]
    )  # fmt: skip


def predicate_of(text: str, r: Random, folder: Any) -> System:
    from ...support.loading import load_module

    path = folder / f"predicate_{r.random()}.py"
    path.write_text(
        "from __future__ import annotations\n"
        "from quorate.model.language import Predicate, Set, Sort\n\n"
        "class Acceptor(Sort): ...\n\n"
        "FIRST, SECOND = Acceptor(0), Acceptor(1)\n\n"
        "class Quorum(Predicate[Acceptor]):\n"
        "    def is_quorum(self, q: Set[Acceptor]) -> bool:\n"
        f"        return {text}\n"
    )
    found: System = load_module(path).Quorum
    return found


@given(st.integers(0, 10**9))
@share(2)
def test_predicates_meet_as_all_pairs_do(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    r = Random(seed)
    system = predicate_of(condition(r, 2), r, tmp_path_factory.mktemp("predicates"))
    agree(system, system, range(1, 6))


# ---------------------------------------------------------------- any two systems

ALL: list[System] = [
    Most, Half, Rest, Heavy, Write, Read, Row, Column, Cross, Binary, Ternary, Groups, Uneven,
    OfUneven, Old, New, OldAndNew, Grown, TwoThirds, Led,
]  # fmt: skip
EVERY_PAIR = list(itertools.combinations_with_replacement(ALL, 2))


def claims_are_true(left: System, right: System) -> None:
    """At each size up to 9, what is proved, or refuted, is so by all pairs; and what of any."""
    sizes = {n: meet(left, right, n) for n in range(1, 10) if fits(left, n) and fits(right, n)}
    for n, expected in sizes.items():
        given, *more = prove_pair(left, right, n)
        assert given.status is (ObligationStatus.PROVED if expected else ObligationStatus.REFUTED)
        assert (given.counterexample is None) == expected
        for proof in more:
            assert proof.status is ObligationStatus.PROVED and (
                all(sizes.values()) or not proof.every
            )
            assert (proof.fails is None) == all(sizes.values()) or proof.fails not in sizes


@pytest.mark.parametrize("pair", Random(2).sample(EVERY_PAIR, 9), ids=str)
def test_what_is_claimed_of_two_systems_is_true(pair: tuple[System, System]) -> None:
    claims_are_true(*pair)


@pytest.mark.exhaustive
@pytest.mark.parametrize("pair", EVERY_PAIR, ids=str)
def test_what_is_claimed_of_any_two_systems_is_true(pair: tuple[System, System]) -> None:
    claims_are_true(*pair)


@pytest.mark.exhaustive
@given(st.integers(0, 10**9))
@share(5)
def test_many_predicates_meet_as_all_pairs_do(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    r = Random(seed)
    system = predicate_of(condition(r, 3), r, tmp_path_factory.mktemp("predicates"))
    agree(system, system, range(1, 6))
