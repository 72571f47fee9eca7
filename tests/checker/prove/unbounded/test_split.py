"""A case by the `or`s in it: all of them if they are few, and always the same whole."""

from __future__ import annotations

import itertools

import pytest
import z3

from quorate.checker.prove.unbounded.cases import MOST_SPLIT, settled, split_again
from quorate.checker.prove.unbounded.logic import And, Atom, Formula, Or

atom = z3.Bool


def ors(count: int, each: int) -> list[Formula]:
    """So many `or`s of so many atoms; the last atom of each has an `or` inside."""
    return [
        Or(
            (
                *(Atom(atom(f"p{i} {j}")) for j in range(each - 1)),
                And((Atom(atom(f"q{i}")), Or((Atom(atom(f"r{i}")), Atom(atom(f"s{i}")))))),
            )
        )
        for i in range(count)
    ]


def term(f: Formula) -> z3.BoolRef:
    match f:
        case And(parts):
            return z3.And(*map(term, parts))
        case Or(parts):
            return z3.Or(*map(term, parts))
        case Atom(found, positive):
            return found if positive else z3.Not(found)
    raise AssertionError(f)


@pytest.mark.parametrize("most", [1, 2, 5, 9, 30, MOST_SPLIT])
def test_cases_are_the_whole(most: int) -> None:
    parts = ors(3, 2)
    found = list(split_again(parts, most))
    assert len(found) <= most
    together = z3.Or(*(z3.And(*map(term, case)) for case in found))
    solver = z3.Solver()
    solver.add(together != z3.And(*map(term, parts)))
    assert solver.check() == z3.unsat
    if most == MOST_SPLIT:
        assert len(found) == 3**3
        assert all(isinstance(p, Atom) for p in itertools.chain(*found))


def test_many_disjunctions_make_no_more_cases_than_allowed() -> None:
    found = list(split_again(ors(40, 3)))
    assert MOST_SPLIT / 4 < len(found) <= MOST_SPLIT


X, Y, Z = z3.Ints("x y z")
LEAST = z3.If(X <= Y, X, Y)


@pytest.mark.parametrize(
    ("known", "outcome"),
    [
        (Atom(Y <= X), Y),
        (Atom(X <= Y), X),
        (Atom(X <= Y, positive=False), Y),
        (Atom(Y <= X, positive=False), LEAST),
        (Atom(X <= Z), LEAST),
    ],
)
def test_what_a_case_decides_is_settled(known: Atom, outcome: z3.ArithRef) -> None:
    """A prefix of y of x entries has y of them, if there are as many. Nothing else changes."""
    inside = Or((Atom(LEAST == Z), Atom(atom("p"))))
    case = [known, Atom(z3.If(LEAST <= Z, Z, LEAST) == X + 1), inside]
    found = settled(case)
    wanted = [known.term, z3.If(outcome <= Z, Z, outcome) == X + 1]
    assert [p.term for p in found if isinstance(p, Atom)] == wanted and found[2] is inside
    solver = z3.Solver()
    solver.add(z3.And(*map(term, case)) != z3.And(*map(term, found)))
    assert solver.check() == z3.unsat
